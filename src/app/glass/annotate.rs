//! Deeper: Explains each part of a message: parts 1 and 6 of a cycle.
//!
//! A part is a map with `name` (request line, status line, header, attribute, empty line, body,
//! chunk or cut), `text`, the same text in named `pieces`, `end` (how the line ends: `CR LF`, or
//! nothing where it goes on) and `note`, a few words on what it is for.
//!
//! Left out: headers that are not in the table below. They are called "another header".

use super::mask::Mask;
use super::message::{Message, WireLine, chunks, readable};
use carafe::cycle::Excerpt;
use carafe::http::Status;
use carafe::{Map, Value};

/// What a header says. A name that ends with `-` stands for all that begin with it.
const HEADERS: &[(&str, &str)] = &[
    ("accept", "which formats are welcome"),
    ("accept-encoding", "how it may be packed; carafe does not"),
    ("accept-language", "in which languages"),
    ("accept-ranges", "parts can be asked for"),
    ("allow", "the methods that work here"),
    ("authorization", "who the client says it is"),
    ("cache-control", "whether a copy may be kept or used"),
    ("carafe-cycle", "the number of this cycle"),
    ("connection", "what happens to the connection"),
    ("content-length", "how long the body is"),
    ("content-range", "which part this is"),
    ("content-security-policy", "nothing from elsewhere runs here"),
    ("content-type", "what the body is"),
    ("date", "when it was sent"),
    ("dnt", "please do not track me"),
    ("etag", "the mark of this version"),
    ("expect", "asks before it sends the body"),
    ("forwarded", "a proxy was in between"),
    ("host", "the name that was typed"),
    ("if-modified-since", "only if it is newer"),
    ("if-none-match", "only if it has another ETag"),
    ("last-modified", "when it was last changed"),
    ("location", "where to go next"),
    ("origin", "the site whose page asks"),
    ("pragma", "no old copy, please"),
    ("priority", "how urgent it is"),
    ("range", "only this part of it"),
    ("referer", "the page that led here"),
    ("referrer-policy", "do not tell other sites which page led to them"),
    ("retry-after", "try again after this many seconds"),
    ("sec-ch-", "which browser, on which system"),
    ("sec-gpc", "please do not track me"),
    ("sec-", "why the browser asks"),
    ("transfer-encoding", "the body comes in chunks"),
    ("upgrade-insecure-requests", "https is preferred"),
    ("user-agent", "the program that asks"),
    ("vary", "which request headers the answer depends on"),
    ("via", "a proxy was in between"),
    ("www-authenticate", "say who you are"),
    ("x-content-type-options", "believe Content-Type"),
    ("x-forwarded-", "a proxy was in between"),
    ("x-real-ip", "a proxy was in between"),
];

/// The parts of a request; `row` says what the session's cookie names.
pub fn request(message: &Message, excerpt: &Excerpt, mask: &Mask, row: &str) -> Value {
    let first = |line: &WireLine| match line.text.split(' ').collect::<Vec<_>>()[..] {
        [method, target, version] if !method.is_empty() && !target.is_empty() => {
            let target = ("target", &*mask.target(target));
            let pieces = [("method", method), ("", " "), target, ("", " "), ("version", version)];
            part("request line", &pieces, line.end, "method, target, version")
        }
        _ => bare("request line", &mask.text(&line.text), line.end, "not a request line"),
    };
    let mut parts = head(message, mask, row, first);
    if message.is_chunked() {
        in_chunks(message, mask, &mut parts);
    } else if !message.body.is_empty() {
        parts.push(body(message, mask));
    }
    parts.extend(cut(message, excerpt));
    parts.into()
}

