//! Where the body ends: Content-Length, chunked, or nothing.
//!
//! A connection carries one message behind the other, so both sides must agree to the byte on where each ends. There are
//! two ways to say it: the length in advance, or pieces that each bring their own length, the last of them 0.
//!
//! ```text
//! Content-Length: 6          Transfer-Encoding: chunked
//!
//! name=A                     4 CR LF name CR LF
//!                            2 CR LF =A CR LF
//!                            0 CR LF CR LF
//! ```
//!
//! Left out: compression as a transfer coding (501). Nobody sends it.

use super::parse::{parse_field, shown};
use super::{Limits, ParseError, Request, Version};

/// How the end of a request's body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    Empty,
    /// This many bytes.
    Length(usize),
    /// Chunks until one of length 0: read them with [`ChunkedBody`].
    Chunked,
}

/// Decides where the body of a request ends (RFC 9112 §6.3).
///
/// # Errors
///
/// Any doubt is an error: both headers at once, lengths that are not one plain number, a coding other than chunked, an
/// HTTP/1.0 message with a transfer coding. A length beyond the limit is one too.
pub fn framing(request: &Request, limits: &Limits) -> Result<Framing, ParseError> {
    let mut lengths = request.headers.get_all("Content-Length");
    let length = lengths.next();
    // RFC 9112 §6.3: several lengths, even equal ones, may be rejected; a strict recipient does.
    if lengths.next().is_some() {
        return Err(ParseError::Malformed("found more than one Content-Length, expected one".into()));
    }
    let codings: Vec<&str> = request.headers.get_all("Transfer-Encoding").collect();
    match (length, codings.is_empty()) {
        (None, true) => Ok(Framing::Empty),
        (Some(length), true) => parse_length(length, limits),
        (None, false) => check_codings(&codings, request.version),
        // RFC 9112 §6.1: "A server MAY reject a request that contains both Content-Length and Transfer-Encoding".
        (Some(_), false) => Err(ParseError::Malformed(
            "found both Content-Length and Transfer-Encoding, expected one: they could disagree".into(),
        )),
    }
}

/// `Content-Length = 1*DIGIT` (RFC 9110 §8.6)
fn parse_length(text: &str, limits: &Limits) -> Result<Framing, ParseError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let found = shown(text.as_bytes());
        return Err(ParseError::Malformed(format!("found Content-Length: {found}, expected digits")));
    }
    match text.parse::<usize>() {
        Ok(0) => Ok(Framing::Empty),
        Ok(length) if length <= limits.body_bytes => Ok(Framing::Length(length)),
        // Too many digits for a usize is still a number: a body too long, not a malformed one.
        _ => Err(ParseError::BodyTooLong(limits.body_bytes)),
    }
}

fn check_codings(codings: &[&str], version: Version) -> Result<Framing, ParseError> {
    let coding = codings.join(", ");
    // RFC 9112 §6.1: with HTTP/1.0 the framing counts as faulty.
    if version == Version::Http10 {
        return Err(ParseError::Malformed(
            "found Transfer-Encoding in an HTTP/1.0 request, expected Content-Length".into(),
        ));
    }
    if coding.eq_ignore_ascii_case("chunked") {
        return Ok(Framing::Chunked);
    }
    // RFC 9112 §6.3: if chunked is not the final coding, the length cannot be determined: 400. If it is, but another
    // comes before it, the server does not understand that one: 501 (§6.1).
    let names: Vec<&str> = coding.split(',').map(str::trim).collect();
    let chunked = names.iter().filter(|name| name.eq_ignore_ascii_case("chunked")).count();
    let ends_well = names.last().is_some_and(|name| name.eq_ignore_ascii_case("chunked"));
    if ends_well && chunked == 1 && names.iter().all(|name| !name.is_empty()) {
        return Err(ParseError::TransferCoding(coding));
    }
    let found = shown(coding.as_bytes());
    Err(ParseError::Malformed(format!("found Transfer-Encoding: {found}, expected chunked, once and last")))
}

/// Reads a chunked body as its bytes arrive (RFC 9112 §7.1).
#[derive(Debug, Default)]
pub struct ChunkedBody {
    body: Vec<u8>,
    state: State,
    /// Bytes spent on chunk extensions and trailers, which are read past: they are bounded like a head.
    overhead: usize,
    trailers: usize,
}

#[derive(Debug, Default, PartialEq)]
enum State {
    /// Before a line `chunk-size [ chunk-ext ] CRLF`.
    #[default]
    Size,
    /// Inside a chunk, with this many bytes of it to come.
    Data(usize),
    /// Before the CR LF that ends a chunk's data.
    DataEnd,
    /// Before a trailer line, or the empty line that ends it all.
    Trailer,
    Done,
}

