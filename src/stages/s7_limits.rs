//! Stage 7: what a client may send has limits, and what is in doubt is refused.
//!
//! ```text
//! rustc --edition 2024 src/stages/s7_limits.rs && ./s7_limits 8000
//! curl -i -H 'Content-Length: +5' http://127.0.0.1:8000/hello
//! ```
//!
//! New: a request that is too large, that falls silent, or that a proxy in front could read in
//! another way than this server gets an answer that says so: 400, 408, 413, 431, 501 or 505. What
//! the client still sends is then read away: a close with unread bytes would destroy the answer.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, BufRead, BufReader, Read, Take, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// How many connections are served at the same time. The others wait in the system's queue.
const WORKERS: usize = 8;
/// How long one read or one write may wait for the client.
const PATIENCE: Duration = Duration::from_secs(5);
/// How large the first line and the headers may be together, and how large a body.
const HEAD_BYTES: u64 = 16 * 1024;
const BODY_BYTES: u64 = 64 * 1024;

const BAD: &str = "400 Bad Request";
const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

const HELLO: &str = r#"<!doctype html><html lang="en"><title>Hello</title>
<link rel="stylesheet" href="/static/css/my-style-sheet.css">
<h1>Hello {{ name }}!</h1>
"#;

const FORM: &str = r#"<!doctype html><html lang="en"><title>A form</title>
<p>Your name: {{ name }}</p>
{% for message in messages %}<p>{{ message }}</p>{% endfor %}
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

/// What the server remembers of one visitor.
#[derive(Default)]
struct Session {
    name: String,
    /// For the next page: the messages of a "flash".
    messages: Vec<String>,
    user: Option<String>,
    visits: u64,
}

/// What the server remembers of all visitors, by the id in their cookie `sid`.
type Sessions = HashMap<String, Session>;

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
    let sessions = Mutex::new(Sessions::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| work(&listener, &sessions));
        }
    });
    Ok(()) // never reached: the scope waits for its threads, and no worker ends
}

/// One worker. All of them wait for connections, and the system gives each to one of them.
fn work(listener: &TcpListener, sessions: &Mutex<Sessions>) {
    for stream in listener.incoming() {
        // `stream` is a `Result`: a client may be gone before it is accepted.
        if let Err(error) = stream.and_then(|stream| serve(stream, sessions)) {
            // Not `eprintln!`, which panics when nobody can read standard error any more.
            let _ = writeln!(io::stderr(), "{error}");
        }
    }
}

/// Waits until no other worker has the table. The guard borrows the mutex (`'_`) and unlocks it at
/// the end of its scope. A panic would "poison" the mutex, but no handler panics in a change.
fn lock(sessions: &Mutex<Sessions>) -> MutexGuard<'_, Sessions> {
    sessions.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a request and answers it. The connection is closed when `stream` goes out of scope.
fn serve(stream: TcpStream, sessions: &Mutex<Sessions>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (response, with_body) = match read_request(&mut BufReader::new(&stream)) {
        Ok(request) => (answer_or_500(&request, sessions), request.method != "HEAD"),
        Err(refusal) => (refusal, true),
    };
    write_response(&stream, &response, with_body)?;
    read_away(&stream)
}

