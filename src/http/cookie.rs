//! Cookie: what a client was asked to remember, and sends back.
//!
//! The server sends `Set-Cookie: carafe_sid=7f3a...; HttpOnly; Path=/` once (`set_cookie.rs`). The
//! client then adds `Cookie: carafe_sid=7f3a...` to each of its requests. It can also refuse, or
//! change the value.
//!
//! Left out: percent-encoding. A cookie's value is what stands there.

use super::Headers;
pub use super::set_cookie::{COOKIE_BYTES, CookieError, SameSite};
use std::borrow::Cow;

/// The value of the first cookie of this name (RFC 6265 §5.4).
///
/// ```
/// let mut headers = carafe::http::Headers::new();
/// headers.append("Cookie", "theme=dark; visits=3");
/// assert_eq!(carafe::http::cookie_value(&headers, "visits").as_deref(), Some("3"));
/// ```
pub fn cookie_value<'a>(headers: &'a Headers, name: &str) -> Option<Cow<'a, str>> {
    cookies(headers).find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// All cookies, in order: `cookie-pair *( ";" SP cookie-pair )` (RFC 6265 §4.2.1).
///
/// A part without `=` is left out. A value in quotes is read as Flask reads it: in it, `;` is a
/// plain character, and `\073` and `\"` stand for one.
pub fn cookies(headers: &Headers) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    headers.get_all("Cookie").flat_map(|line| {
        let mut rest = line;
        std::iter::from_fn(move || {
            while !rest.is_empty() {
                let (name, behind) = rest.split_at(rest.find(['=', ';']).unwrap_or(rest.len()));
                let (value, behind) = match behind.strip_prefix('=') {
                    Some(behind) => {
                        let (value, behind) = split_value(behind.trim_ascii_start());
                        (Some(value), behind)
                    }
                    None => (None, behind),
                };
                rest = behind.strip_prefix(';').unwrap_or("");
                if let Some(value) = value {
                    return Some((name.trim_ascii(), value));
                }
            }
            None
        })
    })
}

/// The value at the front, and what follows it: nothing, or a `;`.
fn split_value(text: &str) -> (Cow<'_, str>, &str) {
    if let Some(inside) = text.strip_prefix('"') {
        let mut is_escaped = false;
        let end = inside.bytes().position(|byte| {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        });
        let (value, behind) = inside.split_at(end.unwrap_or(0));
        let behind = behind.strip_prefix('"').map(str::trim_ascii_start);
        // Quotes that do not stand around the whole value are characters of it.
        if let Some(behind) = behind.filter(|behind| behind.is_empty() || behind.starts_with(';')) {
            return (without_backslashes(value), behind);
        }
    }
    let (value, behind) = text.split_at(text.find(';').unwrap_or(text.len()));
    (Cow::Borrowed(value.trim_ascii()), behind)
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
