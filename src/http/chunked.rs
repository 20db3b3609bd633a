//! Deeper: A body in chunks, each with its own length.
//!
//! ```text
//! chunked-body = *chunk last-chunk trailer-section CRLF           (RFC 9112 §7.1)
//! chunk        = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
//! chunk-size   = 1*HEXDIG
//! last-chunk   = 1*"0" [ chunk-ext ] CRLF
//! chunk-ext    = *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )
//! ```
//!
//! Left out: what extensions and trailers mean. They are checked and counted (RFC 9110 §6.5.1).

use super::bytes::{quoted_length, token_length};
use super::line::{check_field, line_at};
use super::parse_error::{
    body_too_long, head_too_long, malformed, too_many_headers, unexpected, unexpected_line,
};
use super::{Limits, ParseError, Request, Status, Version};

/// Reads a chunked body as its bytes arrive.
#[derive(Debug, Default)]
pub struct ChunkedBody {
    body: Vec<u8>,
    next: Expected,
    /// How many bytes of a line that is not complete were looked at.
    checked: usize,
    /// Bytes of extensions, trailers and leading zeros. Their limit is that of a head.
    overhead: usize,
    trailers: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Expected {
    /// A line with the size of a chunk.
    #[default]
    Size,
    /// This many bytes of a chunk, then its CR LF.
    Data(usize),
    /// A trailer, or the empty line that ends the body.
    Trailer,
    /// Nothing of this body.
    Done,
}

impl ChunkedBody {
    /// Reads from the front of `bytes`, and returns how many it has used. The caller gives the
    /// others again, with more after them.
    ///
    /// # Errors
    ///
    /// If a chunk's size or end breaks the grammar, or a limit is passed.
    pub fn feed(&mut self, bytes: &[u8], limits: &Limits) -> Result<usize, ParseError> {
        let mut at = 0;
        loop {
            let rest = &bytes[at..];
            at += match self.next {
                Expected::Done => return Ok(at),
                Expected::Data(0) => match rest {
                    [] | [b'\r'] => return Ok(at),
                    [b'\r', b'\n', ..] => {
                        self.next = Expected::Size;
                        2
                    }
                    _ => {
                        // The byte that is wrong, and the CR if that was right.
                        let shown = 1 + usize::from(rest[0] == b'\r');
                        return Err(unexpected("after a chunk", &rest[..shown], "CR LF"));
                    }
                },
                Expected::Data(_) if rest.is_empty() => return Ok(at),
                Expected::Data(left) => {
                    let taken = left.min(rest.len());
                    self.body.extend_from_slice(&rest[..taken]);
                    self.next = Expected::Data(left - taken);
                    taken
                }
                Expected::Size | Expected::Trailer => {
                    let too_long = || head_too_long(limits);
                    let line = line_at(rest, 0, self.checked, limits.head_bytes, too_long)?;
                    // After a CR, the next byte decides.
                    let checked = rest.len() - usize::from(rest.ends_with(b"\r"));
                    self.checked = if line.is_some() { 0 } else { checked };
                    let Some(line) = line else { return Ok(at) };
                    self.line(line, limits)?;
                    line.len() + 2
                }
            };
        }
    }

    /// The body, when all of it has been read. Before that, `None`.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        (self.next == Expected::Done).then(|| std::mem::take(&mut self.body))
    }

    /// Reads a line with a size, or a trailer.
    fn line(&mut self, line: &[u8], limits: &Limits) -> Result<(), ParseError> {
        let mut overhead = line.len();
        if self.next == Expected::Size {
            let size;
            (size, overhead) = parse_chunk_size(line)?;
            if size > limits.body_bytes.saturating_sub(self.body.len()) {
                return Err(body_too_long(limits));
            }
            self.next = if size == 0 { Expected::Trailer } else { Expected::Data(size) };
        } else if line.is_empty() {
            self.next = Expected::Done;
        } else if self.trailers == limits.headers {
            return Err(too_many_headers(limits));
        } else {
            self.trailers += 1;
            check_field(line, token_length(line))?;
        }
        self.overhead += overhead;
        if self.overhead > limits.head_bytes { Err(head_too_long(limits)) } else { Ok(()) }
    }
}

/// `Transfer-Encoding = #transfer-coding` (RFC 9112 §6.1)
pub(super) fn check_codings(request: &Request) -> Result<(), ParseError> {
    // RFC 9112 §6.1: with HTTP/1.0, "MUST treat the message as if the framing is faulty".
    if request.version == Version::Http10 {
        return Err(malformed("found Transfer-Encoding in HTTP/1.0, expected Content-Length"));
    }
    // RFC 9112 §6.3: if chunked is not the last coding, the length cannot be determined: 400.
    let names: Vec<&str> = request.headers.elements("Transfer-Encoding").collect();
    let codings = names.join(", ");
    let is_chunked = |name: &&str| name.eq_ignore_ascii_case("chunked");
    if names.iter().position(is_chunked).map(|at| at + 1) != Some(names.len()) {
        return Err(unexpected(
            "the Transfer-Encoding",
            codings.as_bytes(),
            "chunked, once and last",
        ));
    }
    // §6.1: a coding that the server does not know is answered with 501.
    if names.len() > 1 {
        let message = format!("found Transfer-Encoding: {codings}; this server knows only chunked");
        return Err(ParseError::new(Status::NOT_IMPLEMENTED, message));
    }
    Ok(())
}

/// The size of a chunk, and how many bytes of the line say nothing of it.
fn parse_chunk_size(line: &[u8]) -> Result<(usize, usize), ParseError> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (size, extensions) = line.split_at(digits);
    if digits == 0 || !are_extensions(extensions) {
        return Err(unexpected_line("the chunk size", line, "hex digits"));
    }
    // A size that no usize can hold is still a number, and the body is too long.
    let size = str::from_utf8(size).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
    let zeros = line.iter().take_while(|&&byte| byte == b'0').count().min(digits - 1);
    Ok((size.unwrap_or(usize::MAX), zeros + extensions.len()))
}

fn are_extensions(mut rest: &[u8]) -> bool {
    while let Some(behind) = behind_extension(rest) {
        rest = behind;
    }
    rest.is_empty()
}

/// What follows one extension with its name, and perhaps a value.
fn behind_extension(text: &[u8]) -> Option<&[u8]> {
    let rest = behind_token(text.trim_ascii_start().strip_prefix(b";")?)?;
    let Some(value) = rest.trim_ascii_start().strip_prefix(b"=") else { return Some(rest) };
    behind_token(value).or_else(|| {
        let inside = value.trim_ascii_start().strip_prefix(b"\"")?;
        inside.get(quoted_length(inside)? + 1..)
    })
}

/// What follows blanks and a token.
fn behind_token(text: &[u8]) -> Option<&[u8]> {
    let text = text.trim_ascii_start();
    Some(token_length(text)).filter(|&length| length > 0).map(|length| &text[length..])
}
