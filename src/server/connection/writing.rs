//! The last stages of a request: the answer is written and sent, and the connection stays or ends.
//!
//! Answers are collected in the output, and leave when no further request has arrived. A body that
//! is not in memory (a file, a stream) waits in `unsent_body` until all before it has been sent.
//!
//! Elsewhere: how a head is written, in `http::response`.

use super::reading::Asked;
use super::{Connection, Next, Obstacle, Turn};
use crate::http::response::{Delivery, write_head};
use crate::http::{Body, Framing, Response, Version};
use crate::server::linger::linger;
use std::time::SystemTime;

impl Connection {
    /// Writes an answer after those that wait to be sent, and decides whether the connection stays.
    pub(super) fn write_answer(&mut self, response: Response, asked: Asked) {
        // An answer that cannot be sent, such as one whose `status` is set to 99, becomes an error.
        let mut response = self.sendable(response);
        let (status, body) = (response.status, std::mem::replace(&mut response.body, Body::Empty));
        let framing = match body.len() {
            _ if status.has_no_body() => Framing::None,
            // RFC 9110 §9.3.2: the answer to HEAD may leave out a length that is known only when
            // the answer to GET is made. An error page names the method, so its length differs.
            _ if asked.is_head && status.0 >= 400 => Framing::None,
            Some(length) => Framing::Length(length),
            None if asked.version == Version::Http11 => Framing::Chunked,
            None => Framing::Close,
        };
        let stays = asked.may_stay && framing != Framing::Close;
        if !stays {
            self.report.closed_by = Some("the server, as its last answer said (Connection: close)");
            // A client that asked for the close sends no more. Another may have sent its next
            // request already, and then a close at once would be a reset: see `linger`.
            let may_send_more = !asked.client_closes || !self.buffers.input.is_empty();
            self.next = if may_send_more { Next::Linger } else { Next::Close };
        }
        let connection = match (stays, asked.version) {
            (false, _) => Some("close"),
            (true, Version::Http10) => Some("keep-alive"),
            (true, Version::Http11) => None,
        };
        let recorder = self.serving.recorder.as_ref().filter(|_| self.buffers.cycle.is_recording());
        let number = recorder.map(|recorder| recorder.number());
        let (start, now) = (self.buffers.output.len(), SystemTime::now());
        let date_and_end = self.buffers.date.date_and_end(now);
        let delivery = Delivery { date_and_end, connection, framing, cycle_number: number };
        write_head(&mut response, &delivery, &mut self.buffers.output);
        // The next answer's headers take this memory.
        response.headers.recycle();
        let head = start..self.buffers.output.len();
        self.answers += 1;
        // A body that is not sent, after HEAD or with a 304, is dropped here, a file or a stream
        // unused. RFC 9110 §9.3.2: the answer to HEAD has the headers of the answer to GET.
        let has_body = !asked.is_head && framing != Framing::None;
        let body_bytes = if has_body { body.len() } else { Some(0) };
        if has_body {
            self.write_body(body, framing);
        }
        self.record_answer(status, head, body_bytes, number, now);
    }

    /// Writes a body that is in memory. Another one is sent later: see `unsent_body`.
    fn write_body(&mut self, body: Body, framing: Framing) {
        match body {
            Body::Empty => {}
            Body::Bytes(bytes) => self.buffers.output.extend_from_slice(&bytes),
            Body::Shared(bytes, part) => self.buffers.output.extend_from_slice(&bytes[part]),
            body => self.unsent_body = Some((body, framing)),
        }
    }

    /// Sends the answers that have been collected. A connection that must not wait may end its turn
    /// here, with a part of them left.
    pub(super) fn flush(&mut self) -> Result<(), Obstacle> {
        if !self.buffers.output.is_empty() && !self.wire.send(&mut self.buffers.output)? {
            return Err(Obstacle::End(Turn::WouldWait));
        }
        if self.unsent_body.is_none() {
            self.memory.clear();
            self.report_answers();
        }
        Ok(())
    }

    /// Ends the connection. Always returns an `Err`, which ends the turn: no answer follows.
    pub(super) fn close(&mut self) -> Result<(), Obstacle> {
        self.flush()?;
        if self.next == Next::Linger && !linger(&mut self.wire) {
            return Err(Obstacle::End(Turn::WouldWait));
        }
        Err(Obstacle::End(Turn::Over))
    }
}
