//! The request target: which resource is meant, in four forms.
//!
//! ```text
//! GET /search?q=tea HTTP/1.1                 origin-form: what browsers send to a server
//! GET http://localhost/search?q=tea HTTP/1.1 absolute-form: what they send to a proxy; every server must take it too
//! OPTIONS * HTTP/1.1                         asterisk-form: the server as a whole
//! CONNECT localhost:443 HTTP/1.1             authority-form: a tunnel through a proxy
//! ```
//!
//! Left out: schemes other than `http` and `https`, IPv6 zones, and addresses of a version of IP
//! that does not exist yet.

use super::error::{malformed, shown};
use super::{Method, ParseError};
use std::net::Ipv6Addr;

/// A request target in its parts, each of them still as it was written.
#[derive(Debug)]
pub(super) struct Target<'a> {
    /// `host[:port]`, in the two forms that have it. (Not CONNECT's: there it is the path, all that
    /// there is.)
    pub authority: Option<&'a str>,
    /// Starts with `/`, or is `*`, or is CONNECT's `host:port`.
    pub path: &'a str,
    /// What follows the first `?`.
    pub query: &'a str,
}

/// `request-target = origin-form / absolute-form / authority-form / asterisk-form` (RFC 9112 §3.2)
pub(super) fn parse_target<'a>(target: &'a str, method: &Method) -> Result<Target<'a>, ParseError> {
    if let Some(&byte) = target.as_bytes().iter().find(|&&byte| !is_target_byte(byte)) {
        return Err(malformed(format!(
            "found {} in the request target, expected it as %{byte:02X}",
            shown(&[byte])
        )));
    }
    let (authority, rest) = if target.starts_with('/') {
        (None, target)
    } else if let Some(url) = after_scheme(target) {
        let (authority, rest) = url.split_at(url.find(['/', '?']).unwrap_or(url.len()));
        (Some(authority), rest)
    } else if (target == "*" && *method == Method::Options)
        || (method.as_str() == "CONNECT" && is_authority(target))
    {
        (None, target)
    } else {
        let found = shown(target.as_bytes());
        return Err(malformed(format!(
            "found the target {found}, expected a path that starts with /, or an http:// URL"
        )));
    };
    if let Some(host) = authority.filter(|authority| !is_authority(authority)) {
        let found = shown(host.as_bytes());
        return Err(malformed(format!(
            "found the host {found} in the target, expected a host and perhaps :port"
        )));
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = match path {
        // RFC 9112 §3.2.4: OPTIONS for a URL without path and query is OPTIONS for `*`.
        "" if rest.is_empty() && *method == Method::Options => "*",
        // RFC 9110 §4.2.3: "an empty path component is equivalent to an absolute path of "/"".
        "" => "/",
        path => path,
    };
    check_percents(path)?;
    Ok(Target { authority, path, query })
}

/// What RFC 3986 §2 allows in a URL, and ``^ ` { | }``, which browsers write without encoding.
fn is_target_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'\\')
}

/// What follows `http://` or `https://`; the case of a scheme does not count (RFC 3986 §3.1).
fn after_scheme(target: &str) -> Option<&str> {
    let (scheme, rest) = target.split_once("://")?;
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")).then_some(rest)
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2), where the host is a name, an IPv4 address or an IPv6
/// address in brackets.
///
/// An empty host is refused (RFC 9110 §4.2.1), and so is a user's name before an `@` (§4.2.4).
pub(super) fn is_authority(text: &str) -> bool {
    let (host_is_right, port) = match text.strip_prefix('[').map(|inside| inside.split_once(']')) {
        Some(Some((address, port))) => (address.parse::<Ipv6Addr>().is_ok(), port),
        Some(None) => (false, ""),
        None => {
            let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (
                !host.is_empty() && host.bytes().all(is_name_byte) && check_percents(host).is_ok(),
                port,
            )
        }
    };
    host_is_right && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

/// `reg-name = *( unreserved / pct-encoded / sub-delims )` (RFC 3986 §3.2.2)
fn is_name_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'%')
        || matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        )
}

/// `port = *DIGIT` (RFC 3986 §3.2.3): none at all means the scheme's own. TCP has 65,536.
fn is_port(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits.is_empty() || digits.parse::<u16>().is_ok())
}

/// `pct-encoded = "%" HEXDIG HEXDIG` (RFC 3986 §2.1); a `%` with anything else behind it is
/// refused.
fn check_percents(text: &str) -> Result<(), ParseError> {
    for (at, _) in text.bytes().enumerate().filter(|&(_, byte)| byte == b'%') {
        let digits = text.as_bytes().get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            let found = shown(&text.as_bytes()[at..text.len().min(at + 3)]);
            return Err(malformed(format!(
                "found {found} in the path, expected two hex digits after the %; a % itself is %25"
            )));
        }
    }
    Ok(())
}
