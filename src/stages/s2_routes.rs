//! Stage 2: a route is a method and a path, and each has an answer of its own.
//!
//! ```text
//! rustc --edition 2024 src/stages/s2_routes.rs && ./s2_routes 8000
//! curl -i http://127.0.0.1:8000/hello/Ada
//! curl -i -X PUT http://127.0.0.1:8000/hello
//! ```
//!
//! New: bytes become a `Request`, `answer` makes a `Response` of it, and that becomes bytes again.
//! An unknown path is 404. A known path with a method that it does not take is 405, and the header
//! Allow names the methods that it takes. An error ends one connection and not the server.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// What the client wants.
struct Request {
    method: String,
    /// The part of the URL after the host, as it was sent: `/hello/%C3%A9va`.
    path: String,
}

/// What the server says.
struct Response {
    /// The number for programs and the words for people: `404 Not Found`.
    status: &'static str,
    /// A line for each header: `Allow: GET\r\n`.
    headers: String,
    body: Vec<u8>,
}

impl Response {
    fn new(status: &'static str, content_type: &str, body: impl Into<Vec<u8>>) -> Response {
        let headers = format!("Content-Type: {content_type}\r\n");
        Response { status, headers, body: body.into() } // a text becomes its bytes
    }

    fn with_header(mut self, name: &str, value: &str) -> Response {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }
}

fn main() -> io::Result<()> {
    let port = env::args().nth(1).unwrap_or("8000".to_string());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}"))?;
    println!("http://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        // `stream` is a `Result`: a client may be gone before it is accepted.
        if let Err(error) = stream.and_then(serve) {
            // Not `eprintln!`, which panics when nobody can read standard error any more.
            let _ = writeln!(io::stderr(), "{error}");
        }
    }
    Ok(())
}

/// Reads a request and answers it. The connection is closed when `stream` goes out of scope.
fn serve(stream: TcpStream) -> io::Result<()> {
    let request = read_request(&mut BufReader::new(&stream))?;
    let response = answer(&request);
    write_response(&stream, &response, request.method != "HEAD")
}

/// Reads the first line, `GET /hello HTTP/1.1`, and the headers up to the empty line.
fn read_request(reader: &mut impl BufRead) -> io::Result<Request> {
    let first_line = read_line(reader)?;
    let words: Vec<&str> = first_line.split(' ').collect();
    let [method, target, _version] = words[..] else {
        return Err(bad("a strange first line"));
    };
    // No page here needs a header, nor the query, which comes after a `?` in the URL.
    while !read_line(reader)?.is_empty() {}
    let path = target.split('?').next().unwrap_or(target).to_string();
    Ok(Request { method: method.to_string(), path })
}

/// One line, without the line end. Bytes that are not UTF-8 become `�`.
fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut bytes = Vec::new();
    reader.read_until(b'\n', &mut bytes)?;
    let line = bytes.strip_suffix(b"\r\n").ok_or_else(|| bad("a line without CR LF at its end"))?;
    Ok(String::from_utf8_lossy(line).into_owned())
}

fn bad(why: &'static str) -> io::Error {
    io::Error::other(why)
}

/// Sends a response. The answer to HEAD is that to GET without the body.
fn write_response(mut stream: &TcpStream, response: &Response, with_body: bool) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {}\r\n{}", response.status, response.headers);
    // The client counts: the answer is over after this many bytes of body.
    head += &format!("Content-Length: {}\r\nConnection: close\r\n\r\n", response.body.len());
    stream.write_all(head.as_bytes())?;
    if with_body { stream.write_all(&response.body) } else { Ok(()) }
}

/// The routes: finds the answer to a method and a path.
fn answer(request: &Request) -> Response {
    // First the path is split, then its parts are decoded: `a%2Fb` is one part and holds a slash.
    let parts: Vec<String> = request.path.split('/').skip(1).map(percent_decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let method = if request.method == "HEAD" { "GET" } else { &request.method };
    match (method, &parts[..]) {
        ("GET", ["hello"]) => Response::new("200 OK", TEXT, "Hello, World!\n"),
        ("GET", ["hello", name]) => hello(name), // an empty name too, which carafe refuses
        (_, ["hello"] | ["hello", _]) => only("GET, HEAD"),
        _ => not_found(),
    }
}

fn hello(name: &str) -> Response {
    let page = format!("<!doctype html>\n<title>Hello</title>\n<h1>Hello {name}!</h1>\n");
    Response::new("200 OK", HTML, page)
}

/// The answer where the path is known and the method is not one of those that it takes.
fn only(methods: &str) -> Response {
    let text = format!("expected {methods}\n");
    Response::new("405 Method Not Allowed", TEXT, text).with_header("Allow", methods)
}

fn not_found() -> Response {
    Response::new("404 Not Found", TEXT, "there is nothing here, try /hello\n")
}

/// Reads `%41` as `A` and `%C3%A9` as `é`. Another `%` stays as it is; carafe refuses it in a path.
fn percent_decode(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes: Vec<u8> = parts.next().unwrap_or("").into();
    for part in parts {
        let (byte, rest) = match part.get(..2).map(|digits| u8::from_str_radix(digits, 16)) {
            // `from_str_radix` reads `+4` as 4, but that is not two digits.
            Some(Ok(byte)) if !part.starts_with('+') => (byte, &part[2..]),
            _ => (b'%', part),
        };
        bytes.push(byte);
        bytes.extend(rest.bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

// What is still wrong with it
//
// A name becomes a piece of the page, so the maker of a link can write the page, scripts too:
//
//     curl -s http://127.0.0.1:8000/hello/%3Ci%3EAda | grep "<h1>"
//
// This stage prints `Hello <i>Ada`, carafe prints `Hello &lt;i&gt;Ada`. Read src/web/template/.
//
// And a request that is not understood ends its connection without a word. Stage 7 answers 400.
