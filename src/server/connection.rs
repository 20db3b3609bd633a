//! One connection: read, parse, answer, write, again.
//!
//! The first spine of the program. Bytes are read into one buffer that is kept for the connection's
//! whole life, answers are gathered in another, and both are as large as the largest message, no
//! larger.
//!
//! * Several requests may arrive in one read (pipelining): all their answers leave in one write, in
//!   order.
//! * Whoever calls [`turn`](Guest::turn) decides whether this connection may wait for its next
//!   request. Once a request has begun, it waits for the rest in any case.
//! * [`reading`] is the first half of an exchange: waiting for a head and a body, within bounds.
//! * Any doubt about where a message ends is answered, and the connection closed: see
//!   `http::error`.
//!
//! Left out: nothing that a client may do here is trusted to end by itself; each wait has a bound
//! in `Limits`.

mod reading;

use super::Service;
use super::bodies::{Bodies, Share};
use super::input::Input;
use super::log::Log;
use super::open::Connections;
use super::pool::{BUSY, Guest, Settle, Turn};
use super::wire::Wire;
use crate::cycle::{Cycle, Detail, Excerpt, Recorder};
use crate::http::forwarded::Proxies;
use crate::http::response::{BodyFraming, Delivery, Streamer, write_head};
use crate::http::{Body, Limits, Method, ParseError, Response, Status, Version, date};
use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

/// When so many bytes of answers have been gathered, they leave.
const GATHERED_BYTES: usize = 64 * 1024;

/// So much of the room for answers a connection keeps while it waits.
const KEPT_BYTES: usize = 16 * 1024;

/// What all connections of a server share.
pub struct Serving<S> {
    pub(super) service: S,
    pub(super) limits: Limits,
    pub(super) bodies: Arc<Bodies>,
    pub(super) proxies: Proxies,
    pub(super) log: Log,
    /// Where cycles are kept; `None`: they are not.
    pub(super) recorder: Option<Arc<Recorder>>,
    pub(super) stopping: Arc<AtomicBool>,
    pub(super) connections: Arc<Connections>,
}

/// What stops a connection: the client's doing, or a message that was refused.
enum End {
    /// Nothing of a request has arrived, and nobody waits for it here.
    Quiet,
    /// The client has closed between two requests, or was idle for too long.
    Idle,
    /// Nothing more to say.
    Silent,
    /// The reason, to be answered.
    Refused(ParseError),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> End {
        End::Silent
    }
}

impl From<ParseError> for End {
    fn from(error: ParseError) -> End {
        End::Refused(error)
    }
}

impl<S: Service> Serving<S> {
    /// A connection that has just come; `None` if it has gone already.
    pub(super) fn welcome(
        self: &Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        settle: Settle,
    ) -> Option<Connection<S>> {
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(Some(self.limits.idle_time)).ok()?;
        stream.set_write_timeout(Some(self.limits.write_time)).ok()?;
        let (number, open) = self.connections.add(stream);
        Some(Connection {
            serving: Arc::clone(self),
            wire: Wire::new(open, settle),
            number,
            requests: 0,
            peer,
            is_head: false,
            input: Input::new(),
            received: Excerpt { bytes: Vec::new(), total: Some(0) },
            output: Vec::new(),
            date: CachedDate::default(),
            asked_to_close: false,
        })
    }
}

/// A client's connection.
pub(super) struct Connection<S> {
    serving: Arc<Serving<S>>,
    wire: Wire,
    /// Which connection this is since the server started, and how many requests have come on it.
    number: u64,
    requests: u64,
    peer: SocketAddr,
    /// True if the request under way is a HEAD, whose answer has no body, be it a refusal.
    is_head: bool,
    /// What has arrived and has not been dealt with.
    input: Input,
    /// The bytes of the request under way, for the record; empty if nothing is recorded.
    received: Excerpt,
    /// Answers that have not been sent yet.
    output: Vec<u8>,
    date: CachedDate,
    /// True once a request said that it is the last.
    asked_to_close: bool,
}

impl<S> Drop for Connection<S> {
    fn drop(&mut self) {
        self.serving.connections.remove(self.number);
    }
}

