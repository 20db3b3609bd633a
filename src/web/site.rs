//! Deeper: Site: what the application knows, and every request may use.
//!
//! A [`Context`](super::context::Context) borrows the site: so a handler can ask for the path of a
//! route, a template or the secret key, and nothing of the site changes while it serves.

use super::error::Error;
use super::inside::Inside;
use super::route::Route;
use super::router::Router;
use super::session::Sessions;
use super::static_files::StaticFiles;
use super::store::{HeldRow, Kind, MemoryStore, Store};
use super::template::Templates;
use crate::cycle::{Recorder, StorePlace};
use crate::http::{Headers, Request};
use crate::random;
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

/// Routes, templates, and where state is kept. `settings` says what each setting is for.
pub struct Site {
    pub(super) router: Router,
    pub(super) templates: Templates,
    pub(super) files: Vec<Arc<StaticFiles>>,
    pub(super) sessions: Sessions,
    pub(super) store: Arc<dyn Store>,
    pub(super) secret_key: Vec<u8>,
    pub(super) inside: Inside,
    pub(super) recorder: Option<Arc<Recorder>>,
    /// As the path of a request is spelt, without a slash at its end; usually empty.
    pub(super) prefix: String,
    /// Values of the program's own types, the newest first.
    pub(super) state: Vec<Box<dyn Any + Send + Sync>>,
    /// What every answer tells the browser, unless its handler has set the same header.
    pub(super) protection: Headers,
    pub(super) origins: Vec<String>,
    /// Where the server listens.
    pub(super) address: String,
}

impl Default for Site {
    fn default() -> Site {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let mut protection = Headers::new();
        // The browser must believe the Content-Type, and not guess a page from a text.
        protection.append("X-Content-Type-Options", "nosniff");
        // Do not tell other sites which page the visitor came from. (With `no-referrer`, Chromium
        // sends `Origin: null` even for this site's own forms, and those would be refused.)
        protection.append("Referrer-Policy", "same-origin");
        protection.append("Content-Security-Policy", "frame-ancestors 'none'");
        Site {
            router: Router::default(),
            templates: Templates::from_dir("templates"),
            files: Vec::new(),
            sessions: Sessions::new(Arc::clone(&store), Duration::from_secs(1800)),
            store,
            secret_key: random::bytes::<32>().to_vec(),
            inside: Inside::default(),
            recorder: None,
            prefix: String::new(),
            state: Vec::new(),
            protection,
            origins: Vec::new(),
            address: "127.0.0.1:8000".to_owned(),
        }
    }
}

impl Site {
    /// A path without the prefix of the site; `None` if it is not below the prefix.
    pub(super) fn path_inside<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(&*self.prefix).filter(|inside| inside.starts_with('/'))
    }

    /// The address by which a client reached this server: `http://127.0.0.1:8000`, or the `https`
    /// address of a trusted proxy.
    pub(super) fn address_for(&self, request: &Request) -> String {
        let host = request.headers.get("Host").unwrap_or(&self.address);
        format!("{}://{host}", request.scheme())
    }

    /// Refuses settings that do not go together.
    ///
    /// # Panics
    ///
    /// If two handlers have one name, or no page below the prefix would get the session's cookie.
    pub(super) fn check(&self) {
        let known = self.router.routes();
        for route in known.iter().filter(|route| !route.name.is_empty()) {
            let (name, source) = (&route.name, route.source);
            let is_other = |it: &&Route| it.name == *name && it.handler_type != route.handler_type;
            if let Some(Route { source: other, .. }) = known.iter().find(is_other) {
                let advice = "give one another .name(…)";
                panic!("two handlers are called {name:?}: {source} and {other}; {advice}");
            }
        }
        let (path, prefix) = (self.sessions.path.trim_end_matches('/'), &*self.prefix);
        let is_below =
            |path: &str, other: &str| format!("{path}/").starts_with(&format!("{other}/"));
        assert!(
            is_below(path, prefix) || is_below(prefix, path),
            "found the cookie path {path:?} and the prefix {prefix:?}, expected one below the other"
        );
    }

    /// Forgets what a restart of this process would forget.
    pub fn forget(&self) {
        self.sessions.store.forget();
        self.store.forget();
    }

    /// Where sessions are kept.
    pub fn place(&self) -> StorePlace {
        self.sessions.store.place()
    }

    /// The number of templates and of static files that are in memory now.
    pub fn kept_files(&self) -> (usize, usize) {
        (self.templates.parsed(), self.files.iter().map(|files| files.in_memory.count()).sum())
    }

    /// How sessions are kept: how many at most, and how long after the last use.
    pub fn session_kind(&self) -> &Kind {
        &self.sessions.kind
    }

    /// Shows each row that this process holds: the sessions, and rows of all other kinds. Rows that
    /// another program keeps are left out, because that program would have to be asked.
    pub fn inspect(&self, see: &mut dyn FnMut(&HeldRow)) {
        self.sessions.store.inspect(see);
        if !Arc::ptr_eq(&self.sessions.store, &self.store) {
            self.store.inspect(see);
        }
    }
}

/// Whether a request may go to a handler.
pub enum Admission {
    /// It may.
    Admitted,
    /// Its path is not below the site's prefix, so it is not for this site.
    Outside,
    /// It may not. The error says why: 501 if no route knows the method, 403 if a page of another
    /// site has asked.
    Denied(Error),
}
