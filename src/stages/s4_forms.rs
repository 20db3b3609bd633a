//! Stage 4: a form sends a body, and the answer to it sends the browser on to a page.
//!
//! ```text
//! rustc --edition 2024 src/stages/s4_forms.rs && ./s4_forms 8000
//! curl -i -d name=Ada http://127.0.0.1:8000/process
//! curl -L -c jar -b jar -d name=A http://127.0.0.1:8000/process
//! ```
//!
//! New: headers are kept, and a body is read, as long as Content-Length says. A POST is answered
//! with 303, "now GET that page", so that a reload sends nothing twice. The name and the message
//! for the next page (a "flash") travel in cookies: text that the client keeps and sends along.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::{env, fs};

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

const HELLO: &str = r#"<!doctype html><html lang="en"><title>Hello</title>
<link rel="stylesheet" href="/static/css/my-style-sheet.css">
<h1>Hello {{ name }}!</h1>
"#;

const FORM: &str = r#"<!doctype html><html lang="en"><title>A form</title>
<p>Your name: {{ name }}</p>
<p>{{ messages }}</p>
<form method="post" action="/process">
<label>Name <input name="name"></label> <button>Send</button></form>
"#;

/// What the client wants.
struct Request {
    method: String,
    /// The part of the URL after the host, as it was sent: `/hello/%C3%A9va`.
    path: String,
    /// Values by name, in lower case since a client may send `Cookie` or `cookie`.
    headers: HashMap<String, String>,
    body: Vec<u8>,
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

    /// Asks the browser to keep a cookie; an empty one, to forget it. Scripts cannot read it, and
    /// a form that another site posts does not send it.
    fn with_cookie(self, name: &str, value: &str) -> Response {
        let end = if value.is_empty() { "; Max-Age=0" } else { "" };
        let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{end}");
        self.with_header("Set-Cookie", &cookie)
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

/// Reads the first line, `GET /hello HTTP/1.1`, the headers up to the empty line, and the body.
fn read_request(reader: &mut impl BufRead) -> io::Result<Request> {
    let first_line = read_line(reader)?;
    let words: Vec<&str> = first_line.split(' ').collect();
    let [method, target, _version] = words[..] else {
        return Err(bad("a strange first line"));
    };
    let mut headers = HashMap::new();
    let mut line = read_line(reader)?;
    while !line.is_empty() {
        let (name, value) = line.split_once(':').ok_or_else(|| bad("a header without a colon"))?;
        headers.insert(name.to_lowercase(), value.trim_matches([' ', '\t']).to_string());
        line = read_line(reader)?;
    }
    let length = headers.get("content-length").map_or("0", String::as_str); // "0" if it is absent
    let length: u64 = length.parse().map_err(|_| bad("a Content-Length that is no number"))?;
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    if body.len() as u64 != length {
        return Err(bad("a body shorter than its length"));
    }
    // No page here needs the query, which comes after a `?` in the URL.
    let path = target.split('?').next().unwrap_or(target).to_string();
    Ok(Request { method: method.to_string(), path, headers, body })
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
        ("GET", ["formtest"]) => form_page(request),
        ("POST", ["process"]) => process(request),
        ("GET", ["static", path @ ..]) => static_file(path).unwrap_or_else(not_found),
        (_, ["hello"] | ["hello", _] | ["formtest"] | ["static", ..]) => only("GET, HEAD"),
        (_, ["process"]) => only("POST"),
        _ => not_found(),
    }
}

fn hello(name: &str) -> Response {
    Response::new("200 OK", HTML, render(HELLO, &[("name", name)]))
}

/// The page with the form. It shows what the cookies say.
fn form_page(request: &Request) -> Response {
    let name = cookie(request, "name").unwrap_or_default();
    let messages = cookie(request, "flash").unwrap_or_default();
    let page = render(FORM, &[("name", &name), ("messages", &messages)]);
    // A message is shown once. HEAD shows nothing, so the message must wait.
    let response = Response::new("200 OK", HTML, page);
    if request.method == "GET" { response.with_cookie("flash", "") } else { response }
}

/// Takes the form. A good name is kept, for another there is a message on the next page.
fn process(request: &Request) -> Response {
    // A form writes its fields as `name=Ada+Lovelace&city=London`, with `+` for a space.
    let form = String::from_utf8_lossy(&request.body).replace('+', " ");
    let Some(name) = find(&form, '&', "name") else {
        return Response::new("400 Bad Request", TEXT, "found a form without the field name\n");
    };
    let response = Response::new("303 See Other", TEXT, "").with_header("Location", "/formtest");
    // Characters, not bytes: `é` is one character and two bytes.
    if name.chars().count() >= 2 {
        // A name that is too long for a cookie is lost.
        return response.with_cookie("name", &percent_encode(&name));
    }
    let mut messages = cookie(request, "flash").unwrap_or_default();
    // A browser does not keep a cookie of more than 4096 bytes.
    if messages.len() < 1000 {
        messages += "need valid name. ";
    }
    response.with_cookie("flash", &percent_encode(&messages))
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

/// The value of a cookie that the client sent: `Cookie: name=Ada; flash=Hello`.
fn cookie(request: &Request, name: &str) -> Option<String> {
    find(request.headers.get("cookie")?, ';', name)
}

/// Finds the value of a name among pairs such as `name=Ada`, and decodes it.
fn find(pairs: &str, separator: char, name: &str) -> Option<String> {
    let mut pairs = pairs.split(separator).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(known, _)| known.trim_matches(' ') == name)?;
    Some(percent_decode(value))
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

/// Writes `é` as `%C3%A9`, so that the value of a cookie holds no space, `;` or line end.
fn percent_encode(text: &str) -> String {
    let encode = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

// What is still wrong with it
//
// The server keeps nothing and believes the cookies. Anybody can write a cookie, and words that the
// server never said stand on its page as its own:
//
//     curl -s -b 'flash=Call 555-0100' http://127.0.0.1:8000/formtest | grep -c 555-0100
//
// This stage prints `1`, carafe prints `0`. Read src/web/flash.rs.
//
// And a body of another kind is read as a form, and a body in chunks, without Content-Length, is
// not read at all; carafe takes both: src/web/form.rs and src/http/body.rs.
