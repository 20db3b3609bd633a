//! The seven stages: each compiles alone, adds what it says, and breaks as its last comment says.

mod adds;
mod alone;
#[path = "../common/mod.rs"]
mod common;
mod limits;
mod program;
mod survives;
mod wrong;
