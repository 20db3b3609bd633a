//! What the log says, read from the standard error of a process of its own.

use crate::running::{Running, read_answer};
use carafe::http::{Request, Response, Status};
use carafe::{Log, Server};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;

const NAME: &str = "CARAFE_TEST_LOG";

/// Serves some requests and writes their log, if the other test has started this process.
#[test]
fn serving_writes_a_log() {
    let log = match std::env::var(NAME).as_deref() {
        Ok("failures") => Log::Failures,
        Ok("line") => Log::Line,
        Ok("common") => Log::Common,
        _ => return,
    };
    let limits = carafe::http::Limits { body_bytes: 8, ..Default::default() };
    let server = Running::with(|server| server.log(log).limits(limits));
    for line in
        ["GET /%70anic%2f?%61", "GET /%70anic?%61", "GET /broken-stream", "GET /taken", "GET /100%"]
    {
        server.exchange(format!("{line} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
    }
    server.exchange(b"POST /%6fne?a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n");
    server.exchange(b"GET /panicking-stream HTTP/1.1\r\nHost: x\r\n\r\n");
    server.exchange(b"GET /a\"b\x1b HTTP/1.1\r\nHost: x\r\n\r\n");
    server.exchange(b"\x16\x03\x01");
    drop(server);
    let server = Server::bind("127.0.0.1:0").expect("a port is free").quiet().log(log);
    let (address, stopper) = (server.local_addr().expect("it has an address"), server.stopper());
    let service = |request: Request| match request.path.as_str() {
        "/left" => Response::stream("text/plain", |out| {
            loop {
                out.write_all(&[b'x'; 100_000])?;
            }
        }),
        _ => Response::new(Status::INTERNAL_SERVER_ERROR),
    };
    let running = thread::spawn(move || server.run(service));
    let mut client = TcpStream::connect(address).expect("it listens");
    client.write_all(b"GET /closure HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is open");
    read_answer(&mut client);
    // That a client leaves is no failure of the stream.
    let mut client = TcpStream::connect(address).expect("it listens");
    client.write_all(b"GET /left HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is open");
    client.read_exact(&mut [0]).expect("it begins");
    drop(client);
    stopper.stop();
    running.join().expect("it ends").expect("it served");
}

#[test]
fn a_log_shows_paths_as_the_routes_know_them_and_why_a_stream_or_a_message_failed() {
    for (log, expected) in [
        (
            "failures",
            &[
                "GET /panic?%61 500\n",
                "GET /broken-stream: the stream failed: no more\n",
                "GET /panicking-stream: the stream failed: this stream panics on purpose\n",
                "GET /closure 500\n",
            ][..],
        ),
        (
            "line",
            &[
                "GET /panic%2F?%61 200 ",
                "GET /panic?%61 500 ",
                "GET /taken 200 ",
                "GET /broken-stream: the stream failed: no more\n",
                " bytes, broken off",
                "GET /100% refused: found",
                "POST /one?a refused: the body is longer than 8 bytes: 413 ",
                "GET /a\"b refused: found",
                "- refused: found the start of TLS",
            ],
        ),
        (
            "common",
            &[
                "\"GET /panic?%61 HTTP/1.1\" 500",
                "\"POST /one?a HTTP/1.1\" 413",
                "\"GET /a%22b HTTP/1.1\" 400",
            ],
        ),
    ] {
        let mut child = Command::new(std::env::current_exe().expect("a test knows its program"));
        child.args(["--exact", "log::serving_writes_a_log"]).env(NAME, log);
        let output = child.output().expect("it runs");
        assert!(output.status.success(), "{output:?}");
        let written = String::from_utf8_lossy(&output.stderr);
        for line in expected {
            assert!(written.contains(line), "{log}: {line:?} in {written}");
        }
        if log == "failures" {
            assert_eq!(written.matches("GET ").count(), 4, "{written}");
        }
    }
}
