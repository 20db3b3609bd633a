//! Deeper: The end of a server, when it has been stopped.
//!
//! A worker that waits in `accept` notices the stop when a client connects. One that waits for a
//! request notices it when the reading half of its connection is shut. One that is in an answer
//! finishes it first. A stream ends at its next piece.
//!
//! Left out: waiting longer than a second for a stream, because its next piece may be far away.

use super::{Pool, Staff, Turn};
use crate::server::door::QUEUED;
use crate::server::log::Log;
use crate::server::stopper::Stopper;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

/// How long a stream may take to its next piece.
const STREAM_TIME: Duration = Duration::from_secs(1);

impl Pool {
    /// How many threads there are.
    pub fn workers(&self) -> usize {
        self.lock().workers
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
        let (begun, streams) = (Instant::now(), &self.serving.streams);
        let count = loop {
            let Staff { workers, accepting, .. } = *self.lock();
            let unfinished = workers.saturating_sub(streams.load(Ordering::SeqCst));
            let is_over = match begun.elapsed() {
                short if short < STREAM_TIME.min(time) => workers == 0,
                long => unfinished == 0 || long >= time,
            };
            if is_over {
                // A worker that no knock has reached still waits in `accept`, and has no client.
                break unfinished.saturating_sub(accepting);
            }
            if accepting > 0 {
                stopper.knock();
            }
            self.serving.connections.wake_idle();
            thread::sleep(Duration::from_millis(5));
        };
        if count > 0 && self.serving.log != Log::Off {
            let time = time.as_secs_f64();
            let text = format!("stopped: {time} s later, {count} threads were still at work\n");
            // Nobody may be reading standard error, and this thread must not wait for that.
            let write = move || io::stderr().write_all(text.as_bytes());
            let Ok(writing) = thread::Builder::new().spawn(write) else { return };
            let begun = Instant::now();
            while !writing.is_finished() && begun.elapsed() < Duration::from_millis(100) {
                thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// After a stop: answers the requests that have arrived from clients who connected before it.
    /// They are the first in the queue. Those behind them may come without end.
    pub(super) fn drain(self: &Arc<Self>, first: Option<(TcpStream, SocketAddr)>) {
        // Under the lock: see `take_back_door`.
        let mut staff = self.lock();
        let _ = self.door.set_may_wait(false);
        // Not every system can shut the door. So no worker goes back to it from now on.
        staff.most_accepting = 0;
        drop(staff);
        let queued = (0..QUEUED).map_while(|_| self.door.accept());
        for client in first.into_iter().chain(queued) {
            let Some(connection) = self.welcome(client) else { continue };
            // Each gets a thread, so that a slow one holds up nobody behind it.
            if let Err(mut connection) = self.take_back(connection) {
                while connection.turn() == Turn::Answered {}
            }
        }
        self.door.shut();
    }
}
