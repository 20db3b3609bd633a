//! Deeper: Error page: what came, why it was refused, and what works instead.
//!
//! Every error becomes a page here, unless a hook has answered it. The page is text for curl, and
//! HTML for a browser, made of the template `error.html`. Only a client that may look inside is
//! told what failed in the server, which routes are similar, and which command works.
//!
//! The template is given `status`, `reason`, `seen`, `why`, `near` and `command`.

use super::app::App;
use super::context::Context;
use super::error::Error;
use super::route::Route;
use super::store::StoreError;
use super::{origin, suggestion};
use crate::cycle::{Cycle, Detail};
use crate::http::{Headers, Method, ParseError, Request, Response, Status};
use crate::value::{Map, Value};
use std::fmt;

/// The template of the page. A site need not have it.
const PAGE: &str = "error.html";

impl Error {
    /// [`abort`](Error::abort) with a header field. Panics also as [`Headers::append`].
    #[track_caller]
    pub fn with_header(status: Status, why: impl Into<String>, name: &str, value: &str) -> Error {
        let mut headers = Headers::new();
        headers.append(name, value);
        Error::Status(status.checked(), why.into(), headers)
    }

    /// What every client may read: empty for a failure of the server or of a store, unless the row
    /// is too large, because the client may have sent it.
    pub fn public(&self) -> &str {
        match self {
            Error::NotFound => "there is nothing of this name",
            Error::BadRequest(why) | Error::Forbidden(why) => why,
            Error::Status(status, why, _) if status.0 < 500 => why,
            Error::Store(StoreError::TooLarge(why), _) => why,
            Error::Refused(error) => &error.message,
            Error::Status(..) | Error::Store(..) | Error::Failed(_) => "",
        }
    }

    /// The headers that every answer to this error must carry: `Allow`, `Retry-After` and others.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = if let Error::Status(_, _, headers) = self { Some(headers) } else { None };
        // There is no room for a body now, or in the store, and there may be soon.
        let is_busy = self.status() == Status::SERVICE_UNAVAILABLE;
        let may_retry = is_busy && matches!(self, Error::Refused(_) | Error::Store(..));
        own.into_iter().flat_map(Headers::iter).chain(may_retry.then_some(("Retry-After", "1")))
    }
}

/// What the log says of it.
impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Status(_, why, _) | Error::Store(_, why) | Error::Failed(why) => {
                out.write_str(why)
            }
            _ => out.write_str(self.public()),
        }
    }
}

impl App {
    /// The answer to an error: that of a hook, or else a page.
    pub(super) fn error_page(&self, error: &Error, ctx: &mut Context) -> Response {
        note(error, ctx);
        let mut response = match self.hooks.on_error(ctx, error) {
            Ok(own) => own.unwrap_or_else(|| page(error, ctx)),
            Err(panic) => {
                note(&panic, ctx);
                return page(&panic, ctx);
            }
        };
        // What every answer to this error must carry.
        if response.status == error.status() {
            error.headers().for_each(|(name, _)| response.headers.remove(name));
            error.headers().for_each(|(name, value)| response.headers.append(name, value));
        }
        response
    }

    /// The answer to a message that the server has refused. Outside the prefix of the site there is
    /// none, and the server answers.
    pub(super) fn explain_refusal(
        &self,
        sent: &Request,
        error: &ParseError,
        log: &mut Cycle,
    ) -> Option<Response> {
        let path = self.site.path_inside(&sent.path)?.to_owned();
        let (method, target) = (sent.method.clone(), sent.path.clone());
        let mut request = Request { method, target, path, ..Request::default() };
        // A page for a browser, or text: nothing else that was sent is believed.
        sent.headers.get_all("Accept").for_each(|it| request.headers.append("Accept", it));
        // Who may look inside gets a command that works.
        if self.site.inside.check(sent).is_ok() {
            request.peer = sent.peer;
            sent.headers.get_all("Host").for_each(|it| request.headers.append("Host", it));
        }
        // The server has noted already why the message is refused.
        let mut cycle = Cycle::default();
        let mut ctx = Context::open(&self.site, &request, None, &mut cycle);
        // Nobody has checked who sent this, so nothing is read or kept for a visitor.
        ctx.session.keep_nothing();
        let mut response = self.error_page_and_after(Err(Error::Refused(error.clone())), &mut ctx);
        origin::protect(&self.site, sent, &mut response);
        let why = error.to_string();
        cycle.warnings().iter().filter(|it| **it != why).for_each(|it| log.warn(it));
        Some(response)
    }
}

/// Writes an error down: for the record of the cycle, and for the log if the server has failed.
fn note(error: &Error, ctx: &mut Context) {
    let status = error.status();
    if ctx.cycle.is_recording() && status == Status::NOT_FOUND && ctx.matched.is_none() {
        let lines = suggestion::near(ctx).into_iter().map(Route::line).collect();
        ctx.cycle.step("routed", || Detail::NoRoute(lines));
    }
    ctx.cycle.step("failed", || Detail::Failure(status, error.to_string()));
    // A row that is too large for its store is also a fault of the program: it chose what to keep.
    if status.0 >= 500 || matches!(error, Error::Store(..)) {
        let why = error.to_string();
        // If the text names no line of the program, the route's is the nearest.
        let found = ctx.matched.filter(|_| !why.contains(".rs:"));
        let route = found.map_or(String::new(), |it| format!(" (route of {})", it.route.source));
        ctx.cycle.warn(why + &route);
    }
}

/// The page for an error.
fn page(error: &Error, ctx: &mut Context) -> Response {
    let status = error.status();
    let (mut near, mut command, mut why) = (Vec::new(), String::new(), error.public().to_owned());
    if ctx.check_inside().is_ok() {
        if status == Status::NOT_FOUND {
            near = suggestion::near(ctx);
        }
        command = suggestion::command(ctx, status, &near).unwrap_or_default();
        why = error.to_string();
    }
    let seen = format!("{} {}", ctx.request.method, ctx.request.target);
    let prefix = &ctx.site.prefix;
    let line = |(method, path): (Method, String)| [method.to_string(), format!("{prefix}{path}")];
    let near: Vec<[String; 2]> = near.iter().map(|it| line(it.line())).collect();
    let mut page = None;
    if ctx.request.prefers_html() {
        let variables = Map::from([
            ("status", Value::from(status.0)),
            ("reason", status.reason().into()),
            ("seen", seen.as_str().into()),
            ("why", why.as_str().into()),
            ("near", near.iter().cloned().map(Value::from).collect()),
            ("command", command.as_str().into()),
        ]);
        match ctx.render(PAGE, variables) {
            Ok(made) => page = Some(made),
            // The answer is text then.
            Err(_) if !ctx.site.templates.has(PAGE) => {}
            Err(error) => ctx.cycle.warn(format!("the page for an error cannot be made: {error}")),
        }
    }
    let mut response = page.unwrap_or_else(|| {
        let mut lines = vec![status.to_string(), seen];
        lines.extend(Some(why).filter(|why| !why.is_empty()));
        lines.extend(near.iter().map(|line| format!("did you mean {}?", line.join(" "))));
        lines.extend((!command.is_empty()).then(|| format!("this works: {command}")));
        Response::text(lines.join("\n") + "\n")
    });
    response.status = status;
    response.with_header("Vary", "Accept")
}
