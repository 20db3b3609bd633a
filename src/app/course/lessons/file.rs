//! The lessons' file: its words, and what they come to.
//!
//! `lessons.txt` says at its head how it is written. One file serves the pages, their printed form,
//! `carafe check` and the tests, so that none of them can tell another story.
//!
//! Left out: reading it while carafe runs. It is a part of the program, and a mistake in it stops
//! the start.

/// The file, as it was when carafe was built.
pub const TEXT: &str = include_str!("lessons.txt");

/// One lesson.
#[derive(Debug, Default)]
pub struct Lesson {
    /// 1 to 14.
    pub number: usize,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub aim: String,
    /// The question before the first command.
    pub ask: String,
    /// Its answer.
    pub answer: String,
    /// What the course notes say; empty if nothing needs a word.
    pub notes: String,
    /// And what carafe shows.
    pub shows: String,
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// What the check looks for: the condition's name, and what it is.
    pub seen: Vec<(String, String)>,
    /// Who checks a lesson that has no conditions.
    pub elsewhere: String,
    /// Whose cycles belong to it: these paths, and those below them.
    pub cycles: Vec<String>,
    /// Chapters to read: the file, and why.
    pub read: Vec<(String, String)>,
}

/// One thing to do, or to read.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// A paragraph.
    Say(String),
    /// Something to be done by hand; and the actions by which the test does it.
    Do(String, Vec<String>),
    /// How to start carafe from here on.
    Serve(String),
    /// A command, the lines that come back, and why.
    Run {
        /// As it is typed; `$B` stands for the server's address.
        command: String,
        /// `…` alone stands for any lines, inside a line for any text.
        sees: Vec<String>,
        /// About the command; may be empty.
        why: String,
    },
    /// A file that goes with the lesson: its name, what it is, and its text.
    Show(String, String, &'static str),
    /// What follows belongs to the change.
    Change(String),
}

/// The files that a lesson can show.
const FILES: [(&str, &str); 2] =
    [("haproxy.cfg", include_str!("haproxy.cfg")), ("nginx.conf", include_str!("nginx.conf"))];

impl Lesson {
    /// True for a path whose cycles belong to this lesson.
    pub fn owns(&self, path: &str) -> bool {
        self.cycles.iter().any(|own| {
            path.strip_prefix(own.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// Reads lessons.
///
/// # Errors
///
/// A sentence that begins with the number of the line, and says what was found and what was
/// expected.
pub fn parse(text: &str) -> Result<Vec<Lesson>, String> {
    let mut lessons: Vec<Lesson> = Vec::new();
    for (number, line) in joined(text)? {
        let at = |what: String| format!("line {number}: {what}");
        if let Some(title) = line.strip_prefix("lesson ") {
            let expected = lessons.len() + 1;
            let title = title.strip_prefix(&format!("{expected}: "));
            let title = title.ok_or_else(|| {
                at(format!("found {line:?}, expected \"lesson {expected}: \" and a title"))
            })?;
            lessons.push(Lesson { number: expected, title: title.to_owned(), ..Lesson::default() });
            continue;
        }
        let lesson = lessons
            .last_mut()
            .ok_or_else(|| at(format!("found {line:?}, expected \"lesson 1: \" first")))?;
        read_line(lesson, &line).map_err(at)?;
    }
    for lesson in &lessons {
        let missing = [("aim", &lesson.aim), ("ask", &lesson.ask), ("answer", &lesson.answer)];
        if let Some((word, _)) = missing.iter().find(|(_, text)| text.is_empty()) {
            return Err(format!("lesson {} has no {word}:", lesson.number));
        }
        if lesson.seen.is_empty() == lesson.elsewhere.is_empty() {
            return Err(format!(
                "lesson {} needs seen: conditions, or elsewhere:, and not both",
                lesson.number
            ));
        }
    }
    Ok(lessons)
}

/// The lines that say something, each with its number and with its indented continuation behind it.
fn joined(text: &str) -> Result<Vec<(usize, String)>, String> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let number = at + 1;
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        let Some(more) = line.strip_prefix("  ") else {
            lines.push((number, line.to_owned()));
            continue;
        };
        match lines.last_mut() {
            Some((_, before)) if !before.starts_with(['$', '>']) => {
                before.push(' ');
                before.push_str(more.trim());
            }
            _ => {
                return Err(format!(
                    "line {number}: found an indented line, expected it below a text"
                ));
            }
        }
    }
    Ok(lines)
}

fn read_line(lesson: &mut Lesson, line: &str) -> Result<(), String> {
    if let Some(command) = line.strip_prefix("$ ") {
        lesson.steps.push(Step::Run {
            command: command.to_owned(),
            sees: Vec::new(),
            why: String::new(),
        });
        return Ok(());
    }
    if let Some(seen) = line.strip_prefix('>') {
        let Some(Step::Run { sees, .. }) = lesson.steps.last_mut() else {
            return Err(format!("found {line:?}, expected a command above it"));
        };
        sees.push(seen.strip_prefix(' ').unwrap_or(seen).to_owned());
        return Ok(());
    }
    let Some((word, text)) = line.split_once(": ") else {
        return Err(format!(
            "found {line:?}, expected a word, a colon and a text; or $ and a command"
        ));
    };
    let text = text.trim().to_owned();
    let (word, name) = word.split_once(' ').unwrap_or((word, ""));
    match (word, name.is_empty()) {
        ("aim", true) => once(&mut lesson.aim, text),
        ("ask", true) => once(&mut lesson.ask, text),
        ("answer", true) => once(&mut lesson.answer, text),
        ("notes", true) => once(&mut lesson.notes, text),
        ("shows", true) => once(&mut lesson.shows, text),
        ("elsewhere", true) => once(&mut lesson.elsewhere, text),
        ("why", true) => match lesson.steps.last_mut() {
            Some(Step::Run { why, .. }) => once(why, text),
            _ => Err("found why:, expected a command above it".into()),
        },
        ("act", true) => match lesson.steps.last_mut() {
            Some(Step::Do(_, acts)) => {
                acts.push(text);
                Ok(())
            }
            _ => Err("found act:, expected do: above it".into()),
        },
        ("cycles", true) => {
            lesson.cycles.extend(text.split(' ').map(str::to_owned));
            Ok(())
        }
        ("seen", false) => {
            lesson.seen.push((name.to_owned(), text));
            Ok(())
        }
        ("read", false) => {
            lesson.read.push((name.to_owned(), text));
            Ok(())
        }
        ("show", false) => {
            let file = FILES.iter().find(|(known, _)| *known == name);
            let (_, content) = file
                .ok_or_else(|| format!("found show {name}:, expected haproxy.cfg or nginx.conf"))?;
            lesson.steps.push(Step::Show(name.to_owned(), text, content));
            Ok(())
        }
        ("say" | "do" | "serve" | "change", true) => {
            lesson.steps.push(match word {
                "say" => Step::Say(text),
                "do" => Step::Do(text, Vec::new()),
                "serve" => Step::Serve(text),
                _ => Step::Change(text),
            });
            Ok(())
        }
        _ => {
            Err(format!("found the word {word:?}, expected one that the head of the file explains"))
        }
    }
}

/// Puts a text into its place, which must be empty still.
fn once(place: &mut String, text: String) -> Result<(), String> {
    if !place.is_empty() {
        return Err(format!("found a second text, {text:?}, expected one"));
    }
    *place = text;
    Ok(())
}
