//! From bytes to an answer, as they come.
//!
//! More forgiving than the server's own parser: what every browser would understand is understood.
//! What none would is told apart, since each has a lesson of its own: no HTTP, TLS, a body shorter
//! or longer than was said, no end at all.
//!
//! ```text
//! HTTP/1.0 200 OK                 status line
//! Content-Type: text/html         header fields
//!                                 an empty line
//! <h1>Hello Ada!</h1>             the body, up to the end that the header fields announce
//! ```

use carafe::http::{ChunkedBody, Headers, Limits, Status};
use std::time::Duration;

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: Status,
    /// The status line as it came: `HTTP/1.1 200 OK`.
    pub status_line: String,
    /// The header fields.
    pub headers: Headers,
    /// The body, without its framing.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text. What is not UTF-8 shows as U+FFFD.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// True if a browser would render it as HTML. Without a Content-Type it looks into the bytes
    /// and may.
    pub fn is_page(&self) -> bool {
        let media_type =
            self.headers.get("Content-Type").unwrap_or("").split(';').next().unwrap_or("").trim();
        media_type.is_empty() || media_type.eq_ignore_ascii_case("text/html")
    }
}

/// How the end of a body is found.
enum Frame {
    /// There is none.
    Nothing,
    Length(usize),
    Chunked(ChunkedBody),
    /// When the server hangs up.
    Close,
}

/// Takes bytes until they are an answer.
pub struct Reader {
    bytes: Vec<u8>,
    /// The status line and header fields, once they are complete; `bytes` then holds the body.
    head: Option<(Answer, Frame)>,
    limits: Limits,
}

impl Reader {
    /// Nothing has come yet.
    pub fn new() -> Reader {
        Reader { bytes: Vec::new(), head: None, limits: Limits::default() }
    }

