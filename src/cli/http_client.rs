//! Deeper: One request to a server, and its whole answer, in a bounded time.
//!
//! This is the other end of the wire: `carafe check` and `carafe lab` ask with it. The server may
//! be written in any language, it may be broken, or no web server at all. So nothing here waits for
//! ever, keeps bytes without a bound, or fails without saying what came.
//!
//! Each request has a connection of its own (`Connection: close`). What every browser understands
//! is understood, HTTP/1.0 too.
//!
//! Left out: https, compression, HEAD, following redirects. A check looks at each step.

use super::cookie_jar::CookieJar;
use carafe::http::{ChunkedBody, Fields, Headers, Limits};
use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// How long one answer may take: a healthy server needs less for anything that is asked here.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Where a server listens: its host and port, as in `127.0.0.1:5001` or `[::1]:80`.
pub struct ServerUrl(String);

impl ServerUrl {
    /// Reads `http://127.0.0.1:5001`, with or without a slash at its end. As for curl, `http://`
    /// and `:80` may be left out.
    ///
    /// # Errors
    ///
    /// What was found and what was expected: another scheme, a path, no host and port.
    pub fn parse(url: &str) -> Result<ServerUrl, String> {
        let expected = "expected one such as http://127.0.0.1:5001";
        if url.to_ascii_lowercase().starts_with("https:") {
            return Err(format!("found {url}, {expected}: this client speaks no TLS"));
        }
        let rest = url.strip_prefix("http://").unwrap_or(url);
        let mut server = rest.strip_suffix('/').unwrap_or(rest).to_owned();
        // The colons inside brackets belong to the address.
        if server.rfind(':') <= server.rfind(']') {
            server.push_str(":80");
        }
        let fits = |letter: char| letter.is_alphanumeric() || "-._:[]".contains(letter);
        match server.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
            Some((host, Ok(1..=u16::MAX))) if !host.is_empty() && server.chars().all(fits) => {
                Ok(ServerUrl(server))
            }
            _ => Err(format!("found {url:?}, {expected}: a host and its port, without a path")),
        }
    }

    /// The URL of a path of this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.0.strip_suffix(":80").unwrap_or(&self.0))
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        self.0.rsplit_once(':').map_or("", |(host, _)| host)
    }

    /// Connects to the first address of the host that takes a connection: `localhost` has two
    /// addresses, and a server may listen on only one of them.
    fn connect(&self, end: Instant) -> Result<TcpStream, NoAnswer> {
        let mut why = format!("the name {} has no address", self.host());
        for address in self.0.to_socket_addrs().into_iter().flatten() {
            match TcpStream::connect_timeout(&address, left(end)) {
                Ok(stream) => return Ok(stream),
                Err(error) => why = error.to_string(),
            }
        }
        Err(NoAnswer::new(Reached::Nobody, true, format!("nobody answers: {why}")))
    }
}

/// What a server answered.
#[derive(Debug, Default)]
pub struct ServerAnswer {
    /// The status code.
    pub status: u16,
    /// The status line as it came: `HTTP/1.1 200 OK`.
    pub status_line: String,
    /// The header fields.
    pub headers: Headers,
    /// The body, without its framing.
    pub body: Vec<u8>,
}

impl ServerAnswer {
    /// The body as text. What is not UTF-8 shows as U+FFFD.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub struct NoAnswer {
    /// What came, and what was expected.
    pub why: String,
    /// What had been reached.
    pub reached: Reached,
    /// True if this failure is certain, whatever else may come.
    is_final: bool,
}

/// How far a request went.
#[derive(Debug, PartialEq)]
pub enum Reached {
    /// Nobody listens, so it is no use to ask again.
    Nobody,
    /// Somebody listens, but what came is no status line and headers.
    Listener,
    /// Status line and headers came, but no whole body.
    Head,
}

impl NoAnswer {
    fn new(reached: Reached, is_final: bool, why: impl Into<String>) -> NoAnswer {
        NoAnswer { why: why.into(), reached, is_final }
    }
}

