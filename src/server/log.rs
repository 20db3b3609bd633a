//! The log: one line for each answer, on standard error.
//!
//! Standard error, so that what a program prints stays clean of it. What a client sent is escaped: no request can move
//! the cursor of the terminal that shows the log, or write a line of its own.

use crate::cycle::Cycle;
use crate::http::{Request, Status, date};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

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
    /// Writes the line of an answer and the warnings of its cycle. A closed standard error changes nothing.
    pub fn answered(self, request: &Request, status: Status, bytes: Option<u64>, took: Duration, cycle: &Cycle) {
        let (method, target) = (escaped(request.method.as_str()), escaped(&request.target));
        let mut line = match self {
            Log::Off => return,
            Log::Line => {
                let size = bytes.map_or("stream".to_owned(), |bytes| format!("{bytes} bytes"));
                format!("{method} {target} {} {size} {:.1} ms\n", status.0, took.as_secs_f64() * 1e3)
            }
            Log::Common => {
                let size = bytes.map_or("-".to_owned(), |bytes| bytes.to_string());
                let version = request.version.as_str();
                let quoted = target.replace('"', "%22");
                format!(
                    "{} - - [{}] \"{method} {quoted} {version}\" {} {size}\n",
                    host(request.peer),
                    clf_date(),
                    status.0
                )
            }
        };
        for warning in cycle.warnings() {
            line.push_str(&format!("  warning: {}\n", escaped(warning)));
        }
        let _ = io::stderr().write_all(line.as_bytes());
    }

    /// Writes that a message was refused before it became a request.
    pub fn refused(self, peer: Option<SocketAddr>, status: Status, why: &str) {
        if self != Log::Off {
            let line = format!("{} {} {}\n", host(peer), status.0, escaped(why));
            let _ = io::stderr().write_all(line.as_bytes());
        }
    }
}

fn host(peer: Option<SocketAddr>) -> String {
    peer.map_or("-".to_owned(), |peer| peer.ip().to_string())
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
