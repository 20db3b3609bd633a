//! Deeper: What a program says before it serves: its routes, files, hooks and settings.
//!
//! Each function is called before the server starts. A later call replaces what an earlier one has
//! set, except where a function says that it adds something.

use super::app::App;
use super::context::Context;
use super::error::Error;
use super::file_route::file_handler;
use super::handler::IntoResponse;
use super::hooks::Blueprint;
use super::inside::Inside;
use super::pattern::Pattern;
use super::route::{Route, RouteExample};
use super::session::Sessions;
use super::static_files::StaticFiles;
use super::store::Store;
use super::template::Templates;
use super::url_for::UrlError;
use crate::cycle::Recorder;
use crate::http::{Method, Request, Response};
use crate::value::Value;
use std::any::{Any, TypeId, type_name};
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// One method of [`App`] for each method of HTTP.
macro_rules! methods {
    ($($name:ident $method:ident $($word:literal)?;)*) => {
        impl App {$(
            #[doc = concat!("Answers ", stringify!($method), $($word,)? " of a pattern such as ")]
            /// `/hello/<name>`. Panics as [`route`](App::route).
            #[track_caller]
            pub fn $name<R: IntoResponse>(
                &mut self,
                pattern: impl AsRef<str>,
                handler: impl Fn(&mut Context) -> R + Send + Sync + 'static,
            ) -> &mut Route {
                self.route(Method::$method, pattern, handler)
            }
        )*}
    };
}

methods! {
    get Get " and HEAD";
    post Post;
    put Put;
    patch Patch;
    delete Delete;
}

impl App {
    /// An application without routes. Its templates are in `templates/`, and its state is in memory
    /// for 30 minutes.
    pub fn new() -> App {
        App::default()
    }

