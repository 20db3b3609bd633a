//! Deeper: The stopper, which ends a server from another thread.
//!
//! A worker that waits in `accept` cannot look at a flag. So when the flag is set, the end of the
//! server connects to the server's own port: the worker returns from `accept` and looks.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

/// Stops a server: sets a flag, at which `Server::run` ends.
#[derive(Clone, Debug)]
pub struct Stopper {
    pub(super) stopping: Arc<AtomicBool>,
    /// The thread of `Server::run`. Waking it is separate from the knock, because connecting to our
    /// own port can fail.
    waiting: Arc<OnceLock<Thread>>,
    pub(super) address: SocketAddr,
}

impl Stopper {
    pub(super) fn new(address: SocketAddr) -> Stopper {
        Stopper { stopping: Arc::default(), waiting: Arc::default(), address }
    }

    /// From now on only clients who have connected already are answered, and
    /// [`Server::run`](super::Server::run) ends.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Of this thread and the one that waits, at least one sees what the other has written.
        fence(Ordering::SeqCst);
        if let Some(thread) = self.waiting.get() {
            thread.unpark();
        }
    }

    pub(super) fn wait(&self) {
        let _ = self.waiting.set(thread::current());
        fence(Ordering::SeqCst);
        // If `stop` comes between this look and `park`, its `unpark` makes `park` return at once.
        while !self.stopping.load(Ordering::SeqCst) {
            thread::park();
        }
    }

    /// Connects to the server's own port.
    pub(super) fn knock(&self) {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            let (v4, v6) = (Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into());
            address.set_ip(if address.is_ipv4() { v4 } else { v6 });
        }
        // If this fails, no worker waits in `accept` any more, and none needs to be woken.
        let _ = TcpStream::connect_timeout(&address, Duration::from_millis(200));
    }
}
