//! The socket of a connection: reading and sending bytes, with or without waiting for the client.
//!
//! Elsewhere: closing, so that the client can still read its answer, in `linger`.

use super::input::Input;
use super::open::OpenSocket;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Wire {
    pub socket: Arc<OpenSocket>,
    /// False only in the `ring`, a deeper chapter: then neither a read nor a write waits.
    pub may_wait: bool,
    read_time: Duration,
    /// How many bytes have been sent since the connection began.
    pub sent_bytes: u64,
}

impl Wire {
    pub fn new(socket: Arc<OpenSocket>) -> Wire {
        Wire { socket, may_wait: true, read_time: Duration::ZERO, sent_bytes: 0 }
    }

    /// Sets whether reads and writes wait.
    pub fn set_may_wait(&mut self, may_wait: bool) -> io::Result<()> {
        if self.may_wait != may_wait {
            self.socket.stream.set_nonblocking(!may_wait)?;
            self.may_wait = may_wait;
        }
        Ok(())
    }

    /// Sets how long a read waits. One that takes longer is an error: see [`is_not_ready`].
    pub fn set_read_time(&mut self, time: Duration) -> io::Result<()> {
        if self.read_time != time {
            self.socket.stream.set_read_timeout(Some(time))?;
            self.read_time = time;
        }
        Ok(())
    }

    /// Reads once, and adds what came to `input`. Returns how many bytes came; 0 is the end.
    #[inline]
    pub fn read(&mut self, input: &mut Input) -> io::Result<usize> {
        loop {
            let read = (&self.socket.stream).read(input.free_part());
            if !read.as_ref().is_err_and(|error| error.kind() == ErrorKind::Interrupted) {
                input.filled += read.as_ref().unwrap_or(&0);
                return read;
            }
        }
    }

    /// Sends these bytes, and removes from `output` what has been sent. Returns false if some are
    /// left: the client must take them first, and this socket must not wait for that.
    pub fn send(&mut self, output: &mut Vec<u8>) -> io::Result<bool> {
        let mut done = 0;
        let ended = loop {
            if done == output.len() {
                break Ok(true);
            }
            match (&self.socket.stream).write(&output[done..]) {
                Ok(0) => break Err(ErrorKind::WriteZero.into()),
                Ok(count) => done += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_not_ready(&error) && !self.may_wait => break Ok(false),
                Err(error) => break Err(error),
            }
        };
        self.sent_bytes += done as u64;
        if done == output.len() {
            output.clear()
        } else {
            drop(output.drain(..done))
        }
        ended
    }
}

/// True if the time to wait was over, or if the socket must not wait and nothing was there. The
/// system uses one error for both.
pub(super) fn is_not_ready(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
