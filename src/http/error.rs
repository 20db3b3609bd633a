//! Why a message is refused, and with which status.
//!
//! Each variant is one rule. After any of them the connection closes. Where the server and a proxy
//! disagree about the end of one message, they also disagree about the start of the next one, and
//! an attacker can hide ("smuggle") a request between them.

use super::Status;
use std::fmt;

/// A rule of RFC 9112, or one of the [`Limits`](super::Limits), that a message broke.
#[derive(Clone, Debug, PartialEq)]
pub enum ParseError {
    /// The message breaks the grammar. The text says what was found and what was expected. 400.
    Malformed(String),
    /// A version that is not HTTP/1. 505.
    Version(String),
    /// The request line is longer than its limit, and its method longer than all known ones. 501.
    MethodTooLong,
    /// The target is an https URL, and no trusted proxy sent it. 421.
    Misdirected,
    /// The request target is longer than this limit, in bytes. 414.
    TargetTooLong(usize),
    /// The head is longer than this limit, in bytes. 431.
    HeadTooLong(usize),
    /// There are more header fields than this limit. 431.
    TooManyHeaders(usize),
    /// The body is longer than this limit, in bytes. 413.
    BodyTooLong(usize),
    /// All bodies in memory together are longer than this limit, in bytes. 503.
    TooManyBodies(usize),
    /// A transfer coding other than chunked. 501.
    TransferCoding(String),
    /// An expectation other than `100-continue`. 417.
    Expectation(String),
    /// The head or the body took longer than this many seconds. 408.
    TooSlow(u64),
}

impl ParseError {
    /// The status of the answer.
    pub fn status(&self) -> Status {
        self.answer().0
    }

    /// The status of the answer, and a sentence for the client and the log.
    fn answer(&self) -> (Status, String) {
        match self {
            ParseError::Malformed(what) => (Status::BAD_REQUEST, what.clone()),
            ParseError::Version(found) => (
                Status::VERSION_NOT_SUPPORTED,
                format!("found version {found}, expected HTTP/1.1 or HTTP/1.0"),
            ),
            ParseError::MethodTooLong => (
                Status::NOT_IMPLEMENTED,
                "the method is longer than any that this server knows".to_owned(),
            ),
            ParseError::Misdirected => (
                Status::MISDIRECTED_REQUEST,
                "found an https:// URL without TLS, expected http:// or a path".to_owned(),
            ),
            ParseError::TargetTooLong(most) => {
                (Status::URI_TOO_LONG, format!("the request target is longer than {most} bytes"))
            }
            ParseError::HeadTooLong(most) => {
                (Status::HEADERS_TOO_LARGE, format!("the head is longer than {most} bytes"))
            }
            ParseError::TooManyHeaders(most) => {
                (Status::HEADERS_TOO_LARGE, format!("there are more than {most} header fields"))
            }
            ParseError::BodyTooLong(most) => {
                (Status::CONTENT_TOO_LARGE, format!("the body is longer than {most} bytes"))
            }
            ParseError::TooManyBodies(most) => (
                Status::SERVICE_UNAVAILABLE,
                format!("all bodies are longer than {most} bytes together; try again in a second"),
            ),
            ParseError::TransferCoding(found) => (
                Status::NOT_IMPLEMENTED,
                format!("found Transfer-Encoding: {found}; this server knows only chunked"),
            ),
            ParseError::Expectation(found) => (
                Status::EXPECTATION_FAILED,
                format!("found Expect: {found}; this server knows only 100-continue"),
            ),
            ParseError::TooSlow(most) => (
                Status::REQUEST_TIMEOUT,
                format!("the request was not complete within {most} seconds"),
            ),
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.answer().1)
    }
}

impl std::error::Error for ParseError {}

/// A breach of the grammar: what was found, and what was expected.
pub(super) fn malformed(what: impl Into<String>) -> ParseError {
    ParseError::Malformed(what.into())
}

/// The same with bytes of the client: `found the method "G\x00", expected letters`.
pub(super) fn found(what: &str, bytes: &[u8], expected: &str) -> ParseError {
    malformed(format!("found {what} {}, expected {expected}", shown(bytes)))
}

/// Bytes of the client, short and escaped, because they may go to a terminal: `"G\x00"`.
pub(super) fn shown(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(60)];
    format!("\"{}\"{}", cut.escape_ascii(), if cut.len() < bytes.len() { "..." } else { "" })
}
