//! The glass: what happened, what is known, and the source.

mod changes;
mod cycle_list;
mod cycle_text;
mod describe;
mod forget;
mod mask;
mod memory_page;
mod own_requests;
mod repeat_request;
pub mod source_pages;
mod trust;
mod visitor_memory;

use crate::carafe::Carafe;

/// The text of the newest cycle.
fn text(carafe: &Carafe) -> String {
    carafe.curl(&["$B/cycles/last"])
}
