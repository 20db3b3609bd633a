//! `carafe check --suite notes`: a right app passes, and each broken one is caught for the right
//! reason.

use super::odd;
use crate::carafe::Carafe;
use crate::common::{ChildGuard, DEADLINE, of_python};
use carafe::server::log::is_unseen;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::slice;
use std::thread;
use std::time::{Duration, Instant};

/// The exit code and the report.
fn check(url: &str) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_carafe"))
        .args(["check", "--suite", "notes", "--url", url])
        .output()
        .expect("carafe starts");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code(), String::from_utf8(output.stdout).expect("a report is UTF-8"))
}

/// How a report ends if all claims hold.
fn all_hold(url: &str) -> String {
    format!("\nAll 23 hold at {url}.\n")
}

/// The claims that do not hold, each with what is said about it.
fn failures(report: &str) -> Vec<(&str, &str)> {
    let blocks = report.split("\n  FAIL  ").skip(1);
    blocks.map(|block| block.split_once('\n').expect("a claim and what was met")).collect()
}

/// A program that serves the notes' app; stopped when it is dropped.
struct App(ChildGuard);

impl App {
    fn start(command: &mut Command) -> App {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notes");
        command.current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        App(ChildGuard::spawn(command))
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // TERM, not KILL: gunicorn then takes its workers along.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let end = Instant::now() + DEADLINE;
        while self.0.try_wait().is_ok_and(|status| status.is_none()) && Instant::now() < end {
            thread::park_timeout(Duration::from_millis(2));
        }
    }
}

/// What does not hold where the name and the message are not seen: the page with the form never
/// comes.
const WITHOUT_FORM: &[&str] = &[
    "POST /process",
    "/formtest shows",
    "a name in a form",
    "a form without",
    "a name of one",
    "an empty",
    "a refused name",
    "the message is",
    "two refusals",
    "nobody else",
    "é is one",
    "李明 is two",
];

/// What does not hold for somebody whose cookie is lost on the way.
const WITHOUT_MEMORY: &[&str] = &[FORM, "/sessions sets"];

/// Stands for all claims about what the form's page shows.
const FORM: &str = "the form's page";
const OF_FORM: [&str; 9] = [
    "/formtest shows",
    "a name in a form",
    "a name of one",
    "an empty",
    "a refused name",
    "the message is",
    "two refusals",
    "é is one",
    "李明 is two",
];

