//! A message taken apart: its lines as they were on the wire, its headers, its body.
//!
//! It is made of the bytes, not of what the parser understood: a message that was refused is shown
//! as well, and most of all. Whatever is no text is written as `\x00`, so that nothing in it moves
//! a cursor or hides.

use carafe::cycle::Excerpt;

/// One line of the head.
pub struct Line {
    /// The line as it came, without its end.
    pub text: String,
    /// Where the name ends and the value begins and ends, if it is a header.
    pub value: Option<(usize, usize, usize)>,
    /// How it ended: `CR LF` or `LF`; nothing, if the message ended first.
    pub end: &'static str,
}

/// A message taken apart.
pub struct Message {
    /// The first line, then the headers.
    pub lines: Vec<Line>,
    /// True if the empty line came.
    pub has_end: bool,
    /// What came behind the empty line, as far as it was kept.
    pub body: Vec<u8>,
    /// True if not all of the message was kept.
    pub is_cut: bool,
}

impl Message {
    /// Takes the bytes of a message apart.
    pub fn of(excerpt: &Excerpt) -> Message {
        // A server may pass over empty lines before a request (RFC 9112 §2.2); carafe does.
        let mut rest = &excerpt.bytes[..];
        while let Some(behind) = rest.strip_prefix(b"\r\n") {
            rest = behind;
        }
        let mut message = Message {
            lines: Vec::new(),
            has_end: false,
            body: Vec::new(),
            is_cut: excerpt.total.is_none_or(|total| total > excerpt.bytes.len() as u64),
        };
        while !rest.is_empty() {
            let length = rest.iter().position(|byte| *byte == b'\n');
            let (line, behind) = rest.split_at(length.map_or(rest.len(), |at| at + 1));
            rest = behind;
            let (line, end) = match (line.strip_suffix(b"\r\n"), line.strip_suffix(b"\n")) {
                (Some(line), _) => (line, "CR LF"),
                (None, Some(line)) => (line, "LF"),
                (None, None) => (line, ""),
            };
            if line.is_empty() && end == "CR LF" {
                message.has_end = true;
                message.body = rest.to_vec();
                break;
            }
            let text = readable(line, false);
            let value = if message.lines.is_empty() { None } else { value_of(&text) };
            message.lines.push(Line { text, value, end });
        }
        message
    }

    /// The first line.
    pub fn start_line(&self) -> &str {
        self.lines.first().map_or("", |line| line.text.as_str())
    }

    /// Method and target, or the first two words of whatever the first line is.
    pub fn asked(&self) -> (&str, &str) {
        let mut words = self.start_line().split(' ');
        (words.next().unwrap_or(""), words.next().unwrap_or(""))
    }

    /// The query of the target, still encoded.
    pub fn query(&self) -> &str {
        self.asked().1.split_once('?').map_or("", |(_, query)| query)
    }

    /// The header fields in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().filter_map(|line| {
            line.value.map(|(name, from, to)| (&line.text[..name], &line.text[from..to]))
        })
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The type that the body is said to be of.
    pub fn content_type(&self) -> &str {
        self.header("Content-Type").unwrap_or("")
    }

    /// True if the body came in chunks.
    pub fn is_chunked(&self) -> bool {
        self.header("Transfer-Encoding").is_some()
    }

    /// The body without the framing of chunks.
    pub fn content(&self) -> Vec<u8> {
        if self.is_chunked() {
            chunks(&self.body).into_iter().flat_map(|(_, data)| data).copied().collect()
        } else {
            self.body.clone()
        }
    }
}

/// Where the name of a header ends, and where its value begins and ends, blanks apart.
fn value_of(line: &str) -> Option<(usize, usize, usize)> {
    let name = line.find(':')?;
    let value = line[name + 1..].trim_start();
    let from = line.len() - value.len();
    Some((name, from, from + value.trim_end().len()))
}

/// Each chunk of a body: the line that says its length, and its bytes. The last has none.
pub fn chunks(body: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut chunks = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let (line, behind) = (&rest[..at], &rest[at + 2..]);
        let digits = str::from_utf8(line).unwrap_or("").split(';').next().unwrap_or("").trim();
        let Ok(length) = usize::from_str_radix(digits, 16) else { break };
        let data = &behind[..length.min(behind.len())];
        chunks.push((line, data));
        if length == 0 {
            break;
        }
        rest = behind.get(length + 2..).unwrap_or(&[]);
    }
    chunks
}

/// Text as it is; what is none, byte by byte, as `\x00`. Line ends stay only where lines are
/// wanted.
pub fn readable(bytes: &[u8], keep_lines: bool) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            let plain =
                !character.is_control() || character == '\t' || (keep_lines && character == '\n');
            if plain { text.push(character) } else { text.extend(character.escape_default()) }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}
