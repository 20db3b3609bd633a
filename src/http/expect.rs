//! Deeper: Expect: a client asks whether to send its body at all.
//!
//! It sends `Expect: 100-continue` with the head of a large body, and waits for a short answer. No
//! standard knows another expectation.

use super::{ParseError, Request, Status, Version};

/// True if the client waits for `100 Continue` before it sends its body (RFC 9110 §10.1.1).
///
/// # Errors
///
/// 417, if it expects anything else.
pub fn expects_continue(request: &Request) -> Result<bool, ParseError> {
    // "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore that
    // expectation."
    if request.version == Version::Http10 || !request.headers.contains("Expect") {
        return Ok(false);
    }
    let mut expects = false;
    for expectation in request.headers.elements("Expect") {
        if !expectation.eq_ignore_ascii_case("100-continue") {
            let why = format!("found Expect: {expectation}; this server knows only 100-continue");
            return Err(ParseError::new(Status::EXPECTATION_FAILED, why));
        }
        expects = true;
    }
    Ok(expects)
}