/// Reads the first line, `GET /hello HTTP/1.1`, the headers up to the empty line, and the body.
/// If the request is bad, the error is the answer, with its body even to a HEAD.
fn read_request(reader: &mut impl BufRead) -> Result<Request, Response> {
    let mut head = reader.by_ref().take(HEAD_BYTES); // it gives at most this number of bytes
    let first_line = read_line(&mut head)?;
    let words: Vec<&str> = first_line.split(' ').collect();
    let [method, target, version] = words[..] else { return Err(bad("a strange first line")) };
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_token = |word: &str| !word.is_empty() && word.bytes().all(is_letter); // RFC 9110, 5.6.2
    let is_path = target.starts_with('/') && target.bytes().all(|byte| byte.is_ascii_graphic());
    require(is_token(method) && is_path, BAD, "expected a method and a path in ASCII")?;
    let is_known = version == "HTTP/1.0" || version == "HTTP/1.1";
    require(is_known, "505 HTTP Version Not Supported", "expected HTTP/1.1")?;
    let mut headers = HashMap::new();
    let mut line = read_line(&mut head)?;
    while !line.is_empty() {
        let (name, value) = line.split_once(':').ok_or_else(|| bad("a header without a colon"))?;
        require(is_token(name), BAD, "expected a header's name, no blanks")?;
        let is_text = value.chars().all(|letter| letter == '\t' || !letter.is_ascii_control());
        require(is_text, BAD, "expected no control characters in a header")?;
        let name = name.to_lowercase();
        // If there are two lengths, a proxy may use one, and this server the other.
        let is_single = name == "host" || name == "content-length";
        let is_new = headers.insert(name, value.trim_matches([' ', '\t']).to_string()).is_none();
        require(is_new || !is_single, BAD, "expected one Host and one Content-Length")?;
        line = read_line(&mut head)?;
    }
    require(version == "HTTP/1.0" || headers.contains_key("host"), BAD, "expected Host")?;
    let is_chunked = headers.contains_key("transfer-encoding");
    require(!is_chunked, "501 Not Implemented", "expected Content-Length, not Transfer-Encoding")?;
    let length = headers.get("content-length").map_or("0", String::as_str); // "0" if it is absent
    require(!length.starts_with('+'), BAD, "expected a length in digits")?; // `parse` reads `+5`
    let length: u64 = length.parse().map_err(|_| bad("a Content-Length that is no number"))?;
    require(length <= BODY_BYTES, "413 Content Too Large", "expected a smaller body")?;
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body).map_err(timeout)?;
    require(body.len() as u64 == length, BAD, "expected a longer body")?;
    // No page here needs the query, which comes after a `?` in the URL.
    let path = target.split('?').next().unwrap_or(target).to_string();
    Ok(Request { method: method.to_string(), path, headers, body })
}

/// One line, without the line end. Bytes that are not UTF-8 become `�`.
fn read_line(head: &mut Take<impl BufRead>) -> Result<String, Response> {
    let mut bytes = Vec::new();
    head.read_until(b'\n', &mut bytes).map_err(timeout)?;
    require(head.limit() > 0, "431 Request Header Fields Too Large", "expected fewer headers")?;
    let line = bytes.strip_suffix(b"\r\n").ok_or_else(|| bad("a line without CR LF at its end"))?;
    Ok(String::from_utf8_lossy(line).into_owned())
}

/// Goes on if something holds. If not, the error is the answer.
fn require(holds: bool, status: &'static str, why: &str) -> Result<(), Response> {
    if holds { Ok(()) } else { Err(Response::new(status, TEXT, format!("{why}\n"))) }
}

fn bad(why: &'static str) -> Response {
    Response::new(BAD, TEXT, format!("found {why}\n"))
}

/// Reading fails when the time is over, or when the connection breaks and no answer can arrive.
fn timeout(_: io::Error) -> Response {
    Response::new("408 Request Timeout", TEXT, "the request took too long\n")
}

/// Sends a response. The answer to HEAD is that to GET without the body.
fn write_response(mut stream: &TcpStream, response: &Response, with_body: bool) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {}\r\n{}", response.status, response.headers);
    // The client counts: the answer is over after this many bytes of body.
    head += &format!("Content-Length: {}\r\nConnection: close\r\n\r\n", response.body.len());
    stream.write_all(head.as_bytes())?;
    if with_body { stream.write_all(&response.body) } else { Ok(()) }
}

/// Calls `answer`. A panic stops here and does not end the worker. `AssertUnwindSafe` is a promise
/// to the compiler that a panic leaves nothing half changed; `lock` says why.
fn answer_or_500(request: &Request, sessions: &Mutex<Sessions>) -> Response {
    let failed = |_| Response::new("500 Internal Server Error", TEXT, "the handler panicked\n");
    panic::catch_unwind(AssertUnwindSafe(|| answer(request, sessions))).unwrap_or_else(failed)
}

