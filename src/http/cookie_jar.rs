//! Deeper: A cookie jar: what a browser keeps for one server (RFC 6265).
//!
//! A cookie has a path, and is sent to that path and to the paths below it. A cookie that browsers
//! drop is dropped here, too. A browser does not say why; the jar does, in `lost`.
//!
//! The client for tests and the commands that ask other servers use it.
//!
//! Left out: `Domain`, because only one host is asked, and cookies that expire later. A test takes
//! seconds, and no cookie expires in that time.

use super::date;
use super::set_cookie::{COOKIE_BYTES, must_be_secure};
use std::time::SystemTime;

/// The cookies of one visitor.
#[derive(Clone, Debug, Default)]
pub struct CookieJar {
    cookies: Vec<KeptCookie>,
    takes_secure: bool,
    /// Why a cookie was not kept or not sent; each reason once, with the beginning of a
    /// long name. It may hold any characters.
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
        let mut parts = line.split(';');
        // §5.2: without a `=`, "ignore the set-cookie-string entirely".
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let (name, value) = (name.trim(), value.trim());
        // §5.1.4: without a Path, the folder of the path that was asked.
        let path = path.split('?').next().unwrap_or(path);
        let own_folder = path.rfind('/').map_or("/", |slash| &path[..slash.max(1)]);
        let (mut folder, mut by_age, mut by_date) = (None, None, None);
        let (mut is_secure, mut has_domain) = (false, false);
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "path" => folder = Some(value).filter(|value| value.starts_with('/')),
                "domain" => has_domain = true,
                "max-age" => by_age = is_over(value).or(by_age),
                "expires" => by_date = cookie_date(value).or(by_date),
                "secure" => is_secure = true,
                _ => {}
            }
        }
        let size = name.len() + value.len();
        // RFC 6265bis §4.1.3.2: such a cookie is for the whole of one host.
        let is_too_wide = name.starts_with("__Host-") && (has_domain || folder != Some("/"));
        let folder = folder.unwrap_or(own_folder);
        let refusal = if size > COOKIE_BYTES {
            format!("is {size} bytes: browsers drop more than {COOKIE_BYTES}")
        } else if is_secure && !self.takes_secure {
            "is Secure, and this is plain http: browsers drop it".to_owned()
        } else if must_be_secure(name) && !is_secure {
            "is not Secure, as its name promises: browsers drop it".to_owned()
        } else if is_too_wide {
            "is not for Path=/ and no Domain, as its name promises: browsers drop it".to_owned()
        } else {
            let is_past = by_date.is_some_and(|end| end <= SystemTime::now());
            // §4.1.2.2: "the Max-Age attribute has precedence".
            if by_age.unwrap_or(is_past) {
                self.cookies.retain(|known| (&*known.name, &*known.path) != (name, folder));
            } else if !name.is_empty() {
                self.put(name, value, folder);
            }
            return;
        };
        self.lose(format!("the cookie {name:.80} {refusal}"));
    }

    /// Writes a cookie for a path and those below it. A client can do so without any server.
    pub fn put(&mut self, name: &str, value: &str, path: &str) {
        // §5.3: a cookie that is set again keeps the time of its creation, and so its place.
        let is_it = |known: &&mut KeptCookie| (&*known.name, &*known.path) == (name, path);
        if let Some(known) = self.cookies.iter_mut().find(is_it) {
            known.value = value.into();
            return;
        }
        // §5.4: "Cookies with longer paths are listed before cookies with shorter paths."
        let place = self.cookies.partition_point(|known| known.path.len() >= path.len());
        let cookie = KeptCookie { name: name.into(), value: value.into(), path: path.into() };
        self.cookies.insert(place, cookie);
    }

    /// The value of the `Cookie` header for a path; `None` if no cookie goes there.
    pub fn header(&mut self, path: &str) -> Option<String> {
        let path = path.split('?').next().unwrap_or(path);
        let mut pairs = Vec::new();
        for KeptCookie { name, value, path: folder } in self.cookies.clone() {
            if is_below(path, &folder) {
                pairs.push(format!("{name}={value}"));
            } else {
                self.lose(format!(
                    "the cookie {name:.80} goes to {folder:.80} alone, not to {path}"
                ));
            }
        }
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The value that is kept under a name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }

    fn lose(&mut self, why: String) {
        if !self.lost.contains(&why) {
            self.lost.push(why);
        }
    }
}

/// §5.1.4: the same path, or one below it.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || folder.ends_with('/') || rest.starts_with('/'))
}

/// True if this Max-Age ends a cookie at once; `None` if it is no number, and so does not count
/// (§5.2.2).
fn is_over(age: &str) -> Option<bool> {
    let digits = age.strip_prefix('-').unwrap_or(age);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits != age || digits.bytes().all(|byte| byte == b'0'))
}

/// `cookie-date` (§5.1.1): a time, a day, a month and a year in any order. Nothing else in it
/// counts, not even the zone: all times are of Greenwich.
fn cookie_date(text: &str) -> Option<SystemTime> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let divides = |letter: char| letter.is_ascii_punctuation() && letter != ':' || letter == ' ';
    // "time = hms-time ( non-digit *OCTET )"
    let ends_time = |letter: char| !letter.is_ascii_digit() && letter != ':';
    for word in text.split(divides) {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        match digits {
            1..=2 if time.is_none() && word.contains(':') => time = word.split(ends_time).next(),
            1..=2 if day.is_none() => day = Some(&word[..digits]),
            0 if month.is_none() => month = date::month(word),
            2 if year.is_none() => {
                // "70 to 99": the years 1970 to 1999; less: from 2000 on.
                let century = if word < "70" { "20" } else { "19" };
                year = Some(format!("{century}{}", &word[..digits]));
            }
            4 if year.is_none() => year = Some(word[..digits].to_owned()),
            _ => {}
        }
    }
    let (year, time) = (year?, time?);
    // "Abort […] if the year-value is less than 1601" and if "the second-value is greater than 59".
    let is_right = &*year > "1600" && !time.ends_with(":60");
    date::parse(&format!("Day, {} {} {year} {time} GMT", day?, month?)).filter(|_| is_right)
}
