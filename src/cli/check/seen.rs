//! What a running carafe has seen of the lessons, and what it has not.

use super::client::Server;
use carafe::http::Status;
use carafe::{Map, Value, json};

/// Asks the server; gives back what to print, and whether nothing is missing.
pub fn check(lesson: Option<u8>, server: &Server) -> (String, bool) {
    let lessons = match ask(server) {
        Ok(lessons) => lessons,
        Err(why) => return (format!("{why}\n"), false),
    };
    let mut report = String::new();
    let mut passed = true;
    let mut next = None;
    for known in lessons.iter().filter_map(Value::as_map) {
        let number = known.get("number").and_then(Value::as_int).unwrap_or(0);
        if lesson.is_some_and(|wanted| i64::from(wanted) != number) {
            continue;
        }
        let seen = known.get("seen").and_then(Value::as_list).unwrap_or_default();
        let missing = seen.iter().filter(|condition| cycle_of(condition).is_none()).count();
        passed &= missing == 0;
        let title = text(known, "title");
        if lesson.is_none() {
            let mark = match (seen.len(), missing) {
                (0, _) => "-".to_owned(),
                (_, 0) => "done".to_owned(),
                (all, missing) => format!("{} of {all}", all - missing),
            };
            report.push_str(&format!("{number:>2}  {mark:<8} {title}\n"));
            if missing > 0 && next.is_none() {
                next = Some(number);
            }
            continue;
        }
        report.push_str(&format!("Lesson {number}: {title}\n"));
        for condition in seen {
            let what = condition.as_map().map_or("", |condition| text(condition, "what"));
            match cycle_of(condition) {
                Some(cycle) => report.push_str(&format!("  seen     {what} (cycle {cycle})\n")),
                None => report.push_str(&format!("  missing  {what}\n")),
            }
        }
        if seen.is_empty() {
            report.push_str(&format!("  {}\n", text(known, "elsewhere")));
        }
    }
    if let Some(next) = next {
        report.push_str(&format!(
            "\nGo on with {}; `carafe check {next}` says what is missing.\n",
            server.url(&format!("/lessons/{next}"))
        ));
    }
    (report, passed)
}

/// The lessons as the server lists them.
fn ask(server: &Server) -> Result<Vec<Value>, String> {
    let url = server.url("/lessons.json");
    let answer = server.get("/lessons.json").map_err(|why| {
        format!("{why}\nStart carafe in another terminal, or name its address: carafe check --server URL")
    })?;
    if answer.status != Status::OK {
        return Err(format!(
            "{url} answered {}, expected 200 with the lessons: is this a carafe?\n{}",
            answer.status_line,
            answer.text()
        ));
    }
    match json::parse(&answer.body) {
        Ok(Value::Map(map)) if map.get("watching") == Some(&Value::Bool(false)) => {
            Err("this carafe keeps no cycles (--no-cycles), so it cannot say what it saw".into())
        }
        Ok(Value::Map(map)) => match map.get("lessons") {
            Some(Value::List(lessons)) => Ok(lessons.to_vec()),
            _ => Err(format!("{url}: found JSON without \"lessons\": is this a carafe?")),
        },
        _ => {
            let came = answer.headers.get("Content-Type").unwrap_or("a body without Content-Type");
            Err(format!("{url}: found {came}, expected JSON: is this a carafe?"))
        }
    }
}

/// The number of the cycle that showed a condition.
fn cycle_of(condition: &Value) -> Option<i64> {
    condition.as_map()?.get("cycle").and_then(Value::as_int)
}

fn text<'m>(map: &'m Map, name: &str) -> &'m str {
    map.get(name).and_then(Value::as_str).unwrap_or("")
}
