//! What arrives on a connection: a head, then a body.
//!
//! Bytes come in pieces of any size, or not at all. So both are read in the same way: try with what
//! is there; if it is not enough, send what has been answered (the client may be waiting for that),
//! read once more, and try again, until the time for the whole of it is over.
//!
//! Left out: what the bytes mean. `http::parse` and `http::body` say that.

use super::{Connection, End, KEPT_BYTES, Share};
use crate::Service;
use crate::http::{
    ChunkedBody, Framing, ParseError, Request, expects_continue, framing, parse_head,
};
use crate::server::wire::timed_out;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

impl<S: Service> Connection<S> {
    /// Reads until a head is complete.
    pub(super) fn read_head(&mut self) -> Result<(Request, usize), End> {
        let (head_time, idle_time) = (self.serving.limits.head_time, self.serving.limits.idle_time);
        let mut deadline = None;
        loop {
            // Most calls come with nothing yet, and nothing needs no parser.
            let begun = !self.input.bytes().is_empty();
            if begun
                && let Some((request, used)) = parse_head(self.input.bytes(), &self.serving.limits)?
            {
                self.consume(used);
                self.wire.set_idle(false);
                if deadline.is_some() {
                    self.wire.set_read_time(idle_time)?;
                }
                return Ok((request, used));
            }
            // Before the thread waits, what has been answered must leave.
            self.flush()?;
            let is_idle = self.input.bytes().is_empty();
            self.wire.set_idle(is_idle);
            if !is_idle {
                self.wire.settle()?;
                let end = *deadline.get_or_insert_with(|| Instant::now() + head_time);
                self.wait_until(end, head_time)?;
            } else {
                // Ten thousand who have had a long answer and may never come again would each hold
                // on to its buffer.
                self.output.shrink_to(KEPT_BYTES);
                if deadline.is_none() && self.serving.stopping.load(Ordering::SeqCst) {
                    self.wire.shut_reading();
                }
            }
            match self.wire.read(&mut self.input, head_time) {
                Ok(0) if is_idle => return Err(End::Idle),
                Ok(0) => return Err(End::Silent),
                Ok(_) => {}
                Err(error) if timed_out(&error) && !self.wire.is_blocking() => {
                    return Err(End::Quiet);
                }
                Err(error) if timed_out(&error) && is_idle => return Err(End::Idle),
                Err(error) if timed_out(&error) => {
                    return Err(ParseError::TooSlow(head_time.as_secs()).into());
                }
                Err(_) => return Err(End::Silent),
            }
        }
    }

    /// Reads the body, and gives back what it takes of what all bodies may.
    pub(super) fn read_body(&mut self, request: &Request) -> Result<(Vec<u8>, Option<Share>), End> {
        let limits = &self.serving.limits;
        let (body_time, head_time, idle_time) =
            (limits.body_time, limits.head_time, limits.idle_time);
        let framing = framing(request, limits)?;
        // RFC 9110 §10.1.1: the word to go on may be left out when some of the body has arrived
        // already.
        if expects_continue(request)? && framing != Framing::Empty && self.input.bytes().is_empty()
        {
            self.output.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        // The body grows with what arrives: a length that is only claimed costs nothing.
        let mut body = Vec::new();
        let mut chunks = ChunkedBody::default();
        let mut share = (framing != Framing::Empty).then(|| self.serving.bodies.begin());
        let mut deadline = None;
        loop {
            let used = match framing {
                Framing::Empty => 0,
                Framing::Length(length) => {
                    let arrived = self.input.bytes();
                    let taken = arrived.len().min(length - body.len());
                    body.extend_from_slice(&arrived[..taken]);
                    taken
                }
                Framing::Chunked => chunks.feed(self.input.bytes(), &self.serving.limits)?,
            };
            self.consume(used);
            if let Some(share) = &mut share {
                share.add(used)?;
            }
            match framing {
                Framing::Empty => break,
                Framing::Length(length) if body.len() == length => break,
                Framing::Length(_) => {}
                Framing::Chunked => {
                    if let Some(whole) = chunks.finish() {
                        body = whole;
                        break;
                    }
                }
            }
            self.flush()?;
            self.wire.settle()?;
            let end = *deadline.get_or_insert_with(|| Instant::now() + body_time);
            self.wait_until(end, body_time)?;
            match self.wire.read(&mut self.input, head_time) {
                Ok(0) => {
                    let met = "found the end of the connection, expected the rest of the body";
                    return Err(ParseError::Malformed(met.into()).into());
                }
                Ok(_) => {}
                Err(error) if timed_out(&error) => {
                    return Err(ParseError::TooSlow(body_time.as_secs()).into());
                }
                Err(_) => return Err(End::Silent),
            }
        }
        if deadline.is_some() {
            self.wire.set_read_time(idle_time)?;
        }
        Ok((body, share))
    }

    fn wait_until(&self, end: Instant, whole: Duration) -> Result<(), End> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ParseError::TooSlow(whole.as_secs()).into());
        }
        Ok(self.wire.set_read_time(left)?)
    }

    /// Takes so many bytes off the input, and notes them for the record.
    pub(super) fn consume(&mut self, count: usize) {
        if self.serving.recorder.is_some() {
            self.received.extend(&self.input.bytes()[..count]);
        }
        self.input.used += count;
    }
}
