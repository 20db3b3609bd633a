//! Deeper: The lessons as text for a terminal, at most 80 columns wide.
//!
//! The whole course can be done without a browser. Commands and what they print stay on one line
//! each, because they are to be copied and compared.

use super::command::{addressed, has_own_port, on_port};
use super::lesson_file::{Lesson, LessonStep};
use super::prose::wrap;

/// The first page. Each lesson comes with true if it is done; `request` is this very request.
pub fn home<'l>(
    lessons: impl Iterator<Item = (bool, &'l Lesson)>,
    base: &str,
    request: &str,
) -> String {
    let lessons = lessons.map(|(is_done, lesson)| {
        let mark = if is_done { 'x' } else { ' ' };
        format!("  [{mark}] {:>2}  {}\n", lesson.number, lesson.title)
    });
    format!(
        "carafe: a small web server that you can watch at work

It answers you, shows every byte of the answer, and shows the code that made it.
Start with the first lesson:  curl {base}/lessons/1

Lessons (x: this server has seen you do it)
{lessons}
The last request, in full:     curl {base}/cycles/last
The code, in reading order:    curl {base}/source

This is the request that you have just sent, as the server read it:
{request}",
        lessons = lessons.collect::<String>(),
        request = indented("  ", request.lines()),
    )
}

/// One lesson, with the answer to its question at the end. `seen` are its conditions, and the
/// cycles that fulfilled them.
pub fn lesson(lesson: &Lesson, seen: &[(&str, Option<u64>)], base: &str) -> String {
    let mut out = format!("Lesson {}: {}\n\n", lesson.number, lesson.title);
    wrap("", lesson.text("aim"), &mut out);
    out.push_str("\nPredict\n");
    wrap("  ", lesson.text("ask"), &mut out);
    out.push_str("\nRun, and look\n");
    // A change is a step too: it begins the last part.
    for step in &lesson.steps {
        add_step(step, base, &mut out);
    }
    if !lesson.text("notes").is_empty() {
        out.push_str("\nThe course notes\n");
        wrap("  ", lesson.text("notes"), &mut out);
        wrap("  ", lesson.text("shows"), &mut out);
    }
    // A mark is the letter x, not a colour or a sign that a terminal may lack.
    out.push_str("\nCheck\n");
    for (what, cycle) in seen {
        match cycle {
            Some(cycle) => wrap("  [x] ", &format!("{what} (cycle {cycle})"), &mut out),
            None => wrap("  [ ] ", what, &mut out),
        }
    }
    wrap("  ", lesson.text("elsewhere"), &mut out);
    if !lesson.read.is_empty() {
        out.push_str("\nRead\n");
    }
    for (file, why) in &lesson.read {
        wrap("  ", &format!("curl {base}/source/{file} ({why})"), &mut out);
    }
    out.push_str("\nThe answer to the question\n");
    wrap("  ", lesson.text("answer"), &mut out);
    out
}

/// One step. Commands are indented by four columns, and what they print by six.
fn add_step(step: &LessonStep, base: &str, out: &mut String) {
    match step.kind {
        "run" => {
            out.push_str(&format!("\n    {}\n", addressed(&step.text, base)));
            let lines = addressed(&step.lines.join("\n"), base);
            out.push_str(&indented("      ", lines.lines()));
            wrap("  ", &step.why, out);
        }
        "serve" => {
            let how = match has_own_port(&step.text) {
                true => "In a terminal of its own:",
                false => "Stop carafe (Ctrl-C in its terminal), and start it like this:",
            };
            out.push_str(&format!("  {how}\n    {}\n", on_port(&step.text, base)));
        }
        "show" => {
            let (name, content) = step.file;
            wrap("  ", &format!("{name}: {}", step.text), out);
            out.push_str(&indented("    ", content.lines()));
        }
        "change" => {
            out.push_str("\nChange\n");
            wrap("  ", &step.text, out);
        }
        "do" => wrap("  * ", &step.text, out),
        _ => wrap("  ", &step.text, out),
    }
}

/// Each line with `front` before it. An empty line stays empty.
fn indented<'t>(front: &str, lines: impl Iterator<Item = &'t str>) -> String {
    lines.map(|line| format!("{front}{line}").trim_end().to_owned() + "\n").collect()
}
