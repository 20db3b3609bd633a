//! What is fuzzed: functions that take any bytes and hold a claim against what carafe makes of
//! them.
//!
//! libFuzzer calls them with bytes that reach ever more of the code (`make fuzz`), `cargo test`
//! with the bytes that are kept in `corpus`. Each panics if its claim is wrong.

#[path = "../http/reader.rs"]
mod reader;

use carafe::http::conditions::{Validators, Verdict, evaluate};
use carafe::http::cookie::cookies;
use carafe::http::{
    Body, ChunkedBody, Fields, Framing, Headers, Limits, Method, Request, SetCookie, Version,
    cookie_value, date, expects_continue, fields, framing, multipart,
};
use carafe::web::origin;
use carafe::web::static_files::StaticFiles;
use carafe::web::template::Templates;
use carafe::{Map, Response, Server, Value, json};
use reader::{Reader, parse_head};
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, UNIX_EPOCH};

/// Takes any bytes, and panics if its claim does not hold.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also its folder in `corpus`.
pub const TARGETS: &[(&str, Target)] = &[
    ("head", head),
    ("body", body),
    ("connection", connection),
    ("server", server),
    ("template", template),
    ("json", json_text),
    ("form", form),
    ("multipart", multipart),
    ("cookie", cookie),
    ("path", path),
    ("conditions", conditions),
];

/// Close enough that a few bytes pass one bound or another.
fn tight() -> Limits {
    Limits { head_bytes: 90, target_bytes: 8, headers: 3, body_bytes: 8, ..Limits::default() }
}

/// The same numbers in every run (xorshift64), so that a failure can be repeated.
pub struct Random(pub u64);

impl Random {
    /// Seeded by the bytes themselves.
    fn of(bytes: &[u8]) -> Random {
        let mix = |seed: u64, &byte: &u8| (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Random(bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix) | 1)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    /// The bytes cut into pieces of 1 to `most`.
    fn pieces<'a>(&mut self, bytes: &'a [u8], most: usize) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(rest.len().min(1 + self.below(most)));
            pieces.push(piece);
            rest = behind;
        }
        pieces
    }
}

/// A head is what its own bytes say, whatever follows them, and no prefix of it is one.
fn head(bytes: &[u8]) {
    for limits in [Limits::default(), tight()] {
        let Ok(Some((request, used))) = parse_head(bytes, &limits) else { continue };
        let again =
            parse_head(&bytes[..used], &limits).expect("what follows a head changes nothing");
        assert_eq!(format!("{again:?}"), format!("{:?}", Some((&request, used))));
        // The limit is for the head without the empty lines in front.
        let empty = bytes.chunks(2).take_while(|line| line == b"\r\n").count() * 2;
        assert!(empty <= limits.head_bytes && used - empty <= limits.head_bytes);
        // A target that names its host makes one more.
        assert!(request.headers.iter().len() <= limits.headers + 1);
        for cut in [used - 1, used / 2] {
            assert!(
                parse_head(&bytes[..cut], &limits)
                    .expect("a prefix of a head is not wrong yet")
                    .is_none()
            );
        }
        assert!(request.path.starts_with('/') || request.path == "*");
        assert!(request.headers.get_all("Host").count() <= 1);
        let host = request.host_name();
        assert!(host.is_some() || request.version == Version::Http10, "HTTP/1.1 has a host");
        let is_clean =
            |text: &str| !text.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t');
        assert!(request.headers.iter().all(|(name, value)| is_clean(name) && is_clean(value)));
        // These read headers on their own; none may panic.
        let _ = (
            request.keep_alive(),
            request.content_type(),
            request.prefers_html(),
            origin::admit(&mut request.clone(), &[]),
        );
        let _ = (
            framing(&request, &limits),
            expects_continue(&request),
            fields::percent_decode(&request.path),
        );
    }
}

