//! Deeper: Quoted cookies: a value in quotes, as Flask writes and reads one.
//!
//! In it, `;` is a plain character, and `\073` and `\"` stand for one. RFC 6265 has no such rule:
//! there, the quotes belong to the value.

use super::bytes::{length_before, quoted_length};
use std::borrow::Cow;

/// The value of a cookie at the front, and what follows it: nothing, or a `;`.
#[inline]
pub(super) fn split_value(text: &str) -> (Cow<'_, str>, &str) {
    if let Some(inside) = text.strip_prefix('"') {
        let (value, behind) = inside.split_at(quoted_length(inside.as_bytes()).unwrap_or(0));
        let behind = behind.strip_prefix('"').map(str::trim_ascii_start);
        // Quotes that do not stand around the whole value are characters of it.
        if let Some(behind) = behind.filter(|behind| behind.is_empty() || behind.starts_with(';')) {
            return (without_backslashes(value), behind);
        }
    }
    let (value, behind) = text.split_at(length_before(text.as_bytes(), b';'));
    (Cow::Borrowed(value.trim_ascii()), behind)
}

/// The value as it is sent: as it is, or in quotes if it has what RFC 6265 §4.1.1 does not allow.
pub(super) fn quoted(value: &str) -> Cow<'_, str> {
    let is_right = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
    if value.bytes().all(is_right) {
        return Cow::Borrowed(value);
    }
    let code = |byte: u8| match byte == b' ' || is_right(byte) {
        true => char::from(byte).to_string(),
        false => format!("\\{byte:03o}"),
    };
    Cow::Owned(format!("\"{}\"", value.bytes().map(code).collect::<String>()))
}

/// A quoted value without its quotes: `\` and three octal digits are a byte, and `\"` is `"`.
fn without_backslashes(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let (mut bytes, mut rest) = (Vec::new(), value.as_bytes());
    while let [byte, behind @ ..] = rest {
        let (byte, behind) = match (byte, behind) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', behind @ ..]) => {
                ((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'), behind)
            }
            (b'\\', [byte, behind @ ..]) | (byte, behind) => (*byte, behind),
        };
        bytes.push(byte);
        rest = behind;
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}
