//! Deeper: One socket: reading, sending and closing, with or without waiting.
//!
//! The thread of a connection usually waits in `read` and `write`. A connection in the `ring` must
//! not wait: a call that cannot go on says so at once, and the caller gives the connection to a
//! thread that may wait.
//!
//! Left out: what the bytes mean.

use super::input::Input;
use super::open::OpenSocket;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{Shutdown, TcpStream};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How much of a file is in memory while it is sent.
const FILE_BYTES: usize = 128 * 1024;

/// The socket of a connection.
pub(super) struct Wire {
    pub socket: Arc<OpenSocket>,
    /// True unless the connection is in the ring.
    may_wait: bool,
    /// The same as `socket.idle`, which other threads read.
    is_idle: bool,
}

impl Wire {
    pub fn new(socket: Arc<OpenSocket>) -> Wire {
        Wire { socket, may_wait: true, is_idle: true }
    }

    /// True if a read waits for bytes to arrive, and a write for the client to take them.
    pub fn may_wait(&self) -> bool {
        self.may_wait
    }

    /// Sets whether reads and writes wait.
    pub fn set_may_wait(&mut self, may_wait: bool) -> io::Result<()> {
        self.socket.stream.set_nonblocking(!may_wait)?;
        self.may_wait = may_wait;
        Ok(())
    }

    /// Notes whether nothing of the next request has arrived. A stop wakes idle connections.
    pub fn set_idle(&mut self, is_idle: bool) {
        if self.is_idle != is_idle {
            self.is_idle = is_idle;
            self.socket.idle.store(is_idle, Ordering::SeqCst);
        }
    }

    /// Sets how long a read waits. One that takes longer is an error: see [`is_not_ready`].
    pub fn set_read_time(&self, time: Duration) -> io::Result<()> {
        self.socket.stream.set_read_timeout(Some(time))
    }

    /// Reads once, and adds what came to `input`. Returns how many bytes came; 0 is the end.
    pub fn read(&mut self, input: &mut Input) -> io::Result<usize> {
        loop {
            let read = (&self.socket.stream).read(input.room());
            if !read.as_ref().is_err_and(|error| error.kind() == ErrorKind::Interrupted) {
                input.filled += read.as_ref().unwrap_or(&0);
                return read;
            }
        }
    }

    /// Sends these bytes, and removes from `output` what has been sent. Returns false if some are
    /// left: the client must take them first, and this socket must not wait for that.
    pub fn send(&mut self, output: &mut Vec<u8>) -> io::Result<bool> {
        if self.may_wait {
            (&self.socket.stream).write_all(output)?;
            output.clear();
            return Ok(true);
        }
        match (&self.socket.stream).write(output) {
            Ok(count) if count == output.len() => output.clear(),
            Ok(count) => drop(output.drain(..count)),
            Err(error) if is_not_ready(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(output.is_empty())
    }

    /// Sends what `output` holds, then a part of a file, in pieces that pass through `output`.
    /// Returns false if the file has fewer bytes than were promised.
    pub fn send_file(
        &mut self,
        mut file: File,
        range: Range<u64>,
        output: &mut Vec<u8>,
    ) -> io::Result<bool> {
        file.seek(SeekFrom::Start(range.start))?;
        let mut left = range.end - range.start;
        while left > 0 {
            let start = output.len();
            output.resize(start + usize::try_from(left).unwrap_or(FILE_BYTES).min(FILE_BYTES), 0);
            let read = file.read(&mut output[start..])?;
            if read == 0 {
                return Ok(false);
            }
            output.truncate(start + read);
            self.send(output)?;
            left -= read as u64;
        }
        Ok(true)
    }

    /// Where a stream writes its pieces. Each piece leaves at once.
    pub fn pieces(&self, chunked: bool) -> StreamPieces<'_> {
        StreamPieces { stream: &self.socket.stream, chunked }
    }

    /// Ends our half of the connection, then reads and drops what the client still sends: at most
    /// `most_bytes`, for at most one second. If bytes came after the close, the system would send a
    /// reset, and RFC 9112 §9.6 says: "the reset packet might erase the client's unacknowledged
    /// input buffers", our answer with them. Returns false if this socket would have to wait.
    pub fn linger(&mut self, most_bytes: usize) -> bool {
        if self.socket.stream.shutdown(Shutdown::Write).is_err() {
            return true;
        }
        let end = Instant::now() + Duration::from_secs(1);
        let mut dropped = [0; 4096];
        let mut remaining = most_bytes;
        while remaining > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || (self.may_wait && self.set_read_time(left).is_err()) {
                break;
            }
            match (&self.socket.stream).read(&mut dropped) {
                Err(error) if is_not_ready(&error) && !self.may_wait => return false,
                Ok(0) | Err(_) => break,
                Ok(read) => remaining = remaining.saturating_sub(read),
            }
        }
        true
    }
}

/// True if the time to wait was over, or if the socket must not wait and nothing was there. The
/// system uses one error for both.
pub(super) fn is_not_ready(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Writes each piece of a stream as a chunk (RFC 9112 §7.1), or unchanged to a client of HTTP/1.0.
pub(super) struct StreamPieces<'a> {
    stream: &'a TcpStream,
    chunked: bool,
}

impl Write for StreamPieces<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        // A chunk of length 0 would end the body: "last-chunk = 1*"0" [ chunk-ext ] CRLF".
        if piece.is_empty() {
            return Ok(0);
        }
        if !self.chunked {
            return self.stream.write(piece);
        }
        let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
        chunk.extend_from_slice(piece);
        chunk.extend_from_slice(b"\r\n");
        self.stream.write_all(&chunk)?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
