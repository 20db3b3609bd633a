//! The wire: one socket, whether it waits or not.
//!
//! A connection that has a thread to itself waits in `read` and `write`. One that shares its thread
//! with others must not; it says "not yet" and is asked again. Both run the same code: what would
//! have to wait in the midst of a request calls [`settle`](Wire::settle) first, which gives the
//! thread to this connection alone, and goes on as if nothing had been.
//!
//! Left out: what the bytes mean.

use super::input::Input;
use super::open::Open;
use super::pool::Settle;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::Shutdown;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How much of a file is in memory while it is sent.
const FILE_BYTES: usize = 128 * 1024;

/// A socket, and who is told when it is about to wait.
pub(super) struct Wire {
    open: Arc<Open>,
    settle: Settle,
    /// False in the ring.
    blocking: bool,
    /// What `open.idle` says: looked at more often than it changes.
    is_idle: bool,
}

impl Wire {
    pub fn new(open: Arc<Open>, settle: Settle) -> Wire {
        Wire { open, settle, blocking: true, is_idle: true }
    }

    pub fn is_blocking(&self) -> bool {
        self.blocking
    }

    pub fn set_blocking(&mut self, blocking: bool) -> io::Result<()> {
        self.open.stream.set_nonblocking(!blocking)?;
        self.blocking = blocking;
        Ok(())
    }

    /// From here on this thread may wait for this connection. An error if nobody else could see to
    /// the others meanwhile.
    pub fn settle(&mut self) -> io::Result<()> {
        if !self.blocking {
            (self.settle)()?;
            self.set_blocking(true)?;
        }
        Ok(())
    }

    /// Notes whether nothing of a request has arrived, so that a stop knows whom to wake.
    pub fn set_idle(&mut self, is_idle: bool) {
        if self.is_idle != is_idle {
            self.is_idle = is_idle;
            self.open.idle.store(is_idle, Ordering::SeqCst);
        }
    }

    /// What has arrived can be read still, but nothing is waited for.
    pub fn shut_reading(&self) {
        self.open.shut_reading();
    }

    /// How long a read waits from now on.
    pub fn set_read_time(&self, time: Duration) -> io::Result<()> {
        self.open.stream.set_read_timeout(Some(time))
    }

    /// One read, behind what is there. A request that was begun gets `head_time` to come in after a
    /// stop.
    pub fn read(&mut self, input: &mut Input, head_time: Duration) -> io::Result<usize> {
        let mut patience = None;
        loop {
            match (&self.open.stream).read(input.room()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A stop has shut the reading half while this connection was idle, and the first
                // bytes of a request came at that very moment. They have been heard, so the rest is
                // waited for, by trying again and again.
                Ok(0) if self.open.shut.load(Ordering::SeqCst) && !self.is_idle => {
                    let end = *patience.get_or_insert_with(|| Instant::now() + head_time);
                    if Instant::now() >= end {
                        return Ok(0);
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(count) => {
                    input.filled += count;
                    return Ok(count);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends all of these bytes. Most answers are taken at once; only for the rest of a long one
    /// does the thread wait.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut sent = 0;
        if !self.blocking {
            sent = match (&self.open.stream).write(bytes) {
                Ok(count) => count,
                Err(error) if timed_out(&error) => 0,
                Err(error) => return Err(error),
            };
            if sent < bytes.len() {
                self.settle()?;
            }
        }
        (&self.open.stream).write_all(&bytes[sent..])
    }

    /// Sends a part of a file, behind what `buffer` holds, and through it. True if the file had so
    /// many bytes: their number has been promised.
    pub fn send_file(
        &mut self,
        mut file: File,
        range: Range<u64>,
        buffer: &mut Vec<u8>,
    ) -> io::Result<bool> {
        self.settle()?;
        file.seek(SeekFrom::Start(range.start))?;
        let mut left = range.end - range.start;
        while left > 0 {
            let start = buffer.len();
            buffer.resize(start + usize::try_from(left).unwrap_or(FILE_BYTES).min(FILE_BYTES), 0);
            let read = file.read(&mut buffer[start..])?;
            if read == 0 {
                return Ok(false);
            }
            self.send(&buffer[..start + read])?;
            buffer.clear();
            left -= read as u64;
        }
        Ok(true)
    }

    /// Where a stream writes its pieces, each of which leaves at once.
    pub fn pieces(&self, chunked: bool) -> Pieces<'_> {
        Pieces { stream: &self.open.stream, chunked }
    }

    /// Ends our half, then reads what still comes, within bounds: a close with unread bytes would
    /// be a reset, which may overtake the answer (RFC 9112 §9.6).
    pub fn linger(&mut self, most_bytes: usize) {
        if self.settle().is_err() || self.open.stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        let end = Instant::now() + Duration::from_secs(1);
        let mut scrap = [0; 4096];
        let mut mostly = most_bytes;
        while mostly > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || self.set_read_time(left).is_err() {
                break;
            }
            match (&self.open.stream).read(&mut scrap) {
                Ok(0) | Err(_) => break,
                Ok(read) => mostly = mostly.saturating_sub(read),
            }
        }
    }
}

/// True if the time was over, or nothing has arrived yet: the system has one word for both.
pub(super) fn timed_out(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Writes each piece of a stream as a chunk (RFC 9112 §7.1), or as it is to a client of HTTP/1.0.
pub(super) struct Pieces<'a> {
    stream: &'a std::net::TcpStream,
    chunked: bool,
}

impl Write for Pieces<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        // A chunk of length 0 would end the body.
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
