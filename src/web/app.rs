//! App: the routes of a program, and the way of one request through the framework.
//!
//! [`App::call`](crate::Service::call) is the way of a request: each stage is one call, in the
//! order in which they happen.
//!
//! Left out: hooks before and after a handler.

use super::context::Context;
use super::error::Error;
use super::handler::{Handler, IntoResponse};
use super::inside::Inside;
use super::pattern::Pattern;
use super::router::{FoundRoute, Route, RouteExample};
use super::session::Sessions;
use super::site::Site;
use super::static_files::StaticFiles;
use super::store::Store;
use super::template::Templates;
use super::{error_page, origin, save};
use crate::Service;
use crate::cycle::{Cycle, Detail, Recorder};
use crate::http::{Method, Request, Response, Status, fields};
use crate::server::log::panic_text;
use std::any::type_name_of_val;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// A web application: a [`Site`], and the handlers of its routes.
#[derive(Default)]
pub struct App {
    site: Site,
    /// A route names its handler by the place in this list.
    handlers: Vec<Handler>,
}

impl Service for App {
    fn call(&self, request: &mut Request, cycle: &mut Cycle) -> Response {
        let mut ctx = Context::open(&self.site, request, cycle);
        let answered = self.find(&mut ctx).and_then(|found| self.handle(found, &mut ctx));
        let mut response = answered.unwrap_or_else(|error| error_page::of(&error, &mut ctx));
        save::save(&mut ctx, &mut response);
        origin::protect(&mut response);
        response
    }
}

/// What answers a request.
enum Answerer<'a> {
    /// A handler.
    Handler(&'a Handler),
    /// A file: its path below the folder.
    File(&'a StaticFiles, String),
    /// Nothing more: the answer follows from the route table alone.
    Ready(Response),
}

impl App {
    /// Finds what answers a request: a route, a file or nothing.
    fn find(&self, ctx: &mut Context) -> Result<Answerer<'_>, Error> {
        if ctx.request.path == "*" {
            return Ok(options("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"));
        }
        if let Method::Other(word) = &ctx.request.method {
            let why = format!("{word} is no method that this server knows");
            return Err(Error::abort(Status::NOT_IMPLEMENTED, why));
        }
        origin::check(&ctx.request).map_err(Error::Forbidden)?;
        let router = &self.site.router;
        match router.find(&ctx.request.method, &ctx.request.path) {
            FoundRoute::Route(route, params) => {
                ctx.cycle.step("routed", || Detail::Route {
                    method: route.method.clone(),
                    pattern: route.pattern.text(),
                    handler: route.name,
                    registered: route.source,
                    params: params.clone(),
                });
                ctx.params = params;
                Ok(Answerer::Handler(&self.handlers[route.handler]))
            }
            FoundRoute::WrongMethod(allow) => {
                let known = || router.of_path(&ctx.request.path).into_iter().map(Route::line);
                ctx.cycle.step("routed", || Detail::WrongMethod(known().collect()));
                let allow: Vec<&str> = allow.iter().map(Method::as_str).collect();
                wrong_method(&ctx.request, &allow.join(", "))
            }
            FoundRoute::Moved(path) => {
                let target = &ctx.request.target;
                let location = path + target.find('?').map_or("", |at| &target[at..]);
                let status = Status::PERMANENT_REDIRECT;
                Ok(Answerer::Ready(Response::redirect_with(status, &location)))
            }
            FoundRoute::Nothing => self.find_file(ctx),
        }
    }

    /// A file, if the path is below that of the files.
    fn find_file(&self, ctx: &mut Context) -> Result<Answerer<'_>, Error> {
        let Some((prefix, files)) = &self.site.files else { return Err(Error::NotFound) };
        let path = ctx.request.path.strip_prefix(prefix.as_str()).ok_or(Error::NotFound)?;
        if !matches!(ctx.request.method, Method::Get | Method::Head) {
            return wrong_method(&ctx.request, "GET, HEAD, OPTIONS");
        }
        let path = fields::percent_decode(path).into_owned();
        ctx.cycle.step("routed", || Detail::File(path.clone()));
        Ok(Answerer::File(files, path))
    }

    /// Lets what was found answer. A handler that panics is an error like any other.
    fn handle(&self, found: Answerer, ctx: &mut Context) -> Result<Response, Error> {
        match found {
            Answerer::Handler(handler) => catch_unwind(AssertUnwindSafe(|| handler(ctx)))
                .unwrap_or_else(|panic| Err(Error::Panicked(panic_text(&*panic).to_owned()))),
            Answerer::File(files, path) => files.respond(&ctx.request, &path).map_err(|refusal| {
                ctx.cycle.warn(format!("{path}: {}", refusal.why));
                match refusal.status {
                    Status::NOT_FOUND => Error::NotFound,
                    status => Error::abort(status, "the file cannot be read"),
                }
            }),
            Answerer::Ready(response) => Ok(response),
        }
    }
}

