//! Deeper: The filters for the texts of carafe: as HTML, and as lines for a terminal.
//!
//! A page and its text for curl are two templates with the same variables, `lesson.html` and
//! `lesson.txt`. In a text, `code` and `[words](/path)` work, which links the words to a path. All
//! other characters are text, and none of them is HTML.
//!
//! | filter | what it prints |
//! |---|---|
//! | `text\|prose` | the text as HTML |
//! | `text\|paragraph('  * ')` | the text for a terminal, wrapped after these letters |
//! | `words\|wrapped('  row', 9)` | the same of plain words, from the ninth column on |
//! | `lines\|indented('    ')` | each line after these letters |
//! | `left\|spread(right)` | two texts at the two ends of a line |
//! | `line\|wire(' > ', brief)` | a line of a message with its note |
//! | `command\|folded` | a command over several lines |

use crate::app::assets;
use crate::app::glass::{self, COLUMNS};
use carafe::Value;
use carafe::web::template::Templates;
use std::path::Path;

/// Templates with these filters: those of a folder, or else those inside the binary.
pub fn templates(folder: Option<&Path>) -> Templates {
    let mut templates =
        folder.map_or_else(|| Templates::embedded(assets::TEMPLATES), Templates::from_dir);
    templates.filter("prose", |text, _| Ok(html(string(text))));
    templates.filter("paragraph", |text, front| Ok(lines(&plain(string(text)), front)));
    templates.filter("wrapped", |text, front| Ok(lines(string(text), front)));
    templates.filter("spread", |left, right| {
        Ok(as_it_is(glass::spread(string(left), right.first().map_or("", string))))
    });
    templates.filter("wire", |line, rest| {
        let is_brief = rest.get(1) == Some(&Value::Bool(true));
        Ok(as_it_is(glass::wire(line, rest.first().map_or("", string), is_brief)))
    });
    templates.filter("folded", |line, _| Ok(as_it_is(glass::folded(string(line)))));
    templates.filter("indented", |text, front| {
        let front = front.first().map_or("", string);
        let lines = string(text).lines().map(|line| format!("{front}{line}"));
        Ok(as_it_is(lines.map(|line| line.trim_end().to_owned() + "\n").collect()))
    });
    templates
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A text that is printed without escapes.
fn as_it_is(text: String) -> Value {
    Value::Html(text.into())
}

/// The text as HTML.
fn html(text: &str) -> Value {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&#34;");
    let code = |code: &str| format!("<code>{code}</code>");
    as_it_is(with(&text, &code, &|words, path| format!("<a href=\"{path}\">{words}</a>")))
}

/// The text for a terminal: a link is its words.
fn plain(text: &str) -> String {
    with(text, &|code| format!("`{code}`"), &|words, _| words.to_owned())
}

/// The text with its code and its links written by these two functions.
fn with(text: &str, code: &dyn Fn(&str) -> String, link: &dyn Fn(&str, &str) -> String) -> String {
    let mut written = String::new();
    // Every second part is between two backticks. Links are found outside of code only.
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 1 {
            written.push_str(&code(part));
            continue;
        }
        let mut pieces = part.split('[');
        written.push_str(pieces.next().unwrap_or(""));
        for piece in pieces {
            let words = piece.split_once("](").filter(|(_, rest)| rest.starts_with('/'));
            match words.and_then(|(words, rest)| Some((words, rest.split_once(')')?))) {
                Some((words, (path, rest))) => written += &(link(words, path) + rest),
                None => written += &format!("[{piece}"),
            }
        }
    }
    written
}

/// The words in lines that begin with the first of `front` or with as many spaces; the second is
/// the width of this beginning. An empty text is no line.
fn lines(text: &str, front: &[Value]) -> Value {
    let start = front.first().map_or("", string);
    let width = front.get(1).and_then(Value::as_int).unwrap_or(0);
    let width = usize::try_from(width).unwrap_or(0).min(COLUMNS);
    let lines = || glass::wrapped(&format!("{start:<width$}"), text);
    as_it_is(if text.is_empty() { String::new() } else { lines() })
}
