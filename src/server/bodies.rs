//! Deeper: The bound for the bodies of all requests, and for the answers that wait to be sent.
//!
//! Twelve thousand bodies of a mebibyte are more than most machines hold. So the bytes of large
//! bodies are counted until their answer has left, and those of large answers too: a client may
//! take its time to read one. When the sum is above the bound, the next large one gets a 503.
//!
//! * A length that is only claimed is not counted: no client can lock out others without sending.
//! * The first bytes of each connection are not counted, so forms get through beside large bodies.
//!
//! Left out: heads, which are small, and files and streams, which pass through a small buffer.

use crate::http::{ParseError, Status};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// This much of each connection is not counted.
const FREE_BYTES: usize = 8 * 1024;

/// The bodies of a server's requests and answers.
pub(super) struct Bodies {
    most_bytes: usize,
    bytes: AtomicUsize,
}

impl Bodies {
    /// At most this many bytes, besides those that are not counted.
    pub fn at_most(most_bytes: usize) -> Arc<Bodies> {
        Arc::new(Bodies { most_bytes, bytes: AtomicUsize::new(0) })
    }

    /// The share of a connection that has nothing yet.
    pub fn begin(self: &Arc<Bodies>) -> Share {
        Share { bodies: Arc::clone(self), bytes: 0 }
    }
}

/// What one connection takes of the bound. It is given back when this is dropped.
pub(super) struct Share {
    bodies: Arc<Bodies>,
    bytes: usize,
}

impl Share {
    /// Counts bytes that are in memory now.
    ///
    /// # Errors
    ///
    /// 503, if all together are above the bound.
    pub fn add(&mut self, bytes: usize) -> Result<(), ParseError> {
        let before = self.counted();
        self.bytes += bytes;
        let more = self.counted() - before;
        if more == 0 {
            return Ok(());
        }
        let others = self.bodies.bytes.fetch_add(more, Ordering::Relaxed);
        let most = self.bodies.most_bytes;
        if others + more > most {
            let met = format!("all bodies are longer than {most} bytes together");
            let message = met + "; try again in a second";
            return Err(ParseError::new(Status::SERVICE_UNAVAILABLE, message));
        }
        Ok(())
    }

    /// Gives everything back.
    pub fn clear(&mut self) {
        if self.counted() > 0 {
            self.bodies.bytes.fetch_sub(self.counted(), Ordering::Relaxed);
        }
        self.bytes = 0;
    }

    fn counted(&self) -> usize {
        self.bytes.saturating_sub(FREE_BYTES)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.clear();
    }
}
