//! The last stages of a request: the answer is written and sent, and the connection stays or ends.
//!
//! Answers are gathered in the output, and leave when no further request has arrived. A body that
//! is not in memory (a file, a stream) is kept in `rest` until what stands before it has been sent.
//!
//! Left out: how a head is written. See `http::response`.

use super::reading::Asked;
use super::report::Written;
use super::rest::Rest;
use super::{Connection, Next, Obstacle, Turn};
use crate::cycle::{Cycle, Detail};
use crate::http::response::{BodyFraming, Delivery, write_head};
use crate::http::{Body, Method, ParseError, Response, Status, Version, date};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

/// When this many bytes of answers have been gathered, they are sent.
const GATHERED_BYTES: usize = 64 * 1024;

impl Connection {
    /// Writes an answer behind those that wait to be sent, and decides what follows it.
    pub(super) fn write_answer(&mut self, mut response: Response, asked: Asked, mut cycle: Cycle) {
        if !response.status.is_final() {
            cycle.warn(format!("found status {}, expected 200 to 599", response.status.0));
            response = plain(Status::INTERNAL_SERVER_ERROR, "the answer has no status");
        }
        if let Body::Bytes(_) | Body::Shared(..) = response.body
            && let Err(error) = self.share.add(response.body.len().unwrap_or(0) as usize)
        {
            response = refusal(&error);
        }
        let (status, body) = (response.status, std::mem::replace(&mut response.body, Body::Empty));
        // RFC 9110 §15.3.6: "a server MUST NOT generate content in a 205 response". It has a length
        // all the same, 0.
        let body = if status == Status::RESET_CONTENT { Body::Empty } else { body };
        let framing = match body.len() {
            _ if status.has_no_body() => BodyFraming::None,
            // RFC 9110 §9.3.2: the answer to HEAD may leave out what is known only when the answer
            // to GET is made. A page about an error names the method, so its length differs.
            _ if asked.is_head && status.0 >= 400 => BodyFraming::None,
            Some(length) => BodyFraming::Length(length),
            None if asked.version == Version::Http11 => BodyFraming::Chunked,
            None => BodyFraming::Close,
        };
        let keep_alive = asked.keep_alive && framing != BodyFraming::Close;
        if !keep_alive {
            self.report.end = Some("the server, as its last answer said (Connection: close)");
            // A client that asked for the close sends no more. Another may have sent its next
            // request already, and then a close at once would be a reset: see `Wire::linger`.
            let may_send_more = !asked.is_last || !self.input.is_empty();
            self.next = if may_send_more { Next::Linger } else { Next::Close };
        }
        let connection = match (keep_alive, asked.version) {
            (false, _) => Some("close"),
            (true, Version::Http10) => Some("keep-alive"),
            (true, Version::Http11) => None,
        };
        let recorder = self.serving.recorder.as_ref().filter(|_| cycle.is_recording());
        let number = recorder.map(|recorder| recorder.number());
        let (start, at) = (self.output.len(), SystemTime::now());
        let delivery = Delivery { date: self.date.of(at), connection, framing, cycle: number };
        write_head(&mut response, &delivery, &mut self.output);
        let body_start = self.output.len();
        self.answers += 1;
        // A body that the answer does not have is dropped here, a file or a stream unused. RFC 9110
        // §9.3.2: the answer to HEAD has the headers of the answer to GET, and no body.
        let has_body = !asked.is_head && framing != BodyFraming::None;
        let body_bytes = if has_body { body.len() } else { Some(0) };
        if has_body {
            self.write_body(body, framing);
        }
        self.record_answer(
            cycle,
            asked,
            &Written { status, start, body_start, body_bytes, number, at },
        );
    }

    /// Writes a body that is in memory. Another one is sent later: see [`Rest`].
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

    /// Sends the answers that have been gathered, if they are many.
    pub(super) fn send_many(&mut self) -> Result<(), Obstacle> {
        if self.output.len() > GATHERED_BYTES { self.flush() } else { Ok(()) }
    }

    /// Sends the answers that have been gathered. A connection that must not wait may end its turn
    /// here, with a part of them left.
    pub(super) fn flush(&mut self) -> Result<(), Obstacle> {
        if !self.output.is_empty() && !self.wire.send(&mut self.output)? {
            return Err(Obstacle::End(Turn::MustWait));
        }
        if self.rest.is_none() {
            self.report_answers();
        }
        Ok(())
    }

    /// Answers a message that was refused, and closes. All such answers are written here, and none
    /// of them says more than the rule that was broken.
    pub(super) fn refuse(&mut self, error: &ParseError) {
        let status = error.status();
        let mut cycle = self.begin_cycle();
        // Whatever is wrong with a head, its first word may already say that no body is wanted.
        let is_head = (!self.request.path.is_empty() && self.request.method == Method::Head)
            || self.input.bytes().trim_ascii_start().starts_with(b"HEAD ");
        if cycle.is_recording() {
            self.consume(self.input.bytes().len());
        }
        self.record_received(&mut cycle);
        cycle.step("failed", || Detail::Failure(status, error.to_string()));
        let line = self.serving.log.line_of_refused(self.peer, error);
        let (version, is_last, keep_alive) = (Version::Http11, false, false);
        let known = Some(&self.request).filter(|request| !request.path.is_empty());
        let service = &self.serving.service;
        let shaped = known.and_then(|request| {
            catch_unwind(AssertUnwindSafe(|| service.refused(request, error))).unwrap_or(None)
        });
        let answer = shaped.unwrap_or_else(|| refusal(error));
        self.write_answer(answer, Asked { is_head, version, is_last, keep_alive, line }, cycle);
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

/// The answer to a message that is refused.
fn refusal(error: &ParseError) -> Response {
    let mut answer = plain(error.status(), &error.to_string());
    if error.status() == Status::SERVICE_UNAVAILABLE {
        answer.headers.set("Retry-After", "1");
    }
    answer
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
