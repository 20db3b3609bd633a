//! Deeper: The variables of a lesson, as `lesson.html` and `lesson.txt` take them.

use super::lesson_file::{Lesson, LessonLine, TEXTS, file};
use crate::app::program_for;
use carafe::{Context, Map, Value};

/// The steps of a lesson as the reader types them: with the name of the program, the address of the
/// reader's own server, and for `CYCLE` the number that is `asked` about, if there is one. Without
/// cycles there is no step that looks at one.
pub fn steps_at(ctx: &Context, lesson: &Lesson, asked: Option<i64>, has_cycles: bool) -> Value {
    let (base, program) = (&ctx.base(), program_for(ctx));
    let cycle = asked.map_or("CYCLE".to_owned(), |number| number.to_string());
    let (_, host) = base.split_once("://").unwrap_or(("", base));
    let port = host.rsplit(':').next().filter(|port| port.parse::<u16>().is_ok());
    // `lessons.txt` writes `127.0.0.1:8000` for the reader's address.
    let addressed = |text: &str| text.replace("$B", base).replace("127.0.0.1:8000", host);
    let step = |step: &LessonLine| {
        let (mut text, mut sees) = (step.text.clone(), step.below.join("\n"));
        let is_typed = ["$", "serve", "also"].contains(&step.word);
        let behind = step.text.strip_prefix("carafe").filter(|_| is_typed);
        if let Some(behind) = behind.filter(|it| it.is_empty() || it.starts_with(' ')) {
            text = format!("{program}{behind}");
        }
        // A server beside the reader's own has a port of its own.
        if step.word == "$" {
            text = addressed(&text).replace("CYCLE", &cycle);
            sees = addressed(&sees);
        } else if let Some(port) = port.filter(|port| step.word == "serve" && *port != "8000") {
            text.push_str(&format!(" --port {port}"));
        }
        Map::from([
            ("kind", Value::from(step.word)),
            ("text", text.into()),
            ("sees", sees.into()),
            ("why", step.why.as_str().into()),
            ("name", step.name.as_str().into()),
            ("content", file(&step.name).unwrap_or("").trim_end().into()),
        ])
    };
    let needs_one =
        |step: &LessonLine| ["/cycles", "cycle="].iter().any(|it| step.text.contains(it));
    let is_possible = |step: &&LessonLine| has_cycles || !needs_one(step);
    lesson.steps().filter(is_possible).map(step).collect()
}

/// The number and the title of a lesson.
pub fn title(lesson: &Lesson) -> Map {
    Map::from([("number", Value::from(lesson.number)), ("title", lesson.title.as_str().into())])
}

/// Adds the texts of a lesson, and the files that it names to be read.
pub fn add_texts(lesson: &Lesson, page: &mut Map) {
    for word in TEXTS {
        page.insert(word, lesson.text(word));
    }
    let read = lesson.all("read");
    let read = read.map(|line| Value::from([line.name.as_str(), line.text.as_str()]));
    page.insert("read", read.collect::<Value>());
}
