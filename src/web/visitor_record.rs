//! Deeper: Visitor record: what a cycle tells of the visitor's row, and of other rows.

use super::context::Context;
use super::session::SessionHistory;
use super::store::Store;
use crate::cycle::Detail;

/// Notes what the request found of its visitor, and what it leaves.
pub fn record(ctx: &mut Context) {
    let SessionHistory { opened_at, refused, before, key, after, changed_by: by, place } =
        ctx.session.history();
    if let Some(sent) = ctx.session.received() {
        let refused = refused.map(|refusal| refusal.to_string().into());
        let row = Detail::Row { cookie: sent.to_owned(), refused, row: before, place };
        ctx.cycle.step_at("opened", opened_at, row);
    }
    if let Some(by) = ctx.used_store.get() {
        let rows = ctx.store.take();
        if !rows.is_empty() {
            ctx.cycle.step("stored", || Detail::Stored { rows, by, place: ctx.store.place() });
        }
    }
    if let Some(after) = after {
        ctx.cycle.step("saved", || Detail::Change { cookie: key, after, by, place });
    }
}
