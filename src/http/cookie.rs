//! Cookie and Set-Cookie: how a server asks a client to remember something, and gets it back.
//!
//! The server says `Set-Cookie: carafe_sid=7f3a...; HttpOnly; Path=/` once; from then on the client
//! adds `Cookie: carafe_sid=7f3a...` to each request by itself. That is all: the memory is the
//! client's, and so is the choice.
//!
//! Left out: `Domain`. Without it a cookie goes back to the very host that set it, which is the
//! safest choice.

use super::Headers;
use std::fmt;
use std::time::Duration;

/// The value of the first cookie of this name (RFC 6265 §5.4).
///
/// ```
/// let mut headers = carafe::http::Headers::new();
/// headers.append("Cookie", "theme=dark; visits=3");
/// assert_eq!(carafe::http::cookie_value(&headers, "visits"), Some("3"));
/// ```
pub fn cookie_value<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    cookies(headers).find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Every cookie that came along, in order: `cookie-pair *( ";" SP cookie-pair )` (RFC 6265 §4.2.1).
///
/// A part without `=` is passed over. Quotes around a value are taken off, as Flask does.
pub fn cookies(headers: &Headers) -> impl Iterator<Item = (&str, &str)> {
    headers.get_all("Cookie").flat_map(|line| line.split(';')).filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let value = value.trim_ascii();
        let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        Some((name.trim_ascii(), unquoted.unwrap_or(value)))
    })
}

/// When a browser sends a cookie along with a request that another site caused (RFC 6265bis
/// §5.6.7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never.
    Strict,
    /// Only when the visitor follows a link, not with a form or a picture of another site.
    Lax,
}

/// The largest name and value together that every browser keeps (RFC 6265 §6.1). A larger one they
/// drop in silence.
pub const COOKIE_BYTES: usize = 4096;

/// A `Set-Cookie` header: what the client is asked to remember, and when to send it back.
///
/// `Display` gives the header's value: `visits=3; Path=/`.
#[derive(Clone, Debug, PartialEq)]
pub struct SetCookie {
    name: String,
    value: String,
    /// How long to keep it. Defaults to `None`: until the browser closes. Zero: forget it now.
    pub max_age: Option<Duration>,
    /// Hidden from scripts. Defaults to false.
    pub http_only: bool,
    /// Sent over https alone. Defaults to false: Safari drops a Secure cookie that comes over plain
    /// http.
    pub secure: bool,
    /// Held back when another site causes the request. Defaults to `None`, which browsers read as
    /// Lax.
    pub same_site: Option<SameSite>,
    /// Sent with requests for this path and below it. Defaults to `/`: the whole site.
    pub path: &'static str,
}

impl SetCookie {
    /// A cookie for the whole site, kept until the browser closes.
    ///
    /// # Errors
    ///
    /// A sentence, if the name is not a token, if the value holds what would end it (white space,
    /// `;`, `,`, `"`, `\`, control characters, anything but ASCII; RFC 6265 §4.1.1), or if both are
    /// larger than [`COOKIE_BYTES`].
    pub fn new(name: &str, value: &str) -> Result<SetCookie, String> {
        let is_value_byte =
            |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\');
        let is_name_byte =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_name_byte) {
            return Err(format!(
                "found the cookie name {name:?}, expected letters, digits, hyphens and underscores"
            ));
        }
        if let Some(wrong) = value.bytes().find(|&byte| !is_value_byte(byte)) {
            let wrong = wrong.escape_ascii();
            return Err(format!(
                "found {wrong} in the value of the cookie {name}, expected it percent-encoded"
            ));
        }
        let size = name.len() + value.len();
        if size > COOKIE_BYTES {
            return Err(format!(
                "the cookie {name} is {size} bytes, expected at most {COOKIE_BYTES}: browsers drop larger ones"
            ));
        }
        Ok(SetCookie {
            name: name.to_owned(),
            value: value.to_owned(),
            max_age: None,
            http_only: false,
            secure: false,
            same_site: None,
            path: "/",
        })
    }
}

impl fmt::Display for SetCookie {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}", self.name, self.value)?;
        if let Some(age) = self.max_age {
            write!(out, "; Max-Age={}", age.as_secs())?;
        }
        if self.http_only {
            write!(out, "; HttpOnly")?;
        }
        if self.secure {
            write!(out, "; Secure")?;
        }
        match self.same_site {
            Some(SameSite::Strict) => write!(out, "; SameSite=Strict")?,
            Some(SameSite::Lax) => write!(out, "; SameSite=Lax")?,
            None => {}
        }
        write!(out, "; Path={}", self.path)
    }
}
