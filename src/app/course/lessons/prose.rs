//! Deeper: The texts of the lessons, which may hold `code` and [words](/path) that link to a path.
//!
//! A text becomes a list of pieces, and the template writes each piece. So a text can hold any
//! character, and none of it is HTML.

use carafe::{Map, Value};

/// The width of a line in a terminal. Two more make 80.
const COLUMNS: usize = 78;

/// A part of a text.
enum Piece<'t> {
    Plain(&'t str),
    /// Words between backticks.
    Code(&'t str),
    /// Words and the path that they link to.
    Link(&'t str, &'t str),
}

/// The pieces of a text. Links are found outside of code only.
fn split(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    // Every second part is between two backticks.
    for (at, mut part) in text.split('`').enumerate() {
        if at % 2 == 1 {
            pieces.push(Piece::Code(part));
            continue;
        }
        while let Some((before, words, path, after)) = first_link(part) {
            pieces.extend([Piece::Plain(before), Piece::Link(words, path)]);
            part = after;
        }
        pieces.push(Piece::Plain(part));
    }
    pieces.retain(|piece| !matches!(piece, Piece::Plain("")));
    pieces
}

/// The first `[words](/path)`: the text before it, the words, the path, and the text behind it.
fn first_link(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (front, rest) = text.split_once("](")?;
    let (before, words) = front.rsplit_once('[')?;
    let (path, after) = rest.split_once(')')?;
    path.starts_with('/').then_some((before, words, path, after))
}

/// The pieces for `prose.html`: maps with `text`, and with `code` or `link` if it is one.
pub fn pieces(text: &str) -> Value {
    let pieces = split(text).into_iter().map(|piece| match piece {
        Piece::Plain(text) => Map::from([("text", text)]),
        Piece::Code(text) => Map::from([("text", text), ("code", "yes")]),
        Piece::Link(words, path) => Map::from([("text", words), ("link", path)]),
    });
    pieces.collect()
}

/// The text for a terminal: a link has its path in brackets.
pub fn plain_text(text: &str) -> String {
    let pieces = split(text).into_iter().map(|piece| match piece {
        Piece::Plain(text) => text.to_owned(),
        Piece::Code(text) => format!("`{text}`"),
        Piece::Link(words, path) if words == path => words.to_owned(),
        Piece::Link(words, path) => format!("{words} ({path})"),
    });
    pieces.collect()
}

/// A paragraph for a terminal. Its first line begins with `front`, its other lines with as many
/// spaces. An empty text is no line.
pub fn wrapped(front: &str, text: &str) -> String {
    let text = plain_text(text);
    if text.is_empty() {
        return text;
    }
    let (mut lines, mut width) = (front.to_owned(), front.len());
    for (at, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if at > 0 && width + 1 + length > COLUMNS {
            lines += &format!("\n{:1$}", "", front.len());
            width = front.len();
        } else if at > 0 {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += length;
    }
    lines + "\n"
}
