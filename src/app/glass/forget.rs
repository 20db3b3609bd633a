//! Deeper: Makes the server forget what a restart would forget, and says what that is.
//!
//! What is forgotten depends on the store, and so do the words: with a file, a restart forgets
//! nothing.
//!
//! Left out: forgetting one visitor. `/dropsession` does that for its own visitor.

use super::own_requests::admit;
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
    Ok(Response::text(match ctx.site().place() {
        StorePlace::Memory => {
            "Forgotten. Every visitor is a stranger now, though each still sends its cookie.\n"
                .to_owned()
        }
        place => format!("This {}.\n", effect(place)),
    }))
}

/// What forgetting does if sessions are kept here: the end of a sentence.
pub fn effect(place: StorePlace) -> &'static str {
    match place {
        StorePlace::Memory => {
            "wipes the memory, as a restart would; browsers go on sending their cookies, \
             and nobody knows them"
        }
        StorePlace::Nowhere => {
            "wipes the memory, as a restart would: accounts and orders; \
             it holds nothing of visitors"
        }
        StorePlace::Cookie => {
            "wipes the memory, as a restart would: accounts and orders; who visitors are, \
             their cookies carry"
        }
        StorePlace::File => "does what a restart would: nothing, for the rows are in a file",
        StorePlace::Elsewhere => {
            "does what a restart would: nothing, for the rows are in another program"
        }
    }
}