/// A fault of `tests/notes/app.py`, the claims that it breaks, and words that tell why at the first
/// of them.
const FAULTS: &[(&str, &[&str], &[&str])] = &[
    ("greeting", &["/hello says"], &["/hello\n", "200 OK", "Hello there", "in it: Hello, World!"]),
    ("crash", &["/hello says"], &["500 INTERNAL SERVER ERROR"]),
    ("untyped", &["/hello says", "/static/css"], &["expected  a Content-Type"]),
    (
        "unescaped",
        &["a name in the URL"],
        &["/hello/%3Cb%3EAda", "Hello <b>Ada!", "expected  Hello &lt;b&gt;Ada!"],
    ),
    (
        "escaped-twice",
        &["a name in the URL"],
        &["Hello &amp;lt;b", "expected  Hello &lt;b&gt;Ada!"],
    ),
    ("undecoded", &["a name in the URL", "the URL's"], &["Hello %3Cb%3EAda"]),
    (
        "stranger-name",
        &["/hello/NAME", "a name in the URL", "the URL's"],
        &["Hello World!", "Hello Ada!"],
    ),
    (
        "css-type",
        &["/static/css"],
        &["Content-Type: text/plain", "expected  Content-Type: text/css"],
    ),
    ("css-gone", &["/static/css"], &["404 NOT FOUND", "expected  200"]),
    ("get-process", &["GET /process"], &["302 FOUND", "expected  405", "POST in it"]),
    (
        "no-allow",
        &["PUT /hello", "GET /process"],
        &["-X PUT", "405 METHOD NOT ALLOWED", "header Allow, and GET in it"],
    ),
    ("unknown-404", &["PUT /hello", "GET /process"], &["404 NOT FOUND", "expected  405"]),
    ("no-redirect", &["POST /process"], &["-d name=Zenobia", "200 OK", "expected  303 or 302"]),
    (
        "redirect-307",
        &["POST /process"],
        &["307 TEMPORARY REDIRECT", "expected  303 or 302", "a reload"],
    ),
    ("redirect-home", &["POST /process"], &["Location: /\n", "expected  Location: /formtest"]),
    (
        "redirect-host",
        &["POST /process"],
        &["Location: http://localhost:", "to another host no cookie"],
    ),
    (
        "loop",
        WITHOUT_FORM,
        &["302 FOUND", "Location: /formtest", "a redirect to /formtest itself would never end"],
    ),
    (
        "raw-name",
        &["a name in a form"],
        &["'name=<b>Zenobia'", "holds: <b>Zenobia<", "&lt;b&gt;Zenobia"],
    ),
    ("name-global", &["/formtest shows"], &["expected  no Zenobia: a new visitor"]),
    ("no-field", &["a form without"], &["nmae=Zenobia", "500 INTERNAL", "400 Bad Request"]),
    ("keeps-refused", &["a refused name"], &["holds: A ", "still Zenobia"]),
    (
        "no-flash",
        &["a name of one", "an empty", "the message is", "two refusals", "é is one"],
        &["name=A", "1 time, not 0"],
    ),
    (
        "sticky-flash",
        &["the message is", "two refusals"],
        &["0 times, not 1: a flashed message lives for one page"],
    ),
    ("one-flash", &["two refusals"], &["name=B", "2 times, not 1: two names were refused"]),
    ("global-flash", &["nobody else"], &["0 times, not 1: this is another visitor"]),
    ("bytes", &["é is one"], &["'name=é'", "holds: é", "count characters, not bytes"]),
    ("latin1", &["é is one", "李明 is two"], &["holds: Ã©"]),
    (
        "secure",
        WITHOUT_MEMORY,
        &["the cookie session is Secure, and this is plain http: browsers drop it"],
    ),
    (
        "cookie-path",
        WITHOUT_MEMORY,
        &["the cookie session goes to /process alone, not to /formtest"],
    ),
    ("new-key", WITHOUT_MEMORY, &["expected  Zenobia, which the session has kept"]),
    (
        "global-user",
        &["one visitor's user"],
        &["curl -i http", "; Anthony\n", "Not logged in!: this is another visitor"],
    ),
    ("no-drop", &["/dropsession"], &["/dropsession\n", "; Anthony\n", "expected  Not logged in!"]),
    (
        "length",
        &["/hello says", "PUT /hello"],
        &[
            "it closed the connection, and 14 bytes of the body",
            "the 15 that Content-Length promised",
        ],
    ),
];

#[test]
fn the_notes_app_in_flask_passes_and_each_fault_is_caught_for_the_right_reason() {
    let Some(python) = of_python("python") else { return };
    let mut app = App::start(Command::new(python).args(["app.py", "each"]));
    let stdout = BufReader::new(app.0.stdout.take().expect("stdout is piped"));
    let mut seen = Vec::new();
    // The app without a fault comes first; the odd but right ones last.
    for line in stdout.lines().take(1 + FAULTS.len() + 3) {
        let line = line.expect("the app says where it is");
        let (url, fault) = line.split_once(' ').expect("an address and a fault");
        let (code, report) = check(url);
        let row = FAULTS.iter().find(|(name, ..)| *name == fault);
        let Some((_, claims, words)) = row else {
            assert!(
                ["", "chunked", "http10", "absolute"].contains(&fault),
                "{fault} is not in the table"
            );
            assert!(code == Some(0) && report.ends_with(&all_hold(url)), "{fault}: {report}");
            seen.push(fault.to_owned());
            continue;
        };
        let claims = claims
            .iter()
            .flat_map(|claim| if *claim == FORM { &OF_FORM[..] } else { slice::from_ref(claim) });
        let claims: Vec<&str> = claims.copied().collect();
        let failures = failures(&report);
        assert_eq!(code, Some(1), "{fault}: {report}");
        // And nothing else may be accused.
        assert_eq!(failures.len(), claims.len(), "{fault}: {report}");
        for (claim, (found, _)) in claims.iter().zip(&failures) {
            assert!(found.starts_with(claim), "{fault}: expected the claim {claim}\n{report}");
        }
        for word in *words {
            assert!(failures[0].1.contains(word), "{fault}: expected {word:?}\n{report}");
        }
        seen.push(fault.to_owned());
    }
    assert_eq!(seen.len(), FAULTS.len() + 4, "{seen:?}");
}

