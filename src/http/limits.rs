//! How much a client may send, and how long it may take: each bound, and why it is what it is.
//!
//! A server without bounds belongs to whoever sends the most. All of these can be set; the defaults
//! are those of servers that have stood on the open network for decades, made smaller where a
//! course needs no more.

use std::time::Duration;

/// The bounds of one connection. Beyond each, the answer named beside it, and the connection ends.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of the request line and all header fields together; beyond it 431. Defaults to 64 KiB,
    /// which holds every cookie a browser would send to one site.
    pub head_bytes: usize,
    /// Bytes of the request target alone; beyond it 414. Defaults to 8 KiB (RFC 9112 §3 asks for at
    /// least 8000).
    pub target_bytes: usize,
    /// Header fields; beyond it 431. Defaults to 100. Browsers send about fifteen.
    pub headers: usize,
    /// Bytes of a body, decoded; beyond it 413. Defaults to 1 MiB: forms and JSON are far smaller,
    /// and uploads are left out.
    pub body_bytes: usize,
    /// Bytes of all bodies that are in memory at one time, but for the first 8 KiB of each; beyond
    /// it 503. Defaults to 256 MiB: connections and bodies have bounds, but their product is more
    /// than most machines have.
    pub bodies_bytes: usize,
    /// From a request's first byte to the last of its head; beyond it 408. Defaults to 10 s.
    pub head_time: Duration,
    /// For the whole body; beyond it 408. Defaults to 30 s.
    pub body_time: Duration,
    /// How long a connection may wait for its next request; then it is closed without a word.
    /// Defaults to 60 s.
    pub idle_time: Duration,
    /// How long one write may wait for a client that does not read; then the connection is dropped.
    /// Defaults to 30 s.
    pub write_time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            head_bytes: 64 * 1024,
            target_bytes: 8 * 1024,
            headers: 100,
            body_bytes: 1024 * 1024,
            bodies_bytes: 256 * 1024 * 1024,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(60),
            write_time: Duration::from_secs(30),
        }
    }
}
