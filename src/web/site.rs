//! Deeper: Site: what the application knows, and every request may use.
//!
//! An [`App`](super::app::App) is a site and its handlers. A handler is given a
//! [`Context`](super::context::Context), which borrows the site: so a handler can ask for the path
//! of a route, a template or the secret key, and nothing of the site changes while it serves.

use super::inside::Inside;
use super::router::Router;
use super::session::Sessions;
use super::static_files::StaticFiles;
use super::store::{MemoryStore, Store};
use super::template::Templates;
use crate::cycle::{Recorder, StorePlace};
use crate::http::fields::percent_encode;
use crate::random;
use std::sync::Arc;
use std::time::Duration;

/// Routes, templates, files, and where state is kept.
pub struct Site {
    pub(super) router: Router,
    pub(super) templates: Templates,
    /// The path below which files are served, with a slash at its end; and the files.
    pub(super) files: Option<(String, StaticFiles)>,
    pub(super) sessions: Sessions,
    /// For rows of all kinds but sessions.
    pub(super) store: Arc<dyn Store>,
    pub(super) secret_key: Vec<u8>,
    pub(super) inside: Inside,
    pub(super) recorder: Option<Arc<Recorder>>,
}

impl Default for Site {
    fn default() -> Site {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        Site {
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
}

impl Site {
    /// The path of the route of this name. The name `static` with the value `filename` is a file.
    ///
    /// # Errors
    ///
    /// A sentence, if there is no such route or a value is missing.
    pub fn url_for(&self, name: &str, values: &[(&str, String)]) -> Result<String, String> {
        match (name, values, &self.files) {
            ("static", [("filename", file)], Some((prefix, _))) => {
                Ok(format!("{prefix}{}", percent_encode(file, "-._~/")))
            }
            ("static", _, _) => {
                Err("url_for('static', …) needs filename='…', and a folder of files".into())
            }
            _ => self.router.url_for(name, values),
        }
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
}
