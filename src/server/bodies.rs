//! How much the bodies of all requests may take together.
//!
//! Each body has a bound, and so has the number of connections; but twelve thousand bodies of a
//! mebibyte are more than most machines have. So what has arrived of the large ones is counted,
//! from its first byte until its request has been answered, and beyond a bound for all of them
//! whoever sends more is told to come again (503).
//!
//! * What a client only claims to send is not counted: else it could lock others out for nothing.
//! * The beginning of a body is not counted either. So forms get through while somebody floods the
//!   server with bodies.
//!
//! Left out: heads and answers. Those of one connection are small, and the number of connections
//! bounds their sum.

use crate::http::ParseError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So much of each body is not counted.
const FREE_BYTES: usize = 8 * 1024;

/// The bodies of a server's requests.
pub struct Bodies {
    most_bytes: usize,
    bytes: AtomicUsize,
}

impl Bodies {
    /// At most so many bytes, and those that are not counted.
    pub fn at_most(most_bytes: usize) -> Arc<Bodies> {
        Arc::new(Bodies { most_bytes, bytes: AtomicUsize::new(0) })
    }

    /// A body of which nothing has arrived.
    pub fn begin(self: &Arc<Bodies>) -> Share {
        Share { bodies: Arc::clone(self), arrived: 0 }
    }
}

/// What one body takes. It is given back when this is dropped.
pub struct Share {
    bodies: Arc<Bodies>,
    arrived: usize,
}

impl Share {
    /// Counts what has arrived.
    ///
    /// # Errors
    ///
    /// If that is more than all bodies may take together.
    pub fn add(&mut self, bytes: usize) -> Result<(), ParseError> {
        let before = self.counted();
        self.arrived += bytes;
        let more = self.counted() - before;
        let others =
            if more > 0 { self.bodies.bytes.fetch_add(more, Ordering::Relaxed) } else { 0 };
        if others + more > self.bodies.most_bytes {
            Err(ParseError::TooManyBodies(self.bodies.most_bytes))
        } else {
            Ok(())
        }
    }

    fn counted(&self) -> usize {
        self.arrived.saturating_sub(FREE_BYTES)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.bodies.bytes.fetch_sub(self.counted(), Ordering::Relaxed);
    }
}
