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
    if !may_be_foreign(request, allowed) {
        return Ok(());
    }
    // Hooks run for a request that is refused, too: not in the visitor's name.
    if loses_cookies(request, allowed) {
        request.headers.remove("Cookie");
    }
    check(request, allowed)
}

/// False for most requests: they change nothing, and most sites allow no other origin.
#[inline]
fn may_be_foreign(request: &Request, allowed: &[String]) -> bool {
    !request.method.is_safe() || !allowed.is_empty()
}

/// True for a page of another site, if its request is refused, or its origin allowed.
fn loses_cookies(request: &Request, allowed: &[String]) -> bool {
    check(request, allowed).is_err() || foreign(request).any(|origin| is_in(allowed, origin))
}

/// Gives a page of another site a session that is kept nowhere. Otherwise the cookie of a fresh one
/// would take the place of the visitor's in the browser.
#[inline]
pub fn part_from_visitor(ctx: &mut Context) {
    let allowed = &ctx.site.origins;
    if may_be_foreign(ctx.request, allowed) && loses_cookies(ctx.request, allowed) {
        ctx.session.keep_nothing();
    }
}

fn check(request: &Request, allowed: &[String]) -> Result<(), String> {
    if request.method.is_safe() {
        return Ok(());
    }
    // If there are several, each must be right: another program may have read another one.
    let origin = foreign(request).find(|origin| !is_in(allowed, origin));
    let found = origin.map(|origin| format!("Origin: {origin}")).or_else(|| {
        // Fetch Metadata §2.3. `same-origin` is this site, and `none` the visitor, who has typed or
        // chosen the address. "Servers SHOULD ignore this header if it contains an invalid value."
        let site = request.headers.get("Sec-Fetch-Site")?;
        let is_foreign = ["cross-site", "same-site"].contains(&site);
        (is_foreign && !request.headers.contains("Origin"))
            .then(|| format!("a page of another site (Sec-Fetch-Site: {site})"))
    });
    let host = request.headers.get("Host").unwrap_or("");
    found.map_or(Ok(()), |found| {
        Err(format!(
            "found {found}, expected http://{host} or https://{host}: only this site's own pages \
             may ask for changes. (A proxy in front must pass the Host on.)"
        ))
    })
}

fn is_in(allowed: &[String], origin: &str) -> bool {
    allowed.iter().any(|known| known == origin)
}

/// The origins of pages of other sites that have caused this request: one, or none.
fn foreign(request: &Request) -> impl Iterator<Item = &str> {
    let is_own = |origin: &str| is_of(origin, request.headers.get("Host").unwrap_or(""));
    request.headers.get_all("Origin").filter(move |origin| !is_own(origin))
}

/// The answer to a preflight: a browser asks whether a page of an allowed origin may send a request
/// (Fetch standard, "CORS-preflight request"). It carries no key, so no hook runs before it.
pub fn preflight(ctx: &Context) -> Option<Response> {
    if ctx.site.origins.is_empty() || ctx.request.method != Method::Options {
        return None;
    }
    allowed_origin(ctx.request, &ctx.site.origins)?;
    let asked = |name: &str| ctx.request.headers.get(&format!("Access-Control-Request-{name}"));
    let mut response = Response::new(Status::NO_CONTENT);
    response.headers.append("Access-Control-Allow-Methods", asked("Method")?);
    if let Some(names) = asked("Headers") {
        response.headers.append("Access-Control-Allow-Headers", names);
    }
    Some(response)
}

/// The origin of the page that asks, if it is another site's and allowed.
pub(super) fn allowed_origin<'r>(request: &'r Request, allowed: &[String]) -> Option<&'r str> {
    let mut origins = foreign(request);
    let origin = origins.next().filter(|origin| is_in(allowed, origin))?;
    origins.next().is_none().then_some(origin)
}

/// Adds the headers that protect an answer in the browser: those of the site, and who may read it.
pub fn protect(site: &Site, request: &Request, response: &mut Response) {
    response.headers.append_missing(&site.protection);
    if !site.origins.is_empty() {
        // A cache must not give the answer for one origin to another.
        response.headers.append("Vary", "Origin");
        if let Some(origin) = allowed_origin(request, &site.origins) {
            response.headers.set("Access-Control-Allow-Origin", origin);
            // Its scripts may read each header, such as `ETag` and `Location`.
            response.headers.set("Access-Control-Expose-Headers", "*");
        }
    }
    if response.headers.contains("Set-Cookie") {
        match loses_cookies(request, &site.origins) {
            true => response.headers.remove("Set-Cookie"),
            // It is an answer for this visitor alone, so no cache may keep it.
            false => response.headers.set("Cache-Control", "no-store"),
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
