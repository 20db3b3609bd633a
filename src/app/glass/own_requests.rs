//! Deeper: Keeps the requests of these pages out of the record, and other people out of the pages.
//!
//! A browser that opens `/cycles` also asks for its style sheet and scripts. If they were recorded,
//! they would push out the cycles that somebody wants to see.

use carafe::http::Request;
use carafe::{Context, Error, Response};

/// Refuses a client that may not look inside, and takes its request out of the record.
pub fn admit(ctx: &mut Context) -> Result<(), Error> {
    ctx.unrecorded();
    ctx.check_inside()
}

/// An answer that is true only now, and may differ for a browser and for curl.
pub fn uncached(response: Response) -> Response {
    response.with_header("Vary", "Accept").with_header("Cache-Control", "no-store")
}

/// A hook that runs before each handler. It does not record the static files of these pages, and it
/// tells templates (`closed`, `no_cycles`) which links to hide.
pub fn leave_out(ctx: &mut Context) -> Result<Option<Response>, Error> {
    let is_closed = ctx.check_inside().is_err();
    if is_closed {
        ctx.g.insert("closed", true);
    }
    if is_closed || ctx.recorder().is_none() {
        ctx.g.insert("no_cycles", true);
    }
    if !is_closed && is_for_the_glass(ctx.request) {
        ctx.unrecorded();
    }
    Ok(None)
}

/// True for a static file if its Referer is one of these pages.
fn is_for_the_glass(request: &Request) -> bool {
    let is_file = request.path.starts_with("/static/") || request.path == "/favicon.ico";
    let page = request.headers.get("Referer").filter(|_| is_file);
    let path =
        page.and_then(|url| url.split_once("://")?.1.split_once('/')).map_or("", |(_, path)| path);
    let first = path.split(['/', '?']).next().unwrap_or("");
    matches!(first, "cycles" | "memory" | "source")
}
