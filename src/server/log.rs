//! The log: one line for each answer, on standard error.
//!
//! Standard error, so that what a program prints stays clean of it. What a client sent is escaped: no request can move
//! the cursor of the terminal that shows the log, or write a line of its own.

use crate::cycle::Cycle;
use crate::http::{ParseError, Request, Status, date};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::SystemTime;

/// What is written of each answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// `GET /hello 200 14 bytes 0.1 ms`
    Line,
    /// The Common Log Format, which log analysers read.
    Common,
    /// Nothing.
    Off,
}

impl Log {
    /// How this log shows a request; `None` if it shows nothing. Made before the request is handed on.
    pub(super) fn line_of(self, request: &Request) -> Option<String> {
        let (method, target) = (request.method.as_str(), &request.target);
        match self {
            Log::Off => None,
            Log::Line => Some(escaped(&format!("{method} {target}"))),
            Log::Common => {
                let quoted = escaped(target).replace('"', "%22");
                let peer = request.peer.map_or("-".to_owned(), |peer| peer.ip().to_string());
                Some(format!(
                    "{peer} - - [{}] \"{} {quoted} {}\"",
                    clf_date(),
                    escaped(method),
                    request.version.as_str()
                ))
            }
        }
    }

    /// How this log shows a message that never became a request.
    pub(super) fn line_of_refused(self, peer: SocketAddr, error: &ParseError) -> Option<String> {
        match self {
            Log::Off => None,
            Log::Line => Some(format!("refused: {}:", escaped(&error.to_string()))),
            Log::Common => Some(format!("{} - - [{}] \"-\"", peer.ip(), clf_date())),
        }
    }

    /// Writes the line of an answer and the warnings of its cycle. A closed standard error changes nothing.
    pub(super) fn answered(self, line: &Option<String>, status: Status, bytes: Option<u64>, cycle: &Cycle) {
        let Some(line) = line else { return };
        let size = bytes.map_or("-".to_owned(), |bytes| bytes.to_string());
        let mut text = match self {
            Log::Line => format!("{line} {} {size} bytes {:.1} ms\n", status.0, cycle.elapsed().as_secs_f64() * 1e3),
            _ => format!("{line} {} {size}\n", status.0),
        };
        for warning in cycle.warnings() {
            text.push_str(&format!("  warning: {}\n", escaped(warning)));
        }
        // One write, so that the lines of two threads do not mix.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

/// `06/Nov/1994:08:49:37 +0000`, from `Sun, 06 Nov 1994 08:49:37 GMT`.
fn clf_date() -> String {
    let date = date::format(SystemTime::now());
    let words: Vec<&str> = date.split(' ').collect();
    format!("{}/{}/{}:{} +0000", words[1], words[2], words[3], words[4])
}

/// The text with its control characters as `\u{1b}`, those beyond ASCII included.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() { out.extend(character.escape_default()) } else { out.push(character) }
    }
    out
}
