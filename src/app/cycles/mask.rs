//! What must not be shown: the ids of sessions, and what stands in fields named like a password.
//!
//! Whoever may look at cycles sits at this machine, but others look over a shoulder, and screenshots travel. An id is
//! cut to four characters, enough to recognise it; a password becomes four dots.

use carafe::cycle::{Detail, Record};
use carafe::http::fields::percent_decode;
use carafe::{Map, Value, json};

/// What stands in place of a password.
const DOTS: &str = "....";

/// The secrets of one cycle.
pub struct Mask {
    ids: Vec<String>,
}

impl Mask {
    /// Collects the ids that a cycle has seen.
    pub fn of(record: &Record) -> Mask {
        let mut ids: Vec<String> = Vec::new();
        for step in record.cycle.steps() {
            if let Detail::Row { cookie: Some(id), .. } | Detail::Change { cookie: Some(id), .. } = &step.detail {
                // A shorter one has nothing to cut, and its letters would be found everywhere.
                if id.len() > 4 && !ids.contains(id) {
                    ids.push(id.clone());
                }
            }
        }
        // A longer id may hold a shorter one.
        ids.sort_by_key(|id| std::cmp::Reverse(id.len()));
        Mask { ids }
    }

    /// The text with every id cut.
    pub fn text(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, id| text.replace(id.as_str(), &cut(id)))
    }

    /// A form or query with its passwords and ids masked.
    pub fn fields(&self, text: &str) -> String {
        let pairs = text.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) if is_secret(&percent_decode(&name.replace('+', " "))) => format!("{name}={DOTS}"),
            _ => pair.to_owned(),
        });
        self.text(&pairs.collect::<Vec<_>>().join("&"))
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
            "authorization" | "proxy-authorization" => DOTS.to_owned(),
            "referer" | "location" => self.target(value),
            "cookie" | "set-cookie" => {
                // An id in a cookie is cut even if the cycle never looked it up.
                let pairs = value.split(';').map(|pair| match pair.split_once('=') {
                    Some((name, id)) if matches!(name.trim(), "carafe_sid" | "carafe_device") => {
                        format!("{name}={}", cut(id))
                    }
                    _ => pair.to_owned(),
                });
                self.text(&pairs.collect::<Vec<_>>().join(";"))
            }
            _ => self.text(value),
        }
    }

    /// A body of this media type.
    pub fn body(&self, content_type: &str, body: &str) -> String {
        if content_type.starts_with("application/x-www-form-urlencoded") {
            return self.fields(body);
        }
        if content_type.starts_with("application/json") {
            // Only a body that holds a secret is written anew; any other is shown as it came.
            return match json::parse(body.as_bytes()) {
                Ok(value) if holds_secret(&value) => self.text(&json::write(&self.value(&value))),
                Ok(_) => self.text(body),
                // Cut off or malformed: where its fields begin and end nobody knows.
                Err(_) if is_secret(body) => DOTS.to_owned(),
                Err(_) => self.text(body),
            };
        }
        self.text(body)
    }

    /// A value with the passwords in its maps masked.
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::Str(text) => Value::Str(self.text(text)),
            Value::List(items) => Value::List(items.iter().map(|item| self.value(item)).collect()),
            Value::Map(map) => Value::Map(self.map(map)),
            other => other.clone(),
        }
    }

    /// A map with its passwords masked.
    pub fn map(&self, map: &Map) -> Map {
        map.iter().map(|(name, value)| (name, if is_secret(name) { DOTS.into() } else { self.value(value) })).collect()
    }

    /// The value of a field.
    pub fn field(&self, name: &str, value: &str) -> String {
        if is_secret(name) { DOTS.to_owned() } else { self.text(value) }
    }
}

/// The first four characters of an id.
pub fn cut(id: &str) -> String {
    let id = id.trim();
    if id.chars().count() <= 4 { id.to_owned() } else { id.chars().take(4).chain("..".chars()).collect() }
}

/// True for a field that holds what only its owner should know.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    ["password", "passwd", "passphrase", "pwd", "secret"].iter().any(|word| name.contains(word))
}

fn holds_secret(value: &Value) -> bool {
    match value {
        Value::List(items) => items.iter().any(holds_secret),
        Value::Map(map) => map.iter().any(|(name, value)| is_secret(name) || holds_secret(value)),
        _ => false,
    }
}
