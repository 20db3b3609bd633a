//! Deeper: Error page: what came, why it was refused, and what works instead.
//!
//! Every error becomes a page here, unless a hook has answered it. The page is text for curl, and
//! HTML for a browser, made of the template `error.html`. Only a client that may look inside is
//! told what failed in the server, which routes are similar, and which command works.
//!
//! The template is given `status`, `reason`, `seen`, `why`, `near` and `command`.

use super::context::Context;
use super::error::Error;
use super::route::Route;
use super::suggestion;
use crate::cycle::Detail;
use crate::http::{Method, Response, Status};
use crate::value::{Map, Value};

/// Writes an error down: for the record of the cycle, and for the log if the server has failed.
pub fn note(error: &Error, ctx: &mut Context) {
    let status = error.status();
    if status == Status::NOT_FOUND {
        let near = || suggestion::near(&ctx.site.router, &ctx.request.path);
        let lines = || near().into_iter().map(Route::line).collect();
        ctx.cycle.step("routed", || Detail::NoRoute(lines()));
    }
    ctx.cycle.step("failed", || Detail::Failure(status, error.to_string()));
    if status.0 >= 500 {
        ctx.cycle.warn(error.to_string());
    }
}

/// The page for an error.
pub fn of(error: &Error, ctx: &mut Context) -> Response {
    let (status, router) = (error.status(), &ctx.site.router);
    let (mut near, mut command, mut why) = (Vec::new(), None, error.public().to_owned());
    if ctx.site.inside.admits(ctx.request) {
        if status == Status::NOT_FOUND {
            near = suggestion::near(router, &ctx.request.path);
        }
        let base = ctx.base() + &ctx.site.prefix;
        command = suggestion::command(router, ctx.request, status, &near, &base);
        why = error.to_string();
    }
    // The answer to HEAD has the length of the answer to GET (RFC 9110 §9.3.2).
    let method = match &ctx.request.method {
        Method::Head => &Method::Get,
        method => method,
    };
    let seen = format!("{method} {}", ctx.request.target);
    let mut page = None;
    if ctx.request.prefers_html() {
        let variables = Map::from([
            ("status", Value::from(status.0)),
            ("reason", status.reason().into()),
            ("seen", seen.as_str().into()),
            ("why", why.as_str().into()),
            ("near", near.iter().map(|it| pair(it)).collect()),
            ("command", command.clone().into()),
        ]);
        // If this page cannot be made either, the answer is text.
        match ctx.render("error.html", variables) {
            Ok(made) => page = Some(made),
            Err(error) => ctx.cycle.warn(format!("the page for an error cannot be made: {error}")),
        }
    }
    let mut response = page.unwrap_or_else(|| {
        let mut lines = vec![status.to_string(), seen];
        lines.extend(Some(why).filter(|why| !why.is_empty()));
        let line = |route: &&Route| {
            let (method, pattern) = route.line();
            format!("did you mean {method} {pattern}?")
        };
        lines.extend(near.iter().map(line));
        lines.extend(command.map(|command| format!("this works: {command}")));
        Response::text(lines.join("\n") + "\n")
    });
    response.status = status;
    response.with_header("Vary", "Accept")
}

fn pair(route: &Route) -> Value {
    let (method, pattern) = route.line();
    Value::from([method.as_str().to_owned(), pattern])
}
