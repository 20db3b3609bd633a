//! Deeper: The program `carafe`: it passes its arguments on to the commands.
//!
//! The command that serves is `cli::serve`: it makes an [`App`](carafe::App) with the pages of the
//! course and those that show the server's memory, and calls [`Server::run`](carafe::Server::run).

#![forbid(unsafe_code)]

mod app;
mod cli;
mod contents;

use carafe::server::log;
use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    log::show_panics();
    let arguments = env::args_os().skip(1);
    let settings = env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARAFE_"));
    // What is not UTF-8 would name another file.
    let arguments: Result<Vec<String>, OsString> = arguments.map(OsString::into_string).collect();
    let settings = settings.map(|(_, value)| value).find(|value| value.to_str().is_none());
    match (arguments, settings) {
        (Ok(arguments), None) => cli::run(&arguments),
        (Err(word), _) | (_, Some(word)) => cli::refuse(&word),
    }
}
