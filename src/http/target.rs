//! Deeper: The request target: it names the resource, in one of three forms.
//!
//! ```text
//! GET /search?q=tea HTTP/1.1                  origin-form: browsers send it to a server
//! GET http://localhost/search?q=tea HTTP/1.1  absolute-form: for proxies; servers must know it too
//! OPTIONS * HTTP/1.1                          asterisk-form: the server as a whole
//! ```
//!
//! Left out: authority-form, since CONNECT is refused; other schemes, IPv6 zones, and addresses of
//! later versions of IP.

use super::bytes::{is_host_name, is_plain_path, wrong_in_target};
use super::parse_error::{malformed, unexpected};
use super::percent::{code, spelt};
use super::{Method, ParseError, Status};
use std::borrow::Cow;
use std::net::Ipv6Addr;

pub(super) struct Target<'a> {
    /// All of it, as it was written.
    pub written: &'a str,
    /// `host[:port]`, if the target is a URL.
    pub authority: Option<&'a str>,
    /// Starts with `/`, or is `*`. See [`normal_path`].
    pub path: Cow<'a, str>,
    /// What follows the first `?`, as it was written.
    pub query: &'a str,
}

/// `request-target = origin-form / absolute-form / authority-form / asterisk-form` (RFC 9112 §3.2)
pub(super) fn parse_target<'a>(
    target: &'a [u8],
    method: &Method,
) -> Result<Target<'a>, ParseError> {
    // RFC 9110 §9.3.6: after a 2xx to CONNECT, a proxy passes all bytes on without looking at them.
    // So no page and no hook of a program may answer it, and the connection closes.
    if matches!(method, Method::Other(word) if word == "CONNECT") {
        let message = "found the method CONNECT, expected another: this server opens no tunnel";
        return Err(ParseError::new(Status::NOT_IMPLEMENTED, message));
    }
    let text = str::from_utf8(target).unwrap_or_default();
    if text.starts_with('/') && is_plain_path(target) {
        // The usual case: each byte stands for itself.
        return Ok(Target { written: text, authority: None, path: text.into(), query: "" });
    }
    if let Some(at) = wrong_in_target(target) {
        // A letter is shown whole, if the target is UTF-8.
        let (found, length) = match text.get(at..).and_then(|rest| rest.chars().next()) {
            Some(letter) => (letter.escape_debug().to_string(), letter.len_utf8()),
            None => (target[at].escape_ascii().to_string(), 1),
        };
        let wrong = target[at..].iter().take(length);
        let codes: String = wrong.map(|byte| format!("%{byte:02X}")).collect();
        let hint = "in a query, curl -G --data-urlencode writes it so";
        let message = format!("found \"{found}\" in the URL, expected it as {codes} ({hint})");
        return Err(malformed(message));
    }
    let target = text;
    let (authority, rest) = if target.starts_with('/') {
        (None, target)
    } else if let Some(url) = after_scheme(target) {
        let (authority, rest) = url.split_at(url.find(['/', '?']).unwrap_or(url.len()));
        (Some(authority), rest)
    } else if target == "*" && *method == Method::Options {
        (None, target)
    } else {
        let expected = "an http:// URL, or what starts with /";
        return Err(unexpected("the target", target.as_bytes(), expected));
    };
    if let Some(host) = authority.filter(|authority| !is_authority(authority)) {
        // Before an `@`, a password may follow the colon.
        let host = if host.contains('@') { split_before(host, b':').0 } else { host };
        return Err(unexpected("the host", host.as_bytes(), "a host, perhaps with :port"));
    }
    let (path, query) = split_before(rest, b'?');
    let path = match path {
        // RFC 9112 §3.2.4: OPTIONS for a URL without path and query is OPTIONS for `*`.
        "" if rest.is_empty() && *method == Method::Options => "*",
        // RFC 9110 §4.2.3: "an empty path component is equivalent to an absolute path of "/"".
        "" => "/",
        path => path,
    };
    let mut codes = path.match_indices('%').map(|(at, _)| &path.as_bytes()[at..]);
    if let Some(wrong) = codes.find(|text| code(text).is_none()) {
        let wrong = &wrong[..wrong.len().min(3)];
        return Err(unexpected(
            "in the path",
            wrong,
            "two hex digits after the %; a % itself is %25",
        ));
    }
    let (path, query) = (normal_path(path), query.strip_prefix('?').unwrap_or(""));
    Ok(Target { written: target, authority, path, query })
}

/// The text before the first of these bytes, and the rest. (`find` takes longer for short texts.)
pub(crate) fn split_before(text: &str, byte: u8) -> (&str, &str) {
    text.split_at(text.bytes().position(|met| met == byte).unwrap_or(text.len()))
}

/// The path with one spelling for each byte: `/%61%21` is `/a!`. What may stand in a path does, and
/// all else is a code in capitals (RFC 3986 §6.2.2). An encoded slash stays: it splits no path.
pub(crate) fn normal_path(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut normal = Vec::with_capacity(path.len());
    for (byte, written) in spelt(path.as_bytes()) {
        match byte != b'/' && is_plain_path(&[byte]) {
            true => normal.push(byte),
            false => normal.extend(written.iter().map(u8::to_ascii_uppercase)),
        }
    }
    Cow::Owned(String::from_utf8(normal).unwrap_or_default())
}

/// What follows `http://` or `https://`, in any case of letters (RFC 3986 §3.1).
pub(super) fn after_scheme(target: &str) -> Option<&str> {
    let (scheme, rest) = target.split_once("://")?;
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")).then_some(rest)
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2). The host is a name, an IPv4 address, or an IPv6 address
/// in brackets. An empty host is refused (§4.2.1), and so is a user's name before an `@` (§4.2.4).
pub(super) fn is_authority(text: &str) -> bool {
    let (is_host, port) = match text.strip_prefix('[').map(|inside| inside.split_once(']')) {
        Some(Some((address, port))) => (address.parse::<Ipv6Addr>().is_ok(), port),
        Some(None) => (false, ""),
        None => {
            let (host, port) = split_before(text, b':');
            (is_host_name(host.as_bytes()), port)
        }
    };
    is_host && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

/// `port = *DIGIT` (RFC 3986 §3.2.3). No digits mean the usual port. TCP has 65,536 ports.
fn is_port(digits: &str) -> bool {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number && (digits.is_empty() || digits.parse::<u16>().is_ok())
}
