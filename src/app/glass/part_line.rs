//! Deeper: One line in the description of a cycle.
//!
//! A cycle is described by parts, and a part is a list of lines. A line may be a header on the
//! wire, a value that changed, or a step. All of them have the same fields, so that the page, the
//! text and the JSON print every part in one way.

use super::message::readable;
use carafe::{Map, Value};
use std::panic::Location;

/// A line. A field that it does not need is empty.
#[derive(Default)]
pub struct PartLine {
    /// What it is: `header`, `cookie`, `route`, `flash put`.
    pub name: String,
    /// For a change: `+` added, `~` changed, `-` removed, `=` a page was made, `!` a warning.
    pub sign: &'static str,
    /// What it says. Only a body has several lines.
    pub text: String,
    /// How it ends on the wire: `CR LF` or `LF`; empty where it goes on.
    pub end: &'static str,
    /// What that means; for a field that was read, its decoded form.
    pub note: String,
    /// The line of source that did it: `src/app/course/hello.rs:24`.
    pub source: String,
    /// A change in a few words, for the list of cycles.
    pub short: String,
}

impl PartLine {
    /// A line. Decoded values may contain anything, and a terminal obeys some of it: so the end of
    /// a line is written `\n`, and an escape `\u{1b}`.
    pub fn new(name: impl Into<String>, text: impl AsRef<str>) -> PartLine {
        let text = readable(text.as_ref().as_bytes(), false).into_owned();
        PartLine { name: name.into(), text, ..PartLine::default() }
    }

    /// With a note.
    pub fn note(self, note: impl AsRef<str>) -> PartLine {
        PartLine { note: readable(note.as_ref().as_bytes(), false).into_owned(), ..self }
    }

    /// With the end that it had on the wire.
    pub fn end(self, end: &'static str) -> PartLine {
        PartLine { end, ..self }
    }

    /// With the line of source that did it, if one is known.
    pub fn at(self, source: Option<&Location>) -> PartLine {
        PartLine { source: source.map_or(String::new(), place), ..self }
    }
}

impl From<&PartLine> for Value {
    fn from(line: &PartLine) -> Value {
        let PartLine { name, sign, text, end, note, source, .. } = line;
        let fields: [(&str, &str); 6] = [
            ("name", name),
            ("sign", sign),
            ("text", text),
            ("end", end),
            ("note", note),
            ("source", source),
        ];
        Map::from(fields).into()
    }
}

/// `src/app/course/hello.rs:24`, with slashes on every system.
pub fn place(location: &Location) -> String {
    format!("{}:{}", location.file().replace('\\', "/"), location.line())
}
