//! What must not be shown: the ids of sessions, and what stands in fields named like a password.
//!
//! Whoever may look at cycles sits at this machine, but others look over a shoulder, and
//! screenshots travel. An id is cut to four characters, enough to recognise it; a password becomes
//! four dots.
//!
//! * A field is hidden by its name: in queries, forms, JSON, cookies, sessions, and the variables
//!   of templates.
//! * What a hidden field of the request held is hidden wherever else it appears, as in an answer
//!   that repeats it.
//!
//! Left out: a password of fewer than four characters that an answer repeats. Hidden everywhere, it
//! would blot out half of what is not one.

use super::message::{Message, readable};
use carafe::cycle::{Detail, Record};
use carafe::http::Fields;
use carafe::http::fields::percent_decode;
use carafe::{Map, Value, json};

/// What stands in place of a password.
const DOTS: &str = "....";

/// The secrets of one cycle.
pub struct Mask {
    ids: Vec<String>,
    passwords: Vec<String>,
}

impl Mask {
    /// Collects the ids and the passwords that a cycle has seen.
    pub fn of(record: &Record, request: &Message) -> Mask {
        let mut ids: Vec<String> = Vec::new();
        let mut passwords = Vec::new();
        for step in record.cycle.steps() {
            match &step.detail {
                // A shorter one has nothing to cut, and its letters would be found everywhere.
                Detail::Row { cookie: Some(id), .. } | Detail::Change { cookie: Some(id), .. }
                    if id.len() > 4 =>
                {
                    ids.push(id.clone());
                }
                Detail::Route { params, .. } => {
                    passwords.extend(
                        params
                            .iter()
                            .filter(|(name, _)| is_secret(name))
                            .map(|(_, value)| value.clone()),
                    );
                }
                _ => {}
            }
        }
        in_fields(request.query(), &mut passwords);
        let (body, kind) = (readable(&request.content(), true), request.content_type());
        if let Some(boundary) = boundary_of(kind) {
            without_secret_parts(&body, boundary, &mut passwords);
        } else if let Ok(value) = json::parse(body.as_bytes()) {
            in_value(&value, false, &mut passwords);
        } else {
            body.lines().for_each(|line| in_fields(line, &mut passwords));
        }
        for (name, value) in request.headers().filter(|(name, _)| is_credential(name)) {
            // The word in front says only of what kind it is: Basic, Bearer.
            let value = if is_secret(name) {
                value
            } else {
                value.split_once(' ').map_or(value, |(_, secret)| secret)
            };
            passwords.push(value.to_owned());
        }
        // As an answer may repeat it: in a page, or in JSON.
        let written = |password: &String| {
            let quoted = json::write(&password.as_str().into());
            let escaped = password.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let escaped = escaped.replace('"', "&#34;").replace('\'', "&#39;");
            [escaped, quoted[1..quoted.len() - 1].to_owned()]
        };
        passwords.extend(passwords.iter().flat_map(written).collect::<Vec<_>>());
        passwords.retain(|password| password.chars().count() >= 4 && password != DOTS);
        // A longer one may hold a shorter one.
        for list in [&mut ids, &mut passwords] {
            list.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
            list.dedup();
        }
        Mask { ids, passwords }
    }

    /// The text with every id cut, and without the passwords.
    pub fn text(&self, text: &str) -> String {
        let text =
            self.ids.iter().fold(text.to_owned(), |text, id| text.replace(id.as_str(), &cut(id)));
        self.passwords.iter().fold(text, |text, password| text.replace(password.as_str(), DOTS))
    }

    /// A form or query with its passwords and ids masked.
    pub fn fields(&self, text: &str) -> String {
        let pairs = text.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) if is_secret(&percent_decode(&name.replace('+', " "))) => {
                format!("{name}={DOTS}")
            }
            _ => self.text(pair),
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// A request target with what its query hides.
    pub fn target(&self, target: &str) -> String {
        match target.split_once('?') {
            Some((path, query)) => format!("{}?{}", self.text(path), self.fields(query)),
            None => self.text(target),
        }
    }

    /// The value of a header.
    pub fn header(&self, name: &str, value: &str) -> String {
        match name.to_ascii_lowercase().as_str() {
            name if is_credential(name) => DOTS.to_owned(),
            "referer" | "location" => self.target(value),
            "cookie" | "set-cookie" => {
                let pairs = value.split(';').map(|pair| match pair.split_once('=') {
                    // An id in a cookie is cut even if the cycle never looked it up.
                    Some((name, id)) if name.trim().starts_with("carafe_") => {
                        format!("{name}={}", cut(id))
                    }
                    Some((name, _)) if is_secret(name) => format!("{name}={DOTS}"),
                    _ => self.text(pair),
                });
                pairs.collect::<Vec<_>>().join(";")
            }
            _ => self.text(value),
        }
    }

