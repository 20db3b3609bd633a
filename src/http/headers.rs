//! The header fields of a message: names in any case of letters, in order, also repeated.
//!
//! All fields stand in one text, as on the wire, and a list says where each line ends:
//!
//! ```text
//! Host: localhost:8000 CR LF Accept: */* CR LF
//! ```
//!
//! How the fields of a whole message are copied at once is in `header_block`.
//!
//! Elsewhere: what the fields mean, in `request`, `body` and `cookie`.

use super::bytes::{is_token, without_controls};
use super::name_filter::NameFilter;
use std::mem::replace;
use std::ops::Range;

/// The header fields of a request or a response (RFC 9110 §5).
#[derive(Default)]
pub struct Headers {
    /// The lines of the fields, each with its CR LF.
    pub(super) text: String,
    /// Where each line ends, after its CR LF.
    pub(super) ends: Vec<usize>,
    /// A summary of all names in a few bits. It tells fast that a name is absent, as most are that
    /// the server looks for.
    pub(super) names: NameFilter,
}

impl Headers {
    /// No fields.
    pub const fn new() -> Headers {
        Headers { text: String::new(), ends: Vec::new(), names: NameFilter::new() }
    }

    /// The value of the first field of this name, in any case of letters.
    #[inline]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.may_have(NameFilter::of(name.as_bytes())).then(|| self.get_all(name).next()).flatten()
    }

    /// False: none of these names is here. True: the lines must be compared.
    #[inline]
    pub(crate) fn may_have(&self, names: NameFilter) -> bool {
        self.names.may_hold(names)
    }

    /// The values of all fields of this name, in order.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        // If the summary shows that there is none or only one, the search ends there.
        let most_values = self.names.at_most(NameFilter::of(name.as_bytes()));
        self.lines().filter_map(|line| self.value_of(line, name)).take(most_values)
    }

    /// The value of a line, if it begins with this name and a colon.
    #[inline]
    fn value_of(&self, line: Range<usize>, name: &str) -> Option<&str> {
        let (text, colon) = (self.text.as_bytes(), line.start + name.len());
        // Most names have another length, and need not be looked at.
        if text.get(colon) != Some(&b':') {
            return None;
        }
        let (known, name) = (&text[line.start..colon], name.as_bytes());
        // Most names are written as they are looked for.
        let is_same = known == name || known.eq_ignore_ascii_case(name);
        self.text.get(colon + 1..line.end).filter(|_| is_same).map(str::trim_ascii)
    }

    /// True if there is a field of this name.
    #[inline]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The elements of a list with commas, which may stand in several fields of this name. Empty
    /// elements do not count (RFC 9110 §5.6.1.2).
    pub fn elements(&self, name: &str) -> impl Iterator<Item = &str> {
        let elements = self.get_all(name).flat_map(|value| value.split(',').map(str::trim_ascii));
        elements.filter(|element| !element.is_empty())
    }

    /// True if such a list holds this word, in any case of letters.
    #[inline]
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        let is_it = |word: &str| word.eq_ignore_ascii_case(token);
        self.may_have(NameFilter::of(name.as_bytes())) && self.elements(name).any(is_it)
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
        self.push(name, &without_controls(value.as_ref()));
    }

    /// Adds a field whose name and value are known to be right.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        if self.ends.capacity() == 0 {
            // An answer has six to ten fields. Memory for them now costs less than growing later.
            self.text.reserve(400);
            self.ends.reserve(10);
        }
        self.text.push_str(name);
        self.text.push_str(": ");
        self.text.push_str(value);
        self.text.push_str("\r\n");
        self.note(NameFilter::of(name.as_bytes()), self.text.len());
    }

    /// Notes a field of this name, whose line ends at `end`.
    #[inline]
    pub(super) fn note(&mut self, name: NameFilter, end: usize) {
        self.names.add(name);
        self.ends.push(end);
    }

    /// Removes every field of this name.
    pub fn remove(&mut self, name: &str) {
        if self.contains(name) {
            let all = std::mem::take(self);
            let others = all.iter().filter(|(known, _)| !known.eq_ignore_ascii_case(name));
            others.for_each(|(known, value)| self.push(known, value));
        }
    }

    /// Where each line stands in the text, without its CR LF.
    fn lines(&self) -> impl ExactSizeIterator<Item = Range<usize>> {
        let mut start = 0;
        self.ends.iter().map(move |&end| replace(&mut start, end)..end - 2)
    }

    /// Names and values, in order, as they were written.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.lines().map(|line| {
            let (name, value) = self.text[line].split_once(':').unwrap_or_default();
            (name, value.trim_ascii())
        })
    }
}
