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
use crate::cycle::{Cycle, Detail, Excerpt, Recorder};
use crate::http::forwarded::Proxies;
use crate::http::response::{BodyFraming, Delivery, Streamer, write_head};
use crate::http::{Body, ChunkedBody, Framing, Limits, Method, ParseError, Request, Response, Status, Version};
use crate::http::{date, expects_continue, framing, parse_head};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// A connection's buffer at first. It grows with what a request needs and is given back when that has been answered, so
/// ten thousand idle connections are held in little.
const INPUT_BYTES: usize = 4 * 1024;
/// How much of a file is in memory while it is sent.
const FILE_BYTES: usize = 128 * 1024;
/// When so many bytes of answers have been gathered, they leave.
const GATHERED_BYTES: usize = 64 * 1024;

/// What all connections of a server share.
pub struct Serving<S> {
    pub(super) service: S,
    pub(super) limits: Limits,
    pub(super) proxies: Proxies,
    pub(super) log: Log,
    /// Where cycles are kept; `None`: they are not.
    pub(super) recorder: Option<Arc<Recorder>>,
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
    /// True once the reading half has been shut. What has arrived, and what still arrives, can be read all the same; but
    /// a read that finds nothing says "the end" instead of waiting.
    shut: AtomicBool,
}

impl Open {
    /// Ends the wait for a request: the read returns as if the client had closed.
    fn shut_reading(&self) {
        self.shut.store(true, Ordering::SeqCst);
        let _ = self.stream.shutdown(Shutdown::Read);
    }
}

