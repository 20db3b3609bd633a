//! The last stages of a request: the answer is written and sent, and the connection stays or ends.
//!
//! Answers are gathered in the output, and leave when no further request has arrived. A body that
//! is not in memory (a file, a stream) is kept in `rest` until what stands before it has been sent.
//!
//! Left out: how a head is written. See `http::response`.

use super::reading::Asked;
use super::{Connection, Next, Obstacle, Turn};
use crate::cycle::{Cycle, Detail};
use crate::http::response::{BodyFraming, Delivery, Streamer, write_head};
use crate::http::{Body, ParseError, Response, Status, Version, date};
use std::fs::File;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

/// When this many bytes of answers have been gathered, they are sent.
const GATHERED_BYTES: usize = 64 * 1024;

/// What of an answer is not in memory.
pub(super) enum Rest {
    /// These bytes of a file.
    File(File, Range<u64>),
    /// What this function writes; true if each piece is sent as a chunk (RFC 9112 §7.1).
    Stream(Streamer, bool),
}

/// An answer whose head, and whose body if that is in memory, stands in the output.
pub(super) struct Written {
    status: Status,
    /// Where in the output it starts.
    start: usize,
    head_bytes: u64,
    /// `None` if the length is not known, as of a stream.
    body_bytes: Option<u64>,
    /// True if the connection stays.
    keep_alive: bool,
    /// The number of its cycle, if that is recorded.
    number: Option<u64>,
    /// When it was written.
    at: SystemTime,
}

impl Connection {
    /// Writes an answer behind those that wait to be sent.
    pub(super) fn write_answer(
        &mut self,
        mut response: Response,
        asked: &Asked,
        cycle: &Cycle,
    ) -> Written {
        // RFC 9110 §15.3.6: "a server MUST NOT generate content in a 205 response". It has a length
        // all the same, 0.
        if response.status == Status::RESET_CONTENT {
            response.body = Body::Empty;
        }
        let (status, length) = (response.status, response.body.len());
        let framing = match length {
            _ if status.has_no_body() => BodyFraming::None,
            Some(length) => BodyFraming::Length(length),
            None if asked.version == Version::Http11 => BodyFraming::Chunked,
            None => BodyFraming::Close,
        };
        let keep_alive = asked.keep_alive && framing != BodyFraming::Close;
        let connection = match (keep_alive, asked.version) {
            (false, _) => Some("close"),
            (true, Version::Http10) => Some("keep-alive"),
            (true, Version::Http11) => None,
        };
        let recorder = self.serving.recorder.as_ref().filter(|_| cycle.is_recording());
        let number = recorder.map(|recorder| recorder.number());
        let (start, at) = (self.output.len(), SystemTime::now());
        let delivery = Delivery { date: self.date.of(at), connection, framing, cycle: number };
        write_head(&response, &delivery, &mut self.output);
        let head_bytes = (self.output.len() - start) as u64;
        self.answers += 1;
        // The body of a response that needs none is dropped here, a file or a stream unused.
        // RFC 9110 §9.3.2: the answer to HEAD has the headers of the answer to GET, and no body.
        let has_body = !asked.is_head && framing != BodyFraming::None;
        if has_body {
            self.write_body(response.body, framing);
        }
        let body_bytes = if has_body { length } else { Some(0) };
        Written { status, start, head_bytes, body_bytes, keep_alive, number, at }
    }

    /// Writes a body that is in memory. Another one is sent later: see [`Connection::send_rest`].
    fn write_body(&mut self, body: Body, framing: BodyFraming) {
        match body {
            Body::Empty => {}
            Body::Bytes(bytes) => self.output.extend_from_slice(&bytes),
            Body::Shared(bytes, part) => self.output.extend_from_slice(&bytes[part]),
            Body::File { file, range } => self.rest = Some(Rest::File(file, range)),
            Body::Stream(write) => {
                self.rest = Some(Rest::Stream(write, framing == BodyFraming::Chunked));
            }
        }
    }

    /// Ends the cycle: it is logged and kept before its client can ask for it.
    pub(super) fn record_answer(&mut self, mut cycle: Cycle, asked: &Asked, written: &Written) {
        let mut sent = cycle.excerpt();
        cycle.step("sent", || {
            sent.extend(&self.output[written.start..]);
            sent.total = written.body_bytes.map(|bytes| written.head_bytes + bytes);
            Detail::Bytes(sent)
        });
        self.serving.log.answered(&asked.line, written.status, written.body_bytes, &cycle);
        if let (Some(recorder), Some(number)) = (&self.serving.recorder, written.number) {
            recorder.keep(number, written.status, written.at, cycle);
        }
    }

