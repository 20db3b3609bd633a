//! Deeper: The variables of a lesson's page, as `lesson.html` takes them.
//!
//! A paragraph is a list of pieces, see `prose.rs`. A step is a map with all that any kind of step
//! needs, and the template picks what its kind shows.

use super::lesson_conditions::Condition;
use super::lesson_file::{Lesson, LessonStep, TEXTS, file};
use super::prose::pieces;
use carafe::{Map, Value};

/// The most cycles of the reader that are shown beside a lesson.
const OWN_CYCLES: usize = 8;

/// The steps of a lesson with the address of the reader's own server in each command.
pub fn steps_at(base: &str, lesson: &Lesson) -> Vec<LessonStep> {
    let (_, host) = base.split_once("://").unwrap_or(("", base));
    let port = host.rsplit(':').next().filter(|port| port.parse::<u16>().is_ok());
    // `lessons.txt` writes `127.0.0.1:8000` for the reader's address.
    let addressed = |text: &str| text.replace("$B", base).replace("127.0.0.1:8000", host);
    let step = |step: &LessonStep| {
        let mut step = step.clone();
        // A server beside the reader's own has a port of its own.
        if step.kind == "run" {
            step.text = addressed(&step.text);
            step.lines = step.lines.iter().map(|line| addressed(line)).collect();
        } else if let Some(port) = port.filter(|port| step.kind == "serve" && *port != "8000") {
            step.text.push_str(&format!(" --port {port}"));
        }
        step
    };
    lesson.steps.iter().map(step).collect()
}

/// The number and the title of a lesson.
pub fn title(lesson: &Lesson) -> Map {
    Map::from([("number", Value::from(lesson.number)), ("title", lesson.title.as_str().into())])
}

/// The variables for the texts and the steps of a lesson. `seen` are its conditions, and the cycles
/// that fulfilled them.
pub fn variables(lesson: &Lesson, steps: &[LessonStep], seen: &[(&Condition, Option<u64>)]) -> Map {
    let mut page = title(lesson);
    for word in TEXTS {
        page.insert(word, pieces(lesson.text(word)));
    }
    let steps = steps.iter().map(|step| {
        Map::from([
            ("kind", Value::from(step.kind)),
            ("text", pieces(&step.text)),
            ("command", step.text.as_str().into()),
            ("sees", step.lines.join("\n").into()),
            ("why", pieces(&step.why)),
            ("name", step.name.as_str().into()),
            ("content", file(&step.name).unwrap_or("").trim_end().into()),
        ])
    });
    let seen = seen.iter().map(|(condition, cycle)| {
        Map::from([("what", pieces(&condition.sentence)), ("cycle", (*cycle).into())])
    });
    let read = lesson.rows("read").map(|(file, why)| Value::from([file.into(), pieces(why)]));
    page.insert("steps", steps.collect::<Value>());
    page.insert("seen", seen.collect::<Value>());
    page.insert("read", read.collect::<Value>());
    page
}

/// Adds the variables that only a reader who may look inside gets: the rows of the reader's own
/// cycles, and the number of the last cycle of all.
pub fn add_cycles(lesson: &Lesson, mut own: Vec<Value>, last: u64, page: &mut Map) {
    page.insert("inside", true);
    page.insert("asked", own.first().and_then(|row| row.get("number")).cloned());
    page.insert("own", own.len());
    own.truncate(OWN_CYCLES);
    page.insert("cycles", own);
    page.insert("last", last.to_string());
    page.insert("paths", lesson.text("cycles"));
}
