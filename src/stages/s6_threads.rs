//! Stage 6: several threads serve at the same time, and no read or write waits without end.
//!
//! ```text
//! rustc --edition 2024 src/stages/s6_threads.rs && ./s6_threads 8000
//! curl -i http://127.0.0.1:8000/boom
//! ```
//!
//! New: eight workers, each a thread that takes the next connection and serves it. They share one
//! table of sessions, and a lock lets one of them at a time read or change it. A client that says
//! nothing for five seconds is given up. A handler that panics is a 500, and its worker lives on.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{env, fs, thread};

/// How many connections are served at the same time. The others wait in the system's queue.
const WORKERS: usize = 8;
/// How long one read or one write may wait for the client.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// Waits until no other worker has the table. The guard borrows the mutex (`'_`), and unlocks it at
/// the end of its scope. It is "poisoned" if a worker panicked with it. Then the table is whole all
/// the same: no handler panics in a change.
fn lock(sessions: &Mutex<Sessions>) -> MutexGuard<'_, Sessions> {
    sessions.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a request and answers it. The connection is closed when `stream` goes out of scope.
fn serve(stream: TcpStream, sessions: &Mutex<Sessions>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = read_request(&mut BufReader::new(&stream))?;
    let response = answer_or_500(&request, sessions);
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

/// Calls `answer`. A panic stops here and does not end the worker. `AssertUnwindSafe` is a promise
/// to the compiler that a panic leaves nothing half changed; `lock` says why.
fn answer_or_500(request: &Request, sessions: &Mutex<Sessions>) -> Response {
    let failed = |_| Response::new("500 Internal Server Error", TEXT, "the handler panicked\n");
    panic::catch_unwind(AssertUnwindSafe(|| answer(request, sessions))).unwrap_or_else(failed)
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
    let Some(name) = find(&form, '&', "name") else {
        return Response::new("400 Bad Request", TEXT, "found a form without the field name\n");
    };
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
// It reads whatever is sent. A form of 30 megabytes takes more than 30 megabytes of memory, which a
// session keeps if it is a name. A head without end takes all that there is:
//
//     (printf 'name=Ada&more='; head -c 30000000 /dev/zero) |
//         curl -s -o /dev/null -w '%{http_code}\n' --data-binary @- http://127.0.0.1:8000/process
//
// This stage prints `303`, carafe prints `413`. Read src/http/limits.rs.
//
// And it guesses where a request is in doubt: of two lengths of a body, it believes the last.
