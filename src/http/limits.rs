//! Deeper: The limits: how much a client may send, how long it may take, and why.
//!
//! Without limits, one client could take all memory or all threads of a server. The defaults are
//! those of well-known servers, or smaller.

use std::time::Duration;

/// The limits of one connection. A request beyond one of them is answered with the status in its
/// comment, if there is one, and the connection ends.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of the request line and all header fields; 431. Defaults to 64 KiB.
    pub head_bytes: usize,
    /// Bytes of the request target; 414. Defaults to 8 KiB (RFC 9112 §3 asks for 8000 or more).
    pub target_bytes: usize,
    /// The number of header fields; 431. Defaults to 100. Browsers send about fifteen.
    pub headers: usize,
    /// The number of fields in a query; 414. Defaults to 1,000.
    pub fields: usize,
    /// Bytes of a body, decoded; 413. Defaults to 1 MiB. A program that takes files sets more.
    pub body_bytes: usize,
    /// Bytes of all bodies in memory at the same time, without the first 8 KiB of each; 503.
    /// Defaults to 256 MiB: the most connections with the largest bodies would fill the memory.
    pub bodies_bytes: usize,
    /// From the first byte of a request to the end of its head; 408. Defaults to 10 s.
    pub head_time: Duration,
    /// For the whole body; 408. Defaults to 30 s.
    pub body_time: Duration,
    /// How long a connection may wait for its next request. Then it is closed without an answer.
    /// Defaults to 60 s.
    pub idle_time: Duration,
    /// How long one write may wait for a client that does not read. Then the connection is closed.
    /// Defaults to 30 s.
    pub write_time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            head_bytes: 64 * 1024,
            target_bytes: 8 * 1024,
            headers: 100,
            fields: 1000,
            body_bytes: 1024 * 1024,
            bodies_bytes: 256 * 1024 * 1024,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(60),
            write_time: Duration::from_secs(30),
        }
    }
}
