//! Deeper: Writes a recorded request again, as a line for a shell and for a script in the browser.
//!
//! ```text
//! curl -i -g --path-as-is -b j --data-raw name=Ada http://127.0.0.1:8000/process
//! ```
//!
//! Cookies are never part of it: curl takes them from the jar `j`, and a browser adds its own. So
//! nothing secret is copied, and the server itself sends nobody's request again.
//!
//! Left out: a request of which the record holds only a part.

use super::mask::Mask;
use super::message::{Message, readable};
use carafe::cycle::{Detail, Record};
use carafe::{Map, Value};

/// Headers that curl or the browser writes itself, or that describe the program, not the request.
const WRITTEN_BY_THE_CLIENT: &str = " host cookie user-agent content-length transfer-encoding \
    connection keep-alive accept-encoding accept-language upgrade-insecure-requests cache-control \
    pragma priority dnt referer ";

/// The media type that curl writes by itself for a body.
const FORM: &str = "application/x-www-form-urlencoded";

/// A request that was recorded.
pub struct RepeatRequest<'r> {
    request: Message<'r>,
    /// Its body, without the framing of chunks.
    content: Vec<u8>,
    mask: Mask,
    /// False if the request was refused before it was understood.
    is_parsed: bool,
}

impl<'r> RepeatRequest<'r> {
    /// The request of a record.
    pub fn of(record: &'r Record) -> RepeatRequest<'r> {
        let request = Message::of(record, "received");
        let mask = Mask::of(record, &request);
        let mut steps = record.cycle.steps().iter();
        let is_parsed = steps.any(|step| matches!(step.detail, Detail::Parsed { .. }));
        RepeatRequest { content: request.content(), request, mask, is_parsed }
    }

    /// A line for a shell that gets the same status from the server at `base`. Where a value was
    /// masked, the reader puts it in. `None` if the record does not hold the whole request.
    pub fn curl(&self, base: &str) -> Option<String> {
        if self.request.is_cut() || self.request.bytes.is_empty() {
            return None;
        }
        let host = base.strip_prefix("http://").unwrap_or(base);
        if !self.is_parsed {
            // No client writes what carafe refuses to read, so it is sent byte by byte. Nothing in
            // it can be masked.
            let typed = format!("printf {} | curl -s telnet://{host}", printf(self.request.bytes));
            return (!self.is_masked()).then_some(typed);
        }
        let mut words = self.options(host);
        let piped = self.body(&mut words)?;
        let target = self.mask.target(self.request.asked().1);
        words.push(match target.starts_with('/') {
            true => quoted(&format!("{base}{target}")),
            false => format!("--request-target {} {base}/", quoted(&target)),
        });
        Some(format!("{piped}curl -i -g --path-as-is {}", words.join(" ")))
    }

    /// Options of curl for the method, the version and the headers.
    fn options(&self, host: &str) -> Vec<String> {
        let mut words = Vec::new();
        let (method, has_body) = (self.request.asked().0, !self.content.is_empty());
        // curl sends GET by itself, and POST if it has a body to send.
        match method {
            "HEAD" => words.push("-I".into()),
            "GET" if !has_body => {}
            "POST" if has_body => {}
            _ => words.push(format!("-X {}", quoted(method))),
        }
        if self.request.start_line().ends_with("HTTP/1.0") {
            words.push("-0".into());
        }
        match self.request.header("Host") {
            known if known == host => {}
            "" => words.push("-H Host:".into()),
            other => words.push(format!("-H {}", quoted(&format!("Host: {other}")))),
        }
        if self.request.has("Cookie") {
            words.push("-b j".into());
        }
        for (name, value) in self.headers() {
            if name.eq_ignore_ascii_case("Content-Type") && value == FORM && has_body {
                continue;
            }
            let header = match self.mask.header(name, value) {
                // curl's way to write a header without a value.
                value if value.is_empty() => format!("{name};"),
                value => format!("{name}: {value}"),
            };
            words.push(format!("-H {}", quoted(&header)));
        }
        words
    }

    /// Adds the options for the body, and returns the command that pipes it into curl, if it is not
    /// text; `None` if such bytes would have to be masked.
    fn body(&self, words: &mut Vec<String>) -> Option<String> {
        if self.content.is_empty() || self.request.asked().0 == "HEAD" {
            return Some(String::new());
        }
        if !self.request.has("Content-Type") {
            words.push("-H Content-Type:".into()); // else curl says that it is a form
        }
        let is_plain = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\t');
        match str::from_utf8(&self.content) {
            Ok(text) if text.chars().all(is_plain) => {
                let text = self.mask.body(self.request.header("Content-Type"), text);
                words.push(format!("--data-raw {}", quoted(&text)));
                Some(String::new())
            }
            _ if self.is_masked() => None,
            _ => {
                words.push("--data-binary @-".into());
                Some(format!("printf {} | ", printf(&self.content)))
            }
        }
    }

    /// True if something in the line stands for a secret.
    pub fn is_masked(&self) -> bool {
        let (_, target) = self.request.asked();
        let text = readable(&self.content, true);
        let is_hidden = |(name, value): (&str, &str)| self.mask.header(name, value) != value;
        // A request that was not understood is shown with its cookie, another without.
        let in_headers = match self.is_parsed {
            true => self.headers().any(is_hidden),
            false => self.request.headers().any(is_hidden),
        };
        in_headers
            || self.mask.target(target) != target
            || self.mask.body(self.request.header("Content-Type"), &text) != text
    }

    /// Method, target, headers and body for a script in the browser; `None` if it cannot send the
    /// same request, or may not.
    pub fn browser(&self) -> Option<Map> {
        let (method, target) = self.request.asked();
        let body = str::from_utf8(&self.content).ok()?;
        let is_whole = self.is_parsed && !self.request.is_cut() && !self.is_masked();
        let may_be_sent = match method {
            "GET" | "HEAD" => body.is_empty(),
            "CONNECT" | "TRACE" | "TRACK" => false,
            _ => true,
        };
        if !is_whole || !may_be_sent || !target.starts_with('/') {
            return None;
        }
        // The Fetch standard, "forbidden request-header": a browser ignores the headers that a
        // script may not set, such as Origin.
        let headers: Map = self.headers().collect();
        Some(Map::from([
            ("method", Value::from(method)),
            ("target", target.into()),
            ("headers", headers.into()),
            ("body", body.into()),
        ]))
    }

    /// The headers that can change the answer.
    fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.request.headers().filter(|(name, value)| match name.to_ascii_lowercase().as_str() {
            "accept" => *value != "*/*",
            "expect" => !value.eq_ignore_ascii_case("100-continue"),
            // A browser sends it from this page with another value. A request from another site may
            // have been refused for it.
            "sec-fetch-site" => matches!(*value, "cross-site" | "same-site"),
            name if name.starts_with("sec-") => false,
            name => !WRITTEN_BY_THE_CLIENT.contains(&format!(" {name} ")),
        })
    }
}

/// A word as a shell reads it: as it is, or between single quotes.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._/:=@%+,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Any bytes as an argument of `printf`, a command of every shell.
fn printf(bytes: &[u8]) -> String {
    let mut text = String::from("'");
    for byte in bytes {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'%' => text.push_str("%%"),
            b'\\' => text.push_str("\\\\"),
            b'\'' => text.push_str("'\\''"),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text + "'"
}
