//! The last stage and what it refuses: the same requests as carafe, with the same status.

use crate::program::{Program, status};
use std::io::{Read, Write};
use std::net::Shutdown;

/// What is sent, the status that the stage answers, and the one that carafe answers.
const REFUSED: &[(&str, u16, u16)] = &[
    ("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200, 200),
    ("GET /hello HTTP/1.0\r\n\r\n", 200, 200),
    ("GET /hello HTTP/1.1\r\n\r\n", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost : x\r\n\r\n", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost: x\r\n: a\r\n\r\n", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost: x\r\nX\r\n\r\n", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost: x\r\na(b: c\r\n\r\n", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost: x\r\n(a): b\r\n\r\n", 400, 400),
    ("GET /hello HTTP/1.1\nHost: x\n\n", 400, 400),
    ("GET  /hello HTTP/1.1\r\nHost: x\r\n\r\n", 400, 400),
    ("GET /hel\u{e9}lo HTTP/1.1\r\nHost: x\r\n\r\n", 400, 400),
    ("GE(T /hello HTTP/1.1\r\nHost: x\r\n\r\n", 400, 400),
    ("GET evil/hello HTTP/1.1\r\nHost: x\r\n\r\n", 400, 400),
    ("GET /hello HTTP/2.0\r\nHost: x\r\n\r\n", 505, 505),
    ("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n12345", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\n", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length:\t 5 \t\r\n\r\n12345", 200, 200),
    ("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5\u{a0}\r\n\r\n12345", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5\u{3000}\r\n\r\n12345", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: \u{200a}5\r\n\r\n12345", 400, 400),
    ("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\n12345", 400, 400),
    (
        "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
        400,
        400,
    ),
    ("POST /process HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n", 413, 413),
    ("GET /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501, 200),
    // What the stage says that it leaves out.
    ("GET http://x/hello HTTP/1.1\r\nHost: x\r\n\r\n", 400, 200),
    ("GET /hello HTTP/1.1\r\nHost: a b/c@\r\n\r\n", 200, 400),
    ("GET /hello HTTP/1.10\r\nHost: x\r\n\r\n", 505, 400),
    (
        "POST /process HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\nname=Ada",
        303,
        403,
    ),
    (
        "POST /process HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: 8\r\n\r\nname=Ada",
        303,
        415,
    ),
];

#[test]
fn what_is_in_doubt_is_refused_as_carafe_refuses_it() {
    let (stage, carafe) = (Program::stage(7), Program::carafe());
    for (request, expected, by_carafe) in REFUSED {
        assert_eq!(status(&stage.raw(request.as_bytes())), *expected, "stage 7: {request:?}");
        let request = request.replacen("\r\nHost: ", "\r\nConnection: close\r\nHost: ", 1);
        assert_eq!(status(&carafe.raw(request.as_bytes())), *by_carafe, "carafe: {request:?}");
    }
    assert!(stage.is_serving());
}

#[test]
fn an_answer_arrives_whatever_the_client_still_sends() {
    let server = Program::stage(7);
    for (request, expected) in [
        (format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(3_000_000)), 431),
        (
            format!(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n{}",
                "a".repeat(3_000_000)
            ),
            413,
        ),
        (format!("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n{}", "a".repeat(3_000_000)), 200),
        (format!("{}\r\n\r\n", "a".repeat(3_000_000)), 431),
    ] {
        assert_eq!(status(&server.raw(request.as_bytes())), expected, "{}", &request[..60]);
    }
}

/// The most memory that a process has had, in KiB.
#[cfg(target_os = "linux")]
fn peak_of(server: &Program) -> usize {
    let path = format!("/proc/{}/status", server.child.id());
    let text = std::fs::read_to_string(path).expect("Linux tells");
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).expect("a number of KiB")
}

#[cfg(target_os = "linux")]
#[test]
fn a_head_without_end_takes_memory_from_the_sixth_stage_and_not_from_the_last() {
    let endless = [b"GET / HTTP/1.1\r\nHost: x\r\nX: ".to_vec(), vec![b'a'; 50_000_000]].concat();
    let peak = |stage| {
        let server = Program::stage(stage);
        let mut stream = server.connect();
        let _ = stream.write_all(&endless).and_then(|()| stream.shutdown(Shutdown::Write));
        let _ = stream.read_to_end(&mut Vec::new());
        peak_of(&server)
    };
    let (sixth, last) = (peak(6), peak(7));
    assert!(sixth > 50_000 && last < 10_000, "{sixth} KiB, {last} KiB");
}
