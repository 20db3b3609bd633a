//! The page for an error: what came, why it was refused, and what works instead.
//!
//! Every error of a handler comes here, and every path that nobody answers: [`App`] asks in one
//! place. It is text for curl and HTML for a browser, made of `error.html`. Where a failure stands
//! in the source is shown only to whoever may look inside.
//!
//! Left out: pages of one's own for a status. A program writes its own `error.html`.

use super::context::Context;
use super::error::Error;
use super::suggestion;
use crate::cycle::Detail;
use crate::http::{Response, Status};
use crate::value::{Map, Value};

/// The page for an error. The cycle and the log learn more than the client: see [`Error::public`].
pub fn of(error: &Error, ctx: &mut Context) -> Response {
    let site = ctx.site;
    let status = error.status();
    let seen = format!("{} {}", ctx.request.method, ctx.request.target);
    let why = error.public();
    let place = (status.0 >= 500 && site.inside.admits(&ctx.request)).then(|| error.to_string());
    let near =
        if status == Status::NOT_FOUND { site.router.near(&ctx.request.path) } else { Vec::new() };
    let command = suggestion::command(&site.router, &ctx.request, status, &near, &ctx.base());
    if status == Status::NOT_FOUND {
        ctx.cycle
            .step("routed", || Detail::NoRoute(near.iter().map(|route| route.line()).collect()));
    }
    ctx.cycle.step("failed", || Detail::Failure(status, error.to_string()));
    if status.0 >= 500 {
        ctx.cycle.warn(error.to_string());
    }
    let mut response = None;
    if ctx.request.prefers_html() {
        let near: Vec<Value> = near
            .iter()
            .map(|route| Value::from([route.method.as_str().to_owned(), route.pattern.to_string()]))
            .collect();
        let variables = Map::from([
            ("status", Value::from(status.0)),
            ("reason", status.reason().into()),
            ("seen", seen.as_str().into()),
            ("why", why.as_str().into()),
            ("place", place.clone().into()),
            ("near", near.into()),
            ("command", command.clone().into()),
        ]);
        // If the page of errors cannot be made either, text can.
        response = ctx.render("error.html", variables).ok();
    }
    let mut response = response.unwrap_or_else(|| {
        let mut text = format!("{status}\n{seen}\n{why}\n");
        if let Some(place) = place {
            text.push_str(&format!("{place}\n"));
        }
        for route in &near {
            text.push_str(&format!("did you mean {} {}?\n", route.method, route.pattern));
        }
        if let Some(command) = command {
            text.push_str(&format!("this works: {command}\n"));
        }
        Response::text(text)
    });
    if let Error::Status(_, _, headers) = error {
        for (name, value) in headers.iter() {
            response.headers.set(name, value);
        }
    }
    response.with_status(status).with_header("Vary", "Accept")
}
