//! Deeper: What a program says before it serves: its files, hooks and settings.
//!
//! A later call replaces what an earlier one has set, except where a function adds something.

use super::app::App;
use super::context::Context;
use super::error::Error;
use super::file_route::file_handler;
use super::handler::IntoResponse;
use super::hooks;
use super::inside::Inside;
use super::origin::normal;
use super::pattern::Pattern;
use super::route::{Blueprint, Route, right};
use super::router::Router;
use super::static_files::StaticFiles;
use super::store::Store;
use super::template::Templates;
use super::url_for::UrlError;
use crate::cycle::Recorder;
use crate::http::fields::percent_encode;
use crate::http::target::normal_path;
use crate::http::{Method, Request, Response, SetCookie};
use crate::value::Value;
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

/// One method of [`App`] for each method of HTTP.
macro_rules! methods {
    ($($name:ident $method:ident $($word:literal)?;)*) => {
        impl App {$(
            #[doc = concat!("Answers ", stringify!($method), $($word,)? " of a pattern, as ")]
            /// [`route`](App::route) does.
            #[track_caller]
            pub fn $name<R: IntoResponse>(
                &mut self,
                pattern: impl AsRef<str>,
                handler: impl Fn(&mut Context) -> R + Send + Sync + 'static,
            ) -> &mut Route {
                self.route([Method::$method], pattern, handler)
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

impl Router {
    /// Adds a route, and gives it back.
    ///
    /// # Panics
    ///
    /// If there is a route that takes the same requests. The message names both lines.
    #[track_caller]
    pub fn add(&mut self, route: Route) -> &mut Route {
        if let Some(known) = self.routes.iter().find(|known| known.overlaps(&route)) {
            let pattern = route.pattern.text();
            panic!("{pattern} is registered twice: {} and {}", known.source, route.source);
        }
        self.plain_count += usize::from(!route.pattern.has_params());
        let at = self.routes.partition_point(|known| known.comes_before(&route));
        self.routes.insert(at, route);
        &mut self.routes[at]
    }

    /// All routes, in the order in which they are tried.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }
}

impl App {
    /// No routes; templates in `templates/`, and sessions in memory for 30 minutes.
    pub fn new() -> App {
        App::default()
    }

    /// Adds the files of a folder under a path: `/static`. Their name for `url_for` is this path
    /// without its first slash, `static`, and in a blueprint `adm.static`.
    ///
    /// # Panics
    ///
    /// If the path does not begin with a slash, or has files already.
    #[track_caller]
    pub fn files(&mut self, prefix: &str, files: StaticFiles) {
        let prefix = prefix.trim_end_matches('/');
        let depth = self.blueprint.prefix.matches('/').count() + prefix.matches('/').count();
        let files = Arc::new(files);
        self.site.files.push(Arc::clone(&files));
        let route = self.get(format!("{prefix}/<path:filename>"), file_handler(files, depth));
        route.name(prefix.trim_start_matches('/')).is_files = true;
    }

    /// Registers a part of the site: what `register` registers has this prefix, this name with a
    /// point in front, and hooks that run only below the prefix. The pattern `""` is the prefix
    /// itself, if it has one. With `/` or nothing as the prefix, the hooks run for the routes of
    /// this part: see [`hooks`]. If the prefix has a parameter, `ctx.param` knows its
    /// value only where a route was found.
    ///
    /// # Panics
    ///
    /// If the prefix does not begin with a slash.
    #[track_caller]
    pub fn blueprint(&mut self, name: &str, prefix: &str, register: impl FnOnce(&mut App)) {
        let (outer, own) = (self.blueprint.clone(), checked_prefix(prefix));
        let prefix = format!("{}{own}", outer.prefix);
        let path = Pattern::parse(&prefix).ok().filter(|_| !own.is_empty());
        self.blueprint = Blueprint { prefix, path, name: format!("{}{name}.", outer.name) };
        register(self);
        self.blueprint = outer;
    }

    /// Adds a hook that runs before the handler: see [`hooks`].
    pub fn before(
        &mut self,
        hook: impl Fn(&mut Context) -> Result<Option<Response>, Error> + Send + Sync + 'static,
    ) {
        hooks::add(&mut self.hooks.before, &self.blueprint, Box::new(hook));
    }

    /// Adds a hook that sees every answer. Behind it, the headers that protect an answer in the
    /// browser are added where they are missing. So a hook can give one of them another value, and
    /// cannot remove it.
    pub fn after(&mut self, hook: impl Fn(&mut Context, &mut Response) + Send + Sync + 'static) {
        hooks::add(&mut self.hooks.after, &self.blueprint, Box::new(hook));
    }

    /// Adds a hook that may answer instead of the error page. Where no method or no path can
    /// be read at the beginning of a message, no hook is asked. Of another message that the server
    /// itself refuses (400, 413, 414, 431 and others), the context has:
    ///
    /// * the method, and the path, as it was written if it breaks the rules;
    /// * of the headers `Accept`, and for a client that may look inside also `Host`;
    /// * a session that is empty and is not kept.
    pub fn on_error(
        &mut self,
        hook: impl Fn(&mut Context, &Error) -> Option<Response> + Send + Sync + 'static,
    ) {
        hooks::add(&mut self.hooks.on_error, &self.blueprint, Box::new(hook));
    }

    /// Puts the whole site below a path, such as `/app`. Handlers and hooks see the path without
    /// it; `url_for` adds it. Any other path is a 404, and no `before` runs for it.
    ///
    /// # Panics
    ///
    /// If the prefix does not begin with a slash, or has a parameter or a `;`.
    #[track_caller]
    pub fn prefix(&mut self, prefix: &str) {
        let text = checked_prefix(prefix);
        // It is the path of the session's cookie, where a `;` begins an attribute.
        let is_right = !text.contains(['<', ';']);
        assert!(is_right, "found the prefix {prefix:?}, expected none with a parameter or a ;");
        self.site.prefix = normal_path(&percent_encode(text, "/")).into_owned();
        self.site.sessions.prefix = self.site.prefix.clone();
    }

    /// Adds a value that every handler can use: see [`Context::state`].
    pub fn state<T: Any + Send + Sync>(&mut self, value: T) {
        self.site.state.insert(0, Box::new(value));
    }

    /// Takes the templates from here.
    pub fn templates(&mut self, templates: Templates) {
        self.site.templates = templates;
    }

    /// Keeps sessions in this store, each for `lifetime` after its last use, and `most` of them.
    /// Defaults to the memory, where a restart ends them, also permanent ones.
    pub fn sessions(&mut self, store: Arc<dyn Store>, lifetime: Duration, most: usize) {
        self.site.sessions.store = store;
        let kind = &mut self.site.sessions.kind;
        (kind.lifetime, kind.most) = (Some(lifetime), most);
    }

    /// How large the row of a session may be, in bytes of its JSON. Defaults to 16 KiB; a store may
    /// take less, a cookie 4 KiB.
    pub fn session_bytes(&mut self, most: usize) {
        self.site.sessions.kind.row_bytes = most;
    }

    /// The name of the session's cookie, and the path for which browsers send it, with the prefix
    /// of the site. An empty path is the whole site. Two sites on one host need different names or
    /// paths. Defaults to `carafe_sid` and the whole site.
    ///
    /// # Panics
    ///
    /// If no cookie can have this name or path.
    #[track_caller]
    pub fn session_cookie(&mut self, name: &str, path: &str) {
        right(SetCookie::new(name, ""));
        let is_right = |byte: u8| byte.is_ascii_graphic() && byte != b';';
        assert!(
            path.is_empty() || path.starts_with('/') && path.bytes().all(is_right),
            "found the path {path:?}, expected a slash and then letters of ASCII but ;"
        );
        let sessions = &mut self.site.sessions;
        (sessions.cookie, sessions.path) = (name.to_owned(), path.to_owned());
    }

    /// Keeps rows of all other kinds in this store. Defaults to the memory. Sessions stay where
    /// [`sessions`](App::sessions) puts them.
    pub fn store(&mut self, store: Arc<dyn Store>) {
        self.site.store = store;
    }

    /// The key to sign with. Defaults to 32 random bytes.
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

    /// Where the server listens, for the commands on pages: see [`Context::base`]. Defaults to
    /// `127.0.0.1:8000`.
    pub fn address(&mut self, address: &str) {
        self.site.address = address.to_owned();
    }

    /// What a page may load and do, as a `Content-Security-Policy`. Defaults to `frame-ancestors
    /// 'none'`: no other site shows it in a frame. Your policy takes the place of this one, so say
    /// it again to keep it.
    pub fn policy(&mut self, policy: &str) {
        self.site.protection.set("Content-Security-Policy", policy);
    }

    /// Adds an origin, such as `https://shop.example`, whose pages may ask this site by script,
    /// also for changes, but never with the visitor's cookies.
    ///
    /// # Panics
    ///
    /// If no page could have this origin: it has no scheme, or a path, or letters beyond ASCII,
    /// for which a browser sends `xn--` and others.
    #[track_caller]
    pub fn allow_origin(&mut self, origin: &str) {
        let expected = "http:// or https:// and a host in ASCII, without a path";
        let why = || format!("found the origin {origin:?}, expected {expected}");
        self.site.origins.push(right(normal(origin.trim_end_matches('/')).ok_or_else(why)));
    }

    /// All routes, in the order in which they are tried.
    pub fn routes(&self) -> &[Route] {
        self.site.router.routes()
    }

    /// As [`Context::url_for`], with `localhost` for the address of the server.
    ///
    /// # Errors
    ///
    /// If there is no such route, or a value is missing.
    pub fn url_for(&self, name: &str, values: &[(&str, Value)]) -> Result<String, UrlError> {
        self.site.url_for(&Request::new(Method::Get, "/"), None, name, values)
    }
}

/// A prefix without a slash at its end.
#[track_caller]
fn checked_prefix(prefix: &str) -> &str {
    if !prefix.is_empty() {
        right(Pattern::parse(prefix));
    }
    let text = prefix.trim_end_matches('/');
    // Browsers take them out of a link.
    let is_right = text.split('/').skip(1).all(|part| !["", ".", ".."].contains(&part));
    assert!(is_right, "found the prefix {prefix:?}, expected no part that is empty or only dots");
    text
}
