//! Deeper: from a value to JSON text.
//!
//! One function writes each kind of value, and one what stands between two brackets. The template
//! engine prints its numbers with the functions at the end, so that a page and JSON show the same.

use crate::value::{Map, Value};
use std::fmt::Write;
use std::iter::repeat_n;

/// How JSON text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// As Flask's `tojson`, which calls Python's `json.dumps`: a space after each comma and colon,
    /// names in the order of the alphabet, ASCII only, and names for floats that JSON lacks.
    pub python: bool,
    /// A line for each item, indented by this number of spaces for each level.
    pub indent: Option<usize>,
}

impl Style {
    /// The shortest text: `{"a":1,"b":[1,2]}`.
    pub const COMPACT: Style = Style { python: false, indent: None };
    /// What Flask's `tojson` starts from: `{"a": 1, "b": [1, 2]}`.
    pub const PYTHON: Style = Style { python: true, indent: None };
}

/// The value as the shortest JSON text. A float that JSON cannot write (infinity, not-a-number)
/// becomes `null`.
///
/// ```
/// let value = carafe::json::parse(br#"{ "a" : 1, "b" : [1, 2.50] }"#).unwrap();
/// assert_eq!(carafe::json::write(&value), r#"{"a":1,"b":[1,2.5]}"#);
/// ```
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    write_into(&mut text, value, Style::COMPACT);
    text
}

/// The same for a map alone.
pub fn write_map(map: &Map) -> String {
    // Room for a small map; to grow twice takes longer than to write it.
    let mut text = String::with_capacity(128);
    write_pairs(&mut text, map.iter(), Style::COMPACT, 0);
    text
}

/// Appends the value as JSON text in the given style.
pub fn write_into(out: &mut String, value: &Value, style: Style) {
    write_value(out, value, style, 0);
}

/// The value, `depth` levels inside other values.
fn write_value(out: &mut String, value: &Value, style: Style, depth: usize) {
    let list = |out: &mut String, items: &[Value]| {
        write_items(out, ['[', ']'], items.iter(), style, depth, |out, item| {
            write_value(out, item, style, depth + 1);
        });
    };
    match value {
        Value::Null | Value::Undefined | Value::Local(_) => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => write_int(out, *number),
        Value::Float(number) if number.is_finite() => write_float(out, *number),
        Value::Float(_) if !style.python => out.push_str("null"),
        Value::Float(number) if number.is_nan() => out.push_str("NaN"),
        Value::Float(number) => out.push_str(if *number > 0.0 { "Infinity" } else { "-Infinity" }),
        Value::Str(text) | Value::Html(text) => write_string(out, text, style),
        Value::List(items) => list(out, items),
        Value::Sequence(sequence) => list(out, &sequence.items),
        Value::Map(map) if style.python => {
            let mut pairs: Vec<_> = map.iter().collect();
            pairs.sort_by_key(|(name, _)| *name);
            write_pairs(out, pairs.into_iter(), style, depth);
        }
        Value::Map(map) => write_pairs(out, map.iter(), style, depth),
        Value::Dict(pairs) => {
            // A name of an object is always text: the text that the key is as JSON.
            let name = |key: &Value| key.as_str().map_or_else(|| write(key), str::to_owned);
            let map: Map = pairs.iter().map(|(key, value)| (name(key), value.clone())).collect();
            write_value(out, &map.into(), style, depth);
        }
    }
}

fn write_pairs<'a>(
    out: &mut String,
    pairs: impl Iterator<Item = (&'a str, &'a Value)>,
    style: Style,
    depth: usize,
) {
    write_items(out, ['{', '}'], pairs, style, depth, |out, (name, value)| {
        write_string(out, name, style);
        out.push_str(if style.python { ": " } else { ":" });
        write_value(out, value, style, depth + 1);
    });
}

/// Writes items between brackets, with commas between them.
fn write_items<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: impl Iterator<Item = T>,
    style: Style,
    depth: usize,
    write_item: impl Fn(&mut String, T),
) {
    out.push(open);
    let mut is_empty = true;
    for item in items {
        if !is_empty {
            out.push(',');
        }
        match style.indent {
            Some(spaces) => new_line(out, spaces * (depth + 1)),
            None if style.python && !is_empty => out.push(' '),
            None => {}
        }
        write_item(out, item);
        is_empty = false;
    }
    if let Some(spaces) = style.indent.filter(|_| !is_empty) {
        new_line(out, spaces * depth);
    }
    out.push(close);
}

/// A line end and the indentation of the next line.
fn new_line(out: &mut String, spaces: usize) {
    out.push('\n');
    out.extend(repeat_n(' ', spaces));
}

/// Text between quotes. RFC 8259 §7: quotes, backslashes and control characters are escaped.
fn write_string(out: &mut String, text: &str, style: Style) {
    let has_meaning = |byte| matches!(byte, b'"' | b'\\' | ..b' ') || style.python && byte >= 0x7F;
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(has_meaning) {
        let (plain, behind) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = behind.chars();
        match characters.next().unwrap_or_default() {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            character => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}"); // Writing to a String cannot fail.
                }
            }
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// Appends a whole number in decimal. (`write!` takes longer, and pages print many numbers.)
pub fn write_int(out: &mut String, number: i64) {
    // Most numbers on a page have one digit.
    if let 0..=9 = number {
        return out.push(char::from(b'0' + number as u8));
    }
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push('-');
    }
    out.push_str(str::from_utf8(&digits[at..]).unwrap_or_default());
}

/// Appends a float as Python's `repr` and JSON write it: the fewest digits that read back as the
/// same number, always with a point or an exponent: `1.0`, `0.1`, `1e+16`, `1e-05`, `nan`, `inf`.
pub fn write_float(out: &mut String, number: f64) {
    if number.is_nan() {
        return out.push_str("nan");
    }
    let start = out.len();
    let _ = write!(out, "{number:?}"); // Writing to a String cannot fail.
    // Python writes a sign and at least two digits behind the `e`, where Rust writes neither.
    if let Some(at) = out[start..].find('e') {
        let exponent = out.split_off(start + at + 1);
        let digits = exponent.trim_start_matches('-');
        let sign = if digits == exponent { '+' } else { '-' };
        let _ = write!(out, "{sign}{digits:0>2}");
    }
}
