//! Stage 1: a server is a program that waits for bytes and sends bytes back.
//!
//! ```text
//! rustc --edition 2024 src/stages/s1_one_answer.rs && ./s1_one_answer 8000
//! curl -i http://127.0.0.1:8000/hello
//! ```
//!
//! A client, curl or a browser, opens a connection and sends a request: a first line, some headers,
//! and an empty line. This server reads up to the empty line and sends everybody the same answer.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

fn main() -> io::Result<()> {
    let port = env::args().nth(1).unwrap_or("8000".to_string());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}"))?;
    println!("http://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        serve(stream?)?;
    }
    Ok(())
}

/// Reads a request and answers it. The connection is closed when `stream` goes out of scope.
fn serve(mut stream: TcpStream) -> io::Result<()> {
    for line in BufReader::new(&stream).lines() {
        if line?.is_empty() {
            break;
        }
    }
    let body = "Hello, World!\n";
    let mut head = "HTTP/1.1 200 OK\r\n".to_string();
    head += "Content-Type: text/plain; charset=utf-8\r\n";
    // The client counts: the answer is over after this many bytes of body.
    head += &format!("Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

// What is still wrong with it
//
// It does not look at the request. A wrong method for a path that does not exist gets the same
// answer as everything else:
//
//     curl -s -o /dev/null -w '%{http_code}\n' -X DELETE http://127.0.0.1:8000/nowhere
//
// This stage prints `200`, carafe prints `404`. Read src/web/no_route.rs.
//
// And one bad client ends the server for all: if its connection fails, or a byte is not UTF-8, `?`
// carries the error out of `serve` and then out of `main`. What else is wrong, later stages say.
