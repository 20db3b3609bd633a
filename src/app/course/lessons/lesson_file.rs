//! Deeper: The file with all lessons, and how it is read.
//!
//! The head of `lessons.txt` explains how it is written. The pages, their printed form, `carafe
//! check` and the tests read this one file, so they all say the same.
//!
//! Left out: reading it while carafe runs. It is a part of the program, and a mistake in it stops
//! the start.

/// The file, as it was when carafe was built.
pub const TEXT: &str = include_str!("lessons.txt");

/// One lesson.
#[derive(Debug, Default)]
pub struct Lesson {
    /// Its place in the course, from 1.
    pub number: usize,
    /// Its short name: `stateless`. The number may change, the name does not.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What to do, in order.
    pub steps: Vec<LessonStep>,
    /// The conditions of its check: name and sentence.
    pub seen: Vec<(String, String)>,
    /// The paths whose cycles belong to it, with all paths below them.
    pub cycles: Vec<String>,
    /// Chapters to read: the file, and why.
    pub read: Vec<(String, String)>,
    /// Its other texts, by their word in [`TEXTS`].
    texts: Vec<(&'static str, String)>,
}

/// One thing to do or to read.
#[derive(Debug)]
pub struct LessonStep {
    /// The word that begins it in the file; `run` for a command.
    pub kind: &'static str,
    /// The command of `run` and `serve`; the paragraph of all others.
    pub text: String,
    /// Of `run`: the lines that it prints. `…` alone stands for any lines, inside a line for any
    /// text. Of `do`: the actions by which the test does it.
    pub lines: Vec<String>,
    /// Of `run`: what the lines mean. May be empty.
    pub why: String,
    /// Of `show`: the name of a file and its text.
    pub file: (&'static str, &'static str),
}

/// The texts that a lesson has at most once. The first three it must have.
pub const TEXTS: [&str; 6] = ["aim", "ask", "answer", "notes", "shows", "elsewhere"];
const NEEDED: usize = 3;

/// The files that a lesson can show.
const FILES: [(&str, &str); 2] =
    [("haproxy.cfg", include_str!("haproxy.cfg")), ("nginx.conf", include_str!("nginx.conf"))];

impl Lesson {
    /// The text of one of [`TEXTS`]. Empty if the lesson has none.
    pub fn text(&self, word: &str) -> &str {
        self.texts.iter().find(|(known, _)| *known == word).map_or("", |(_, text)| text)
    }

