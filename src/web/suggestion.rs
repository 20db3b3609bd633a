//! Deeper: suggestion, the command on an error page that gets an ordinary answer.
//!
//! The command is made of what the program registered, never of the path that came: a path may hold
//! anything, and people paste a command into a shell.
//!
//! A route suggests its example, or else that of the GET route above it: for `/things/<int:id>`
//! this is `/things`. If there is none, the suggestion is the home page.

use super::context::Context;
use super::route::Route;
use super::router::Router;
use super::shell::shell_word;
use crate::http::{Method, Status};
use crate::near;
use std::iter::successors;

/// The routes whose paths are similar to that of the request, the most similar first; three at
/// most, and none if a handler was found: it says itself what is missing. A path that is too long
/// to be compared has none either.
pub fn near<'r>(ctx: &Context<'r>) -> Vec<&'r Route> {
    let path = &ctx.request.path;
    // A folder of files may take every path.
    if ctx.matched.is_some_and(|found| !found.route.is_files) || path.len() > near::LONGEST {
        return Vec::new();
    }
    let slips = |route: &Route| near::distance(path, &route.pattern.filled(path));
    let routes = ctx.site.router.routes().iter();
    let mut near: Vec<_> = routes.filter_map(|it| Some((slips(it)?, it))).collect();
    near.sort_by_key(|(slips, _)| *slips);
    near.dedup_by_key(|(_, route)| route.pattern.text());
    near.into_iter().map(|(_, route)| route).take(3).collect()
}

/// A command for a request that failed with this status; `near` are the routes whose paths are
/// similar.
pub fn command(ctx: &Context, status: Status, near: &[&Route]) -> Option<String> {
    let (router, request) = (&ctx.site.router, ctx.request);
    let asked = router.find(&request.method, &request.path).map(|found| found.route);
    let is_asked = |route: &Route| asked.is_some_and(|asked| std::ptr::eq(asked, route));
    let others = router.of_path(&request.path).filter(|route| !is_asked(route));
    let (get, others): (Vec<&Route>, Vec<_>) = others.partition(|it| it.answers(&Method::Get));
    // The route that was asked comes first, and then those that answer GET.
    let mut candidates = [Vec::from_iter(asked), get, others].concat();
    let first = candidates.first().map_or("", |route| route.pattern.text());
    candidates.extend(above(router, first));
    candidates.extend(near);
    if asked.is_some() && !may_help(status, &request.method) {
        candidates.clear();
    }
    candidates.extend(router.find(&Method::Get, "/").map(|found| found.route));
    // The request that has just failed is no help.
    let is_plain = request.query.is_empty() && request.body.is_empty();
    let (path, form) = candidates.into_iter().find_map(|route| {
        let is_same = |path: &str| is_plain && is_asked(route) && *path == request.path;
        route.example.as_ref().filter(|(path, form)| !form.is_empty() || !is_same(path))
    })?;
    let form = match &**form {
        "" => String::new(),
        form => format!("-d {} ", shell_word(form)),
    };
    let url = ctx.base() + &ctx.site.prefix + path;
    Some(format!("curl {form}{}", shell_word(url)))
}

/// True if another request to the same route may succeed. A 403 to a GET is a 403 for every such
/// request; a 403 to a form may be the fault of the page of another site that sent it.
fn may_help(status: Status, method: &Method) -> bool {
    match status {
        Status::FORBIDDEN => !method.is_safe(),
        Status::TOO_MANY_REQUESTS => false,
        Status(code) => code / 100 == 4,
    }
}

/// The GET routes of a pattern and of those above it: for `/shop/order/<int:id>` those of
/// `/shop/order` and `/shop`.
fn above<'r>(router: &'r Router, pattern: &'r str) -> impl Iterator<Item = &'r Route> {
    let texts = successors(Some(pattern), |text| text.rsplit_once('/').map(|(above, _)| above));
    texts.filter_map(|text| {
        let mut routes = router.routes().iter().filter(|route| route.pattern.text() == text);
        routes.find(|route| route.answers(&Method::Get))
    })
}
