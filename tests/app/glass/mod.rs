//! The glass: what happened, what is known, and the source.

mod cycle_list;
mod cycle_text;
mod describe;
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

/// The rows of the list of cycles, without the line with the heads of the columns.
fn listed(carafe: &Carafe, query: &str) -> Vec<String> {
    let list = carafe.curl(&[&format!("$B/cycles{query}")]);
    list.lines().skip(1).map(str::to_owned).collect()
}