impl ChunkedBody {
    /// Takes what it can from the front of `bytes`; returns how many bytes it took.
    ///
    /// # Errors
    ///
    /// When a chunk's size or end breaks the grammar, or a limit is passed.
    pub fn feed(&mut self, bytes: &[u8], limits: &Limits) -> Result<usize, ParseError> {
        let mut at = 0;
        while self.state != State::Done {
            let rest = &bytes[at..];
            if let State::Data(left) = self.state {
                let taken = left.min(rest.len());
                self.body.extend_from_slice(&rest[..taken]);
                at += taken;
                self.state = if taken == left { State::DataEnd } else { State::Data(left - taken) };
                if taken < left {
                    return Ok(at);
                }
                continue;
            }
            let Some(line) = whole_line(rest, limits)? else { return Ok(at) };
            at += line.len() + 2;
            self.take_line(line, limits)?;
        }
        Ok(at)
    }

    /// The body, once the last chunk and the trailers have been read; until then `None`.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        (self.state == State::Done).then(|| std::mem::take(&mut self.body))
    }

    fn take_line(&mut self, line: &[u8], limits: &Limits) -> Result<(), ParseError> {
        self.state = match self.state {
            State::Size => {
                let (size, extension_bytes) = parse_chunk_size(line)?;
                self.spend(extension_bytes, limits)?;
                if size > limits.body_bytes - self.body.len() {
                    return Err(ParseError::BodyTooLong(limits.body_bytes));
                }
                if size == 0 { State::Trailer } else { State::Data(size) }
            }
            State::DataEnd if line.is_empty() => State::Size,
            State::DataEnd => {
                let found = shown(line);
                return Err(ParseError::Malformed(format!(
                    "found {found} behind a chunk, expected CR LF: its size is wrong"
                )));
            }
            State::Trailer if line.is_empty() => State::Done,
            State::Trailer => {
                // RFC 9110 §6.5.1: trailers may be discarded. They are checked, counted and forgotten.
                parse_field(line)?;
                self.spend(line.len(), limits)?;
                self.trailers += 1;
                if self.trailers > limits.headers {
                    return Err(ParseError::TooManyHeaders(limits.headers));
                }
                State::Trailer
            }
            State::Data(_) | State::Done => unreachable!("no line is read inside a chunk's data or behind the end"),
        };
        Ok(())
    }

    fn spend(&mut self, bytes: usize, limits: &Limits) -> Result<(), ParseError> {
        self.overhead += bytes;
        if self.overhead > limits.head_bytes { Err(ParseError::HeadTooLong(limits.head_bytes)) } else { Ok(()) }
    }
}

/// The line at the front, without its CR LF; `None` if its end has not arrived.
fn whole_line<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Option<&'a [u8]>, ParseError> {
    let end = bytes.iter().position(|&byte| byte == b'\r' || byte == b'\n');
    if end.unwrap_or(bytes.len()) > limits.head_bytes {
        return Err(ParseError::HeadTooLong(limits.head_bytes));
    }
    match end.map(|end| (end, bytes[end], bytes.get(end + 1))) {
        None | Some((_, b'\r', None)) => Ok(None),
        Some((end, b'\r', Some(b'\n'))) => Ok(Some(&bytes[..end])),
        _ => Err(ParseError::Malformed("found a CR or LF alone in a chunked body, expected CR LF".into())),
    }
}

/// `chunk-size = 1*HEXDIG`, `chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )`
///
/// Returns the size, and how many bytes of extension follow it.
fn parse_chunk_size(line: &[u8]) -> Result<(usize, usize), ParseError> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (size, extension) = line.split_at(digits);
    let extension_is_text = extension.iter().all(|&byte| byte == b'\t' || !byte.is_ascii_control());
    let extension_starts_well = extension.is_empty() || extension.trim_ascii_start().starts_with(b";");
    // Sixteen hex digits are 64 bits. Leading zeros could make the same number longer, but nobody needs them.
    if !(1..=16).contains(&digits) || !extension_is_text || !extension_starts_well {
        return Err(ParseError::Malformed(format!("found the chunk size {}, expected hex digits", shown(line))));
    }
    let size = str::from_utf8(size).expect("hex digits are ASCII");
    let size = u64::from_str_radix(size, 16).expect("at most sixteen hex digits fit");
    Ok((usize::try_from(size).unwrap_or(usize::MAX), extension.len()))
}
