//! Deeper: A cookie jar: what a browser keeps for one server (RFC 6265).
//!
//! A cookie has a path, and is sent to that path and to the paths below it. A cookie that browsers
//! drop is dropped here, too. A browser does not say why; the jar does, in `lost`.
//!
//! The client for tests and the commands that ask other servers use it.
//!
//! Left out: `Domain`, because only one host is asked, and a clock. A test takes seconds, and no
//! cookie expires in that time.

use super::date;
use super::set_cookie::COOKIE_BYTES;
use std::time::SystemTime;

/// The cookies of one visitor.
#[derive(Clone, Debug, Default)]
pub struct CookieJar {
    cookies: Vec<KeptCookie>,
    takes_secure: bool,
    /// Why a cookie was not kept or not sent; each reason once. It may hold any characters.
    pub lost: Vec<String>,
}

#[derive(Clone, Debug)]
struct KeptCookie {
    name: String,
    value: String,
    path: String,
}

impl CookieJar {
    /// An empty jar that takes `Secure` cookies, too: as over https, and in most browsers from a
    /// server on this machine. The default takes none.
    pub fn secure() -> CookieJar {
        CookieJar { takes_secure: true, ..CookieJar::default() }
    }

    /// Keeps the cookie of a `Set-Cookie` line, or notes why not. `path` is the one that was asked,
    /// with or without a query.
    pub fn keep(&mut self, line: &str, path: &str) {
        let mut parts = line.split(';').map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (name.trim(), value.trim())
        });
        let (name, value) = parts.next().unwrap_or_default();
        let size = name.len() + value.len();
        let mut refusal = (size > COOKIE_BYTES)
            .then(|| format!("is {size} bytes: browsers drop more than {COOKIE_BYTES}"));
        // §5.1.4: without a Path, the folder of the path that was asked.
        let path = path.split('?').next().unwrap_or(path);
        let mut folder = path.rfind('/').map_or("/", |slash| &path[..slash.max(1)]);
        let (mut by_age, mut by_date) = (None, false);
        for (key, value) in parts {
            match key.to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => folder = value,
                "max-age" => by_age = value.parse().ok().map(|seconds: i64| seconds <= 0),
                "expires" => {
                    by_date = date::parse(value).is_some_and(|end| end <= SystemTime::now());
                }
                "secure" if !self.takes_secure => {
                    refusal = Some("is Secure, and this is plain http: browsers drop it".into());
                }
                _ => {}
            }
        }
        match refusal {
            Some(why) => self.lose(format!("the cookie {name} {why}")),
            // §4.1.2.2: "the Max-Age attribute has precedence".
            None if by_age.unwrap_or(by_date) => self.remove(name, folder),
            None if name.is_empty() => {}
            None => self.put(name, value, folder),
        }
    }

    /// Writes a cookie for a path and those below it. A client can do so without any server.
    pub fn put(&mut self, name: &str, value: &str, path: &str) {
        self.remove(name, path);
        // §5.4: "Cookies with longer paths are listed before cookies with shorter paths."
        let place = self.cookies.partition_point(|known| known.path.len() >= path.len());
        let cookie = KeptCookie { name: name.into(), value: value.into(), path: path.into() };
        self.cookies.insert(place, cookie);
    }

    /// The value of the `Cookie` header for a path; `None` if no cookie goes there.
    pub fn header(&mut self, path: &str) -> Option<String> {
        let mut pairs = Vec::new();
        for KeptCookie { name, value, path: folder } in self.cookies.clone() {
            if is_below(path, &folder) {
                pairs.push(format!("{name}={value}"));
            } else {
                self.lose(format!("the cookie {name} goes to {folder} alone, not to {path}"));
            }
        }
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The value that is kept under a name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }

    fn remove(&mut self, name: &str, path: &str) {
        self.cookies.retain(|cookie| (&*cookie.name, &*cookie.path) != (name, path));
    }

    fn lose(&mut self, why: String) {
        if !self.lost.contains(&why) {
            self.lost.push(why);
        }
    }
}

/// §5.1.4: the same path, or one below it.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| {
        rest.is_empty() || folder.ends_with('/') || rest.starts_with(['/', '?'])
    })
}
