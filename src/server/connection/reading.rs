//! The first stages of a request: its head, then its body.
//!
//! Bytes come in pieces of any size. So head and body are read in the same way: try with what has
//! arrived; if that is not enough, read once and try again, until the time for the whole is over.
//!
//! A connection that must not wait uses a request only when head *and* body have arrived.
//! Otherwise, and if the body comes in chunks, it uses nothing, and the next thread begins again
//! with the same bytes.
//!
//! Left out: what the bytes mean. See `http::parse` and `http::body`.

use super::{Connection, Obstacle, Turn};
use crate::cycle::{Cycle, Detail};
use crate::http::parse_error::malformed;
use crate::http::{
    ChunkedBody, Framing, Method, ParseError, Request, Status, Version, expects_continue, framing,
    parse_head,
};
use crate::server::bodies::Share;
use crate::server::wire::is_not_ready;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

/// This much room for output a connection keeps while it waits.
const KEPT_BYTES: usize = 16 * 1024;

/// A request whose head has arrived.
pub(super) struct Incoming {
    pub request: Request,
    head_bytes: usize,
    /// How to find the end of its body.
    framing: Framing,
}

/// What the answer and the log need to know of a request when the service has it.
pub(super) struct Asked {
    pub is_head: bool,
    pub version: Version,
    /// True if the client said that this is its last request.
    pub is_last: bool,
    /// True if both sides want the connection to stay.
    pub keep_alive: bool,
    /// How the log shows the request; `None` if there is no log.
    pub line: Option<String>,
    /// What the body takes of the bound for all bodies, until the answer is written.
    pub _share: Option<Share>,
}

impl Connection {
    /// Reads until a head is complete.
    pub(super) fn read_head(&mut self) -> Result<Incoming, Obstacle> {
        let mut deadline = None;
        self.is_head = false;
        loop {
            if self.input.is_empty() {
                self.read_first()?;
            }
            let limits = &self.serving.limits;
            if let Some((request, head_bytes)) = parse_head(self.input.bytes(), limits)? {
                let framing = framing(&request, limits)?;
                let has_body = match framing {
                    Framing::Empty => true,
                    Framing::Length(length) => self.input.bytes().len() - head_bytes >= length,
                    Framing::Chunked => false,
                };
                if !has_body && !self.wire.may_wait() {
                    return Err(Obstacle::End(Turn::MustWait));
                }
                self.is_head = request.method == Method::Head;
                self.consume(head_bytes);
                self.end_deadline(deadline)?;
                return Ok(Incoming { request, head_bytes, framing });
            }
            if self.read_more(&mut deadline, self.serving.limits.head_time)? == 0 {
                return Err(Obstacle::End(Turn::Over));
            }
        }
    }

    /// Reads the body of a request, and adds who asks.
    pub(super) fn read_body(&mut self, incoming: &mut Incoming) -> Result<Asked, Obstacle> {
        let Incoming { request, framing, .. } = incoming;
        let waits = expects_continue(request)?;
        let mut share = None;
        if *framing != Framing::Empty {
            // RFC 9110 §10.1.1: a server "MAY omit sending a 100 (Continue) response if it has
            // already received some or all of the content".
            if waits && self.input.is_empty() {
                self.output.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
            }
            let share = share.insert(self.serving.bodies.begin());
            request.body = self.read_content(*framing, share)?;
        }
        self.serving.proxies.check_scheme(self.peer, &request.target)?;
        let client = self.serving.proxies.client(self.peer, &request.headers)?;
        (request.peer, request.secure) = (Some(client.address), client.secure);
        let is_last = !request.keep_alive();
        Ok(Asked {
            is_head: self.is_head,
            version: request.version,
            is_last,
            // After a stop, requests that have been read already are still answered.
            keep_alive: !is_last && (!self.input.is_empty() || !self.serving.is_stopping()),
            line: self.serving.log.line_of(request),
            _share: share,
        })
    }

    /// Reads until the body is complete, and counts its bytes in `share`.
    fn read_content(&mut self, framing: Framing, share: &mut Share) -> Result<Vec<u8>, Obstacle> {
        // The body grows with what arrives: a length that is only claimed takes no memory.
        let mut body = Vec::new();
        let mut chunks = ChunkedBody::default();
        let mut deadline = None;
        loop {
            let arrived = self.input.bytes();
            let (used, is_whole) = if let Framing::Length(length) = framing {
                let used = arrived.len().min(length - body.len());
                body.extend_from_slice(&arrived[..used]);
                (used, body.len() == length)
            } else {
                let used = chunks.feed(arrived, &self.serving.limits)?;
                chunks.finish().map_or((used, false), |whole| {
                    body = whole;
                    (used, true)
                })
            };
            self.consume(used);
            share.add(used)?;
            if is_whole {
                self.end_deadline(deadline)?;
                return Ok(body);
            }
            if self.read_more(&mut deadline, self.serving.limits.body_time)? == 0 {
                let met = "found the end of the connection, expected the rest of the body";
                return Err(malformed(met).into());
            }
        }
    }

    /// Reads the first bytes of a request, and waits for them as long as a client may be idle.
    fn read_first(&mut self) -> Result<(), Obstacle> {
        self.flush()?;
        self.wire.set_idle(true);
        // Ten thousand idle clients that each had a long answer would else keep its buffer.
        self.output.shrink_to(KEPT_BYTES);
        if self.serving.is_stopping() {
            self.wire.socket.shut_reading();
        }
        match self.wire.read(&mut self.input) {
            Ok(0) => return Err(Obstacle::Idle),
            Ok(_) => self.wire.set_idle(false),
            Err(error) if !is_not_ready(&error) => return Err(error.into()),
            Err(_) if self.wire.may_wait() => return Err(Obstacle::Idle),
            Err(_) => return Err(Obstacle::End(Turn::Quiet)),
        }
        Ok(())
    }

    /// Reads more of a request that has begun. Returns how many bytes came; 0 means that the client
    /// has closed. `whole` is the time for all of this part of the request, and begins with the
    /// first call.
    fn read_more(
        &mut self,
        deadline: &mut Option<Instant>,
        whole: Duration,
    ) -> Result<usize, Obstacle> {
        self.flush()?;
        if !self.wire.may_wait() {
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
            match self.wire.read(&mut self.input) {
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

    /// From now on a read waits as long as a client may be idle.
    fn end_deadline(&self, deadline: Option<Instant>) -> Result<(), Obstacle> {
        if deadline.is_some() {
            self.wire.set_read_time(self.serving.limits.idle_time)?;
        }
        Ok(())
    }

    /// Takes this number of bytes off the input, and notes them for the record.
    pub(super) fn consume(&mut self, count: usize) {
        if self.serving.recorder.is_some() {
            self.received.extend(&self.input.bytes()[..count]);
        }
        self.input.used += count;
    }

    /// Records the request as it arrived and as it was understood.
    pub(super) fn record_request(&mut self, cycle: &mut Cycle, incoming: &Incoming) {
        self.record_received(cycle);
        let (head_bytes, body_bytes) = (incoming.head_bytes, incoming.request.body.len());
        cycle.also("parsed", || Detail::Parsed { head_bytes, body_bytes });
    }

    /// Records the bytes that have been used for the current request.
    pub(super) fn record_received(&mut self, cycle: &mut Cycle) {
        let next = cycle.excerpt();
        cycle.step("received", || Detail::Bytes(std::mem::replace(&mut self.received, next)));
    }
}
