//! The application, as a terminal sees it: each test runs the true binary.

mod carafe;
mod commands;
mod container;
mod errors;
mod glass;
mod init;
mod lab;
mod ladder;
mod lessons;
mod notes;
mod program;
mod proxies;
mod proxy;
mod redis_server;
mod shop;
mod stores;
mod the_lessons;
mod ticks;
