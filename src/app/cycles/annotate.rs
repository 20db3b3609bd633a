//! The bytes of a message, line by line, with a word on each part.

use super::mask::Mask;
use carafe::cycle::Excerpt;
use carafe::http::Status;

/// One line on the wire.
#[derive(Clone, Debug)]
pub struct Part {
    /// The line without its end; what is no text is written as `\x00`.
    pub text: String,
    /// How it ends: `CR LF`, or nothing for a body.
    pub end: &'static str,
    /// What it is.
    pub note: String,
}

/// A message taken apart.
pub struct Message {
    /// The lines of the head, the empty line, then the body.
    pub parts: Vec<Part>,
    /// The first line as it was.
    pub start_line: String,
    /// The header fields in order.
    pub headers: Vec<(String, String)>,
    /// The body, as text, as far as it was kept.
    pub body: String,
    /// True if not all of it was kept.
    pub is_cut: bool,
}

impl Message {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Takes a request apart; `row` says what the cookie that came names.
pub fn request(excerpt: &Excerpt, mask: &Mask, row: &str, body_bytes: Option<usize>) -> Message {
    let mut message = split(excerpt);
    let mut parts = Vec::new();
    let mut words = message.start_line.split(' ');
    let target = words.nth(1).unwrap_or("").to_owned();
    let line = message.start_line.replacen(&target, &mask.target(&target), 1);
    parts.push(Part { text: line, end: "CR LF", note: "method, target, version".into() });
    for (name, value) in &message.headers {
        let note = match name.to_ascii_lowercase().as_str() {
            "host" => "the name that was typed".to_owned(),
            "user-agent" => "the program that asks".into(),
            "accept" => "what it would like to get".into(),
            "accept-language" => "in which languages".into(),
            "accept-encoding" => "how it may be packed; carafe does not".into(),
            "cookie" => cookie_note(value, row),
            "content-type" => "how the body is written".into(),
            "content-length" => "how long the body is".into(),
            "transfer-encoding" => "the body comes in chunks".into(),
            "connection" => "what becomes of the connection".into(),
            "referer" => "the page it was on".into(),
            "origin" => "the site whose page asks".into(),
            "if-none-match" => "only if it has another ETag".into(),
            "if-modified-since" => "only if it is newer".into(),
            "range" => "only this part of it".into(),
            "expect" => "asks before it sends the body".into(),
            "cache-control" | "pragma" => "no old copy, please".into(),
            "upgrade-insecure-requests" => "would rather have https".into(),
            name if name.starts_with("sec-") => "why the browser asks".into(),
            _ => String::new(),
        };
        parts.push(Part { text: format!("{name}: {}", mask.header(name, value)), end: "CR LF", note });
    }
    parts.push(Part { text: String::new(), end: "CR LF", note: "empty line: headers end here".into() });
    if !message.body.is_empty() {
        let said_by = if message.header("Transfer-Encoding").is_some() { "the last chunk" } else { "Content-Length" };
        let size = body_bytes.map_or(String::new(), |bytes| format!("{bytes} bytes, as {said_by} said"));
        let text = mask.body(message.header("Content-Type").unwrap_or(""), &message.body);
        parts.push(Part { text, end: "", note: size });
    }
    note_cut(&mut parts, &message, excerpt);
    message.parts = parts;
    message
}

/// Takes a response apart.
pub fn response(excerpt: &Excerpt, mask: &Mask, status: Status) -> Message {
    let mut message = split(excerpt);
    let mut parts = vec![Part { text: message.start_line.clone(), end: "CR LF", note: status_note(status).to_owned() }];
    for (name, value) in &message.headers {
        let note = match name.to_ascii_lowercase().as_str() {
            "content-type" => "what the body is",
            "content-length" => "where the body ends",
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
            "connection" => "the connection ends here",
            "carafe-cycle" => "the number of this cycle",
            "content-security-policy" => "nothing from elsewhere runs here",
            "x-content-type-options" => "believe Content-Type",
            "referrer-policy" => "tell other sites nothing",
            "retry-after" => "try again in so many seconds",
            "set-cookie" => "please remember this:",
            _ => "",
        };
        let text = format!("{name}: {}", mask.header(name, value));
        parts.push(Part { text, end: "CR LF", note: note.to_owned() });
        if name.eq_ignore_ascii_case("Set-Cookie") {
            let attributes = mask.header(name, value);
            let attributes = attributes.split(';').skip(1).map(str::trim);
            parts.extend(attributes.map(|attribute| Part {
                text: format!("  {attribute}"),
                end: "",
                note: attribute_note(attribute),
            }));
        }
    }
    parts.push(Part { text: String::new(), end: "CR LF", note: "empty line: headers end here".into() });
    if !message.body.is_empty() {
        let size = message.header("Content-Length").map_or("in chunks".to_owned(), |size| format!("{size} bytes"));
        let text = mask.body(message.header("Content-Type").unwrap_or(""), &message.body);
        parts.push(Part { text, end: "", note: format!("the body: {size}") });
    }
    note_cut(&mut parts, &message, excerpt);
    message.parts = parts;
    message
}

fn note_cut(parts: &mut Vec<Part>, message: &Message, excerpt: &Excerpt) {
    if message.is_cut {
        let kept = excerpt.bytes.len();
        let all = excerpt.total.map_or("what followed".to_owned(), |total| format!("{total} bytes"));
        parts.push(Part { text: String::new(), end: "", note: format!("cut: the first {kept} of {all} are kept") });
    }
}

/// The start line, the headers and the body of a message, as far as it was kept.
fn split(excerpt: &Excerpt) -> Message {
    let bytes = excerpt.bytes.strip_prefix(b"\r\n").unwrap_or(&excerpt.bytes);
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let head = readable(&bytes[..end.unwrap_or(bytes.len())]);
    let body = end.map_or(String::new(), |end| readable(&bytes[end + 4..]));
    let mut lines = head.split("\r\n");
    let start_line = lines.next().unwrap_or("").to_owned();
    let pairs = lines.filter_map(|line| line.split_once(':'));
    let headers = pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
    let is_cut = excerpt.total.is_none_or(|total| total > excerpt.bytes.len() as u64);
    Message { parts: Vec::new(), start_line, headers, body, is_cut }
}

/// Text as it is, and each byte that is none as `\x00`, so that nothing in it moves a cursor.
fn readable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            let plain = !character.is_control() || matches!(character, '\r' | '\n' | '\t');
            if plain { text.push(character) } else { text.extend(character.escape_default()) }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}