    /// Answers one or several methods of a pattern: `[Method::Get, Method::Post]`.
    ///
    /// # Panics
    ///
    /// If the pattern breaks the grammar, or is registered twice.
    #[track_caller]
    pub fn route<R: IntoResponse, H: Fn(&mut Context) -> R + Send + Sync + 'static>(
        &mut self,
        methods: impl AsRef<[Method]>,
        pattern: impl AsRef<str>,
        handler: H,
    ) -> &mut Route {
        let pattern = match Pattern::parse(pattern.as_ref()).and_then(|it| self.blueprint.place(it))
        {
            Ok(pattern) => pattern,
            Err(why) => panic!("{why}"),
        };
        let methods = methods.as_ref().to_vec();
        let is_plain_get = methods.contains(&Method::Get) && !pattern.has_places();
        let example = RouteExample { path: pattern.text().to_owned(), form: String::new() };
        self.handlers.push(Box::new(move |ctx| handler(ctx).into_response()));
        let mut route = Route {
            methods,
            pattern,
            name: "".into(),
            source: Location::caller(),
            example: is_plain_get.then_some(example),
            handler: self.handlers.len() - 1,
            handler_type: TypeId::of::<H>(),
            blueprint: self.blueprint.name.clone(),
            is_files: false,
        };
        if let Some(name) = function_name(type_name::<H>()) {
            route.name(&name);
        }
        self.site.router.add(route)
    }

    /// Adds the files of a folder under a path: `/static`. Their name for `url_for` is the path
    /// without its first slash.
    ///
    /// # Panics
    ///
    /// If the path does not begin with a slash, or has files already.
    #[track_caller]
    pub fn files(&mut self, prefix: &str, files: StaticFiles) {
        let prefix = prefix.trim_end_matches('/');
        let depth = self.blueprint.prefix.matches('/').count() + prefix.matches('/').count();
        let handler = file_handler(files, depth);
        let route = self.get(format!("{prefix}/<path:filename>"), handler);
        route.name(prefix.trim_start_matches('/')).is_files = true;
    }

    /// Registers a part of the site: everything that `register` registers has this prefix, this
    /// name with a point in front, and hooks that run only below the prefix.
    ///
    /// ```
    /// use carafe::{App, Context, Error, Response, web::client::Client};
    ///
    /// let mut app = App::new();
    /// app.blueprint("admin", "/admin", |admin| {
    ///     admin.get("/", |_: &mut Context| "the admin's page").name("index");
    ///     admin.before(|ctx: &mut Context| -> Result<Option<Response>, Error> {
    ///         let is_admin = ctx.session.text("user").as_deref() == Some("admin");
    ///         if is_admin { Ok(None) } else { Err(Error::Forbidden("only for the admin".into())) }
    ///     });
    /// });
    /// assert_eq!(app.url_for("admin.index", &[]).as_deref(), Ok("/admin/"));
    /// assert_eq!(Client::new(&app).get("/admin/").status(), 403);
    /// ```
    ///
    /// # Panics
    ///
    /// If the prefix does not begin with a slash.
    #[track_caller]
    pub fn blueprint(&mut self, name: &str, prefix: &str, register: impl FnOnce(&mut App)) {
        check_prefix(prefix);
        let outer = self.blueprint.clone();
        self.blueprint = Blueprint {
            prefix: format!("{}{}", outer.prefix, prefix.trim_end_matches('/')),
            name: format!("{}{name}.", outer.name),
        };
        register(self);
        self.blueprint = outer;
    }

    /// Adds a hook that runs before the handler; the first answer wins. See
    /// [`hooks`](super::hooks).
    pub fn before(
        &mut self,
        hook: impl Fn(&mut Context) -> Result<Option<Response>, Error> + Send + Sync + 'static,
    ) {
        self.hooks.before.add(self.hook_prefix(), Box::new(hook));
    }

    /// Adds a hook that sees every answer.
    pub fn after(&mut self, hook: impl Fn(&mut Context, &mut Response) + Send + Sync + 'static) {
        self.hooks.after.add(self.hook_prefix(), Box::new(hook));
    }

    /// Adds a hook that may answer in the place of the error page.
    pub fn on_error(
        &mut self,
        hook: impl Fn(&mut Context, &Error) -> Option<Response> + Send + Sync + 'static,
    ) {
        self.hooks.on_error.add(self.hook_prefix(), Box::new(hook));
    }

    fn hook_prefix(&self) -> Option<Pattern> {
        Pattern::parse(&self.blueprint.prefix).ok()
    }

    /// Puts the whole site below a path, such as `/app`, for a proxy that passes on the paths as
    /// they are. Handlers and hooks see the path without the prefix; `url_for` adds it.
    ///
    /// # Panics
    ///
    /// If the prefix does not begin with a slash.
    #[track_caller]
    pub fn prefix(&mut self, prefix: &str) {
        check_prefix(prefix);
        self.site.prefix = prefix.trim_end_matches('/').to_owned();
        let path = self.site.prefix.clone();
        self.session_cookie(&self.site.sessions.cookie.clone(), &path);
    }

    /// Adds a value that every handler can use: see [`Context::state`].
    pub fn state<T: Any + Send + Sync>(&mut self, value: T) {
        self.site.state.insert(TypeId::of::<T>(), Box::new(value));
    }

    /// Takes the templates from here.
    pub fn templates(&mut self, templates: Templates) {
        self.site.templates = templates;
    }

    /// Keeps sessions in this store, each for `lifetime` after its last use, and `most` of them.
    /// Defaults to the memory.
    pub fn sessions(&mut self, store: Arc<dyn Store>, lifetime: Duration, most: usize) {
        let Sessions { cookie, path, .. } = self.site.sessions.clone();
        self.site.sessions = Sessions::new(store, lifetime).at_most(most).in_cookie(cookie, path);
    }

    /// The name of the session's cookie, and the path for which browsers send it. Two sites on one
    /// host need different names, or different paths. Defaults to `carafe_sid` and the whole site.
    pub fn session_cookie(&mut self, name: &str, path: &str) {
        let sessions = self.site.sessions.clone();
        self.site.sessions = sessions.in_cookie(name.to_owned(), path.to_owned());
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

    /// Who may see the text of a failure. Defaults to this machine under a known Host.
    pub fn inside(&mut self, inside: Inside) {
        self.site.inside = inside;
    }

    /// Where cycles are recorded, for pages that show them.
    pub fn recorder(&mut self, recorder: Arc<Recorder>) {
        self.site.recorder = Some(recorder);
    }

    /// What every page may load and do, as a `Content-Security-Policy`. Defaults to
    /// `frame-ancestors 'none'`: no other site shows a page of this one in a frame.
    pub fn policy(&mut self, policy: &str) {
        self.site.protection.set("Content-Security-Policy", policy);
    }

    /// Adds an origin, such as `https://shop.example`, whose pages may ask this site by script,
    /// also for changes, but never with the visitor's cookies.
    pub fn allow_origin(&mut self, origin: &str) {
        self.site.origins.push(origin.trim_end_matches('/').to_owned());
    }

    /// All routes, in the order in which they are tried.
    pub fn routes(&self) -> &[Route] {
        self.site.router.routes()
    }

    /// See [`Site::url_for`](super::site::Site::url_for); without a request, the server's
    /// address is not known, and `localhost` stands for it.
    ///
    /// # Errors
    ///
    /// If there is no such route, or a value is missing.
    pub fn url_for(&self, name: &str, values: &[(&str, Value)]) -> Result<String, UrlError> {
        self.site.url_for(&Request::new(Method::Get, "/"), name, values)
    }
}

#[track_caller]
fn check_prefix(prefix: &str) {
    assert!(prefix.starts_with('/'), "the prefix {prefix:?} must start with a slash");
}

/// The name of a function in the name of its type: `hello` in `site::pages::hello::<Text>`. A
/// closure and a pointer have none.
fn function_name(path: &str) -> Option<String> {
    let mut depth = 0;
    let is_outside = |letter: &char| {
        depth += i32::from(*letter == '<');
        let is_outside = depth == 0;
        depth -= i32::from(*letter == '>');
        is_outside
    };
    let plain: String = path.chars().filter(is_outside).collect();
    let is_word = |name: &str| name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    let name = plain.trim_end_matches(':').rsplit("::").next()?;
    Some(name.to_owned()).filter(|name| !name.is_empty() && is_word(name))
}
