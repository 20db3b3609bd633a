//! The floor: two threads that sweep, read and write, and do nothing else.
//!
//! No server on `std` can do less for a request: it counts the empty lines that have arrived and
//! writes as many fixed answers. What another server takes beyond it is what that server does.
//! It never sleeps, so it takes both processors even when nobody asks.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// The bytes of one answer, with the headers that all peers send.
fn answer() -> Vec<u8> {
    let mut text = String::from("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n");
    for (name, value) in peers::headers() {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("Content-Length: 14\r\nDate: Thu, 26 Nov 2026 00:00:00 GMT\r\n\r\nHello, World!\n");
    text.into_bytes()
}

/// Answers what has arrived on a connection. `None` once it is over, else true if anything came.
fn turn(stream: &mut TcpStream, input: &mut [u8], output: &mut Vec<u8>, answer: &[u8]) -> Option<bool> {
    match stream.read(input) {
        Ok(0) => None,
        Ok(length) => {
            output.clear();
            let requests = input[..length].windows(4).filter(|end| end == b"\r\n\r\n").count();
            (0..requests).for_each(|_| output.extend_from_slice(answer));
            stream.write_all(output).ok().map(|()| true)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Some(false),
        Err(_) => None,
    }
}

fn sweep(listener: &TcpListener, answer: &[u8]) {
    let (mut streams, mut input, mut output) = (Vec::new(), vec![0; 64 * 1024], Vec::new());
    loop {
        let mut found = false;
        if let Ok((stream, _)) = listener.accept()
            && stream.set_nonblocking(true).is_ok()
            && stream.set_nodelay(true).is_ok()
        {
            streams.push(stream);
        }
        streams.retain_mut(|stream| match turn(stream, &mut input, &mut output, answer) {
            Some(came) => {
                found |= came;
                true
            }
            None => false,
        });
        if !found {
            thread::yield_now();
        }
    }
}

fn main() {
    let listener = TcpListener::bind(peers::arguments().address).expect("the port is free");
    listener.set_nonblocking(true).expect("it can be asked without waiting");
    let answer = answer();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, |count| count.get()) {
            scope.spawn(|| sweep(&listener, &answer));
        }
    });
}