/// Ends a connection without destroying the answer (RFC 9112, section 9.6). The client is told that
/// this was all, and what it still sends is thrown away. One that stays silent costs a second.
fn read_away(mut stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let (start, mut bytes) = (Instant::now(), [0; 8192]);
    while start.elapsed() < PATIENCE && stream.read(&mut bytes).is_ok_and(|size| size > 0) {}
    Ok(())
}

/// The routes: finds the answer to a method and a path.
fn answer(request: &Request, sessions: &Mutex<Sessions>) -> Response {
    // First the path is split, then its parts are decoded: `a%2Fb` is one part and holds a slash.
    let parts: Vec<String> = request.path.split('/').skip(1).map(percent_decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let method = if request.method == "HEAD" { "GET" } else { &request.method };
    match (method, &parts[..]) {
        ("GET", ["hello"]) => Response::new("200 OK", TEXT, "Hello, World!\n"),
        ("GET", ["hello", name]) => hello(name), // an empty name too, which carafe refuses
        ("GET", ["formtest"]) => form_page(request, &mut lock(sessions)),
        ("POST", ["process"]) => process(request, &mut lock(sessions)),
        ("GET", ["sessions"]) => set_user(request, &mut lock(sessions)),
        ("GET", ["getsession"]) => get_user(request, &mut lock(sessions)),
        ("GET", ["dropsession"]) => drop_session(request, &mut lock(sessions)),
        ("GET", ["ladder", "none"]) => count(&mut 0),
        ("GET", ["ladder", "session"]) => count_in_session(request, &mut lock(sessions)),
        ("GET", ["static", path @ ..]) => static_file(path).unwrap_or_else(not_found),
        ("GET", ["boom"]) => panic!("this handler panics on purpose"),
        (_, ["hello" | "formtest" | "sessions" | "getsession" | "dropsession" | "boom"])
        | (_, ["hello", _] | ["static", ..] | ["ladder", "none" | "session"]) => only("GET, HEAD"),
        (_, ["process"]) => only("POST"),
        _ => not_found(),
    }
}

fn hello(name: &str) -> Response {
    Response::new("200 OK", HTML, render(HELLO, &[("name", name)], &[]))
}

/// The session that the visitor's cookie names, or `None`. `'a`: it lies in `sessions`.
fn known<'a>(sessions: &'a mut Sessions, request: &Request) -> Option<&'a mut Session> {
    sessions.get_mut(&cookie(request, "sid")?)
}

/// The visitor's session and its id. A stranger gets a new session under a new id. An id that the
/// server did not make is never used: an attacker could have planted it, to know it later.
fn open<'a>(sessions: &'a mut Sessions, request: &Request) -> (String, &'a mut Session) {
    let id = cookie(request, "sid").filter(|id| sessions.contains_key(id));
    let id = id.unwrap_or_else(random_id);
    (id.clone(), sessions.entry(id).or_default()) // a new session if there is none
}

/// The page with the form. It shows what the session holds; looking at it starts no session.
fn form_page(request: &Request, sessions: &mut Sessions) -> Response {
    let mut stranger = Session::default();
    let session = known(sessions, request).unwrap_or(&mut stranger);
    let page = render(FORM, &[("name", &session.name)], &[("messages", &session.messages)]);
    // A message is shown once. HEAD shows nothing, so the message must wait.
    if request.method == "GET" {
        session.messages.clear();
    }
    Response::new("200 OK", HTML, page)
}

/// Takes the form. A good name is kept, for another there is a message on the next page.
fn process(request: &Request, sessions: &mut Sessions) -> Response {
    // A form writes its fields as `name=Ada+Lovelace&city=London`, with `+` for a space.
    let form = String::from_utf8_lossy(&request.body).replace('+', " ");
    let Some(name) = find(&form, '&', "name") else { return bad("a form without the field name") };
    let (id, session) = open(sessions, request);
    // Characters, not bytes: `é` is one character and two bytes.
    if name.chars().count() >= 2 {
        session.name = name;
    } else if session.messages.len() < 10 {
        session.messages.push("need valid name".to_string());
    }
    let response = Response::new("303 See Other", TEXT, "").with_header("Location", "/formtest");
    response.with_cookie("sid", &id)
}

