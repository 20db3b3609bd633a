//! The glass: what happened, what is known, and the source.

mod cycle_forms;
mod cycle_stores;
mod cycles;
pub mod source;
mod trust;
