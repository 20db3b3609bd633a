//! The server over real sockets, with a service of a few lines behind it.

mod connection;
mod running;
mod stopping;
mod wire;
