//! App: the routes of a program, and the way of one request through the framework.
//!
//! [`App::call`](crate::Service::call) is the way of a request: each stage is one call, in the
//! order in which they happen. How routes are registered, and what else a
//! program sets, is in `settings`.

use super::context::Context;
use super::error::Error;
use super::handler::Handler;
use super::hooks::{Blueprint, Hooks, caught};
use super::router::{FoundRoute, Matched};
use super::site::Site;
use super::{error_page, file_response, origin, save};
use crate::Service;
use crate::cycle::{Cycle, Detail};
use crate::http::{Method, ParseError, Request, Response, Status};

/// A web application: a [`Site`], and the handlers of its routes.
///
/// ```
/// use carafe::{App, Context, web::client::Client};
///
/// let mut app = App::new();
/// app.get("/", |_: &mut Context| "Hello, World!\n").name("index");
/// assert_eq!(Client::new(&app).get("/").text(), "Hello, World!\n");
/// ```
#[derive(Default)]
pub struct App {
    pub(super) site: Site,
    /// A route names its handler by the place in this list.
    pub(super) handlers: Vec<Handler>,
    pub(super) hooks: Hooks,
    /// What stands before the paths and names of the routes that are registered now.
    pub(super) blueprint: Blueprint,
}

impl Service for App {
    fn call(&self, request: &mut Request, cycle: &mut Cycle) -> Response {
        let mut matched = Matched::default();
        let found = self.find(request, &mut matched, cycle);
        let mut ctx = Context::open(&self.site, request, &matched, cycle);
        let answered = match self.run_before(&mut ctx) {
            Ok(Some(early)) => Ok(early),
            Ok(None) => found.and_then(|found| self.handle(found, &mut ctx)),
            Err(error) => Err(error),
        };
        let mut response = answered.unwrap_or_else(|error| self.explain(&error, &mut ctx));
        self.run_after(&mut ctx, &mut response);
        if let Err(error) = save::save(&mut ctx, &mut response) {
            response = self.explain(&error, &mut ctx);
            self.run_after(&mut ctx, &mut response);
        }
        origin::protect(&self.site, &ctx, &mut response);
        response
    }

    fn start(&self) {
        self.site.router.check_names();
    }

    fn refused(&self, request: &Request, error: &ParseError) -> Option<Response> {
        let (mut request, matched) = (request.clone(), Matched::default());
        let mut cycle = Cycle::default();
        // Outside the prefix of the site no hook of it runs.
        self.site.enter(&mut request).ok()?;
        let mut ctx = Context::open(&self.site, &mut request, &matched, &mut cycle);
        let error = Error::abort(error.status(), error.to_string());
        let mut response = self.hooks.on_error(&error, &mut ctx).ok()??;
        self.run_after(&mut ctx, &mut response);
        origin::protect(&self.site, &ctx, &mut response);
        Some(response)
    }
}

/// What answers a request.
enum Answerer<'a> {
    /// A handler.
    Handler(&'a Handler),
    /// Nothing more: the answer follows from the route table alone.
    Ready(Response),
}

impl App {
    /// Finds what answers a request, and the values that its path holds.
    fn find<'a>(
        &'a self,
        request: &mut Request,
        matched: &mut Matched<'a>,
        cycle: &mut Cycle,
    ) -> Result<Answerer<'a>, Error> {
        if request.path == "*" {
            return Ok(options("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"));
        }
        self.site.enter(request)?;
        if let Method::Other(word) = &request.method {
            let why = format!("{word} is no method that this server knows");
            return Err(Error::abort(Status::NOT_IMPLEMENTED, why));
        }
        origin::check(request, &self.site.origins).map_err(Error::Forbidden)?;
        let router = &self.site.router;
        match router.find(&request.method, &request.path) {
            FoundRoute::Route(route, params) => {
                cycle.step("routed", || route.detail(&request.method, &params));
                *matched = Matched { name: &route.name, params };
                Ok(Answerer::Handler(&self.handlers[route.handler]))
            }
            FoundRoute::WrongMethod(allow) => {
                let known = || router.of_path(&request.path).map(|(route, _)| route.line());
                cycle.step("routed", || Detail::WrongMethod(known().collect()));
                let allow: Vec<&str> = allow.iter().map(Method::as_str).collect();
                let allow = allow.join(", ");
                if request.method == Method::Options {
                    return Ok(options(&allow));
                }
                let method = &request.method;
                let why = format!("this URL is known, but not with {method}; it allows {allow}");
                Err(Error::with_header(Status::METHOD_NOT_ALLOWED, why, "Allow", &allow))
            }
            FoundRoute::Moved(path) => {
                let query = request.target.find('?').map_or("", |at| &request.target[at..]);
                let location = format!("{}{path}{query}", self.site.prefix);
                let status = Status::PERMANENT_REDIRECT;
                Ok(Answerer::Ready(Response::redirect_with(status, &location)))
            }
            FoundRoute::Nothing => Err(Error::NotFound),
        }
    }

    /// The answer before the handler, if there is one: to a browser that asks what a page of an
    /// allowed site may do, or by a hook.
    fn run_before(&self, ctx: &mut Context) -> Result<Option<Response>, Error> {
        match origin::preflight(&self.site.origins, ctx.request) {
            Some(response) => Ok(Some(response)),
            None => self.hooks.before(ctx),
        }
    }

    /// Lets what was found answer. A handler that panics is an error like any other.
    fn handle(&self, found: Answerer, ctx: &mut Context) -> Result<Response, Error> {
        match found {
            Answerer::Ready(response) => Ok(response),
            Answerer::Handler(handler) => {
                let response = caught(|| handler(ctx))?;
                Ok(file_response::weigh(ctx.request, response)?)
            }
        }
    }

    /// The answer to an error: that of a hook, or else a page.
    fn explain(&self, error: &Error, ctx: &mut Context) -> Response {
        error_page::note(error, ctx);
        let mut response = match self.hooks.on_error(error, ctx) {
            Ok(Some(response)) => response,
            Ok(None) => error_page::of(error, ctx),
            Err(panic) => {
                error_page::note(&panic, ctx);
                error_page::of(&panic, ctx)
            }
        };
        for (name, value) in error.headers().filter(|_| response.status == error.status()) {
            response.headers.set(name, value);
        }
        response
    }

    /// Shows the answer to the hooks that want to see every answer.
    fn run_after(&self, ctx: &mut Context, response: &mut Response) {
        if let Err(panic) = self.hooks.after(ctx, response) {
            *response = self.explain(&panic, ctx);
        }
    }
}

fn options(allow: &str) -> Answerer<'static> {
    Answerer::Ready(Response::new(Status::NO_CONTENT).with_header("Allow", allow))
}
