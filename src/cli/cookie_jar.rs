//! Deeper: A cookie jar: what a browser keeps for one server (RFC 6265).
//!
//! A cookie has a path, and is sent to that path and to the paths below it. A cookie that browsers
//! drop is dropped here, too. A browser does not say why; the jar does, in `lost`.
//!
//! Left out: `Domain`, because only one host is asked, and a clock. A check takes seconds, and no
//! cookie expires in that time.

use carafe::http::cookie::COOKIE_BYTES;
use carafe::http::date;
use carafe::server::log::escaped;
use std::time::SystemTime;

/// The cookies of one visitor.
#[derive(Clone, Default)]
pub struct CookieJar {
    cookies: Vec<KeptCookie>,
    /// Why a cookie was not kept or not sent; each reason once, escaped.
    pub lost: Vec<String>,
}

#[derive(Clone)]
struct KeptCookie {
    name: String,
    value: String,
    path: String,
}

impl CookieJar {
    /// Keeps the cookie of a `Set-Cookie` line, or notes why not. `path` is the one that was asked.
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
        let mut folder = path.rfind('/').map_or("/", |slash| &path[..slash.max(1)]);
        let mut has_ended = name.is_empty();
        for (key, value) in parts {
            match key.to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => folder = value,
                "max-age" => has_ended |= value == "0" || value.starts_with('-'),
                "expires" => {
                    has_ended |= date::parse(value).is_some_and(|end| end <= SystemTime::now());
                }
                "secure" => {
                    refusal = Some("is Secure, and this is plain http: browsers drop it".into());
                }
                _ => {}
            }
        }
        match refusal {
            Some(why) => self.lose(format!("the cookie {name} {why}")),
            None if has_ended => self.remove(name, folder),
            None => self.put(name, value, folder),
        }
    }

    /// Writes a cookie for a path and those below it. A client can do so without any server.
    pub fn put(&mut self, name: &str, value: &str, path: &str) {
        self.remove(name, path);
        self.cookies.push(KeptCookie { name: name.into(), value: value.into(), path: path.into() });
        // §5.4: "Cookies with longer paths are listed before cookies with shorter paths."
        self.cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
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
        let why = escaped(&why);
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
