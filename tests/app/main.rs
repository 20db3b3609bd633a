//! The application, as a terminal sees it: each test runs the true binary.

mod carafe;
mod cli;
mod commands;
#[path = "../common/mod.rs"]
mod common;
mod container;
// The lessons' text is read through the list of all files, as the program does.
#[allow(dead_code)]
#[path = "../../src/contents.rs"]
mod contents;
mod course;
mod glass;
mod program;
mod program_name;
mod proxies;
mod proxy;
mod redis_server;
mod stores;
