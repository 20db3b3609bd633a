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
    let known = [("--server", "URL"), ("--forget", ""), ("--suite", "notes"), ("--url", "URL")];
    let line = CommandLine::read(arguments, &known)?;
    let server = |flag: &str, url: &str| {
        ServerUrl::parse(url).map_err(|why| CommandError::Words(format!("{flag}: {why}")))
    };
    let forgets = line.value("--forget").is_some();
    let is_lesson = forgets || !line.words.is_empty() || line.value("--server").is_some();
    match (line.value("--suite"), line.value("--url")) {
        (Some("notes"), Some(url)) if !is_lesson => return notes::run(&server("--url", url)?),
        (Some("notes"), Some(_)) => return wrong("expected --suite notes and --url alone"),
        (Some("notes"), None) => return wrong("--suite notes needs --url, the server to check"),
        (Some(other), _) => return wrong(format!("--suite: found {other:?}, expected notes")),
        (None, Some(_)) => return wrong("found --url, expected --suite notes with it"),
        (None, None) => {}
    }
    // Where a carafe serves that was started with the same environment.
    let port = std::env::var("CARAFE_PORT").unwrap_or_else(|_| "8000".into());
    let own = format!("http://127.0.0.1:{port}");
    let server = server("--server", line.value("--server").unwrap_or(&own))?;
    match &line.words[..] {
        [] if forgets => progress_report::forget(&server),
        [] => progress_report::run(None, &server),
        [first, ..] => {
            let number = line.word("one lesson's number")?.parse().ok().filter(|it| *it > 0);
            match number.filter(|_| !forgets) {
                Some(number) => progress_report::run(Some(number), &server),
                None if forgets => wrong(format!("found {first:?}, expected --forget alone")),
                None => wrong(format!("found {first:?}, expected a lesson's number")),
            }
        }
    }
}
