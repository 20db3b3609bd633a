//! Deeper: `carafe check` says what is missing, of a lesson or of the notes' app on any server.
//!
//! `carafe check [N]` asks a running carafe what it saw of the lessons (`progress_report`). `carafe
//! check --suite notes --url URL` tries a server in any language (`notes`, with `page_words`).

mod notes;
mod page_words;
mod progress_report;

use super::command_line::{CommandError, CommandLine, CommandResult, wrong};
use super::http_client::ServerUrl;

/// Runs the command with what stands behind `check`.
///
/// # Errors
///
/// Words that are not understood, and a server that does not answer as a carafe does.
pub fn run(arguments: &[String]) -> CommandResult {
    let known = [("--server", "URL"), ("--suite", "notes"), ("--url", "URL")];
    let line = CommandLine::read(arguments, &known)?;
    let lesson = match &line.words[..] {
        [] => None,
        [word] => match word.parse() {
            Ok(number) if number > 0 => Some(number),
            _ => return wrong(format!("found {word:?}, expected a lesson's number")),
        },
        [_, second, ..] => return wrong(format!("found a second lesson, {second}, expected one")),
    };
    let server = |flag: &str, url: &str| {
        ServerUrl::parse(url).map_err(|why| CommandError::Words(format!("{flag}: {why}")))
    };
    let alone = lesson.is_none() && line.value("--server").is_none();
    match (line.value("--suite"), line.value("--url")) {
        (None, None) => {
            // Where a carafe serves that was started with the same environment.
            let port = std::env::var("CARAFE_PORT").unwrap_or_else(|_| "8000".into());
            let url =
                line.value("--server").map_or(format!("http://127.0.0.1:{port}"), str::to_owned);
            progress_report::run(lesson, &server("--server", &url)?)
        }
        (Some("notes"), Some(url)) if alone => notes::run(&server("--url", url)?),
        (None, Some(_)) => wrong("found --url, expected --suite notes with it"),
        (Some("notes"), None) => wrong("--suite notes needs --url, the server to check"),
        (Some("notes"), _) => {
            wrong("found a lesson or --server, expected --suite notes and --url alone")
        }
        (Some(other), _) => wrong(format!("--suite: found {other:?}, expected notes")),
    }
}
