//! Stage 3: pages are made from templates, and files are sent from one folder and no other.
//!
//! ```text
//! rustc --edition 2024 src/stages/s3_pages.rs && ./s3_pages 8000
//! curl http://127.0.0.1:8000/hello/%3Ci%3EAda
//! curl -i http://127.0.0.1:8000/static/css/my-style-sheet.css
//! ```
//!
//! New: a template is a page with places such as `{{ name }}`. `render` puts text into the places
//! and escapes it, so that text stays text and never becomes HTML. The URL `/static/css/a.css` is
//! the file `www/css/a.css` of the current folder. Start the server in the folder of carafe.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::{env, fs};

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

const HELLO: &str = r#"<!doctype html><html lang="en"><title>Hello</title>
<link rel="stylesheet" href="/static/css/my-style-sheet.css">
<h1>Hello {{ name }}!</h1>
"#;

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
        ("GET", ["static", path @ ..]) => static_file(path).unwrap_or_else(not_found),
        (_, ["hello"] | ["hello", _] | ["static", ..]) => only("GET, HEAD"),
        _ => not_found(),
    }
}

fn hello(name: &str) -> Response {
    Response::new("200 OK", HTML, render(HELLO, &[("name", name)]))
}

/// The file of a path below `www/`, or `None`: a path must not lead to any other file.
fn static_file(path: &[&str]) -> Option<Response> {
    let folder = Path::new("www").canonicalize().ok()?; // without a folder, `?` returns `None`
    // The path that is left when links and `..` have been followed; an error if there is no file.
    let file = folder.join(path.join("/")).canonicalize().ok()?;
    let parts: Vec<&str> = file.strip_prefix(folder).ok()?.to_str()?.split(['/', '\\']).collect();
    // It must be the path that was asked. A link, a `..` or a `%2F` in a part leads elsewhere.
    if parts != path || parts.iter().any(|part| part.starts_with('.')) || !file.is_file() {
        return None;
    }
    let content_type = match file.extension()?.to_str()? {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        _ => "application/octet-stream", // carafe knows more, and files without an ending
    };
    // The whole file is in memory for a moment; carafe sends it piece by piece.
    Some(Response::new("200 OK", content_type, fs::read(file).ok()?))
}

/// The answer where the path is known and the method is not one of those that it takes.
fn only(methods: &str) -> Response {
    let text = format!("expected {methods}\n");
    Response::new("405 Method Not Allowed", TEXT, text).with_header("Allow", methods)
}

fn not_found() -> Response {
    Response::new("404 Not Found", TEXT, "there is nothing here, try /hello\n")
}

/// Puts values into the places of a template, such as `{{ name }}`. What was put in is not searched
/// for places: a visitor who is called `{{ name }}` sees just that. A mistake in a template, a part
/// of this program, panics.
fn render(template: &str, values: &[(&str, &str)]) -> String {
    let (mut page, mut rest) = (String::new(), template);
    while let Some((before, behind)) = rest.split_once("{{ ") {
        page += before;
        let (name, behind) = behind.split_once(" }}").expect("a place ends");
        let (_, value) = values.iter().find(|(known, _)| *known == name).expect("a known name");
        page += &escape(value);
        rest = behind;
    }
    page + rest // the text after the last place
}

/// Text as HTML. `&` is replaced first; else the `&` of `&lt;` would be replaced, too.
fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&#34;").replace('\'', "&#39;")
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
// It closes the connection while a body is still on its way. The system then tells the client that
// the connection broke ("reset"), and most clients throw the answer away:
//
//     (printf 'POST /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
//      printf 'Content-Length: 900000\r\n\r\n'; head -c 900000 /dev/zero) |
//         curl -s -o /dev/null telnet://127.0.0.1:8000 && echo whole || echo broken
//
// This stage prints `broken`, carafe prints `whole`. Read src/server/wire.rs.
