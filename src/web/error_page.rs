//! Deeper: Error page: what came, why it was refused, and what works instead.
//!
//! Every error of a handler becomes a page here, and so does every path that no route takes. The
//! page is text for curl, and HTML for a browser, made of the template `error.html`. Where a
//! failure is in the source is shown only to somebody who may look inside.
//!
//! Left out: a page for each status. A program writes its own `error.html`.

use super::context::Context;
use super::error::Error;
use super::router::Route;
use super::suggestion;
use crate::cycle::Detail;
use crate::http::{Response, Status};
use crate::value::{Map, Value};

/// The page for an error. The cycle and the log learn more than the client: see [`Error::public`].
pub fn of(error: &Error, ctx: &mut Context) -> Response {
    let site = ctx.site;
    let status = error.status();
    let is_unknown = status == Status::NOT_FOUND;
    let near = if is_unknown { site.router.near(&ctx.request.path) } else { Vec::new() };
    if is_unknown {
        ctx.cycle
            .step("routed", || Detail::NoRoute(near.iter().map(|route| route.line()).collect()));
    }
    ctx.cycle.step("failed", || Detail::Failure(status, error.to_string()));
    if status.0 >= 500 {
        ctx.cycle.warn(error.to_string());
    }
    let seen = format!("{} {}", ctx.request.method, ctx.request.target);
    let why = error.public();
    let place = (status.0 >= 500 && site.inside.admits(&ctx.request)).then(|| error.to_string());
    let command = suggestion::command(&site.router, &ctx.request, status, &near, &ctx.base());
    let mut page = None;
    if ctx.request.prefers_html() {
        let near = near.iter().map(|route| {
            Value::from([route.method.as_str().to_owned(), route.pattern.to_string()])
        });
        let variables = Map::from([
            ("status", Value::from(status.0)),
            ("reason", status.reason().into()),
            ("seen", seen.as_str().into()),
            ("why", why.into()),
            ("place", place.clone().into()),
            ("near", near.collect()),
            ("command", command.clone().into()),
        ]);
        // If this page cannot be made either, the answer is text.
        page = ctx.render("error.html", variables).ok();
    }
    let mut response = page.unwrap_or_else(|| {
        let mut lines = vec![status.to_string(), seen, why.to_owned()];
        lines.extend(place);
        let meant = |route: &&Route| format!("did you mean {} {}?", route.method, route.pattern);
        lines.extend(near.iter().map(meant));
        lines.extend(command.map(|command| format!("this works: {command}")));
        Response::text(lines.join("\n") + "\n")
    });
    if let Error::Status(_, _, headers) = error {
        headers.iter().for_each(|(name, value)| response.headers.set(name, value));
    }
    response.with_status(status).with_header("Vary", "Accept")
}
