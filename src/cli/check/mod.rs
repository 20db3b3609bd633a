//! Deeper: `carafe check` says what is missing, of a lesson or of the notes' app on any server.
//!
//! `carafe check [N]` asks a running carafe what it saw of the lessons (`progress_report`). `carafe
//! check --suite notes --url URL` tries a server in any language (`notes`).

mod notes;
mod progress_report;

use super::command_line::{CommandError, CommandLine, CommandResult, wrong};
use super::http_client::ServerUrl;
use std::env;

/// Runs the command.
pub fn run(line: &CommandLine) -> CommandResult {
    let forgets = line.has("--forget");
    match (&line.words[..], line.value("--suite"), line.value("--url")) {
        ([], Some("notes"), Some(url)) if !forgets && !line.has("--server") => {
            notes::run(&server("--url", url)?)
        }
        ([], None, None) if forgets => progress_report::forget(&carafe(line)?),
        ([], None, None) => progress_report::run(None, &carafe(line)?),
        ([word], None, None) if !forgets => match word.parse() {
            Ok(number @ 1..) => progress_report::run(Some(number), &carafe(line)?),
            _ => wrong(format!("found {word:?}, expected a lesson's number")),
        },
        ([], Some("notes"), None) => wrong("--suite notes needs --url URL, the server to try"),
        ([], None, Some(_)) => wrong("--url needs --suite notes, what to try there"),
        ([_], None, None) => {
            wrong("--forget removes the ticks of all lessons, and takes no number")
        }
        _ => wrong("these words do not go together; expected one of the lines below"),
    }
}

/// The carafe that is asked: the one of `--server`, or the one on the port of this environment. Its
/// host does not matter, since a carafe shows ticks only to this machine.
fn carafe(line: &CommandLine) -> Result<ServerUrl, CommandError> {
    if let Some(url) = line.value("--server") {
        return server("--server", url);
    }
    let port = env::var("CARAFE_PORT").unwrap_or_else(|_| "8000".into());
    server("CARAFE_PORT", &format!("http://127.0.0.1:{port}"))
}

fn server(name: &str, url: &str) -> Result<ServerUrl, CommandError> {
    ServerUrl::parse(url).map_err(|why| CommandError::Words(format!("{name}: {why}")))
}