/// A chunked body is the same however it was cut, and its framing never takes a byte of what
/// follows.
fn body(bytes: &[u8]) {
    for limits in [Limits::default(), tight()] {
        let mut whole = ChunkedBody::default();
        let used = whole.feed(bytes, &limits);
        let body = whole.finish();
        let mut pieces = ChunkedBody::default();
        let (mut waiting, mut taken, mut failed) = (Vec::new(), 0, None);
        for piece in Random::of(bytes).pieces(bytes, 9) {
            waiting.extend_from_slice(piece);
            match pieces.feed(&waiting, &limits) {
                Ok(used) => {
                    waiting.drain(..used);
                    taken += used;
                }
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        match (used, failed) {
            (Ok(used), None) => assert_eq!((used, &body), (taken, &pieces.finish())),
            (Err(one), Some(other)) => assert_eq!(one, other),
            (one, other) => panic!("whole {one:?}, in pieces {other:?}"),
        }
        assert!(body.is_none_or(|body| body.len() <= limits.body_bytes));
    }
    // The head's own words on the body.
    let text: String =
        bytes.iter().map(|&byte| byte as char).filter(|letter| !letter.is_control()).collect();
    let mut request = Request::new(Method::Post, "/");
    for line in text.split(';').take(4) {
        let (name, value) = if line.len() % 2 == 0 {
            ("Content-Length", line)
        } else {
            ("Transfer-Encoding", line)
        };
        request.headers.append(name, value.trim_ascii());
    }
    if let Ok(Framing::Length(length)) = framing(&request, &Limits::default()) {
        assert_eq!(request.headers.get("Content-Length").map(str::parse), Some(Ok(length)));
        assert!(!request.headers.contains("Transfer-Encoding"), "two answers to one question");
    }
}

/// How many requests are seen, and what they say, does not depend on how the bytes were cut.
fn connection(bytes: &[u8]) {
    for limits in [Limits::default(), tight()] {
        let whole = Reader::read(bytes, bytes.len(), &limits);
        let mut pieces = Reader::new(limits.clone());
        for piece in Random::of(bytes).pieces(bytes, 40) {
            pieces.feed(piece);
        }
        assert_eq!(whole.statuses(), pieces.statuses());
        assert_eq!(whole.outcome(), pieces.outcome());
    }
}

/// A true server answers over a socket what the reader of the tests has understood, no more and no
/// less.
fn server(bytes: &[u8]) {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    let address = ADDRESS.get_or_init(|| {
        let server = Server::bind("127.0.0.1:0").expect("a port is free").quiet();
        let address = server.local_addr().expect("it has an address");
        // It lives as long as the process.
        std::thread::spawn(|| server.limits(tight()).run(|_: Request| Response::text("x")));
        address
    });
    let reader = Reader::read(bytes, bytes.len(), &tight());
    let mut expected = vec![200; reader.requests.len()];
    match &reader.error {
        Some(error) => expected.push(error.status.0),
        // The end of the connection in the middle of a body is an error, in the middle of a head a
        // change of mind.
        None if reader.is_in_body() => expected.push(400),
        None => {}
    }
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout can be set");
    for piece in Random::of(bytes).pieces(bytes, bytes.len()) {
        // It may have refused already, and read no more.
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
    let mut answers = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answers) {
        // Only who has asked to close, and sends on all the same, may meet a closed connection;
        // behind its answers.
        let asked_to_close = reader.requests.iter().any(|request| !request.keep_alive());
        assert!(
            asked_to_close && error.kind() == ErrorKind::ConnectionReset,
            "every answer arrives whole: {error}"
        );
    }
    let answers = String::from_utf8_lossy(&answers).into_owned();
    let seen: Vec<u16> = statuses(&answers);
    assert_eq!(seen, expected, "{answers}");
}

/// The statuses of answers one behind the other, read by their lengths; without those that say `100
/// Continue`.
fn statuses(mut answers: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    while let Some((head, rest)) = answers.split_once("\r\n\r\n") {
        let status = head
            .get(9..12)
            .and_then(|code| code.parse().ok())
            .expect("an answer begins with its status");
        let length =
            head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap_or("0");
        let length: usize = length.parse().expect("a number");
        // An answer to HEAD has a length and no body; the text of this server's answers is never a
        // status line.
        answers = if rest.starts_with("HTTP/1.1 ") || rest.is_empty() {
            rest
        } else {
            &rest[length.min(rest.len())..]
        };
        if status != 100 {
            statuses.push(status);
        }
    }
    assert_eq!(answers, "", "the last answer is whole");
    statuses
}

/// Any template is a page or an error with a place in it, and needs no more stack than a worker
/// has.
fn template(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (page, other) = text.split_once("\0").unwrap_or((text, "{% block a %}other{% endblock %}"));
    let folder = scratch("template");
    fs::write(folder.join("page.html"), page).expect("a file can be written");
    fs::write(folder.join("other.html"), other).expect("a file can be written");
    let variables = Map::from([
        ("name", Value::from("<Ada>")),
        ("items", Value::from([1.into(), "two".into(), Value::Float(3.5), Value::Null])),
        ("user", Value::from(Map::from([("name", "Bo"), ("0", "zero")]))),
    ]);
    let rendered = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(768 << 10);
        let work = || Templates::from_dir(&folder).render("page.html", &variables, &());
        thread
            .spawn_scoped(scope, work)
            .expect("a thread starts")
            .join()
            .expect("it does not panic")
    });
    if let Err(error) = rendered {
        assert!(error.line > 0 || error.message.contains("page.html"), "{error}");
        assert!(!error.message.is_empty());
    }
}

