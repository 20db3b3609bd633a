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
    let server = |flag: &str, url: &str| {
        ServerUrl::parse(url).map_err(|why| CommandError::Words(format!("{flag}: {why}")))
    };
    let is_lesson = !line.words.is_empty() || line.value("--server").is_some();
    match (line.value("--suite"), line.value("--url")) {
        (None, None) => {
            let mut lesson = None;
            if let [first, ..] = &line.words[..] {
                let word = line.word("one lesson's number")?;
                lesson = word.parse().ok().filter(|number| *number > 0);
                if lesson.is_none() {
                    return wrong(format!("found {first:?}, expected a lesson's number"));
                }
            }
            // Where a carafe serves that was started with the same environment.
            let port = std::env::var("CARAFE_PORT").unwrap_or_else(|_| "8000".into());
            let own = format!("http://127.0.0.1:{port}");
            let url = line.value("--server").unwrap_or(&own);
            progress_report::run(lesson, &server("--server", url)?)
        }
        (Some("notes"), Some(url)) if !is_lesson => notes::run(&server("--url", url)?),
        (Some("notes"), Some(_)) => wrong("expected --suite notes and --url alone"),
        (Some("notes"), None) => wrong("--suite notes needs --url, the server to check"),
        (Some(other), _) => wrong(format!("--suite: found {other:?}, expected notes")),
        (None, Some(_)) => wrong("found --url, expected --suite notes with it"),
    }
}
