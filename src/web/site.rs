//! Deeper: Site: what the application knows, and every request may use.
//!
//! An [`App`](super::app::App) is a site, its handlers and its hooks. A handler is given a
//! [`Context`](super::context::Context), which borrows the site: so a handler can ask for the path
//! of a route, a template or the secret key, and nothing of the site changes while it serves.

use super::error::Error;
use super::inside::Inside;
use super::router::Router;
use super::session::Sessions;
use super::store::{MemoryStore, Store};
use super::template::Templates;
use super::url_for::{UrlError, url_for};
use crate::cycle::{Recorder, StorePlace};
use crate::http::{Headers, Request};
use crate::random;
use crate::value::Value;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Routes, templates, and where state is kept.
pub struct Site {
    pub(super) router: Router,
    pub(super) templates: Templates,
    pub(super) sessions: Sessions,
    /// For rows of all kinds but sessions.
    pub(super) store: Arc<dyn Store>,
    pub(super) secret_key: Vec<u8>,
    pub(super) inside: Inside,
    pub(super) recorder: Option<Arc<Recorder>>,
    /// The path below which the whole site is, without a slash at its end; usually empty.
    pub(super) prefix: String,
    /// Values of the program's own types, one of each.
    pub(super) state: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    /// What every answer tells the browser.
    pub(super) protection: Headers,
    /// The origins of other sites whose pages may ask.
    pub(super) origins: Vec<String>,
}

/// What every answer tells the browser, unless its handler has set the same header.
fn protection() -> Headers {
    let mut headers = Headers::new();
    // The browser must believe the Content-Type, and not guess a page from a text.
    headers.append("X-Content-Type-Options", "nosniff");
    // Do not tell other sites which page the visitor came from. (With `no-referrer`, Chromium sends
    // `Origin: null` even for this site's own forms, and those would be refused.)
    headers.append("Referrer-Policy", "same-origin");
    headers.append("Content-Security-Policy", "frame-ancestors 'none'");
    headers
}

impl Default for Site {
    fn default() -> Site {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        Site {
            router: Router::default(),
            templates: Templates::from_dir("templates"),
            sessions: Sessions::new(Arc::clone(&store), Duration::from_secs(1800)),
            store,
            secret_key: random::bytes::<32>().to_vec(),
            inside: Inside::default(),
            recorder: None,
            prefix: String::new(),
            state: HashMap::new(),
            protection: protection(),
            origins: Vec::new(),
        }
    }
}

impl Site {
    /// Takes the prefix of the site off the path of a request.
    ///
    /// # Errors
    ///
    /// 404 if the path is not below the prefix.
    pub(super) fn enter(&self, request: &mut Request) -> Result<(), Error> {
        if self.prefix.is_empty() {
            return Ok(());
        }
        let inside = request.path.strip_prefix(&*self.prefix).ok_or(Error::NotFound)?;
        if !inside.is_empty() && !inside.starts_with('/') {
            return Err(Error::NotFound);
        }
        request.path = inside.to_owned();
        Ok(())
    }

    /// The path of the route of this name: see [`url_for`](super::url_for). With `_external=true`
    /// it begins with the address by which this request has reached the server.
    ///
    /// # Errors
    ///
    /// If there is no such route, or a value is missing.
    pub fn url_for(
        &self,
        request: &Request,
        name: &str,
        values: &[(&str, Value)],
    ) -> Result<String, UrlError> {
        let external = values.iter().find(|(name, _)| *name == "_external");
        let is_external = external.is_some_and(|(_, value)| *value == Value::Bool(true));
        if is_external {
            let front = address_of(request) + &self.prefix;
            return url_for(&self.router, &front, name, values);
        }
        url_for(&self.router, &self.prefix, name, values)
    }

    /// Forgets what a restart of this process would forget.
    pub fn forget(&self) {
        self.sessions.store.all_rows().forget();
        self.store.all_rows().forget();
    }

    /// Where sessions are kept.
    pub fn place(&self) -> StorePlace {
        self.sessions.store.place()
    }
}

/// The address by which a client reached this server: `http://127.0.0.1:8000`, or the `https`
/// address of a trusted proxy.
pub(super) fn address_of(request: &Request) -> String {
    let host = request.headers.get("Host").unwrap_or("127.0.0.1");
    format!("{}://{host}", request.scheme())
}
