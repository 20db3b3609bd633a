//! Deeper: Writes a recorded request again, as a line for a shell and for a script in the browser.
//!
//! ```text
//! curl -i -g --path-as-is -b j --data-raw name=Ada http://127.0.0.1:8000/process
//! ```
//!
//! Cookies are never part of it: curl takes them from the jar `j`, and a browser adds its own. So
//! nothing secret is copied, and the server itself sends nobody's request again. Where something
//! is masked, the reader puts it in.
//!
//! Left out: a request of which the record holds only a part.

use super::cycle_facts::CycleFacts;
use super::message::Message;
use carafe::server::log::is_unseen;
use carafe::{Map, Value};

/// Headers that curl or the browser writes itself, or that describe the program, not the request.
const WRITTEN_BY_THE_CLIENT: &str = " host cookie user-agent content-length transfer-encoding \
    connection keep-alive accept-encoding accept-language upgrade-insecure-requests cache-control \
    pragma priority dnt referer ";

/// The media type that curl writes by itself for a body.
const FORM: &str = "application/x-www-form-urlencoded";

/// A request that was recorded.
pub struct RepeatRequest<'f> {
    /// The request, masked.
    request: &'f Message<'f>,
    /// False if the request was refused before it was understood.
    is_parsed: bool,
    /// True if something in the line stands for a secret.
    pub is_masked: bool,
}

impl<'f> RepeatRequest<'f> {
    /// The request of a cycle whose facts are masked.
    pub fn of(facts: &'f CycleFacts) -> RepeatRequest<'f> {
        let (request, is_parsed) = (&facts.request, facts.is_parsed);
        // A request that was not understood is shown with its cookie, another without.
        let is_shown = |name: &String| !is_parsed || !is_written_by_the_client(name);
        RepeatRequest { request, is_parsed, is_masked: request.hidden.iter().any(is_shown) }
    }

    /// A line for a shell that gets the same status from the server at `base`. `None` if the record
    /// does not hold the whole request, or if bytes that are no text would have to be masked.
    pub fn curl(&self, base: &str) -> Option<String> {
        if self.request.is_cut() || self.request.bytes.is_empty() {
            return None;
        }
        let host = base.strip_prefix("http://").unwrap_or(base);
        if !self.is_parsed {
            // No client writes what carafe refuses to read, so it is sent byte by byte.
            let typed = format!("printf {} | curl -s telnet://{host}", printf(self.request.bytes));
            return (!self.is_masked).then_some(typed);
        }
        let mut words = self.options(host);
        let piped = self.body(&mut words)?;
        let target = self.request.asked().1;
        words.push(match target.starts_with('/') {
            true => quoted(&format!("{base}{target}")),
            false => format!("--request-target {} {base}/", quoted(target)),
        });
        Some(format!("{piped}curl -i -g --path-as-is {}", words.join(" ")))
    }

    /// Options of curl for the method, the version and the headers.
    fn options(&self, host: &str) -> Vec<String> {
        let mut words = Vec::new();
        let (method, has_body) = (self.request.asked().0, !self.request.content_bytes().is_empty());
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
            Some(known) if known == host => {}
            Some(other) => words.push(format!("-H {}", quoted(&format!("Host: {other}")))),
            None => words.push("-H Host:".into()),
        }
        if self.request.header("Cookie").is_some() {
            words.push("-b j".into());
        }
        let written_by_curl = |(name, value): &(&str, &str)| {
            name.eq_ignore_ascii_case("Content-Type") && *value == FORM && has_body
        };
        words.extend(self.headers().filter(|header| !written_by_curl(header)).map(
            |(name, value)| match value {
                // curl's way to write a header without a value.
                "" => format!("-H {}", quoted(&format!("{name};"))),
                value => format!("-H {}", quoted(&format!("{name}: {value}"))),
            },
        ));
        words
    }

    /// Adds the options for the body, and returns the command that pipes it into curl, if it is not
    /// text; `None` if such bytes would have to be masked.
    fn body(&self, words: &mut Vec<String>) -> Option<String> {
        let content = self.request.content_bytes();
        if content.is_empty() || self.request.asked().0 == "HEAD" {
            return Some(String::new());
        }
        if self.request.header("Content-Type").is_none() {
            words.push("-H Content-Type:".into()); // else curl says that it is a form
        }
        let is_plain = |letter: char| !is_unseen(letter) || matches!(letter, '\n' | '\t');
        match str::from_utf8(&content) {
            Ok(text) if text.chars().all(is_plain) => {
                words.push(format!("--data-raw {}", quoted(&self.request.content())));
                Some(String::new())
            }
            _ if self.is_masked => None,
            _ => {
                words.push("--data-binary @-".into());
                Some(format!("printf {} | ", printf(&content)))
            }
        }
    }

    /// Method, target, headers and body for a script in the browser; `None` if it cannot send the
    /// same request, or may not.
    pub fn browser(&self) -> Option<Map> {
        let (method, target) = self.request.asked();
        let body = String::from_utf8(self.request.content_bytes().into_owned()).ok()?;
        let is_whole = self.is_parsed && !self.request.is_cut() && !self.is_masked;
        let may_be_sent = match method {
            "GET" | "HEAD" => body.is_empty(),
            "CONNECT" | "TRACE" | "TRACK" => false,
            _ => true,
        };
        // The Fetch standard, "forbidden request-header": a browser ignores the headers that a
        // script may not set, such as Origin.
        let headers: Map = self.headers().collect();
        (is_whole && may_be_sent && target.starts_with('/')).then(|| {
            Map::from([
                ("method", Value::from(method)),
                ("target", target.into()),
                ("headers", headers.into()),
                ("body", body.into()),
            ])
        })
    }

    /// The headers that can change the answer.
    fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.request.headers().filter(|(name, value)| match name.to_ascii_lowercase().as_str() {
            "accept" => *value != "*/*",
            "expect" => !value.eq_ignore_ascii_case("100-continue"),
            // A browser sends it from this page with another value. A request from another site may
            // have been refused for it.
            "sec-fetch-site" => matches!(*value, "cross-site" | "same-site"),
            name => !is_written_by_the_client(name),
        })
    }
}

fn is_written_by_the_client(name: &str) -> bool {
    name.starts_with("sec-") || WRITTEN_BY_THE_CLIENT.contains(&format!(" {name} "))
}

/// A word as a shell reads it: as it is, between single quotes, or with letters that are not seen
/// written as numbers.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._/:=@%+,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if word.contains(is_unseen) {
        return format!("\"$(printf {})\"", printf(word.as_bytes()));
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Any bytes as an argument of `printf`, a command of every shell.
fn printf(bytes: &[u8]) -> String {
    let written = bytes.iter().map(|byte| match byte {
        b'\r' => "\\r".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'%' => "%%".to_owned(),
        b'\\' => "\\\\".to_owned(),
        b'\'' => "'\\''".to_owned(),
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\{byte:03o}"),
    });
    format!("'{}'", written.collect::<String>())
}
