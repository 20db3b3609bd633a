//! The server over real sockets, with a service of a few lines behind it.

mod connection;
mod log;
mod pool;
mod ring;
mod running;
mod stopping;
