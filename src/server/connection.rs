//! One connection: read, parse, answer, write, again.
//!
//! The first spine of the program. Bytes are read into one buffer that is kept for the connection's whole life, answers
//! are gathered in another, and both are as large as the largest message, no larger.
//!
//! * Several requests may arrive in one read (pipelining): all their answers leave in one write, in order.
//! * Any doubt about where a message ends is answered, and the connection closed: see `http::error`.
//!
//! Left out: nothing that a client may do here is trusted to end by itself; each wait has a bound in `Limits`.

use super::Service;
use super::log::Log;
use crate::cycle::Cycle;
use crate::http::response::{BodyFraming, Delivery, write_head};
use crate::http::{Body, ChunkedBody, Framing, Limits, Method, ParseError, Request, Response, Status, Version};
use crate::http::{date, framing, parse_head};
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// What is read at once, and how much of a file is in memory while it is sent.
const READ_BYTES: usize = 16 * 1024;
const FILE_BYTES: usize = 128 * 1024;
/// When so many bytes of answers have been gathered, they leave.
const GATHERED_BYTES: usize = 64 * 1024;

/// What all connections of a server share.
pub struct Serving<S> {
    pub(super) service: S,
    pub(super) limits: Limits,
    pub(super) log: Log,
    pub(super) stopping: Arc<AtomicBool>,
    pub(super) connections: Arc<Connections>,
}

/// The open connections, so that a stop can wake those that wait for a request.
#[derive(Default)]
pub struct Connections {
    open: Mutex<HashMap<u64, Arc<Open>>>,
    next: AtomicU64,
}

struct Open {
    stream: TcpStream,
    /// True while nothing of a request has arrived.
    idle: AtomicBool,
}

impl Connections {
    fn add(&self, stream: TcpStream) -> (u64, Arc<Open>) {
        let open = Arc::new(Open { stream, idle: AtomicBool::new(true) });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::clone(&open));
        (number, open)
    }

    fn remove(&self, number: u64) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }

    /// Ends the wait of every connection that waits for a request: its read returns as if the client had closed.
    pub(super) fn wake_idle(&self) {
        for open in self.open.lock().unwrap_or_else(PoisonError::into_inner).values() {
            if open.idle.load(Ordering::SeqCst) {
                let _ = open.stream.shutdown(Shutdown::Read);
            }
        }
    }
}

/// What stops a connection: the client's doing, or a message that was refused.
enum End {
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
    /// Serves a connection to its end.
    pub fn serve(&self, stream: TcpStream, peer: SocketAddr) {
        let prepared = stream
            .set_nodelay(true)
            .and_then(|()| stream.set_read_timeout(Some(self.limits.idle_time)))
            .and_then(|()| stream.set_write_timeout(Some(self.limits.write_time)));
        if prepared.is_err() {
            return;
        }
        let (number, open) = self.connections.add(stream);
        let mut connection = Connection {
            serving: self,
            open: &open,
            peer,
            input: Vec::new(),
            used: 0,
            output: Vec::new(),
            date: CachedDate::default(),
        };
        // A panic of the service is caught nearer to it; this one keeps the table of connections true whatever happens.
        let _ = catch_unwind(AssertUnwindSafe(|| connection.run()));
        self.connections.remove(number);
    }
}

struct Connection<'a, S> {
    serving: &'a Serving<S>,
    open: &'a Open,
    peer: SocketAddr,
    /// What has arrived; the first `used` bytes have been dealt with.
    input: Vec<u8>,
    used: usize,
    /// Answers that have not been sent yet.
    output: Vec<u8>,
    date: CachedDate,
}

