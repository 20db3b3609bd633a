//! Why a message was refused, and the status that says so.
//!
//! Each variant is one rule. After any of them the connection closes: where the reader and the
//! sender disagree about one message, they would disagree about where the next one starts, and that
//! gap is how requests are smuggled.

use super::Status;
use std::fmt;

/// A rule of RFC 9112 or a bound of [`Limits`](super::Limits) that a message broke.
#[derive(Clone, Debug, PartialEq)]
pub enum ParseError {
    /// The message breaks the grammar; the text says where and how. 400.
    Malformed(String),
    /// Nothing a server of HTTP/1 can read. 505.
    Version(String),
    /// The method is longer than any that is known, and the line it begins longer than the limit.
    /// 501.
    MethodTooLong,
    /// The target is an https URL, and the connection is not a trusted proxy's. 421.
    Misdirected,
    /// The request target is longer than the limit, in bytes. 414.
    TargetTooLong(usize),
    /// The head is longer than the limit, in bytes. 431.
    HeadTooLong(usize),
    /// There are more header fields than the limit. 431.
    TooManyHeaders(usize),
    /// The body is longer than the limit, in bytes. 413.
    BodyTooLong(usize),
    /// The bodies that have arrived are longer together than the limit, in bytes. 503.
    TooManyBodies(usize),
    /// A transfer coding other than chunked. 501.
    TransferCoding(String),
    /// An expectation other than `100-continue`. 417.
    Expectation(String),
    /// The client took longer than this many seconds for its head or body. 408.
    TooSlow(u64),
}

impl ParseError {
    /// The status of the answer.
    pub fn status(&self) -> Status {
        match self {
            ParseError::Malformed(_) => Status::BAD_REQUEST,
            ParseError::Version(_) => Status::VERSION_NOT_SUPPORTED,
            ParseError::MethodTooLong => Status::NOT_IMPLEMENTED,
            ParseError::Misdirected => Status::MISDIRECTED_REQUEST,
            ParseError::TargetTooLong(_) => Status::URI_TOO_LONG,
            ParseError::HeadTooLong(_) | ParseError::TooManyHeaders(_) => Status::HEADERS_TOO_LARGE,
            ParseError::BodyTooLong(_) => Status::CONTENT_TOO_LARGE,
            ParseError::TooManyBodies(_) => Status::SERVICE_UNAVAILABLE,
            ParseError::TransferCoding(_) => Status::NOT_IMPLEMENTED,
            ParseError::Expectation(_) => Status::EXPECTATION_FAILED,
            ParseError::TooSlow(_) => Status::REQUEST_TIMEOUT,
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParseError::Malformed(what) => write!(out, "{what}"),
            ParseError::Version(found) => {
                write!(out, "found version {found}, expected HTTP/1.1 or HTTP/1.0")
            }
            ParseError::MethodTooLong => {
                write!(out, "the method is longer than any that this server knows")
            }
            ParseError::Misdirected => {
                write!(
                    out,
                    "found an https:// URL on a connection without TLS, expected http:// or a path"
                )
            }
            ParseError::TargetTooLong(most) => {
                write!(out, "the request target is longer than {most} bytes")
            }
            ParseError::HeadTooLong(most) => {
                write!(out, "the request's head is longer than {most} bytes")
            }
            ParseError::TooManyHeaders(most) => {
                write!(out, "the request has more than {most} header fields")
            }
            ParseError::BodyTooLong(most) => write!(out, "the body is longer than {most} bytes"),
            ParseError::TooManyBodies(most) => {
                write!(
                    out,
                    "the bodies of all requests are longer than {most} bytes together; try again in one second"
                )
            }
            ParseError::TransferCoding(found) => {
                write!(out, "found Transfer-Encoding: {found}; this server knows only chunked")
            }
            ParseError::Expectation(found) => {
                write!(out, "found Expect: {found}; this server knows only 100-continue")
            }
            ParseError::TooSlow(most) => {
                write!(out, "the request was not complete within {most} seconds")
            }
        }
    }
}

impl std::error::Error for ParseError {}

/// A breach of the grammar: what was found, and what was expected.
pub(super) fn malformed(what: impl Into<String>) -> ParseError {
    ParseError::Malformed(what.into())
}

/// What a client sent, safe to print and short: `"GET\x00"`.
pub(super) fn shown(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(60)];
    format!("\"{}\"{}", cut.escape_ascii(), if cut.len() < bytes.len() { "..." } else { "" })
}
