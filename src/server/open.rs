//! The open connections, so that a stop can wake those that wait for a request.
//!
//! A thread that is blocked in `read` looks at no flag. But a socket whose reading half is shut
//! says "the end" to whoever reads from it, even to one who has been waiting for hours; so nobody
//! has to look at anything while nothing happens.
//!
//! Left out: the bytes. They are the affair of `wire`.

use std::collections::HashMap;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// All connections that are open, by number.
#[derive(Default)]
pub struct Connections {
    open: Mutex<HashMap<u64, Arc<Open>>>,
    next: AtomicU64,
}

pub(super) struct Open {
    pub stream: TcpStream,
    /// True while nothing of a request has arrived.
    pub idle: AtomicBool,
    /// True once the reading half has been shut. What has arrived, and what still arrives, can be
    /// read all the same; but a read that finds nothing says "the end" instead of waiting.
    pub shut: AtomicBool,
}

impl Open {
    /// Ends the wait for a request: the read returns as if the client had closed.
    pub fn shut_reading(&self) {
        self.shut.store(true, Ordering::SeqCst);
        let _ = self.stream.shutdown(Shutdown::Read);
    }
}

impl Connections {
    pub(super) fn add(&self, stream: TcpStream) -> (u64, Arc<Open>) {
        let open =
            Arc::new(Open { stream, idle: AtomicBool::new(true), shut: AtomicBool::new(false) });
        let number = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::clone(&open));
        (number, open)
    }

    pub(super) fn remove(&self, number: u64) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }

    /// Ends the wait of every connection that waits for a request.
    pub(super) fn wake_idle(&self) {
        for open in self.open.lock().unwrap_or_else(PoisonError::into_inner).values() {
            if open.idle.load(Ordering::SeqCst) {
                open.shut_reading();
            }
        }
    }
}
