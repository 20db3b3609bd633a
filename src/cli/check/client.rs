//! A small HTTP client: one request, one connection, the whole answer.
//!
//! It says `Connection: close`, so the answer ends where the connection does, or where its own framing says so.
//!
//! Left out: https, redirects and cookies. Who needs them sees each step by asking for it.

use carafe::http::Headers;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Longer than a healthy server takes for anything that is asked here.
const PATIENCE: Duration = Duration::from_secs(10);

/// So many bytes of an answer are read; a server under test may go on for ever.
const MOST: u64 = 4 * 1024 * 1024;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: Headers,
    /// The body, without its framing.
    pub body: String,
}

/// A server by its address: `127.0.0.1:8000`.
#[derive(Clone, Debug)]
pub struct Server {
    authority: String,
}

impl Server {
    /// The server of a URL such as `http://127.0.0.1:8000`.
    ///
    /// # Errors
    ///
    /// A sentence that says what was met and what was expected.
    pub fn of_url(url: &str) -> Result<Server, String> {
        let wrong = || format!("found {url:?}, expected a URL such as http://127.0.0.1:8000");
        let authority = url.strip_prefix("http://").ok_or_else(wrong)?;
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        if authority.is_empty() || authority.contains(|letter: char| "/?#@".contains(letter) || letter.is_whitespace())
        {
            return Err(wrong());
        }
        // After the last colon stands the port, unless that colon is inside an IPv6 address.
        let port = authority.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
        match port {
            Some(port) => port.parse::<u16>().map(|_| authority.to_owned()).map_err(|_| wrong()),
            None => Ok(format!("{authority}:80")),
        }
        .map(|authority| Server { authority })
    }

    /// As it is written in a URL, with the port.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Sends a request and reads the answer. `body` comes with its media type.
    ///
    /// # Errors
    ///
    /// A sentence: nobody listens there, or what came is no HTTP answer.
    pub fn ask(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, &str)>,
    ) -> Result<Answer, String> {
        let mut request = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.authority);
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some((media_type, text)) = body {
            request.push_str(&format!("Content-Type: {media_type}\r\nContent-Length: {}\r\n", text.len()));
        }
        request.push_str("\r\n");
        request.push_str(body.map_or("", |(_, text)| text));
        let mut stream = self.connect()?;
        let failed = |error: std::io::Error| format!("{}: the connection broke: {error}", self.authority);
        stream
            .set_read_timeout(Some(PATIENCE))
            .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
            .map_err(failed)?;
        stream.write_all(request.as_bytes()).map_err(failed)?;
        read(stream, method == "HEAD").map_err(|error| format!("{}: {error}", self.authority))
    }

    fn connect(&self) -> Result<TcpStream, String> {
        let addresses = self.authority.to_socket_addrs().map_err(|error| format!("{}: {error}", self.authority))?;
        let mut last = None;
        for address in addresses {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Some(error),
            }
        }
        let why = last.map_or_else(|| "no such address".to_owned(), |error| error.to_string());
        Err(format!("nobody answers at http://{}: {why}", self.authority))
    }
}

fn read(mut stream: impl Read, is_head: bool) -> Result<Answer, String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    // The body may come without a length, and then it ends with the connection; so may a server's patience.
    let (head_end, status, headers) = loop {
        if let Some(end) = find(&bytes, b"\r\n\r\n") {
            let (status, headers) = head(&String::from_utf8_lossy(&bytes[..end]))?;
            // 1xx is no answer yet (RFC 9110 §15.2).
            if status >= 200 {
                break (end + 4, status, headers);
            }
            bytes.drain(..end + 4);
            continue;
        }
        match stream.read(&mut chunk).map_err(|error| format!("no answer came: {error}"))? {
            0 if bytes.is_empty() => return Err("the connection was closed without an answer".into()),
            0 => return Err("the connection was closed in the middle of an answer's head".into()),
            more => bytes.extend_from_slice(&chunk[..more]),
        }
        if bytes.len() as u64 > MOST {
            return Err("the answer's head has no end".into());
        }
    };
    let mut body = bytes.split_off(head_end);
    if is_head || status == 204 || status == 304 {
        return Ok(Answer { status, headers, body: String::new() });
    }
    let length = headers.get("Content-Length").and_then(|length| length.parse::<usize>().ok());
    while length.is_none_or(|length| body.len() < length) && (body.len() as u64) < MOST {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(more) => body.extend_from_slice(&chunk[..more]),
            Err(error) => return Err(format!("the answer's body did not end: {error}")),
        }
    }
    if let Some(length) = length {
        if body.len() < length {
            return Err(format!("the body ends after {} bytes, Content-Length says {length}", body.len()));
        }
        body.truncate(length);
    }
    if headers.has_token("Transfer-Encoding", "chunked") {
        body = unchunked(&body)?;
    }
    Ok(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// The status and the header fields.
fn head(text: &str) -> Result<(u16, Headers), String> {
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or("");
    let status =
        first.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| format!("found {first:?}, expected a line such as HTTP/1.1 200 OK"))?;
    let mut headers = Headers::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        headers.append(name, value.trim());
    }
    Ok((status, headers))
}

/// The chunks of a body put together (RFC 9112 §7.1).
fn unchunked(mut bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut whole = Vec::new();
    loop {
        let end = find(bytes, b"\r\n").ok_or("the body's last chunk is missing")?;
        let size = String::from_utf8_lossy(&bytes[..end]);
        let size = usize::from_str_radix(size.split(';').next().unwrap_or("").trim(), 16)
            .map_err(|_| format!("found {size:?}, expected the size of a chunk"))?;
        bytes = &bytes[end + 2..];
        if size == 0 {
            return Ok(whole);
        }
        whole.extend_from_slice(bytes.get(..size).ok_or("a chunk of the body is cut off")?);
        bytes = bytes.get(size + 2..).ok_or("a chunk of the body does not end")?;
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
