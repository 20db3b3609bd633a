//! Deeper: The file with all lessons, and how it is read.
//!
//! The head of `lessons.txt` explains how it is written. The pages, their printed form, `carafe
//! check` and the tests read this one file, so they all say the same. A mistake in it stops the
//! start.

/// One lesson.
#[derive(Debug)]
pub struct Lesson {
    /// Its place in the course, from 1. It may change; the name does not.
    pub number: usize,
    /// Its short name: `stateless`.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its lines, in order.
    pub lines: Vec<LessonLine>,
}

/// A line of the file, with what belongs to it.
#[derive(Clone, Debug)]
pub struct LessonLine {
    /// The word before the colon, or `$` for a command.
    pub word: &'static str,
    /// The name after the word: of `show` and `read` a file, of `seen` a rule.
    pub name: String,
    /// The text after the colon, or the command.
    pub text: String,
    /// Of `$`: the lines that it prints. Of `do`: the actions by which the test does it.
    pub below: Vec<String>,
    /// Of `$`: what the printed lines mean.
    pub why: String,
}

/// The words that begin a step.
pub const STEPS: [&str; 7] = ["$", "say", "do", "serve", "also", "change", "show"];

/// The words that a lesson has at most once. It must have the first three.
pub const TEXTS: [&str; 9] =
    ["aim", "ask", "answer", "needs", "notes", "shows", "question", "right", "cycles"];

/// The words that have a name after them. A lesson may have them several times.
const NAMED: [&str; 3] = ["show", "seen", "read"];

/// The words of lines that belong to a line above them, and the word of that line.
const BELOW: [(&str, &str); 3] = [(">", "$"), ("why", "$"), ("act", "do")];

/// The files that a lesson can show. A `.txt` file is a picture.
const FILES: [(&str, &str); 5] = [
    ("haproxy.cfg", include_str!("haproxy.cfg")),
    ("nginx.conf", include_str!("nginx.conf")),
    ("post-redirect-get.txt", include_str!("post-redirect-get.txt")),
    ("three-strangers.txt", include_str!("three-strangers.txt")),
    ("flask-and-carafe.txt", include_str!("flask-and-carafe.txt")),
];

/// The text of a file that a lesson can show.
pub fn file(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The text of `lessons.txt`, as it was when carafe was built.
pub fn text() -> &'static str {
    include_str!("lessons.txt")
}

impl Lesson {
    /// The lines of this word.
    pub fn all<'l>(&'l self, word: &'l str) -> impl Iterator<Item = &'l LessonLine> {
        self.lines.iter().filter(move |line| line.word == word)
    }

    /// The steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = &LessonLine> {
        self.lines.iter().filter(|line| STEPS.contains(&line.word))
    }

    /// The text of a word that the lesson has once. Empty if the lesson does not have it.
    pub fn text<'l>(&'l self, word: &'l str) -> &'l str {
        self.all(word).next().map_or("", |line| &line.text)
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
/// A sentence that names the line.
pub fn parse(text: &str) -> Result<Vec<Lesson>, String> {
    let mut lessons: Vec<Lesson> = Vec::new();
    let titles = text.lines().filter_map(|line| line.strip_prefix("lesson ")?.split_once(": "));
    let names: Vec<&str> = titles.map(|(name, _)| name).collect();
    for (number, line) in joined(text) {
        with_links(&line, &names).and_then(|line| add(&mut lessons, &line)).ok_or_else(|| {
            format!("line {number}: found {line:?}, expected what the head of the file explains")
        })?;
    }
    for lesson in &lessons {
        for word in [TEXTS[0], TEXTS[1], TEXTS[2], "seen"] {
            if lesson.text(word).is_empty() {
                return Err(format!("lesson {} has no {word}:", lesson.name));
            }
        }
    }
    Ok(lessons)
}

/// A line with a link in place of each `{lesson NAME}`: `[lesson 9](/lessons/9)`. `None` if a name
/// is that of no lesson.
fn with_links(line: &str, names: &[&str]) -> Option<String> {
    let mut parts = line.split("{lesson ");
    let mut linked = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}')?;
        let number = names.iter().position(|known| *known == name)? + 1;
        linked += &format!("[lesson {number}](/lessons/{number}){rest}");
    }
    Some(linked)
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

/// Adds one line of the file to the last lesson, or begins a lesson. `None` if it is no right line.
fn add(lessons: &mut Vec<Lesson>, line: &str) -> Option<()> {
    // `$` and `>` need no colon.
    let sign = ["$", ">"].into_iter().find_map(|sign| Some((sign, line.strip_prefix(sign)?)));
    let (head, text) = sign.or_else(|| line.split_once(": "))?;
    let (word, name) = head.split_once(' ').unwrap_or((head, ""));
    let (name, text) = (name.to_owned(), text.strip_prefix(' ').unwrap_or(text).to_owned());
    if word == "lesson" {
        let is_new = !lessons.iter().any(|known| known.name == name);
        let number = lessons.len() + 1;
        lessons.push(Lesson { number, name, title: text, lines: Vec::new() });
        return is_new.then_some(());
    }
    let lesson = lessons.last_mut()?;
    if let Some((_, above)) = BELOW.iter().find(|(below, _)| *below == word) {
        let found = lesson.lines.last_mut().filter(|line| line.word == *above)?;
        match word {
            "why" => found.why = text,
            _ => found.below.push(text),
        }
        return Some(());
    }
    let mut words = STEPS.into_iter().chain(TEXTS).chain(NAMED);
    let word = words.find(|known| *known == word && NAMED.contains(known) != name.is_empty())?;
    let is_second = TEXTS.contains(&word) && !lesson.text(word).is_empty();
    if is_second || word == "show" && file(&name).is_none() {
        return None;
    }
    let (below, why) = (Vec::new(), String::new());
    lesson.lines.push(LessonLine { word, name, text, below, why });
    Some(())
}
