//! Deeper: Makes the server forget what a restart would forget.
//!
//! What is forgotten depends on the store: with a file, a restart forgets nothing. `words.txt` says
//! it for each.
//!
//! Left out: forgetting one visitor. `/dropsession` does that for its own visitor.

use super::own_requests::admit;
use super::words::{name_of, say};
use carafe::cycle::StorePlace;
use carafe::http::Response;
use carafe::{Context, Error};

/// `POST /forget`
pub fn forget(ctx: &mut Context) -> Result<Response, Error> {
    admit(ctx)?;
    ctx.site().forget();
    if ctx.request.prefers_html() {
        let page = ctx.request.headers.get("Referer").and_then(|url| url.strip_prefix(&ctx.base()));
        // `//host` would lead to another server.
        let page = page.filter(|path| path.starts_with('/') && !path.starts_with("//"));
        return Ok(Response::redirect(page.unwrap_or("/cycles")));
    }
    let place = ctx.site().place();
    let effect = [("effect", &*effect(place))];
    Ok(Response::text(say("forgotten", name_of(place), &effect) + "\n"))
}

/// What forgetting does if sessions are kept here: the end of a sentence.
pub fn effect(place: StorePlace) -> String {
    say("forget", name_of(place), &[])
}
