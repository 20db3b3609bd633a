//! Origin: what a page of another site may do here, which is nothing.
//!
//! A browser sends this site's cookie along whoever asks for it. So a page of another site could
//! post a form here in the visitor's name (cross-site request forgery), or put a page of this site
//! into an invisible frame and have the visitor click in it. Browsers help against both, if they
//! are asked to:
//!
//! * With each request that may change something they say whose page caused it: `Origin:
//!   https://shop.example`. That must be this very site, which [`check`] compares with `Host`: so a
//!   proxy in front must pass `Host` on.
//! * What a page may load, where its forms may lead and who may frame it is what [`protect`] tells
//!   them.
//!
//! Nobody but a browser sends `Origin`. curl and scripts are let through: they have no visitor's
//! cookie to abuse.
//!
//! Left out: a secret token in every form. It is what one did before browsers told the origin, all
//! of which do since 2020.

use crate::http::{Request, Response};

/// What every answer tells the browser, unless its handler told it something else.
const HEADERS: [(&str, &str); 3] = [
    // The type that is said is the one that counts: a text that looks like a page is none.
    ("X-Content-Type-Options", "nosniff"),
    // Scripts, styles and pictures from here alone, and none of them written into the page; forms
    // lead to here, no `base` bends the links, and nobody puts the page into a frame.
    (
        "Content-Security-Policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    // Other sites do not learn which page led to them. (With `no-referrer`, Chromium says `Origin:
    // null` even for this site's own forms, and those would be refused.)
    ("Referrer-Policy", "same-origin"),
];

/// Refuses a request that may change something and comes from a page of another site.
///
/// Only host and port are compared, not the scheme: behind a proxy that speaks TLS the browser says
/// `https` where this server knows only `http`. Whoever can answer for `http://` on the same host
/// could have asked; let the proxy send `Strict-Transport-Security`.
///
/// # Errors
///
/// A sentence that says what was found and what was expected: 403.
pub fn check(request: &Request) -> Result<(), String> {
    if request.method.is_safe() {
        return Ok(());
    }
    let host = request.headers.get("Host").unwrap_or("");
    // Of several, each must be right: who knows which one somebody in between has read?
    match request.headers.get_all("Origin").find(|origin| !is_of(origin, host)) {
        None => Ok(()),
        Some(origin) => Err(format!(
            "found Origin: {origin}, expected http://{host} or https://{host}: only this site's own pages may ask for \
             changes. (A proxy in front must pass the Host on.)"
        )),
    }
}

/// Adds the headers that protect an answer in the browser.
pub fn protect(response: &mut Response) {
    for (name, value) in HEADERS {
        if !response.headers.contains(name) {
            response.headers.append(name, value);
        }
    }
    // What carries a visitor's cookie is nobody else's to keep, whatever the handler said.
    if response.headers.contains("Set-Cookie") {
        response.headers.set("Cache-Control", "no-store");
    }
}

/// `origin = scheme "://" host [ ":" port ]`, or `null` for a page that has none, such as a local
/// file (RFC 6454 §7).
fn is_of(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let default = if scheme.eq_ignore_ascii_case("http") {
        "80"
    } else if scheme.eq_ignore_ascii_case("https") {
        "443"
    } else {
        return false;
    };
    let (origin_name, origin_port) = name_and_port(authority);
    let (name, port) = name_and_port(host);
    !name.is_empty()
        && name.eq_ignore_ascii_case(origin_name)
        && port.unwrap_or(default) == origin_port.unwrap_or(default)
}

/// `[::1]:8000` in its two parts. An empty port is none (RFC 3986 §3.2.3).
fn name_and_port(authority: &str) -> (&str, Option<&str>) {
    // The colons of an IPv6 address stand before its bracket.
    let name_bytes = authority.find(']').map_or(0, |bracket| bracket + 1);
    match authority[name_bytes..].split_once(':') {
        Some((rest, port)) => {
            (&authority[..name_bytes + rest.len()], Some(port).filter(|port| !port.is_empty()))
        }
        None => (authority, None),
    }
}
