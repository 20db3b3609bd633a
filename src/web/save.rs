//! Save: what an answer promises is safe before the answer leaves.
//!
//! Changes go to the store while the handler runs. Before the answer leaves, the store is asked to
//! make them safe: for a file this means to wait for the disk. If it cannot, the answer is an
//! error, because the handler's answer would promise what may be lost.

use super::context::Context;
use super::error::Error;
use super::session::Session;
use super::store::Store;
use super::visitor_record::record;
use crate::http::{Response, SetCookie};

/// Makes the changes of a request safe, and gives the answer its cookie.
///
/// # Errors
///
/// What the store could not do. From then on this request treats the visitor as a stranger.
pub fn save(ctx: &mut Context, response: &mut Response) -> Result<(), Error> {
    let is_used = ctx.session.is_used() || ctx.used_store.get().is_some();
    // For the cycle, `record`, below, looks up a session that no handler has used.
    let is_recorded = ctx.cycle.is_recording() && ctx.session.received().is_some();
    if !is_used && !is_recorded {
        return Ok(());
    }
    let cookie = ctx.session.cookie_to_send(ctx.request.secure);
    // If this fails, `failure` tells it.
    ctx.session.flush();
    if let Some(refusal) = ctx.session.refusal() {
        ctx.cycle.warn(format!("the session's cookie was refused: {refusal}"));
    }
    let flushed = ctx.store.flush();
    let saved = ctx.session.failure().cloned().map_or(flushed, Err);
    if saved.is_ok() {
        tell(&ctx.session, cookie, response);
    }
    if ctx.cycle.is_recording() {
        record(ctx);
    }
    if saved.is_err() {
        ctx.session = ctx.site.sessions.open(None);
    }
    Ok(saved?)
}

/// Gives the answer the visitor's cookie, and tells caches that it depends on the visitor.
fn tell(session: &Session, cookie: Option<SetCookie>, response: &mut Response) {
    // A cache may keep a file (it has an ETag), but never an answer that sets a cookie: see
    // `origin::protect`. So a cookie that the visitor has already is not sent again with a file.
    let is_needed = !session.has_same_cookie() || !response.headers.contains("ETag");
    if let Some(cookie) = cookie.filter(|_| is_needed) {
        response.set_cookie(&cookie);
    }
    // A cache must not give one visitor's page to another. Flask sends the same header.
    if session.is_used() {
        response.headers.push("Vary", "Cookie");
    }
}
