//! Deeper: The listening socket: accepting clients, saying that the server is full, and closing.
//!
//! Clients wait to be accepted in the queue of the system.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{io, thread};

/// The answer when too many clients are connected, or no thread or descriptor is left for one.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n\
    Content-Length: 45\r\nRetry-After: 1\r\nConnection: close\r\n\r\n\
    The server is full. Try again in one second.\n";

/// At most this many clients have connected and are not yet accepted: std's queue has 128 places,
/// and Linux takes one more.
pub(super) const QUEUED: usize = 128 + 1;

pub(super) struct Door {
    listener: TcpListener,
    /// A second descriptor of it. It is given up for a moment when a client must be told that the
    /// server is full and
    /// the process has no other descriptor left.
    reserve: Mutex<Option<TcpListener>>,
}

impl Door {
    pub fn new(listener: TcpListener) -> Door {
        Door { reserve: Mutex::new(listener.try_clone().ok()), listener }
    }

    /// Sets whether [`accept`](Door::accept) waits for a client.
    pub fn set_may_wait(&self, may_wait: bool) -> io::Result<()> {
        self.listener.set_nonblocking(!may_wait)
    }

    /// The next client. Returns `None` if there is none and this does not wait, or after an error.
    pub fn accept(&self) -> Option<(TcpStream, SocketAddr)> {
        let accepted = self.listener.accept().or_else(|error| match error.raw_os_error() {
            // ENFILE and EMFILE on every Unix: the system, or this process, has no descriptor left.
            Some(23 | 24) => self.accept_with_reserve(),
            _ => Err(error),
        });
        let (stream, peer) = accepted.ok()?;
        // On some systems a new socket waits or not as its listener does.
        if cfg!(not(target_os = "linux")) {
            stream.set_nonblocking(false).ok()?;
        }
        Some((stream, peer))
    }

    /// Gives up the reserve, and accepts a client with its descriptor. If there is no other for the
    /// reserve then, the client is told that the server is full.
    fn accept_with_reserve(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let mut reserve = self.reserve.lock().unwrap_or_else(PoisonError::into_inner);
        drop(reserve.take());
        // This may wait, and meanwhile other connections may have closed.
        let accepted = self.listener.accept();
        *reserve = self.listener.try_clone().ok();
        if reserve.is_some() {
            return accepted;
        }
        let told = accepted.map(|(stream, _)| say_full(&stream));
        *reserve = self.listener.try_clone().ok();
        // Without a reserve this can only wait until some connection closes.
        if reserve.is_none() {
            thread::sleep(Duration::from_millis(10));
        }
        told.and(Err(io::ErrorKind::ConnectionRefused.into()))
    }

    /// From now on the system refuses new clients. Std has this call for connections only.
    pub fn shut(&self) {
        #[cfg(unix)]
        if let Ok(listener) = self.listener.try_clone() {
            let _ = TcpStream::from(std::os::fd::OwnedFd::from(listener)).shutdown(Shutdown::Both);
        }
    }
}

/// Tells a client that the server is full, without waiting for it longer than 100 ms.
pub(super) fn say_full(mut stream: &TcpStream) {
    let _ = stream.set_write_timeout(Some(Duration::from_millis(100)));
    let _ = stream.write_all(FULL);
    let _ = stream.shutdown(Shutdown::Write);
    // A close with unread bytes is a reset, which can overtake the answer. So what has arrived is
    // read, but nothing is waited for: this thread has other clients.
    if stream.set_nonblocking(true).is_ok() {
        let mut dropped = [0; 4096];
        let mut drop_some = || stream.read(&mut dropped).is_ok_and(|count| count > 0);
        let _ = (0..16).all(|_| drop_some());
    }
}
