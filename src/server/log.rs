//! The log: one line for each answer, on standard error.
//!
//! Standard error, so that what a program prints stays clean of it. What a client sent is escaped:
//! no request can move the cursor of the terminal that shows the log, or write a line of its own. A
//! panic has its line here, too.

use crate::cycle::Cycle;
use crate::http::{ParseError, Request, Status, date};
use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::panic;
use std::thread;
use std::time::SystemTime;

/// What is written of each answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Log {
    /// `GET /hello 200 14 bytes 0.1 ms`
    #[default]
    Line,
    /// The Common Log Format, which log analysers read.
    Common,
    /// Nothing.
    Off,
}

impl Log {
    /// How this log shows a request; `None` if it shows nothing. Made before the request is handed
    /// on.
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

    /// Writes the line of an answer and the warnings of its cycle. A closed standard error changes
    /// nothing.
    pub(super) fn answered(
        self,
        line: &Option<String>,
        status: Status,
        bytes: Option<u64>,
        cycle: &Cycle,
    ) {
        let Some(line) = line else { return };
        let size = bytes.map_or("-".to_owned(), |bytes| bytes.to_string());
        let mut text = match self {
            Log::Line => format!(
                "{line} {} {size} bytes {:.1} ms\n",
                status.0,
                cycle.elapsed().as_secs_f64() * 1e3
            ),
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

/// From now on a panic, wherever it is, leaves one line on standard error; with `RUST_BACKTRACE=1`,
/// its way there too.
///
/// Rust's own line shows the message as it is, and a handler may have put a visitor's words into
/// that. (It is for the whole process, so a program calls this, not the library.)
pub fn show_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!(" at {place}")).unwrap_or_default();
        let thread = thread::current().name().unwrap_or("without a name").to_owned();
        let mut text =
            format!("panic in thread {thread}{place}: {}\n", escaped(panic_text(panic.payload())));
        let way = Backtrace::capture();
        if way.status() == BacktraceStatus::Captured {
            text.push_str(&way.to_string());
        }
        let _ = io::stderr().write_all(text.as_bytes());
    }));
}

/// What a panic says.
pub(crate) fn panic_text(payload: &dyn Any) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// The text with its control characters as `\u{1b}`, those beyond ASCII included, and those that
/// turn the direction of what follows or break a line.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() || turns {
            out.extend(character.escape_default())
        } else {
            out.push(character)
        }
    }
    out
}
