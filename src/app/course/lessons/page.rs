//! Deeper: The variables of a lesson's page, as `lesson.html` takes them.
//!
//! A paragraph is a list of pieces, see `prose.rs`. A step is a map with all that any kind of step
//! needs, and the template picks what its kind shows.

use super::command::{addressed, has_own_port, on_port};
use super::lesson_file::{Lesson, LessonStep, TEXTS};
use super::prose::pieces;
use carafe::{Map, Value};

/// The most cycles of the reader that are shown beside a lesson.
const OWN_CYCLES: usize = 8;

/// The number and the title of a lesson.
pub fn title(lesson: &Lesson) -> Map {
    Map::from([("number", Value::from(lesson.number)), ("title", lesson.title.as_str().into())])
}

/// The variables for the texts and the steps of a lesson. `seen` are its conditions, and the cycles
/// that fulfilled them.
pub fn variables(lesson: &Lesson, seen: &[(&str, Option<u64>)], base: &str) -> Map {
    let mut page = title(lesson);
    for word in TEXTS {
        page.insert(word, pieces(lesson.text(word)));
    }
    let seen = seen.iter().map(|(what, cycle)| {
        Value::from(Map::from([("what", pieces(what)), ("cycle", (*cycle).into())]))
    });
    let read = lesson
        .read
        .iter()
        .map(|(file, why)| Value::from(vec![Value::from(file.as_str()), pieces(why)]));
    page.insert("steps", lesson.steps.iter().map(|step| shown(step, base)).collect::<Vec<_>>());
    page.insert("seen", seen.collect::<Vec<_>>());
    page.insert("read", read.collect::<Vec<_>>());
    page.insert("base", base);
    page
}

/// Adds the variables that only a reader who may look inside gets: the rows of the reader's own
/// cycles, and the number of the last cycle of all.
pub fn add_cycles(lesson: &Lesson, mut own: Vec<Value>, last: u64, page: &mut Map) {
    let newest = own.first().and_then(Value::as_map).and_then(|row| row.get("number")).cloned();
    page.insert("inside", true);
    page.insert("asked", newest);
    page.insert("own", own.len());
    own.truncate(OWN_CYCLES);
    page.insert("cycles", own);
    page.insert("last", last.to_string());
    page.insert("paths", lesson.cycles.join(" "));
}

/// One step. What its kind does not use is empty.
fn shown(step: &LessonStep, base: &str) -> Value {
    let command = match step.kind {
        "serve" => on_port(&step.text, base),
        _ => addressed(&step.text, base),
    };
    let lines = step.lines.iter().map(|line| Value::from(addressed(line, base)));
    let (name, content) = step.file;
    Value::from(Map::from([
        ("kind", Value::from(step.kind)),
        ("text", pieces(&step.text)),
        ("command", command.into()),
        ("own", has_own_port(&step.text).into()),
        ("sees", lines.collect::<Vec<_>>().into()),
        ("why", pieces(&step.why)),
        ("name", name.into()),
        ("content", content.trim_end().into()),
    ]))
}
