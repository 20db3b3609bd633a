//! A cookie jar: what a browser remembers for a server.
//!
//! The rules are RFC 6265's for one host: a cookie comes with a path, goes back to that path and
//! what is below it, and leaves when a later one of its name and path is out of date. A cookie that
//! a browser would not keep is not kept here, and the reason is remembered: that silence has cost
//! many an evening.
//!
//! Left out: other hosts, and a clock. A check takes seconds, so a cookie of the future stays.

use carafe::http::cookie::COOKIE_BYTES;
use carafe::http::date;
use std::time::SystemTime;

/// What one server has asked to be remembered.
#[derive(Clone, Default)]
pub struct Jar {
    cookies: Vec<Cookie>,
    /// Each cookie that was not kept or did not go along, and why; each reason once.
    pub lost: Vec<String>,
}

#[derive(Clone)]
struct Cookie {
    name: String,
    value: String,
    path: String,
}

impl Jar {
    /// Does what a `Set-Cookie` asks for, or notes why not. `path` is the one that was asked.
    pub fn keep(&mut self, line: &str, host: &str, path: &str) {
        let mut parts = line.split(';').map(str::trim);
        let Some((name, value)) =
            parts.next().and_then(|pair| pair.split_once('=')).filter(|pair| !pair.0.is_empty())
        else {
            return self.lose(format!("{line:?} has no name=value"));
        };
        let mut cookie = Cookie {
            name: name.trim().into(),
            value: value.trim().into(),
            path: default_path(path).into(),
        };
        let mut is_over = false;
        let mut has_age = false;
        for attribute in parts {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => cookie.path = value.into(),
                // RFC 6265 §5.3: where both are there, Max-Age decides.
                "max-age" => {
                    is_over = value.starts_with('-') || value == "0";
                    has_age = true;
                }
                "expires" if !has_age => {
                    is_over = date::parse(value).is_some_and(|end| end <= SystemTime::now())
                }
                "domain" if !covers(value, host) => {
                    return self
                        .lose(format!("{name} is for Domain={value}, and this host is {host}"));
                }
                "secure" => {
                    return self.lose(format!(
                        "{name} is Secure, and this is plain http: browsers drop it"
                    ));
                }
                _ => {}
            }
        }
        let size = name.len() + value.len();
        if size > COOKIE_BYTES {
            return self
                .lose(format!("{name} is {size} bytes: browsers drop more than {COOKIE_BYTES}"));
        }
        self.cookies.retain(|known| (&known.name, &known.path) != (&cookie.name, &cookie.path));
        if !is_over {
            self.cookies.push(cookie);
        }
    }

    /// The value of the `Cookie` header for a path; `None` if no cookie goes there. Longer paths
    /// come first (§5.4).
    pub fn header(&mut self, path: &str) -> Option<String> {
        let (mut fitting, others): (Vec<&Cookie>, Vec<&Cookie>) =
            self.cookies.iter().partition(|cookie| is_below(path, &cookie.path));
        let others: Vec<String> = others
            .iter()
            .map(|cookie| format!("{} goes to {} alone, not to {path}", cookie.name, cookie.path))
            .collect();
        fitting.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> =
            fitting.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        others.into_iter().for_each(|other| self.lose(other));
        if pairs.is_empty() { None } else { Some(pairs.join("; ")) }
    }

    /// The value that is kept under a name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }

    /// Writes what nobody has asked for: a client may.
    pub fn put(&mut self, name: &str, value: &str) {
        self.cookies.retain(|known| known.name != name);
        self.cookies.push(Cookie { name: name.into(), value: value.into(), path: "/".into() });
    }

    /// True if nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.cookies.is_empty()
    }

    fn lose(&mut self, why: String) {
        let why = format!("the cookie {why}");
        if !self.lost.contains(&why) {
            self.lost.push(why);
        }
    }
}

/// The folder of the path that was asked (RFC 6265 §5.1.4).
fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(slash) => &path[..slash],
    }
}

/// RFC 6265 §5.1.4: the same path, or one below it.
fn is_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    rest.is_some_and(|rest| {
        rest.is_empty() || folder.ends_with('/') || rest.starts_with(['/', '?'])
    })
}

/// RFC 6265 §5.1.3: the same host, or one below the domain.
fn covers(domain: &str, host: &str) -> bool {
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    host == domain || host.strip_suffix(&domain).is_some_and(|front| front.ends_with('.'))
}
