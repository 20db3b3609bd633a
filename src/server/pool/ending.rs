//! Deeper: The end of a server, when it has been stopped.
//!
//! A worker that waits in `accept` notices the stop when a client connects. One that waits for a
//! request notices it when the reading half of its connection is shut. One that is in an answer
//! finishes it first.
//!
//! Left out: waiting for streams. Such an answer ends at its next piece, which may be long in
//! coming.

use super::{Pool, Turn};
use crate::server::stopper::Stopper;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

impl Pool {
    /// How many threads there are.
    pub fn workers(&self) -> usize {
        self.lock().workers
    }

    /// How many of them wait in `accept`.
    pub fn accepting(&self) -> usize {
        self.lock().accepting
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.serving.connections.count()
    }

    /// After a stop: ends all workers, and lets unfinished answers finish, for at most this time.
    pub fn end(&self, stopper: &Stopper, time: Duration) {
        if let Some(recorder) = &self.serving.recorder {
            recorder.close();
        }
        let end = Instant::now() + time;
        let at_work = || self.workers() > self.serving.streams.load(Ordering::SeqCst);
        while at_work() && Instant::now() < end {
            if self.accepting() > 0 {
                stopper.knock();
            }
            self.serving.connections.wake_idle();
            drop(self.ended.wait_timeout(self.lock(), Duration::from_millis(5)));
        }
    }

    /// After a stop: answers the requests that have arrived from clients who connected before it.
    pub(super) fn drain(&self, first: Option<(TcpStream, SocketAddr)>) {
        let mut first = first.and_then(|client| self.welcome(client));
        let _ = self.door.set_waiting(false);
        while let Some(mut connection) = first.take().or_else(|| self.accept_now()) {
            while connection.turn() == Turn::Answered {}
        }
        self.door.shut();
    }
}
