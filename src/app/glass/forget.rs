//! Amnesia: the server forgets what a restart would forget, and says what that is.
//!
//! What is forgotten depends on the store, and so do the words: on a file, a restart forgets
//! nothing.
//!
//! Left out: forgetting one visitor. `/dropsession` does that, for whoever asks.

use super::open;
use carafe::cycle::StorePlace;
use carafe::http::Response;
use carafe::{Context, Error};

/// `POST /forget`
pub fn forget(ctx: &mut Context) -> Result<Response, Error> {
    open(ctx)?;
    ctx.site().forget();
    if ctx.request.prefers_html() {
        let back = ctx.request.headers.get("Referer").and_then(|url| url.strip_prefix(&ctx.base()));
        let back = back
            .filter(|path| path.starts_with('/') && !path.starts_with("//"))
            .unwrap_or("/cycles")
            .to_owned();
        return Ok(Response::redirect(&back));
    }
    Ok(match ctx.site().place() {
        StorePlace::Memory => Response::text(
            "Forgotten. Every visitor is a stranger now, though each still sends its cookie.\n",
        ),
        place => Response::text(format!("This {}.\n", effect(place))),
    })
}

/// What forgetting does where sessions are kept here; for a button, and for whoever asks without
/// one.
pub fn effect(place: StorePlace) -> &'static str {
    match place {
        StorePlace::Memory => {
            "wipes the memory, as a restart would; browsers go on sending their cookies, and nobody knows them"
        }
        StorePlace::Nowhere => {
            "wipes the memory, as a restart would: accounts and orders; of visitors nothing is in it"
        }
        StorePlace::Cookie => {
            "wipes the memory, as a restart would: accounts and orders; who visitors are, their cookies carry"
        }
        StorePlace::File => "does what a restart would: nothing, for the rows are in a file",
        StorePlace::Elsewhere => {
            "does what a restart would: nothing, for the rows are in another program"
        }
    }
}
