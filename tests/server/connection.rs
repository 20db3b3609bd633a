//! One connection: what stays, what ends, what waits how long.

use crate::common::{DEADLINE, wait_until};
use crate::running::{
    Running, STALLED, is_not_ready, pass, read_all, read_answer, write_until_dropped,
};
use carafe::Server;
use carafe::cycle::{Record, Recorder, Sent};
use carafe::http::{Limits, Request, Response};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_connection_stays_as_long_as_both_sides_would_have_it() {
    let server = Running::start();
    for (request, stays, says) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", true, None),
        ("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false, Some("close")),
        ("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, CLOSE\r\n\r\n", false, Some("close")),
        ("GET / HTTP/1.0\r\n\r\n", false, Some("close")),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, Some("keep-alive")),
        ("GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", true, None),
    ] {
        let mut stream = server.connect();
        stream.write_all(request.as_bytes()).expect("the request is sent");
        let answer = read_answer(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{request:?}: {answer}");
        let said = answer.lines().find_map(|line| line.strip_prefix("Connection: "));
        assert_eq!(said, says, "{request:?}");
        let again = stream
            .write_all(b"GET /again HTTP/1.1\r\nHost: x\r\n\r\n")
            .map(|()| read_answer(&mut stream));
        assert_eq!(again.is_ok_and(|answer| answer.ends_with("GET /again ")), stays, "{request:?}");
    }
}

#[test]
fn a_hundred_requests_in_one_packet_are_answered_in_order() {
    let server = Running::start();
    let requests: String = (0..100)
        .map(|n| format!("POST /{n} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n{n:03}"))
        .collect();
    let answers = server.exchange(requests.as_bytes());
    let bodies: Vec<&str> = answers.split("\r\n\r\n").skip(1).collect();
    assert_eq!(bodies.len(), 100);
    for (n, body) in bodies.iter().enumerate() {
        assert!(body.starts_with(&format!("POST /{n} {n:03}")), "{n}: {body}");
    }
}

#[test]
fn a_long_answer_leaves_before_the_next_request_is_served() {
    let gate = Arc::new(Barrier::new(2));
    let behind = Arc::clone(&gate);
    let service = move |request: Request| {
        if request.path == "/long" {
            return Response::text("x".repeat(100_000));
        }
        behind.wait();
        Response::text("last")
    };
    let server = Server::bind("127.0.0.1:0").expect("a port is free").quiet();
    let (address, stopper) = (server.local_addr().expect("it has an address"), server.stopper());
    let running = thread::spawn(move || server.run(service));
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
    let requests = b"GET /long HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(requests).expect("it is open");
    assert!(read_answer(&mut stream).ends_with("xxx"));
    gate.wait();
    assert!(read_answer(&mut stream).ends_with("last"));
    stopper.stop();
    running.join().expect("it ends").expect("it served");
}

#[test]
fn a_date_stands_in_every_answer_and_head_has_no_body() {
    let server = Running::start();
    let answer =
        server.exchange(b"HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nGET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    let (head, get) = answer
        .split_once("\r\n\r\nHTTP/1.1 200 OK")
        .expect("two answers, the first without a body");
    assert!(head.contains("\r\nContent-Length: 8\r\n") && head.contains(" GMT"), "{head}");
    assert!(get.ends_with("GET /x ") && get.contains("\r\nDate: "), "{get}");
}

#[test]
fn a_client_that_asks_first_is_told_to_go_on() {
    let server = Running::start();
    let mut stream = server.connect();
    stream
        .write_all(
            b"POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        )
        .expect("sent");
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).expect("an answer comes before the body");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"ok").expect("sent");
    assert!(read_answer(&mut stream).ends_with("POST /x ok"));
    let refused = server
        .exchange(b"POST /x HTTP/1.1\r\nHost: x\r\nExpect: coffee\r\nContent-Length: 2\r\n\r\nok");
    assert!(refused.starts_with("HTTP/1.1 417 "), "{refused}");
    let too_long = server.exchange(
        b"POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n",
    );
    assert!(too_long.starts_with("HTTP/1.1 413 "), "refused before it is sent: {too_long}");
}

