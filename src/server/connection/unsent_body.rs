//! Deeper: Bodies that are not in memory: a file, or a stream that is written while it is sent.
//!
//! Both take as long as the client wants. So a connection that must not wait keeps them in
//! `unsent_body`, and ends its turn before their first byte.
//!
//! Left out: `sendfile`, which std does not have for sockets. A large buffer is as fast.

use super::{Connection, Obstacle, Turn};
use crate::http::response::Streamer;
use crate::http::{Body, Framing};
use crate::server::log::panic_text;
use crate::server::serving::Serving;
use crate::server::wire::Wire;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

/// How much of a file or a stream is in memory while it is sent.
const PIECE_BYTES: usize = 128 * 1024;

impl Connection {
    pub(super) fn send_unsent_body(&mut self) -> Result<(), Obstacle> {
        if !self.wire.may_wait {
            return Err(Obstacle::End(Turn::WouldWait));
        }
        let is_whole = match self.unsent_body.take() {
            Some((Body::File { file, range }, _)) => self.send_file(file, range)?,
            // Its pieces may be sent as chunks (RFC 9112 §7.1).
            Some((Body::Stream(write), framing)) => {
                self.send_stream(write, framing == Framing::Chunked)?
            }
            _ => true,
        };
        if is_whole { Ok(()) } else { Err(Obstacle::End(Turn::Over)) }
    }

    /// Sends what the output holds, then a part of a file, in pieces that pass through the output.
    /// Returns false if the file has fewer bytes than were promised.
    fn send_file(&mut self, mut file: File, range: Range<u64>) -> io::Result<bool> {
        file.seek(SeekFrom::Start(range.start))?;
        let mut left = range.end - range.start;
        while left > 0 {
            let start = self.buffers.output.len();
            let piece = usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
            self.buffers.output.resize(start + piece, 0);
            let read = file.read(&mut self.buffers.output[start..])?;
            self.buffers.output.truncate(start + read);
            if read == 0 {
                return Ok(false);
            }
            self.wire.send(&mut self.buffers.output)?;
            left -= read as u64;
        }
        Ok(true)
    }

    /// Has a function write a body. Returns false if it could not write all of it, or panicked.
    fn send_stream(&mut self, write: Streamer, chunked: bool) -> io::Result<bool> {
        self.wire.send(&mut self.buffers.output)?;
        self.serving.streams.fetch_add(1, Ordering::SeqCst);
        let (serving, wire) = (&self.serving, &mut self.wire);
        let (collected, is_cut) = (Vec::new(), false);
        let mut pieces = Pieces { serving, wire, chunked, collected, sent: 0, is_cut };
        let written = catch_unwind(AssertUnwindSafe(|| write(&mut pieces)));
        let why = match &written {
            Ok(Err(error)) if !pieces.is_cut => error.to_string(),
            Err(panic) => panic_text(&**panic).to_owned(),
            _ => String::new(),
        };
        if !why.is_empty() {
            serving.log.stream_failed(&self.buffers.request, &why);
        }
        let is_whole = matches!(written, Ok(Ok(()))) && pieces.flush().is_ok();
        let sent = pieces.sent;
        self.serving.streams.fetch_sub(1, Ordering::SeqCst);
        self.report_stream(sent, is_whole);
        // Without its last chunk the client knows that the body is not whole.
        if is_whole && chunked {
            self.buffers.output.extend_from_slice(b"0\r\n\r\n");
        }
        Ok(is_whole)
    }
}

/// What a stream writes to. What it has written leaves in one piece when it flushes, when it has
/// written a lot, and at its end; as a chunk, or unchanged to a client of HTTP/1.0.
struct Pieces<'a> {
    serving: &'a Serving,
    wire: &'a mut Wire,
    chunked: bool,
    collected: Vec<u8>,
    /// How many bytes have left, without the framing.
    sent: u64,
    /// True once a flush has failed, which is no fault of the function that writes. From then on
    /// nothing leaves: to the client it would be the wrong part of the body.
    is_cut: bool,
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_cut {
            self.collected.extend_from_slice(bytes);
        }
        if self.is_cut || self.collected.len() > PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    /// # Errors
    ///
    /// If the client has gone, or has read nothing for too long; if the server stops, because a
    /// stream may have no end of its own; and if an earlier flush has failed.
    fn flush(&mut self) -> io::Result<()> {
        let was_cut = std::mem::replace(&mut self.is_cut, true); // Until this has ended well.
        if was_cut || self.serving.is_stopping() {
            let why = if was_cut { "an earlier flush has failed" } else { "the server stops" };
            return Err(io::Error::other(why));
        }
        let bytes = self.collected.len();
        // A chunk of length 0 would end the body: "last-chunk = 1*"0" [ chunk-ext ] CRLF".
        if bytes > 0 {
            if self.chunked {
                self.collected.splice(..0, format!("{bytes:x}\r\n").into_bytes());
                self.collected.extend_from_slice(b"\r\n");
            }
            self.wire.send(&mut self.collected)?;
            self.sent += bytes as u64;
        }
        self.is_cut = false;
        Ok(())
    }
}