#[test]
fn the_notes_app_passes_under_gunicorn_too() {
    let Some(gunicorn) = of_python("gunicorn") else { return };
    for fault in ["", "chunked"] {
        let mut command = Command::new(&gunicorn);
        let mut app =
            App::start(command.args(["--bind", "127.0.0.1:0", "app:app"]).env("BREAK", fault));
        let stderr = BufReader::new(app.0.stderr.take().expect("stderr is piped"));
        let line =
            stderr.lines().map_while(Result::ok).find(|line| line.contains("Listening at: "));
        let line = line.expect("gunicorn says where it listens");
        let url = line
            .split("Listening at: ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next())
            .expect("a URL");
        let (code, report) = check(url);
        assert!(code == Some(0) && report.ends_with(&all_hold(url)), "{fault}: {report}");
    }
}

#[test]
fn carafe_itself_passes() {
    let carafe = Carafe::start(&["--log", "off"]);
    let (code, report) = check(&carafe.url(""));
    assert!(code == Some(0) && report.ends_with(&all_hold(&carafe.url(""))), "{report}");
    let without_scheme = check(&carafe.address.to_string());
    assert_eq!(without_scheme.0, Some(0), "curl takes it without http://, too");
}

#[test]
fn no_claim_holds_for_a_server_that_gives_one_answer_to_everything() {
    for answer in [
        "404 Not Found\r\nContent-Length: 4\r\n\r\nnope",
        "405 Method Not Allowed\r\nAllow: GET, POST, PUT\r\nContent-Length: 0\r\n\r\n",
        "500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops",
        "200 OK\r\nContent-Length: 0\r\n\r\n",
        "200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<p>hi</p>",
        "303 See Other\r\nLocation: /formtest\r\nContent-Length: 0\r\n\r\n",
    ] {
        let url = odd(move |mut stream, _| {
            let _ = stream.write_all(format!("HTTP/1.1 {answer}").as_bytes());
        });
        let (code, report) = check(&url);
        assert!(code == Some(1) && report.ends_with("\n0 of 23 hold.\n"), "{answer}: {report}");
    }
}

#[test]
fn a_server_that_breaks_off_some_requests_is_asked_all_of_them() {
    let url = odd(move |mut stream, request| {
        if request.starts_with("GET /hello ") {
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nHello, World!\n");
        }
    });
    let (code, report) = check(&url);
    assert!(code == Some(1) && report.ends_with("\n0 of 23 hold.\n"), "all are tried: {report}");
}

#[test]
fn a_server_that_has_gone_is_asked_no_further() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it has an address"));
    thread::spawn(move || {
        for mut stream in listener.incoming().take(2).flatten() {
            let _ = stream.read(&mut [0; 1000]);
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let (code, report) = check(&url);
    assert!(code == Some(1) && report.ends_with(" were not tried.\n"), "{report}");
}

#[test]
fn what_is_no_right_server_is_named_in_bounded_time() {
    let say = |text: &'static [u8]| {
        odd(move |mut stream, _| {
            let _ = stream.write_all(text);
        })
    };
    let for_ever = |first: &'static str, more: &'static [u8], pause: u64| {
        odd(move |mut stream, _| {
            let mut sent = stream.write_all(first.as_bytes());
            while sent.is_ok() {
                sent = stream.write_all(more);
                thread::sleep(Duration::from_millis(pause));
            }
        })
    };
    let cookies = (0..80).map(|n| format!("Set-Cookie: {n}{:x<500}=1; Secure\r\n", ""));
    let cookies = format!("HTTP/1.1 200 OK\r\n{}\r\n", cookies.collect::<String>());
    let cases: Vec<(String, &str)> = vec![
        (say(cookies.leak().as_bytes()), "\n        and       70 more\n        expected"),
        ("http://127.0.0.1:1".into(), "nobody answers: Connection refused"),
        ("http://no-such-name.invalid".into(), "the name no-such-name.invalid has no address"),
        (say(b""), "it closed the connection, and not a byte came"),
        (say(b"SSH-2.0-OpenSSH_9.2\r\n"), "\"SSH-2.0-OpenSSH_9.2\\r\\n\": that is not HTTP"),
        (say(b"-ERR unknown command\r\n"), "that is not HTTP, expected HTTP/1.1 200 OK"),
        (say(b"\x15\x03\x01\x00\x02\x02\x46"), "that is not HTTP, expected HTTP/1.1 200 OK"),
        (
            say(b"HTTP/1.1 OK\r\n\r\n"),
            "the status line \"HTTP/1.1 OK\", expected one such as HTTP/1.1 200 OK",
        ),
        (
            say(b"HTTP/1.1 200 OK\r\nContent-"),
            "it closed the connection, and no end of the head came",
        ),
        (
            say(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
            "the header \"no colon\", expected Name: value",
        ),
        (
            say(b"HTTP/1.1 200 OK\r\nX\x1b\xff: x\r\n\r\n"),
            "the header \"X\\u{1b}\u{fffd}: x\", expected Name: value, with a token as the name",
        ),
        // A filler of Hangul, which is not seen, and C1's CSI.
        (
            say("HTTP/1.1 \u{3164}\u{9b}\r\n\r\n".as_bytes()),
            "the status line \"HTTP/1.1 \\u{3164}\\u{9b}\", expected one such as",
        ),
        (
            say("HTTP/1.1 200 OK\r\nContent-Length: \u{202e}5\r\n\r\n".as_bytes()),
            "Content-Length: \\u{202e}5, expected a number",
        ),
        (
            say("HTTP/1.1 200 \u{202e}\r\nContent-Type: \u{200b}\r\n\r\n\x1b]0;\u{feff}\x07"
                .as_bytes()),
            "200 \\u{202e}; Content-Type: \\u{200b}; \\u{1b}]0;\\u{feff}\\u{7}\n",
        ),
        (
            say("HTTP/1.1 200 OK\r\nSet-Cookie: \u{202e}=1; Secure\r\n\r\n".as_bytes()),
            "and       the cookie \\u{202e} is Secure",
        ),
        (
            say(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
            "Content-Length: many, expected a number",
        ),
        (
            say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nHello\r\n"),
            "a broken body: found the chunk size \"Hello\", expected hex digits",
        ),
        (
            say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n"),
            "it closed the connection, and the last chunk, 0, did not come",
        ),
        (
            for_ever(
                "HTTP/1.1 200 OK\r\n",
                b"X-More: and more of it, without any end at all\r\n",
                0,
            ),
            "a head of more than",
        ),
        (
            for_ever("HTTP/1.1 200 OK\r\n\r\n", &[b'a'; 16 * 1024], 0),
            "a body of more than 1048576 bytes and no end",
        ),
        (
            for_ever(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                b"a\r\n0123456789\r\n",
                0,
            ),
            "a broken body: ",
        ),
        // It has no body, so nobody waits for the end of one.
        (for_ever("HTTP/1.1 204 No Content\r\n\r\n", b"", 100), "204 No Content"),
        (for_ever("", b"", 100), "10 s are over, and not a byte came"),
        (for_ever("HTTP/1.1 200 OK\r\n", b"", 100), "10 s are over, and no end of the head came"),
        (
            for_ever("HTTP/1.1 200 OK\r\n", b"a: b\r\n", 200),
            "10 s are over, and no end of the head came",
        ),
    ];
    thread::scope(|scope| {
        for (url, expected) in cases {
            scope.spawn(move || {
                let begun = Instant::now();
                let (code, report) = check(&url);
                assert!(
                    code == Some(1) && report.contains(expected),
                    "{url}: expected {expected:?}\n{report}"
                );
                let unseen = |letter: char| letter != '\n' && is_unseen(letter);
                assert!(!report.contains(unseen), "{url}: {report:?}");
                assert!(report.len() < 100_000, "{url}: {} bytes", report.len());
                assert!(begun.elapsed() < 3 * DEADLINE, "{url} took {:?}", begun.elapsed());
            });
        }
    });
}
