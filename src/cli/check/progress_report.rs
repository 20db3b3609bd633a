//! Deeper: What a running carafe has seen of the lessons, and what is still missing.

use crate::app::program_name;
use crate::cli::command_line::{CommandError, CommandResult, print, wrong};
use crate::cli::http_client::{ServerAnswer, ServerUrl, ask};
use carafe::http::CookieJar;
use carafe::server::log::escaped;
use carafe::{Value, json};
use std::process::ExitCode;

/// A lesson as the server lists it, escaped: its title, its question, and each task with what the
/// server saw of it, which is empty if it saw nothing.
type ListedLesson = (String, String, Vec<(String, String)>);

/// Asks the server and prints what it saw of one lesson, or of all: exit code 1 if something is
/// missing.
pub fn run(wanted: Option<usize>, server: &ServerUrl) -> CommandResult {
    let lessons = lessons(server, &request(server, "GET /lessons.json")?)?;
    if let Some(wanted) = wanted.filter(|wanted| *wanted > lessons.len()) {
        let last = lessons.len();
        return wrong(format!("found {wanted}, expected a lesson's number, 1 to {last}"));
    }
    let mut report = String::new();
    let mut is_missing = false;
    let lessons = (1..).zip(&lessons);
    let is_wanted = |number| wanted.is_none_or(|wanted| number == wanted);
    for (number, (title, question, tasks)) in lessons.filter(|it| is_wanted(it.0)) {
        let (all, seen) = (tasks.len(), tasks.iter().filter(|(_, seen)| !seen.is_empty()).count());
        is_missing |= seen < all;
        if wanted.is_none() {
            let mark = if seen == all { "done".into() } else { format!("{seen} of {all}") };
            report.push_str(&format!("{number:>2}  {mark:<8} {title}\n"));
            continue;
        }
        report = format!("Lesson {number}: {title}\n");
        report.extend(tasks.iter().map(|(what, seen)| match &**seen {
            "" => format!("  missing  {what}\n"),
            seen => format!("  seen     {what} ({seen})\n"),
        }));
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
fn lessons(server: &ServerUrl, answer: &ServerAnswer) -> Result<Vec<ListedLesson>, CommandError> {
    let listed = json::parse(&answer.body).unwrap_or_default();
    if listed.get("watching") == Some(&Value::Bool(false)) {
        let why = "this carafe keeps no cycles (--no-cycles), so it cannot say what it saw";
        return Err(CommandError::Failed(why.into()));
    }
    let text = |value: &Value, name| escaped(value.get(name).and_then(Value::as_str).unwrap_or(""));
    // A lesson without a task is none of carafe's. It would count as done.
    let read = |lesson: &Value| {
        let tasks = lesson.get("seen")?.as_list().filter(|tasks| !tasks.is_empty())?.iter();
        let tasks = tasks.map(|task| (text(task, "what"), text(task, "seen"))).collect();
        Some((text(lesson, "title"), text(lesson, "question"), tasks))
    };
    let lessons = listed.get("lessons").and_then(Value::as_list);
    let lessons = lessons.and_then(|lessons| lessons.iter().map(read).collect::<Option<_>>());
    let lessons = lessons.filter(|it: &Vec<_>| !it.is_empty());
    lessons.ok_or_else(|| refused(server, "/lessons.json", answer, "the lessons"))
}
