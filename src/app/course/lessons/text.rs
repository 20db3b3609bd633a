//! The lessons in a terminal: at most 80 columns, so that the whole course can be done without a
//! browser.

use super::file::{Lesson, Step};
use super::{addressed, has_own_port, on_port, prose};

const COLUMNS: usize = 78;

/// The first page.
pub fn home<'l>(
    lessons: impl Iterator<Item = (char, &'l Lesson)>,
    base: &str,
    request: &str,
) -> String {
    let mut out = String::from("carafe: a web server of clear glass\n\n");
    out.push_str(
        "It answers, shows you every byte of how, and lets you read the code that did it.\n",
    );
    out.push_str(&format!(
        "Start with the first lesson:  curl {base}/lessons/1\n\nLessons (x: this server has seen you do it)\n"
    ));
    for (mark, lesson) in lessons {
        out.push_str(&format!("  [{mark}] {:>2}  {}\n", lesson.number, lesson.title));
    }
    out.push_str(&format!("\nWhat happened last, in full:   curl {base}/cycles/last\n"));
    out.push_str(&format!("The code, in reading order:    curl {base}/source\n"));
    out.push_str("\nThis is what you have just sent, as the server read it:\n");
    for line in request.lines() {
        out.push_str(&format!("  {line}\n"));
    }
    out
}

/// One lesson, with its answer at the end; `seen`: its conditions, and the cycles that showed them.
pub fn lesson(lesson: &Lesson, seen: &[(&str, Option<u64>)], base: &str) -> String {
    let mut out = format!("Lesson {}: {}\n\n", lesson.number, lesson.title);
    wrap("", &lesson.aim, &mut out);
    out.push_str("\nPredict\n");
    wrap("  ", &lesson.ask, &mut out);
    out.push_str("\nRun, and look\n");
    for step in &lesson.steps {
        match step {
            Step::Say(text) => wrap("  ", text, &mut out),
            Step::Do(text, _) => wrap("  * ", text, &mut out),
            Step::Serve(command) => {
                let how = match has_own_port(command) {
                    true => "In a terminal of its own:",
                    false => "Stop carafe (Ctrl-C in its terminal), and start it like this:",
                };
                out.push_str(&format!("  {how}\n    {}\n", on_port(command, base)));
            }
            Step::Show(name, what, content) => {
                wrap("  ", &format!("{name}: {what}"), &mut out);
                for line in content.lines() {
                    out.push_str(format!("    {line}").trim_end());
                    out.push('\n');
                }
            }
            Step::Change(text) => {
                out.push_str("\nChange\n");
                wrap("  ", text, &mut out);
            }
            Step::Run { command, sees, why } => {
                out.push_str(&format!("\n    {}\n", addressed(command, base)));
                for line in sees {
                    out.push_str(format!("      {}", addressed(line, base)).trim_end());
                    out.push('\n');
                }
                wrap("  ", why, &mut out);
            }
        }
    }
    if !lesson.notes.is_empty() {
        out.push_str("\nThe course notes\n");
        wrap("  ", &lesson.notes, &mut out);
        wrap("  ", &lesson.shows, &mut out);
    }
    out.push_str("\nCheck\n");
    for (what, cycle) in seen {
        let (mark, cycle) =
            cycle.map_or((' ', String::new()), |cycle| ('x', format!(" (cycle {cycle})")));
        wrap(&format!("  [{mark}] "), &format!("{what}{cycle}"), &mut out);
    }
    if !lesson.elsewhere.is_empty() {
        wrap("  ", &lesson.elsewhere, &mut out);
    }
    if !lesson.read.is_empty() {
        out.push_str("\nRead\n");
        for (file, why) in &lesson.read {
            wrap("  ", &format!("curl {base}/source/{file} ({why})"), &mut out);
        }
    }
    out.push_str("\nThe answer to the question\n");
    wrap("  ", &lesson.answer, &mut out);
    out
}

/// A paragraph with `front` before its first line, and as many spaces before the others.
fn wrap(front: &str, text: &str, out: &mut String) {
    let text = prose::plain_text(text);
    if text.is_empty() {
        return;
    }
    let indent = " ".repeat(front.chars().count());
    let mut line = front.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > COLUMNS {
            out.push_str(line.trim_end());
            out.push('\n');
            line = indent.clone();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}
