//! The course, as a terminal sees it.

mod errors;
mod ladder;
mod lessons;
mod shop;
pub mod the_lessons;
mod ticks;
