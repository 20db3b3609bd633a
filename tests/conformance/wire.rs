//! Every sample of `tests/wire`, sent to the real program: whole, and byte by byte if nothing
//! follows a close.

use crate::carafe::Carafe;
use crate::case::answers;
use crate::common::empty_folder;
use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::path::Path;

/// One line of `tests/wire/EXPECTED`.
struct Sample {
    file: String,
    bytes: Vec<u8>,
    /// Of each request in the sample: 200 stands for any success, 408 for a message that is not
    /// complete.
    statuses: Vec<u16>,
    stays: bool,
    /// The client sends more after it asked for the close. RFC 9112 §9.6 forbids that, so a byte
    /// that comes after the close is met with a reset.
    sends_after_close: bool,
}

fn samples() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let text = fs::read_to_string(folder.join("EXPECTED")).expect("the table can be read");
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let read = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        Sample {
            file: words[0].to_owned(),
            bytes: fs::read(folder.join(words[0])).expect("the sample can be read"),
            statuses: words[1]
                .split(',')
                .map(|status| status.parse().expect("a status is a number"))
                .collect(),
            stays: words[2] == "yes",
            sends_after_close: words[0] == "pipelined-behind-close.http",
        }
    };
    lines.map(read).collect()
}

#[test]
fn every_sample_is_answered_as_expected_whole_and_byte_by_byte() {
    // A message that is not complete is given up soon.
    let short = ["--log", "off", "--no-cycles", "--head-time", "1s", "--body-time", "1s"];
    let carafe = Carafe::start_in(&empty_folder(), &short);
    let samples = samples();
    assert!(samples.len() > 100, "{} samples", samples.len());
    std::thread::scope(|scope| {
        // Dealt out like cards: those that wait stand one behind the other in the table.
        for first in 0..8 {
            let (carafe, samples) = (&carafe, &samples);
            scope.spawn(move || {
                for sample in samples.iter().skip(first).step_by(8) {
                    check(carafe, sample, sample.bytes.len());
                    if sample.bytes.len() < 3000 && !sample.sends_after_close {
                        check(carafe, sample, 1);
                    }
                }
            });
        }
    });
}

fn check(carafe: &Carafe, sample: &Sample, piece_bytes: usize) {
    let mut stream = carafe.connect();
    stream.set_nodelay(true).expect("a socket can be set up");
    for piece in sample.bytes.chunks(piece_bytes) {
        // It may have refused and closed before the last byte.
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    let title = format!("{} in pieces of {piece_bytes}", sample.file);
    if sample.stays {
        // What follows is read as a request of its own.
        stream
            .write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .expect(&title);
    }
    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap_or_else(|error| panic!("{title}: {error}"));
    let found = answers(&received, sample.bytes.starts_with(b"HEAD "));
    let mut found = found
        .unwrap_or_else(|wrong| panic!("{title}: {wrong}: {}", String::from_utf8_lossy(&received)));
    if sample.stays {
        let behind = found.pop().unwrap_or_else(|| panic!("{title}: no answer"));
        assert_eq!((behind.status, &behind.body[..]), (200, &b"Hello, World!\n"[..]), "{title}");
    }
    found.retain(|answer| answer.status >= 200);
    let statuses: Vec<u16> =
        found.iter().map(|answer| if answer.status < 300 { 200 } else { answer.status }).collect();
    assert_eq!(statuses, sample.statuses, "{title}: {found:?}");
    for late in found.iter().filter(|answer| answer.status == 408) {
        let text = String::from_utf8_lossy(&late.body);
        assert!(
            text.contains("within 1 seconds"),
            "{title}: {text}, expected the time of the flag"
        );
    }
    let _ = stream.shutdown(Shutdown::Both);
    let hello = carafe.raw(b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(hello.ends_with("\r\n\r\nHello, World!\n"), "after {title}: {hello}");
}
