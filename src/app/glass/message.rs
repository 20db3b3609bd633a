//! Deeper: Splits the recorded bytes of a message into lines, headers and body.
//!
//! It reads the bytes, not what the parser made of them, because a message that was refused is
//! shown as well. Bytes that are not text are written as `\x00`, so that a terminal which prints
//! them obeys none of them.

use carafe::cycle::{Detail, Excerpt, Record};

/// One line of the head.
pub struct WireLine {
    /// The line as it arrived, without its end.
    pub text: String,
    /// In a header: where the name ends, where the value begins, where the value ends.
    pub value: Option<(usize, usize, usize)>,
    /// How the line ended: `CR LF` or `LF`; empty if the message ended first.
    pub end: &'static str,
}

/// A request or a response, split.
#[derive(Default)]
pub struct Message {
    /// The first line, then the headers.
    pub lines: Vec<WireLine>,
    /// True if the empty line arrived.
    pub has_end: bool,
    /// The bytes after the empty line, as far as the record keeps them.
    pub body: Vec<u8>,
    /// True if the record does not hold the whole message.
    pub is_cut: bool,
}

/// The bytes of the step of this name: `received` or `sent`.
pub fn bytes<'r>(record: &'r Record, step: &str) -> Option<&'r Excerpt> {
    record.cycle.steps().iter().filter(|known| known.name == step).find_map(|known| {
        if let Detail::Bytes(excerpt) = &known.detail { Some(excerpt) } else { None }
    })
}

impl Message {
    /// The request of a record; an empty message if none arrived.
    pub fn request(record: &Record) -> Message {
        bytes(record, "received").map(Message::split).unwrap_or_default()
    }

    /// Splits the bytes of a message.
    pub fn split(excerpt: &Excerpt) -> Message {
        // RFC 9112 §2.2: "a server that is expecting to receive and parse a request-line SHOULD
        // ignore at least one empty line (CRLF) received prior to the request-line".
        let mut rest = &excerpt.bytes[..];
        while let Some(behind) = rest.strip_prefix(b"\r\n") {
            rest = behind;
        }
        let is_cut = excerpt.total.is_none_or(|total| total > excerpt.bytes.len() as u64);
        let mut message = Message { is_cut, ..Message::default() };
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
            message.lines.push(WireLine { text, value, end });
        }
        message
    }

    /// The first line.
    pub fn start_line(&self) -> &str {
        self.lines.first().map_or("", |line| line.text.as_str())
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
        self.lines.iter().filter_map(|line| {
            line.value.map(|(name, from, to)| (&line.text[..name], &line.text[from..to]))
        })
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The media type that the message names for its body.
    pub fn content_type(&self) -> &str {
        self.header("Content-Type").unwrap_or("")
    }

    /// True if the body is in chunks.
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

/// Where the name of a header ends, and where its value begins and ends without blanks.
fn value_of(line: &str) -> Option<(usize, usize, usize)> {
    let name = line.find(':')?;
    let value = line[name + 1..].trim_start();
    let from = line.len() - value.len();
    Some((name, from, from + value.trim_end().len()))
}

/// Each chunk of a body: the line with its length, and its bytes. The last chunk has no bytes.
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

/// Text as it is, and every other byte as `\x00`. A line's end stays only if `keep_lines`.
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
