//! Deeper: Explains each part of a message: parts 1 and 6 of a cycle.
//!
//! A part is a map with `name` (request line, status line, header, attribute, empty line, body,
//! chunk or cut), `text`, the same text in named `pieces`, `end` (how the line ends: `CR LF`, or
//! nothing where it goes on) and `note`, a few words on what it is for.
//!
//! ```text
//! {"name": "header", "text": "Host: x", "pieces": [["name", "Host"], ["", ": "], ["value", "x"]],
//!  "end": "CR LF", "note": "the name that was typed"}
//! ```
//!
//! The notes on headers, statuses and cookie attributes are rows of `wire_notes.txt`.

use super::mask::Mask;
use super::message::{Message, WireLine, chunks, readable};
use carafe::http::Status;
use carafe::{Map, Value};

const NOTES: &str = include_str!("wire_notes.txt");

/// The note on a name of this kind: header, status or attribute.
fn note_on(kind: &str, name: &str) -> String {
    let small = name.to_ascii_lowercase();
    let fits = |known: &str| match known.strip_suffix('*') {
        Some(start) => name.get(start.len()..).filter(|_| small.starts_with(start)),
        None => Some("").filter(|_| small == known),
    };
    let rows = NOTES.lines().filter_map(|line| line.strip_prefix(kind)?.split_once(": "));
    let mut found = rows.filter_map(|(names, note)| Some((note, names.split(' ').find_map(fits)?)));
    found.next().map_or(String::new(), |(note, ending)| note.replace("{}", ending))
}

/// The parts of a request; `row` says what the session's cookie names.
pub fn request(message: &Message, mask: &Mask, row: &str) -> Value {
    let first = |line: &WireLine| match line.text.split(' ').collect::<Vec<_>>()[..] {
        [method, target, version] if !method.is_empty() && !target.is_empty() => {
            let target = ("target", &*mask.target(target));
            let pieces = [("method", method), ("", " "), target, ("", " "), ("version", version)];
            part("request line", &pieces, line.end, "method, target, version")
        }
        _ => bare("request line", &mask.text(&line.text), line.end, "not a request line"),
    };
    let mut parts = head(message, mask, row, first);
    // RFC 9112 §6.3: a request has a body if Content-Length or Transfer-Encoding says so. Bytes
    // that no header announced are shown as well.
    if message.is_chunked() {
        in_chunks(message, mask, &mut parts);
    } else if !message.body.is_empty() {
        parts.push(body(message, mask));
    }
    parts.extend(cut(message));
    parts.into()
}

/// The parts of a response; `is_head` says that the request had the method HEAD.
pub fn response(message: &Message, mask: &Mask, status: Status, is_head: bool) -> Value {
    let first = |line: &WireLine| {
        let mut words = line.text.splitn(3, ' ');
        let mut piece = |name| (name, words.next().unwrap_or(""));
        let (version, code, reason) = (piece("version"), piece("status"), piece("reason"));
        let note = format!("status: {}", note_on("status", &status.0.to_string()));
        part("status line", &[version, ("", " "), code, ("", " "), reason], line.end, &note)
    };
    let mut parts = head(message, mask, "", first);
    // RFC 9110 §9.3.2: the answer to HEAD has the headers of GET, and no body.
    if is_head && !status.has_no_body() {
        parts.push(bare("body", "", "", "no body: HEAD asks for the headers alone"));
    } else if !message.body.is_empty() {
        parts.push(body(message, mask));
    } else if message.is_chunked() {
        parts.push(bare("body", "", "", "the body follows in chunks, the last of length 0"));
    }
    parts.extend(cut(message));
    parts.into()
}

/// A part whose text is in pieces, each with a name or none.
fn part(name: &str, pieces: &[(&str, &str)], end: &str, note: &str) -> Value {
    let text: String = pieces.iter().map(|(_, text)| *text).collect();
    let pieces = pieces.iter().filter(|(_, text)| !text.is_empty());
    let pieces = pieces.map(|(name, text)| Value::from([*name, *text]));
    Map::from([
        ("name", Value::from(name)),
        ("text", text.into()),
        ("pieces", pieces.collect()),
        ("end", end.into()),
        ("note", note.into()),
    ])
    .into()
}

/// A part whose text is one piece.
fn bare(name: &str, text: &str, end: &str, note: &str) -> Value {
    part(name, &[("", text)], end, note)
}