#[test]
fn a_chunked_body_is_read_and_its_trailers_read_past() {
    let server = Running::start();
    let request = b"POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
        4;a=b\r\nname\r\n2\r\n=A\r\n0\r\nX-Sum: 1\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n";
    let whole = server.exchange(request);
    assert!(whole.contains("POST /c name=A") && whole.ends_with("GET /next "), "{whole}");
}

/// So many bytes find no room in the buffers of the sockets.
#[test]
fn what_follows_the_last_answer_is_taken_and_no_reset_follows() {
    let server = Running::start();
    for (begun, status) in [
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 12000000\r\n\r\n", "413"),
        ("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nmore", "200"),
    ] {
        let mut stream = server.connect();
        stream.write_all(begun.as_bytes()).expect("it is open");
        stream.write_all(&vec![b'x'; 12_000_000]).expect("it is taken, though nobody wants it");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer arrives, and no reset");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.contains("Connection: close\r\n"), "{answer}");
    }
}

/// RFC 9110 §15.3.6: 205 has no content, but unlike 204 it says so by its length.
#[test]
fn an_answer_205_has_a_length_of_0_whatever_the_service_wrote() {
    let server = Running::start();
    let answers = server
        .exchange(b"POST /reset HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    let (first, next) = answers.split_once("\r\n\r\n").expect("a head ends");
    assert!(
        first.starts_with("HTTP/1.1 205 Reset Content\r\n") && first.contains("Content-Length: 0"),
        "{answers}"
    );
    assert!(next.starts_with("HTTP/1.1 200 OK\r\n") && next.ends_with("GET /next "), "{answers}");
}

#[test]
fn limits_are_answered_with_their_status() {
    let server = Running::with_limits(|limits| {
        (limits.head_bytes, limits.target_bytes, limits.headers) = (400, 100, 3)
    });
    let long = "a".repeat(101);
    let many = "A: b\r\n".repeat(4);
    let wide = "b".repeat(400);
    for (request, status) in [
        (format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), "414"),
        (format!("GET / HTTP/1.1\r\n{many}\r\n"), "431"),
        (format!("GET / HTTP/1.1\r\nHost: x\r\nA: {wide}\r\n\r\n"), "431"),
        ("GET / HTTP/2.0\r\nHost: x\r\n\r\n".to_owned(), "505"),
        ("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n".to_owned(), "501"),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), "400"),
    ] {
        let answer = server.exchange(request.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer}");
        assert!(answer.contains("Connection: close"), "{answer}");
        assert!(server.is_alive());
    }
}

#[test]
fn who_is_too_slow_is_told_so_and_who_says_nothing_is_not() {
    let short = Duration::from_millis(80);
    for (begun, expected) in [
        ("GET / HTTP/1.1\r\nHo", "HTTP/1.1 408 "),
        ("GET / HTTP/1.1\r", "HTTP/1.1 408 "),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", "HTTP/1.1 408 "),
        ("", ""),
    ] {
        let server = Running::with_limits(|limits| {
            (limits.head_time, limits.body_time) = (short, short);
            limits.idle_time = if begun.is_empty() { short } else { DEADLINE };
        });
        let mut stream = server.connect();
        stream.write_all(begun.as_bytes()).expect("sent");
        let answer = read_all(&mut stream);
        assert!(
            answer.starts_with(expected) && answer.is_empty() == expected.is_empty(),
            "{begun:?}: {answer}"
        );
        assert!(
            answer.is_empty() || answer.ends_with("not complete within 0 seconds\n"),
            "{begun:?}: {answer}"
        );
    }
}

