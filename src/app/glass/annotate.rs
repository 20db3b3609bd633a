//! A word on each part of a message: what it is, who said how long the body is, what a cookie's
//! attributes ask for.

use super::mask::Mask;
use super::message::{Line, Message, chunks, readable};
use carafe::cycle::Excerpt;
use carafe::http::Status;

/// One part of a message, with a word on it.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is called: request line, status line, header, attribute, empty line, body, chunk,
    /// cut.
    pub name: &'static str,
    /// Its text in pieces, each with a name of its own, or none.
    pub pieces: Vec<(&'static str, String)>,
    /// How the line ends: `CR LF`, or nothing where it goes on or the message ends.
    pub end: &'static str,
    /// What it is for, in a few words.
    pub note: String,
}

impl Part {
    fn new(
        name: &'static str,
        pieces: Vec<(&'static str, String)>,
        end: &'static str,
        note: impl Into<String>,
    ) -> Part {
        Part { name, pieces, end, note: note.into() }
    }

    /// The text in one piece.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }
}

/// The parts of a request; `row` says what the session's cookie names.
pub fn request(message: &Message, excerpt: &Excerpt, mask: &Mask, row: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some(line) = message.lines.first() {
        parts.push(match line.text.split(' ').collect::<Vec<_>>()[..] {
            [method, target, version] if !method.is_empty() && !target.is_empty() => {
                let blank = || ("", " ".to_owned());
                let target = ("target", mask.target(target));
                let pieces = vec![
                    ("method", method.into()),
                    blank(),
                    target,
                    blank(),
                    ("version", version.into()),
                ];
                Part::new("request line", pieces, line.end, "method, target, version")
            }
            _ => Part::new(
                "request line",
                vec![("", mask.text(&line.text))],
                line.end,
                "no request line",
            ),
        });
    }
    for line in message.lines.iter().skip(1) {
        let note = |name: &str, value: &str| {
            if name == "cookie" { cookie_note(value, row) } else { request_note(name).to_owned() }
        };
        parts.push(header(line, mask, note));
    }
    end_of_head(message, &mut parts);
    if message.is_chunked() && !message.body.is_empty() {
        in_chunks(message, mask, &mut parts);
    } else if !message.body.is_empty() {
        let note = match message.header("Content-Length") {
            Some(length) => format!("body: {length} bytes, as Content-Length said"),
            None => "body: nobody said that one follows".to_owned(),
        };
        parts.push(body(message, mask, note));
    }
    parts.extend(cut(message, excerpt));
    parts
}

/// The parts of a response.
pub fn response(
    message: &Message,
    excerpt: &Excerpt,
    mask: &Mask,
    status: Status,
    is_head: bool,
) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some(line) = message.lines.first() {
        let mut words = line.text.splitn(3, ' ');
        let mut piece = |name| (name, words.next().unwrap_or("").to_owned());
        let (version, code, reason) = (piece("version"), piece("status"), piece("reason"));
        let pieces = vec![version, ("", " ".into()), code, ("", " ".into()), reason];
        parts.push(Part::new(
            "status line",
            pieces,
            line.end,
            format!("status: {}", status_note(status)),
        ));
    }
    for line in message.lines.iter().skip(1) {
        let is_cookie =
            line.text.get(..11).is_some_and(|name| name.eq_ignore_ascii_case("Set-Cookie:"));
        if is_cookie {
            set_cookie(line, mask, &mut parts);
        } else {
            parts.push(header(line, mask, |name, _| response_note(name).to_owned()));
        }
    }
    end_of_head(message, &mut parts);
    if is_head && !status.has_no_body() {
        parts.push(Part::new(
            "body",
            vec![("", String::new())],
            "",
            "no body: HEAD asks for the headers alone",
        ));
    } else if !message.body.is_empty() {
        let length = message.header("Content-Length");
        parts.push(body(
            message,
            mask,
            format!("body: {} bytes, as Content-Length says", length.unwrap_or("?")),
        ));
    } else if message.is_chunked() {
        parts.push(Part::new(
            "body",
            vec![("", String::new())],
            "",
            "the body follows in chunks, the last of length 0",
        ));
    }
    parts.extend(cut(message, excerpt));
    parts
}

