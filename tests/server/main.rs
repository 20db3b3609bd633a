//! The server over real sockets, with a service of a few lines behind it.

#[path = "../common/mod.rs"]
mod common;
mod connection;
mod log;
mod pool;
mod ring;
mod running;
mod stopping;