#[test]
fn a_client_that_dribbles_does_not_stretch_the_time() {
    let server = Running::with_limits(|limits| limits.head_time = Duration::from_millis(150));
    let mut stream = server.connect();
    stream.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout can be set");
    let begun = Instant::now();
    let mut answer = [0; 12];
    stream.write_all(b"GET / HTTP/1.1\r\nX: ").expect("sent");
    // One byte each time that nothing has been answered yet.
    while stream.read(&mut answer).is_err() {
        assert!(begun.elapsed() < DEADLINE, "each byte gave it more time");
        let _ = stream.write_all(b"x");
    }
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[test]
fn a_client_that_does_not_read_is_dropped() {
    let recorder = Arc::new(Recorder::default());
    let server = Running::with(|server| {
        let limits = Limits { write_time: Duration::from_millis(100), ..Limits::default() };
        server.recorder(Arc::clone(&recorder)).limits(limits)
    });
    let mut stream = server.connect();
    stream.write_all(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    // The socket's buffers take less than all of it; the rest is never sent. Asking again shows
    // that the end has come.
    write_until_dropped(&mut stream);
    let sent = completed(&recorder.get(1).expect("it is listed"));
    assert!(!sent.is_whole && sent.body_bytes < 5_000_000, "{sent:?}");
    assert!(server.is_alive());
}

#[test]
fn a_service_that_panics_is_one_500_and_the_connection_goes_on() {
    let server = Running::start();
    let answers = server
        .exchange(b"GET /panic HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(answers.starts_with("HTTP/1.1 500 ") && answers.ends_with("GET /next "), "{answers}");
    assert!(!answers.contains("on purpose"), "nothing internal leaves");
}

#[test]
fn a_stream_is_chunked_or_ends_with_the_connection() {
    let server = Running::start();
    let new = server
        .exchange(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(
        new.contains("Transfer-Encoding: chunked\r\n") && !new.contains("4\r\none \r\n0\r\n"),
        "{new}"
    );
    assert!(
        new.contains("\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\nHTTP/1.1 200")
            && new.ends_with("GET /next "),
        "{new}"
    );
    let old = server.exchange(b"GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert!(
        old.ends_with("\r\n\r\none two")
            && old.contains("Connection: close")
            && !old.contains("chunked"),
        "{old}"
    );
    let head = server
        .exchange(b"HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(!head.contains("one") && head.ends_with("GET /next "), "{head}");
    let long = server.exchange(b"GET /long-head HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(long.ends_with("\r\n\r\n4\r\nlate\r\n0\r\n\r\n"), "{} bytes", long.len());
    let broken = server.exchange(b"GET /broken-stream HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(broken.ends_with("3\r\none\r\n"), "without its last chunk the client knows: {broken}");
}

/// What it writes later would be read as another part of the body, or as the next answer.
#[test]
fn a_stream_that_could_not_be_sent_once_is_not_sent_any_further() {
    let server = Running::with_limits(|limits| limits.write_time = Duration::from_millis(100));
    let mut stream = server.connect();
    let requests =
        b"GET /sloppy-stream HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(requests).expect("sent");
    pass(&STALLED);
    let answer = read_all(&mut stream);
    assert!(answer.contains("\r\n\r\n30d40\r\nxxx"), "{:?}", answer.get(..400));
    let end = &answer[answer.len() - 100..];
    assert!(
        !answer.contains("yy") && !end.ends_with("0\r\n\r\n") && !end.contains("/next"),
        "{end}"
    );
}

#[test]
fn the_longest_times_and_no_time_to_write_are_no_fault() {
    for time in [Duration::MAX, Duration::ZERO] {
        let server = Running::with_limits(|limits| {
            (limits.idle_time, limits.write_time) = (time.max(DEADLINE), time);
            (limits.head_time, limits.body_time) = (time.max(DEADLINE), time.max(DEADLINE));
        });
        let mut stream = server.connect();
        for part in ["POST / HTTP/1.1\r\nHost:", " x\r\nContent-Length: 2\r\n\r\nh", "i"] {
            stream.write_all(part.as_bytes()).expect("sent");
            let mut other = server.connect();
            other.write_all(b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
            assert!(read_answer(&mut other).ends_with("GET /other "), "{time:?}");
        }
        assert!(read_answer(&mut stream).ends_with("POST / hi"), "{time:?}");
    }
}

#[test]
fn a_file_that_turned_out_shorter_ends_the_connection() {
    let server = Running::start();
    let answer = server.exchange(
        b"GET /short-file HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n",
    );
    assert!(
        answer.contains("Content-Length: 1000\r\n") && answer.ends_with("only this"),
        "{answer}"
    );
    assert!(server.is_alive());
}

#[test]
fn no_handler_can_split_a_header() {
    let server = Running::start();
    let answer = server.exchange(b"GET /header HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(answer.contains("X-Note: a  Set-Cookie: evil=1\r\n"), "{answer}");
}

/// A status that no answer may have, and a header name that is no token, are the program's mistake.
#[test]
fn what_must_not_be_on_the_wire_is_a_500() {
    let server = Running::start();
    for target in [
        "/strange-status?status=0",
        "/strange-status?status=99",
        "/strange-status?status=101",
        "/strange-status?status=600",
        "/strange-name",
    ] {
        let answer =
            server.exchange(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 500 "), "{target}: {answer}");
        assert!(!answer.contains("X Y"), "{target}: {answer}");
    }
}

#[test]
fn a_service_may_shape_what_the_server_refuses_once_the_request_line_is_known() {
    let server = Running::with_limits(|limits| (limits.body_bytes, limits.headers) = (8, 2));
    for (request, status, shaped) in [
        ("POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", 413, true),
        ("PUT /%61pi/ HTTP/1.1\r\nHost: x\r\nA: b\r\nC: d\r\n\r\n", 431, true),
        ("GET /api/x HTTP/1.1\r\nHost : x\r\n\r\n", 400, true),
        // The request line itself may be wrong, if its first words can be read.
        ("GET /api/x HTTP/3\r\nHost: x\r\n\r\n", 400, true),
        ("GET /api/x HTTP/2.0\r\nHost: x\r\n\r\n", 505, true),
        ("GET /api/100%?a HTTP/1.1\r\nHost: x\r\n\r\n", 400, true),
        (&format!("GET /api/{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(8200)), 414, true),
        (&format!("GET /api/{}", "x".repeat(9000)), 414, true),
        ("GET  /api/x HTTP/1.1\r\nHost: x\r\n\r\n", 400, false),
        ("GE(T) /api/x HTTP/1.1\r\nHost: x\r\n\r\n", 400, false),
        ("GET http://x/api/x HTTP/2.0\r\nHost: x\r\n\r\n", 505, true),
        ("GET http://x HTTP/2.0\r\nHost: x\r\n\r\n", 505, false),
        ("GET http:///api/x HTTP/1.1\r\nHost: x\r\n\r\n", 400, false),
        ("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", 413, false),
    ] {
        let answer = server.exchange(request.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
        assert!(answer.contains("Connection: close\r\n"), "{request}: {answer}");
        let (method, _) = request.split_once(' ').expect("it has a method");
        let line = format!("\"{method} /api/");
        assert_eq!(
            answer.contains("application/json") && answer.contains(&line),
            shaped,
            "{answer}"
        );
    }
}

/// RFC 9112 §6.1: no Transfer-Encoding "unless the corresponding request indicates HTTP/1.1 (or later)".
#[test]
fn a_refusal_that_is_a_stream_ends_with_the_connection() {
    let server = Running::with_limits(|limits| limits.body_bytes = 8);
    for request in [
        "POST /streamed HTTP/1.0\r\nContent-Length: 9\r\n\r\n",
        "GET /streamed HTTP/1.0\r\nbad\r\n\r\n",
        "GET /streamed HTTP/1.1\r\nbad\r\n\r\n",
        "GET /streamed HTTP/3\r\n\r\n",
    ] {
        let answer = server.exchange(request.as_bytes());
        assert!(answer.ends_with("\r\n\r\nstreamed"), "{request}: {answer}");
        assert!(!answer.contains("Transfer-Encoding"), "{request}: {answer}");
    }
}

/// RFC 9112 §2.2. Some clients write one behind a form.
#[test]
fn an_empty_line_behind_a_body_begins_no_request() {
    let server = Running::with_limits(|limits| {
        (limits.head_time, limits.idle_time) =
            (Duration::from_millis(100), Duration::from_millis(700));
    });
    let mut stream = server.connect();
    let form = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi\r\n";
    stream.write_all(form).expect("it is sent");
    assert!(read_answer(&mut stream).ends_with("POST /a hi"));
    // It is idle, and the time for a head does not run.
    assert_eq!(read_all(&mut stream), "");
    let mut stream = server.connect();
    stream.write_all(&[&form[..], form].concat()).expect("it is sent");
    assert!(read_answer(&mut stream).ends_with("POST /a hi"));
    assert!(read_answer(&mut stream).ends_with("POST /a hi"));
}

/// They are no request, so nothing would be in the log of who holds a worker with them.
#[test]
fn empty_lines_do_not_keep_a_connection_open_for_ever() {
    let time = Duration::from_millis(200);
    // Whole lines end without a word. In the second case the server has always half a line: the
    // time for a head runs.
    for (first, next, expected) in [("", "\r\n", ""), ("\r", "\n\r", "HTTP/1.1 408 ")] {
        let server = Running::with_limits(|limits| {
            limits.idle_time = if first.is_empty() { time } else { DEADLINE };
            limits.head_time = time;
        });
        let mut stream = server.connect();
        stream.set_read_timeout(Some(time / 4)).expect("a timeout can be set");
        stream.write_all(first.as_bytes()).expect("it is open");
        let (end, mut answer) = (Instant::now() + DEADLINE, vec![0; 100]);
        let count = loop {
            let _ = stream.write_all(next.as_bytes());
            match stream.read(&mut answer) {
                Err(error) if is_not_ready(error.kind()) => {
                    assert!(Instant::now() < end, "{next:?}: it is still open");
                }
                outcome => break outcome.unwrap_or(0),
            }
        };
        let answer = String::from_utf8_lossy(&answer[..count]).into_owned();
        assert!(answer.starts_with(expected) && answer.is_empty() == expected.is_empty());
    }
}

#[test]
fn a_record_says_how_its_answer_left() {
    let recorder = Arc::new(Recorder::default());
    let server = Running::with(|server| server.recorder(Arc::clone(&recorder)));
    // Who asks is answered when the cycle is listed, and it is completed soon after.
    assert!(server.exchange(b"GET /abc HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("GET /abc "));
    let record = recorder.get(1).expect("it is listed");
    let sent = completed(&record);
    assert_eq!((sent.body_bytes, sent.is_whole), (9, true));

    assert!(server.exchange(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n").contains("two"));
    assert_eq!(completed(&recorder.get(2).expect("it is listed")).body_bytes, 7);

    // A client that takes nothing, and leaves: listed as being sent, then as broken off.
    let mut stream = server.connect();
    stream.write_all(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is sent");
    let record = recorder.wait_beyond(2, DEADLINE).pop().expect("it is listed");
    assert!(record.sent.get().is_none(), "it is sent until the client leaves");
    drop(stream);
    let sent = completed(&record);
    assert!(!sent.is_whole && sent.body_bytes < 5_000_000, "{sent:?}");

    let broken = server.exchange(b"GET /broken-stream HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(broken.ends_with("3\r\none\r\n"), "{broken}");
    let sent = completed(&recorder.get(4).expect("it is listed"));
    assert_eq!((sent.body_bytes, sent.is_whole), (3, false), "without the frame of its chunk");
    server.exchange(b"GET /short-file HTTP/1.1\r\nHost: x\r\n\r\n");
    let sent = completed(&recorder.get(5).expect("it is listed"));
    assert_eq!((sent.body_bytes, sent.is_whole), (9, false), "without its head");
}

/// The head was right, so the cycle had begun before the request was refused.
#[test]
fn a_request_that_is_refused_behind_its_head_is_recorded_once_from_its_beginning() {
    let (recorder, time) = (Arc::new(Recorder::default()), Duration::from_millis(100));
    let server = Running::with(|server| {
        let limits = Limits { body_time: time, ..Limits::default() };
        server.recorder(Arc::clone(&recorder)).limits(limits)
    });
    for (lines, status, least) in [
        ("Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, Duration::ZERO),
        ("Expect: tea\r\n\r\n", 417, Duration::ZERO),
        ("Content-Length: 9\r\n\r\nabc", 408, time),
    ] {
        let mut stream = server.connect();
        write!(stream, "POST / HTTP/1.1\r\nHost: x\r\n{lines}").expect("it is open");
        assert!(read_all(&mut stream).starts_with(&format!("HTTP/1.1 {status} ")), "{lines}");
        let record = recorder.newest().expect("it is listed");
        completed(&record);
        let names: Vec<_> = record.cycle.steps().iter().map(|step| step.name).collect();
        assert_eq!(names, ["accepted", "received", "failed", "sent"], "{lines}");
        assert!(record.took() >= least, "{lines}: {:?}", record.took());
    }
}

#[test]
fn a_client_that_closes_inside_a_head_is_recorded_as_the_one_who_closed() {
    let recorder = Arc::new(Recorder::default());
    let server = Running::with(|server| server.recorder(Arc::clone(&recorder)));
    assert_eq!(server.exchange(b"GET / HTTP/1.1\r\nHo"), "");
    wait_until!(recorder.end_of(1).is_some(), "its end is never recorded");
    let end = recorder.end_of(1).expect("it is recorded");
    assert!(end.by.starts_with("the client"), "{}", end.by);
}

fn completed(record: &Record) -> Sent {
    wait_until!(record.sent.get().is_some(), "it is never completed");
    *record.sent.get().expect("it is there")
}

/// The input of this connection is never empty, so the server never waits for a first byte.
#[test]
fn what_was_answered_is_not_counted_though_the_next_request_has_begun() {
    let server = Running::with_limits(|limits| limits.bodies_bytes = 100_000);
    let body = "x".repeat(20_000);
    let request = format!("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n{body}");
    // Half a head comes with the request before, or half a body.
    for begun in [10, 10_000] {
        let mut stream = server.connect();
        stream.write_all(&request.as_bytes()[..begun]).expect("it is open");
        for _ in 0..20 {
            let rest = request[begun..].to_owned() + &request[..begun];
            stream.write_all(rest.as_bytes()).expect("it is open");
            let answer = read_answer(&mut stream);
            assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("xx"), "{answer:.200}");
        }
    }
}

/// SECURITY.md: what waits to be sent counts in the bound for all bodies.
#[test]
fn answers_that_nobody_reads_are_bounded_together() {
    let server = Running::with_limits(|limits| limits.bodies_bytes = 12_000_000);
    let mut held = Vec::new();
    for method in ["GET", "GET", "GET", "POST"] {
        let mut stream = server.connect();
        write!(stream, "{method} /big HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is sent");
        let mut line = [0; 12];
        stream.read_exact(&mut line).expect("an answer begins");
        held.push((stream, String::from_utf8_lossy(&line).into_owned()));
    }
    let statuses: Vec<&str> = held.iter().map(|(_, line)| &line[9..]).collect();
    assert_eq!(statuses, ["200", "200", "503", "503"]);
    // A POST has been done, so it must not be sent again.
    let again: Vec<_> = held[2..].iter_mut().map(|(stream, _)| read_answer(stream)).collect();
    assert!(again[0].contains("Retry-After: 1") && !again[1].contains("Retry-After"), "{again:?}");
    assert!(again.iter().all(|answer| answer.contains("Set-Cookie: seen=1\r\n")), "{again:?}");
    // Small ones get through, and when they have been read or given up there is room again.
    assert!(server.is_alive());
    drop(held);
    let big = b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n";
    wait_until!(server.exchange(big).starts_with("HTTP/1.1 200 "), "there is never room again");
}