/// 405, or the answer to OPTIONS.
fn wrong_method(request: &Request, allow: &str) -> Result<Answerer<'static>, Error> {
    if request.method == Method::Options {
        return Ok(options(allow));
    }
    let why = format!("this URL is known, but not with {}; it allows {allow}", request.method);
    Err(Error::with_header(Status::METHOD_NOT_ALLOWED, why, "Allow", allow))
}

fn options(allow: &str) -> Answerer<'static> {
    Answerer::Ready(Response::new(Status::NO_CONTENT).with_header("Allow", allow))
}

impl App {
    /// An application without routes. Its templates are in `templates/`, and its state is in memory
    /// for 30 minutes.
    pub fn new() -> App {
        App::default()
    }

    /// Answers GET and HEAD of a pattern such as `/hello/<name>`.
    ///
    /// # Panics
    ///
    /// If the pattern breaks the grammar, or is registered twice.
    #[track_caller]
    pub fn get<R: IntoResponse>(
        &mut self,
        pattern: &'static str,
        handler: impl Fn(&mut Context) -> R + Send + Sync + 'static,
    ) -> &mut Route {
        self.route(Method::Get, pattern, handler)
    }

    /// Answers POST of a pattern. Panics as [`get`](App::get).
    #[track_caller]
    pub fn post<R: IntoResponse>(
        &mut self,
        pattern: &'static str,
        handler: impl Fn(&mut Context) -> R + Send + Sync + 'static,
    ) -> &mut Route {
        self.route(Method::Post, pattern, handler)
    }

    /// Answers any method of a pattern. Panics as [`get`](App::get).
    #[track_caller]
    pub fn route<R: IntoResponse>(
        &mut self,
        method: Method,
        pattern: &'static str,
        handler: impl Fn(&mut Context) -> R + Send + Sync + 'static,
    ) -> &mut Route {
        let path = type_name_of_val(&handler);
        let is_plain_get = method == Method::Get && !pattern.contains('<');
        let example = RouteExample { path: pattern.to_owned(), form: String::new() };
        self.handlers.push(Box::new(move |ctx| handler(ctx).into_response()));
        self.site.router.add(Route {
            method,
            pattern: Pattern::parse(pattern),
            name: path.rsplit("::").next().unwrap_or(path),
            source: Location::caller(),
            example: is_plain_get.then_some(example),
            handler: self.handlers.len() - 1,
        })
    }

    /// Serves files under a path: `/static`.
    pub fn files(&mut self, prefix: &str, files: StaticFiles) {
        self.site.files = Some((format!("{}/", prefix.trim_end_matches('/')), files));
    }

    /// Takes the templates from here.
    pub fn templates(&mut self, templates: Templates) {
        self.site.templates = templates;
    }

    /// Keeps sessions in this store, each for `lifetime` after its last use, and `most` of them.
    /// Defaults to the memory.
    pub fn sessions(&mut self, store: Arc<dyn Store>, lifetime: Duration, most: usize) {
        self.site.sessions = Sessions::new(store, lifetime).at_most(most);
    }

    /// Keeps rows of all other kinds in this store. Defaults to the memory. Sessions have a store
    /// of their own, because they may be kept where other rows cannot: in a cookie, or nowhere.
    pub fn store(&mut self, store: Arc<dyn Store>) {
        self.site.store = store;
    }

    /// The key that [`Context::secret_key`] gives to handlers that sign something. Defaults to 32
    /// random bytes.
    pub fn secret_key(&mut self, key: impl Into<Vec<u8>>) {
        self.site.secret_key = key.into();
    }

    /// Who may see the file and line of a failure. Defaults to this machine under a known Host.
    pub fn inside(&mut self, inside: Inside) {
        self.site.inside = inside;
    }

    /// Where cycles are recorded, for pages that show them.
    pub fn recorder(&mut self, recorder: Arc<Recorder>) {
        self.site.recorder = Some(recorder);
    }

    /// All routes, in the order in which they are tried.
    pub fn routes(&self) -> &[Route] {
        self.site.router.routes()
    }

    /// See [`Site::url_for`].
    ///
    /// # Errors
    ///
    /// A sentence, if there is no such route or a value is missing.
    pub fn url_for(&self, name: &str, values: &[(&str, String)]) -> Result<String, String> {
        self.site.url_for(name, values)
    }
}
