//! Deeper: What a running carafe has seen of the lessons, and what is still missing.

use crate::cli::command_line::{CommandResult, print, wrong};
use crate::cli::cookie_jar::CookieJar;
use crate::cli::http_client::{ServerUrl, ask};
use carafe::{Map, Value, json};
use std::process::ExitCode;

/// Asks the server and prints what it saw of one lesson, or of all: exit code 1 if something is
/// missing.
pub fn run(wanted: Option<i64>, server: &ServerUrl) -> CommandResult {
    let lessons = match lessons(server) {
        Ok(lessons) => lessons,
        Err(why) => {
            print(&format!("{why}\n"));
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut report = String::new();
    let (mut missing_in_all, mut next) = (0, None);
    for lesson in lessons.iter().filter_map(Value::as_map) {
        let number = lesson.get("number").and_then(Value::as_int).unwrap_or(0);
        if wanted.is_some_and(|wanted| wanted != number) {
            continue;
        }
        let title = text(lesson, "title");
        let conditions = lesson.get("seen").and_then(Value::as_list).unwrap_or_default();
        let conditions: Vec<&Map> = conditions.iter().filter_map(Value::as_map).collect();
        let cycle = |condition: &Map| condition.get("cycle").and_then(Value::as_int);
        let (all, missing) =
            (conditions.len(), conditions.iter().filter(|one| cycle(one).is_none()).count());
        missing_in_all += missing;
        if wanted.is_none() {
            let mark = match (all, missing) {
                (0, _) => "-".to_owned(),
                (_, 0) => "done".to_owned(),
                _ => format!("{} of {all}", all - missing),
            };
            report.push_str(&format!("{number:>2}  {mark:<8} {title}\n"));
            next = next.or(Some(number).filter(|_| missing > 0));
            continue;
        }
        report.push_str(&format!("Lesson {number}: {title}\n"));
        for condition in &conditions {
            let what = text(condition, "what");
            report.push_str(&match cycle(condition) {
                Some(cycle) => format!("  seen     {what} (cycle {cycle})\n"),
                None => format!("  missing  {what}\n"),
            });
        }
        if conditions.is_empty() {
            report.push_str(&format!("  {}\n", text(lesson, "elsewhere")));
        }
    }
    if let (Some(wanted), true) = (wanted, report.is_empty()) {
        let last = lessons.len();
        return wrong(format!("found {wanted}, expected a lesson's number, 1 to {last}"));
    }
    if let Some(next) = next {
        let url = server.url(&format!("/lessons/{next}"));
        let command = format!("carafe check {next}");
        report.push_str(&format!("\nGo on with {url}; `{command}` says what is missing.\n"));
    }
    print(&report);
    Ok(if missing_in_all == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The lessons as the server lists them.
fn lessons(server: &ServerUrl) -> Result<Vec<Value>, String> {
    let url = server.url("/lessons.json");
    let answer =
        ask(server, "GET /lessons.json", &[], &mut CookieJar::default()).map_err(|no| {
            let (url, why) = (server.url(""), no.why);
            let hint = "or name its address: carafe check --server URL";
            format!("{url}: {why}\nStart carafe in another terminal, {hint}")
        })?;
    if answer.status != 200 {
        let (line, body) = (&answer.status_line, answer.text());
        let expected = "expected 200 with the lessons: is this a carafe?";
        return Err(format!("{url} answered {line}, {expected}\n{body}"));
    }
    let listed = json::parse(&answer.body).ok().and_then(|value| value.as_map().cloned());
    let Some(listed) = listed else {
        let came = answer.headers.get("Content-Type").unwrap_or("a body without Content-Type");
        return Err(format!("{url}: found {came}, expected JSON: is this a carafe?"));
    };
    if listed.get("watching") == Some(&Value::Bool(false)) {
        return Err(
            "this carafe keeps no cycles (--no-cycles), so it cannot say what it saw".into()
        );
    }
    let lessons = listed.get("lessons").and_then(Value::as_list);
    lessons
        .map(<[Value]>::to_vec)
        .ok_or_else(|| format!("{url}: found JSON without \"lessons\": is this a carafe?"))
}

fn text<'m>(map: &'m Map, name: &str) -> &'m str {
    map.get(name).and_then(Value::as_str).unwrap_or("")
}
