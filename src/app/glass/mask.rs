//! Deeper: Hides session ids, long cookies, and the values of fields named like a password.
//!
//! The person who looks at cycles sits at this machine, but others look over a shoulder, and
//! screenshots travel. An id is cut to four characters, which is enough to recognise it. So is each
//! long cookie, which may be an id of another program. A password becomes four dots.
//!
//! * A message is masked once ([`Mask::apply`]). What is then made of it is masked, too.
//! * A field is hidden by its name: in queries, forms, JSON, cookies, sessions, and the variables
//!   of templates. One function for each format writes it anew without its secrets, and collects
//!   the secrets on the way.
//! * A secret of the request is then hidden wherever it appears, for example in an answer that
//!   repeats it.
//! * If a request was not understood, a part of a secret may stand where no field is. So what is
//!   no field is hidden ([`hide_unclear`]).
//!
//! Left out: a password of fewer than four characters that an answer repeats. If it were hidden
//! everywhere, it would cover half of the other text.

use super::cycle_facts::CycleFacts;
use super::message::{Message, cookies};
use carafe::http::fields::percent_decode;
use carafe::http::{is_token, multipart};
use carafe::web::session::COOKIE_NAME;
use carafe::web::sign::from_base64url;
use carafe::{Map, Value, json};
use std::collections::{BinaryHeap, HashMap};
use std::iter::successors;

/// What stands in place of a password.
pub const DOTS: &str = "....";

/// The secrets of one cycle, in the order of the alphabet. A request may bring a thousand of them.
/// So a text is read once, and each place in it is looked up in this list.
#[derive(Default)]
pub struct Mask(Vec<Secret>);

struct Secret {
    text: String,
    /// What stands in its place.
    shown: String,
    /// The index of the longest other secret that is a prefix of this one.
    prefix: Option<usize>,
}

impl Mask {
    /// Collects the ids and the passwords of a cycle.
    pub fn of(facts: &CycleFacts) -> Mask {
        let (request, mut secrets) = (&facts.request, Vec::new());
        hide_fields(request.path_and_query().1, &mut secrets);
        hide_in_body(request.text_of("Content-Type"), &request.content(), &mut secrets);
        for (name, value) in request.headers().filter(|(name, _)| is_credential(name)) {
            // The first word only names the scheme: Basic, Bearer.
            let scheme = value.split_once(' ').filter(|_| !is_secret(name));
            let secret = scheme.map_or(value, |(_, secret)| secret);
            secrets.push(secret.to_owned());
            // RFC 7617 §2: of Basic it is the base64 of `user:password`.
            let pair = secret.replace('+', "-").replace('/', "_");
            let pair = from_base64url(pair.trim_end_matches('=')).unwrap_or_default();
            let pair = String::from_utf8_lossy(&pair);
            secrets.extend(pair.split_once(':').map(|(_, password)| password.to_owned()));
        }
        for row in [facts.row, facts.row_after()].into_iter().flatten() {
            hide_values(&row.clone().into(), false, &mut secrets);
        }
        let ids = facts.ids().map(|id| (id.to_owned(), cut_id(id)));
        let cookies = request.cookies();
        let cookies =
            cookies.filter_map(|(_, name, it)| Some((it.to_string(), shown_cookie(name, &it)?)));
        let secrets = secrets.into_iter().map(|secret| (secret, DOTS.to_owned()));
        let mut all = HashMap::new();
        for (secret, shown) in ids.chain(cookies).chain(secrets) {
            // An answer may repeat it as it is, in HTML or in JSON.
            let escaped = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let escaped = escaped.replace('"', "&#34;").replace('\'', "&#39;");
            let quoted = json::write(&secret.as_str().into()).trim_matches('"').to_owned();
            // A shorter one would be found everywhere.
            let is_long = |text: &String| text.chars().count() >= 4 && text != DOTS;
            let spellings = [secret, escaped, quoted].into_iter().filter(is_long);
            all.extend(spellings.map(|text| (text, shown.clone())));
        }
        let mut mask = Mask::default();
        for (text, shown) in all.into_iter().collect::<BinaryHeap<_>>().into_sorted_vec() {
            let prefix = mask.at_the_front_of(&text);
            mask.0.push(Secret { text, shown, prefix });
        }
        mask
    }

    /// A text with every known id cut and every known password hidden.
    pub fn text(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        // Where the last secret ends in the text, and where what stands for it begins.
        let (mut end, mut start) = (0, 0);
        for (at, letter) in text.char_indices() {
            let found = self.at_the_front_of(&text[at..]).map(|found| &self.0[found]);
            let reach = found.map_or(0, |secret| at + secret.text.len());
            match found {
                Some(secret) if at >= end => {
                    start = masked.len();
                    masked.push_str(&secret.shown);
                }
                // It begins within another secret and ends after it.
                Some(_) if reach > end => masked.replace_range(start.., DOTS),
                None if at >= end => masked.push(letter),
                _ => {}
            }
            end = end.max(reach);
        }
        masked
    }

