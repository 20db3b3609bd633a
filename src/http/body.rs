//! Where the body of a request ends: Content-Length, chunks, or no body.
//!
//! Both sides of a connection must find the same end of each message. There are two ways to say it:
//! the length in advance, or chunks (`chunked.rs`), each with a length; the last has length 0.
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

use super::parse_error::{body_too_long, found, malformed};
use super::{Limits, ParseError, Request, Status, Version};

/// How to find the end of a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    Empty,
    /// The body has this many bytes.
    Length(usize),
    /// The body comes in chunks: see [`ChunkedBody`](super::ChunkedBody).
    Chunked,
}

/// Decides where the body of a request ends (RFC 9112 §6.3).
///
/// # Errors
///
/// Any doubt about the end, and a length beyond the limit.
pub fn framing(request: &Request, limits: &Limits) -> Result<Framing, ParseError> {
    let mut lengths = request.headers.get_all("Content-Length");
    let length = lengths.next();
    // RFC 9112 §6.3: a recipient may reject several lengths, even if they are equal.
    if lengths.next().is_some() {
        return Err(malformed("found more than one Content-Length, expected one"));
    }
    match (length, !request.headers.contains("Transfer-Encoding")) {
        (None, true) => Ok(Framing::Empty),
        (Some(length), true) => parse_length(length, limits),
        (None, false) => {
            let codings: Vec<&str> = request.headers.get_all("Transfer-Encoding").collect();
            check_codings(&codings.join(", "), request.version)
        }
        // RFC 9112 §6.1: "A server MAY reject a request that contains both Content-Length and
        // Transfer-Encoding".
        (Some(_), false) => {
            Err(malformed("found Content-Length and Transfer-Encoding, expected one of them"))
        }
    }
}

/// `Content-Length = 1*DIGIT` (RFC 9110 §8.6)
fn parse_length(text: &str, limits: &Limits) -> Result<Framing, ParseError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(found("the Content-Length", text.as_bytes(), "digits"));
    }
    match text.parse::<usize>() {
        Ok(0) => Ok(Framing::Empty),
        Ok(length) if length <= limits.body_bytes => Ok(Framing::Length(length)),
        // Digits that no usize can hold are still a number, and the body is too long.
        _ => Err(body_too_long(limits)),
    }
}

/// `Transfer-Encoding = #transfer-coding` (RFC 9112 §6.1)
fn check_codings(codings: &str, version: Version) -> Result<Framing, ParseError> {
    // RFC 9112 §6.1: with HTTP/1.0, "MUST treat the message as if the framing is faulty".
    if version == Version::Http10 {
        return Err(malformed("found Transfer-Encoding in HTTP/1.0, expected Content-Length"));
    }
    // RFC 9112 §6.3: if chunked is not the last coding, the length cannot be determined: 400. The
    // server knows no coding before it: 501 (§6.1).
    let mut names = elements(codings).rev();
    let is_chunked = |name: &str| name.eq_ignore_ascii_case("chunked");
    let is_last = names.next().is_some_and(is_chunked);
    let others: Vec<&str> = names.collect();
    if !is_last || others.iter().any(|name| is_chunked(name)) {
        return Err(found("the Transfer-Encoding", codings.as_bytes(), "chunked, once and last"));
    }
    if !others.is_empty() {
        let message = format!("found Transfer-Encoding: {codings}; this server knows only chunked");
        return Err(ParseError::new(Status::NOT_IMPLEMENTED, message));
    }
    Ok(Framing::Chunked)
}

/// The elements of a list with commas. RFC 9110 §5.6.1.2: "A recipient MUST parse and ignore a
/// reasonable number of empty list elements".
fn elements(list: &str) -> impl DoubleEndedIterator<Item = &str> {
    list.split(',').map(str::trim_ascii).filter(|element| !element.is_empty())
}

/// True if the client waits for `100 Continue` before it sends its body (RFC 9110 §10.1.1).
///
/// # Errors
///
/// 417, if it expects anything else.
pub fn expects_continue(request: &Request) -> Result<bool, ParseError> {
    // "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore that
    // expectation."
    if request.version == Version::Http10 {
        return Ok(false);
    }
    let mut expects = false;
    for expectation in request.headers.get_all("Expect").flat_map(elements) {
        if !expectation.eq_ignore_ascii_case("100-continue") {
            let met = format!("found Expect: {expectation}; this server knows only 100-continue");
            return Err(ParseError::new(Status::EXPECTATION_FAILED, met));
        }
        expects = true;
    }
    Ok(expects)
}
