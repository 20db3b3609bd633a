//! Cookie and Set-Cookie: a server asks a client to remember something and to send it back.
//!
//! The server sends `Set-Cookie: carafe_sid=7f3a...; HttpOnly; Path=/` once. The client then adds
//! `Cookie: carafe_sid=7f3a...` to each of its requests. It can also refuse, or change the value.
//!
//! Left out: `Domain`. Without it the client sends a cookie only to the host that set it.

use super::Headers;
use super::bytes::is_token;
use std::borrow::Cow;
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

/// All cookies, in order: `cookie-pair *( ";" SP cookie-pair )` (RFC 6265 §4.2.1).
///
/// A part without `=` is left out. Quotes around a value are removed, as in Flask.
pub fn cookies(headers: &Headers) -> impl Iterator<Item = (&str, &str)> {
    headers.get_all("Cookie").flat_map(|line| line.split(';')).filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let value = value.trim_ascii();
        let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        Some((name.trim_ascii(), unquoted.unwrap_or(value)))
    })
}

/// Whether a browser sends a cookie when another site causes the request (RFC 6265bis §5.6.7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never.
    Strict,
    /// Only when the visitor follows a link. Not with a form or a picture of another site.
    Lax,
}

/// The most bytes of a name and a value together that every browser keeps (RFC 6265 §6.1).
pub const COOKIE_BYTES: usize = 4096;

/// A `Set-Cookie` header: what the client shall remember, and when it shall send it back.
///
/// `Display` writes the header's value: `visits=3; Path=/`.
#[derive(Clone, Debug, PartialEq)]
pub struct SetCookie {
    name: String,
    value: String,
    /// How long to keep it; zero: forget it now. Defaults to `None`: until the browser closes.
    pub max_age: Option<Duration>,
    /// True if scripts cannot read it. Defaults to false.
    pub http_only: bool,
    /// True if it is sent over https only. Defaults to false, since Safari drops it over http.
    pub secure: bool,
    /// When another site causes the request. Defaults to `None`, which browsers read as Lax.
    pub same_site: Option<SameSite>,
    /// It is sent with requests for this path and below it. Defaults to `/`, the whole site.
    pub path: Cow<'static, str>,
}

impl SetCookie {
    /// A cookie for the whole site, kept until the browser closes.
    ///
    /// # Errors
    ///
    /// If the name is not a token, if the value holds a byte that RFC 6265 §4.1.1 does
    /// not allow, or if both together have more than [`COOKIE_BYTES`].
    pub fn new(name: &str, value: &str) -> Result<SetCookie, CookieError> {
        if !is_token(name.as_bytes()) {
            let why = format!("found the cookie name {name:?}, expected letters, digits, - and _");
            return Err(CookieError(why));
        }
        let is_value = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
        if let Some(wrong) = value.bytes().find(|&byte| !is_value(byte)) {
            let wrong = wrong.escape_ascii();
            let why = format!("found {wrong} in the cookie {name}, expected it percent-encoded");
            return Err(CookieError(why));
        }
        let size = name.len() + value.len();
        if size > COOKIE_BYTES {
            return Err(CookieError(format!(
                "found {size} bytes in the cookie {name}, expected {COOKIE_BYTES} at most: \
                 browsers drop larger ones"
            )));
        }
        Ok(SetCookie {
            name: name.to_owned(),
            value: value.to_owned(),
            max_age: None,
            http_only: false,
            secure: false,
            same_site: None,
            path: "/".into(),
        })
    }
}

/// Why there can be no such cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieError(String);

impl fmt::Display for CookieError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for CookieError {}

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
