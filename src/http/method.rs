//! Deeper: A table of the methods: GET, POST and the other words for what the client wants done.
//!
//! A method is the first word of a request. Case counts: `get` is a method that no server knows.
//!
//! Left out: CONNECT, which is for proxies and is refused in `target`, and TRACE, which would show
//! cookies to a script.

use super::bytes::is_token;
use std::fmt;

/// A request's method (RFC 9110 §9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// Send me the resource; change nothing (§9.3.1).
    #[default]
    Get,
    /// Send the answer to GET without the body (§9.3.2).
    Head,
    /// Process what I send (§9.3.3). Two requests may do it twice.
    Post,
    /// Replace the resource by what I send (§9.3.4). Two requests do the same as one.
    Put,
    /// Change a part of the resource (RFC 5789).
    Patch,
    /// Remove the resource (§9.3.5).
    Delete,
    /// Tell me which methods I may use (§9.3.7).
    Options,
    /// Any other word. It is answered with 501, unless a route takes it.
    Other(String),
}

impl Method {
    /// The length of the longest known method.
    pub const LONGEST: usize = "OPTIONS".len();

    /// The method that these bytes name. `None` if they are no word.
    pub(crate) fn from_bytes(word: &[u8]) -> Option<Method> {
        Some(match word {
            b"GET" => Method::Get,
            b"HEAD" => Method::Head,
            b"POST" => Method::Post,
            b"PUT" => Method::Put,
            b"PATCH" => Method::Patch,
            b"DELETE" => Method::Delete,
            b"OPTIONS" => Method::Options,
            other if is_token(other) => Method::Other(String::from_utf8_lossy(other).into_owned()),
            _ => return None,
        })
    }

    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
            Method::Other(word) => word,
        }
    }

    /// True if a client does not ask for a change with it (RFC 9110 §9.2.1).
    pub fn is_safe(&self) -> bool {
        matches!(self, Method::Get | Method::Head | Method::Options)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
