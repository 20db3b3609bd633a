//! One request through the rooms.
//!
//! The second spine of the program, and the face of the framework: routes are registered on an
//! [`App`], and [`App::call`](crate::Service::call) takes each request past them.
//!
//! Left out: middleware. What each request needs stands in the spine, where it can be read.

use super::context::Context;
use super::error::Error;
use super::error_page;
use super::handler::IntoResponse;
use super::inside::Inside;
use super::origin;
use super::router::{Example, Found, Pattern, Route, Router};
use super::session::{COOKIE_NAME, Session, Sessions};
use super::static_files::StaticFiles;
use super::store::{MemoryStore, Noting, Store};
use super::template::Templates;
use crate::Service;
use crate::cycle::{Cycle, Detail, Recorder};
use crate::http::{Method, Request, Response, Status, cookie_value, fields};
use crate::place::Place;
use crate::random;
use crate::server::log::panic_text;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// A web application: routes, templates, files, and where its state lives.
pub struct App {
    pub(super) router: Router,
    pub(super) templates: Templates,
    /// Under which path, and which files.
    files: Option<(String, StaticFiles)>,
    /// For rows of all kinds but sessions.
    store: Arc<dyn Store>,
    pub(super) secret_key: Vec<u8>,
    sessions: Sessions,
    pub(super) inside: Inside,
    pub(super) recorder: Option<Arc<Recorder>>,
}

impl Default for App {
    fn default() -> App {
        App::new()
    }
}

impl App {
    /// An application without routes; its templates are in `templates/`, its state in memory for 30
    /// minutes.
    pub fn new() -> App {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        App {
            router: Router::default(),
            templates: Templates::from_dir("templates"),
            files: None,
            sessions: Sessions::new(Arc::clone(&store), Duration::from_secs(1800)),
            store,
            secret_key: random::bytes::<32>().to_vec(),
            inside: Inside::default(),
            recorder: None,
        }
    }

