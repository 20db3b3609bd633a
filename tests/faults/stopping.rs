//! SIGTERM under full load: every request that was read has its whole answer.

use crate::carafe::Carafe;
use crate::common::DEADLINE;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// How many clients, and how many rounds: `ROUNDS=100` for a long run.
const CLIENTS: usize = 24;

#[test]
fn as_many_answers_arrive_whole_as_requests_were_read() {
    let rounds: u64 = std::env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let mut answered = 0;
    for round in 0..rounds {
        let mut carafe = Carafe::start(&[]);
        let whole = AtomicUsize::new(0);
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (whole, over, address) = (&whole, &over, carafe.address);
                scope.spawn(move || {
                    while !over.load(Ordering::Relaxed) {
                        let Ok(stream) = TcpStream::connect(address) else { break };
                        // Half of them come once, half of them stay.
                        whole.fetch_add(
                            visit(stream, if client % 2 == 0 { 1 } else { 50 }),
                            Ordering::Relaxed,
                        );
                    }
                });
            }
            std::thread::park_timeout(Duration::from_millis(150 + round * 7 % 50));
            carafe.signal("-TERM");
            assert_eq!(carafe.exit_code(), Some(0), "round {round}");
            over.store(true, Ordering::Relaxed);
        });
        let whole = whole.load(Ordering::Relaxed);
        // The log has a line for each request that was read.
        let read = carafe.log().lines().filter(|line| line.starts_with("POST /echo")).count();
        assert_eq!(
            whole, read,
            "round {round}: answers that arrived whole, requests that were read"
        );
        answered += whole;
    }
    println!("{rounds} stops under load: {answered} requests read, {answered} whole answers");
}

/// Asks so many times on one connection; how many whole answers came. Half of one would be a broken
/// promise.
fn visit(mut stream: TcpStream, times: usize) -> usize {
    let _ = stream.set_read_timeout(Some(DEADLINE));
    let body = "x".repeat(3000);
    for asked in 0..times {
        let (head, rest) = body.split_at(1000);
        let head = format!(
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{head}",
            body.len()
        );
        // Two writes, so that a stop may come between.
        if stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(rest.as_bytes()))
            .is_err()
        {
            return asked;
        }
        let mut answer = Vec::new();
        let mut buffer = [0; 8192];
        // It ends with what was sent, and a line end.
        while !answer.ends_with(b"x\n") {
            match stream.read(&mut buffer) {
                Ok(read) if read > 0 => answer.extend_from_slice(&buffer[..read]),
                _ => {
                    assert!(
                        answer.is_empty(),
                        "half an answer: {}",
                        String::from_utf8_lossy(&answer)
                    );
                    return asked;
                }
            }
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", String::from_utf8_lossy(&answer));
    }
    times
}