    /// The index of the longest secret that is a prefix of a text.
    fn at_the_front_of(&self, text: &str) -> Option<usize> {
        // All secrets that are sorted between a prefix of the text and the text begin with that
        // prefix. So the way begins at the last secret before the text, and follows `prefix`.
        let last = self.0.partition_point(|secret| *secret.text <= *text).checked_sub(1);
        successors(last, |at| self.0[*at].prefix).find(|at| text.starts_with(&self.0[*at].text))
    }

    /// The text of a field of this name.
    pub fn field(&self, name: &str, text: &str) -> String {
        if is_secret(name) { DOTS.to_owned() } else { self.text(text) }
    }

    /// The value of this name as JSON.
    pub fn json(&self, name: &str, value: &Value) -> String {
        self.text(&json::write(&hide_values(value, is_secret(name), &mut Vec::new())))
    }

    /// Masks a message: its target, its headers and its body. Every other letter stays.
    pub fn apply(&self, message: &mut Message) {
        let content = message.content().into_owned();
        let kind = message.text_of("Content-Type");
        let masked = self.text(&hide_in_body(kind, &content, &mut Vec::new()));
        if masked != content {
            message.hidden.push("body".to_owned());
            message.masked_body = Some(masked);
        }
        for (at, (line, _)) in message.lines.iter_mut().enumerate() {
            let (name, masked) = match line.split_once(':') {
                Some((name, value)) if at > 0 => {
                    (name.to_ascii_lowercase(), format!("{name}:{}", self.header(name, value)))
                }
                _ => ("target".to_owned(), self.target(line)),
            };
            if masked != *line {
                message.hidden.push(name);
                *line = masked.into();
            }
        }
    }

    /// A URL, or a request line.
    fn target(&self, line: &str) -> String {
        let Some((path, rest)) = line.split_once('?') else { return self.text(line) };
        let (query, version) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
        self.text(&format!("{path}?{}{version}", hide_fields(query, &mut Vec::new())))
    }

    /// The value of a header, with the blanks around it.
    fn header(&self, name: &str, value: &str) -> String {
        match name.to_ascii_lowercase().as_str() {
            name if is_credential(name) => format!(" {DOTS}"),
            "referer" | "location" => self.target(value),
            "cookie" => self.text(&masked_cookies(value)),
            _ => self.text(value),
        }
    }
}

/// The first four characters of an id.
pub fn cut_id(id: &str) -> String {
    let id = id.trim();
    id.char_indices().nth(4).map_or(id.to_owned(), |(end, _)| format!("{}..", &id[..end]))
}

/// The value of `Cookie` without what nobody should see.
pub fn masked_cookies(line: &str) -> String {
    let (mut masked, mut read) = (String::new(), 0);
    for (pair, name, value) in cookies(line) {
        read += pair.len();
        let (front, end) = pair.split_at(pair.trim_end_matches(';').len());
        let (before, sent) = front.split_once('=').unwrap_or((front, ""));
        let (nameless, own) = before.split_at(before.rfind(';').map_or(0, |at| at + 1));
        let shown = shown_cookie(name, &value).unwrap_or(sent.to_owned());
        masked += &format!("{}{own}={shown}{end}", without_long(nameless));
    }
    masked + &without_long(&line[read..])
}

/// What stands between two cookies. A long part of it may be an id that was sent without a name.
fn without_long(text: &str) -> String {
    let cut = |part: &str| if part.trim().len() > 15 { cut_id(part) } else { part.to_owned() };
    text.split(';').map(cut).collect::<Vec<_>>().join(";")
}

/// What stands in place of the value of a cookie; `None`: it is no secret.
fn shown_cookie(name: &str, value: &str) -> Option<String> {
    match name {
        // The counters of the ladder.
        "visits" | "visits_signed" => None,
        name if is_secret(name) => Some(DOTS.to_owned()),
        // A long one may be the session of another program.
        _ => (name == COOKIE_NAME || value.len() > 15).then(|| cut_id(value)),
    }
}

