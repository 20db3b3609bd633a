//! Deeper: One line in the description of a cycle, and how a value of a row is written in it.
//!
//! A cycle is described by parts, and a part is a list of lines. A line may be a header on the
//! wire, a value that changed, or a step. All of them have the same fields, so that the page, the
//! text and the JSON print every part in one way.

use super::columns::cut_line;
use super::mask::Mask;
use super::message::readable;
use carafe::{Map, Value};
use std::panic::Location;

/// The name under which a row holds its flashed messages, as in Flask.
pub const FLASHES: &str = "_flashes";

/// This many characters of a value are shown.
const SHOWN: usize = 200;

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
    pub fn new(name: &str, text: &str) -> PartLine {
        let text = readable(text.as_bytes(), false).into_owned();
        PartLine { name: name.into(), text, ..PartLine::default() }
    }

    /// With a note.
    pub fn note(self, note: &str) -> PartLine {
        PartLine { note: readable(note.as_bytes(), false).into_owned(), ..self }
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

/// A value with its name.
pub fn named(mask: &Mask, name: &str, value: &Value) -> String {
    if name != FLASHES {
        return format!("{name} = {}", shown(mask, name, value));
    }
    let texts = messages(value).map(|message| format!("'{}'", mask.text(message)));
    format!("a flash waits: {}", texts.collect::<Vec<_>>().join(", "))
}

/// A value in one short line.
pub fn shown(mask: &Mask, name: &str, value: &Value) -> String {
    let text = match value.as_str() {
        Some(text) => format!("'{}'", mask.field(name, text)),
        None => mask.json(name, value),
    };
    cut_line(&text, SHOWN)
}

/// The names in a row, and the number of its flashed messages: `user, 1 flash`.
pub fn names(row: &Map) -> String {
    let names = row.iter().map(|(name, _)| name).filter(|name| *name != FLASHES);
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    match row.get(FLASHES).map_or(0, |list| messages(list).count()) {
        0 => {}
        1 => names.push("1 flash".into()),
        more => names.push(format!("{more} flashes")),
    }
    if names.is_empty() { "empty".to_owned() } else { names.join(", ") }
}

/// The texts of flashed messages, which are kept as pairs of category and text.
fn messages(list: &Value) -> impl Iterator<Item = &str> {
    list.as_list().unwrap_or_default().iter().filter_map(|pair| pair.as_list()?.get(1)?.as_str())
}
