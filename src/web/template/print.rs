//! How data turns into text: as Python prints it, then escaped for HTML.
//!
//! `None`, `True`, `1e+16`, `['a', 1]`: a list shows its strings in quotes, as Python's `repr`
//! does.

use super::datum::{Datum, Many, Text};
use crate::json::{write_float, write_int};
use std::fmt::Write;

/// Appends text with the five characters that HTML gives a meaning replaced.
///
/// # Security
///
/// `"` and `'` are among them, so escaped text may also stand in an attribute, if that is in
/// quotes.
pub fn escape_into(out: &mut String, text: &str) {
    let mut clean = 0;
    for (at, byte) in text.bytes().enumerate() {
        let replacement = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&#34;",
            b'\'' => "&#39;",
            _ => continue,
        };
        out.push_str(&text[clean..at]);
        out.push_str(replacement);
        clean = at + 1;
    }
    out.push_str(&text[clean..]);
}

/// Appends data to a page: text is escaped unless it is HTML already.
pub fn print_into(out: &mut String, datum: &Datum) {
    match datum {
        Datum::Safe(text) => out.push_str(text),
        Datum::Text(text) => escape_into(out, text),
        Datum::Int(number) => write_int(out, *number),
        Datum::Undefined(_) => {}
        _ => escape_into(out, &to_text(datum)),
    }
}

/// The data as Python's `str` shows it, not escaped.
pub fn to_text<'a>(datum: &Datum<'a>) -> Text<'a> {
    match datum {
        Datum::Text(text) | Datum::Safe(text) => text.clone(),
        Datum::Undefined(_) => Text::Lent(""),
        Datum::Null => Text::Lent("None"),
        Datum::Bool(true) => Text::Lent("True"),
        Datum::Bool(false) => Text::Lent("False"),
        _ => {
            let mut out = String::new();
            repr_into(&mut out, datum);
            Text::Made(out.into())
        }
    }
}

/// The data as HTML: text is escaped unless it is HTML already.
pub fn to_html<'a>(datum: &Datum<'a>) -> Text<'a> {
    if let Datum::Safe(text) = datum {
        return text.clone();
    }
    let text = to_text(datum);
    if !text.bytes().any(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')) {
        return text;
    }
    let mut out = String::new();
    escape_into(&mut out, &text);
    Text::Made(out.into())
}

/// Appends the data as Python's `repr` shows it.
pub fn repr_into(out: &mut String, datum: &Datum) {
    match datum {
        Datum::Undefined(_) => out.push_str("Undefined"),
        Datum::Null => out.push_str("None"),
        Datum::Bool(truth) => out.push_str(if *truth { "True" } else { "False" }),
        Datum::Int(number) => write_int(out, *number),
        Datum::Float(number) => write_float(out, *number),
        Datum::Text(text) => quote_into(out, text),
        Datum::Safe(text) => {
            out.push_str("Markup(");
            quote_into(out, text);
            out.push(')');
        }
        Datum::Values(items) => items_into(out, '[', items.iter().map(Datum::lent), "]"),
        Datum::Many(kind, items) => {
            let (open, close) = match kind {
                Many::List => ("[", "]"),
                Many::Tuple => ("(", if items.len() == 1 { ",)" } else { ")" }),
                Many::Items => ("dict_items([", "])"),
                Many::Keys => ("dict_keys([", "])"),
                Many::Values => ("dict_values([", "])"),
            };
            let (before, bracket) = open.split_at(open.len() - 1);
            out.push_str(before);
            items_into(out, bracket.chars().next().unwrap_or('['), items.iter().cloned(), close);
        }
        Datum::Map(_) | Datum::Dict(_) => {
            out.push('{');
            for (at, (key, value)) in datum.pairs().into_iter().flatten().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                repr_into(out, &key);
                out.push_str(": ");
                repr_into(out, &value);
            }
            out.push('}');
        }
        // Writing to a String cannot fail.
        Datum::Range(range) if range.step == 1 => {
            _ = write!(out, "range({}, {})", range.start, range.stop)
        }
        Datum::Range(range) => {
            _ = write!(out, "range({}, {}, {})", range.start, range.stop, range.step)
        }
        Datum::Loop(state) => {
            _ = write!(out, "<LoopContext {}/{}>", state.index.get() + 1, state.length)
        }
    }
}

fn items_into<'a>(
    out: &mut String,
    open: char,
    items: impl Iterator<Item = Datum<'a>>,
    close: &str,
) {
    out.push(open);
    for (at, item) in items.enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        repr_into(out, &item);
    }
    out.push_str(close);
}

/// Appends a string in quotes: single ones, unless it holds a single quote and no double one.
fn quote_into(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if character == quote => out.extend(['\\', quote]),
            _ if is_printable(character) => out.push(character),
            // Writing to a String cannot fail.
            '\0'..='\u{ff}' => _ = write!(out, "\\x{:02x}", character as u32),
            '\u{100}'..='\u{ffff}' => _ = write!(out, "\\u{:04x}", character as u32),
            _ => _ = write!(out, "\\U{:08x}", character as u32),
        }
    }
    out.push(quote);
}

/// Close to Python's `isprintable`: no control characters, no separators but the space, no format
/// characters.
fn is_printable(character: char) -> bool {
    if character == ' ' {
        return true;
    }
    // `escape_debug` writes characters that cannot be seen as \u{…}, marks that would join the
    // quote too; Python keeps those marks, and none of them is below U+0300.
    let escaped =
        character.escape_debug().len() > 2 && !('\u{300}'..='\u{36f}').contains(&character);
    let format = matches!(character, '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
    !(character.is_control() || character.is_whitespace() || escaped || format)
}

/// A key as JSON writes it: names of objects are always strings.
pub fn json_key(key: &Datum) -> String {
    match key {
        Datum::Null => "null".to_owned(),
        Datum::Bool(truth) => truth.to_string(),
        _ => to_text(key).to_string(),
    }
}