/// Hides what may be secret in a request that was not understood: its body, and in each line that
/// is no field what follows the first of these signs. A line that begins with a blank belongs to
/// some value.
pub fn hide_unclear(request: &mut Message) {
    for (at, (line, _)) in request.lines.iter_mut().enumerate() {
        // Without a method the first line may be a part of the body before it.
        let is_method = |word: &str| !word.contains([':', '=']);
        if at == 0 && line.split_once(' ').is_some_and(|(word, _)| is_method(word)) {
            continue;
        }
        let is_field = line.split_once(':').is_some_and(|(name, _)| is_token(name.as_bytes()));
        let sign = if line.starts_with([' ', '\t']) { Some(0) } else { line.find([':', '=']) };
        if let Some(sign) = sign.filter(|_| !is_field) {
            *line = format!("{}{DOTS}", &line[..=sign]).into();
        }
    }
    request.masked_body = (!request.body.is_empty()).then(|| DOTS.to_owned());
    request.hidden.push("body".to_owned());
}

/// True for the name of a field that only its owner should read.
fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let parts = ["passw", "passphrase", "passcode", "pwd", "secret", "token", "apikey"];
    // `api_key`, and the words of `user-pass1`.
    let is_part = |part: &&str| name.replace(['_', '-'], "").contains(*part);
    let mut words = name.split(|letter: char| !letter.is_alphabetic());
    parts.iter().any(is_part) || words.any(|word| ["pass", "otp", "pin"].contains(&word))
}

/// True for the name of a header that proves who sends the request.
fn is_credential(name: &str) -> bool {
    let known = ["authorization", "proxy-authorization", "x-api-key", "x-auth-token"];
    known.contains(&name.to_ascii_lowercase().as_str()) || is_secret(name)
}

/// A body without its secrets, which are added to `secrets`.
fn hide_in_body(content_type: &str, body: &str, secrets: &mut Vec<String>) -> String {
    let kind = content_type.to_ascii_lowercase();
    if kind.starts_with("multipart/")
        && let Some(boundary) = multipart::boundary(content_type)
    {
        return hide_parts(body, &boundary, secrets);
    }
    if let Ok(value) = json::parse(body.as_bytes()) {
        let hidden = hide_values(&value, false, secrets);
        // A body without a secret is shown as it arrived, not written anew.
        if hidden == value {
            return body.to_owned();
        }
        // An answer may repeat it with its escapes, in which no secret is found.
        secrets.extend(body.contains("\\u").then(|| body.to_owned()));
        return json::write(&hidden);
    }
    // JSON that is cut off or malformed, or parts without a boundary: nobody knows where its fields
    // begin and end. curl calls JSON a form, unless it is told otherwise.
    let is_json = kind.contains("json") || body.trim_start().starts_with(['{', '[']);
    let is_unclear = is_json || kind.starts_with("multipart/");
    if is_unclear && (is_secret(body) || body.contains("\\u")) {
        secrets.push(body.to_owned());
        return DOTS.to_owned();
    }
    // Each line may be a form: the body may have no stated type, or a text may repeat a form.
    let lines: Vec<_> = body.split('\n').map(|line| hide_fields(line, secrets)).collect();
    if kind.starts_with("text/html") { body.to_owned() } else { lines.join("\n") }
}

/// A query or form without what its secret fields hold, both as it arrived and decoded.
fn hide_fields(text: &str, secrets: &mut Vec<String>) -> String {
    let decoded = |text: &str| percent_decode(&text.replace('+', " ")).into_owned();
    let pairs = text.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if is_secret(&decoded(name)) => {
            secrets.extend([value.to_owned(), decoded(value)]);
            format!("{name}={DOTS}")
        }
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A value without what stands under secret names in its maps.
fn hide_values(value: &Value, is_hidden: bool, secrets: &mut Vec<String>) -> Value {
    match value {
        Value::List(items) => {
            items.iter().map(|item| hide_values(item, is_hidden, secrets)).collect()
        }
        Value::Map(map) => {
            let pairs = map.iter().map(|(name, item)| {
                (name, hide_values(item, is_hidden || is_secret(name), secrets))
            });
            pairs.collect::<Map>().into()
        }
        other if is_hidden => {
            let number = other.as_float().map(|_| json::write(other));
            secrets.extend(other.as_str().map(str::to_owned).or(number));
            DOTS.into()
        }
        other => other.clone(),
    }
}

/// A multipart body without the contents of its secret parts.
fn hide_parts(body: &str, boundary: &str, secrets: &mut Vec<String>) -> String {
    let mut lines = Vec::new();
    // Of this part: its name is a secret one; its headers are over.
    let (mut is_hidden, mut in_content) = (false, false);
    for line in body.split('\n') {
        let plain = line.trim_end_matches("\\r");
        if plain.strip_prefix("--").is_some_and(|rest| rest.starts_with(boundary)) {
            (is_hidden, in_content) = (false, false);
        } else if !in_content {
            is_hidden |= is_secret(plain);
            in_content = plain.is_empty();
        } else if is_hidden {
            secrets.push(plain.to_owned());
            lines.push(DOTS);
            continue;
        }
        lines.push(line);
    }
    lines.join("\n")
}
