//! The subcommands.

pub mod init;
pub mod render;
pub mod serve;
