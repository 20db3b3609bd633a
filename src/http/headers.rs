//! The header fields of a message: names in any case of letters, in order, also repeated.
//!
//! All fields stand in one text, as on the wire, and a list says where each name and value is:
//!
//! ```text
//! Host: localhost:8000 CR LF Accept: */* CR LF
//! ```
//!
//! So the fields of a request are copied once, all together, and so are those of an answer.
//!
//! Left out: what the fields mean. See `request`, `body` and `cookie`.

use super::bytes::{first_control, is_token};
use std::fmt;
use std::ops::Range;

/// The header fields of a request or a response (RFC 9110 §5).
#[derive(Clone, Default)]
pub struct Headers {
    /// The lines of the fields, each with its CR LF.
    text: String,
    fields: Vec<Field>,
}

/// Where a name and its value stand in the text.
#[derive(Clone)]
struct Field {
    start: usize,
    name_bytes: usize,
    value: Range<usize>,
}

impl Headers {
    /// No fields.
    pub const fn new() -> Headers {
        Headers { text: String::new(), fields: Vec::new() }
    }

    /// The value of the first field of this name, in any case of letters.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// The values of all fields of this name, in order.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.fields.iter().filter(move |field| self.is_named(field, name));
        named.map(|field| &self.text[field.value.clone()])
    }

    fn is_named(&self, field: &Field, name: &str) -> bool {
        // Most names have another length, and need not be looked at.
        field.name_bytes == name.len()
            && self.text.as_bytes()[field.start..][..name.len()]
                .eq_ignore_ascii_case(name.as_bytes())
    }

    /// True if there is a field of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.fields.iter().any(|field| self.is_named(field, name))
    }

    /// True if a list with commas holds this word, in any case of letters.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        let mut words = self.get_all(name).flat_map(|value| value.split(','));
        words.any(|word| word.trim_ascii().eq_ignore_ascii_case(token))
    }

    /// Makes this the only field of its name. Panics as [`append`](Headers::append).
    #[track_caller]
    pub fn set(&mut self, name: &str, value: impl AsRef<str>) {
        self.remove(name);
        self.append(name, value);
    }

    /// Adds a field at the end, also if there is one of its name.
    ///
    /// # Panics
    ///
    /// If the name has a character that names cannot have, such as a space or a colon.
    ///
    /// # Security
    ///
    /// With a CR or LF in a value an attacker could write another field. So each control character
    /// becomes a space (RFC 9110 §5.5).
    #[track_caller]
    pub fn append(&mut self, name: &str, value: impl AsRef<str>) {
        assert!(is_token(name.as_bytes()), "found the header name {name:?}, expected a token");
        if self.fields.capacity() == 0 {
            // An answer has six to ten fields. Room for them now costs less than growing later.
            self.text.reserve(400);
            self.fields.reserve(10);
        }
        let (start, value) = (self.text.len(), value.as_ref());
        self.text.push_str(name);
        self.text.push_str(": ");
        let middle = self.text.len();
        if first_control(value.as_bytes()).is_some() {
            let is_control = |letter: char| letter.is_ascii_control() && letter != '\t';
            self.text.push_str(&value.replace(is_control, " "));
        } else {
            self.text.push_str(value);
        }
        let (name_bytes, value) = (name.len(), middle..self.text.len());
        self.fields.push(Field { start, name_bytes, value });
        self.text.push_str("\r\n");
    }

    /// Adds the fields of others at the end. What has a field of the same name already keeps it.
    pub fn append_missing(&mut self, others: &Headers) {
        let is_there = |(name, _): (&str, &str)| self.contains(name);
        if others.iter().any(is_there) {
            for (name, value) in others.iter().filter(|other| !is_there(*other)).collect::<Vec<_>>()
            {
                self.append(name, value);
            }
            return;
        }
        // The usual case is one copy.
        let before = self.text.len();
        self.text.push_str(&others.text);
        self.fields.extend(others.fields.iter().map(|field| Field {
            start: before + field.start,
            name_bytes: field.name_bytes,
            value: before + field.value.start..before + field.value.end,
        }));
    }

    /// Removes every field of this name.
    pub fn remove(&mut self, name: &str) {
        self.remove_all(&[name]);
    }

    /// Removes every field of these names.
    pub(super) fn remove_all(&mut self, names: &[&str]) {
        let is_named = |field| names.iter().any(|name| self.is_named(field, name));
        if self.fields.iter().any(is_named) {
            let all = std::mem::take(self);
            for (known, value) in all.iter() {
                if !names.iter().any(|name| name.eq_ignore_ascii_case(known)) {
                    self.append(known, value);
                }
            }
        }
    }

    /// Removes all fields, and keeps the memory for the next ones.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.fields.clear();
    }

    /// Notes where a name and a value stand in the lines that [`take_lines`](Headers::take_lines)
    /// will be given.
    pub(super) fn note(&mut self, start: usize, name_bytes: usize, value: Range<usize>) {
        self.fields.push(Field { start, name_bytes, value });
    }

    /// Takes the lines of the fields that were noted. A name or value that is not UTF-8 is read as
    /// ISO-8859-1 (RFC 9110 §5.5).
    pub(super) fn take_lines(&mut self, lines: &[u8]) {
        if let Ok(text) = str::from_utf8(lines) {
            return self.text.push_str(text);
        }
        for Field { start, name_bytes, value } in std::mem::take(&mut self.fields) {
            let latin = |bytes: &[u8]| bytes.iter().map(|&byte| byte as char).collect();
            let text =
                |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| latin(bytes));
            self.append(&text(&lines[start..start + name_bytes]), text(&lines[value]));
        }
    }

    /// Names and values, in order, as they were written.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let text = &self.text;
        let name = |field: &Field| &text[field.start..field.start + field.name_bytes];
        self.fields.iter().map(move |field| (name(field), &text[field.value.clone()]))
    }

    /// All fields as they stand on the wire.
    pub(super) fn lines(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// Headers are equal if they have the same names, in the same case, and values in the same order.
impl PartialEq for Headers {
    fn eq(&self, other: &Headers) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.iter()).finish()
    }
}
