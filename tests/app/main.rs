//! The application, as a terminal sees it: each test runs the true binary.

mod carafe;
mod cli;
mod commands;
mod container;
mod course;
mod glass;
mod program;
mod program_name;
mod proxies;
mod proxy;
mod redis_server;
mod stores;
