//! A server on a free port for the length of a test.

use crate::common::{DEADLINE, wait_until};
use carafe::cycle::Cycle;
use carafe::http::{Body, Limits, Method, ParseError, Request, Response, Status};
use carafe::{Server, Service, Stopper};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Barrier, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Opens when a test lets `/events` go on after its first event.
pub static EVENTS: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

/// Eight slow handlers that can only end together.
static EIGHT: Barrier = Barrier::new(8);

/// Opens when a test lets the handlers of `/gated` go on.
pub static GATE: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

/// Opens when the client of `/sloppy-stream` has read nothing for too long.
pub static STALLED: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

/// Opens a gate.
pub fn open(gate: &(Mutex<bool>, Condvar)) {
    *gate.0.lock().expect("no holder panics") = true;
    gate.1.notify_all();
}

/// Waits until a gate opens.
pub fn pass(gate: &(Mutex<bool>, Condvar)) {
    let is_open = gate.0.lock().expect("no holder panics");
    drop(gate.1.wait_timeout_while(is_open, 3 * DEADLINE, |is_open| !*is_open));
}

/// Answers with the method, the path and the body; some paths do something else.
struct Mirror;

impl Service for Mirror {
    #[expect(clippy::panic, reason = "a service that fails is one of the cases")]
    fn call(&self, request: &mut Request, _: &mut Cycle) -> Response {
        if matches!(request.method, Method::Other(_)) {
            return Response::new(Status::NOT_IMPLEMENTED);
        }
        match request.path.as_str() {
            "/panic" => panic!("this service panics on purpose"),
            "/taken" => Response::text(std::mem::take(&mut request.path)),
            "/stream" => Response::stream("text/plain", |out| {
                let (word, blank) = ("one", ' ');
                write!(out, "{word}{blank}")?;
                out.flush()?;
                out.flush()?;
                out.write_all(b"two")
            }),
            // Its head fills the output, and is sent before the stream begins.
            "/long-head" => Response::stream("text/plain", |out| out.write_all(b"late"))
                .with_header("X-Long", "x".repeat(70_000)),
            "/broken-stream" => Response::stream("text/plain", |out| {
                out.write_all(b"one")?;
                out.flush()?;
                Err(std::io::Error::other("no more"))
            }),
            // It does not look at errors, but waits until there is one.
            "/sloppy-stream" => Response::stream("text/plain", |out| {
                while out.write_all(&[b'x'; 100_000]).is_ok() {}
                open(&STALLED);
                for _ in 0..9 {
                    let _ = out.write_all(&[b'y'; 100_000]);
                    let _ = out.flush();
                }
                Ok(())
            }),
            "/panicking-stream" => Response::stream("text/plain", |out| {
                out.write_all(b"one")?;
                panic!("this stream panics on purpose")
            }),
            "/events" => Response::stream("text/event-stream", |out| {
                loop {
                    out.write_all(b"tick\n")?;
                    out.flush()?;
                    pass(&EVENTS);
                }
            }),
            "/strange-status" => {
                let mut response = Response::text("x");
                response.status = Status(request.query.get("status").map_or(0, parsed));
                response
            }
            "/strange-name" => Response::text("x").with_header("X Y", "1"),
            "/gated" => {
                pass(&GATE);
                Response::text("slow")
            }
            "/together" => {
                EIGHT.wait();
                Response::text("together")
            }
            "/slow" => {
                std::thread::park_timeout(Duration::from_millis(300));
                Response::text("slow")
            }
            "/big" => Response::typed("application/octet-stream", vec![b'x'; 5_000_000])
                .with_header("Set-Cookie", "seen=1"),
            "/reset" => {
                Response::text("a body that must not be sent").with_status(Status::RESET_CONTENT)
            }
            "/header" => Response::text("x").with_header("X-Note", "a\r\nSet-Cookie: evil=1"),
            "/short-file" => {
                let path =
                    std::env::temp_dir().join(format!("carafe-short-{}", std::process::id()));
                std::fs::write(&path, b"only this").expect("a file can be written");
                let file = std::fs::File::open(&path).expect("it can be opened");
                std::fs::remove_file(&path).expect("an open file needs no name");
                let mut response = Response::text("");
                response.body = Body::File { file, range: 0..1000 };
                response
            }
            path => {
                let body = String::from_utf8_lossy(&request.body).into_owned();
                Response::text(format!("{} {path} {body}", request.method))
            }
        }
    }