impl<S: Service> Guest for Connection<S> {
    fn turn(&mut self) -> Turn {
        match self.answer_all() {
            Ok(true) => return Turn::Answered,
            Ok(false) | Err(End::Idle) => self.close(),
            Err(End::Quiet) => return Turn::Quiet,
            Err(End::Silent) => {}
            Err(End::Refused(error)) => {
                self.refuse(&error);
                self.linger();
            }
        }
        Turn::Over
    }

    fn set_blocking(&mut self, blocking: bool) -> io::Result<()> {
        self.wire.set_blocking(blocking)
    }

    fn send_away(&mut self) {
        let _ = self.wire.send(BUSY);
    }

    fn is_blocking(&self) -> bool {
        self.wire.is_blocking()
    }
}

impl<S: Service> Connection<S> {
    /// Answers every request that has arrived, and sends the answers. True if the connection stays.
    fn answer_all(&mut self) -> Result<bool, End> {
        while self.answer_one()? {
            if self.input.bytes().is_empty() {
                self.flush()?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// One request and its answer. True if the connection stays.
    fn answer_one(&mut self) -> Result<bool, End> {
        self.is_head = false;
        let (mut request, head_bytes) = self.read_head()?;
        self.is_head = request.method == Method::Head;
        let mut cycle = self.begin_cycle();
        let (body, share) = self.read_body(&request)?;
        request.body = body;
        self.serving.proxies.check_scheme(self.peer, &request.target)?;
        let client = self.serving.proxies.client(self.peer, &request.headers)?;
        (request.peer, request.secure) = (Some(client.address), client.secure);
        let next = cycle.excerpt();
        cycle.step("received", || Detail::Bytes(std::mem::replace(&mut self.received, next)));
        cycle.also("parsed", || Detail::Parsed { head_bytes, body_bytes: request.body.len() });
        self.asked_to_close = !request.keep_alive();
        // The request itself goes to the service; these few facts of it are needed for the answer
        // and the log.
        let asked = Asked {
            is_head: self.is_head,
            version: request.version,
            // After a stop, requests that have been read already are still answered; then the
            // connection ends.
            keep_alive: !self.asked_to_close
                && (!self.input.bytes().is_empty()
                    || !self.serving.stopping.load(Ordering::SeqCst)),
            line: self.serving.log.line_of(&request),
        };
        let called =
            catch_unwind(AssertUnwindSafe(|| self.serving.service.call(request, &mut cycle)));
        drop(share);
        let response =
            called.unwrap_or_else(|_| plain(Status::INTERNAL_SERVER_ERROR, "the service panicked"));
        let (stays, rest) = self.answer(response, &asked, cycle);
        self.send_rest(rest)?;
        Ok(stays)
    }

    fn begin_cycle(&mut self) -> Cycle {
        self.requests += 1;
        let recorder = self.serving.recorder.as_ref();
        let mut cycle = recorder.map_or_else(|| Cycle::begin(false), |recorder| recorder.begin());
        let (number, nth, peer) = (self.number, self.requests, self.peer);
        cycle.step("accepted", || Detail::Connection { number, nth, peer });
        cycle
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.wire.send(&self.output)?;
            self.output.clear();
        }
        Ok(())
    }

    /// Puts an answer's head, and the body if it is in memory, behind the answers that wait to be
    /// sent; then the cycle is over, and is logged and kept before its client can ask for it. True
    /// if the connection stays; and what is left to be sent.
    fn answer(&mut self, mut response: Response, asked: &Asked, mut cycle: Cycle) -> (bool, Rest) {
        // RFC 9110 §15.3.6: "a server MUST NOT generate content in a 205 response", though it has a
        // length, 0.
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
        let start = self.output.len();
        let now = SystemTime::now();
        let delivery = Delivery { date: self.date.of(now), connection, framing, cycle: number };
        write_head(&response, &delivery, &mut self.output);
        let head_bytes = self.output.len() - start;
        // RFC 9110 §9.3.2: the answer to HEAD has the headers of GET's, and no body.
        let bodiless = asked.is_head || framing == BodyFraming::None;
        let rest = match response.body {
            _ if bodiless => Rest::Nothing,
            Body::Empty => Rest::Nothing,
            Body::Bytes(bytes) => {
                self.output.extend_from_slice(&bytes);
                Rest::Nothing
            }
            Body::Shared(bytes, part) => {
                self.output.extend_from_slice(&bytes[part]);
                Rest::Nothing
            }
            Body::File { file, range } => Rest::File(file, range),
            Body::Stream(write) => Rest::Stream(write, framing == BodyFraming::Chunked),
        };
        let mut sent = cycle.excerpt();
        cycle.step("sent", || {
            sent.extend(&self.output[start..]);
            sent.total = if bodiless {
                Some(head_bytes as u64)
            } else {
                length.map(|length| head_bytes as u64 + length)
            };
            Detail::Bytes(sent)
        });
        self.serving.log.answered(
            &asked.line,
            status,
            if bodiless { Some(0) } else { length },
            &cycle,
        );
        if let (Some(recorder), Some(number)) = (recorder, number) {
            recorder.keep(number, status, now, cycle);
        }
        (keep_alive, rest)
    }

    /// Sends what was not in memory: a file or a stream.
    fn send_rest(&mut self, rest: Rest) -> Result<(), End> {
        match rest {
            Rest::Nothing => {}
            Rest::File(file, range) => {
                if !self.wire.send_file(file, range, &mut self.output)? {
                    return Err(End::Silent);
                }
            }
            Rest::Stream(write, chunked) => {
                self.flush()?;
                self.wire.settle()?;
                let mut pieces = self.wire.pieces(chunked);
                let written = catch_unwind(AssertUnwindSafe(|| write(&mut pieces)));
                // Without its last chunk the client knows that the body is not whole.
                let Ok(Ok(())) = written else { return Err(End::Silent) };
                if chunked {
                    self.output.extend_from_slice(b"0\r\n\r\n");
                }
            }
        }
        if self.output.len() > GATHERED_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// The one way out for the answer to a message that was refused.
    fn refuse(&mut self, error: &ParseError) {
        let status = error.status();
        // Whatever is wrong with a head, its first word may say already that no body is wanted.
        let is_head = self.is_head || self.input.bytes().trim_ascii_start().starts_with(b"HEAD ");
        let mut cycle = self.begin_cycle();
        if cycle.is_recording() {
            self.consume(self.input.bytes().len());
        }
        let next = cycle.excerpt();
        cycle.step("received", || Detail::Bytes(std::mem::replace(&mut self.received, next)));
        cycle.step("failed", || Detail::Failure(status, error.to_string()));
        let line = self.serving.log.line_of_refused(self.peer, error);
        let asked = Asked { is_head, version: Version::Http11, keep_alive: false, line };
        let mut answer = plain(status, &error.to_string());
        if status == Status::SERVICE_UNAVAILABLE {
            answer.headers.set("Retry-After", "1");
        }
        self.answer(answer, &asked, cycle);
        let _ = self.flush();
    }

    /// Closes after an answer. A client that asked for it sends no more; another may have sent its
    /// next request already.
    fn close(&mut self) {
        let may_send_more = !self.asked_to_close || !self.input.bytes().is_empty();
        if self.flush().is_ok() && may_send_more {
            self.linger();
        }
    }

    fn linger(&mut self) {
        self.wire.linger(self.serving.limits.body_bytes.saturating_mul(16));
    }
}

/// What the answer and the log need to know of a request that has been handed on.
struct Asked {
    is_head: bool,
    version: Version,
    /// True if both sides would have the connection stay.
    keep_alive: bool,
    /// How the log shows the request; `None`: there is no log.
    line: Option<String>,
}

/// What of a body is not in memory.
enum Rest {
    Nothing,
    /// These bytes of a file.
    File(File, Range<u64>),
    /// Whatever it writes; true if as chunks.
    Stream(Streamer, bool),
}

fn plain(status: Status, why: &str) -> Response {
    Response::text(format!("{status}: {why}\n"))
        .with_status(status)
        .with_header("X-Content-Type-Options", "nosniff")
}

/// The date of a second, written once.
#[derive(Default)]
struct CachedDate {
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
