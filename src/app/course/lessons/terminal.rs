//! Deeper: The lessons as text for a terminal, at most 80 columns wide.
//!
//! The whole course can be done without a browser. Commands and what they print stay on one line
//! each, because they are to be copied and compared.
//!
//! Left out: colours, and pages. A reader who wants pages pipes the text into `less`.

use super::lesson_conditions::Condition;
use super::lesson_file::{Lesson, LessonLine, file};
use crate::app::course::prose::wrapped;
use crate::app::program_name;

/// What a reader on Windows needs to know.
pub const POWERSHELL: &str = "Type what is behind the `$`; … means that there is more. In \
    PowerShell write `curl.exe` for `curl`. PowerShell lacks `printf`, `grep`, `sed`, `rm -f` and \
    `for`: use Git Bash or WSL for the lines with these words.";

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
        "carafe is a small web server that you can watch at work.

It answers you, shows every byte of the answer, and shows the code that made it.
Start with the first lesson:  curl {base}/lessons/1

Lessons (x: this server has seen you do it)
{lessons}
The last request, in full:     curl {base}/cycles/last
The code, in reading order:    curl {base}/source

This is the request that you have just sent, as the server read it:
{request}",
        lessons = lessons.collect::<String>(),
        request = indented("  ", request),
    )
}

/// One lesson, with the answer to its question behind it. `seen` are its conditions, and what
/// fulfilled each. `next` is the next lesson.
pub fn lesson(
    lesson: &Lesson,
    steps: &[LessonLine],
    seen: &[(&Condition, Option<String>)],
    next: Option<&Lesson>,
    base: &str,
) -> String {
    // A text that the lesson does not have is empty.
    let text = |word| wrapped("  ", lesson.text(word));
    // A mark is the letter x, not a colour or a sign that a terminal may lack.
    let conditions = seen.iter().map(|(condition, seen_in)| match seen_in {
        Some(words) => wrapped("  [x] ", &format!("{} ({words})", condition.sentence)),
        None => wrapped("  [ ] ", &condition.sentence),
    });
    let read = lesson
        .all("read")
        .map(|line| wrapped("  ", &format!("curl {base}/source/{} ({})", line.name, line.text)));
    let number = lesson.number;
    let question = match lesson.text("question") {
        "" => String::new(),
        asked => {
            let command = format!("curl -d answer=... {base}/lessons/{number}");
            let how = "Type your answer in the place of the three dots:";
            wrapped("  ", asked) + &format!("\n  {how}\n\n    $ {command}\n")
        }
    };
    let server = if base == "http://127.0.0.1:8000" { "" } else { &format!(" --server {base}") };
    let check = format!("\n    $ {} check {number}{server}\n", program_name());
    let steps = wrapped("  ", POWERSHELL) + &steps.iter().map(step).collect::<String>();
    let next = next.map(|next| {
        format!(
            "  Lesson {}: {}\n\n    $ curl {base}/lessons/{}\n",
            next.number, next.title, next.number
        )
    });
    let parts = [
        ("Needed", text("needs")),
        ("Predict", text("ask")),
        // A change is a step too: it begins the last part.
        ("Run, and look", steps),
        ("The course notes", text("notes") + &text("shows")),
        ("Check", conditions.collect::<String>() + &question + &check),
        ("Read", read.collect()),
        ("The answer to the guess", text("answer")),
        ("Next", next.unwrap_or_default()),
    ];
    // A heading without a text below it is left out.
    let parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
    let parts = parts.map(|(heading, text)| format!("\n{heading}\n{text}")).collect::<String>();
    let aim = wrapped("", lesson.text("aim"));
    format!("Lesson {}: {}\n\n{aim}{parts}", lesson.number, lesson.title)
}

/// One step, by its kind. Commands are indented by four columns, and what they print by six.
fn step(step: &LessonLine) -> String {
    let text = step.text.as_str();
    match step.word {
        "$" => {
            let printed = indented("      ", &step.below.join("\n"));
            format!("\n    $ {text}\n{printed}{}", wrapped("  ", &step.why))
        }
        "serve" => {
            format!(
                "  Stop carafe (Ctrl-C in its terminal), and start it like this:\n    $ {text}\n"
            )
        }
        "also" => format!("  In a terminal of its own:\n    $ {text}\n"),
        "show" => {
            let name = if step.name.ends_with(".txt") { "" } else { &format!("{}: ", step.name) };
            let content = indented("    ", file(&step.name).unwrap_or(""));
            format!("{}\n{content}", wrapped("  ", &format!("{name}{text}")))
        }
        "change" => format!("\nChange\n{}", wrapped("  ", text)),
        "do" => wrapped("  * ", text),
        _ => wrapped("  ", text),
    }
}

/// Each line with `front` before it. An empty line stays empty.
fn indented(front: &str, text: &str) -> String {
    text.lines().map(|line| format!("{front}{line}").trim_end().to_owned() + "\n").collect()
}
