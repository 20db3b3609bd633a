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
//! Left out: a request of which the record holds only a part, and what curl does not send by
//! itself: a request that carafe could not read, another version than HTTP/1.1, HEAD with a body,
//! a header that is no text.

use super::cycle_facts::CycleFacts;
use super::message::{Message, readable};
use carafe::web::shell::{printf, shell_word};
use carafe::{Map, Value};
use std::borrow::Cow;

/// Headers that curl or the browser writes itself, or that describe the program, not the request.
const WRITTEN_BY_THE_CLIENT: &str = " host cookie user-agent content-length transfer-encoding \
    connection keep-alive accept-encoding accept-language upgrade-insecure-requests cache-control \
    pragma priority dnt referer expect ";

/// The media type that curl writes by itself for a body.
const FORM: &str = "application/x-www-form-urlencoded";

/// True if something that would be sent stands for a secret. The request must be masked.
pub fn is_masked(facts: &CycleFacts) -> bool {
    facts.request.hidden.iter().any(|name| !is_written_by_the_client(name))
}

/// A line for a shell that gets the same status from the server at `base`. `None` if there is none.
pub fn curl(facts: &CycleFacts, base: &str) -> Option<String> {
    let request = &facts.request;
    if !facts.is_parsed || request.is_cut() || !request.start_line().ends_with("HTTP/1.1") {
        return None;
    }
    // A line is a copy if something in it is masked, or shown as a code because it is no text.
    let is_known = |(line, _): &(Cow<str>, _)| {
        let name = line.split(':').next().unwrap_or("").to_ascii_lowercase();
        matches!(line, Cow::Borrowed(_)) || request.hidden.contains(&name)
    };
    if !request.lines.iter().skip(1).all(is_known) {
        return None;
    }
    let ((method, target), content) = (request.asked(), request.content_bytes());
    let mut words = vec!["curl -i -g --path-as-is".to_owned()];
    match (method, content.is_empty()) {
        // curl sends GET by itself, and POST if it has a body to send.
        ("GET", true) | ("POST", false) => {}
        ("HEAD", true) => words.push("-I".into()),
        ("HEAD", false) => return None,
        _ => words.push(format!("-X {}", shell_word(method))),
    }
    let host = request.text_of("Host");
    if base.strip_prefix("http://").unwrap_or(base) != host {
        words.push(format!("-H {}", shell_word(format!("Host: {host}"))));
    }
    if request.header("Cookie").is_some() {
        words.push("-b j".into());
    }
    for (name, value) in headers(request) {
        if !content.is_empty() && name.eq_ignore_ascii_case("Content-Type") && value == FORM {
            continue;
        }
        // curl's way to write a header without a value has a semicolon.
        let line = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        words.push(format!("-H {}", shell_word(line)));
    }
    let mut piped = String::new();
    if !content.is_empty() {
        let data;
        (piped, data) = body(request, &content)?;
        words.push(data);
    }
    words.push(match target.starts_with('/') {
        true => shell_word(format!("{base}{target}")),
        false => format!("--request-target {} {base}/", shell_word(target)),
    });
    Some(piped + &words.join(" "))
}

/// What stands before `curl` and what after it, so that it sends this body. `None` if bytes that
/// are no text would have to be masked.
fn body(request: &Message, content: &[u8]) -> Option<(String, String)> {
    let bytes = match &request.masked_body {
        Some(_) if matches!(readable(content, true), Cow::Owned(_)) => return None,
        Some(masked) => masked.as_bytes(),
        None => content,
    };
    // Without a type of its own, curl would say that it is a form.
    let kind = if request.header("Content-Type").is_none() { "-H Content-Type: " } else { "" };
    let word = shell_word(bytes);
    // A shell takes the end of a line away from a word that is made by `printf`.
    Some(match word.starts_with('"') {
        true => (format!("{} | ", printf(bytes)), format!("{kind}--data-binary @-")),
        false => (String::new(), format!("{kind}--data-raw {word}")),
    })
}

/// Method, target, headers and body for a script in the browser; `None` if it cannot send the same
/// request, or may not.
pub fn browser(facts: &CycleFacts) -> Option<Map> {
    let request = &facts.request;
    let (method, target) = request.asked();
    let body = String::from_utf8(request.content_bytes().into_owned()).ok()?;
    let is_whole = facts.is_parsed && !request.is_cut() && !is_masked(facts);
    let may_be_sent = match method {
        "GET" | "HEAD" => body.is_empty(),
        "CONNECT" | "TRACE" | "TRACK" => false,
        _ => true,
    };
    // The Fetch standard, "forbidden request-header": a browser ignores the headers that a script
    // may not set, such as Origin.
    let is_ascii = headers(request).all(|(_, value)| value.is_ascii());
    let headers: Map = headers(request).collect();
    (is_whole && is_ascii && may_be_sent && target.starts_with('/')).then(|| {
        Map::from([
            ("method", Value::from(method)),
            ("target", target.into()),
            ("headers", headers.into()),
            ("body", body.into()),
        ])
    })
}

/// The headers that can change the answer.
fn headers<'m>(request: &'m Message) -> impl Iterator<Item = (&'m str, &'m str)> {
    request.headers().filter(|(name, value)| match name.to_ascii_lowercase().as_str() {
        "accept" => *value != "*/*",
        name => !is_written_by_the_client(name),
    })
}

fn is_written_by_the_client(name: &str) -> bool {
    name.starts_with("sec-") || WRITTEN_BY_THE_CLIENT.contains(&format!(" {name} "))
}
