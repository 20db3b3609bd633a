//! Deeper: A cookie jar: what a browser keeps for a server.
//!
//! The rules are those of RFC 6265 for one host. A cookie comes with a path, and goes back to that
//! path and what is below it. It leaves when a later one of its name and path is out of date. A
//! cookie that a browser would not keep is not kept here either, and the jar says why, because a
//! browser does not.
//!
//! Left out: other hosts, and a clock. A check takes seconds, so a cookie of the future stays.

use carafe::http::cookie::COOKIE_BYTES;
use carafe::http::date;
use std::time::SystemTime;

/// The cookies of one visitor.
#[derive(Clone, Default)]
pub struct CookieJar {
    cookies: Vec<KeptCookie>,
    /// Each cookie that was not kept or was not sent, and why; each reason once.
    pub lost: Vec<String>,
}

#[derive(Clone)]
struct KeptCookie {
    name: String,
    value: String,
    path: String,
}

impl CookieJar {
    /// Does what a `Set-Cookie` line asks for, or notes why not. `path` is the one that was asked.
    pub fn keep(&mut self, line: &str, host: &str, path: &str) {
        let mut parts = line.split(';').map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (name.trim(), value.trim())
        });
        let Some((name, value)) = parts.next().filter(|(name, _)| !name.is_empty()) else {
            return self.lose(format!("{line:?} has no name=value"));
        };
        let size = name.len() + value.len();
        if size > COOKIE_BYTES {
            return self
                .lose(format!("{name} is {size} bytes: browsers drop more than {COOKIE_BYTES}"));
        }
        // RFC 6265 §5.1.4: without a Path, the folder of the path that was asked.
        let mut folder = path.rfind('/').map_or("/", |slash| &path[..slash.max(1)]);
        let (mut by_age, mut by_date) = (None, false);
        for (key, value) in parts {
            match key.to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => folder = value,
                "max-age" => by_age = Some(value == "0" || value.starts_with('-')),
                "expires" => {
                    by_date = date::parse(value).is_some_and(|end| end <= SystemTime::now());
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
        self.cookies.retain(|known| (&*known.name, &*known.path) != (name, folder));
        // RFC 6265 §5.3: where both are there, Max-Age decides.
        if !by_age.unwrap_or(by_date) {
            let (name, value, path) = (name.into(), value.into(), folder.into());
            self.cookies.push(KeptCookie { name, value, path });
        }
    }

    /// The value of the `Cookie` header for a path; `None` if no cookie goes there.
    pub fn header(&mut self, path: &str) -> Option<String> {
        let mut sent = Vec::new();
        for cookie in self.cookies.clone() {
            let KeptCookie { name, path: folder, .. } = &cookie;
            if is_below(path, folder) {
                sent.push(cookie);
            } else {
                self.lose(format!("{name} goes to {folder} alone, not to {path}"));
            }
        }
        // RFC 6265 §5.4: longer paths come first.
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> =
            sent.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        if pairs.is_empty() { None } else { Some(pairs.join("; ")) }
    }

    /// The value that is kept under a name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }

    /// Writes a cookie that no server asked for: a client can.
    pub fn put(&mut self, name: &str, value: &str) {
        self.cookies.retain(|known| known.name != name);
        self.cookies.push(KeptCookie { name: name.into(), value: value.into(), path: "/".into() });
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

/// RFC 6265 §5.1.4: the same path, or one below it.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| {
        rest.is_empty() || folder.ends_with('/') || rest.starts_with(['/', '?'])
    })
}

/// RFC 6265 §5.1.3: the same host, or one below the domain.
fn covers(domain: &str, host: &str) -> bool {
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    host == domain || host.strip_suffix(&domain).is_some_and(|front| front.ends_with('.'))
}
