//! The names and values of a query or a form, written as a=1&b=2 with percent-encoding.
//!
//! Inside a name or a value, `&`, `=` and others are written as `%` and two hex digits, and a space
//! may be `+`.
//!
//! Elsewhere: `multipart/form-data`, the format for uploads, in `multipart`.

pub use super::percent::{percent_decode, percent_decode_bytes, percent_encode};
use std::borrow::Cow;

/// Names and values in the order in which they came. A name may come more than once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    /// All names and values, one after the other.
    text: String,
    /// For each pair: where its name ends, and where its value ends.
    ends: Vec<[u32; 2]>,
}

impl Fields {
    /// Reads `a=1&b=2` (the WHATWG URL standard, "application/x-www-form-urlencoded parsing").
    ///
    /// Never fails: [`percent_decode`] says what becomes of a wrong `%`.
    ///
    /// ```
    /// let fields = carafe::http::Fields::parse("q=tea+%26+milk&q=b");
    /// assert_eq!(fields.get("q"), Some("tea & milk"));
    /// assert_eq!(fields.get_all("q").collect::<Vec<_>>(), ["tea & milk", "b"]);
    /// ```
    pub fn parse(text: &str) -> Fields {
        let mut fields = Fields::default();
        fields.read(text, usize::MAX);
        fields
    }

    /// Reads the same, after it has removed what was here. False if there are too many fields.
    pub(super) fn read(&mut self, text: &str, most_fields: usize) -> bool {
        self.text.clear();
        self.ends.clear();
        if text.is_empty() {
            return true; // Most targets have no query.
        }
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            if self.ends.len() == most_fields {
                return false;
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.append(decode(name), decode(value));
        }
        true
    }

    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// All values of this name, in order.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Adds a value at the end.
    pub fn append(&mut self, name: impl AsRef<str>, value: impl AsRef<str>) {
        let [name_end, value_end] = [name.as_ref(), value.as_ref()].map(|part| {
            self.text.push_str(part);
            self.text.len() as u32
        });
        self.ends.push([name_end, value_end]);
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |ends| {
            let [name_end, value_end] = ends.map(|end| end as usize);
            let name = &self.text[start..name_end];
            start = value_end;
            (name, &self.text[name_end..value_end])
        })
    }

    /// True if there are no values.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The fields as text again: `q=tea+%26+milk&q=b`.
    pub fn encode(&self) -> String {
        let encode = |part: &str| percent_encode(part, "*-._ ").replace(' ', "+");
        let pair = |(name, value)| format!("{}={}", encode(name), encode(value));
        self.iter().map(pair).collect::<Vec<String>>().join("&")
    }
}

/// A part of a form: a `+` is a space. What needs no decoding is not copied.
fn decode(part: &str) -> Cow<'_, str> {
    match part.contains('+') {
        true => Cow::Owned(percent_decode(&part.replace('+', " ")).into_owned()),
        false => percent_decode(part),
    }
}
