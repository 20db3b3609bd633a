//! Deeper: The body of a response, which need not be in memory as a whole.
//!
//! Elsewhere: how it is sent, in `unsent_body` of the server.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

/// Writes a body while it is sent. Its bytes leave at each flush, and at its end. A flush fails
/// when the client has gone or the server stops.
pub type Streamer = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send>;

/// The content of a response.
pub enum Body {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A part of bytes that several answers share.
    Shared(Arc<[u8]>, Range<usize>),
    /// A part of a file, which is read while it is sent.
    File {
        /// The open file.
        file: File,
        /// The first byte, and the byte after the last one.
        range: Range<u64>,
    },
    /// A body of unknown length that is written while it is sent: in chunks, or for HTTP/1.0 until
    /// the connection closes.
    Stream(Streamer),
}

impl Body {
    /// The length in bytes, if it is known before the body is sent.
    #[inline]
    pub fn len(&self) -> Option<u64> {
        match self {
            Body::Empty => Some(0),
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::Shared(_, part) => Some(part.len() as u64),
            Body::File { range, .. } => Some(range.end - range.start),
            Body::Stream(_) => None,
        }
    }

    /// True if the length is known to be 0.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Bytes(bytes) => write!(out, "Bytes({})", bytes.escape_ascii()),
            other => write!(out, "Body({:?})", other.len()),
        }
    }
}
