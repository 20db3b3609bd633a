//! Deeper: The log, lines about answers on standard error.
//!
//! What a client sent is escaped, so that no request can move the cursor of the terminal that shows
//! the log, or write a line of its own. A panic leaves a line too.
//!
//! Left out: files and their rotation. The shell or the service manager does that.

use crate::cycle::Sent;
use crate::http::target::{normal_path, split_before};
use crate::http::{Request, Status, date};
use std::any::Any;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::panic;
use std::thread;
use std::time::{Duration, SystemTime};

/// What is written of each answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Log {
    /// Only answers that say that the server failed, with a status from 500 on, and why.
    #[default]
    Failures,
    /// `GET /hello 200 14 bytes 0.1 ms`
    Line,
    /// The Common Log Format, which programs that analyse logs read, with the time of the answer.
    Common,
    /// Nothing.
    Off,
}

impl Log {
    /// True if this log has a line for every answer.
    pub(super) fn has_all_lines(self) -> bool {
        matches!(self, Log::Line | Log::Common)
    }

    /// How this log shows a request that got this status, and perhaps why it was `refused`; `None`
    /// if it does not.
    #[inline]
    pub(super) fn line_of(
        self,
        request: &Request,
        status: Status,
        refused: Option<String>,
    ) -> Option<String> {
        match self {
            Log::Off => None,
            // A request line that was not understood leaves no target, and is no failure of the
            // server.
            Log::Failures if status.0 < 500 || request.target.is_empty() => None,
            Log::Failures => Some(asked(request)),
            Log::Line => {
                let why = refused.map(|why| format!(" refused: {}:", escaped(&why)));
                Some(asked(request) + &why.unwrap_or_default())
            }
            Log::Common => {
                let peer = request.peer.map_or("-".to_owned(), |peer| peer.ip().to_string());
                let asked = asked(request).replace('"', "%22");
                Some(format!(
                    "{peer} - - [{}] \"{asked} {}\"",
                    clf_date(),
                    request.version.as_str()
                ))
            }
        }
    }

    /// Writes why a stream ended before its end by a fault of the program.
    pub(super) fn stream_failed(self, request: &Request, why: &str) {
        if self != Log::Off {
            let why = escaped(why);
            let text = format!("{}: the stream failed: {why}\n", asked(request));
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }

    /// Writes the line of an answer that has left, and the warnings of its cycle. If standard error
    /// is closed, this does nothing.
    pub(super) fn answered(
        self,
        line: String,
        status: Status,
        after: Duration,
        sent: &Sent,
        warnings: &[String],
    ) {
        let (Status(code), bytes) = (status, sent.body_bytes);
        let mut text = match self {
            Log::Common => format!("{line} {code} {bytes}\n"),
            Log::Failures => format!("{line} {code}\n"),
            _ => {
                let broken = if sent.is_whole { "" } else { ", broken off" };
                format!("{line} {code} {bytes} bytes{broken} {:.1} ms\n", after.as_secs_f64() * 1e3)
            }
        };
        for warning in warnings {
            text.push_str(&format!("  warning: {}\n", escaped(warning)));
        }
        // One write, so that the lines of two threads do not mix.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

/// The method and the target, its path spelt as the routes know it; `-`, if there is neither.
fn asked(request: &Request) -> String {
    // A request line that was refused has a path at most.
    let is_refused = request.target.is_empty();
    let target = if is_refused { &request.path } else { &request.target };
    if target.is_empty() {
        return "-".to_owned();
    }
    let (path, query) = split_before(target, b'?');
    escaped(&format!("{} {}{query}", request.method, normal_path(path)))
}

/// `06/Nov/1994:08:49:37 +0000`, from `Sun, 06 Nov 1994 08:49:37 GMT`.
fn clf_date() -> String {
    let date = date::format(SystemTime::now());
    let words: Vec<&str> = date.split(' ').collect();
    format!("{}/{}/{}:{} +0000", words[1], words[2], words[3], words[4])
}

/// From now on each panic of the process leaves one escaped line on standard error.
///
/// Rust's own line shows the message unescaped, and a handler may have put text of a visitor into
/// it. This changes the whole process, so a program calls it, not the library.
pub fn show_panics() {
    panic::set_hook(Box::new(|panic| {
        let line = panic.location().map(|line| format!(" at {line}")).unwrap_or_default();
        let thread = thread::current().name().unwrap_or("without a name").to_owned();
        let text =
            format!("panic in thread {thread}{line}: {}\n", escaped(panic_text(panic.payload())));
        let _ = io::stderr().write_all(text.as_bytes());
    }));
}

pub(crate) fn panic_text(payload: &dyn Any) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// The text with each character that [`is_unseen`] as `\u{1b}`.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match is_unseen(character) {
            true => out.extend(character.escape_default()),
            false => out.push(character),
        }
    }
    out
}

/// True for control characters, and for others of Unicode that show nothing, break a line or change
/// the direction of what follows.
pub fn is_unseen(character: char) -> bool {
    let is_in = |range: &RangeInclusive<char>| range.contains(&character);
    // Rust escapes what is not printable, and an accent only at the start of a text.
    let is_escaped = || String::from_iter(['a', character]).escape_debug().count() > 2;
    character.is_control() || !character.is_ascii() && (is_escaped() || FILLERS.iter().any(is_in))
}

/// Fillers, joiners and variation selectors, which count as printable and show nothing.
const FILLERS: [RangeInclusive<char>; 8] = [
    '\u{34f}'..='\u{34f}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{e0100}'..='\u{e01ef}',
];
