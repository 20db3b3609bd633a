//! Deeper: Sends one request to a server, and reads its whole answer in a bounded time.
//!
//! This is the other end of the connection: `carafe check` and `carafe lab` ask with it. The server
//! may be written in any language; it may be broken, or no web server at all. So each answer has a
//! bound in time and in bytes, and a failure says what came instead. What may go to a terminal is
//! escaped as in the log: no server moves its cursor.
//!
//! Each request has a connection of its own (`Connection: close`).
//!
//! Left out: https, compression, HEAD, 1xx answers, and following redirects: a check looks at each
//! step.

use carafe::http::{ChunkedBody, CookieJar, Fields, Headers, Limits, is_token};
use carafe::server::log::escaped;
use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// This many characters of a body are printed.
const PRINTED: usize = 500;

/// Where a server listens: its host and port, as in `127.0.0.1:5001` or `[::1]:80`.
#[derive(Clone, Default)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// Reads `http://127.0.0.1:5001`, with or without a slash at its end. As for curl, `http://`
    /// and `:80` may be left out.
    ///
    /// # Errors
    ///
    /// What was found and what was expected: another scheme, a path, no host or port.
    pub fn parse(url: &str) -> Result<ServerUrl, String> {
        let rest = url.strip_prefix("http://").unwrap_or(url);
        let mut server = rest.strip_suffix('/').unwrap_or(rest).to_owned();
        // The colons inside brackets belong to the address.
        if server.rfind(':') <= server.rfind(']') {
            server.push_str(":80");
        }
        let port = server.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none() || server.contains(['/', ' ']) || server.starts_with(':') {
            let expected = "one such as http://127.0.0.1:5001: plain http, host and port, no path";
            return Err(format!("found {url:?}, expected {expected}"));
        }
        Ok(ServerUrl(server))
    }

    /// The URL of a path of this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.0.strip_suffix(":80").unwrap_or(&self.0))
    }

    /// Connects to the first address of the host that takes a connection: `localhost` has two
    /// addresses, and a server may listen on only one of them.
    fn connect(&self, end: Instant) -> Result<TcpStream, NoAnswer> {
        let host = self.0.rsplit_once(':').map_or("", |(host, _)| host);
        let mut why = format!("the name {host} has no address");
        for address in self.0.to_socket_addrs().into_iter().flatten() {
            match TcpStream::connect_timeout(&address, left(end)) {
                Ok(stream) => return Ok(stream),
                Err(error) => why = error.to_string(),
            }
        }
        let why = format!("nobody answers: {why}");
        Err(NoAnswer { why, is_there: false, is_http: false })
    }
}

/// What a server answered.
#[derive(Default)]
pub struct ServerAnswer {
    /// The status code.
    pub status: u16,
    /// The status line, escaped: `HTTP/1.1 200 OK`.
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

    /// The beginning of it for a terminal: the lines stay, and each is escaped.
    pub fn printable(&self) -> String {
        let lines: String = self.text().lines().map(|line| escaped(line) + "\n").collect();
        match lines.char_indices().nth(PRINTED) {
            Some((end, _)) => format!("{}…\n", &lines[..end]),
            None => lines,
        }
    }
}

/// Why there is no answer.
pub struct NoAnswer {
    /// What came, escaped, and what was expected.
    pub why: String,
    /// False if nobody takes a connection there.
    pub is_there: bool,
    /// True if a status line and headers came.
    pub is_http: bool,
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
    form: &str,
    jar: &mut CookieJar,
) -> Result<ServerAnswer, NoAnswer> {
    let end = Instant::now() + PATIENCE;
    let path = request.split(' ').nth(1).unwrap_or("/");
    let host = server.0.strip_suffix(":80").unwrap_or(&server.0);
    let agent = concat!("carafe-check/", env!("CARGO_PKG_VERSION"));
    let mut head = format!("{request} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n");
    head.push_str("Accept: */*\r\nConnection: close\r\n");
    if let Some(cookies) = jar.header(path) {
        head.push_str(&format!("Cookie: {cookies}\r\n"));
    }
    let body = Fields::parse(form).encode();
    if request.starts_with("POST ") {
        head.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    let mut stream = server.connect(end)?;
    let _ = stream.set_write_timeout(Some(left(end)));
    // A server may answer and close before it has read everything. So only its answer counts.
    let _ = stream.write_all(format!("{head}\r\n{body}").as_bytes());
    let mut reader = BufReader::new(AnswerStream { stream, end });
    let failed =
        |is_http| move |why: String| NoAnswer { why: escaped(&why), is_there: true, is_http };
    let mut answer = read_head(&mut reader).map_err(failed(false))?;
    answer.body = read_body(&answer, &mut reader).map_err(failed(true))?;
    for line in answer.headers.get_all("Set-Cookie") {
        jar.keep(line, path);
    }
    Ok(answer)
}

/// The time that is left; never zero, because a socket takes zero for "no bound".
fn left(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}

/// What a server sends until the time is over.
struct AnswerStream {
    stream: TcpStream,
    end: Instant,
}

impl Read for AnswerStream {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        // Some servers send a byte now and then, and each read is in time.
        while Instant::now() < self.end {
            let _ = self.stream.set_read_timeout(Some(left(self.end)));
            match self.stream.read(piece) {
                Err(error) if matches!(error.kind(), Interrupted | WouldBlock | TimedOut) => {}
                // A reset counts as a close: after a whole answer it does no harm.
                outcome => return Ok(outcome.unwrap_or(0)),
            }
        }
        Err(io::Error::other("10 s are over"))
    }
}