    /// A body of this media type.
    pub fn body(&self, content_type: &str, body: &str) -> String {
        if let Some(boundary) = boundary_of(content_type) {
            return self.text(&without_secret_parts(body, boundary, &mut Vec::new()));
        }
        if content_type.starts_with("application/json") {
            // Only a body that holds a secret is written anew; any other is shown as it came.
            return match json::parse(body.as_bytes()) {
                Ok(value) if in_value(&value, false, &mut Vec::new()) => {
                    self.text(&json::write(&self.value(&value)))
                }
                Ok(_) => self.text(body),
                // Cut off or malformed: where its fields begin and end nobody knows.
                Err(_) if is_secret(body) => DOTS.to_owned(),
                Err(_) => self.text(body),
            };
        }
        let is_form = content_type.starts_with("application/x-www-form-urlencoded");
        // Whatever else looks like a form: a body of no stated type, or a text that repeats one.
        let mask = |line: &str| {
            if is_form || is_secret(line) { self.fields(line) } else { self.text(line) }
        };
        if content_type.starts_with("text/html") {
            return self.text(body);
        }
        body.split('\n').map(mask).collect::<Vec<_>>().join("\n")
    }

    /// A value with the passwords in its maps masked.
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::Str(text) => self.text(text).into(),
            Value::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Map(map) => Value::Map(self.map(map)),
            other => other.clone(),
        }
    }

    fn map(&self, map: &Map) -> Map {
        map.iter().map(|(name, value)| (name, self.named(name, value))).collect()
    }

    /// The value of this name.
    pub fn named(&self, name: &str, value: &Value) -> Value {
        if is_secret(name) { DOTS.into() } else { self.value(value) }
    }

    /// The text of a field.
    pub fn field(&self, name: &str, value: &str) -> String {
        if is_secret(name) { DOTS.to_owned() } else { self.text(value) }
    }
}

/// The first four characters of an id.
pub fn cut(id: &str) -> String {
    let id = id.trim();
    if id.chars().count() <= 4 {
        id.to_owned()
    } else {
        id.chars().take(4).chain("..".chars()).collect()
    }
}

/// True for a field that holds what only its owner should know.
fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = ["password", "passwd", "passphrase", "passcode", "pwd", "secret"];
    name.trim() == "pass" || words.iter().any(|word| name.contains(word))
}

/// True for a header that proves who asks.
fn is_credential(name: &str) -> bool {
    let names = ["authorization", "proxy-authorization", "x-api-key", "x-auth-token"];
    names.iter().any(|known| known.eq_ignore_ascii_case(name)) || is_secret(name)
}

/// Adds what the secret fields of a query or form hold, as it came and decoded.
fn in_fields(text: &str, passwords: &mut Vec<String>) {
    for pair in text.split('&') {
        for (_, value) in Fields::parse(pair).iter().filter(|(name, _)| is_secret(name)) {
            passwords.push(value.to_owned());
            passwords.extend(pair.split_once('=').map(|(_, raw)| raw.to_owned()));
        }
    }
}

/// Adds what the secret names in a value hold; true if there is one.
fn in_value(value: &Value, is_named: bool, passwords: &mut Vec<String>) -> bool {
    match value {
        Value::Str(text) if is_named => passwords.push(text.to_string()),
        Value::List(items) => {
            return items
                .iter()
                .fold(is_named, |found, item| in_value(item, is_named, passwords) | found);
        }
        Value::Map(map) => {
            let named = |name| is_named || is_secret(name);
            return map.iter().fold(is_named, |found, (name, value)| {
                in_value(value, named(name), passwords) | found
            });
        }
        _ => {}
    }
    is_named
}

/// What separates the parts of a `multipart/form-data` (RFC 7578).
fn boundary_of(content_type: &str) -> Option<&str> {
    let parameters = content_type.strip_prefix("multipart/")?;
    let boundary =
        parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    Some(boundary.trim_matches('"')).filter(|boundary| !boundary.is_empty())
}

/// A multipart body without the contents of its secret fields; these are added to `passwords`.
fn without_secret_parts(body: &str, boundary: &str, passwords: &mut Vec<String>) -> String {
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
            passwords.push(plain.to_owned());
            lines.push(DOTS);
            continue;
        }
        lines.push(line);
    }
    lines.join("\n")
}