impl<S: Service> Connection<'_, S> {
    fn run(&mut self) {
        loop {
            match self.turn() {
                Ok(true) => {}
                Ok(false) => break self.close(),
                Err(End::Silent) => break,
                Err(End::Refused(error)) => {
                    self.refuse(&error);
                    break self.close();
                }
            }
        }
    }

    /// One request and its answer. True if the connection stays.
    fn turn(&mut self) -> Result<bool, End> {
        let Some(mut request) = self.read_head()? else { return Ok(false) };
        let started = Instant::now();
        request.body = self.read_body(&request)?;
        request.peer = Some(self.peer);
        let keep_alive = request.keep_alive() && !self.serving.stopping.load(Ordering::SeqCst);
        let mut cycle = Cycle::default();
        // The request goes to the service; the log and the head of the answer need these few facts of it.
        let asked =
            Request { headers: Default::default(), body: Vec::new(), query: Default::default(), ..request.clone() };
        let called = catch_unwind(AssertUnwindSafe(|| self.serving.service.call(request, &mut cycle)));
        let response = called.unwrap_or_else(|_| plain(Status::INTERNAL_SERVER_ERROR, "the service panicked"));
        let (status, bytes) = (response.status, response.body.len());
        let stays = self.send(response, &asked, keep_alive)?;
        self.serving.log.answered(&asked, status, bytes, started.elapsed(), &cycle);
        Ok(stays)
    }

    /// Reads until a head is complete; `None` if the client closed, or said nothing for the idle time.
    fn read_head(&mut self) -> Result<Option<Request>, End> {
        let limits = &self.serving.limits;
        let mut deadline = None;
        loop {
            if let Some((request, used)) = parse_head(&self.input[self.used..], limits)? {
                self.used += used;
                self.open.idle.store(false, Ordering::SeqCst);
                if deadline.is_some() {
                    self.open.stream.set_read_timeout(Some(limits.idle_time))?;
                }
                return Ok(Some(request));
            }
            // Before the thread waits, what has been answered must leave.
            self.flush()?;
            let waiting_for_first_byte = self.used == self.input.len();
            self.open.idle.store(waiting_for_first_byte, Ordering::SeqCst);
            if waiting_for_first_byte {
                if self.serving.stopping.load(Ordering::SeqCst) && deadline.is_none() {
                    // What has arrived is read still, but nothing is waited for.
                    let _ = self.open.stream.shutdown(Shutdown::Read);
                }
            } else {
                let end = *deadline.get_or_insert_with(|| Instant::now() + limits.head_time);
                self.wait_until(end, limits.head_time)?;
            }
            match self.read() {
                Ok(0) => return Ok(None),
                Ok(_) => {}
                Err(error) if timed_out(&error) && waiting_for_first_byte => return Ok(None),
                Err(error) if timed_out(&error) => return Err(ParseError::TooSlow(limits.head_time.as_secs()).into()),
                Err(_) => return Err(End::Silent),
            }
        }
    }

    fn read_body(&mut self, request: &Request) -> Result<Vec<u8>, End> {
        let limits = &self.serving.limits;
        let framing = framing(request, limits)?;
        if let Some(expect) = request.headers.get("Expect") {
            if request.version == Version::Http11 && !expect.eq_ignore_ascii_case("100-continue") {
                return Err(ParseError::Expectation(expect.to_owned()).into());
            }
            // RFC 9110 §10.1.1: not for HTTP/1.0, and it may be left out when some of the body has arrived already.
            if request.version == Version::Http11 && framing != Framing::Empty && self.used == self.input.len() {
                self.output.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
            }
        }
        let mut chunks = ChunkedBody::default();
        let mut deadline = None;
        loop {
            match framing {
                Framing::Empty => return Ok(Vec::new()),
                Framing::Length(length) if self.input.len() - self.used >= length => {
                    let body = self.input[self.used..self.used + length].to_vec();
                    self.used += length;
                    break self.calm_after(deadline, body);
                }
                Framing::Length(_) => {}
                Framing::Chunked => {
                    self.used += chunks.feed(&self.input[self.used..], limits)?;
                    if let Some(body) = chunks.finish() {
                        break self.calm_after(deadline, body);
                    }
                }
            }
            self.flush()?;
            let end = *deadline.get_or_insert_with(|| Instant::now() + limits.body_time);
            self.wait_until(end, limits.body_time)?;
            match self.read() {
                Ok(0) => {
                    return Err(ParseError::Malformed(
                        "found the end of the connection, expected the rest of the body".into(),
                    )
                    .into());
                }
                Ok(_) => {}
                Err(error) if timed_out(&error) => return Err(ParseError::TooSlow(limits.body_time.as_secs()).into()),
                Err(_) => return Err(End::Silent),
            }
        }
    }

    /// Puts the idle time back as the bound of a read, if another was set.
    fn calm_after(&self, deadline: Option<Instant>, body: Vec<u8>) -> Result<Vec<u8>, End> {
        if deadline.is_some() {
            self.open.stream.set_read_timeout(Some(self.serving.limits.idle_time))?;
        }
        Ok(body)
    }

    fn wait_until(&self, end: Instant, whole: Duration) -> Result<(), End> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ParseError::TooSlow(whole.as_secs()).into());
        }
        Ok(self.open.stream.set_read_timeout(Some(left))?)
    }

    /// One read, behind what is there. Bytes that have been dealt with make room first.
    fn read(&mut self) -> io::Result<usize> {
        self.input.drain(..self.used);
        self.used = 0;
        let old = self.input.len();
        self.input.resize(old + READ_BYTES, 0);
        let read = loop {
            match (&self.open.stream).read(&mut self.input[old..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.input.truncate(old + *read.as_ref().unwrap_or(&0));
        read
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            (&self.open.stream).write_all(&self.output)?;
            self.output.clear();
        }
        Ok(())
    }

    /// Writes an answer: small ones are gathered, files and streams leave as they are made. True if the connection stays.
    fn send(&mut self, response: Response, asked: &Request, keep_alive: bool) -> Result<bool, End> {
        let framing = match (&response.body, response.body.len()) {
            _ if response.status.has_no_body() => BodyFraming::None,
            (_, Some(length)) => BodyFraming::Length(length),
            _ if asked.version == Version::Http11 => BodyFraming::Chunked,
            _ => BodyFraming::Close,
        };
        let keep_alive = keep_alive && framing != BodyFraming::Close;
        let connection = match (keep_alive, asked.version) {
            (false, _) => Some("close"),
            (true, Version::Http10) => Some("keep-alive"),
            (true, Version::Http11) => None,
        };
        let delivery = Delivery { date: self.date.now(), connection, framing };
        write_head(&response, &delivery, &mut self.output);
        // RFC 9110 §9.3.2: the answer to HEAD has the headers of GET's, and no body.
        if asked.method != Method::Head && framing != BodyFraming::None {
            match response.body {
                Body::Empty => {}
                Body::Bytes(bytes) => self.output.extend_from_slice(&bytes),
                Body::File { mut file, range } => {
                    file.seek(SeekFrom::Start(range.start))?;
                    self.send_file(file, range.end - range.start)?;
                }
                Body::Stream(write) => {
                    self.flush()?;
                    let mut pieces = Pieces { stream: &self.open.stream, chunked: framing == BodyFraming::Chunked };
                    let written = catch_unwind(AssertUnwindSafe(|| write(&mut pieces)));
                    // Without its last chunk the client knows that the body is not whole.
                    let Ok(Ok(())) = written else { return Err(End::Silent) };
                    if pieces.chunked {
                        self.output.extend_from_slice(b"0\r\n\r\n");
                    }
                }
            }
        }
        if !keep_alive || self.output.len() > GATHERED_BYTES {
            self.flush()?;
        }
        Ok(keep_alive)
    }

    /// Sends so many bytes of a file through one buffer. A file that turned out shorter ends the connection: the length
    /// has been promised.
    fn send_file(&mut self, mut file: std::fs::File, length: u64) -> Result<(), End> {
        let mut left = length;
        let mut buffer = std::mem::take(&mut self.output);
        while left > 0 {
            let start = buffer.len();
            buffer.resize(start + usize::try_from(left).unwrap_or(FILE_BYTES).min(FILE_BYTES), 0);
            let read = file.read(&mut buffer[start..])?;
            if read == 0 {
                return Err(End::Silent);
            }
            (&self.open.stream).write_all(&buffer[..start + read])?;
            buffer.clear();
            left -= read as u64;
        }
        self.output = buffer;
        Ok(())
    }

    /// The one way out for the answer to a message that was refused.
    fn refuse(&mut self, error: &ParseError) {
        let status = error.status();
        self.serving.log.refused(Some(self.peer), status, &error.to_string());
        let response = plain(status, &error.to_string());
        let length = response.body.len().unwrap_or(0);
        let delivery =
            Delivery { date: self.date.now(), connection: Some("close"), framing: BodyFraming::Length(length) };
        write_head(&response, &delivery, &mut self.output);
        if let Body::Bytes(bytes) = response.body {
            self.output.extend_from_slice(&bytes);
        }
        let _ = self.flush();
    }

    /// Closes so that the client can read the answer: a close with unread bytes would be a reset, which may overtake it
    /// (RFC 9112 §9.6). So: no more from us, then read what still comes, within bounds.
    fn close(&mut self) {
        let stream = &self.open.stream;
        if self.flush().is_err() || stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        let end = Instant::now() + Duration::from_secs(1);
        let mut scrap = [0; 4096];
        let mut mostly = 16 * self.serving.limits.body_bytes;
        while mostly > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
                break;
            }
            match (&mut &*stream).read(&mut scrap) {
                Ok(0) | Err(_) => break,
                Ok(read) => mostly = mostly.saturating_sub(read),
            }
        }
    }
}

fn plain(status: Status, why: &str) -> Response {
    Response::text(format!("{status}: {why}\n")).with_status(status).with_header("X-Content-Type-Options", "nosniff")
}

fn timed_out(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Writes each piece of a stream as a chunk (RFC 9112 §7.1), or as it is to a client of HTTP/1.0.
struct Pieces<'a> {
    stream: &'a TcpStream,
    chunked: bool,
}

impl Write for Pieces<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        // A chunk of length 0 would end the body.
        if piece.is_empty() {
            return Ok(0);
        }
        if !self.chunked {
            return self.stream.write(piece);
        }
        let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
        chunk.extend_from_slice(piece);
        chunk.extend_from_slice(b"\r\n");
        self.stream.write_all(&chunk)?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The date of this second, written once.
#[derive(Default)]
struct CachedDate {
    second: u64,
    text: String,
}

impl CachedDate {
    fn now(&mut self) -> &str {
        let now = SystemTime::now();
        let second = date::unix_seconds(now);
        if self.second != second || self.text.is_empty() {
            (self.second, self.text) = (second, date::format(now));
        }
        &self.text
    }
}
