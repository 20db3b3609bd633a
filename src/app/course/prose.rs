//! Deeper: The texts of the course, as HTML and as lines for a terminal.
//!
//! A text may hold `code` and `[words](/path)`, which links the words to a path. All other
//! characters are text, and none of them is HTML.

use crate::app::glass::Columns;
use carafe::Value;

/// The text as HTML.
pub fn html(text: &str) -> Value {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&#34;");
    let code = |code: &str| format!("<code>{code}</code>");
    Value::Html(with(&text, code, |words, path| format!("<a href=\"{path}\">{words}</a>")).into())
}

/// The text for a terminal: a link is its words.
fn plain(text: &str) -> String {
    with(text, |code| format!("`{code}`"), |words, _| words.to_owned())
}

/// The text with its code and its links written by these two functions.
fn with(text: &str, code: impl Fn(&str) -> String, link: impl Fn(&str, &str) -> String) -> String {
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

/// A paragraph for a terminal, in lines that begin with `front` or with as many spaces. An empty
/// text is no line.
pub fn wrapped(front: &str, text: &str) -> String {
    let mut lines = Columns::default();
    if !text.is_empty() {
        lines.wrapped(front, &plain(text));
    }
    lines.into_text()
}
