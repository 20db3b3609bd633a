//! Deeper: Location: a redirect, which sends the client to another URL.
//!
//! Left out: to decide where a visitor may be sent. The handler does that.

use super::percent::{percent_encode, spelt};
use super::{Response, Status};

impl Response {
    /// `303 See Other`: the client must GET this location, whatever its method was. So a reload
    /// repeats the GET and not the POST of a form.
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

    /// A redirect with another status, such as 308, which repeats the method and the body. Panics
    /// as [`with_status`](Response::with_status).
    #[track_caller]
    pub fn redirect_with(status: Status, location: &str) -> Response {
        let location = url_of(location);
        let text = format!("{status}: see {location}\n");
        Response::text(text).with_status(status).with_header("Location", location)
    }
}

/// A location as a URL (RFC 3986 §2). What cannot stand in a URL is encoded, and so is a `%` that
/// begins no code.
///
/// Browsers read `\` as `/`, skip tabs, and read `//host` as another host. So one slash stays.
fn url_of(location: &str) -> String {
    let path = location.trim_start_matches(['/', '\\']);
    let slash = if path.len() < location.len() { "/" } else { "" };
    let right = |written| if written == b"%" { &b"%25"[..] } else { written };
    let bytes = spelt(path.as_bytes()).flat_map(|(_, written)| right(written)).copied().collect();
    let path = String::from_utf8(bytes).unwrap_or_default();
    // `reserved` and `unreserved` of RFC 3986, and the codes.
    slash.to_owned() + &percent_encode(&path, "-._~:/?#[]@!$&'()*+,;=%")
}
