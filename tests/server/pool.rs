//! The pool: how many connections are served at a time, and what the others are told.

use crate::common::{DEADLINE, wait_until};
use crate::running::{Running, read_all, read_answer};
use carafe::Server;
use carafe::http::{Request, Response};
use std::io::Write;
use std::net::TcpStream;
use std::thread;

/// The one worker serves a connection, so for all others the server is full.
#[test]
fn a_client_of_a_full_server_reads_why_whatever_was_sent() {
    let server = Running::with(|server| server.workers(1));
    let mut holder = server.connect();
    holder.write_all(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n").expect("the request is sent");
    assert!(read_answer(&mut holder).ends_with("GET /x "));
    let request =
        [&b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n"[..], &[b'x'; 20_000]]
            .concat();
    for _ in 0..200 {
        let mut stream = server.connect();
        // The answer may come before the last byte has left.
        let _ = stream.write_all(&request);
        let answer = read_all(&mut stream);
        assert!(
            answer.starts_with("HTTP/1.1 503 ") && answer.ends_with("in one second.\n"),
            "{answer}"
        );
        for header in
            ["Retry-After: 1\r\n", "X-Content-Type-Options: nosniff\r\n", "Connection: close\r\n"]
        {
            assert!(answer.contains(header), "{answer}");
        }
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head ends");
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{answer}");
    }
    drop(holder);
    wait_until!(server.is_alive(), "it does not recover");
}

/// Bytes that nobody has read would make a reset of the close.
#[test]
fn a_client_of_a_full_server_that_has_sent_its_last_byte_is_not_reset() {
    let server = Server::bind("127.0.0.1:0").expect("a port is free").quiet().workers(1);
    let (address, stopper) = (server.local_addr().expect("it has an address"), server.stopper());
    // The first holds the worker when the server begins.
    let mut streams: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(address).expect("it listens");
            stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
            stream.write_all(&[b'x'; 4000]).expect("it is open");
            stream
        })
        .collect();
    let running = thread::spawn(move || server.run(|_: Request| Response::text("x")));
    for stream in &mut streams[1..] {
        assert!(read_all(stream).starts_with("HTTP/1.1 503 "));
    }
    // The answer to another one shows that the last of them has been closed, too.
    drop(read_all(&mut TcpStream::connect(address).expect("it listens")));
    for stream in &mut streams[1..] {
        stream.write_all(b"x").expect("a reset would end this half, too");
    }
    drop(streams);
    stopper.stop();
    running.join().expect("it ends").expect("it served");
}

#[test]
fn a_client_that_was_refused_and_stays_holds_its_worker_for_a_moment_only() {
    let server = Running::with(|server| server.workers(1));
    let mut stays = server.connect();
    stays.write_all(b"x\r\n\r\n").expect("it is open");
    assert!(read_answer(&mut stays).starts_with("HTTP/1.1 400 "));
    wait_until!(server.is_alive(), "it holds the worker");
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
