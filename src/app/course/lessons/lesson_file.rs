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
    /// Its other lines: the word, the name behind it, and the text.
    rows: Vec<(&'static str, String, String)>,
}

/// One thing to do or to read.
#[derive(Clone, Debug, Default)]
pub struct LessonStep {
    /// One of [`STEPS`].
    pub kind: &'static str,
    /// Of `show`: the name of a file.
    pub name: String,
    /// The command of `run`, `serve` and `also`; the paragraph of all others.
    pub text: String,
    /// Of `run`: the lines that it prints. `…` alone stands for any lines, inside a line for any
    /// text. Of `do`: the actions by which the test does it.
    pub lines: Vec<String>,
    /// Of `run`: what the lines mean. May be empty.
    pub why: String,
}

/// The words that begin a step. A line with `$` begins a `run`.
pub const STEPS: [&str; 7] = ["run", "say", "do", "serve", "also", "change", "show"];

/// The words of the paragraphs. A lesson has each at most once, and must have the first three.
pub const TEXTS: [&str; 6] = ["aim", "ask", "answer", "notes", "shows", "elsewhere"];

/// The words of the other lines.
const ROWS: [&str; 3] = ["cycles", "seen", "read"];

/// The words that have a name behind them. A lesson may have them several times.
const NAMED: [&str; 3] = ["show", "seen", "read"];

/// The files that a lesson can show.
const FILES: [(&str, &str); 2] =
    [("haproxy.cfg", include_str!("haproxy.cfg")), ("nginx.conf", include_str!("nginx.conf"))];

/// The text of a file that a lesson can show.
pub fn file(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

impl Lesson {
    /// The lines of this word: the name of each and its text. `seen` and `read` have names.
    pub fn rows<'l>(&'l self, word: &'l str) -> impl Iterator<Item = (&'l str, &'l str)> {
        let rows = self.rows.iter().filter(move |(known, ..)| *known == word);
        rows.map(|(_, name, text)| (name.as_str(), text.as_str()))
    }

    /// The text of a word that the lesson has once. Empty if the lesson does not have it.
    pub fn text(&self, word: &str) -> &str {
        self.rows.iter().find(|(known, ..)| *known == word).map_or("", |(_, _, text)| text)
    }

    /// True if cycles of this path belong to the lesson.
    pub fn owns(&self, path: &str) -> bool {
        let mut rests = self.text("cycles").split(' ').filter_map(|own| path.strip_prefix(own));
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
    for (number, line) in joined(&with_numbers(text)) {
        read_line(&mut lessons, &line).map_err(|why| format!("line {number}: {why}"))?;
    }
    for lesson in &lessons {
        let name = &lesson.name;
        if let Some(word) = TEXTS[..3].iter().find(|word| lesson.text(word).is_empty()) {
            return Err(format!("lesson {name} has no {word}:"));
        }
        if lesson.text("seen").is_empty() == lesson.text("elsewhere").is_empty() {
            return Err(format!(
                "lesson {name} needs seen: conditions, or elsewhere:, and not both"
            ));
        }
    }
    Ok(lessons)
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

/// The lines that say something, each with its number. Indented lines are added to the text above.
fn joined(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        let text_above = lines.last_mut().filter(|(_, above)| !above.starts_with(['$', '>']));
        match text_above.zip(line.strip_prefix("  ")) {
            Some(((_, above), more)) => *above += &format!(" {}", more.trim()),
            None => lines.push((number, line.to_owned())),
        }
    }
    lines
}

/// Adds one line of the file to the last lesson, or begins a lesson.
fn read_line(lessons: &mut Vec<Lesson>, line: &str) -> Result<(), String> {
    if let Some((_, rest)) = line.split_once("{lesson ") {
        let name = rest.split('}').next().unwrap_or("");
        return Err(format!("found no lesson {name:?}, expected a known name"));
    }
    if let Some(rest) = line.strip_prefix("lesson ") {
        let (name, title) = rest.split_once(": ").ok_or_else(|| {
            format!("found {line:?}, expected \"lesson \", a name, a colon and a title")
        })?;
        if lessons.iter().any(|known| known.name == name) {
            return Err(format!("found a second lesson {name:?}, expected another name"));
        }
        let (name, title) = (name.to_owned(), title.to_owned());
        lessons.push(Lesson { number: lessons.len() + 1, name, title, ..Lesson::default() });
        return Ok(());
    }
    let lesson = lessons
        .last_mut()
        .ok_or_else(|| format!("found {line:?}, expected \"lesson \" and a name first"))?;
    let last = lesson.steps.last_mut();
    if line.starts_with(' ') {
        return Err("found an indented line, expected it below a text".into());
    }
    if let Some(printed) = line.strip_prefix('>') {
        let run = last.filter(|step| step.kind == "run");
        let run = run.ok_or_else(|| format!("found {line:?}, expected a command above it"))?;
        run.lines.push(printed.strip_prefix(' ').unwrap_or(printed).to_owned());
        return Ok(());
    }
    let (head, text) = match line.strip_prefix("$ ") {
        Some(command) => ("run", command),
        None => line.split_once(": ").ok_or_else(|| {
            format!("found {line:?}, expected a word, a colon and a text; or $ and a command")
        })?,
    };
    let (word, name) = head.split_once(' ').unwrap_or((head, ""));
    let (name, text) = (name.to_owned(), text.trim().to_owned());
    if word == "why" {
        let run = last.filter(|step| step.kind == "run" && step.why.is_empty());
        run.ok_or("found why:, expected a command above it")?.why = text;
    } else if word == "act" {
        let task = last.filter(|step| step.kind == "do");
        task.ok_or("found act:, expected do: above it")?.lines.push(text);
    } else {
        let known = STEPS.into_iter().chain(TEXTS).chain(ROWS).find(|known| *known == word);
        let kind =
            known.filter(|word| NAMED.contains(word) != name.is_empty()).ok_or_else(|| {
                format!("found the word {word:?}, expected one that the head of the file explains")
            })?;
        if kind == "show" && file(&name).is_none() {
            return Err(format!("found show {name}:, expected haproxy.cfg or nginx.conf"));
        }
        if STEPS.contains(&kind) {
            lesson.steps.push(LessonStep { kind, name, text, ..LessonStep::default() });
        } else if !name.is_empty() || lesson.text(kind).is_empty() {
            lesson.rows.push((kind, name, text));
        } else {
            return Err(format!("found a second text, {text:?}, expected one"));
        }
    }
    Ok(())
}
