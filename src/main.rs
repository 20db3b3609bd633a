//! The cover: which subcommand, and with which settings.

#![forbid(unsafe_code)]

mod app;
mod cli;
mod contents;

use carafe::server::log;
use carafe::signal;
use cli::{check, flags, help, init, lab, render, routes, serve};
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    log::show_panics();
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(answer) = help::asked(&arguments) {
        return answer.map_or_else(|why| complain(&why), |text| say(&text));
    }
    let (command, rest) =
        arguments.split_first().map_or(("", &[][..]), |(command, rest)| (command.as_str(), rest));
    match command {
        "check" => check::run(rest),
        "init" => init::run(rest),
        "lab" => lab::run(rest, |stop| signal::on_stop_signal(stop)),
        "render" => render::run(rest, &render::NoApplication),
        "routes" => routes::run(rest),
        "--version" | "-V" => say(concat!("carafe ", env!("CARGO_PKG_VERSION"), "\n")),
        _ => match flags::read(&arguments) {
            Ok(settings) => serve::run(settings, |stopper| carafe::stop_on_signals(&stopper)),
            Err(why) => complain(&why),
        },
    }
}

/// Prints; whoever has closed standard output does not want to know.
fn say(text: &str) -> ExitCode {
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// What was not understood: exit code 2.
fn complain(why: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "carafe: {why}\nSee carafe --help.");
    ExitCode::from(2)
}