    /// Takes what has come; the answer, if that was its end.
    ///
    /// # Errors
    ///
    /// What was met and what was expected, as soon as it cannot become an answer.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Option<Answer>, String> {
        self.bytes.extend_from_slice(bytes);
        if self.head.is_none() && !self.read_head()? {
            return Ok(None);
        }
        let Some((answer, frame)) = &mut self.head else { return Ok(None) };
        let most = self.limits.body_bytes;
        let whole = match frame {
            Frame::Nothing => true,
            Frame::Length(length) => self.bytes.len() >= *length,
            Frame::Close => false,
            Frame::Chunked(chunks) => {
                let used = chunks
                    .feed(&self.bytes, &self.limits)
                    .map_err(|error| format!("a broken body: {error}"))?;
                self.bytes.drain(..used);
                match chunks.finish() {
                    Some(body) => {
                        answer.body = body;
                        true
                    }
                    None => false,
                }
            }
        };
        if !whole && self.bytes.len() > most {
            return Err(format!("a body of more than {most} bytes and no end, expected a page"));
        }
        Ok(if whole { self.finished() } else { None })
    }

    /// True once a status line and header fields have come.
    pub fn is_http(&self) -> bool {
        self.head.is_some()
    }

    /// The server hung up: the answer, if that was a way to end it.
    ///
    /// # Errors
    ///
    /// What is missing.
    pub fn hung_up(&mut self) -> Result<Answer, String> {
        match &self.head {
            None if self.bytes.is_empty() => {
                Err("it hung up without a word, expected HTTP/1.1 200 OK".into())
            }
            None => Err(format!("it hung up within the head, after {}", shown(&self.bytes))),
            Some((_, Frame::Length(length))) => Err(format!(
                "it hung up after {} bytes of the body, expected the {length} that Content-Length promised",
                self.bytes.len()
            )),
            Some((_, Frame::Chunked(_))) => {
                Err("it hung up within a chunked body, expected the last chunk, 0".into())
            }
            Some(_) => self.finished().ok_or_else(|| "it hung up".into()),
        }
    }

    /// Says how far the answer came within the time.
    pub fn so_far(&self, wait: Duration) -> String {
        let wait = wait.as_secs_f32();
        match &self.head {
            None if self.bytes.is_empty() => {
                format!("not a byte within {wait} s: it took the connection and is silent")
            }
            None => format!("no end of the head within {wait} s, only {}", shown(&self.bytes)),
            Some((answer, frame)) => {
                let line = &answer.status_line;
                let why = match frame {
                    Frame::Length(length) => format!(
                        "Content-Length promised {length} bytes and {} came: is it counted in characters, not bytes?",
                        self.bytes.len()
                    ),
                    _ => "the server neither ended it nor hung up".into(),
                };
                format!("{line}, and no end of the body within {wait} s: {why}")
            }
        }
    }

    /// Takes the body out, cut at its length.
    fn finished(&mut self) -> Option<Answer> {
        let (mut answer, frame) = self.head.take()?;
        match frame {
            Frame::Nothing | Frame::Chunked(_) => {}
            Frame::Length(length) => answer.body = self.bytes.drain(..length).collect(),
            Frame::Close => answer.body = std::mem::take(&mut self.bytes),
        }
        Some(answer)
    }

    /// Reads the status line and header fields; false if they are not complete.
    fn read_head(&mut self) -> Result<bool, String> {
        loop {
            check_beginning(&self.bytes)?;
            let Some(length) = head_length(&self.bytes) else {
                let most = self.limits.head_bytes;
                return if self.bytes.len() > most {
                    Err(format!("a head of more than {most} bytes"))
                } else {
                    Ok(false)
                };
            };
            let head: Vec<u8> = self.bytes.drain(..length).collect();
            let answer = parse_head(&String::from_utf8_lossy(&head))?;
            // RFC 9110 §15.2: 100 Continue and its like announce the answer; they are not it.
            if (100..200).contains(&answer.status.0) {
                continue;
            }
            let frame = self.frame(&answer)?;
            self.head = Some((answer, frame));
            return Ok(true);
        }
    }

    /// RFC 9112 §6.3, the rules for a response, in their order.
    fn frame(&self, answer: &Answer) -> Result<Frame, String> {
        if matches!(answer.status, Status::NO_CONTENT | Status::NOT_MODIFIED) {
            return Ok(Frame::Nothing);
        }
        if answer.headers.has_token("Transfer-Encoding", "chunked") {
            return Ok(Frame::Chunked(ChunkedBody::default()));
        }
        match answer.headers.get("Content-Length") {
            None => Ok(Frame::Close),
            Some(text) => match text.parse() {
                Ok(length) if length <= self.limits.body_bytes => Ok(Frame::Length(length)),
                Ok(length) => Err(format!("Content-Length: {length}, expected a page")),
                Err(_) => Err(format!("Content-Length: {text}, expected a number")),
            },
        }
    }
}

/// Refuses at the first bytes what is not HTTP, so that nobody waits for the end of it.
fn check_beginning(bytes: &[u8]) -> Result<(), String> {
    let start = &bytes[..bytes.len().min(5)];
    match bytes {
        _ if b"HTTP/".starts_with(start) => Ok(()),
        // A TLS record: an alert (21) or a handshake (22), version 3.
        [21 | 22, 3, ..] => Err("bytes of TLS: it speaks https, expected plain http".into()),
        _ => Err(format!("{}: that is not HTTP, expected HTTP/1.1 200 OK", shown(bytes))),
    }
}

/// Where the empty line ends, with CR LF or bare LF.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let ends = |end: &[u8]| {
        bytes.windows(end.len()).position(|window| window == end).map(|at| at + end.len())
    };
    ends(b"\r\n\r\n").into_iter().chain(ends(b"\n\n")).min()
}

fn parse_head(head: &str) -> Result<Answer, String> {
    let mut lines = head.lines();
    let status_line = lines.next().unwrap_or("").trim_end().to_owned();
    let code = status_line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .filter(|code| (100..600).contains(code));
    let status = Status(code.ok_or_else(|| {
        format!(
            "the status line {}, expected one such as HTTP/1.1 200 OK",
            shown(status_line.as_bytes())
        )
    })?);
    let mut headers = Headers::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or_else(|| {
            format!("the header {}, expected Name: value", shown(line.as_bytes()))
        })?;
        headers.append(name.trim(), value.trim());
    }
    Ok(Answer { status, status_line, headers, body: Vec::new() })
}

/// The beginning of what came, in quotes; nothing in it moves a terminal's cursor.
fn shown(bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes).chars().take(60).collect();
    format!("{text:?}")
}
