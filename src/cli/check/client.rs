//! One question to a server, and its whole answer, within a bound.
//!
//! The other end of the wire: what curl does for the reader, for the checks. The server may be in
//! any language, broken, or no web server at all, so nothing here waits for ever, keeps without
//! bound, or fails without saying what came.
//!
//! Each question has a connection of its own (`Connection: close`): the answer's end is then found
//! by the length, by the last chunk, or by the server hanging up, whichever the server uses,
//! HTTP/1.0 or 1.1.
//!
//! Left out: https, compression, HEAD, following redirects. A check looks at each step.

use super::answer::{Answer, Reader};
use super::jar::Jar;
use carafe::http::{Fields, Method};
use std::fmt;
use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// How long one answer may take: longer than a healthy server needs for anything that is asked
/// here.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Where a server listens.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// As a URL has it: a name, an IPv4 address, or an IPv6 address in brackets.
    host: String,
    /// 80 if the URL has none.
    port: u16,
}

impl Server {
    /// Reads `http://127.0.0.1:5001`, with or without the slash at its end; `http://` may be left
    /// out, as for curl.
    ///
    /// # Errors
    ///
    /// What was met and what was expected: another scheme, a path, something that is no host and
    /// port.
    pub fn of_url(url: &str) -> Result<Server, String> {
        let expected = "expected one such as http://127.0.0.1:5001";
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        match scheme.to_ascii_lowercase().as_str() {
            "http" => {}
            "https" => return Err(format!("found {url}, {expected}: this client speaks no TLS")),
            _ => return Err(format!("found the scheme {scheme:?}, {expected}")),
        }
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '@']) {
            return Err(format!("found {url:?}, {expected}: the server alone, without a path"));
        }
        let colon = authority.rfind(':').filter(|&colon| !authority[colon..].contains(']'));
        let (host, port) = match colon {
            Some(colon) => (&authority[..colon], authority[colon + 1..].parse().ok()),
            None => (authority, Some(80)),
        };
        let in_brackets = host.starts_with('[') && host.ends_with(']');
        let is_host =
            |letter: char| letter.is_alphanumeric() || "-._".contains(letter) || in_brackets;
        match port.filter(|&port| port > 0 && !host.is_empty() && host.chars().all(is_host)) {
            Some(port) => Ok(Server { host: host.to_owned(), port }),
            None => Err(format!("found {url:?}, {expected}")),
        }
    }

    /// What this path of the server answers, to somebody without cookies.
    ///
    /// # Errors
    ///
    /// A sentence with what came instead.
    pub fn get(&self, path: &str) -> Result<Answer, String> {
        let question = Question { method: Method::Get, path, form: None };
        ask(self, &question, &mut Jar::default()).map_err(|why| format!("{}: {why}", self.url("")))
    }

    /// The URL of a path of this server.
    pub fn url(&self, path: &str) -> String {
        match self.port {
            80 => format!("http://{}{path}", self.host),
            port => format!("http://{}:{port}{path}", self.host),
        }
    }

    /// A connection to the first address of the host that takes one: `localhost` has two, and a
    /// server may be at either.
    fn connect(&self, end: Instant) -> Result<TcpStream, Unanswered> {
        let host = self.host.trim_matches(['[', ']']);
        let addresses = (host, self.port).to_socket_addrs();
        let nobody = |why: &dyn fmt::Display| Unanswered::Nobody(format!("nobody answers: {why}"));
        let mut last = nobody(&format!("the name {host} has no address"));
        for address in addresses
            .map_err(|error| nobody(&format!("the name {host} has no address ({error})")))?
        {
            match TcpStream::connect_timeout(&address, left(end)) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = nobody(&error),
            }
        }
        Err(last)
    }
}

/// What is asked.
pub struct Question<'a> {
    /// Its method.
    pub method: Method,
    /// Its path, percent-encoded.
    pub path: &'a str,
    /// The fields of its form; `None` for no body.
    pub form: Option<&'a [(&'a str, &'a str)]>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Unanswered {
    /// Nobody listens there, so there is no use in asking again.
    Nobody(String),
    /// Somebody does, but what came does not begin as an answer does.
    NotHttp(String),
    /// It begins as one, and does not end as one.
    Broken(String),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Unanswered::Nobody(why) | Unanswered::NotHttp(why) | Unanswered::Broken(why)) = self;
        out.write_str(why)
    }
}

/// Asks, with the cookies of the jar, and keeps those that come. All of it is done within
/// [`PATIENCE`].
///
/// # Errors
///
/// [`Unanswered`], with what came instead of an answer.
pub fn ask(server: &Server, question: &Question, jar: &mut Jar) -> Result<Answer, Unanswered> {
    let end = Instant::now() + PATIENCE;
    let mut stream = server.connect(end)?;
    let broken = |error: io::Error| Unanswered::Broken(format!("the connection broke: {error}"));
    stream.set_write_timeout(Some(left(end))).map_err(broken)?;
    // A server may answer and hang up before it has read everything. So what it said counts, not
    // whether it listened.
    let _ = stream.write_all(written(server, question, jar).as_bytes());
    let mut reader = Reader::new();
    let answer = read(&mut stream, &mut reader, end).map_err(|why| {
        if reader.is_http() { Unanswered::Broken(why) } else { Unanswered::NotHttp(why) }
    })?;
    for line in answer.headers.get_all("Set-Cookie") {
        jar.keep(line, &server.host, question.path);
    }
    Ok(answer)
}

fn read(stream: &mut TcpStream, reader: &mut Reader, end: Instant) -> Result<Answer, String> {
    let mut bytes = [0; 16 * 1024];
    loop {
        // A server that drips a byte now and then passes every timeout of a single read.
        if Instant::now() >= end {
            return Err(reader.so_far(PATIENCE));
        }
        stream
            .set_read_timeout(Some(left(end)))
            .map_err(|error| format!("no timeout can be set: {error}"))?;
        let read = match stream.read(&mut bytes) {
            Ok(read) => read,
            Err(error) if matches!(error.kind(), Interrupted | WouldBlock | TimedOut) => continue,
            // A reset behind a whole answer does no harm; `hung_up` knows whether it was one.
            Err(_) => 0,
        };
        if read == 0 {
            return reader.hung_up();
        }
        if let Some(answer) = reader.feed(&bytes[..read])? {
            return Ok(answer);
        }
    }
}

/// The time that is left; never zero, which sockets take for no bound.
fn left(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}

/// The request as it goes over the wire.
fn written(server: &Server, question: &Question, jar: &mut Jar) -> String {
    let (method, path) = (question.method.as_str(), question.path);
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {}", server.host);
    if server.port != 80 {
        text.push_str(&format!(":{}", server.port));
    }
    text.push_str(concat!("\r\nUser-Agent: carafe-check/", env!("CARGO_PKG_VERSION")));
    text.push_str("\r\nAccept: */*\r\nConnection: close\r\n");
    if let Some(cookies) = jar.header(path) {
        text.push_str(&format!("Cookie: {cookies}\r\n"));
    }
    let body = question.form.map(|form| {
        let mut fields = Fields::default();
        for (name, value) in form {
            fields.append(*name, *value);
        }
        fields.encode()
    });
    if let Some(body) = &body {
        let length = body.len();
        text.push_str(&format!(
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n"
        ));
    }
    text + "\r\n" + &body.unwrap_or_default()
}
