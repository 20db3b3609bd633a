//! Deeper: Idle: a connection that waits long for its next request frees its memory first.

use super::{Buffers, Connection, Obstacle, Turn};
use crate::http::Headers;
use crate::server::wire::is_not_ready;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

/// A connection that is quiet for this long frees its memory before it waits longer.
const BRIEF: Duration = Duration::from_millis(500);

/// While it is busy, it keeps buffers up to this length.
const KEPT_BYTES: usize = 16 * 1024;

impl Connection {
    /// Reads once, after a wait as long as a client may be idle.
    pub(super) fn read_idle(&mut self) -> io::Result<usize> {
        self.forget(KEPT_BYTES);
        let idle_time = self.serving.limits.idle_time;
        self.wire.set_read_time(idle_time.min(BRIEF))?;
        let read = self.wire.read(&mut self.buffers.input);
        let is_quiet = read.as_ref().is_err_and(is_not_ready);
        if !is_quiet || !self.wire.may_wait || idle_time <= BRIEF {
            return read;
        }
        self.forget(0);
        self.wire.set_read_time(idle_time - BRIEF)?;
        self.await_bytes()?;
        self.wire.read(&mut self.buffers.input)
    }

    /// A client that has sent nothing but empty lines is idle, too, and not for longer.
    pub(super) fn remain_idle(&mut self, since: &mut Option<Instant>) -> Result<(), Obstacle> {
        // In the ring it must not hold up others with such lines.
        if !self.wire.may_wait {
            return Err(Obstacle::End(Turn::Quiet));
        }
        if since.get_or_insert_with(Instant::now).elapsed() > self.serving.limits.idle_time {
            self.report.closed_by = Some("the server, because only empty lines came");
            return Err(Obstacle::NoRequest);
        }
        Ok(())
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
        let Buffers { output, request, .. } = &mut *self.buffers;
        for buffer in [output, &mut request.body] {
            if buffer.capacity() > most_bytes {
                *buffer = Vec::new();
            }
        }
        if most_bytes == 0 {
            *self.buffers = Buffers::default();
            Headers::free_spare();
        }
    }
}
