//! The server over real sockets, with a service of a few lines behind it.

mod busy;
mod connection;
mod running;
mod stopping;