/// A header, masked where it must be, every other letter as it came.
fn header(line: &Line, mask: &Mask, note: impl Fn(&str, &str) -> String) -> Part {
    let Some((name_end, from, to)) = line.value else {
        return Part::new(
            "header",
            vec![("", mask.text(&line.text))],
            line.end,
            "no header: there is no colon",
        );
    };
    let (name, value) = (&line.text[..name_end], &line.text[from..to]);
    let pieces = vec![
        ("name", name.to_owned()),
        ("", line.text[name_end..from].to_owned()),
        ("value", mask.header(name, value)),
        ("", line.text[to..].to_owned()),
    ];
    Part::new("header", pieces, line.end, note(&name.to_ascii_lowercase(), value))
}

fn end_of_head(message: &Message, parts: &mut Vec<Part>) {
    if message.has_end {
        parts.push(Part::new(
            "empty line",
            vec![("", String::new())],
            "CR LF",
            "empty line: headers end here",
        ));
    }
}

fn body(message: &Message, mask: &Mask, note: String) -> Part {
    let text = mask.body(message.content_type(), &readable(&message.body, true));
    Part::new("body", vec![("", text)], "", note)
}

/// The body as it came: each chunk says its own length first (RFC 9112 §7.1).
fn in_chunks(message: &Message, mask: &Mask, parts: &mut Vec<Part>) {
    // A secret may be spread over two chunks; then the bytes stay hidden.
    let whole = readable(&message.content(), true);
    let is_masked = mask.body(message.content_type(), &whole) != whole;
    for (line, data) in chunks(&message.body) {
        let note = match data.len() {
            0 => "a chunk of length 0: the body ends here".to_owned(),
            length => format!("hexadecimal: a chunk of {length} bytes"),
        };
        parts.push(Part::new("chunk", vec![("", readable(line, false))], "CR LF", note));
        if !data.is_empty() {
            let text = if is_masked { "....".to_owned() } else { readable(data, true) };
            parts.push(Part::new(
                "body",
                vec![("", text)],
                "CR LF",
                format!("body: {} bytes, as the chunk said", data.len()),
            ));
        }
    }
}

fn cut(message: &Message, excerpt: &Excerpt) -> Option<Part> {
    let kept = excerpt.bytes.len();
    let all = excerpt.total.map_or("what followed".to_owned(), |total| format!("{total} bytes"));
    let note = format!("cut: the first {kept} of {all} are kept");
    message.is_cut.then(|| Part::new("cut", vec![("", String::new())], "", note))
}

/// One header, broken where its attributes begin, so that each can have its word.
fn set_cookie(line: &Line, mask: &Mask, parts: &mut Vec<Part>) {
    let Some((name_end, from, to)) = line.value else { return };
    let value = mask.header("Set-Cookie", &line.text[from..to]);
    let mut attributes = value.split_inclusive(';').map(str::trim).peekable();
    let pair = attributes.next().unwrap_or("").to_owned();
    let lasts = !value.to_ascii_lowercase().contains("max-age")
        && !value.to_ascii_lowercase().contains("expires");
    let note =
        if lasts { "please remember this until you are closed" } else { "please remember this" };
    let pieces =
        vec![("name", line.text[..name_end].to_owned()), ("", ": ".into()), ("value", pair)];
    let end = if attributes.peek().is_none() { line.end } else { "" };
    parts.push(Part::new("header", pieces, end, note));
    while let Some(attribute) = attributes.next() {
        let end = if attributes.peek().is_none() { line.end } else { "" };
        let note = attribute_note(attribute.trim_end_matches(';'));
        parts.push(Part::new(
            "attribute",
            vec![("", "  ".into()), ("value", attribute.to_owned())],
            end,
            note,
        ));
    }
}

/// What the cookies of a request say.
fn cookie_note(value: &str, row: &str) -> String {
    let names =
        value.split(';').filter_map(|pair| pair.split_once('=')).map(|(name, _)| name.trim());
    let others: Vec<&str> = names
        .filter(|name| !name.starts_with("carafe_") && !matches!(*name, "visits" | "visits_signed"))
        .collect();
    let came = match others.len() {
        0 => return row.to_owned(),
        1 => format!("cookie `{}` came along: another program on this host set it", others[0]),
        _ => format!(
            "cookies `{}` came along: other programs on this host set them",
            others.join("`, `")
        ),
    };
    if row.is_empty() { came } else { format!("{row}; {came}") }
}

