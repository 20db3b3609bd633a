//! `carafe check`: what is missing, of a lesson here or of the notes' app on any server.
//!
//! `carafe check [N]` asks a running carafe what it saw of the lessons (`seen`). `carafe check
//! --suite notes --url URL` asks a server in any language (`notes`).

pub mod answer;
pub mod client;
pub mod jar;
mod notes;
mod page;
mod seen;
mod visitor;

use carafe::near;
use client::Server;
use std::io::{self, Write};
use std::process::ExitCode;

/// How the command is used.
pub const USAGE: &str = "carafe check [N] [--server URL]\ncarafe check --suite notes --url URL";

const FLAGS: [&str; 3] = ["--server", "--suite", "--url"];

/// What was asked for.
enum Wanted {
    /// One lesson or all, of the carafe at this address.
    Seen { lesson: Option<u8>, server: Server },
    /// The notes' app, of any server.
    Notes { server: Server },
}

/// Runs the command with what stands after `check`: exit code 0, 1 with what is missing on stdout,
/// 2 for flags that are not understood.
pub fn run(arguments: &[String]) -> ExitCode {
    let wanted = match read_arguments(arguments) {
        Ok(wanted) => wanted,
        Err(message) => {
            let _ = writeln!(
                io::stderr(),
                "carafe check: {message}\nusage: {}",
                USAGE.replace('\n', "\n       ")
            );
            return ExitCode::from(2);
        }
    };
    let (report, passed) = match wanted {
        Wanted::Seen { lesson, server } => seen::check(lesson, &server),
        Wanted::Notes { server } => {
            let passed = notes::run(&server, &mut io::stdout());
            return if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
    };
    let _ = io::stdout().write_all(report.as_bytes());
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read_arguments(arguments: &[String]) -> Result<Wanted, String> {
    let (mut lesson, mut server, mut suite, mut url) = (None, None, None, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if !argument.starts_with("--") {
            let number = argument.parse().ok().filter(|number| (1..=14).contains(number));
            let number = number.ok_or_else(|| {
                format!("found {argument:?}, expected a lesson's number, 1 to 14")
            })?;
            if lesson.replace(number).is_some() {
                return Err(format!("found a second lesson, {argument}, expected one"));
            }
            continue;
        }
        let (flag, joined) = argument
            .split_once('=')
            .map_or((&**argument, None), |(flag, value)| (flag, Some(value)));
        let place = match flag {
            "--server" => &mut server,
            "--suite" => &mut suite,
            "--url" => &mut url,
            _ => {
                let hint = near::nearest(flag, FLAGS)
                    .map_or(String::new(), |near| format!("; did you mean {near}?"));
                return Err(format!("found {argument:?}, which is no flag of this command{hint}"));
            }
        };
        let value = joined.map(str::to_owned).or_else(|| rest.next().cloned());
        *place = Some(value.ok_or_else(|| format!("{flag} needs a value"))?);
    }
    match (suite.as_deref(), url, lesson, server) {
        (None, None, lesson, server) => {
            let url = server.unwrap_or_else(default_url);
            let server = Server::of_url(&url).map_err(|why| format!("--server: {why}"))?;
            Ok(Wanted::Seen { lesson, server })
        }
        (None, Some(_), ..) => Err("found --url, expected --suite notes with it".into()),
        (Some("notes"), Some(url), None, None) => {
            let server = Server::of_url(&url).map_err(|why| format!("--url: {why}"))?;
            Ok(Wanted::Notes { server })
        }
        (Some("notes"), None, ..) => {
            Err("--suite notes needs --url, the server that is to be checked".into())
        }
        (Some("notes"), ..) => {
            Err("found a lesson or --server, expected --suite notes and --url alone".into())
        }
        (Some(other), ..) => Err(format!("--suite: found {other:?}, expected notes")),
    }
}

/// Where a carafe serves that was started with the same environment.
fn default_url() -> String {
    format!("http://127.0.0.1:{}", std::env::var("CARAFE_PORT").unwrap_or_else(|_| "8000".into()))
}
