//! Cookie: what a client was asked to remember, and sends back.
//!
//! The server sends `Set-Cookie: carafe_sid=7f3a...; HttpOnly; Path=/` once (`set_cookie.rs`). The
//! client then adds `Cookie: carafe_sid=7f3a...` to each request, or refuses, or changes the value.
//!
//! Left out: percent-encoding.

use super::Headers;
use super::quoted_cookie::split_value;
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
pub fn cookies(headers: &Headers) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    headers.get_all("Cookie").flat_map(|line| {
        let mut rest = line;
        std::iter::from_fn(move || {
            loop {
                let end = rest.bytes().position(|byte| matches!(byte, b'=' | b';'))?;
                let (name, behind) = (&rest[..end], &rest[end..]);
                // A part that has no `=` is passed over.
                let Some(value) = behind.strip_prefix('=') else {
                    rest = &behind[1..];
                    continue;
                };
                // The value ends at the next `;`, unless it stands in quotes.
                let (value, behind) = split_value(value.trim_ascii_start());
                rest = behind.strip_prefix(';').unwrap_or("");
                return Some((name.trim_ascii(), value));
            }
        })
    })
}
