//! Deeper: Explains each line of a message: parts 1 and 6 of a cycle.
//!
//! Each line of the head becomes a line of the description, with a few words on what it is for and
//! the section of the standard that says so. The words are rows of `words.txt`.

use super::mask::DOTS;
use super::message::{Message, chunks, cookies, readable};
use super::part_line::PartLine;
use super::words::say;
use carafe::http::Status;
use carafe::web::session::COOKIE_NAME;

/// The lines of a request; `cookie` is the note on the session's cookie.
pub fn of_request(message: &Message, cookie: &str) -> Vec<PartLine> {
    let line = message.start_line();
    let first = match line.split(' ').collect::<Vec<_>>()[..] {
        [method, target, _] if !method.is_empty() && !target.is_empty() => {
            PartLine::new("request line", line).note("method, target, version (RFC 9112 §3)")
        }
        _ => PartLine::new("bad line", line).note("not a request line"),
    };
    let mut lines = head(message, first, cookie);
    // RFC 9112 §6.3: a request has a body if Content-Length or Transfer-Encoding says so. Bytes
    // that no header announced are shown as well.
    if message.header("Transfer-Encoding").is_some() {
        in_chunks(message, &mut lines);
    } else if !message.body.is_empty() {
        lines.push(body(message));
    }
    lines.extend(cut(message));
    lines
}

/// The lines of a response; `is_head` says that the request had the method HEAD.
pub fn of_response(message: &Message, status: Status, is_head: bool) -> Vec<PartLine> {
    let note = format!("status: {}", say("status", &status.0.to_string(), &[]));
    let first = PartLine::new("status line", message.start_line()).note(&note);
    let mut lines = head(message, first, "");
    // RFC 9110 §9.3.2: the answer to HEAD has the headers of GET, and no body.
    if is_head && !status.has_no_body() {
        let note = "no body: HEAD asks for the headers alone (RFC 9110 §9.3.2)";
        lines.push(PartLine::new("body", "").note(note));
    } else if !message.body.is_empty() {
        lines.push(body(message));
    } else if message.header("Transfer-Encoding").is_some() {
        let note = "the body follows in chunks, the last of length 0 (RFC 9112 §7.1)";
        lines.push(PartLine::new("body", "").note(note));
    }
    lines.extend(cut(message));
    lines
}

/// The first line, the headers, and the empty line after them.
fn head(message: &Message, first: PartLine, cookie: &str) -> Vec<PartLine> {
    let Some((&(_, end), headers)) = message.lines.split_first() else { return Vec::new() };
    let mut lines = vec![first.end(end)];
    for (line, end) in headers {
        let Some((name, value)) = line.split_once(':') else {
            let bad = PartLine::new("bad line", line).note("not a header: there is no colon");
            lines.push(bad.end(end));
            continue;
        };
        if name.eq_ignore_ascii_case("Set-Cookie") {
            set_cookie(line, end, &mut lines);
            continue;
        }
        let is_cookie = name.eq_ignore_ascii_case("Cookie");
        let note = if is_cookie { cookie_note(value, cookie) } else { say("header", name, &[]) };
        lines.push(PartLine::new("header", line).note(&note).end(end));
    }
    if message.has_end {
        let note = "empty line: headers end here (RFC 9112 §2.1)";
        lines.push(PartLine::new("empty line", "").note(note).end("CR LF"));
    }
    lines
}

/// One `Set-Cookie`, broken where its attributes begin, so that each can have its note.
fn set_cookie(text: &str, end: &'static str, lines: &mut Vec<PartLine>) {
    // RFC 6265 §4.1.2: without Max-Age and Expires a browser forgets the cookie when it is closed.
    let small = text.to_ascii_lowercase();
    let lasts = small.contains("max-age=") || small.contains("expires=");
    let until = if lasts { "" } else { " until you are closed" };
    let mut attributes = text.split_inclusive(';');
    let pair = attributes.next().unwrap_or("");
    let note = format!("please remember this{until} (RFC 6265 §4.1)");
    lines.push(PartLine::new("header", pair).note(&note));
    lines.extend(attributes.map(str::trim).map(|attribute| {
        let note = say("attribute", attribute.trim_end_matches(';'), &[]);
        PartLine::new("attribute", &format!("  {attribute}")).note(&note)
    }));
    if let Some(last) = lines.last_mut() {
        last.end = end;
    }
}

/// What the cookies of a request are: this server's, or those of another program on this host.
fn cookie_note(value: &str, own: &str) -> String {
    // Cookies ignore the port (RFC 6265 §8.5), so programs on other ports of this host share them.
    let names = cookies(value).map(|(_, name, _)| name);
    let is_own = |name: &str| [COOKIE_NAME, "visits", "visits_signed"].contains(&name);
    let others = names.filter(|name| !is_own(name)).collect::<Vec<_>>().join("`, `");
    let mut note = own.to_owned();
    if !others.is_empty() {
        let end = "came along: another program on this host set it";
        note += if own.is_empty() { "" } else { "; " };
        note += &format!("cookie `{others}` {end}");
    }
    note
}

/// A body, and which header said how long it is.
fn body(message: &Message) -> PartLine {
    let note = match message.header("Content-Length") {
        Some(length) => format!("body: {length} bytes, as Content-Length said"),
        None => "body: no header said that one follows".to_owned(),
    };
    let name =
        if message.text_of("Content-Type").starts_with("text/html") { "page" } else { "body" };
    PartLine { text: message.content().into_owned(), ..PartLine::new(name, "").note(&note) }
}

/// The body as it arrived. RFC 9112 §7.1: a chunk's size stands before its data, in hexadecimal.
fn in_chunks(message: &Message, lines: &mut Vec<PartLine>) {
    // Two chunks may share a secret. Then the bytes of all chunks stay hidden.
    let is_masked = message.hidden.iter().any(|name| name == "body");
    let (chunks, trailers) = chunks(message.body);
    for (line, data) in chunks {
        let note = match data.len() {
            0 => "a chunk of length 0: the last one (RFC 9112 §7.1)".to_owned(),
            length => format!("hexadecimal: a chunk of {length} bytes (RFC 9112 §7.1)"),
        };
        lines.push(PartLine::new("chunk", &readable(line, false)).note(&note).end("CR LF"));
        if !data.is_empty() {
            let text = if is_masked { DOTS.into() } else { readable(data, true) };
            let note = format!("body: {} bytes, as the chunk said", data.len());
            let text = text.into_owned();
            lines.push(PartLine { text, ..PartLine::new("body", "").note(&note).end("CR LF") });
        }
    }
    let Some(fields) = trailers.strip_suffix(b"\r\n") else { return };
    if !fields.is_empty() {
        let note = format!("{} bytes of trailers, which are not used (§7.1.2)", fields.len());
        lines.push(PartLine::new("trailers", "").note(&note));
    }
    let note = "empty line: the body ends here (RFC 9112 §7.1)";
    lines.push(PartLine::new("empty line", "").note(note).end("CR LF"));
}

/// Says how much of a long message the record holds.
fn cut(message: &Message) -> Option<PartLine> {
    let kept = message.bytes.len();
    let all = message.total.map_or("what followed".to_owned(), |total| format!("{total} bytes"));
    let note = format!("cut: the first {kept} of {all} are kept");
    message.is_cut().then(|| PartLine::new("cut", "").note(&note))
}