/// A GET, as in the course notes. It should be POST: a link on any page can make a browser do it.
fn set_user(request: &Request, sessions: &mut Sessions) -> Response {
    let (id, session) = open(sessions, request);
    session.user = Some("Anthony".to_string());
    Response::new("200 OK", TEXT, "Index\n").with_cookie("sid", &id)
}

fn get_user(request: &Request, sessions: &mut Sessions) -> Response {
    let user = known(sessions, request).and_then(|session| session.user.clone());
    Response::new("200 OK", TEXT, user.unwrap_or("Not logged in!".to_string()) + "\n")
}

/// Forgets the visitor. A copy of the cookie is worth nothing from now on.
fn drop_session(request: &Request, sessions: &mut Sessions) -> Response {
    sessions.remove(&cookie(request, "sid").unwrap_or_default());
    Response::new("200 OK", TEXT, "Dropped!\n").with_cookie("sid", "")
}

fn count_in_session(request: &Request, sessions: &mut Sessions) -> Response {
    let (id, session) = open(sessions, request);
    count(&mut session.visits).with_cookie("sid", &id)
}

/// Counts a visit: in a session, or for /ladder/none in a new 0 that nobody keeps.
fn count(visits: &mut u64) -> Response {
    *visits += 1;
    Response::new("200 OK", TEXT, format!("visit {visits}\n"))
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

/// Puts values into the places of a template, such as `{{ name }}`, and repeats what stands between
/// `{% for item in list %}` and `{% endfor %}`. Another `{` is text, and so is what was put in,
/// also the name of a visitor who is called `{{ name }}`. A mistake in a template panics.
fn render(template: &str, values: &[(&str, &str)], lists: &[(&str, &[String])]) -> String {
    let (mut page, mut rest) = (String::new(), template);
    while let Some((before, behind)) = rest.split_once('{') {
        page += before;
        if let Some(tag) = behind.strip_prefix("% for ") {
            let (item, tag) = tag.split_once(" in ").expect("a loop has a list");
            let (name, behind) = tag.split_once(" %}").expect("a tag ends");
            let (body, behind) = behind.split_once("{% endfor %}").expect("a loop ends");
            let (_, list) = lists.iter().find(|(known, _)| *known == name).expect("a known list");
            page.extend(list.iter().map(|value| render(body, &[(item, value)], &[])));
            rest = behind;
        } else if let Some(place) = behind.strip_prefix("{ ") {
            let (name, behind) = place.split_once(" }}").expect("a place ends");
            let (_, value) = values.iter().find(|(known, _)| *known == name).expect("a known name");
            page += &escape(value);
            rest = behind;
        } else {
            page.push('{');
            rest = behind;
        }
    }
    page + rest // the text after the last place
}

/// The value of a cookie that the client sent: `Cookie: sid=1f3a; theme=dark`.
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

/// 128 bits that are hard to guess: random keys that Rust makes for its hash tables. They are not
/// meant for ids. carafe reads the system's generator for keys: src/random.rs.
fn random_id() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

// What is still wrong with it
//
// Eight clients that send a header each second hold all workers for hours, and the others wait:
//
//     drip() { printf 'GET / HTTP/1.1\r\n'; for s in 1 2 3 4; do sleep 1; printf 'X:\r\n'; done; }
//     for n in 1 2 3 4 5 6 7 8; do drip | curl -s -m 5 -o /dev/null telnet://127.0.0.1:8000 & done
//     sleep 1; curl -s -m 2 -o /dev/null -w '%{http_code}\n' http://127.0.0.1:8000/hello
//
// This stage prints `000`, carafe prints `200`. Read src/server/pool.rs.
//
// The rest of carafe is what else a server needs: several requests on a connection, chunked bodies
// (src/http/body.rs), conditions and ranges, a Date, a URL in the first line (RFC 9112, 3.2.2),
// an end to old sessions, a new id at a login. It answers 400 to a malformed Host or version, 415
// to a form of another type, and 403 to a form that another site posts (src/web/origin.rs).
