//! App: the routes of a program, and the way of one request through the framework.
//!
//! [`App::call`](crate::Service::call) is the way of a request: each stage is one call, in the
//! order in which they happen. What a program sets besides its routes is in `settings`.

use super::context::Context;
use super::error::Error;
use super::handler::{Handler, IntoResponse};
use super::hooks::{Hooks, caught};
use super::route::{Blueprint, Route};
use super::site::{Admission, Site};
use super::{file_response, no_route, origin, save};
use crate::Service;
use crate::cycle::Cycle;
use crate::http::{Method, ParseError, Request, Response};
use std::any::{TypeId, type_name};
use std::mem::replace;

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
    /// What every request may use: the routes, the templates, the store.
    pub(super) site: Site,
    /// A route names its handler by the index in this list.
    pub(super) handlers: Vec<Handler>,
    /// What the program runs before and after the handlers.
    pub(super) hooks: Hooks,
    /// What stands before the paths and names of the routes that are registered now.
    pub(super) blueprint: Blueprint,
}

impl App {
    /// Registers the handler for `[Method::Get, Method::Post]`, say, of a pattern, `/hello/<name>`.
    /// `app.get(pattern, handler)` and its like, in `settings`, call this with one method.
    ///
    /// # Panics
    ///
    /// If the pattern breaks the grammar or is registered twice, or no method is given.
    #[track_caller]
    pub fn route<R: IntoResponse, H: Fn(&mut Context) -> R + Send + Sync + 'static>(
        &mut self,
        methods: impl AsRef<[Method]>,
        pattern: impl AsRef<str>,
        handler: H,
    ) -> &mut Route {
        // Each function has a type of its own, so the type tells one handler from another.
        let handler_type = (TypeId::of::<H>(), type_name::<H>());
        let (methods, pattern, index) = (methods.as_ref(), pattern.as_ref(), self.handlers.len());
        let route = Route::new(methods, &self.blueprint, pattern, index, handler_type);
        self.handlers.push(Box::new(move |ctx| handler(ctx).into_response()));
        self.site.router.add(route)
    }
}

impl Service for App {
    fn call(&self, request: &mut Request, cycle: &mut Cycle) -> Response {
        // The site's prefix is taken off the path. A request may be outside of it, or denied.
        let admission = no_route::admit(&self.site, request);
        let found = match admission {
            Admission::Outside => None,
            _ => self.site.router.find(&request.method, &request.path),
        };
        if let (Some(found), Admission::Admitted) = (&found, &admission) {
            cycle.also("routed", || found.route.detail(&request.method, &found.params));
        }
        let mut ctx = Context::open(&self.site, request, found.as_ref(), cycle);
        ctx.admission = admission;
        // A POST of a page of another website, or the like, gets a session that is kept nowhere.
        origin::make_stranger(&mut ctx);
        let answered = self.before_and_handler(&mut ctx);
        let mut response = self.error_page_and_after(answered, &mut ctx);
        // What the handler has changed in a store is made safe (on the disk, for a file), and the
        // answer gets the session's cookie. If that fails, an error takes its place.
        if let Err(error) = save::save(&mut ctx, &mut response) {
            response = self.error_page_and_after(Err(error), &mut ctx);
        }
        // The browser is told what other sites may do with this answer.
        origin::protect(ctx.site, ctx.request, &mut response);
        response
    }

    fn path_prefix(&self) -> &str {
        &self.site.prefix
    }

    fn start(&self) {
        self.site.check();
    }

    fn refused(&self, sent: &Request, error: &ParseError, cycle: &mut Cycle) -> Option<Response> {
        self.explain_refusal(sent, error, cycle)
    }
}

impl App {
    /// The answer of the first that has one: a hook of the program, or the handler that was found.
    fn before_and_handler(&self, ctx: &mut Context) -> Result<Response, Error> {
        // Outside of the site's prefix, no hook and no handler answers.
        if let Admission::Outside = ctx.admission {
            return no_route::outside(ctx);
        }
        // A browser asks what a page of an allowed site may do (a preflight of CORS). It sends no
        // cookie and no password, so hooks cannot check it.
        if let Some(response) = origin::preflight(ctx) {
            return Ok(response);
        }
        let response = match self.hooks.before(ctx)? {
            Some(early) => early,
            None => self.handler(ctx)?,
        };
        // Of a file the client may want a part, or nothing if it has this version already.
        Ok(file_response::make_conditional(ctx.request, response))
    }

    /// The answer of the handler that was found, now that the hooks have seen the request.
    fn handler(&self, ctx: &mut Context) -> Result<Response, Error> {
        // (To return the error it is moved out of the context. No later stage looks for it.)
        if let Admission::Denied(error) = replace(&mut ctx.admission, Admission::Admitted) {
            return Err(error);
        }
        let Some(found) = ctx.matched else { return no_route::answer(ctx) };
        let handler = &self.handlers[found.route.handler];
        // A panic in the handler is caught: it is an error like any other.
        caught("the handler", || handler(ctx))?
    }

    /// The answer as the client gets it. An error becomes a page, or what a hook makes of it. Then
    /// the hooks see each answer.
    pub(super) fn error_page_and_after(
        &self,
        answered: Result<Response, Error>,
        ctx: &mut Context,
    ) -> Response {
        let mut response = answered.unwrap_or_else(|error| self.error_page(&error, ctx));
        if !self.hooks.after.is_empty()
            && let Some(panic) = self.hooks.after(ctx, &mut response)
        {
            response = self.error_page(&panic, ctx);
            // This answer is also for the hooks. One that panics again changes nothing.
            let _ = self.hooks.after(ctx, &mut response);
        }
        response
    }
}
