//! One connection: read a request, answer it, stay or close.
//!
//! [`exchange`](Connection::exchange) names the stages that every request passes, in order.
//! [`reading`] holds those before the service, [`writing`] those after it, and `waiting` the waits.
//!
//! * `input` holds bytes that have arrived, and `output` answers that have not been sent. Several
//!   requests may arrive in one read (pipelining); their answers leave in one write, in order.
//! * The [`Buffers`] of a request and of its answer serve for the next one, until the connection
//!   has been quiet for a while.
//! * A connection may wait for its client. Only in the `ring`, a deeper chapter, it must not: where
//!   it would have to wait, [`turn`](Connection::turn) ends, and another thread goes on later.
//! * Where the end of a message is in doubt, the request is refused and the connection closed.
//!
//! No client is trusted to end anything by itself: each wait has a bound.

mod head_pieces;
mod idle;
mod reading;
mod refusing;
mod report;
mod unsent_body;
mod waiting;
mod writing;

use super::serving::Serving;
use super::wire::Wire;
use super::{door, input::Input, pace::Pace};
use crate::cycle::Cycle;
use crate::http::date::CachedDate;
use crate::http::{Body, Framing, MemoryCount, ParseError, Request, Response, Status};
use report::Report;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// When this many bytes of answers have been collected, they are sent.
const COLLECTED_BYTES: usize = 64 * 1024;

pub(super) struct Connection {
    serving: Arc<Serving>,
    pub wire: Wire,
    /// Its number: 1 for the first connection since the server started.
    number: u64,
    peer: SocketAddr,
    pub buffers: Box<Buffers>,
    /// The body of the last answer, if it is a file or a stream. It is sent after `output`.
    unsent_body: Option<(Body, Framing)>,
    next: Next,
    /// How many answers have been written.
    pub answers: u64,
    /// How much memory the answers take that are not sent yet: in the same sum as the bodies.
    memory: MemoryCount,
    /// What the log and the record still have to say.
    report: Report,
    /// When the ring may take this connection.
    pub pace: Pace,
}

/// The memory in which requests are read and answered. The ring gives it to another
/// connection when input and output are empty.
#[derive(Default)]
pub(super) struct Buffers {
    /// What has arrived and has not been used.
    input: Input,
    /// The request that is read or answered.
    request: Request,
    /// What happens to it, for the log and the record.
    cycle: Box<Cycle>,
    /// Answers, or parts of them, that have not been sent.
    output: Vec<u8>,
    date: CachedDate,
}

/// What a connection does when everything that belongs to earlier requests has been sent.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    /// It reads the next request.
    Request,
    /// It closes.
    Close,
    /// It closes after it has read what the client may still send.
    Linger,
}

/// How one call of [`turn`](Connection::turn) ended.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Turn {
    /// Everything that had arrived is answered.
    Answered,
    /// No part of a request had arrived, and this connection must not wait for one.
    Quiet,
    /// A part of a request or of an answer is left, and this connection must not wait for the rest.
    WouldWait,
    /// The connection is over.
    Over,
}

/// Why a stage does not lead to the next one. `?` carries it to [`proceed`](Connection::proceed).
enum Obstacle {
    /// The turn ends like this.
    End(Turn),
    /// There is no request: the client has closed, was idle for too long, or the server stops.
    NoRequest,
    /// The request is refused, and the client is told why.
    Refused(ParseError),
}

impl From<io::Error> for Obstacle {
    fn from(_: io::Error) -> Obstacle {
        Obstacle::End(Turn::Over)
    }
}

impl From<ParseError> for Obstacle {
    fn from(error: ParseError) -> Obstacle {
        Obstacle::Refused(error)
    }
}

impl Connection {
    /// A connection that has just been accepted. Returns `None` if it is over already: the client
    /// has gone, or the server is full and has said so.
    pub fn new(serving: &Arc<Serving>, stream: TcpStream, peer: SocketAddr) -> Option<Connection> {
        stream.set_nodelay(true).ok()?;
        stream.set_write_timeout(Some(serving.limits.write_time)).ok()?;
        let added = serving.connections.add(stream);
        let (number, socket) = added.inspect_err(door::say_full).ok()?;
        Some(Connection {
            serving: Arc::clone(serving),
            wire: Wire::new(socket),
            number,
            peer,
            buffers: Box::default(),
            unsent_body: None,
            next: Next::Request,
            answers: 0,
            memory: serving.bodies.new_count(),
            report: Report::default(),
            pace: Pace::new(),
        })
    }

    /// Answers all requests that have arrived. If none has, it waits for one, if it may wait.
    pub fn turn(&mut self) -> Turn {
        // `call_service` catches a panic of the service. A value of a handler may also panic when
        // it is dropped; that is caught here.
        match catch_unwind(AssertUnwindSafe(|| self.proceed())) {
            Ok(Ok(())) => Turn::Answered,
            Ok(Err(Obstacle::End(turn))) => turn,
            Ok(Err(_)) | Err(_) => Turn::Over,
        }
    }

    fn proceed(&mut self) -> Result<(), Obstacle> {
        // A turn that could not wait has left it.
        if self.unsent_body.is_some() {
            self.send_unsent_body()?;
        }
        while self.next == Next::Request {
            match self.exchange() {
                Ok(()) => {}
                Err(Obstacle::Refused(error)) => self.refuse(&error),
                // The client may be sending something just now. A slow close lets it still read its
                // last answer: see `linger`.
                Err(Obstacle::NoRequest) => self.next = Next::Linger,
                Err(other) => return Err(other),
            }
            if self.unsent_body.is_some() {
                self.send_unsent_body()?;
            }
            if self.buffers.input.is_empty() && self.next == Next::Request {
                return self.flush();
            }
        }
        self.close()
    }

    /// One request and its answer.
    fn exchange(&mut self) -> Result<(), Obstacle> {
        let framing = self.read_head()?;
        self.begin_cycle();
        let asked = self.read_body(framing)?;
        self.record_received(true);
        let response = self.call_service();
        self.write_answer(response, asked);
        // The answer is in the output now. `proceed` sends it when no further request has arrived.
        if self.buffers.output.len() > COLLECTED_BYTES { self.flush() } else { Ok(()) }
    }

    /// Lets the service answer. Whatever happens in it, there is an answer. (`App` makes an error
    /// page of a handler's panic. This is for all other panics.)
    fn call_service(&mut self) -> Response {
        let (service, buffers) = (&self.serving.service, &mut self.buffers);
        let call = || service.call(&mut buffers.request, &mut buffers.cycle);
        catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
            refusing::plain(Status::INTERNAL_SERVER_ERROR, "the service panicked")
        })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.report_answers();
        self.record_end();
        self.serving.connections.remove(self.number);
    }
}