/// What the cookies of a request say.
fn cookie_note(value: &str, row: &str) -> String {
    let names: Vec<&str> =
        value.split(';').filter_map(|pair| pair.split_once('=')).map(|(name, _)| name.trim()).collect();
    let others: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !matches!(*name, "carafe_sid" | "carafe_device" | "visits" | "visits_signed"))
        .collect();
    let mut note = if names.contains(&"carafe_sid") { row.to_owned() } else { String::new() };
    if !others.is_empty() {
        let separator = if note.is_empty() { "" } else { "; " };
        note.push_str(&format!(
            "{separator}cookie `{}` came along: another program on this host set it",
            others.join("`, `")
        ));
    }
    note
}

fn attribute_note(attribute: &str) -> String {
    let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
    match name.to_ascii_lowercase().as_str() {
        "httponly" => "scripts cannot read it".into(),
        "secure" => "sent over https alone".into(),
        "path" => format!("sent with every path below {value}"),
        "samesite" if value == "Lax" => "another site's form does not bring it along".into(),
        "samesite" => "another site never brings it along".into(),
        "max-age" if value == "0" => "forget it now".into(),
        "max-age" => format!("forget it after {value} seconds"),
        _ => String::new(),
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
        412 => "it is not what you think",
        413 => "too much",
        415 => "not in this format",
        416 => "there is no such part",
        429 => "not so fast",
        503 => "not now",
        code if code / 100 == 4 => "you asked wrongly",
        code if code / 100 == 5 => "I failed",
        _ => "",
    }
}
