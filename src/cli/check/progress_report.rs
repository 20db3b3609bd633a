//! Deeper: What a running carafe has seen of the lessons, and what is still missing.

use crate::app::program_name;
use crate::cli::command_line::{CommandError, CommandResult, print, wrong};
use crate::cli::cookie_jar::CookieJar;
use crate::cli::http_client::{ServerAnswer, ServerUrl, ask};
use carafe::server::log::escaped;
use carafe::{Value, json};
use std::process::ExitCode;

/// Asks the server and prints what it saw of one lesson, or of all: exit code 1 if something is
/// missing.
pub fn run(wanted: Option<i64>, server: &ServerUrl) -> CommandResult {
    let lessons = lessons(server, &request(server, "GET /lessons.json")?)?;
    let mut report = String::new();
    // The first lesson of which something is missing.
    let mut next = None;
    for lesson in &lessons {
        let number = lesson.get("number").and_then(Value::as_int).unwrap_or(0);
        if wanted.is_some_and(|wanted| wanted != number) {
            continue;
        }
        let title = text(lesson, "title");
        let conditions = lesson.get("seen").and_then(Value::as_list).unwrap_or_default();
        let ticks = lesson.get("ticks").and_then(Value::as_int).unwrap_or(0) as usize;
        next = next.or((ticks < conditions.len()).then_some(number));
        if wanted.is_some() {
            report = format!("Lesson {number}: {title}\n");
            for condition in conditions {
                let what = text(condition, "what");
                report.push_str(&match &*text(condition, "seen") {
                    "" => format!("  missing  {what}\n"),
                    seen => format!("  seen     {what} ({seen})\n"),
                });
            }
        } else {
            let all = conditions.len();
            let mark = if ticks == all { "done".into() } else { format!("{ticks} of {all}") };
            report.push_str(&format!("{number:>2}  {mark:<8} {title}\n"));
        }
    }
    match (wanted, next) {
        (Some(wanted), _) if report.is_empty() => {
            let last = lessons.len();
            return wrong(format!("found {wanted}, expected a lesson's number, 1 to {last}"));
        }
        (None, Some(next)) => {
            let url = server.url(&format!("/lessons/{next}"));
            let own = server.url("");
            let own = Some(own).filter(|own| own != "http://127.0.0.1:8000");
            let flag = own.map_or(String::new(), |own| format!(" --server {own}"));
            let command = format!("{} check {next}{flag}", program_name());
            report.push_str(&format!("\nGo on with {url}; `{command}` says what is missing.\n"));
        }
        _ => {}
    }
    print(&report)?;
    Ok(if next.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Removes all ticks.
pub fn forget(server: &ServerUrl) -> CommandResult {
    let answer = request(server, "POST /lessons/forget")?;
    match answer.status {
        200 => print(&answer.printable()),
        _ => Err(CommandError::Failed(answer.printable().trim_end().to_owned())),
    }
}

fn request(server: &ServerUrl, request: &str) -> Result<ServerAnswer, CommandError> {
    ask(server, request, "", &mut CookieJar::default()).map_err(|no| {
        let hint = "Start carafe in another terminal, or name its address";
        let command = format!("{} check --server URL", program_name());
        CommandError::Failed(format!("{}: {}\n{hint}: {command}", server.url(""), no.why))
    })
}

/// The lessons as the server lists them.
fn lessons(server: &ServerUrl, answer: &ServerAnswer) -> Result<Vec<Value>, CommandError> {
    let listed = json::parse(&answer.body).unwrap_or(Value::from(false));
    if listed.get("watching") == Some(&Value::Bool(false)) {
        let why = "this carafe keeps no cycles (--no-cycles), so it cannot say what it saw";
        return Err(CommandError::Failed(why.into()));
    }
    let lessons = listed.get("lessons").and_then(Value::as_list);
    lessons.map(<[Value]>::to_vec).ok_or_else(|| {
        let (url, line) = (server.url("/lessons.json"), &answer.status_line);
        let body: String = answer.printable().chars().take(500).collect();
        let why = format!("{url} answered {line}, expected the lessons: is this a carafe?");
        CommandError::Failed(format!("{why}\n{body}"))
    })
}

/// A text of the list, escaped: whatever serves there may have written it.
fn text(value: &Value, name: &str) -> String {
    escaped(value.get(name).and_then(Value::as_str).unwrap_or(""))
}
