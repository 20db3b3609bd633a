//! The first stages of a request: its head, then its body.
//!
//! Bytes come in pieces of any size. So head and body are read in the same way: try with what has
//! arrived; if that is not enough, read once and try again, until the time for the whole is over.
//!
//! A connection that must not wait takes a request out of the input only when head *and* body have
//! arrived. Otherwise the request stays there whole, and another thread reads it again, from the
//! beginning. A body in chunks always goes to another thread.
//!
//! Elsewhere: what the bytes mean, in `http::parse` and `http::body`; slow heads, in `head_pieces`.

use super::{Connection, Next, Obstacle, Turn};
use crate::http::parse_error::malformed;
use crate::http::{ChunkedBody, Framing, Method, Version, expects_continue, framing, parse_head};

/// What the answer needs to know of a request. It is copied before the service is called, which may
/// change the request.
pub(super) struct Asked {
    /// True if the method is HEAD.
    pub is_head: bool,
    pub version: Version,
    /// True if the client does not want the connection to stay: it says so, or its version does.
    pub client_closes: bool,
    /// True if both sides want the connection to stay.
    pub may_stay: bool,
}

impl Connection {
    /// Reads until a head is complete. Returns how to find the end of the body.
    pub(super) fn read_head(&mut self) -> Result<Framing, Obstacle> {
        // When the head must be complete; and since when only empty lines have come.
        let (mut deadline, mut empty_since) = (None, None);
        let mut has_read = false;
        loop {
            // RFC 9112 §2.2: "a server ... SHOULD ignore at least one empty line (CRLF) received
            // prior to the request-line". The wait after it is a wait between two requests.
            while self.buffers.input.bytes().starts_with(b"\r\n") {
                self.buffers.input.used += 2;
            }
            if self.buffers.input.is_empty() {
                // Something was read, and it was only empty lines: this client is still idle.
                if has_read {
                    self.remain_idle(&mut empty_since)?;
                }
                self.read_first()?;
                (deadline, has_read) = (None, true);
                continue;
            }
            let limits = &self.serving.limits;
            let arrived = self.buffers.input.bytes();
            if let Some(head_bytes) = parse_head(arrived, limits, &mut self.buffers.request)? {
                let framing = framing(&self.buffers.request, limits)?;
                let is_whole = match framing {
                    Framing::None => true,
                    Framing::Length(length) => (arrived.len() - head_bytes) as u64 >= length,
                    _ => false,
                };
                if !is_whole && !self.wire.may_wait {
                    self.flush()?;
                    return Err(Obstacle::End(Turn::WouldWait));
                }
                self.consume(head_bytes);
                return Ok(framing);
            }
            self.read_more_head(&mut deadline)?;
        }
    }

    /// Takes this number of bytes off the input. The record keeps them.
    pub(super) fn consume(&mut self, count: usize) {
        if self.serving.recorder.is_some() {
            self.buffers.cycle.received.extend(&self.buffers.input.bytes()[..count]);
        }
        self.buffers.input.used += count;
    }

    /// Reads the body of a request, and notes who asks and what the answer needs to know.
    pub(super) fn read_body(&mut self, framing: Framing) -> Result<Asked, Obstacle> {
        let request = &mut self.buffers.request;
        self.serving.proxies.find_client(self.peer, request)?;
        let wants_continue = expects_continue(request)?;
        if framing != Framing::None {
            // `read_more` sends this before it waits.
            if wants_continue {
                self.buffers.output.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
            }
            self.read_content(framing)?;
        }
        let request = &self.buffers.request;
        let client_closes = !request.keep_alive();
        // After a stop, requests that are already in the input are still answered. If this body
        // had to be waited for, `read_more`, in `waiting`, has set `next`.
        let may_go_on = !self.serving.is_stopping() || !self.buffers.input.is_empty();
        Ok(Asked {
            is_head: request.method == Method::Head,
            version: request.version,
            client_closes,
            may_stay: !client_closes && may_go_on && self.next == Next::Request,
        })
    }

    /// Reads until the body is complete, and counts its bytes.
    fn read_content(&mut self, framing: Framing) -> Result<(), Obstacle> {
        let mut chunks = ChunkedBody::default();
        let mut deadline = None;
        self.buffers.request.memory = self.serving.bodies.new_count();
        loop {
            let (arrived, body) = (self.buffers.input.bytes(), &mut self.buffers.request.body);
            // The body grows with what arrives: a length that is only claimed takes no memory.
            let (used, is_whole) = if let Framing::Length(length) = framing {
                let used = arrived.len().min(length as usize - body.len());
                body.extend_from_slice(&arrived[..used]);
                (used, body.len() as u64 == length)
            } else {
                let used = chunks.feed(arrived, &self.serving.limits)?;
                let whole = chunks.finish();
                let is_whole = whole.is_some();
                *body = whole.unwrap_or_default();
                (used, is_whole)
            };
            self.consume(used);
            self.buffers.request.memory.add(used)?;
            if is_whole {
                return Ok(());
            }
            if self.read_more(&mut deadline, self.serving.limits.body_time)? == 0 {
                let why = "found the end of the connection, expected the rest of the body";
                return Err(malformed(why).into());
            }
        }
    }
}
