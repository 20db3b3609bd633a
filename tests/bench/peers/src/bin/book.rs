//! The peer that ends the Rust Book: four workers, a channel of jobs, one request a connection.
//!
//! Its shape in other words: the first line of the request decides, the answer closes the
//! connection, and a worker holds a connection until it is over.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

fn answer(mut stream: TcpStream) {
    let Some(Ok(line)) = BufReader::new(&stream).lines().next() else { return };
    let (status, body) = match line.as_str() {
        "GET /hello HTTP/1.1" => ("200 OK", "Hello, World!\n"),
        _ => ("404 NOT FOUND", "not found\n"),
    };
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}");
}

fn main() {
    let listener = TcpListener::bind(peers::arguments().address).expect("the port is free");
    let (send, receive) = mpsc::channel::<TcpStream>();
    let receive = Arc::new(Mutex::new(receive));
    for _ in 0..4 {
        let receive = Arc::clone(&receive);
        thread::spawn(move || {
            loop {
                // The lock ends with this line, the connection with the next.
                let Ok(stream) = receive.lock().expect("no worker panics").recv() else { break };
                answer(stream);
            }
        });
    }
    for stream in listener.incoming().flatten() {
        let _ = send.send(stream);
    }
}
