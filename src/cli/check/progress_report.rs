//! Deeper: What a running carafe has seen of the lessons, and what is still missing.

use crate::cli::command_line::{CommandResult, print, wrong};
use crate::cli::cookie_jar::CookieJar;
use crate::cli::http_client::{ServerUrl, ask};
use carafe::http::Fields;
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
    // The first lesson of which something is missing.
    let mut next = None;
    for lesson in lessons.iter().filter_map(Value::as_map) {
        let number = lesson.get("number").and_then(Value::as_int).unwrap_or(0);
        if wanted.is_some_and(|wanted| wanted != number) {
            continue;
        }
        let conditions = lesson.get("seen").and_then(Value::as_list).unwrap_or_default();
        let (mut lines, mut seen) = (String::new(), 0);
        for condition in conditions.iter().filter_map(Value::as_map) {
            let what = text(condition, "what");
            let cycle = condition.get("cycle").and_then(Value::as_int);
            seen += usize::from(cycle.is_some());
            lines.push_str(&match cycle {
                Some(cycle) => format!("  seen     {what} (cycle {cycle})\n"),
                None => format!("  missing  {what}\n"),
            });
        }
        let mark = match conditions.len() {
            0 => "-".to_owned(),
            all if all == seen => "done".to_owned(),
            all => format!("{seen} of {all}"),
        };
        next = next.or(Some(number).filter(|_| seen < conditions.len()));
        let title = text(lesson, "title");
        report.push_str(&match wanted {
            None => format!("{number:>2}  {mark:<8} {title}\n"),
            Some(_) if lines.is_empty() => {
                format!("Lesson {number}: {title}\n  {}\n", text(lesson, "elsewhere"))
            }
            Some(_) => format!("Lesson {number}: {title}\n{lines}"),
        });
    }
    match (wanted, next) {
        (Some(wanted), _) if report.is_empty() => {
            let last = lessons.len();
            return wrong(format!("found {wanted}, expected a lesson's number, 1 to {last}"));
        }
        (None, Some(next)) => {
            let url = server.url(&format!("/lessons/{next}"));
            let command = format!("carafe check {next}");
            report.push_str(&format!("\nGo on with {url}; `{command}` says what is missing.\n"));
        }
        _ => {}
    }
    print(&report);
    Ok(if next.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The lessons as the server lists them.
fn lessons(server: &ServerUrl) -> Result<Vec<Value>, String> {
    let (request, jar) = ("GET /lessons.json", &mut CookieJar::default());
    let answer = ask(server, request, &Fields::default(), jar).map_err(|no| {
        let hint = "Start carafe in another terminal, or name its address";
        format!("{}: {}\n{hint}: carafe check --server URL", server.url(""), no.why)
    })?;
    let listed = json::parse(&answer.body).unwrap_or(Value::from(false));
    if listed.get("watching") == Some(&Value::Bool(false)) {
        let why = "this carafe keeps no cycles (--no-cycles), so it cannot say what it saw";
        return Err(why.into());
    }
    let lessons = listed.get("lessons").and_then(Value::as_list);
    lessons.map(<[Value]>::to_vec).ok_or_else(|| {
        let (url, line, text) = (server.url(""), &answer.status_line, answer.text());
        let body: String = text.chars().take(500).collect();
        format!(
            "{url}/lessons.json answered {line}, expected the lessons: is this a carafe?\n{body}"
        )
    })
}

fn text<'m>(map: &'m Map, name: &str) -> &'m str {
    map.get(name).and_then(Value::as_str).unwrap_or("")
}