/// What is read as JSON is written as JSON that reads the same.
fn json_text(bytes: &[u8]) {
    match json::parse(bytes) {
        Ok(value) => {
            let text = json::write(&value);
            let again =
                json::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(json::write(&again), text);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// What is read as a form is written as a form that reads the same.
fn form(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let read = Fields::parse(&text);
    // A field with neither name nor value is written `=`, which is read as one.
    assert_eq!(Fields::parse(&read.encode()), read);
    assert!(read.encode().is_ascii());
    assert_eq!(fields::percent_decode(&fields::percent_encode(&text, "")), text);
}

/// What is read as a form with files holds no more than its bytes; a file name is no path; and what
/// is written again with another boundary reads the same.
fn multipart(bytes: &[u8]) {
    let read = match multipart::parse("multipart/form-data; boundary=x7", bytes) {
        Ok(read) => read,
        Err(error) => return assert!(matches!(error.status.0, 400 | 413), "{error}"),
    };
    let quoted = |name: &str| name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let quoted = |name: &str| quoted(&name.replace('\\', "\\\\"));
    let mut again = Vec::new();
    for (name, value) in read.fields.iter() {
        let head = format!("Content-Disposition: form-data; name=\"{}\"", quoted(name));
        again.extend_from_slice(format!("--other\r\n{head}\r\n\r\n{value}\r\n").as_bytes());
    }
    for (name, file) in &read.files {
        assert!(!file.file_name.contains(['/', '\\', '\0']) && file.file_name != "..");
        let (name, file_name) = (quoted(name), quoted(&file.file_name));
        let head = format!("Content-Disposition: x; name=\"{name}\"; filename=\"{file_name}\"");
        let head = format!("--other\r\n{head}\r\nContent-Type: {}\r\n\r\n", file.content_type);
        again.extend_from_slice(head.as_bytes());
        again.extend_from_slice(&[&file.bytes, &b"\r\n"[..]].concat());
    }
    again.extend_from_slice(b"--other--");
    // A head may grow past its bound, filename* may name what no other client can, and without
    // its control characters a name may look escaped.
    let has_other = bytes.windows(7).any(|window| window == b"--other");
    let is_named = |file: &multipart::UploadedFile| {
        !file.file_name.is_empty() && !file.file_name.contains('%')
    };
    let is_plain = bytes.len() < 1000 && !bytes.contains(&b'*') && !has_other;
    if is_plain && read.files.iter().all(|(_, file)| is_named(file)) {
        let second = multipart::parse("multipart/form-data; boundary=\"other\"", &again);
        assert_eq!(second.as_ref(), Ok(&read), "{}", again.escape_ascii());
    }
}

/// A cookie that can be set comes back as it was, and a date that can be read is written so that it
/// reads the same. A date before 1970 is only compared: it is written as the first second of 1970.
fn cookie(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (name, value) = text.split_once('=').unwrap_or((&text, ""));
    if let Ok(cookie) = SetCookie::new(name, value) {
        let line = cookie.to_string();
        assert!(!line.contains(|letter: char| letter.is_control()), "{line:?}");
        let mut headers = Headers::new();
        headers.append("Cookie", line.split("; Path=/").next().expect("there is a first part"));
        assert_eq!(cookie_value(&headers, name).as_deref(), Some(value));
    }
    let mut headers = Headers::new();
    headers.append("Cookie", &text);
    assert!(cookies(&headers).all(|(name, _)| !name.contains([';', '='])));
    if let Some(time) = date::parse(&text) {
        assert_eq!(date::parse(&date::format(time)), Some(time.max(UNIX_EPOCH)));
    }
}

/// No path leads to what does not lie in the folder, or is hidden there.
fn path(bytes: &[u8]) {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = scratch("path");
        let www = folder.join("www");
        fs::create_dir_all(www.join("css")).expect("a folder can be made");
        fs::create_dir_all(www.join(".git")).expect("a folder can be made");
        for public in ["a.txt", "css/b.css"] {
            fs::write(www.join(public), "public").expect("a file can be written");
        }
        for secret in ["secret", "www/.hidden", "www/.git/config"] {
            fs::write(folder.join(secret), "secret").expect("a file can be written");
        }
        #[cfg(unix)]
        for (link, target) in [("out", "../secret"), ("up", ".."), ("in", "a.txt")] {
            let _ = std::os::unix::fs::symlink(target, www.join(link));
        }
        www
    });
    let text = String::from_utf8_lossy(bytes);
    for path in [&*text, &*fields::percent_decode(&text)] {
        if let Ok(answer) = StaticFiles::from_dir(folder).whole(path) {
            assert!(
                matches!(&answer.body, Body::Bytes(bytes) if bytes == b"public"),
                "{path:?}: {answer:?}"
            );
        }
    }
}

/// A range that is granted lies in the file; two requests with the same marks get the same verdict.
fn conditions(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut request = Request::new(Method::Get, "/");
    let names = [
        "Range",
        "If-Match",
        "If-None-Match",
        "If-Range",
        "If-Modified-Since",
        "If-Unmodified-Since",
    ];
    for line in text.lines().take(8) {
        let letter = usize::from(line.bytes().next().unwrap_or(0));
        request.headers.append(names[letter % names.len()], line.get(1..).unwrap_or(""));
    }
    for size in [0, 1, 10, u64::MAX] {
        for (etag, modified) in
            [("\"a\"", None), ("W/\"a\"", Some(UNIX_EPOCH + Duration::from_secs(784_111_777)))]
        {
            let validators = Validators { etag: etag.into(), modified };
            if let Verdict::Part(range) = evaluate(&request, &validators, size) {
                assert!(range.start < range.end && range.end <= size, "{range:?} of {size}");
            }
        }
    }
}

/// A folder of this process for one target, in memory if the system has such a place.
fn scratch(target: &str) -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let place = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let folder = place.join(format!("carafe-fuzz-{}-{target}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}