    fn refused(&self, request: &Request, error: &ParseError, _: &mut Cycle) -> Option<Response> {
        let shaped =
            || Response::json(&format!("{} {}: {error}", request.method, request.path).into());
        let streamed = || Response::stream("text/plain", |out| out.write_all(b"streamed"));
        match request.path.as_str() {
            path if path.starts_with("/api/") => Some(shaped().with_status(error.status)),
            "/streamed" => Some(streamed().with_status(error.status)),
            _ => None,
        }
    }
}

#[expect(clippy::unwrap_used, reason = "a test gives it a number")]
fn parsed(text: &str) -> u16 {
    text.parse().unwrap()
}

/// No time of these ends while a test waits.
fn patient() -> Limits {
    let long = 2 * DEADLINE;
    let limits = Limits { head_time: long, body_time: long, ..Limits::default() };
    Limits { idle_time: long, write_time: long, ..limits }
}

/// A server that gives up nothing while a test waits, if its settings do not say so.
pub struct Running {
    pub address: SocketAddr,
    pub stopper: Stopper,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub fn start() -> Running {
        Running::with(|server| server)
    }

    pub fn with_limits(change: impl FnOnce(&mut Limits)) -> Running {
        let mut limits = patient();
        change(&mut limits);
        Running::with(|server| server.limits(limits))
    }

    pub fn with(settings: impl FnOnce(Server) -> Server) -> Running {
        let server = Server::bind("127.0.0.1:0").expect("a port is free").quiet();
        let server = settings(server.limits(patient()).stop_time(2 * DEADLINE));
        let address = server.local_addr().expect("it has an address");
        let stopper = server.stopper();
        let thread = thread::spawn(move || server.run(Mirror).expect("it runs"));
        Running { address, stopper, thread: Some(thread) }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
        stream.set_write_timeout(Some(DEADLINE)).expect("a timeout can be set");
        stream.set_nodelay(true).expect("a socket can be set up");
        stream
    }

    /// A connection on which the first part of a request has been read: it came in one piece with a
    /// whole request, and that is answered.
    pub fn begin(&self, part: &str) -> TcpStream {
        let mut stream = self.connect();
        let both = format!("GET /before HTTP/1.1\r\nHost: x\r\n\r\n{part}");
        stream.write_all(both.as_bytes()).expect("it is sent");
        assert!(read_answer(&mut stream).ends_with("GET /before "));
        stream
    }

    /// All that comes back for these bytes when nothing follows them.
    pub fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes).expect("the bytes are sent");
        let _ = stream.shutdown(Shutdown::Write);
        read_all(&mut stream)
    }

    pub fn is_alive(&self) -> bool {
        self.exchange(b"GET /alive HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("GET /alive ")
    }

    /// Waits for `run` to return.
    pub fn join(mut self) {
        let begun = Instant::now();
        self.thread.take().expect("it is joined once").join().expect("the server ended well");
        assert!(begun.elapsed() < DEADLINE, "the stop took {:?}", begun.elapsed());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopper.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What comes until the server ends the connection, also by a reset.
pub fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let is_open = ended.is_err_and(|error| is_not_ready(error.kind()));
    assert!(!is_open, "the server keeps the connection open behind {answer:?}");
    answer
}

/// True if nobody listens any more. Who gets in before that reads the end at once.
pub fn is_shut(address: SocketAddr) -> bool {
    let late = TcpStream::connect(address);
    late.is_err() || {
        let mut late = late.expect("it is connected");
        late.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
        read_all(&mut late);
        false
    }
}

/// Writes until the server has ended the connection.
pub fn write_until_dropped(stream: &mut TcpStream) {
    let mut is_dropped = || {
        let sent = stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        sent.is_err_and(|error| !is_not_ready(error.kind()))
    };
    wait_until!(is_dropped(), "it is still connected");
}

/// True for the end of the time that a test waits; then the connection is still open.
pub fn is_not_ready(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Reads one answer with a Content-Length, and nothing behind it.
pub fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return String::from_utf8_lossy(&answer).into_owned();
        }
        answer.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&answer).into_owned();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).expect("the body comes");
    head + &String::from_utf8_lossy(&body)
}
