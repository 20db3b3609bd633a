//! Deeper: No route: which requests go to no route, and what they are answered.
//!
//! * A path that is known with other methods only is a 405, and the answer lists these methods. To
//!   OPTIONS the list is the answer.
//! * A path with a slash too many, anywhere, or one too few at its end, is a 308 to the right path,
//!   if that answers this method. A 308 keeps the method and the body.
//! * Any other path is a 404.

use super::context::Context;
use super::error::Error;
use super::origin;
use super::route::Route;
use super::router::Router;
use super::site::{Admission, Site};
use crate::cycle::Detail;
use crate::http::{Method, Request, Response, Status};

/// Takes the prefix of the site off the path of a request, and says whether it may go on.
pub fn admit(site: &Site, request: &mut Request) -> Admission {
    // First, because a request of an allowed origin loses its cookies even if it is refused.
    let by_origin = origin::admit(request, &site.origins);
    if request.path == "*" {
        return Admission::Admitted;
    }
    if !site.prefix.is_empty() {
        let Some(path) = site.path_inside(&request.path) else { return Admission::Outside };
        request.path = path.to_owned();
    }
    if let Method::Other(word) = &request.method
        && !site.router.routes().iter().any(|route| route.answers(&request.method))
    {
        let why = format!("{word} is no method that this server knows");
        return Admission::Denied(Error::abort(Status::NOT_IMPLEMENTED, why));
    }
    match by_origin {
        Ok(()) => Admission::Admitted,
        Err(why) => Admission::Denied(Error::Forbidden(why)),
    }
}

/// The answer to a path that is not below the prefix of the site. The prefix alone leads there.
///
/// # Errors
///
/// 404.
pub fn outside(ctx: &Context) -> Result<Response, Error> {
    let is_prefix = ctx.request.path == ctx.site.prefix;
    let leads_there = is_prefix && ctx.site.router.of_path("/").next().is_some();
    if leads_there { Ok(redirect(ctx, "/")) } else { Err(Error::NotFound) }
}

/// The answer to a request that no route takes.
///
/// # Errors
///
/// 405 or 404.
pub fn answer(ctx: &mut Context) -> Result<Response, Error> {
    let (router, request) = (&ctx.site.router, ctx.request);
    if request.path == "*" {
        return Ok(options("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"));
    }
    let known: Vec<&Route> = router.of_path(&request.path).collect();
    if let Some(path) = moved(router, request, known.is_empty()) {
        return Ok(redirect(ctx, &path));
    }
    if known.is_empty() {
        return Err(Error::NotFound);
    }
    let lines = || Detail::WrongMethod(known.iter().map(|route| route.line()).collect());
    ctx.cycle.step("routed", lines);
    let methods = known.iter().flat_map(|route| &route.methods).map(Method::as_str);
    let mut allow: Vec<&str> = methods.chain(["OPTIONS"]).collect();
    if allow.contains(&"GET") {
        allow.push("HEAD");
    }
    allow.sort_unstable();
    allow.dedup();
    let (allow, method) = (allow.join(", "), &request.method);
    if *method == Method::Options {
        return Ok(options(&allow));
    }
    let why = format!("this URL is known, but not with {method}; it allows {allow}");
    Err(Error::with_header(Status::METHOD_NOT_ALLOWED, why, "Allow", &allow))
}

/// The path with single slashes, and one or none at its end, if a route there answers the request.
fn moved(router: &Router, request: &Request, is_unknown: bool) -> Option<String> {
    let parts: Vec<&str> = request.path.split('/').filter(|part| !part.is_empty()).collect();
    // Clients would take these parts away, and go to another path.
    if parts.contains(&".") || parts.contains(&"..") {
        return None;
    }
    let path = format!("/{}", parts.join("/"));
    let mut paths = [format!("{path}/"), path];
    if !request.path.ends_with('/') {
        paths.reverse();
    }
    // A question for the methods is answered at any path that is known.
    let is_any = is_unknown && request.method == Method::Options;
    let answers = |route: &Route| is_any || route.answers(&request.method);
    // Never to `//host`: that would be a path on another site.
    paths.into_iter().find(|path| !path.starts_with("//") && router.of_path(path).any(answers))
}

/// A redirect to a path of this site, with the query that came.
fn redirect(ctx: &Context, path: &str) -> Response {
    let query = ctx.request.target.find('?').map_or("", |at| &ctx.request.target[at..]);
    let location = format!("{}{path}{query}", ctx.site.prefix);
    Response::redirect_with(Status::PERMANENT_REDIRECT, &location)
}

fn options(allow: &str) -> Response {
    Response::new(Status::NO_CONTENT).with_header("Allow", allow)
}