    /// True if cycles of this path belong to the lesson.
    pub fn owns(&self, path: &str) -> bool {
        let mut rests = self.cycles.iter().filter_map(|own| path.strip_prefix(own.as_str()));
        rests.any(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Reads lessons.
///
/// # Errors
///
/// A sentence that names the line, and says what was found and what was expected.
pub fn parse(text: &str) -> Result<Vec<Lesson>, String> {
    let mut lessons: Vec<Lesson> = Vec::new();
    for (number, line) in joined(&with_numbers(text))? {
        let at = |what: String| format!("line {number}: {what}");
        if let Some(rest) = line.strip_prefix("lesson ") {
            let (name, title) = rest.split_once(": ").ok_or_else(|| {
                at(format!("found {line:?}, expected \"lesson \", a name, a colon and a title"))
            })?;
            if lessons.iter().any(|known| known.name == name) {
                return Err(at(format!("found a second lesson {name:?}, expected another name")));
            }
            let (name, title) = (name.to_owned(), title.to_owned());
            lessons.push(Lesson { number: lessons.len() + 1, name, title, ..Lesson::default() });
            continue;
        }
        let lesson = lessons
            .last_mut()
            .ok_or_else(|| at(format!("found {line:?}, expected \"lesson \" and a name first")))?;
        read_line(lesson, &line).map_err(at)?;
    }
    lessons.iter().try_for_each(check_whole)?;
    Ok(lessons)
}

fn check_whole(lesson: &Lesson) -> Result<(), String> {
    let name = &lesson.name;
    if let Some(word) = TEXTS[..NEEDED].iter().find(|word| lesson.text(word).is_empty()) {
        return Err(format!("lesson {name} has no {word}:"));
    }
    if lesson.seen.is_empty() == lesson.text("elsewhere").is_empty() {
        return Err(format!("lesson {name} needs seen: conditions, or elsewhere:, and not both"));
    }
    Ok(())
}

/// The text with a link in place of each `{lesson NAME}`: `[lesson 9](/lessons/9)`.
fn with_numbers(text: &str) -> String {
    let titles = text.lines().filter_map(|line| line.strip_prefix("lesson ")?.split_once(": "));
    let mut linked = text.to_owned();
    for (at, (name, _)) in titles.enumerate() {
        let link = format!("[lesson {0}](/lessons/{0})", at + 1);
        linked = linked.replace(&format!("{{lesson {name}}}"), &link);
    }
    linked
}

/// The lines that say something, each with its number and followed by its indented lines.
fn joined(text: &str) -> Result<Vec<(usize, String)>, String> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if let Some((_, rest)) = line.split_once("{lesson ") {
            let name = rest.split('}').next().unwrap_or("");
            return Err(format!("line {number}: found no lesson {name:?}, expected a known name"));
        }
        let Some(more) = line.strip_prefix("  ") else {
            lines.push((number, line.to_owned()));
            continue;
        };
        let before = lines.last_mut().filter(|(_, before)| !before.starts_with(['$', '>']));
        let Some((_, before)) = before else {
            let why = "found an indented line, expected it below a text";
            return Err(format!("line {number}: {why}"));
        };
        before.push(' ');
        before.push_str(more.trim());
    }
    Ok(lines)
}

/// Adds one line of the file to the lesson.
fn read_line(lesson: &mut Lesson, line: &str) -> Result<(), String> {
    let last = lesson.steps.last_mut();
    if let Some(command) = line.strip_prefix("$ ") {
        lesson.steps.push(step("run", command.to_owned()));
        return Ok(());
    }
    if let Some(printed) = line.strip_prefix('>') {
        let run = last.filter(|step| step.kind == "run");
        let run = run.ok_or_else(|| format!("found {line:?}, expected a command above it"))?;
        run.lines.push(printed.strip_prefix(' ').unwrap_or(printed).to_owned());
        return Ok(());
    }
    let (word, text) = line.split_once(": ").ok_or_else(|| {
        format!("found {line:?}, expected a word, a colon and a text; or $ and a command")
    })?;
    let text = text.trim().to_owned();
    match word.split_once(' ').unwrap_or((word, "")) {
        ("why", "") => match last.filter(|step| step.kind == "run") {
            Some(run) => once(&mut run.why, text)?,
            None => return Err("found why:, expected a command above it".into()),
        },
        ("act", "") => match last.filter(|step| step.kind == "do") {
            Some(task) => task.lines.push(text),
            None => return Err("found act:, expected do: above it".into()),
        },
        ("say", "") => lesson.steps.push(step("say", text)),
        ("do", "") => lesson.steps.push(step("do", text)),
        ("serve", "") => lesson.steps.push(step("serve", text)),
        ("change", "") => lesson.steps.push(step("change", text)),
        ("cycles", "") => lesson.cycles.extend(text.split(' ').map(str::to_owned)),
        ("seen", name) if !name.is_empty() => lesson.seen.push((name.to_owned(), text)),
        ("read", file) if !file.is_empty() => lesson.read.push((file.to_owned(), text)),
        ("show", name) => {
            let file = FILES.into_iter().find(|(known, _)| *known == name);
            let file = file
                .ok_or_else(|| format!("found show {name}:, expected haproxy.cfg or nginx.conf"))?;
            lesson.steps.push(LessonStep { file, ..step("show", text) });
        }
        (word, _) => {
            let known = TEXTS.into_iter().find(|known| *known == word).ok_or_else(|| {
                format!("found the word {word:?}, expected one that the head of the file explains")
            })?;
            let mut first = lesson.text(known).to_owned();
            once(&mut first, text)?;
            lesson.texts.push((known, first));
        }
    }
    Ok(())
}

fn step(kind: &'static str, text: String) -> LessonStep {
    LessonStep { kind, text, lines: Vec::new(), why: String::new(), file: ("", "") }
}

/// Sets a text that may be set only once.
fn once(place: &mut String, text: String) -> Result<(), String> {
    if !place.is_empty() {
        return Err(format!("found a second text, {text:?}, expected one"));
    }
    *place = text;
    Ok(())
}
