//! Waiting for a client, with a bound for each wait.
//!
//! Between two requests a client may be idle, for 60 seconds. A request that has begun must be
//! complete in time: 10 seconds for its head, 30 for its body. `http::limits` has these times.
//!
//! Elsewhere: how an idle connection gets by without memory, in `idle`.

use super::{Connection, Next, Obstacle, Turn};
use crate::http::{ParseError, Status};
use crate::server::wire::is_not_ready;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

impl Connection {
    /// Reads the first bytes of a request, and waits for them as long as a client may be idle.
    pub(super) fn read_first(&mut self) -> Result<(), Obstacle> {
        self.flush()?;
        self.buffers.request.memory.clear();
        // A stop sets its flag, then looks at `idle`. Here `idle` is first, so one sees the other.
        self.wire.socket.idle.store(true, Ordering::SeqCst);
        if self.serving.is_stopping() {
            // From now on a read does not wait: it gives what has arrived, or says that it is over.
            self.wire.socket.shut_reading();
        }
        let closed_by = match self.read_idle() {
            Ok(0) if self.serving.is_stopping() => "the server, because it stops",
            Ok(0) => "the client",
            Ok(_) => {
                self.wire.socket.idle.store(false, Ordering::SeqCst);
                return Ok(());
            }
            Err(error) if !is_not_ready(&error) => return Err(error.into()),
            Err(_) if !self.wire.may_wait => return Err(Obstacle::End(Turn::Quiet)),
            Err(_) => "the server, because nothing came for too long",
        };
        self.report.closed_by = Some(closed_by);
        Err(Obstacle::NoRequest)
    }

    /// Reads more of a request that has begun. Returns how many bytes came; 0 means that the client
    /// has closed. `time` is the time for the head, or for the body. It begins at the first call,
    /// which sets the deadline.
    pub(super) fn read_more(
        &mut self,
        deadline: &mut Option<Instant>,
        time: Duration,
    ) -> Result<usize, Obstacle> {
        self.flush()?;
        if !self.wire.may_wait {
            return Err(Obstacle::End(Turn::WouldWait));
        }
        // After a stop, a request that must be waited for is the last one.
        if self.serving.is_stopping() {
            self.next = Next::Linger;
        }
        let deadline = *deadline.get_or_insert_with(|| Instant::now() + time);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let seconds = time.as_secs();
                let message = format!("the request was not complete within {seconds} seconds");
                return Err(ParseError::new(Status::REQUEST_TIMEOUT, message).into());
            }
            self.wire.set_read_time(left)?;
            match self.wire.read(&mut self.buffers.input) {
                // This 0 is no end: just when this request began, a stop took the connection for
                // idle, and shut its reading half. Its bytes may still come, until the deadline.
                Ok(0) if self.wire.socket.shut.load(Ordering::SeqCst) => {
                    thread::sleep(Duration::from_millis(1))
                }
                Err(error) if is_not_ready(&error) => {}
                read => return Ok(read?),
            }
        }
    }
}