/// The first line, the headers, and the empty line after them.
fn head(
    message: &Message,
    mask: &Mask,
    row: &str,
    first: impl Fn(&WireLine) -> Value,
) -> Vec<Value> {
    let mut parts: Vec<Value> = message.lines.first().map(first).into_iter().collect();
    for line in message.lines.iter().skip(1) {
        header(line, mask, row, &mut parts);
    }
    if message.has_end {
        parts.push(bare("empty line", "", "CR LF", "empty line: headers end here"));
    }
    parts
}

/// One header: masked where it must be, and otherwise every letter as it was sent.
fn header(line: &WireLine, mask: &Mask, row: &str, parts: &mut Vec<Value>) {
    let Some([name, colon, value, blanks]) = line.header() else {
        let text = mask.text(&line.text);
        return parts.push(bare("header", &text, line.end, "not a header: there is no colon"));
    };
    let shown = mask.header(name, value);
    let note = match name.to_ascii_lowercase().as_str() {
        "cookie" => cookie_note(value, row),
        "set-cookie" => return set_cookie(name, &shown, line.end, parts),
        name => note_on("header", name),
    };
    let pieces = [("name", name), ("", colon), ("value", &*shown), ("", blanks)];
    parts.push(part("header", &pieces, line.end, &note));
}

/// One `Set-Cookie`, broken where its attributes begin, so that each can have its note.
fn set_cookie(name: &str, value: &str, end: &str, parts: &mut Vec<Value>) {
    // RFC 6265 §4.1.2: without Max-Age and Expires a browser forgets the cookie when it is closed.
    let small = value.to_ascii_lowercase();
    let lasts = small.contains("max-age") || small.contains("expires");
    let note =
        if lasts { "please remember this" } else { "please remember this until you are closed" };
    let attributes: Vec<&str> = value.split_inclusive(';').map(str::trim).collect();
    let last = attributes.len() - 1;
    for (at, attribute) in attributes.into_iter().enumerate() {
        let end = if at == last { end } else { "" };
        parts.push(if at == 0 {
            part("header", &[("name", name), ("", ": "), ("value", attribute)], end, note)
        } else {
            let note = note_on("attribute", attribute.trim_end_matches(';'));
            part("attribute", &[("", "  "), ("value", attribute)], end, &note)
        });
    }
}

/// What the cookies of a request are: this server's, or those of another program on this host.
fn cookie_note(value: &str, row: &str) -> String {
    // Cookies ignore the port, so programs on other ports of this host share them.
    let names =
        value.split(';').filter_map(|pair| pair.split_once('=')).map(|(name, _)| name.trim());
    let is_own =
        |name: &str| name.starts_with("carafe_") || matches!(name, "visits" | "visits_signed");
    let others: Vec<&str> = names.filter(|name| !is_own(name)).collect();
    let others = match others[..] {
        [] => return row.to_owned(),
        [name] => format!("cookie `{name}` came along: another program on this host set it"),
        _ => format!(
            "cookies `{}` came along: other programs on this host set them",
            others.join("`, `")
        ),
    };
    if row.is_empty() { others } else { format!("{row}; {others}") }
}

/// A body, and which header said how long it is.
fn body(message: &Message, mask: &Mask) -> Value {
    let text = mask.body(message.content_type(), &readable(message.body, true));
    let note = match message.header("Content-Length") {
        Some(length) => format!("body: {length} bytes, as Content-Length said"),
        None => "body: no header said that one follows".to_owned(),
    };
    bare("body", &text, "", &note)
}

/// The body as it arrived. RFC 9112 §7.1: a chunk's size stands before its data, in hexadecimal.
fn in_chunks(message: &Message, mask: &Mask, parts: &mut Vec<Value>) {
    // Two chunks may share a secret. Then the bytes of all chunks stay hidden.
    let whole = readable(&message.content(), true);
    let is_masked = mask.body(message.content_type(), &whole) != whole;
    for (line, data) in chunks(message.body) {
        let note = match data.len() {
            0 => "a chunk of length 0: the body ends here".to_owned(),
            length => format!("hexadecimal: a chunk of {length} bytes"),
        };
        parts.push(bare("chunk", &readable(line, false), "CR LF", &note));
        if !data.is_empty() {
            let text = if is_masked { "....".to_owned() } else { readable(data, true) };
            let note = format!("body: {} bytes, as the chunk said", data.len());
            parts.push(bare("body", &text, "CR LF", &note));
        }
    }
}

/// Says how much of a long message the record holds.
fn cut(message: &Message) -> Option<Value> {
    let kept = message.bytes.len();
    let all = message.total.map_or("what followed".to_owned(), |total| format!("{total} bytes"));
    let note = format!("cut: the first {kept} of {all} are kept");
    message.is_cut().then(|| bare("cut", "", "", &note))
}
