//! Bad weather: what clients, the system and handlers can do to a server, and what it does then.

#[path = "../app/carafe.rs"]
#[allow(dead_code, reason = "tests/app uses all of it")]
mod carafe;
#[path = "../common/mod.rs"]
mod common;
mod files;
mod limits;
mod panics;
mod stopping;
mod threads;
