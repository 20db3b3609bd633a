//! Deeper: What a running carafe has seen of the lessons, and what is still missing.

use crate::app::program_name;
use crate::cli::command_line::{CommandError, CommandResult, print, wrong};
use crate::cli::http_client::{ServerAnswer, ServerUrl, ask};
use carafe::http::CookieJar;
use carafe::server::log::escaped;
use carafe::{Value, json};
use std::process::ExitCode;

/// Asks the server and prints what it saw of one lesson, or of all: exit code 1 if something is
/// missing.
pub fn run(wanted: Option<usize>, server: &ServerUrl) -> CommandResult {
    let lessons = lessons(server, &request(server, "GET /lessons.json")?)?;
    if let Some(wanted) = wanted.filter(|wanted| *wanted > lessons.len()) {
        let last = lessons.len();
        return wrong(format!("found {wanted}, expected a lesson's number, 1 to {last}"));
    }
    let (mut report, mut is_missing) = (String::new(), false);
    let is_wanted = |number| wanted.is_none_or(|wanted| number == wanted);
    for (number, lesson) in (1..).zip(&lessons).filter(|(number, _)| is_wanted(*number)) {
        let (title, tasks) = (text(lesson, "title"), tasks_of(lesson));
        let seen = tasks.iter().filter(|task| !text(task, "seen").is_empty()).count();
        is_missing |= seen < tasks.len();
        if wanted.is_none() {
            let all = tasks.len();
            let mark = if seen == all { "done".into() } else { format!("{seen} of {all}") };
            report.push_str(&format!("{number:>2}  {mark:<8} {title}\n"));
            continue;
        }
        report = format!("Lesson {number}: {title}\n");
        for task in tasks {
            let what = text(task, "what");
            report += &match &*text(task, "seen") {
                "" => format!("  missing  {what}\n"),
                seen => format!("  seen     {what} ({seen})\n"),
            };
        }
        let question = text(lesson, "question");
        if is_missing && !question.is_empty() {
            report.push_str(&format!("  question {question}\n"));
        }
    }
    print(&report)?;
    Ok(if is_missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Removes all ticks.
pub fn forget(server: &ServerUrl) -> CommandResult {
    let answer = request(server, "POST /lessons/forget")?;
    match answer.status {
        200 => print(&answer.printable()),
        _ => Err(refused(server, "/lessons/forget", &answer, "all ticks to go")),
    }
}

/// An answer that does not fit. The third line of a carafe's error says why.
fn refused(server: &ServerUrl, path: &str, answer: &ServerAnswer, expected: &str) -> CommandError {
    let (url, line, text) = (server.url(path), &answer.status_line, answer.printable());
    let mut lines = text.lines();
    let is_carafes = lines.next().is_some_and(|first| line.ends_with(&format!(" {first}")));
    let why = lines.nth(1).filter(|_| is_carafes).unwrap_or("is this a carafe?");
    CommandError::Failed(format!("{url} answered {line}, expected {expected}: {why}"))
}

fn request(server: &ServerUrl, request: &str) -> Result<ServerAnswer, CommandError> {
    ask(server, request, "", &mut CookieJar::default()).map_err(|no| {
        let hint = "Start carafe in another terminal, or name its address";
        let command = format!("{} check --server URL", program_name());
        CommandError::Failed(format!("{}: {}\n{hint}: {command}", server.url(""), no.why))
    })
}

/// The lessons that an answer lists, in their order.
fn lessons(server: &ServerUrl, answer: &ServerAnswer) -> Result<Vec<Value>, CommandError> {
    let listed = json::parse(&answer.body).unwrap_or_default();
    if listed.get("watching") == Some(&Value::Bool(false)) {
        let why = "this carafe keeps no cycles (--no-cycles), so it cannot say what it saw";
        return Err(CommandError::Failed(why.into()));
    }
    let lessons = listed.get("lessons").and_then(Value::as_list).unwrap_or_default();
    // A lesson without a task is none of carafe's. It would count as done.
    if lessons.is_empty() || lessons.iter().any(|lesson| tasks_of(lesson).is_empty()) {
        return Err(refused(server, "/lessons.json", answer, "the lessons"));
    }
    Ok(lessons.to_vec())
}

/// The tasks of a lesson. What the server saw of one is empty if it saw nothing.
fn tasks_of(lesson: &Value) -> &[Value] {
    lesson.get("seen").and_then(Value::as_list).unwrap_or_default()
}

/// The text under this name, escaped.
fn text(value: &Value, name: &str) -> String {
    escaped(value.get(name).and_then(Value::as_str).unwrap_or(""))
}
