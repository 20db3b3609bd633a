//! The subcommands, and the flags of the one that has no name.

pub mod check;
pub mod flags;
pub mod help;
pub mod init;
pub mod lab;
pub mod render;
pub mod routes;
pub mod serve;
pub mod state;