fn attribute_note(attribute: &str) -> String {
    let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
    match name.to_ascii_lowercase().as_str() {
        "httponly" => "scripts cannot read it".into(),
        "secure" => "sent over https alone".into(),
        "path" if value == "/" => "sent with every path".into(),
        "path" => format!("sent with {value} and what is below"),
        "domain" => format!("sent to {value} and its subdomains"),
        "samesite" if value.eq_ignore_ascii_case("Lax") => {
            "not sent with other sites' forms".into()
        }
        "samesite" if value.eq_ignore_ascii_case("Strict") => "never sent from another site".into(),
        "samesite" => "sent from other sites, too".into(),
        "max-age" if value == "0" => "forget it now".into(),
        "max-age" => format!("forget it after {value} seconds"),
        "expires" => "forget it then".into(),
        _ => "an attribute that browsers pass over".into(),
    }
}

fn request_note(name: &str) -> &'static str {
    match name {
        "host" => "the name that was typed",
        "user-agent" => "the program that asks",
        "accept" => "what it would like to get",
        "accept-language" => "in which languages",
        "accept-encoding" => "how it may be packed; carafe does not",
        "authorization" => "who it claims to be",
        "content-type" => "how the body is written",
        "content-length" => "how long the body is",
        "transfer-encoding" => "the body comes in chunks",
        "connection" => "what becomes of the connection",
        "referer" => "the page it was on",
        "origin" => "the site whose page asks",
        "if-none-match" => "only if it has another ETag",
        "if-modified-since" => "only if it is newer",
        "range" => "only this part of it",
        "expect" => "asks before it sends the body",
        "cache-control" | "pragma" => "no old copy, please",
        "upgrade-insecure-requests" => "would rather have https",
        "dnt" | "sec-gpc" => "do not track me, please",
        "via" | "forwarded" | "x-real-ip" => "a proxy was in between",
        name if name.starts_with("x-forwarded-") => "a proxy was in between",
        name if name.starts_with("sec-ch-") => "which browser, on what",
        name if name.starts_with("sec-") => "why the browser asks",
        "priority" => "how much it matters",
        _ => "another header",
    }
}

fn response_note(name: &str) -> &'static str {
    match name {
        "content-type" => "what the body is",
        "content-length" => "how long the body is",
        "transfer-encoding" => "the body comes in chunks",
        "location" => "where to go on",
        "date" => "when it was sent",
        "etag" => "the mark of this version",
        "last-modified" => "when it was last changed",
        "cache-control" => "whether a copy may be kept",
        "vary" => "which request headers made it so",
        "allow" => "the methods that work here",
        "accept" => "what can be sent here",
        "accept-ranges" => "parts can be asked for",
        "content-range" => "which part this is",
        "connection" => "what becomes of the connection",
        "carafe-cycle" => "the number of this cycle",
        "content-security-policy" => "nothing from elsewhere runs here",
        "x-content-type-options" => "believe Content-Type",
        "referrer-policy" => "do not tell other sites whence",
        "retry-after" => "try again in so many seconds",
        "www-authenticate" => "say who you are",
        _ => "another header",
    }
}

fn status_note(status: Status) -> &'static str {
    match status.0 {
        200 => "here it is",
        201 => "it was made",
        204 => "done, and nothing to show",
        206 => "here is the part",
        304 => "your copy is still good",
        303 => "go and GET another page",
        308 => "the same again, at another place",
        301 | 302 | 307 => "look elsewhere",
        400 => "I do not understand",
        403 => "not you",
        404 => "there is nothing here",
        405 => "not with this method",
        408 => "you took too long",
        412 => "it is not what you think",
        413 => "too much",
        415 => "not in this format",
        416 => "there is no such part",
        429 => "not so fast",
        501 => "I do not know that method",
        503 => "not now",
        code if code / 100 == 4 => "you asked wrongly",
        code if code / 100 == 5 => "I failed",
        _ => "another status",
    }
}
