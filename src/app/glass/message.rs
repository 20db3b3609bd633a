//! Deeper: Splits the recorded bytes of a message into lines, headers and body.
//!
//! It reads the bytes, not what the parser made of them, because a message that was refused is
//! shown as well. Bytes that are not text are written as `\x00`, so that a terminal which prints
//! them obeys none of them. What is plain text is not copied.

use carafe::cycle::Excerpt;
use carafe::http::cookie::next_pair;
use std::borrow::Cow;
use std::iter::from_fn;

/// A request or a response, split.
#[derive(Default)]
pub struct Message<'r> {
    /// All bytes that the record keeps of it.
    pub bytes: &'r [u8],
    /// How many bytes it had; `None` if that is not known.
    pub total: Option<u64>,
    /// The first line, then the headers; each with its end, `CR LF`, `LF` or nothing.
    pub lines: Vec<(Cow<'r, str>, &'static str)>,
    /// True if the empty line arrived.
    pub has_end: bool,
    /// The bytes after the empty line.
    pub body: &'r [u8],
    /// The body without its secrets, if it has any.
    pub masked_body: Option<String>,
    /// What `mask.rs` has hidden: names of headers in small letters, `target`, `body`.
    pub hidden: Vec<String>,
}

impl<'r> Message<'r> {
    /// The recorded bytes, split.
    pub fn of(excerpt: &'r Excerpt) -> Message<'r> {
        let bytes = &excerpt.bytes[..];
        let mut message = Message { bytes, total: excerpt.total, ..Message::default() };
        let mut read = 0;
        for whole in bytes.split_inclusive(|byte| *byte == b'\n') {
            read += whole.len();
            let (line, end) = match (whole.strip_suffix(b"\r\n"), whole.strip_suffix(b"\n")) {
                (Some(line), _) => (line, "CR LF"),
                (None, Some(line)) => (line, "LF"),
                (None, None) => (whole, ""),
            };
            if !line.is_empty() || end != "CR LF" {
                message.lines.push((readable(line, false), end));
            } else if !message.lines.is_empty() {
                (message.has_end, message.body) = (true, &bytes[read..]);
                break;
            }
            // RFC 9112 §2.2: a server "SHOULD ignore at least one empty line (CRLF) received prior
            // to the request-line".
        }
        message
    }

    /// The bytes of the body without the framing of chunks.
    pub fn content_bytes(&self) -> Cow<'r, [u8]> {
        match self.header("Transfer-Encoding") {
            None => self.body.into(),
            Some(_) => {
                chunks(self.body).0.into_iter().flat_map(|(_, data)| data).copied().collect()
            }
        }
    }

    /// The same as text, masked if the message is.
    pub fn content(&self) -> Cow<'_, str> {
        match (&self.masked_body, self.content_bytes()) {
            (Some(text), _) => text.into(),
            (None, Cow::Borrowed(bytes)) => readable(bytes, true),
            (None, Cow::Owned(bytes)) => readable(&bytes, true).into_owned().into(),
        }
    }

    /// True if the record does not hold the whole message.
    pub fn is_cut(&self) -> bool {
        self.total.is_none_or(|total| total > self.bytes.len() as u64)
    }

    /// The first line.
    pub fn start_line(&self) -> &str {
        self.lines.first().map_or("", |(line, _)| line)
    }

    /// Method and target: the first two words of the first line.
    pub fn asked(&self) -> (&str, &str) {
        let mut words = self.start_line().split(' ');
        (words.next().unwrap_or(""), words.next().unwrap_or(""))
    }

    /// Path and query of the target, still encoded.
    pub fn path_and_query(&self) -> (&str, &str) {
        let target = self.asked().1;
        target.split_once('?').unwrap_or((target, ""))
    }

    /// The header fields in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.lines.iter().skip(1).filter_map(|(line, _)| line.split_once(':'));
        headers.map(|(name, value)| (name, value.trim()))
    }

    /// The value of a header; empty if there is none.
    pub fn text_of(&self, name: &str) -> &str {
        self.header(name).unwrap_or("")
    }

    /// The value of a header.
    #[inline(never)]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The cookies of a request, see [`cookies`].
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str, Cow<'_, str>)> {
        let lines = self.headers().filter(|(name, _)| name.eq_ignore_ascii_case("Cookie"));
        lines.flat_map(|(_, line)| cookies(line))
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<Cow<'_, str>> {
        self.cookies().find(|(_, known, _)| *known == name).map(|(.., value)| value)
    }
}

/// The cookies in the value of `Cookie`: each as it stands there, its name and its value.
pub fn cookies(mut line: &str) -> impl Iterator<Item = (&str, &str, Cow<'_, str>)> {
    from_fn(move || {
        let before = line;
        let (name, value) = next_pair(&mut line)?;
        Some((&before[..before.len() - line.len()], name, value))
    })
}

/// A chunk of a body: the line with its length, and its bytes.
type Chunk<'b> = (&'b [u8], &'b [u8]);

/// The chunks of a body, of which the last has no bytes; and what follows them.
pub fn chunks(body: &[u8]) -> (Vec<Chunk<'_>>, &[u8]) {
    let mut chunks = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let (line, behind) = (&rest[..at], &rest[at + 2..]);
        let digits = str::from_utf8(line).unwrap_or("").split(';').next().unwrap_or("").trim();
        let Ok(length) = usize::from_str_radix(digits, 16) else { break };
        let data = &behind[..length.min(behind.len())];
        chunks.push((line, data));
        if length == 0 {
            return (chunks, behind);
        }
        rest = behind.get(data.len() + 2..).unwrap_or(&[]);
    }
    (chunks, &[])
}

/// Text as it is, and every other byte as `\x00`. A line's end stays only if `keep_lines`.
pub fn readable(bytes: &[u8], keep_lines: bool) -> Cow<'_, str> {
    let is_plain =
        |letter: char| !letter.is_control() || letter == '\t' || (keep_lines && letter == '\n');
    if let Some(text) = str::from_utf8(bytes).ok().filter(|text| text.chars().all(is_plain)) {
        return text.into();
    }
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if is_plain(letter) { text.push(letter) } else { text.extend(letter.escape_default()) }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text.into()
}