    /// Decides what follows this answer.
    pub(super) fn stay_or_close(
        &mut self,
        asked: &Asked,
        written: &Written,
    ) -> Result<(), Obstacle> {
        if !written.keep_alive {
            // A client that asked for the close sends no more. Another may have sent its next
            // request already, and then a close at once would be a reset: see `Wire::linger`.
            let may_send_more = !asked.is_last || !self.input.is_empty();
            self.next = if may_send_more { Next::Linger } else { Next::Close };
        }
        if self.output.len() > GATHERED_BYTES { self.flush() } else { Ok(()) }
    }

    /// Sends the answers that have been gathered. A connection that must not wait may end its turn
    /// here, with a part of them left.
    pub(super) fn flush(&mut self) -> Result<(), Obstacle> {
        if self.output.is_empty() || self.wire.send(&mut self.output)? {
            Ok(())
        } else {
            Err(Obstacle::End(Turn::MustWait))
        }
    }

    /// Sends what was not in memory: a file or a stream. Both take as long as the client wants, so
    /// a connection that must not wait ends its turn before the first byte.
    pub(super) fn send_rest(&mut self) -> Result<(), Obstacle> {
        if self.rest.is_some() && !self.wire.may_wait() {
            return Err(Obstacle::End(Turn::MustWait));
        }
        let is_whole = match self.rest.take() {
            None => true,
            Some(Rest::File(file, range)) => self.wire.send_file(file, range, &mut self.output)?,
            Some(Rest::Stream(write, chunked)) => {
                self.flush()?;
                let mut pieces = self.wire.pieces(chunked);
                let written = catch_unwind(AssertUnwindSafe(|| write(&mut pieces)));
                let is_whole = matches!(written, Ok(Ok(())));
                // Without its last chunk the client knows that the body is not whole.
                if is_whole && chunked {
                    self.output.extend_from_slice(b"0\r\n\r\n");
                }
                is_whole
            }
        };
        if is_whole { Ok(()) } else { Err(Obstacle::End(Turn::Over)) }
    }

    /// Answers a message that was refused, and closes. All such answers are written here, and none
    /// of them says more than the rule that was broken.
    pub(super) fn refuse(&mut self, error: &ParseError) {
        let status = error.status();
        // Whatever is wrong with a head, its first word may already say that no body is wanted.
        let is_head = self.is_head || self.input.bytes().trim_ascii_start().starts_with(b"HEAD ");
        let mut cycle = self.begin_cycle();
        if cycle.is_recording() {
            self.consume(self.input.bytes().len());
        }
        self.record_received(&mut cycle);
        cycle.step("failed", || Detail::Failure(status, error.to_string()));
        let line = self.serving.log.line_of_refused(self.peer, error);
        let asked = Asked {
            is_head,
            version: Version::Http11,
            is_last: false,
            keep_alive: false,
            line,
            _share: None,
        };
        let mut answer = plain(status, &error.to_string());
        if status == Status::SERVICE_UNAVAILABLE {
            answer.headers.set("Retry-After", "1");
        }
        let written = self.write_answer(answer, &asked, &cycle);
        self.record_answer(cycle, &asked, &written);
        self.next = Next::Linger;
    }

    /// Ends the connection. Returns an `Err` in any case, because no answer follows.
    pub(super) fn close(&mut self) -> Result<(), Obstacle> {
        self.flush()?;
        let most_bytes = self.serving.limits.body_bytes.saturating_mul(16);
        if self.next == Next::Linger && !self.wire.linger(most_bytes) {
            return Err(Obstacle::End(Turn::MustWait));
        }
        Err(Obstacle::End(Turn::Over))
    }
}

/// A short answer of the server itself.
pub(super) fn plain(status: Status, why: &str) -> Response {
    Response::text(format!("{status}: {why}\n"))
        .with_status(status)
        .with_header("X-Content-Type-Options", "nosniff")
}

/// The `Date` header of the current second, formatted once.
#[derive(Default)]
pub(super) struct CachedDate {
    second: u64,
    text: String,
}

impl CachedDate {
    fn of(&mut self, time: SystemTime) -> &str {
        let second = date::unix_seconds(time);
        if self.second != second || self.text.is_empty() {
            (self.second, self.text) = (second, date::format(time));
        }
        &self.text
    }
}
