//! What the glass's own pages fetch: no cycles, as those pages are none.
//!
//! A browser that opens `/cycles` asks for its style sheet and scripts, too. Recorded, these would
//! push out what one came to look at.

use carafe::cycle::Cycle;
use carafe::http::{Request, Response};
use carafe::{App, Service};

/// An application whose record leaves those requests out.
pub struct Unseen(pub App);

impl Service for Unseen {
    fn call(&self, request: Request, cycle: &mut Cycle) -> Response {
        if cycle.is_recording() && is_for_the_glass(&request) {
            cycle.discard();
        }
        self.0.call(request, cycle)
    }
}

/// True for a static file that a page of the glass names as the one it is for.
fn is_for_the_glass(request: &Request) -> bool {
    let is_part = request.path.starts_with("/static/") || request.path == "/favicon.ico";
    let referer =
        request.headers.get("Referer").filter(|_| is_part).and_then(|url| url.split_once("://"));
    let path = referer.and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let first = path.split(['/', '?']).next().unwrap_or("");
    matches!(first, "cycles" | "source")
}