/// The parts of a response; `is_head` says that the request had the method HEAD.
pub fn response(
    message: &Message,
    excerpt: &Excerpt,
    mask: &Mask,
    status: Status,
    is_head: bool,
) -> Value {
    let first = |line: &WireLine| {
        let mut words = line.text.splitn(3, ' ');
        let mut piece = |name| (name, words.next().unwrap_or(""));
        let (version, code, reason) = (piece("version"), piece("status"), piece("reason"));
        let note = format!("status: {}", status_note(status));
        part("status line", &[version, ("", " "), code, ("", " "), reason], line.end, &note)
    };
    let mut parts = head(message, mask, "", first);
    if is_head && !status.has_no_body() {
        parts.push(bare("body", "", "", "no body: HEAD asks for the headers alone"));
    } else if !message.body.is_empty() {
        parts.push(body(message, mask));
    } else if message.is_chunked() {
        parts.push(bare("body", "", "", "the body follows in chunks, the last of length 0"));
    }
    parts.extend(cut(message, excerpt));
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
    let Some((name_end, from, to)) = line.value else {
        let text = mask.text(&line.text);
        return parts.push(bare("header", &text, line.end, "not a header: there is no colon"));
    };
    let (name, value) = (&line.text[..name_end], &line.text[from..to]);
    let shown = mask.header(name, value);
    let note = match name.to_ascii_lowercase().as_str() {
        "cookie" => cookie_note(value, row),
        "set-cookie" => return set_cookie(name, &shown, line.end, parts),
        name => header_note(name).to_owned(),
    };
    let (colon, blanks) = (&line.text[name_end..from], &line.text[to..]);
    let pieces = [("name", name), ("", colon), ("value", &*shown), ("", blanks)];
    parts.push(part("header", &pieces, line.end, &note));
}

fn header_note(name: &str) -> &'static str {
    let is_it = |known: &str| name == known || known.ends_with('-') && name.starts_with(known);
    HEADERS.iter().find(|(known, _)| is_it(known)).map_or("another header", |(_, note)| note)
}

/// One `Set-Cookie`, broken where its attributes begin, so that each can have its note.
fn set_cookie(name: &str, value: &str, end: &str, parts: &mut Vec<Value>) {
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
            let note = attribute_note(attribute.trim_end_matches(';'));
            part("attribute", &[("", "  "), ("value", attribute)], end, &note)
        });
    }
}

/// RFC 6265 §4.1.2: what the attributes of a cookie mean.
fn attribute_note(attribute: &str) -> String {
    let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
    match (name.to_ascii_lowercase().as_str(), value.to_ascii_lowercase().as_str()) {
        ("httponly", _) => "scripts cannot read it".into(),
        ("secure", _) => "sent over https only".into(),
        ("path", "/") => "sent with every path".into(),
        ("path", _) => format!("sent with {value} and the paths below it"),
        ("domain", _) => format!("sent to {value} and its subdomains"),
        ("samesite", "lax") => "not sent with other sites' forms".into(),
        ("samesite", "strict") => "never sent from another site".into(),
        ("samesite", _) => "sent from other sites, too".into(),
        ("max-age", "0") => "forget it now".into(),
        ("max-age", _) => format!("forget it after {value} seconds"),
        ("expires", _) => "forget it at this time".into(),
        _ => "an attribute that browsers ignore".into(),
    }
}

/// What the cookies of a request are: this server's, or those of another program on this host.
fn cookie_note(value: &str, row: &str) -> String {
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
    let text = mask.body(message.content_type(), &readable(&message.body, true));
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
    for (line, data) in chunks(&message.body) {
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
fn cut(message: &Message, excerpt: &Excerpt) -> Option<Value> {
    let kept = excerpt.bytes.len();
    let all = excerpt.total.map_or("what followed".to_owned(), |total| format!("{total} bytes"));
    let note = format!("cut: the first {kept} of {all} are kept");
    message.is_cut.then(|| bare("cut", "", "", &note))
}

fn status_note(status: Status) -> &'static str {
    match status.0 {
        200 => "here it is",
        201 => "it was made",
        204 => "done, and there is nothing to show",
        206 => "here is the part",
        303 => "go and GET another page",
        304 => "your copy is still good",
        308 => "send the same to another place",
        301 | 302 | 307 => "look at another place",
        400 => "the request is not understood",
        403 => "you may not do this",
        404 => "there is nothing here",
        405 => "not with this method",
        408 => "the request took too long",
        412 => "the condition is not fulfilled",
        413 => "the body is too long",
        415 => "not in this format",
        416 => "there is no such part",
        429 => "too many requests, wait",
        501 => "the server does not know this method",
        503 => "not possible now",
        code if code / 100 == 4 => "the request is wrong",
        code if code / 100 == 5 => "the server failed",
        _ => "another status",
    }
}
