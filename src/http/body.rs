//! Where the body of a message ends: Content-Length, chunks, or no body.
//!
//! Both sides must find the same end. The length is said in advance, or the body comes in chunks
//! (`chunked.rs`), each with a length; the last has length 0.
//!
//! ```text
//! Content-Length: 6          Transfer-Encoding: chunked
//!
//! name=A                     4 CR LF name CR LF
//!                            2 CR LF =A CR LF
//!                            0 CR LF CR LF
//! ```
//!
//! Left out: compression as a transfer coding (501). No known client sends it.

use super::chunked::check_codings;
use super::parse_error::{body_too_long, malformed, unexpected};
use super::{Limits, ParseError, Request};

/// How to find the end of a body (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body. An answer (204, 304, an error after HEAD) writes no length then.
    None,
    /// The body has this many bytes.
    Length(u64),
    /// The body comes in chunks; the last one has length 0: see `chunked`.
    Chunked,
    /// The connection closes after the body. Only an answer can end like this.
    Close,
}

/// Decides where the body of a request ends (RFC 9112 §6.3).
///
/// # Errors
///
/// Any doubt about the end, and a length beyond the limit.
pub fn framing(request: &Request, limits: &Limits) -> Result<Framing, ParseError> {
    let headers = &request.headers;
    let is_coded = headers.contains("Transfer-Encoding");
    let mut lengths = headers.get_all("Content-Length");
    let length = lengths.next();
    // RFC 9112 §6.3: a recipient may reject several lengths, even if they are equal.
    if lengths.next().is_some() {
        return Err(malformed("found more than one Content-Length, expected one"));
    }
    match (length, is_coded) {
        (None, false) => Ok(Framing::None),
        (Some(length), false) => parse_length(length, limits),
        (None, true) => check_codings(request).map(|()| Framing::Chunked),
        // RFC 9112 §6.1: "A server MAY reject a request that contains both Content-Length and
        // Transfer-Encoding".
        (Some(_), true) => {
            Err(malformed("found Content-Length and Transfer-Encoding, expected one of them"))
        }
    }
}

/// `Content-Length = 1*DIGIT` (RFC 9110 §8.6)
fn parse_length(text: &str, limits: &Limits) -> Result<Framing, ParseError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unexpected("the Content-Length", text.as_bytes(), "digits"));
    }
    match text.parse() {
        Ok(0) => Ok(Framing::None),
        Ok(length) if length <= limits.body_bytes as u64 => Ok(Framing::Length(length)),
        // Digits that no u64 can hold are still a number, and the body is too long.
        _ => Err(body_too_long(limits)),
    }
}
