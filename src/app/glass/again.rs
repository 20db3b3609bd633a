//! The same request once more: as a line for a shell, and as what a browser needs to send it.
//!
//! Cookies are never part of it. curl takes them from the jar `j`, and a browser adds its own; so
//! nothing secret is copied, and the server plays back nobody's requests.

use super::facts::bytes;
use super::mask::Mask;
use super::message::{Message, readable};
use carafe::cycle::{Detail, Record};
use carafe::{Map, Value};

/// Headers that curl or the browser makes itself, or that say something about the program rather
/// than the request.
const OWN: [&str; 15] = [
    "host",
    "cookie",
    "user-agent",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "accept-encoding",
    "accept-language",
    "upgrade-insecure-requests",
    "cache-control",
    "pragma",
    "priority",
    "dnt",
    "referer",
];

/// Headers that a script may not set (the Fetch standard, "forbidden request-header"), beside those
/// above.
const FORBIDDEN: [&str; 6] = ["origin", "te", "trailer", "upgrade", "via", "date"];

/// A request that was recorded.
pub struct Again {
    request: Message,
    mask: Mask,
    /// False: it was refused before it was understood.
    is_parsed: bool,
    received: Vec<u8>,
}

impl Again {
    /// The request of a record.
    pub fn of(record: &Record) -> Option<Again> {
        let excerpt = bytes(record, "received")?;
        let request = Message::of(excerpt);
        let mask = Mask::of(record, &request);
        let is_parsed =
            record.cycle.steps().iter().any(|step| matches!(step.detail, Detail::Parsed { .. }));
        Some(Again { request, mask, is_parsed, received: excerpt.bytes.clone() })
    }

    /// A line for a shell that gets the same status from the server at `base`, unless a value was
    /// masked: then the reader puts it in. `None` if the record does not hold the whole request.
    pub fn curl(&self, base: &str) -> Option<String> {
        if self.request.is_cut {
            return None;
        }
        let is_masked = self.is_masked();
        let host = base.strip_prefix("http://").unwrap_or(base);
        if !self.is_parsed {
            // No client writes what carafe refuses to read; so it is typed by hand. Nothing in it
            // can be masked.
            return (!is_masked)
                .then(|| format!("printf {} | curl -s telnet://{host}", printf(&self.received)));
        }
        let (method, target) = self.request.asked();
        let mut words = vec!["curl -i -g --path-as-is".to_owned()];
        let content = self.request.content();
        let body = str::from_utf8(&content).ok();
        let body = body.filter(|text| {
            text.chars().all(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'))
        });
        match method {
            "HEAD" => words.push("-I".into()),
            "GET" if content.is_empty() => {}
            "POST" if !content.is_empty() => {}
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
        const FORM: &str = "application/x-www-form-urlencoded";
        for (name, value) in self.headers() {
            if name.eq_ignore_ascii_case("Content-Type") && value == FORM && !content.is_empty() {
                continue; // as curl itself says of a body
            }
            let value = self.mask.header(name, value);
            // How curl writes a header without a value.
            let header =
                if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
            words.push(format!("-H {}", quoted(&header)));
        }
        let mut piped = String::new();
        if !content.is_empty() && method != "HEAD" {
            if self.request.header("Content-Type").is_none() {
                // curl would say that it is a form.
                words.push("-H Content-Type:".into());
            }
            match body {
                Some(text) => {
                    words.push(format!(
                        "--data-raw {}",
                        quoted(&self.mask.body(self.request.content_type(), text))
                    ));
                }
                None if is_masked => return None,
                None => {
                    piped = format!("printf {} | ", printf(&content));
                    words.push("--data-binary @-".into());
                }
            }
        }
        if target.starts_with('/') {
            words.push(quoted(&format!("{base}{}", self.mask.target(target))));
        } else {
            words.push(format!("--request-target {} {base}/", quoted(&self.mask.target(target))));
        }
        Some(piped + &words.join(" "))
    }

    /// True if something in the line stands for a secret.
    pub fn is_masked(&self) -> bool {
        let (_, target) = self.request.asked();
        let text = readable(&self.request.content(), true);
        let own = |(name, value): (&str, &str)| self.mask.header(name, value) != value;
        // Of what was understood, the cookie is not in the line.
        let in_headers =
            if self.is_parsed { self.headers().any(own) } else { self.request.headers().any(own) };
        in_headers
            || self.mask.target(target) != target
            || self.mask.body(self.request.content_type(), &text) != text
    }

    /// Method, target, headers and body for a script in the browser; `None` where it may not or
    /// cannot send the same.
    pub fn browser(&self) -> Option<Map> {
        let (method, target) = self.request.asked();
        let content = self.request.content();
        let body = str::from_utf8(&content).ok()?;
        let has_place = !body.is_empty() && matches!(method, "GET" | "HEAD");
        let is_whole = self.is_parsed && !self.request.is_cut && !self.is_masked();
        if !is_whole
            || !target.starts_with('/')
            || has_place
            || matches!(method, "CONNECT" | "TRACE" | "TRACK")
        {
            return None;
        }
        let may = |name: &str| {
            let name = name.to_ascii_lowercase();
            !FORBIDDEN.contains(&name.as_str())
                && !name.starts_with("sec-")
                && !name.starts_with("proxy-")
        };
        let headers: Map = self.headers().filter(|(name, _)| may(name)).collect();
        Some(Map::from([
            ("method", Value::from(method)),
            ("target", target.into()),
            ("headers", headers.into()),
            ("body", body.into()),
        ]))
    }

    /// The headers that make a difference to the answer.
    fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.request.headers().filter(|(name, value)| match name.to_ascii_lowercase().as_str() {
            "accept" => *value != "*/*",
            "expect" => !value.eq_ignore_ascii_case("100-continue"),
            // From here a request does not come from another site, but one that did was perhaps
            // refused for it.
            "sec-fetch-site" => matches!(*value, "cross-site" | "same-site"),
            name => !OWN.contains(&name) && !name.starts_with("sec-"),
        })
    }
}

/// A word as a shell takes it: as it is, or between single quotes.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._/:=@%+,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Any bytes as the argument of `printf`, which every shell has.
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
