//! Deeper: origin, what a page of another site may do here: nothing, unless the program allows it.
//!
//! A browser sends this site's cookie with every request to this site, even if a page of another
//! site caused the request. So such a page could post a form here in the visitor's name (cross-site
//! request forgery), or show a page of this site in an invisible frame and make the visitor click
//! in it. Browsers help against both:
//!
//! * A request that may change something has the header `Origin: https://shop.example`, which names
//!   the site of the page. [`admit`] compares it with `Host`, so a proxy must pass `Host` on. If
//!   something between page and server takes `Origin` out, `Sec-Fetch-Site` is asked.
//! * [`protect`] tells the browser what a page may load, and who may put it in a frame.
//!
//! Scripts of an allowed origin may ask for everything and read the answers (the Fetch standard
//! calls it CORS), as strangers: [`admit`] drops the visitor's cookies, and [`protect`] sends none.
//! A refused request loses its cookies too, because hooks still see it and may answer.
//! curl and other programs send neither header, and are let through: they have no visitor's cookie.
//!
//! Left out: a secret token in every form, which was needed before browsers sent the origin.

use super::context::Context;
use super::site::Site;
use crate::http::{Method, Request, Response, Status};

/// Refuses a request that may change something and comes from a page of another site that is not
/// allowed. Both this request and that of an allowed origin lose their cookies: a browser may send
/// them, since another port or another part of a domain counts as the same site there.
///
/// Only host and port are compared, because behind a proxy that speaks TLS the browser says `https`
/// and this server knows only `http`. Let the proxy send `Strict-Transport-Security`, so that
/// nobody can answer for `http://` on the same host.
///
/// # Errors
///
/// What was found and what was expected: 403.
#[inline]
pub fn admit(request: &mut Request, allowed: &[String]) -> Result<(), String> {
    let admitted = match sender(request, allowed) {
        Sender::Own => return Ok(()),
        Sender::Allowed(_) => Ok(()),
        Sender::Refused(why) => Err(why),
    };
    // Hooks run for a request that is refused, too: not in the visitor's name.
    request.headers.remove("Cookie");
    admitted
}

/// Gives a page of another site a session that is kept nowhere. Otherwise the cookie of a fresh one
/// would take the place of the visitor's in the browser.
#[inline]
pub fn make_stranger(ctx: &mut Context) {
    if !matches!(sender(ctx.request, &ctx.site.origins), Sender::Own) {
        ctx.session.keep_nothing();
    }
}

/// Whose page has caused a request.
pub(super) enum Sender<'r> {
    /// One of this site, or none, or any page if the request changes nothing.
    Own,
    /// One of this other origin, which the program allows.
    Allowed(&'r str),
    /// One of another site. The sentence says what was found and what was expected.
    Refused(String),
}

/// Tells whose page has caused a request.
#[inline]
pub(super) fn sender<'r>(request: &'r Request, allowed: &[String]) -> Sender<'r> {
    // Most requests change nothing, and most sites allow no other origin.
    match request.method.is_safe() && allowed.is_empty() {
        true => Sender::Own,
        false => sender_by_headers(request, allowed),
    }
}

/// Of several origins all must be allowed. If one is not, a request that changes nothing counts as
/// one of this site's own.
fn sender_by_headers<'r>(request: &'r Request, allowed: &[String]) -> Sender<'r> {
    let host = request.headers.get("Host").unwrap_or("");
    let origins = request.headers.get_all("Origin");
    let foreign: Vec<&str> = origins.filter(|origin| !is_of(origin, host)).collect();
    // If there are several, each must be right: another program may have read another one.
    let refused = foreign.iter().find(|origin| !allowed.iter().any(|known| known == **origin));
    if let (Some(origin), None) = (foreign.first(), refused) {
        return Sender::Allowed(origin);
    }
    // Fetch Metadata §2.3. `same-origin` is this site, and `none` the visitor, who has typed or
    // chosen the address. "Servers SHOULD ignore this header if it contains an invalid value."
    let site = request.headers.get("Sec-Fetch-Site").unwrap_or("");
    let is_of_other_site = ["cross-site", "same-site"].contains(&site);
    let found = match refused {
        _ if request.method.is_safe() => return Sender::Own,
        Some(origin) => format!("Origin: {origin}"),
        None if is_of_other_site && !request.headers.contains("Origin") => {
            format!("a page of another site (Sec-Fetch-Site: {site})")
        }
        None => return Sender::Own,
    };
    Sender::Refused(format!(
        "found {found}, expected http://{host} or https://{host}: only this site's own pages \
         may ask for changes. (A proxy in front must pass the Host on.)"
    ))
}

/// The answer to a preflight: a browser asks whether a page of an allowed origin may send a request
/// (Fetch standard, "CORS-preflight request"). It carries no key, so no hook runs before it.
pub fn preflight(ctx: &Context) -> Option<Response> {
    if ctx.request.method != Method::Options {
        return None;
    }
    let Sender::Allowed(_) = sender(ctx.request, &ctx.site.origins) else { return None };
    let asked = |name: &str| ctx.request.headers.get(&format!("Access-Control-Request-{name}"));
    let mut response = Response::new(Status::NO_CONTENT);
    response.headers.append("Access-Control-Allow-Methods", asked("Method")?);
    if let Some(names) = asked("Headers") {
        response.headers.append("Access-Control-Allow-Headers", names);
    }
    Some(response)
}

/// Adds the headers that protect an answer in the browser: those of the site, and who may read it.
pub fn protect(site: &Site, request: &Request, response: &mut Response) {
    response.headers.append_missing(&site.protection);
    if !site.origins.is_empty() {
        // A cache must not give the answer for one origin to another.
        response.headers.append("Vary", "Origin");
        if let Sender::Allowed(origin) = sender(request, &site.origins) {
            response.headers.set("Access-Control-Allow-Origin", origin);
            // Its scripts may read each header, such as `ETag` and `Location`.
            response.headers.set("Access-Control-Expose-Headers", "*");
        }
    }
    if response.headers.contains("Set-Cookie") {
        match sender(request, &site.origins) {
            // It is an answer for this visitor alone, so no cache may keep it.
            Sender::Own => response.headers.set("Cache-Control", "no-store"),
            _ => response.headers.remove("Set-Cookie"),
        }
    }
}

/// True if this origin is the one of a host, whatever the scheme.
fn is_of(origin: &str, host: &str) -> bool {
    let scheme = origin.split_once("://").map_or("", |(scheme, _)| scheme);
    normal(origin).is_some_and(|it| normal(&format!("{scheme}://{host}")) == Some(it))
}

/// The origin as a browser sends it: in small letters, and without the default port. `None` if no
/// page has it.
///
/// `origin = scheme "://" host [ ":" port ]`, or `null` for a page that has none, such as a local
/// file (RFC 6454 §7).
pub(super) fn normal(origin: &str) -> Option<String> {
    let origin = origin.to_ascii_lowercase();
    let (scheme, host) = origin.split_once("://")?;
    let default = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    // The default port may be written or not, and an empty one is none (RFC 3986 §3.2.3).
    let host = host.strip_suffix(default).or(host.strip_suffix(':')).unwrap_or(host);
    let is_right = |byte: u8| byte.is_ascii_graphic() && !b"/?#@\\".contains(&byte);
    (!host.is_empty() && host.bytes().all(is_right)).then(|| format!("{scheme}://{host}"))
}