impl Connections {
    fn add(&self, stream: TcpStream) -> (u64, Arc<Open>) {
        let open = Arc::new(Open { stream, idle: AtomicBool::new(true), shut: AtomicBool::new(false) });
        let number = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::clone(&open));
        (number, open)
    }

    fn remove(&self, number: u64) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }

    /// Ends the wait of every connection that waits for a request.
    pub(super) fn wake_idle(&self) {
        for open in self.open.lock().unwrap_or_else(PoisonError::into_inner).values() {
            if open.idle.load(Ordering::SeqCst) {
                open.shut_reading();
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
            number,
            requests: 0,
            peer,
            is_head: false,
            input: Input::new(),
            received: Excerpt { bytes: Vec::new(), total: Some(0) },
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
        self.is_head = false;
        let Some((mut request, head_bytes)) = self.read_head()? else { return Ok(false) };
        self.is_head = request.method == Method::Head;
        let mut cycle = self.begin_cycle();
        request.body = self.read_body(&request)?;
        let client = self.serving.proxies.client(self.peer, &request.headers)?;
        (request.peer, request.secure) = (Some(client.address), client.secure);
        cycle.step("received", || Detail::Bytes(self.take_received()));
        cycle.step("parsed", || Detail::Parsed { head_bytes, body_bytes: request.body.len() });
        // The request itself goes to the service; these few facts of it are needed for the answer and the log.
        let asked = Asked {
            is_head: self.is_head,
            version: request.version,
            // After a stop, requests that have been read already are still answered; then the connection ends.
            keep_alive: request.keep_alive()
                && !(self.input.bytes().is_empty() && self.serving.stopping.load(Ordering::SeqCst)),
            line: self.serving.log.line_of(&request),
        };
        let called = catch_unwind(AssertUnwindSafe(|| self.serving.service.call(request, &mut cycle)));
        let response = called.unwrap_or_else(|_| plain(Status::INTERNAL_SERVER_ERROR, "the service panicked"));
        let (stays, rest) = self.answer(response, &asked, cycle);
        self.send_rest(rest)?;
        Ok(stays)
    }

    fn begin_cycle(&mut self) -> Cycle {
        self.requests += 1;
        let mut cycle = Cycle::begin(self.serving.recorder.is_some());
        let (number, nth, peer) = (self.number, self.requests, self.peer);
        cycle.step("accepted", || Detail::Connection { number, nth, peer });
        cycle
    }

    fn take_received(&mut self) -> Excerpt {
        std::mem::replace(&mut self.received, Excerpt { bytes: Vec::new(), total: Some(0) })
    }

    /// Takes so many bytes off the input, and notes them for the record.
    fn consume(&mut self, count: usize) {
        if self.serving.recorder.is_some() {
            self.received.extend(&self.input.bytes()[..count]);
        }
        self.input.used += count;
    }

    /// Reads until a head is complete; `None` if the client closed, or said nothing for the idle time.
    fn read_head(&mut self) -> Result<Option<(Request, usize)>, End> {
        let limits = &self.serving.limits;
        let mut deadline = None;
        loop {
            if let Some((request, used)) = parse_head(self.input.bytes(), limits)? {
                self.consume(used);
                self.open.idle.store(false, Ordering::SeqCst);
                if deadline.is_some() {
                    self.open.stream.set_read_timeout(Some(limits.idle_time))?;
                }
                return Ok(Some((request, used)));
            }
            // Before the thread waits, what has been answered must leave.
            self.flush()?;
            let waiting_for_first_byte = self.input.bytes().is_empty();
            self.open.idle.store(waiting_for_first_byte, Ordering::SeqCst);
            if waiting_for_first_byte {
                if self.serving.stopping.load(Ordering::SeqCst) && deadline.is_none() {
                    // What has arrived is read still, but nothing is waited for.
                    self.open.shut_reading();
                }
            } else {
                let end = *deadline.get_or_insert_with(|| Instant::now() + limits.head_time);
                self.wait_until(end, limits.head_time)?;
            }
            match self.read() {
                Ok(0) if waiting_for_first_byte => return Ok(None),
                Ok(0) => return Err(End::Silent),
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
        // RFC 9110 §10.1.1: the word to go on may be left out when some of the body has arrived already.
        if expects_continue(request)? && framing != Framing::Empty && self.input.bytes().is_empty() {
            self.output.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        // The body grows with what arrives: a length that is only claimed costs nothing.
        let mut body = Vec::new();
        let mut chunks = ChunkedBody::default();
        let mut deadline = None;
        loop {
            match framing {
                Framing::Empty => break,
                Framing::Length(length) => {
                    let arrived = self.input.bytes();
                    let taken = arrived.len().min(length - body.len());
                    body.extend_from_slice(&arrived[..taken]);
                    self.consume(taken);
                    if body.len() == length {
                        break;
                    }
                }
                Framing::Chunked => {
                    let used = chunks.feed(self.input.bytes(), limits)?;
                    self.consume(used);
                    if let Some(whole) = chunks.finish() {
                        body = whole;
                        break;
                    }
                }
            }
            self.flush()?;
            let end = *deadline.get_or_insert_with(|| Instant::now() + limits.body_time);
            self.wait_until(end, limits.body_time)?;
            match self.read() {
                Ok(0) => {
                    let met = "found the end of the connection, expected the rest of the body";
                    return Err(ParseError::Malformed(met.into()).into());
                }
                Ok(_) => {}
                Err(error) if timed_out(&error) => return Err(ParseError::TooSlow(limits.body_time.as_secs()).into()),
                Err(_) => return Err(End::Silent),
            }
        }
        if deadline.is_some() {
            self.open.stream.set_read_timeout(Some(limits.idle_time))?;
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

    /// One read, behind what is there.
    fn read(&mut self) -> io::Result<usize> {
        let mut patience = None;
        loop {
            match (&self.open.stream).read(self.input.room()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A stop has shut the reading half while this connection was idle, and the first bytes of a request came
                // at that very moment. They have been heard, so the rest is waited for, by trying again and again.
                Ok(0) if self.open.shut.load(Ordering::SeqCst) && !self.open.idle.load(Ordering::SeqCst) => {
                    let end = *patience.get_or_insert_with(|| Instant::now() + self.serving.limits.head_time);
                    if Instant::now() >= end {
                        return Ok(0);
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(count) => {
                    self.input.filled += count;
                    return Ok(count);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            (&self.open.stream).write_all(&self.output)?;
            self.output.clear();
        }
        Ok(())
    }

    /// Puts an answer's head, and the body if it is in memory, behind the answers that wait to be sent; then the cycle is
    /// over, and is logged and kept before its client can ask for it. True if the connection stays; and what is left to
    /// be sent.
    fn answer(&mut self, mut response: Response, asked: &Asked, mut cycle: Cycle) -> (bool, Rest) {
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
        if let Some(number) = number {
            response.headers.set("Carafe-Cycle", number.to_string());
        }
        let start = self.output.len();
        let delivery = Delivery { date: self.date.now(), connection, framing };
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
            Body::File { file, range } => Rest::File(file, range),
            Body::Stream(write) => Rest::Stream(write, framing == BodyFraming::Chunked),
        };
        cycle.step("sent", || {
            let mut sent = Excerpt::of(&self.output[start..]);
            sent.total =
                if bodiless { Some(head_bytes as u64) } else { length.map(|length| head_bytes as u64 + length) };
            Detail::Bytes(sent)
        });
        self.serving.log.answered(&asked.line, status, length, &cycle);
        if let (Some(recorder), Some(number)) = (recorder, number) {
            recorder.keep(number, status, cycle);
        }
        (keep_alive, rest)
    }

    /// Sends what was not in memory: a file or a stream.
    fn send_rest(&mut self, rest: Rest) -> Result<(), End> {
        match rest {
            Rest::Nothing => {}
            Rest::File(mut file, range) => {
                file.seek(SeekFrom::Start(range.start))?;
                self.send_file(file, range.end - range.start)?;
            }
            Rest::Stream(write, chunked) => {
                self.flush()?;
                let mut pieces = Pieces { stream: &self.open.stream, chunked };
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

    /// Sends so many bytes of a file through one buffer. A file that turned out shorter ends the connection: the length
    /// has been promised.
    fn send_file(&mut self, mut file: File, length: u64) -> Result<(), End> {
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
        // Whatever is wrong with a head, its first word may say already that no body is wanted.
        let is_head = self.is_head || self.input.bytes().trim_ascii_start().starts_with(b"HEAD ");
        let mut cycle = self.begin_cycle();
        if cycle.is_recording() {
            self.consume(self.input.bytes().len());
        }
        cycle.step("received", || Detail::Bytes(self.take_received()));
        cycle.step("failed", || Detail::Failure(status, error.to_string()));
        let line = self.serving.log.line_of_refused(self.peer, error);
        let asked = Asked { is_head, version: Version::Http11, keep_alive: false, line };
        self.answer(plain(status, &error.to_string()), &asked, cycle);
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
        let mut mostly = self.serving.limits.body_bytes.saturating_mul(16);
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

/// The bytes that have arrived: `bytes[used..filled]` are still to be dealt with.
struct Input {
    buffer: Vec<u8>,
    used: usize,
    filled: usize,
}

impl Input {
    fn new() -> Input {
        Input { buffer: vec![0; INPUT_BYTES], used: 0, filled: 0 }
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[self.used..self.filled]
    }

    /// Where the next bytes go. What is still there moves to the front when it stands in the way, and a buffer that is
    /// full of one message grows.
    fn room(&mut self) -> &mut [u8] {
        if self.used == self.filled {
            (self.used, self.filled) = (0, 0);
            if self.buffer.len() > 16 * INPUT_BYTES {
                *self = Input::new();
            }
        } else if self.filled == self.buffer.len() {
            self.buffer.copy_within(self.used..self.filled, 0);
            (self.used, self.filled) = (0, self.filled - self.used);
            if self.filled > self.buffer.len() / 2 {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
        }
        &mut self.buffer[self.filled..]
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
