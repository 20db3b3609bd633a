//! Deeper: Location: a redirect, which sends the client to another URL.
//!
//! Left out: to decide where a visitor may be sent. The handler does that.

use super::fields::percent_encode;
use super::{Response, Status};

impl Response {
    /// `303 See Other`: the client shall GET this location, whatever its method was.
    ///
    /// It is the answer to a POST of a form: a reload then repeats the GET and not the POST.
    ///
    /// # Security
    ///
    /// A location that starts with a slash stays on this site. Do not take another from a visitor.
    ///
    /// ```
    /// let redirect = carafe::Response::redirect;
    /// let location = |wanted| redirect(wanted).headers.get("Location").unwrap().to_owned();
    /// assert_eq!(location("/shop?q=a%20b"), "/shop?q=a%20b");
    /// assert_eq!(location("//evil.example"), "/evil.example");
    /// assert_eq!(location("/a\r\nSet-Cookie: x"), "/a%0D%0ASet-Cookie:%20x");
    /// ```
    pub fn redirect(location: &str) -> Response {
        Response::redirect_with(Status::SEE_OTHER, location)
    }

    /// A redirect with another status, such as 308, which repeats the method and the body.
    pub fn redirect_with(status: Status, location: &str) -> Response {
        let location = url_of(location);
        let text = format!("{status}: see {location}\n");
        Response::text(text).with_status(status).with_header("Location", location)
    }
}

/// What stands in a URL besides letters, digits and codes: `reserved` and `unreserved` of RFC 3986.
const KEPT: &str = "-._~:/?#[]@!$&'()*+,;=";

/// A location as a URL (RFC 3986 §2): other bytes are percent-encoded.
///
/// Browsers read `\` as `/`, skip tabs, and read `//host` as another host. So one slash stays.
fn url_of(location: &str) -> String {
    let path = location.trim_start_matches(['/', '\\']);
    let slash = if path.len() < location.len() { "/" } else { "" };
    // A `%` that begins no code stands for itself.
    let mut parts = path.split('%');
    let mut encoded = slash.to_owned() + &percent_encode(parts.next().unwrap_or(""), KEPT);
    for part in parts {
        let is_code = part.len() >= 2 && part.bytes().take(2).all(|it| it.is_ascii_hexdigit());
        encoded = encoded + if is_code { "%" } else { "%25" } + &percent_encode(part, KEPT);
    }
    encoded
}