/// Sends a request, `GET /hello` or `POST /process`, with the cookies of the jar, and keeps the
/// cookies that come. A POST has this form as its body. It takes [`PATIENCE`] at most.
///
/// # Errors
///
/// [`NoAnswer`], with what came instead.
pub fn ask(
    server: &ServerUrl,
    request: &str,
    form: &[(&str, &str)],
    jar: &mut CookieJar,
) -> Result<ServerAnswer, NoAnswer> {
    let end = Instant::now() + PATIENCE;
    let path = request.split(' ').nth(1).unwrap_or("/");
    let host = server.0.strip_suffix(":80").unwrap_or(&server.0);
    let mut text = format!("{request} HTTP/1.1\r\nHost: {host}\r\n");
    text.push_str(concat!("User-Agent: carafe-check/", env!("CARGO_PKG_VERSION"), "\r\n"));
    text.push_str("Accept: */*\r\nConnection: close\r\n");
    if let Some(cookies) = jar.header(path) {
        text.push_str(&format!("Cookie: {cookies}\r\n"));
    }
    let mut fields = Fields::default();
    form.iter().for_each(|(name, value)| fields.append(*name, *value));
    let body = fields.encode();
    if request.starts_with("POST ") {
        text.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    let mut stream = server.connect(end)?;
    let _ = stream.set_write_timeout(Some(left(end)));
    // A server may answer and close before it has read everything. So its answer counts, and not
    // whether all was sent.
    let _ = stream.write_all(format!("{text}\r\n{body}").as_bytes());
    let answer = receive(&mut stream, end)?;
    for line in answer.headers.get_all("Set-Cookie") {
        jar.keep(line, server.host(), path);
    }
    Ok(answer)
}

/// The time that is left; never zero, because a socket takes zero for "no bound".
fn left(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}

/// Reads until the bytes are a whole answer.
fn receive(stream: &mut TcpStream, end: Instant) -> Result<ServerAnswer, NoAnswer> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 64 * 1024]);
    let mut closed = false;
    loop {
        let no = match parse(&bytes, closed) {
            Err(no) if !no.is_final => no,
            certain => return certain,
        };
        // A server that sends a byte now and then stays within every timeout of a single read.
        if closed || Instant::now() >= end {
            let how = if closed { "it closed the connection" } else { "10 s are over" };
            return Err(NoAnswer { why: format!("{how}, and {}", no.why), ..no });
        }
        let _ = stream.set_read_timeout(Some(left(end)));
        match stream.read(&mut piece) {
            Err(error) if matches!(error.kind(), Interrupted | WouldBlock | TimedOut) => {}
            // A reset is as good as a close: behind a whole answer it does no harm.
            Ok(0) | Err(_) => closed = true,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

/// The answer, if the bytes that have come are a whole one.
///
/// # Errors
///
/// What came and what was expected. It is final as soon as no more bytes can make it an answer.
fn parse(mut bytes: &[u8], closed: bool) -> Result<ServerAnswer, NoAnswer> {
    let limits = Limits::default();
    let no_http = |is_final, why: String| Err(NoAnswer::new(Reached::Listener, is_final, why));
    let mut answer = loop {
        let start = &bytes[..bytes.len().min(5)];
        match (bytes, head_length(bytes)) {
            // A TLS record: an alert (21) or a handshake (22), version 3.
            ([21 | 22, 3, ..], _) => {
                return no_http(true, "bytes of TLS: it speaks https, expected plain http".into());
            }
            _ if !b"HTTP/".starts_with(start) => {
                let came = shown(bytes);
                let why = format!("{came}: that is not HTTP, expected HTTP/1.1 200 OK");
                return no_http(true, why);
            }
            ([], _) => return no_http(false, "not a byte came".into()),
            (_, None) if bytes.len() > limits.head_bytes => {
                return no_http(true, format!("a head of more than {} bytes", limits.head_bytes));
            }
            (_, None) => {
                let came = shown(bytes);
                return no_http(false, format!("no end of the head came, only {came}"));
            }
            (_, Some(length)) => {
                let head = String::from_utf8_lossy(&bytes[..length]);
                let head = parse_head(&head).or_else(|why| no_http(true, why))?;
                bytes = &bytes[length..];
                // RFC 9110 §15.2: 100 Continue and its like announce the answer.
                if !(100..200).contains(&head.status) {
                    break head;
                }
            }
        }
    };
    answer.body = body(&answer, bytes, closed, &limits)?;
    Ok(answer)
}

/// RFC 9112 §6.3: the rules for the end of a response's body, in their order.
fn body(
    head: &ServerAnswer,
    bytes: &[u8],
    closed: bool,
    limits: &Limits,
) -> Result<Vec<u8>, NoAnswer> {
    let no = |is_final, why: String| Err(NoAnswer::new(Reached::Head, is_final, why));
    if matches!(head.status, 204 | 304) {
        return Ok(Vec::new());
    }
    if head.headers.has_token("Transfer-Encoding", "chunked") {
        let mut chunks = ChunkedBody::default();
        return match chunks.feed(bytes, limits).map(|_| chunks.finish()) {
            Ok(Some(body)) => Ok(body),
            Ok(None) => no(false, "the last chunk, 0, did not come".into()),
            Err(error) => no(true, format!("a broken body: {error}")),
        };
    }
    let (most, came) = (limits.body_bytes, bytes.len());
    let length = head.headers.get("Content-Length");
    match (length, length.map(str::parse::<usize>)) {
        (_, None) if came > most => {
            no(true, format!("a body of more than {most} bytes and no end"))
        }
        (_, None) if closed => Ok(bytes.to_vec()),
        (_, None) => no(false, "the server did not close, which alone ends such a body".into()),
        (_, Some(Ok(length))) if length > most => {
            no(true, format!("Content-Length: {length}, expected {most} at most"))
        }
        (_, Some(Ok(length))) if length > came => no(
            false,
            format!(
                "{came} bytes of the body came, expected the {length} that Content-Length \
                 promised; are they counted in characters?"
            ),
        ),
        (_, Some(Ok(length))) => Ok(bytes[..length].to_vec()),
        (text, Some(Err(_))) => {
            no(true, format!("Content-Length: {}, expected a number", text.unwrap_or("")))
        }
    }
}

/// Where the empty line ends, with CR LF or bare LF.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let ends = |end: &[u8]| {
        bytes.windows(end.len()).position(|window| window == end).map(|at| at + end.len())
    };
    ends(b"\r\n\r\n").into_iter().chain(ends(b"\n\n")).min()
}

fn parse_head(head: &str) -> Result<ServerAnswer, String> {
    let mut lines = head.lines();
    let line = lines.next().unwrap_or("").trim_end();
    let code = line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = code.filter(|code| (100..600).contains(code)).ok_or_else(|| {
        let line = shown(line.as_bytes());
        format!("the status line {line}, expected one such as HTTP/1.1 200 OK")
    })?;
    let mut answer = ServerAnswer { status, status_line: line.into(), ..ServerAnswer::default() };
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or_else(|| {
            format!("the header {}, expected Name: value", shown(line.as_bytes()))
        })?;
        answer.headers.append(name.trim(), value.trim());
    }
    Ok(answer)
}

/// The beginning of what came, in quotes; nothing in it moves a terminal's cursor.
fn shown(bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes).chars().take(60).collect();
    format!("{text:?}")
}
