//! Deeper: Percent-encoding: a byte as `%` and two hex digits.
//!
//! Elsewhere: `+` for a space, which is a rule of forms alone, in `fields`.

use std::borrow::Cow;

/// What a code at the front stands for: `pct-encoded = "%" HEXDIG HEXDIG` (RFC 3986 §2.1).
pub(super) fn code(text: &[u8]) -> Option<u8> {
    let [b'%', digits @ ..] = text else { return None };
    let value = |digit: u8| (digit as char).to_digit(16);
    Some((value(*digits.first()?)? * 16 + value(*digits.get(1)?)?) as u8)
}

/// The bytes of a text, each with how it is written: `a` or `%61`. A `%` that begins no code is a
/// byte like any other.
pub(super) fn spelt(text: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (byte, length) = match code(rest) {
            Some(byte) => (byte, 3),
            None => (*rest.first()?, 1),
        };
        let (written, behind) = rest.split_at(length);
        rest = behind;
        Some((byte, written))
    })
}

/// Turns each `%41` into its byte. Bytes that are not UTF-8 become U+FFFD. A `%` without two hex
/// digits stays, as in every browser.
///
/// Split a path before you decode it: in `/hello/a%2Fb` the name is `a/b` (RFC 3986 §2.4).
#[inline]
pub fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte == b'%') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(String::from_utf8_lossy(&percent_decode_bytes(text)).into_owned())
}

/// The same as bytes, which are not always UTF-8.
pub fn percent_decode_bytes(text: &str) -> Vec<u8> {
    spelt(text.as_bytes()).map(|(byte, _)| byte).collect()
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
