//! Deeper: A table of the versions: HTTP/1.0 and HTTP/1.1.

/// The two versions of HTTP/1. A later HTTP/1.x counts as 1.1 (RFC 9110 §6.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// HTTP/1.0: the connection ends with the answer unless both sides say `keep-alive`.
    Http10,
    /// HTTP/1.1: the connection stays unless one side says `close`.
    #[default]
    Http11,
}

impl Version {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Version::Http10 => "HTTP/1.0",
            Version::Http11 => "HTTP/1.1",
        }
    }
}
