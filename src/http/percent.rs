//! Deeper: Percent-encoding: a byte as `%` and two hex digits.
//!
//! Left out: `+` for a space, which is a rule of forms alone. See `fields`.

use super::bytes::hex_digit;
use std::borrow::Cow;

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
