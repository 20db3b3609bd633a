//! GET, POST and the rest: what the client wants done.
//!
//! A method is the first word of a request. Case counts (`get` is another method, one that nobody
//! implements).
//!
//! Left out: CONNECT and TRACE. The first is for proxies, the second shows a script the cookies it
//! must not see.

use std::fmt;

/// A request's method (RFC 9110 §9).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Give me the resource. Changes nothing (§9.3.1).
    Get,
    /// The same answer as GET, without the body (§9.3.2).
    Head,
    /// Here is something: process it (§9.3.3). Twice may do it twice.
    Post,
    /// Here is what the resource shall be from now on (§9.3.4). Twice is the same as once.
    Put,
    /// Here is a change to a part of it (RFC 5789).
    Patch,
    /// Remove it (§9.3.5).
    Delete,
    /// Which methods may I use? (§9.3.7).
    Options,
    /// Any other word. The server answers 501: it does not know what is being asked.
    Other(String),
}

impl Method {
    /// How long the longest of the words is that name a known method.
    pub const LONGEST: usize = "OPTIONS".len();

    /// The method that this word names.
    pub fn from_word(word: &str) -> Method {
        match word {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "PATCH" => Method::Patch,
            "DELETE" => Method::Delete,
            "OPTIONS" => Method::Options,
            other => Method::Other(other.to_owned()),
        }
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

    /// True if the client asks for no change by it (RFC 9110 §9.2.1).
    pub fn is_safe(&self) -> bool {
        matches!(self, Method::Get | Method::Head | Method::Options)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
