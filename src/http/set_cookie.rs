//! Deeper: Set-Cookie: a server asks a client to remember something, and says for how long.
//!
//! Left out: cookies of parts of a page, as `Partitioned` makes them.

use super::bytes::is_token;
use super::quoted_cookie::quoted;
use super::{Response, date};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, ErrorKind};
use std::time::{Duration, SystemTime};

/// Whether a browser sends a cookie when another site causes the request (RFC 6265bis §5.6.7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never.
    Strict,
    /// Only with a link or a GET form. Not with a POST form or a picture of another site.
    Lax,
    /// Always. Browsers want the cookie to be `Secure` then, so it is.
    None,
}

/// The most bytes of a name and a value together that every browser keeps (RFC 6265 §6.1).
pub const COOKIE_BYTES: usize = 4096;

/// A `Set-Cookie` header: what the client is told to remember, and when to send it back.
///
/// `Display` writes the header's value: `visits=3; Path=/`.
#[derive(Clone, Debug, PartialEq)]
pub struct SetCookie {
    name: String,
    value: String,
    /// How long to keep it; zero: forget it now. Defaults to `None`: until the browser closes.
    pub max_age: Option<Duration>,
    /// When to forget it. `max_age` is better, because clocks differ. Defaults to `None`.
    pub expires: Option<SystemTime>,
    /// True if scripts cannot read it. Defaults to false.
    pub http_only: bool,
    /// True if it is sent over https only. Defaults to false, since Safari drops it over http.
    pub secure: bool,
    /// When another site causes the request. Defaults to `None`, which browsers read as Lax.
    pub same_site: Option<SameSite>,
    /// It is sent with requests for this path and below it. Defaults to `/`, the whole site.
    pub path: Cow<'static, str>,
    /// Also sent to hosts below this one: `example.org`. Defaults to `None`: to this host alone.
    pub domain: Option<String>,
}

impl SetCookie {
    /// A cookie for the whole site, kept until the browser closes. As in Flask, a value with a
    /// blank, a quote, `,`, `;`, `\` or a letter beyond ASCII is sent in quotes.
    /// [`Context::cookie`](crate::Context::cookie) takes them off again.
    ///
    /// # Errors
    ///
    /// If the name is not a token, or if both together have more than [`COOKIE_BYTES`], of the kind
    /// `InvalidInput`.
    pub fn new(name: &str, value: &str) -> io::Result<SetCookie> {
        let value = quoted(value);
        let bytes = name.len() + value.len();
        let refused = |why: String| io::Error::new(ErrorKind::InvalidInput, why);
        if !is_token(name.as_bytes()) {
            let expected = "letters, digits, - and _";
            return Err(refused(format!("found the cookie name {name:?}, expected {expected}")));
        }
        if bytes > COOKIE_BYTES {
            let found = format!("found {bytes} bytes in the cookie {name}");
            let expected = format!("{COOKIE_BYTES} at most: browsers drop larger ones");
            return Err(refused(format!("{found}, expected {expected}")));
        }
        Ok(SetCookie {
            name: name.to_owned(),
            value: value.into_owned(),
            max_age: None,
            expires: None,
            http_only: false,
            secure: false,
            same_site: None,
            path: "/".into(),
            domain: None,
        })
    }
}

impl fmt::Display for SetCookie {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}", self.name, self.value)?;
        if let Some(age) = self.max_age {
            // Less than a second counts as one: 0 would delete the cookie.
            write!(out, "; Max-Age={}", age.as_secs().max(u64::from(!age.is_zero())))?;
        }
        if let Some(time) = self.expires {
            write!(out, "; Expires={}", date::format(time))?;
        }
        // RFC 6265bis §4.1.3.2: the cookie of a host has no domain, and is for all its paths.
        let is_of_host = self.name.starts_with("__Host-");
        if let Some(domain) = self.domain.as_deref().filter(|it| !it.is_empty() && !is_of_host) {
            write!(out, "; Domain={domain}")?;
        }
        let must_be = must_be_secure(&self.name) || self.same_site == Some(SameSite::None);
        let is_secure = self.secure || must_be;
        out.write_str(if self.http_only { "; HttpOnly" } else { "" })?;
        out.write_str(if is_secure { "; Secure" } else { "" })?;
        if let Some(same_site) = self.same_site {
            write!(out, "; SameSite={same_site:?}")?;
        }
        write!(out, "; Path={}", if is_of_host { "/" } else { &*self.path })
    }
}

/// RFC 6265bis §4.1.3: browsers refuse a cookie of such a name that is not `Secure`.
pub(super) fn must_be_secure(name: &str) -> bool {
    ["__Host-", "__Secure-"].iter().any(|front| name.starts_with(front))
}

impl Response {
    /// Asks the client to remember a cookie.
    ///
    /// # Panics
    ///
    /// If the path does not begin with a slash, or if the path or the domain has a `;`, which would
    /// begin another attribute (RFC 6265 §4.1.1), a space, a control character or a letter beyond
    /// ASCII.
    #[track_caller]
    pub fn set_cookie(&mut self, cookie: &SetCookie) {
        for part in [&*cookie.path, cookie.domain.as_deref().unwrap_or("")] {
            let is_right = part.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';');
            assert!(is_right, "found {part:?}, expected a path or domain in ASCII without ;");
        }
        // Browsers put their own path in the place of such a one (RFC 6265 §5.2.4).
        let path = &cookie.path;
        assert!(path.starts_with('/'), "found the path {path:?}, expected a slash in front");
        self.headers.append("Set-Cookie", cookie.to_string());
    }

    /// Asks the client to forget the cookie of this name that was set with the path `/` and without
    /// a domain. Otherwise set it again, with the same path and domain and a `max_age` of zero.
    /// Panics if no cookie can have this name, because it is no token or longer than a cookie.
    #[track_caller]
    pub fn delete_cookie(&mut self, name: &str) {
        let cookie = match SetCookie::new(name, "") {
            Ok(cookie) => cookie,
            Err(why) => panic!("{why}"),
        };
        self.set_cookie(&SetCookie { max_age: Some(Duration::ZERO), ..cookie });
    }
}
