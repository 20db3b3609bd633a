//! The pool: how many connections are served at a time, and what the others are told.

use crate::running::{DEADLINE, Running, read_answer};
use std::io::{Read, Write};
use std::time::Instant;

/// The one worker serves a connection, so all others are refused.
#[test]
fn who_is_turned_away_at_the_door_reads_why_whatever_was_sent() {
    let server = Running::with(|server| server.workers(1));
    let mut holder = server.connect();
    holder.write_all(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n").expect("the request is sent");
    assert!(read_answer(&mut holder).ends_with("GET /x "));
    let request =
        [&b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n"[..], &[b'x'; 20_000]]
            .concat();
    let mut resets = 0;
    for _ in 0..200 {
        let mut stream = server.connect();
        // The answer may come before the last byte has left.
        let _ = stream.write_all(&request);
        let mut answer = String::new();
        resets += usize::from(stream.read_to_string(&mut answer).is_err());
        assert!(
            answer.starts_with("HTTP/1.1 503 ") && answer.ends_with("in one second.\n"),
            "{answer}"
        );
        for header in
            ["Retry-After: 1\r\n", "X-Content-Type-Options: nosniff\r\n", "Connection: close\r\n"]
        {
            assert!(answer.contains(header), "{answer}");
        }
    }
    // What comes after the close cannot be helped; it was a third of them before the close waited
    // for what had come.
    assert!(resets < 40, "{resets} of 200 connections were reset");
    drop(holder);
    let begun = Instant::now();
    while !server.is_alive() {
        assert!(begun.elapsed() < DEADLINE, "it does not recover");
    }
}

#[test]
fn as_many_connections_are_served_at_a_time_as_there_may_be_workers() {
    for most in [1, 2, 5] {
        let server = Running::with(|server| server.workers(most));
        let mut held: Vec<_> = (0..most).map(|_| server.connect()).collect();
        for stream in &mut held {
            stream.write_all(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is open");
            assert!(read_answer(stream).ends_with("GET /x "), "{most}");
        }
        let answer = server.exchange(b"");
        assert!(answer.starts_with("HTTP/1.1 503 "), "one more than {most}: {answer}");
    }
}
