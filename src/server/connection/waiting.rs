//! Deeper: Waiting for a client, with a bound for each wait and without memory for a long one.
//!
//! Between two requests a client may be idle for a while; within a request it must go on. A
//! connection that must not wait ends its turn here.

use super::{Connection, Memory, Obstacle, Turn};
use crate::http::{Headers, ParseError, Status};
use crate::server::wire::is_not_ready;
use std::io::{self, ErrorKind};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

/// A connection that is quiet for this long frees its memory before it waits longer.
const BRIEF: Duration = Duration::from_millis(500);

/// While it is busy, it keeps buffers up to this length.
const KEPT_BYTES: usize = 16 * 1024;

impl Connection {
    /// Reads the first bytes of a request, and waits for them as long as a client may be idle.
    pub(super) fn read_first(&mut self) -> Result<(), Obstacle> {
        self.flush()?;
        self.share.clear();
        self.memory.request.share.clear();
        self.wire.set_idle(true);
        self.forget(KEPT_BYTES);
        if self.serving.is_stopping() {
            self.wire.socket.shut_reading();
        }
        self.wire.set_read_time(BRIEF.min(self.serving.limits.idle_time))?;
        let mut read = self.wire.read(&mut self.memory.input);
        if self.wire.may_wait && read.as_ref().is_err_and(is_not_ready) {
            self.forget(0);
            self.wire.set_read_time(self.serving.limits.idle_time.saturating_sub(BRIEF))?;
            read = self.await_bytes().and_then(|()| self.wire.read(&mut self.memory.input));
        }
        match read {
            Ok(0) => {
                let is_stopping = self.serving.is_stopping();
                let end = if is_stopping { "the server, because it stops" } else { "the client" };
                self.report.end = Some(end);
                Err(Obstacle::Idle)
            }
            Ok(_) => {
                self.wire.set_idle(false);
                Ok(())
            }
            Err(error) if !is_not_ready(&error) => Err(error.into()),
            Err(_) if self.wire.may_wait => {
                self.report.end = Some("the server, because nothing came for too long");
                Err(Obstacle::Idle)
            }
            Err(_) => Err(Obstacle::End(Turn::Quiet)),
        }
    }

    /// Waits until bytes arrive or the client closes. Takes no memory for what may come.
    fn await_bytes(&self) -> io::Result<()> {
        while let Err(error) = self.wire.socket.stream.peek(&mut [0]) {
            if error.kind() != ErrorKind::Interrupted {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Frees each buffer that is larger than this. Everything in them has been used or sent.
    fn forget(&mut self, most_bytes: usize) {
        let Memory { output, request, .. } = &mut *self.memory;
        for buffer in [output, &mut request.body] {
            if buffer.capacity() > most_bytes {
                *buffer = Vec::new();
            }
        }
        if most_bytes == 0 {
            *self.memory = Memory::default();
            Headers::free_spare();
        }
    }

    /// Reads more of a request that has begun. Returns how many bytes came; 0 means that the client
    /// has closed. `whole` is the time for all of this part of the request, and begins with the
    /// first call.
    pub(super) fn read_more(
        &mut self,
        deadline: &mut Option<Instant>,
        whole: Duration,
    ) -> Result<usize, Obstacle> {
        self.flush()?;
        if !self.wire.may_wait {
            return Err(Obstacle::End(Turn::MustWait));
        }
        let end = *deadline.get_or_insert_with(|| Instant::now() + whole);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let seconds = whole.as_secs();
                let message = format!("the request was not complete within {seconds} seconds");
                return Err(ParseError::new(Status::REQUEST_TIMEOUT, message).into());
            }
            self.wire.set_read_time(left)?;
            match self.wire.read(&mut self.memory.input) {
                // A stop has shut the reading half at the moment when this request began. So its
                // rest is waited for by trying again.
                Ok(0) if self.wire.socket.shut.load(Ordering::SeqCst) => {
                    thread::sleep(Duration::from_millis(1))
                }
                Ok(count) => return Ok(count),
                Err(error) if is_not_ready(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
