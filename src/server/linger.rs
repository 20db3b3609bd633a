//! Deeper: Linger: a connection is closed so that the client can still read its answer.
//!
//! If bytes arrive after a close, the system sends a reset. RFC 9112 §9.6 says: "the reset packet
//! might erase the client's unacknowledged input buffers", and our answer is in them.

use super::wire::{Wire, is_not_ready};
use std::io::Read;
use std::net::Shutdown;
use std::time::{Duration, Instant};

/// Ends our half of the connection, then reads and drops what the client still sends, for at most
/// one second. Returns false if this socket would have to wait.
pub(super) fn linger(wire: &mut Wire) -> bool {
    if wire.socket.stream.shutdown(Shutdown::Write).is_err() {
        return true;
    }
    let end = Instant::now() + Duration::from_secs(1);
    let mut dropped = [0; 4096];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || (wire.may_wait && wire.set_read_time(left).is_err()) {
            break;
        }
        match (&wire.socket.stream).read(&mut dropped) {
            Ok(0) => break,
            Err(error) if !is_not_ready(&error) => break,
            // A client that sends without end must not hold up others, so this reads once.
            _ if !wire.may_wait => return false,
            Err(_) => break,
            Ok(_) => {}
        }
    }
    true
}
