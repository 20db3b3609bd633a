//! Cookie: what a client was asked to remember, and sends back.
//!
//! The server sends `Set-Cookie: carafe_sid=7f3a...; HttpOnly; Path=/` once (`set_cookie.rs`). The
//! client then adds `Cookie: carafe_sid=7f3a...` to each request, or refuses, or changes the value.
//!
//! Left out: percent-encoding. Other characters stand in quotes: see `quoted_cookie`.

use super::Headers;
use super::bytes::length_before;
use super::quoted_cookie::split_value;
pub use super::set_cookie::{COOKIE_BYTES, SameSite};
use std::borrow::Cow;

/// The value of the first cookie of this name (RFC 6265 §5.4).
///
/// ```
/// let mut headers = carafe::http::Headers::new();
/// headers.append("Cookie", "theme=dark; visits=3");
/// assert_eq!(carafe::http::cookie_value(&headers, "visits").as_deref(), Some("3"));
/// ```
pub fn cookie_value<'a>(headers: &'a Headers, name: &str) -> Option<Cow<'a, str>> {
    for mut line in headers.get_all("Cookie") {
        while let Some((known, value)) = next_pair(&mut line) {
            if known == name {
                return Some(value);
            }
        }
    }
    None
}

/// All cookies, in order.
pub fn cookies(headers: &Headers) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let of_line = |mut line| std::iter::from_fn(move || next_pair(&mut line));
    headers.get_all("Cookie").flat_map(of_line)
}

/// Takes the next cookie out of a line: `cookie-pair *( ";" SP cookie-pair )` (RFC 6265 §4.2.1).
pub fn next_pair<'a>(line: &mut &'a str) -> Option<(&'a str, Cow<'a, str>)> {
    let end = length_before(line.as_bytes(), b'=');
    let (before, behind) = (&line[..end], line.get(end + 1..)?);
    // Parts without a `=` are passed over: the name begins after the last `;`.
    let start = before.as_bytes().iter().rposition(|byte| *byte == b';').map_or(0, |at| at + 1);
    // The value ends at the next `;`, unless it stands in quotes.
    let (value, behind) = split_value(behind.trim_ascii_start());
    *line = behind.get(1..).unwrap_or("");
    Some((before[start..].trim_ascii(), value))
}
