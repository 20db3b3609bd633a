//! A request as a value: everything that a client said.
//!
//! Elsewhere: the decoding of a path, in the router.

use super::fields::percent_encode;
use super::target::normal_path;
use super::{Fields, Headers, MemoryCount, Method, Version};
use std::net::SocketAddr;

/// What a client asked.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// What the client wants done.
    pub method: Method,
    /// The target as it was written, with the site's prefix: `/search?q=tea`, `http://host/`, `*`.
    pub target: String,
    /// The target's path. Each path has one spelling: `/%61` becomes `/a`, and `/a%2fb` becomes
    /// `/a%2Fb`. `*` is the server as a whole. If the site has a prefix, `App` takes it off.
    pub path: String,
    /// The target's query, decoded; Flask's `request.args`.
    pub query: Fields,
    /// The version that the client speaks.
    pub version: Version,
    /// The header fields. If the target names a host, `Host` is that host.
    pub headers: Headers,
    /// The body alone, without the lengths of chunks.
    pub body: Vec<u8>,
    /// The address of the client: the other end of the connection, or the address that a trusted
    /// proxy names, with port 0. `None` in tests without a socket.
    pub peer: Option<SocketAddr>,
    /// True if a trusted proxy says that the client speaks https.
    pub secure: bool,
    /// How much memory the body takes, with the form or JSON that is read from it. The server adds
    /// this up for all requests, and the sum has a limit.
    pub memory: MemoryCount,
}

impl Request {
    /// A request without a connection, for tests: HTTP/1.1, no body. `/ö` is encoded.
    pub fn new(method: Method, target: &str) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = normal_path(&percent_encode(path, "%-._~!$&'()*+,;=:@/")).into_owned();
        let query = Fields::parse(query);
        let mut headers = Headers::new();
        headers.append("Host", "localhost");
        Request { method, target: target.to_owned(), path, query, headers, ..Request::default() }
    }

    /// True if the client wants to keep the connection after the answer (RFC 9112 §9.3).
    pub fn keep_alive(&self) -> bool {
        if self.headers.has_token("Connection", "close") {
            return false;
        }
        self.version == Version::Http11 || self.headers.has_token("Connection", "keep-alive")
    }

    /// The media type of the body, without parameters, in lower case: `application/json`.
    pub fn content_type(&self) -> Option<String> {
        let value = self.headers.get("Content-Type")?;
        Some(value.split(';').next().unwrap_or("").trim().to_ascii_lowercase())
    }
}
