//! The names and values of a query or a form, written as a=1&b=2 with percent-encoding.
//!
//! In a URL some bytes have a meaning (`&`, `=`, `/`, `?`). As data they are written as `%` and two
//! hex digits. Forms have one more rule: a space may be written `+`.
//!
//! Left out: `multipart/form-data`, the format for uploads. See `multipart`.

use super::bytes::hex_digit;
use std::borrow::Cow;

/// Names and values in the order in which they came. A name may come more than once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    /// All names and values, one behind the other.
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
        let decode = |part: &str| percent_decode(&part.replace('+', " ")).into_owned();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            fields.append(decode(name), decode(value));
        }
        fields
    }

    /// The same. Returns `None` if there are more than `most` fields. It counts the `&` first, so
    /// too many fields take no memory.
    pub fn parse_at_most(text: &str, most: usize) -> Option<Fields> {
        if text.is_empty() {
            return Some(Fields::default()); // Most targets have no query.
        }
        let separators = text.bytes().filter(|&byte| byte == b'&').count();
        (separators < most).then(|| Fields::parse(text))
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

    /// The number of values.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if there are none.
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

/// Turns each `%41` into its byte. Bytes that are not UTF-8 become U+FFFD. A `%` without two hex
/// digits stays, as in every browser.
///
/// Split a path before you decode it: in `/hello/a%2Fb` the name is `a/b` (RFC 3986 §2.4).
pub fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let decoded = String::from_utf8(percent_decode_bytes(text));
    Cow::Owned(
        decoded.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

/// The same as bytes, which are not always UTF-8.
pub fn percent_decode_bytes(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, behind @ ..] = rest {
        rest = behind;
        let mut decoded_byte = *byte;
        if let (b'%', [high, low, behind @ ..]) = (byte, rest)
            && let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low))
        {
            (decoded_byte, rest) = (high * 16 + low, behind);
        }
        decoded.push(decoded_byte);
    }
    decoded
}

/// Writes a byte as `%41`, unless it is a letter, a digit or one of `kept`.
pub fn percent_encode(text: &str, kept: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
            encoded.push(byte as char);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
