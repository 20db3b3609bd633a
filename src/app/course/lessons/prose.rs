//! The little markup of the lessons' texts: `code`, and [words](/path) that lead somewhere.
//!
//! Texts become pieces, and the template writes them: so a text can hold any sign, and none of it
//! is ever HTML.

use carafe::{Map, Value};

/// The pieces of a text, for `prose.html`: maps with `text`, and `code` or `link` where it is one.
pub fn pieces(text: &str) -> Value {
    let mut pieces = Vec::new();
    // Between each pair of backticks is code; links are looked for outside only.
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 1 {
            pieces
                .push(Value::Map(Map::from([("text", Value::from(part)), ("code", true.into())])));
        } else {
            links(part, &mut pieces);
        }
    }
    pieces.into()
}

fn links(mut text: &str, pieces: &mut Vec<Value>) {
    while let Some((before, words, path, after)) = first_link(text) {
        plain(before, pieces);
        pieces.push(Value::Map(Map::from([("text", words), ("link", path)])));
        text = after;
    }
    plain(text, pieces);
}

fn plain(text: &str, pieces: &mut Vec<Value>) {
    if !text.is_empty() {
        pieces.push(Value::Map(Map::from([("text", text)])));
    }
}

/// What stands before the first `[words](/path)`, its words, its path, and what stands behind it.
fn first_link(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (front, rest) = text.split_once("](")?;
    let (before, words) = front.rsplit_once('[')?;
    let (path, after) = rest.split_once(')')?;
    path.starts_with('/').then_some((before, words, path, after))
}

/// The text as a terminal shows it.
pub fn plain_text(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, words, path, after)) = first_link(rest) {
        shown.push_str(&format!("{before}{words}"));
        if words != path {
            shown.push_str(&format!(" ({path})"));
        }
        rest = after;
    }
    shown + rest
}
