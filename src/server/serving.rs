//! What all connections of a server use together: the service that answers them, limits, counters.
//!
//! [`Serving`] is made once, when the server starts.

use super::log::Log;
use super::open::Connections;
use crate::cycle::{Cycle, Recorder};
use crate::http::bodies::Bodies;
use crate::http::forwarded::Proxies;
use crate::http::{Limits, ParseError, Request, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Answers requests: the border between server and framework. Python calls it WSGI.
pub trait Service: Send + Sync + 'static {
    /// Answers one request. Many threads call this at the same time. A panic becomes a 500. `cycle`
    /// is where the server notes what happens, for the page `/cycles`.
    ///
    /// The request is lent, because the connection uses its memory again for the next one. The
    /// service may take path, headers and body out of it; then the log cannot show them.
    fn call(&self, request: &mut Request, cycle: &mut Cycle) -> Response;

    /// What stands before all its paths, such as `/app`. The server prints it after its address.
    fn path_prefix(&self) -> &str {
        ""
    }

    /// Is called once, before the first request. It may panic at a mistake of the program.
    fn start(&self) {}

    /// Makes the answer to a message that the server refuses, if its method and its path could be
    /// read. The rest of the request may be missing or wrong. The connection closes after the
    /// answer. By default the server answers with a line of text. The log shows its warnings.
    fn refused(&self, _request: &Request, _error: &ParseError, _: &mut Cycle) -> Option<Response> {
        None
    }
}

pub(super) struct Serving {
    pub service: Box<dyn Service>,
    pub limits: Limits,
    pub proxies: Proxies,
    pub log: Log,
    /// Keeps the cycles; `None` if they are not recorded.
    pub recorder: Option<Arc<Recorder>>,
    pub stopping: Arc<AtomicBool>,
    /// Counts the memory of all bodies.
    pub bodies: Arc<Bodies>,
    pub connections: Connections,
    /// How many threads are in streams.
    pub streams: AtomicUsize,
}

impl Serving {
    /// True once the server has been stopped.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}
