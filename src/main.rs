//! Deeper: The program `carafe`: it passes its arguments on to the commands.
//!
//! The command that serves is `cli::serve`: it makes an [`App`](carafe::App) with the pages of the
//! course and those that show the server's memory, and calls [`Server::run`](carafe::Server::run).

#![forbid(unsafe_code)]

mod app;
mod cli;
mod contents;

use carafe::server::log;
use std::process::ExitCode;

fn main() -> ExitCode {
    log::show_panics();
    let arguments = std::env::args_os().skip(1);
    let arguments: Vec<String> =
        arguments.map(|word| word.to_string_lossy().into_owned()).collect();
    cli::run(&arguments)
}
