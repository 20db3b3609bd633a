//! The names and values of a query or a form, written as a=1&b=2 with percent-encoding.
//!
//! In a URL some bytes have a meaning (`&`, `=`, `/`, `?`). As data they are written as `%` and two
//! hex digits. Forms have one more rule: a space may be written `+`.
//!
//! Left out: `multipart/form-data`, the format for uploads. A form handler answers it with 415.

use std::borrow::Cow;

/// Names and values in the order in which they came. A name may come more than once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(Vec<(String, String)>);

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
        if text.is_empty() {
            return Fields::default(); // Most targets have no query.
        }
        let decode = |part: &str| percent_decode(&part.replace('+', " ")).into_owned();
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Fields(pairs.collect())
    }

    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// All values of this name, in order.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Adds a value at the end.
    pub fn append(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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
    let hex = |digit: &u8| (*digit as char).to_digit(16);
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, behind @ ..] = rest {
        rest = behind;
        let mut decoded_byte = *byte;
        if let (b'%', [high, low, behind @ ..]) = (byte, rest)
            && let (Some(high), Some(low)) = (hex(high), hex(low))
        {
            (decoded_byte, rest) = ((high * 16 + low) as u8, behind);
        }
        decoded.push(decoded_byte);
    }
    let text = String::from_utf8(decoded);
    Cow::Owned(text.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
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