    /// Answers GET (and HEAD) of a pattern such as `/hello/<name>`.
    ///
    /// # Panics
    ///
    /// If the pattern breaks the grammar or is registered twice.
    #[track_caller]
    pub fn get<H, R>(&mut self, pattern: &'static str, handler: H) -> &mut Route
    where
        H: Fn(&mut Context) -> R + Send + Sync + 'static,
        R: IntoResponse,
    {
        self.route(Method::Get, pattern, handler)
    }

    /// As [`get`](App::get), for a closure, which has no name that `url_for` could know it by.
    #[track_caller]
    pub fn get_named<H, R>(
        &mut self,
        name: &'static str,
        pattern: &'static str,
        handler: H,
    ) -> &mut Route
    where
        H: Fn(&mut Context) -> R + Send + Sync + 'static,
        R: IntoResponse,
    {
        self.add(Method::Get, pattern, name, handler)
    }

    /// As [`post`](App::post), for a closure, which has no name.
    #[track_caller]
    pub fn post_named<H, R>(
        &mut self,
        name: &'static str,
        pattern: &'static str,
        handler: H,
    ) -> &mut Route
    where
        H: Fn(&mut Context) -> R + Send + Sync + 'static,
        R: IntoResponse,
    {
        self.add(Method::Post, pattern, name, handler)
    }

    /// Answers POST of a pattern. Panics as [`get`](App::get).
    #[track_caller]
    pub fn post<H, R>(&mut self, pattern: &'static str, handler: H) -> &mut Route
    where
        H: Fn(&mut Context) -> R + Send + Sync + 'static,
        R: IntoResponse,
    {
        self.route(Method::Post, pattern, handler)
    }

    /// Answers any method of a pattern. Panics as [`get`](App::get).
    #[track_caller]
    pub fn route<H, R>(&mut self, method: Method, pattern: &'static str, handler: H) -> &mut Route
    where
        H: Fn(&mut Context) -> R + Send + Sync + 'static,
        R: IntoResponse,
    {
        let whole_name = std::any::type_name::<H>();
        self.add(method, pattern, whole_name.rsplit("::").next().unwrap_or(whole_name), handler)
    }

    #[track_caller]
    fn add<H, R>(
        &mut self,
        method: Method,
        pattern: &'static str,
        name: &'static str,
        handler: H,
    ) -> &mut Route
    where
        H: Fn(&mut Context) -> R + Send + Sync + 'static,
        R: IntoResponse,
    {
        let is_ready = method == Method::Get && !pattern.contains('<');
        self.router.add(Route {
            method,
            pattern: Pattern::parse(pattern),
            handler: Box::new(move |ctx| handler(ctx).into_response()),
            name,
            source: Location::caller(),
            example: is_ready.then(|| Example { path: pattern.to_owned(), form: String::new() }),
        })
    }

    /// Serves files under a path: `/static`.
    pub fn files(&mut self, prefix: &str, files: StaticFiles) {
        self.files = Some((format!("{}/", prefix.trim_end_matches('/')), files));
    }

    /// Takes the templates from here.
    pub fn templates(&mut self, templates: Templates) {
        self.templates = templates;
    }

    /// Keeps sessions in this store: each for so long after its last use, and so many of them.
    /// Defaults to the memory.
    pub fn sessions(&mut self, store: Arc<dyn Store>, lifetime: Duration, most: usize) {
        self.sessions = Sessions::new(store, lifetime).at_most(most);
    }

    /// Keeps rows of all other kinds in this store. Defaults to the memory. Apart from
    /// [`sessions`](App::sessions), since these may live where nothing else can: in a cookie, or
    /// nowhere.
    pub fn store(&mut self, store: Arc<dyn Store>) {
        self.store = store;
    }

    /// The key that [`Context::secret_key`] gives to whoever signs something. Defaults to 32 random
    /// bytes.
    pub fn secret_key(&mut self, key: impl Into<Vec<u8>>) {
        self.secret_key = key.into();
    }

    /// Forgets what a restart of this process would forget.
    pub fn forget(&self) {
        self.sessions.forget();
        self.store.forget();
    }

    /// Where sessions are kept, for pages that tell what the server knows.
    pub fn place(&self) -> Place {
        self.sessions.place()
    }

    /// Who may see the file and line of a failure. Defaults to loopback with a known Host.
    pub fn inside(&mut self, inside: Inside) {
        self.inside = inside;
    }

    /// Where cycles are recorded, for pages that count them.
    pub fn recorder(&mut self, recorder: Arc<Recorder>) {
        self.recorder = Some(recorder);
    }

    /// All routes, in the order in which they are tried.
    pub fn routes(&self) -> &[Route] {
        self.router.routes()
    }

    /// The path of the route of this name; `static` with `filename` is a file's.
    ///
    /// # Errors
    ///
    /// A sentence, if there is no such route or a value is missing.
    pub fn url_for(&self, name: &str, values: &[(&str, String)]) -> Result<String, String> {
        match (name, values, &self.files) {
            ("static", [("filename", file)], Some((prefix, _))) => {
                Ok(format!("{prefix}{}", fields::percent_encode(file, "-._~/")))
            }
            ("static", _, _) => {
                Err("url_for('static', …) needs filename='…', and a folder of files".into())
            }
            _ => self.router.url_for(name, values),
        }
    }

    /// Finds who answers, and asks it.
    fn answer(&self, ctx: &mut Context) -> Result<Response, Error> {
        if ctx.request.path == "*" {
            return Ok(options("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"));
        }
        if let Method::Other(word) = &ctx.request.method {
            return Err(Error::abort(
                Status::NOT_IMPLEMENTED,
                format!("{word} is no method that this server knows"),
            ));
        }
        origin::check(&ctx.request).map_err(Error::Forbidden)?;
        match self.router.find(&ctx.request.method, &ctx.request.path) {
            Found::Route(route, params) => {
                ctx.cycle.step("routed", || Detail::Route {
                    method: route.method.clone(),
                    pattern: route.pattern.text(),
                    handler: route.name,
                    registered: route.source,
                    params: params.clone(),
                });
                ctx.params = params;
                let called = catch_unwind(AssertUnwindSafe(|| (route.handler)(ctx)));
                called.unwrap_or_else(|panic| {
                    Err(Error::Panicked(panic_text(panic.as_ref()).to_owned()))
                })
            }
            Found::WrongMethod { allow } => {
                let known = || {
                    self.router.of_path(&ctx.request.path).into_iter().map(Route::line).collect()
                };
                ctx.cycle.step("routed", || Detail::WrongMethod(known()));
                let allow: Vec<&str> = allow.iter().map(Method::as_str).collect();
                wrong_method(&ctx.request, &allow.join(", "))
            }
            Found::Moved(path) => {
                let query = ctx
                    .request
                    .target
                    .split_once('?')
                    .map_or(String::new(), |(_, query)| format!("?{query}"));
                Ok(Response::redirect_with(Status::PERMANENT_REDIRECT, &format!("{path}{query}")))
            }
            Found::Nothing => self.file(ctx),
        }
    }

    /// A file, if the path is one's; else 404.
    fn file(&self, ctx: &mut Context) -> Result<Response, Error> {
        let Some((prefix, files)) = &self.files else { return Err(Error::NotFound) };
        let Some(path) = ctx.request.path.strip_prefix(prefix.as_str()) else {
            return Err(Error::NotFound);
        };
        if !matches!(ctx.request.method, Method::Get | Method::Head) {
            return wrong_method(&ctx.request, "GET, HEAD, OPTIONS");
        }
        let path = fields::percent_decode(path);
        ctx.cycle.step("routed", || Detail::File(path.clone().into_owned()));
        files.respond(&ctx.request, &path).map_err(|refusal| {
            ctx.cycle.warn(format!("{path}: {refusal}"));
            match refusal.status() {
                Status::NOT_FOUND => Error::NotFound,
                status => Error::abort(status, "the file cannot be read"),
            }
        })
    }

    /// Waits until what was changed is safe; a store that failed takes the place of whatever was
    /// answered.
    fn save<'a>(&'a self, ctx: &mut Context<'a>, response: &mut Response) {
        ctx.session.save();
        let kept = if ctx.used_store.get().is_some() { self.store.flush() } else { Ok(()) };
        note_stored(ctx);
        let Context { session, cycle, .. } = ctx;
        if session.after().is_some() {
            cycle.step("saved", || Detail::Change {
                cookie: session.key().map(str::to_owned),
                after: session.take_row(),
                by: session.changed_by(),
                place: session.place(),
            });
        }
        if let Some(error) = ctx.session.failure().cloned().or(kept.err()) {
            // The page is made without the session that failed.
            ctx.session = self.sessions.open(None);
            *response = error_page::of(self, &error.into(), ctx);
            return;
        }
        if let Some(cookie) = ctx.session.set_cookie(ctx.request.secure) {
            // In front of those that the handler set: it is the one that most who look at the
            // answer look for.
            let others: Vec<String> =
                response.headers.get_all("Set-Cookie").map(str::to_owned).collect();
            response.headers.remove("Set-Cookie");
            response.set_cookie(&cookie);
            others.iter().for_each(|other| response.headers.append("Set-Cookie", other));
        }
        // A cache must not give one visitor's page to another; Flask says so in the same way.
        if ctx.session.is_needed() {
            response.headers.append("Vary", "Cookie");
        }
    }
}

impl Service for App {
    fn call(&self, request: Request, cycle: &mut Cycle) -> Response {
        let session = self.sessions.open(cookie_value(&request.headers, COOKIE_NAME));
        let store = Noting::new(&*self.store, cycle.is_recording());
        let mut ctx = Context {
            request,
            session,
            params: Vec::new(),
            app: self,
            cycle,
            taken: None,
            store,
            used_store: Cell::new(None),
        };
        let mut response =
            self.answer(&mut ctx).unwrap_or_else(|error| error_page::of(self, &error, &mut ctx));
        // Behind the handler: where that has asked already, the store is not asked again for the
        // record alone.
        note_row(&mut ctx.session, ctx.cycle);
        self.save(&mut ctx, &mut response);
        origin::protect(&mut response);
        response
    }
}

/// Notes what was known of the visitor before: read when the handler first asked, so at no moment
/// of its own.
fn note_row(session: &mut Session, cycle: &mut Cycle) {
    if session.sent().is_none() {
        return;
    }
    cycle.also("opened", || {
        session.look();
        Detail::Row {
            cookie: session.sent().map(str::to_owned),
            refused: session.refusal().map(|refusal| refusal.to_string()),
            row: session.take_before(),
            place: session.place(),
        }
    });
}

/// Notes which rows beside the visitor's were changed.
fn note_stored(ctx: &mut Context) {
    let Some(by) = ctx.used_store.get() else { return };
    let rows: Vec<_> =
        ctx.store.take().into_iter().map(|note| (note.kind, note.key, note.is_kept)).collect();
    if !rows.is_empty() {
        ctx.cycle.step("stored", || Detail::Stored { rows, by, place: ctx.store.place() });
    }
}

fn wrong_method(request: &Request, allow: &str) -> Result<Response, Error> {
    if request.method == Method::Options {
        return Ok(options(allow));
    }
    let mut headers = crate::http::Headers::new();
    headers.append("Allow", allow);
    let why = format!("this URL is known, but not with {}; it allows {allow}", request.method);
    Err(Error::Status(Status::METHOD_NOT_ALLOWED, why, headers))
}

fn options(allow: &str) -> Response {
    Response::new(Status::NO_CONTENT).with_header("Allow", allow)
}
