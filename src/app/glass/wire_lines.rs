//! Deeper: Explains each line of a message: parts 1 and 6 of a cycle.
//!
//! Each line of the head becomes a line of the description, with a few words on what it is for and
//! the section of the standard that says so. The words are rows of `words.txt`.

use super::mask::Mask;
use super::message::{Message, chunks, readable};
use super::part_line::PartLine;
use super::words::say;
use carafe::http::Status;

/// The lines of a request; `cookie` is the note on the session's cookie.
pub fn of_request(message: &Message, mask: &Mask, cookie: &str) -> Vec<PartLine> {
    let first = match message.start_line().split(' ').collect::<Vec<_>>()[..] {
        [method, target, version] if !method.is_empty() && !target.is_empty() => {
            let line = format!("{method} {} {version}", mask.target(target));
            PartLine::new("request line", line).note("method, target, version (RFC 9112 §3)")
        }
        _ => PartLine::new("bad line", mask.text(message.start_line())).note("not a request line"),
    };
    let mut lines = head(message, mask, first, cookie);
    // RFC 9112 §6.3: a request has a body if Content-Length or Transfer-Encoding says so. Bytes
    // that no header announced are shown as well.
    if message.has("Transfer-Encoding") {
        in_chunks(message, mask, &mut lines);
    } else if !message.body.is_empty() {
        lines.push(body(message, mask));
    }
    lines.extend(cut(message));
    lines
}

/// The lines of a response; `is_head` says that the request had the method HEAD.
pub fn of_response(message: &Message, mask: &Mask, status: Status, is_head: bool) -> Vec<PartLine> {
    let note = say("status", &status.0.to_string(), &[]);
    let first = PartLine::new("status line", message.start_line()).note(format!("status: {note}"));
    let mut lines = head(message, mask, first, "");
    // RFC 9110 §9.3.2: the answer to HEAD has the headers of GET, and no body.
    if is_head && !status.has_no_body() {
        let note = "no body: HEAD asks for the headers alone (RFC 9110 §9.3.2)";
        lines.push(PartLine::new("body", "").note(note));
    } else if !message.body.is_empty() {
        lines.push(body(message, mask));
    } else if message.has("Transfer-Encoding") {
        let note = "the body follows in chunks, the last of length 0 (RFC 9112 §7.1)";
        lines.push(PartLine::new("body", "").note(note));
    }
    lines.extend(cut(message));
    lines
}

/// The first line, the headers, and the empty line after them.
fn head(message: &Message, mask: &Mask, first: PartLine, cookie: &str) -> Vec<PartLine> {
    let Some((&(_, end), headers)) = message.lines.split_first() else { return Vec::new() };
    let mut lines = vec![first.end(end)];
    for (line, end) in headers {
        header(line, end, mask, cookie, &mut lines);
    }
    if message.has_end {
        let note = "empty line: headers end here (RFC 9112 §2.1)";
        lines.push(PartLine::new("empty line", "").end("CR LF").note(note));
    }
    lines
}

/// One header: masked where it must be, and otherwise every letter as it was sent.
fn header(line: &str, end: &'static str, mask: &Mask, cookie: &str, lines: &mut Vec<PartLine>) {
    let Some((name, rest)) = line.split_once(':') else {
        let bad = PartLine::new("bad line", mask.text(line)).end(end);
        return lines.push(bad.note("not a header: there is no colon"));
    };
    let value = rest.trim();
    let shown = rest.replacen(value, &mask.header(name, value), 1);
    let text = format!("{name}:{shown}");
    match name.to_ascii_lowercase().as_str() {
        "set-cookie" => set_cookie(&text, end, lines),
        "cookie" => {
            lines.push(PartLine::new("header", text).end(end).note(cookie_note(value, cookie)));
        }
        known => lines.push(PartLine::new("header", text).end(end).note(say("header", known, &[]))),
    }
}

/// One `Set-Cookie`, broken where its attributes begin, so that each can have its note.
fn set_cookie(text: &str, end: &'static str, lines: &mut Vec<PartLine>) {
    // RFC 6265 §4.1.2: without Max-Age and Expires a browser forgets the cookie when it is closed.
    let small = text.to_ascii_lowercase();
    let lasts = small.contains("max-age=") || small.contains("expires=");
    let until = if lasts { "" } else { " until you are closed" };
    let note = format!("please remember this{until} (RFC 6265 §4.1)");
    for (at, attribute) in text.split_inclusive(';').map(str::trim).enumerate() {
        lines.push(match at {
            0 => PartLine::new("header", attribute).note(&note),
            _ => PartLine::new("attribute", format!("  {attribute}")).note(say(
                "attribute",
                attribute.trim_end_matches(';'),
                &[],
            )),
        });
    }
    if let Some(last) = lines.last_mut() {
        last.end = end;
    }
}

/// What the cookies of a request are: this server's, or those of another program on this host.
fn cookie_note(value: &str, own: &str) -> String {
    // Cookies ignore the port (RFC 6265 §8.5), so programs on other ports of this host share them.
    let names = value.split(';').filter_map(|pair| Some(pair.split_once('=')?.0.trim()));
    let is_own =
        |name: &str| name.starts_with("carafe_") || matches!(name, "visits" | "visits_signed");
    let others: Vec<&str> = names.filter(|name| !is_own(name)).collect();
    let others = match others[..] {
        [] => return own.to_owned(),
        [name] => format!("cookie `{name}` came along: another program on this host set it"),
        _ => format!(
            "cookies `{}` came along: other programs on this host set them",
            others.join("`, `")
        ),
    };
    if own.is_empty() { others } else { format!("{own}; {others}") }
}

/// A body, and which header said how long it is.
fn body(message: &Message, mask: &Mask) -> PartLine {
    let media_type = message.header("Content-Type");
    let note = match message.header("Content-Length") {
        "" => "body: no header said that one follows".to_owned(),
        length => format!("body: {length} bytes, as Content-Length said"),
    };
    let name = if media_type.starts_with("text/html") { "page" } else { "body" };
    let text = mask.body(media_type, &readable(message.body, true));
    PartLine { text, ..PartLine::new(name, "").note(note) }
}

/// The body as it arrived. RFC 9112 §7.1: a chunk's size stands before its data, in hexadecimal.
fn in_chunks(message: &Message, mask: &Mask, lines: &mut Vec<PartLine>) {
    // Two chunks may share a secret. Then the bytes of all chunks stay hidden.
    let whole = readable(&message.content(), true);
    let is_masked = mask.body(message.header("Content-Type"), &whole) != whole;
    for (line, data) in chunks(message.body) {
        let note = match data.len() {
            0 => "a chunk of length 0: the body ends here".to_owned(),
            length => format!("hexadecimal: a chunk of {length} bytes"),
        };
        let line = PartLine::new("chunk", readable(line, false)).end("CR LF");
        lines.push(line.note(note + " (RFC 9112 §7.1)"));
        if !data.is_empty() {
            let text = if is_masked { "....".to_owned() } else { readable(data, true) };
            let note = format!("body: {} bytes, as the chunk said", data.len());
            lines.push(PartLine { text, ..PartLine::new("body", "").note(note).end("CR LF") });
        }
    }
}

/// Says how much of a long message the record holds.
fn cut(message: &Message) -> Option<PartLine> {
    let kept = message.bytes.len();
    let all = message.total.map_or("what followed".to_owned(), |total| format!("{total} bytes"));
    let note = format!("cut: the first {kept} of {all} are kept");
    message.is_cut().then(|| PartLine::new("cut", "").note(note))
}
