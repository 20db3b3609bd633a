//! Every sample of `tests/wire` over a real socket: whole, and byte by byte.

use crate::running::{Running, read_all};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::path::Path;
use std::time::Duration;

/// One line of `tests/wire/EXPECTED`.
struct Expected {
    file: String,
    /// Of each request in the sample; 408 stands for a message that is not complete.
    statuses: Vec<String>,
    stays: bool,
}

fn expectations() -> Vec<Expected> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let text = std::fs::read_to_string(folder.join("EXPECTED")).expect("the table can be read");
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            Expected {
                file: words[0].to_owned(),
                statuses: words[1].split(',').map(str::to_owned).collect(),
                stays: words[2] == "yes",
            }
        })
        .collect()
}

fn statuses(answers: &str) -> Vec<String> {
    let codes = answers.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3));
    // The words of a refusal may name the version, too; then no number follows.
    codes.filter(|code| code.parse::<u16>().is_ok() && *code != "100").map(str::to_owned).collect()
}

#[test]
fn every_sample_is_answered_as_expected_whole_and_byte_by_byte() {
    let server = Running::with_limits(|limits| {
        // A message that is not complete is given up soon.
        (limits.head_time, limits.body_time) = (Duration::from_millis(300), Duration::from_millis(300));
    });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let expectations = expectations();
    assert!(expectations.len() > 100);
    std::thread::scope(|scope| {
        for batch in expectations.chunks(16) {
            let (server, folder) = (&server, &folder);
            scope.spawn(move || {
                for expected in batch {
                    let bytes = std::fs::read(folder.join(&expected.file)).expect("the sample can be read");
                    check(server, expected, &bytes, bytes.len());
                    if bytes.len() < 3000 {
                        check(server, expected, &bytes, 1);
                    }
                }
            });
        }
    });
    assert!(server.is_alive());
}

fn check(server: &Running, expected: &Expected, bytes: &[u8], piece: usize) {
    let mut stream = server.connect();
    for piece in bytes.chunks(piece) {
        // The server may have refused and closed before the last byte.
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    let file = &expected.file;
    if expected.stays {
        // What follows is read as a request of its own.
        stream.write_all(b"GET /behind HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("it is open");
        let answers = read_all(&mut stream);
        assert!(answers.ends_with("GET /behind "), "{file} in pieces of {piece}: {answers}");
        let mut statuses = statuses(&answers);
        statuses.pop();
        assert_eq!(statuses, expected.statuses, "{file} in pieces of {piece}: {answers}");
    } else {
        let mut answers = Vec::new();
        let _ = stream.read_to_end(&mut answers);
        let answers = String::from_utf8_lossy(&answers).into_owned();
        assert_eq!(statuses(&answers), expected.statuses, "{file} in pieces of {piece}: {answers}");
    }
    let _ = stream.shutdown(Shutdown::Both);
    assert!(server.is_alive(), "after {file}");
}
