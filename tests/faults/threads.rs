//! A system that gives the server few threads.

use crate::carafe::Carafe;
use crate::common::{DEADLINE, empty_folder, wait_until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// With a thread for each of so many connections, and those that the server needs anyway, no thread
/// is left.
const CONNECTIONS: usize = 9;

/// A carafe whose user may have 12 threads. `None` if this system does not let the test do that.
fn with_12_threads(user: &str) -> Option<Carafe> {
    // ulimit -u counts the threads of all processes of a user, so each test has a user of its own.
    Carafe::as_user(&empty_folder(), user, "ulimit -u 12", "")
}

fn threads(carafe: &Carafe) -> usize {
    std::fs::read_dir(format!("/proc/{}/task", carafe.id())).expect("Linux tells").count()
}

fn ask(stream: &mut TcpStream) {
    stream.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is open");
}

fn is_answered(stream: &mut TcpStream) -> bool {
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"Hello, World!\n") {
        if !stream.read(&mut byte).is_ok_and(|count| count == 1) {
            return false;
        }
        answer.push(byte[0]);
    }
    answer.starts_with(b"HTTP/1.1 200 OK\r\n")
}

/// The ring needs threads, and all that there are serve a connection. So they must become its own.
#[test]
fn busy_connections_share_threads_also_when_the_system_gives_no_more() {
    let Some(carafe) = with_12_threads("54322") else { return };
    let mut streams: Vec<_> = (0..CONNECTIONS).map(|_| carafe.connect()).collect();
    let end = Instant::now() + DEADLINE;
    let mut fewest = usize::MAX;
    // Without a pause between the rounds, so that the connections stay busy.
    while fewest >= CONNECTIONS {
        assert!(Instant::now() < end, "still {fewest} threads for {CONNECTIONS} busy connections");
        streams.iter_mut().for_each(ask);
        assert!(streams.iter_mut().all(is_answered));
        fewest = fewest.min(threads(&carafe));
    }
    // Then they fall silent, and each has a thread to itself again.
    wait_until!(threads(&carafe) > CONNECTIONS, "{} threads", threads(&carafe));
    streams.iter_mut().for_each(ask);
    assert!(streams.iter_mut().all(is_answered));
}

/// More connections than threads: some must be told to come again, but no answer may be cut, and
/// none of those who were answered may read a 503 that belongs to no request.
#[test]
fn a_connection_without_a_thread_reads_a_503_only_in_place_of_its_first_answer() {
    let Some(carafe) = with_12_threads("54323") else { return };
    let mut answered = 0;
    for _ in 0..20 {
        let mut streams: Vec<_> = (0..40).map(|_| carafe.connect()).collect();
        for stream in &mut streams {
            let _ = stream.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        for stream in &mut streams {
            let mut head = [0; 12];
            let _ = stream.read_exact(&mut head);
            match &head {
                b"HTTP/1.1 200" => answered += 1,
                b"HTTP/1.1 503" => continue,
                other => assert_eq!(other, &[0; 12], "half an answer"),
            }
            let mut rest = Vec::new();
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read_to_end(&mut rest);
            let rest = String::from_utf8_lossy(&rest);
            assert!(!rest.contains("HTTP/1.1") && rest.ends_with("Hello, World!\n"), "{rest}");
        }
    }
    assert!(answered > 0);
}

/// The first request of a packet is answered in any case; half a request behind it needs a thread.
#[test]
fn an_answer_is_sent_though_no_thread_can_wait_for_the_rest_of_the_next_request() {
    let Some(carafe) = with_12_threads("54325") else { return };
    let mut streams: Vec<_> = (0..CONNECTIONS).map(|_| carafe.connect()).collect();
    let end = Instant::now() + DEADLINE;
    // Those who share threads can be more than there may be threads.
    while streams.len() < 30 {
        assert!(Instant::now() < end, "only {} connections were answered", streams.len());
        streams.iter_mut().for_each(ask);
        assert!(streams.iter_mut().all(is_answered));
        let mut one_more = carafe.connect();
        let _ = one_more.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        streams.extend(is_answered(&mut one_more).then_some(one_more));
    }
    for stream in &mut streams {
        let half = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nx";
        write!(stream, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n{half}").expect("it is open");
    }
    assert!(streams.iter_mut().all(is_answered));
}
