//! The course, as a terminal sees it.

mod errors;
mod formtest;
mod hello;
mod ladder;
pub mod lessons;
mod sessions;
mod shop;
mod things;
