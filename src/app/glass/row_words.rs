//! Deeper: Writes the values of a visitor's row in short lines.
//!
//! ```text
//! user = 'Ada'
//! a flash waits: 'need valid name'
//! ```

use super::columns::cut_line;
use super::mask::Mask;
use carafe::{Map, Value};

/// The name under which a row holds its flashed messages, as in Flask.
pub const FLASHES: &str = "_flashes";

/// This many characters of a value are shown.
const SHOWN: usize = 200;

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
