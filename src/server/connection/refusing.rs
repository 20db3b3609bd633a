//! Deeper: The answers of the server itself, where the service gives none that can be sent.
//!
//! Elsewhere: which messages are refused, in `http`.

use super::reading::Asked;
use super::{Buffers, Connection};
use crate::cycle::Detail;
use crate::http::early_refusal::first_words;
use crate::http::{Body, Fields, Method, ParseError, Response, Status, Version};
use crate::server::door;
use std::panic::{AssertUnwindSafe, catch_unwind};

impl Connection {
    /// The answer of the service, or an error in place of one that cannot be sent.
    pub(super) fn sendable(&mut self, mut response: Response) -> Response {
        if !response.status.is_final() {
            let status = response.status.0;
            self.buffers.cycle.warn(format!("found status {status}, expected 200 to 599"));
            response = plain(Status::INTERNAL_SERVER_ERROR, "the answer has no status");
        }
        if let Body::Bytes(_) | Body::Shared(..) = response.body
            && let Err(error) = self.memory.add(response.body.len().unwrap_or(0) as usize)
        {
            let mut refused = match self.buffers.request.method.is_safe() {
                true => refusal(&error),
                // The service has done it. A client that tried again would order twice.
                false => plain(error.status, "there is no room in memory for the answer"),
            };
            // Where a cookie is set, no cache may keep the answer: both stay.
            for name in ["Set-Cookie", "Cache-Control"] {
                let values = response.headers.get_all(name);
                values.for_each(|value| refused.headers.append(name, value));
            }
            response = refused;
            self.buffers.request.body = Vec::new();
        }
        // RFC 9110 §15.3.6: "a server MUST NOT generate content in a 205 response". It has a length
        // all the same, 0.
        if response.status == Status::RESET_CONTENT {
            response.body = Body::Empty;
        }
        response
    }

    /// Answers a message that was refused, and closes. All such answers are written here, and none
    /// of them says more than the rule that was broken.
    pub(super) fn refuse(&mut self, error: &ParseError) {
        self.buffers.request.body = Vec::new(); // Its bytes are not counted any more.
        let status = error.status;
        // If the head was right, its cycle has begun.
        if self.buffers.cycle.begun().is_none() {
            self.begin_cycle();
        }
        let Buffers { request, input, .. } = &mut *self.buffers;
        if request.path.is_empty() {
            // Whatever is wrong with the request line, its first words may be understood: which
            // form of an answer is wanted, and that no body is.
            (request.method, request.path) = first_words(input.bytes());
            request.target.clear();
            request.query = Fields::default();
        }
        // Who asks, as far as the headers tell; without a whole head there are none.
        let _ = self.serving.proxies.find_client(self.peer, request);
        let is_head = request.method == Method::Head;
        if self.buffers.cycle.is_recording() {
            self.consume(self.buffers.input.bytes().len());
        }
        self.record_received(false);
        self.buffers.cycle.step("failed", || Detail::Failure(status, error.to_string()));
        self.report.refused = Some(error.to_string());
        // The connection closes. So a stream needs no chunks, which HTTP/1.0 does not know.
        let (version, client_closes, may_stay) = (Version::Http10, false, false);
        let Buffers { request, cycle, .. } = &mut *self.buffers;
        let known = Some(request).filter(|request| !request.path.is_empty());
        let shaped = known.and_then(|request| {
            let shape = || self.serving.service.refused(request, error, cycle);
            catch_unwind(AssertUnwindSafe(shape)).unwrap_or(None)
        });
        let answer = shaped.unwrap_or_else(|| refusal(error));
        self.write_answer(answer, Asked { is_head, version, client_closes, may_stay });
    }

    /// Ends a connection that no thread can serve. The client is told to come again, unless a part
    /// of an answer has been sent: that message would seem to belong to it.
    pub fn end_as_full(self: Box<Self>) {
        if self.buffers.output.is_empty() && self.unsent_body.is_none() {
            door::say_full(&self.wire.socket.stream);
        }
    }
}

/// The answer to a message that is refused.
fn refusal(error: &ParseError) -> Response {
    let mut answer = plain(error.status, &error.to_string());
    if error.status == Status::SERVICE_UNAVAILABLE {
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
