//! Deeper: Why a message is refused, and with which status.
//!
//! After such an error the connection closes. Where the server and a proxy disagree about the end
//! of one message, they also disagree about the start of the next one, and an attacker can hide
//! ("smuggle") a request between them.

use super::{Limits, Status};
use std::fmt;

/// A message broke a rule of RFC 9112 or one of the [`Limits`].
#[derive(Clone, Debug, PartialEq)]
pub struct ParseError {
    /// The status of the answer.
    pub status: Status,
    /// The sentence for the client and the log.
    pub message: String,
}

impl ParseError {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> ParseError {
        ParseError { status, message: message.into() }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for ParseError {}

/// A breach of the grammar: what was found, and what was expected. 400.
pub(crate) fn malformed(what: impl Into<String>) -> ParseError {
    ParseError::new(Status::BAD_REQUEST, what)
}

/// The same with bytes of the client: `found the method "G\x00", expected a word such as GET`.
pub(super) fn unexpected(what: &str, bytes: &[u8], expected: &str) -> ParseError {
    malformed(format!("found {what} {}, expected {expected}", shown(bytes)))
}

/// The same with the front of a line. What follows may be a secret, and messages go to the log.
pub(super) fn unexpected_line(what: &str, line: &[u8], expected: &str) -> ParseError {
    let front = line.split_inclusive(|byte| b":=".contains(byte)).next();
    unexpected(what, front.unwrap_or_default(), expected)
}

/// Bytes of the client, cut and escaped, because they may go to a terminal: `"G\x00"`.
pub(super) fn shown(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(60)];
    format!("\"{}\"{}", cut.escape_ascii(), if cut.len() < bytes.len() { "..." } else { "" })
}

// For each row, it writes a function that makes the error of this limit.
macro_rules! limit_errors {
    ($($name:ident $status:ident $limit:ident $message:literal;)*) => {
        $(pub(super) fn $name(limits: &Limits) -> ParseError {
            ParseError::new(Status::$status, format!($message, limits.$limit))
        })*
    };
}

limit_errors! {
    // A head, or the lines of a chunked body.
    head_too_long HEADERS_TOO_LARGE head_bytes "the head is longer than {} bytes";
    // Header fields, or trailers.
    too_many_headers HEADERS_TOO_LARGE headers "there are more than {} header fields";
    target_too_long URI_TOO_LONG target_bytes "the request target is longer than {} bytes";
    too_many_fields URI_TOO_LONG fields "the query has more than {} fields";
    body_too_long CONTENT_TOO_LARGE body_bytes "the body is longer than {} bytes";
}
