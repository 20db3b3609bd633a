//! What the standards ask of an origin server, case by case, of the real program over raw sockets:
//! whole and byte by byte.

#[path = "../app/carafe.rs"]
#[allow(dead_code, reason = "the tests of the program use the rest")]
mod carafe;
mod case;
#[path = "../common/mod.rs"]
mod common;
mod wire;

use carafe::{Carafe, header};
use case::{Case, Connection, answers};
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// carafe with a folder of its own, in which there is the file that conditions and ranges are tried
/// on.
fn start() -> Carafe {
    let folder = common::empty_folder();
    let www = folder.join("www");
    fs::create_dir(&www).expect("a folder can be made");
    fs::write(www.join("carafe.txt"), "").expect("a file can be written");
    fs::write(www.join("ten.txt"), "0123456789").expect("a file can be written");
    let file = fs::File::options().write(true).open(www.join("ten.txt")).expect("it can be opened");
    let changed: SystemTime = UNIX_EPOCH + Duration::from_secs(784_111_777);
    file.set_modified(changed).expect("its date can be set");
    Carafe::start_in(&folder, &["--log", "off", "--no-cycles"])
}

#[test]
fn every_requirement_is_met_whole_and_byte_by_byte() {
    let carafe = start();
    let ten = carafe.raw(b"HEAD /static/ten.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let marks = [
        ("{etag}", header(&ten, "ETag").expect("a file has a mark").to_owned()),
        ("{date}", "Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
    ];
    let cases = Case::all(&marks);
    assert!(cases.len() > 300, "{} cases", cases.len());
    std::thread::scope(|scope| {
        for batch in cases.chunks(cases.len().div_ceil(8)) {
            let carafe = &carafe;
            scope.spawn(move || {
                for case in batch {
                    check(carafe, case, case.bytes.len().max(1));
                    if case.bytes.len() < 2000 {
                        check(carafe, case, 1);
                    }
                }
            });
        }
    });
}

fn check(carafe: &Carafe, case: &Case, piece_bytes: usize) {
    let mut stream = carafe.connect();
    stream.set_nodelay(true).expect("a socket can be set up");
    for piece in case.bytes.chunks(piece_bytes) {
        // It may have refused and closed before the last byte.
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    let title = format!(
        "line {}, in pieces of {piece_bytes}: {} {}",
        case.line, case.section, case.requirement
    );
    match case.connection {
        // What follows is read as a request of its own.
        Connection::Stays => stream
            .write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .expect(&title),
        Connection::Closes => {}
        Connection::Half => stream.shutdown(Shutdown::Write).expect(&title),
    }
    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap_or_else(|error| panic!("{title}: {error}"));
    let mut answers =
        answers(&received, case.bytes.starts_with(b"HEAD ")).unwrap_or_else(|wrong| {
            panic!("{title}: {wrong}\n{}", String::from_utf8_lossy(&received));
        });
    if case.connection == Connection::Stays {
        let last = answers.pop().unwrap_or_else(|| panic!("{title}: no answer"));
        assert!(last.status == 200 && last.body == b"Hello, World!\n", "{title}: {last:?}");
    }
    let interim = answers.iter().filter(|answer| answer.status < 200).count();
    // RFC 9110 §15.2: "A server MUST NOT send a 1xx response to an HTTP/1.0 client."
    assert!(
        interim == 0 || !String::from_utf8_lossy(&case.bytes).contains("HTTP/1.0"),
        "{title}: {answers:?}"
    );
    answers.retain(|answer| answer.status >= 200);
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, case.statuses, "{title}: {answers:?}");
    for answer in &answers {
        // RFC 9110 §6.6.1: a server that has a clock says the date.
        assert!(answer.header("Date").is_some_and(|date| date.len() == 29), "{title}: {answer:?}");
        assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"), "{title}: {answer:?}");
        assert!(answer.status != 405 || answer.header("Allow").is_some(), "{title}: {answer:?}");
        // RFC 9110 §15.5 and §15.6: an error is explained, but for HEAD; §8.3: and its type is
        // named.
        let explains = answer.header("Content-Type").is_some() && !answer.body.is_empty();
        let is_head = case.bytes.starts_with(b"HEAD ");
        assert!(answer.status < 400 || is_head || explains, "{title}: {answer:?}");
        // §5.3: no field comes twice, unless it is a list.
        assert_eq!(answer.repeated(), None, "{title}: {answer:?}");
    }
    if let Some(last) = answers.last() {
        for (name, value) in &case.has {
            let found = last.header(name);
            assert!(
                found.is_some_and(|found| value.is_empty() || found == value),
                "{title}: {name}: {found:?}"
            );
        }
        for name in &case.lacks {
            assert_eq!(last.header(name), None, "{title}");
        }
        if let Some(body) = &case.body {
            assert_eq!(
                String::from_utf8_lossy(&last.body),
                String::from_utf8_lossy(body),
                "{title}"
            );
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
    // Whatever came, everybody else is served.
    let hello = carafe.raw(b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(hello.ends_with("\r\n\r\nHello, World!\n"), "after {title}: {hello}");
}

#[test]
fn a_hundred_pipelined_requests_are_answered_in_order_also_to_a_half_closed_client() {
    let carafe = start();
    for half_closes in [false, true] {
        let mut requests: String =
            (0..100).map(|n| format!("GET /search?q={n} HTTP/1.1\r\nHost: x\r\n\r\n")).collect();
        if !half_closes {
            requests.push_str("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        }
        let mut stream = carafe.connect();
        stream.write_all(requests.as_bytes()).expect("they are sent");
        if half_closes {
            stream.shutdown(Shutdown::Write).expect("the socket is open");
        }
        let mut received = Vec::new();
        stream.read_to_end(&mut received).expect("every answer comes");
        let answers = answers(&received, false).expect("they are whole");
        assert_eq!(answers.len(), if half_closes { 100 } else { 101 });
        for (n, answer) in answers.iter().take(100).enumerate() {
            assert_eq!(String::from_utf8_lossy(&answer.body), format!("q = {n}\n"));
        }
    }
}

/// RFC 9110 §9.3.2: "The server SHOULD send the same header fields in response to a HEAD request as
/// it would have sent if the request method had been GET."
#[test]
fn a_head_is_a_get_without_its_body() {
    let carafe = start();
    for path in [
        "/hello",
        "/hello/Ada",
        "/",
        "/nowhere",
        "/boom",
        "/static/ten.txt",
        "/search?q=a",
        "/shop",
        "/shop/",
    ] {
        for accept in ["*/*", "text/html"] {
            let fields = |method: &str| -> Vec<String> {
                let rest = format!(
                    "{path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
                );
                let answer = carafe.raw(format!("{method} {rest}").as_bytes());
                let (head, body) = answer.split_once("\r\n\r\n").expect("a head ends");
                assert_eq!(body.is_empty(), method == "HEAD", "{method} {path}: {answer}");
                // A page that shows the request is longer by the letter that HEAD is longer than
                // GET.
                let shows_it = ["/nowhere", "/boom", "/"].contains(&path);
                let varies = |line: &str| {
                    line.starts_with("Date: ") || shows_it && line.starts_with("Content-Length: ")
                };
                head.lines().filter(|line| !varies(line)).map(str::to_owned).collect()
            };
            assert_eq!(fields("GET"), fields("HEAD"), "{path} {accept}");
        }
    }
}

/// Reads one line at a time, as a client does that waits for the word to go on.
fn read_line(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\r\n") && stream.read(&mut byte).expect("a line comes") == 1 {
        line.push(byte[0]);
    }
    String::from_utf8_lossy(&line).into_owned()
}

#[test]
fn who_asks_before_sending_a_body_is_told_to_go_on_or_why_not() {
    let carafe = start();
    for (headers, first) in [
        ("Content-Length: 2\r\n", "HTTP/1.1 100 Continue\r\n"),
        ("Transfer-Encoding: chunked\r\n", "HTTP/1.1 100 Continue\r\n"),
        ("Content-Length: 0\r\n", "HTTP/1.1 200 OK\r\n"),
        ("Content-Length: 2000000\r\n", "HTTP/1.1 413 Content Too Large\r\n"),
        ("Content-Length: two\r\n", "HTTP/1.1 400 Bad Request\r\n"),
    ] {
        let mut stream = carafe.connect();
        let head =
            format!("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).expect("it is sent");
        assert_eq!(read_line(&mut stream), first, "{headers}");
        if first.contains("100") {
            assert_eq!(read_line(&mut stream), "\r\n");
            let body: &[u8] =
                if headers.starts_with('C') { b"ok" } else { b"2\r\nok\r\n0\r\n\r\n" };
            stream.write_all(body).expect("it is sent");
            assert_eq!(read_line(&mut stream), "HTTP/1.1 200 OK\r\n");
        }
    }
}
