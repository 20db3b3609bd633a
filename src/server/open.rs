//! Deeper: The table of open connections, which bounds their number and lets a stop find them.
//!
//! A thread that is blocked in `read` cannot look at a flag. But its `read` ends at once when the
//! reading half of the socket is shut. So a stop shuts that half of each idle connection.

use std::collections::HashMap;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All connections that are open, by number.
pub(super) struct Connections {
    most: usize,
    open: Mutex<HashMap<u64, Arc<OpenSocket>>>,
    last: AtomicU64,
}

/// The socket of an open connection, and what a stop must know of it.
pub(super) struct OpenSocket {
    pub stream: TcpStream,
    /// True while nothing of the next request has arrived. A stop wakes idle connections.
    pub idle: AtomicBool,
    /// True once the reading half has been shut. A read that finds nothing then returns 0.
    pub shut: AtomicBool,
}

impl OpenSocket {
    /// Ends the wait for a request: the read returns 0, as if the client had closed.
    pub fn shut_reading(&self) {
        self.shut.store(true, Ordering::SeqCst);
        let _ = self.stream.shutdown(Shutdown::Read);
    }
}

impl Connections {
    /// An empty table for at most `most` connections.
    pub fn at_most(most: usize) -> Connections {
        Connections { most, open: Mutex::default(), last: AtomicU64::new(0) }
    }

    /// Adds a connection, and returns its number: 1 for the first since the server started.
    ///
    /// # Errors
    ///
    /// If there are as many connections as there may be. Then the socket is returned.
    pub fn add(&self, stream: TcpStream) -> Result<(u64, Arc<OpenSocket>), TcpStream> {
        let mut open = self.lock();
        if open.len() >= self.most {
            return Err(stream);
        }
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (idle, shut) = (AtomicBool::new(true), AtomicBool::new(false));
        let socket = Arc::new(OpenSocket { stream, idle, shut });
        open.insert(number, Arc::clone(&socket));
        Ok((number, socket))
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Removes a connection that has ended.
    pub fn remove(&self, number: u64) {
        self.lock().remove(&number);
    }

    /// Ends the wait of each connection that waits for a request.
    pub fn wake_idle(&self) {
        for socket in self.lock().values() {
            if socket.idle.load(Ordering::SeqCst) {
                socket.shut_reading();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<OpenSocket>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
