//! Deeper: how a value turns into text: as Python prints it, then escaped for HTML.
//!
//! `None`, `True`, `1e+16`, `['a', 1]`: a list shows its strings in quotes, as Python's `repr`
//! does.

use super::kinds::LONGEST;
use crate::json::{write_float, write_int};
use crate::value::{Map, SequenceKind, Value};
use std::borrow::Cow;
use std::fmt::Write;

/// Appends text with the five characters replaced that have a meaning in HTML.
///
/// # Security
///
/// `"` and `'` are among them, so escaped text may also be an attribute, if that is in quotes.
fn escape_into(out: &mut Vec<u8>, text: &[u8]) {
    // Most text has none of the five: a look at each byte, without a branch, is fast.
    let is_special = |byte: u8| SPECIAL[usize::from(byte)];
    let mut rest = text;
    if text.iter().fold(false, |found, byte| found | is_special(*byte)) {
        while let Some(at) = rest.iter().position(|byte| is_special(*byte)) {
            out.extend_from_slice(&rest[..at]);
            out.extend_from_slice(match rest[at] {
                b'&' => b"&amp;",
                b'<' => b"&lt;",
                b'>' => b"&gt;",
                b'"' => b"&#34;",
                _ => b"&#39;",
            });
            rest = &rest[at + 1..];
        }
    }
    out.extend_from_slice(rest);
}

/// True for the five bytes with a meaning in HTML.
static SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    (special[b'&' as usize], special[b'<' as usize], special[b'>' as usize]) = (true, true, true);
    (special[b'"' as usize], special[b'\'' as usize]) = (true, true);
    special
};

/// Appends a value to a page: text is escaped, where that is wanted and it is not HTML already.
pub fn print_into(out: &mut Vec<u8>, value: &Value, escapes: bool) {
    match value {
        Value::Str(text) if escapes => escape_into(out, text.as_bytes()),
        Value::Html(text) => out.extend_from_slice(text.as_bytes()),
        Value::Int(number) => write_int(*number, |digit| out.push(digit)),
        _ => print_other(out, value, escapes),
    }
}

/// The same for what is printed rarely.
#[inline(never)]
fn print_other(out: &mut Vec<u8>, value: &Value, escapes: bool) {
    let text = to_text(value);
    match escapes {
        true => escape_into(out, text.as_bytes()),
        false => out.extend_from_slice(text.as_bytes()),
    }
}

/// The value as Python's `str` shows it, not escaped.
pub fn to_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Str(text) => Cow::Borrowed(text),
        Value::Html(text) => Cow::Borrowed(text),
        Value::Undefined => Cow::Borrowed(""),
        _ => Cow::Owned(repr(value)),
    }
}

/// The value as HTML: text is escaped unless it is HTML already.
pub fn to_html(value: &Value) -> Cow<'_, str> {
    if let Value::Html(text) = value {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::new();
    print_into(&mut out, value, true);
    Cow::Owned(text_of(out))
}

/// What was printed, as text. Only whole texts are printed, so the bytes are text too.
pub fn text_of(printed: Vec<u8>) -> String {
    String::from_utf8(printed).unwrap_or_default()
}

/// The value as Python's `repr` shows it.
pub fn repr(value: &Value) -> String {
    let mut out = String::new();
    repr_into(&mut out, value);
    out
}

/// Appends the value as `repr` shows it; it calls itself for each level of lists. Text that is too
/// long ends early: neither a page nor a value takes it.
fn repr_into(out: &mut String, value: &Value) {
    if out.len() > LONGEST {
        return;
    }
    let (open, close) = match value {
        Value::Undefined => return out.push_str("Undefined"),
        Value::Null => return out.push_str("None"),
        Value::Bool(truth) => return out.push_str(if *truth { "True" } else { "False" }),
        Value::Int(number) => return write_int(*number, |digit| out.push(char::from(digit))),
        Value::Float(number) => return write_float(out, *number),
        Value::Str(text) => return quote_into(out, text),
        Value::Html(text) => {
            out.push_str("Markup(");
            quote_into(out, text);
            return out.push(')');
        }
        Value::Local(_) => return out.extend(["<", value.type_name(), ">"]),
        Value::Map(_) => ("{", "}"),
        Value::List(_) => ("[", "]"),
        Value::Sequence(sequence) => match sequence.kind {
            SequenceKind::Tuple if sequence.items.len() == 1 => ("(", ",)"),
            SequenceKind::Tuple => ("(", ")"),
            SequenceKind::View(open) => (open, "])"),
            SequenceKind::Range(start, stop, step) => {
                let step = if step == 1 { String::new() } else { format!(", {step}") };
                return out.push_str(&format!("range({start}, {stop}{step})"));
            }
        },
    };
    out.push_str(open);
    for (at, item) in value.as_list().unwrap_or_default().iter().enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        repr_into(out, item);
    }
    for (at, (key, value)) in value.as_map().into_iter().flat_map(Map::iter).enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        quote_into(out, key);
        out.push_str(": ");
        repr_into(out, value);
    }
    out.push_str(close);
}

/// Appends a string in quotes: single ones, unless it has a single quote and no double one.
fn quote_into(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if character == quote || character == '\\' => out.extend(['\\', character]),
            _ if is_printable(character) => out.push(character),
            // Writing to a String cannot fail.
            '\0'..='\u{ff}' => _ = write!(out, "\\x{:02x}", character as u32),
            '\u{100}'..='\u{ffff}' => _ = write!(out, "\\u{:04x}", character as u32),
            _ => _ = write!(out, "\\U{:08x}", character as u32),
        }
    }
    out.push(quote);
}

/// Python's `isprintable`: no control characters and no separators but the space.
fn is_printable(character: char) -> bool {
    // `escape_debug` writes what cannot be seen as \u{…}. At the front of a text it does so with
    // marks, too, which join the letter before them.
    let is_escaped = || format!("a{character}").escape_debug().count() > 3;
    matches!(character, ' '..='~')
        || !(character.is_control() || character.is_whitespace() || is_escaped())
}
