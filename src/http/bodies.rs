//! Deeper: The bound for the bodies of all requests, and for the answers that wait to be sent.
//!
//! Twelve thousand bodies of a mebibyte are more than most machines hold. So the bytes of large
//! bodies are counted until their answer has left, and those of large answers too, since a client
//! may read slowly. When the sum is above the bound, the next large one gets a 503.
//!
//! * What a body becomes is counted before it is made: the values of JSON, the fields of a form.
//! * A length that is only claimed is not counted: no client can lock out others without sending.
//! * The first bytes of each body and answer are not counted, so forms get through beside large
//!   bodies.
//!
//! Left out: heads, which are small, and files and streams, which pass through a small buffer.

use super::{ParseError, Status};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// This much of each share is not counted.
const FREE_BYTES: usize = 8 * 1024;

/// The bodies of a server's requests and answers.
#[derive(Debug)]
pub(crate) struct Bodies {
    most_bytes: usize,
    bytes: AtomicUsize,
}

impl Bodies {
    /// At most this many bytes, besides those that are not counted.
    pub fn at_most(most_bytes: usize) -> Arc<Bodies> {
        Arc::new(Bodies { most_bytes, bytes: AtomicUsize::new(0) })
    }

    /// The share of a connection, or of one request, that has nothing yet.
    pub fn new_count(self: &Arc<Bodies>) -> MemoryCount {
        MemoryCount { bodies: Some(Arc::clone(self)), bytes: AtomicUsize::new(0) }
    }
}

/// What one connection or request takes of the bound, until this is dropped. The default has no
/// bound; it is for tests.
#[derive(Debug, Default)]
pub struct MemoryCount {
    bodies: Option<Arc<Bodies>>,
    bytes: AtomicUsize,
}

impl MemoryCount {
    /// Counts bytes that are in memory now, or will be.
    ///
    /// # Errors
    ///
    /// 503, if all together are above the bound. Then this share is empty again.
    pub fn add(&self, bytes: usize) -> Result<(), ParseError> {
        let Some(bodies) = &self.bodies else { return Ok(()) };
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let more = counted(before + bytes) - counted(before);
        if more == 0 {
            return Ok(());
        }
        let (others, most) = (bodies.bytes.fetch_add(more, Ordering::Relaxed), bodies.most_bytes);
        if others + more <= most {
            return Ok(());
        }
        self.clear();
        let message =
            format!("all bodies are longer than {most} bytes together; try again in a second");
        Err(ParseError::new(Status::SERVICE_UNAVAILABLE, message))
    }

    #[inline]
    pub(crate) fn clear(&self) {
        // Most shares have nothing, and to read costs less than to write.
        if self.bytes.load(Ordering::Relaxed) == 0 {
            return;
        }
        let bytes = counted(self.bytes.swap(0, Ordering::Relaxed));
        if let Some(bodies) = self.bodies.as_ref().filter(|_| bytes > 0) {
            bodies.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

/// A copy of a request has a share of its own, which has nothing yet.
impl Clone for MemoryCount {
    fn clone(&self) -> MemoryCount {
        MemoryCount { bodies: self.bodies.clone(), bytes: AtomicUsize::new(0) }
    }
}

impl Drop for MemoryCount {
    fn drop(&mut self) {
        self.clear();
    }
}

fn counted(bytes: usize) -> usize {
    bytes.saturating_sub(FREE_BYTES)
}