/// Why no more bytes came.
fn ended(read: io::Result<usize>) -> String {
    read.map_or_else(|error| error.to_string(), |_| "it closed the connection".to_owned())
}

/// Reads the status line and the headers.
fn read_head(reader: &mut impl BufRead) -> Result<ServerAnswer, String> {
    let most = Limits::default().head_bytes;
    let (mut bytes, mut reader) = (Vec::new(), reader.take(most as u64 + 1));
    let mut is_whole = false;
    while !is_whole {
        let start = bytes.len();
        let read = reader.read_until(b'\n', &mut bytes);
        if !bytes.is_empty() && !bytes.starts_with(b"HTTP/") {
            let came = shown(&bytes);
            return Err(format!("{came}: that is not HTTP, expected HTTP/1.1 200 OK"));
        } else if bytes.len() > most {
            return Err(format!("a head of more than {most} bytes"));
        } else if bytes.is_empty() {
            return Err(format!("{}, and not a byte came", ended(read)));
        } else if !bytes[start..].ends_with(b"\n") {
            let (why, came) = (ended(read), shown(&bytes));
            return Err(format!("{why}, and no end of the head came, only {came}"));
        }
        // RFC 9112 §2.2: "a recipient MAY recognize a single LF as a line terminator".
        is_whole = bytes[start..].trim_ascii().is_empty();
    }
    let head = String::from_utf8_lossy(&bytes);
    let mut lines = head.lines().map(str::trim_end);
    let line = lines.next().unwrap_or("");
    let code = line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = code.filter(|code| (100..600).contains(code)).ok_or_else(|| {
        let came = shown(line.as_bytes());
        format!("the status line {came}, expected one such as HTTP/1.1 200 OK")
    })?;
    let mut answer = ServerAnswer { status, status_line: escaped(line), ..ServerAnswer::default() };
    for line in lines.filter(|line| !line.is_empty()) {
        // `append` panics if the name is no token.
        let field = line.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
        let field = field.filter(|(name, _)| is_token(name.as_bytes()));
        let (name, value) = field.ok_or_else(|| {
            let came = shown(line.as_bytes());
            format!("the header {came}, expected Name: value, with a token as the name")
        })?;
        answer.headers.append(name, value);
    }
    Ok(answer)
}

/// RFC 9112 §6.3: the rules for the end of a response's body, in their order.
fn read_body(head: &ServerAnswer, reader: &mut impl BufRead) -> Result<Vec<u8>, String> {
    let (limits, mut body) = (Limits::default(), Vec::new());
    let most = limits.body_bytes;
    if matches!(head.status, 204 | 304) {
        return Ok(body);
    }
    if head.headers.has_token("Transfer-Encoding", "chunked") {
        let mut chunks = ChunkedBody::default();
        // No chunk is longer than the limit, so nobody waits for the end of a longer line.
        let mut reader = reader.take(4 * most as u64);
        while let Ok(1..) = reader.read_until(b'\n', &mut body) {
            let used = chunks.feed(&body, &limits);
            body.drain(..used.map_err(|error| format!("a broken body: {error}"))?);
            if let Some(body) = chunks.finish() {
                return Ok(body);
            }
        }
        let why = ended(reader.read_until(b'\n', &mut body));
        return Err(format!("{why}, and the last chunk, 0, did not come"));
    }
    let Some(text) = head.headers.get("Content-Length") else {
        let read = reader.take(most as u64 + 1).read_to_end(&mut body);
        if body.len() > most {
            return Err(format!("a body of more than {most} bytes and no end"));
        }
        let why = "and the server did not close, which alone ends such a body";
        return read.map(|_| body).map_err(|error| format!("{error}, {why}"));
    };
    let length = text.parse().map_err(|_| format!("Content-Length: {text}, expected a number"))?;
    if length > most {
        return Err(format!("Content-Length: {length}, expected {most} at most"));
    }
    let read = reader.take(length as u64).read_to_end(&mut body);
    if body.len() < length {
        let (why, came) = (ended(read), body.len());
        let promised = format!("expected the {length} that Content-Length promised");
        let hint = "are they counted in characters?";
        return Err(format!("{why}, and {came} bytes of the body came, {promised}; {hint}"));
    }
    Ok(body)
}

/// The beginning of what came, in quotes; nothing in it moves a terminal's cursor.
fn shown(bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes).chars().take(60).collect();
    format!("{text:?}")
}
