//! From a value to JSON text.

use crate::value::{Map, Value};
use std::fmt::Write;

/// How JSON text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// A space after each comma and colon, and names for the floats that JSON lacks: as Python's
    /// `json.dumps`.
    pub python: bool,
    /// Characters beyond ASCII as `\u` escapes.
    pub ascii: bool,
    /// Names in the order of the alphabet.
    pub sorted: bool,
    /// A line for each item, indented by this number of spaces for each level.
    pub indent: Option<usize>,
}

impl Style {
    /// The shortest text: `{"a":1,"b":[1,2]}`.
    pub const COMPACT: Style = Style { python: false, ascii: false, sorted: false, indent: None };
    /// What Flask's `tojson` starts from: `{"a": 1, "b": [1, 2]}`, sorted, ASCII only.
    pub const PYTHON: Style = Style { python: true, ascii: true, sorted: true, indent: None };
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

/// Appends the value as JSON text in the given style.
pub fn write_into(out: &mut String, value: &Value, style: Style) {
    write_value(out, value, style, 0);
}

fn write_value(out: &mut String, value: &Value, style: Style, depth: usize) {
    match value {
        Value::Null | Value::Undefined | Value::Local(_) => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Int(number) => write_int(out, *number),
        Value::Float(number) if number.is_finite() => write_float(out, *number),
        Value::Float(_) if !style.python => out.push_str("null"),
        Value::Float(number) if number.is_nan() => out.push_str("NaN"),
        Value::Float(number) => out.push_str(if *number > 0.0 { "Infinity" } else { "-Infinity" }),
        Value::Str(text) | Value::Html(text) => write_string(out, text, style),
        Value::List(items) => write_items(out, items, style, depth),
        Value::Sequence(sequence) => write_items(out, &sequence.items, style, depth),
        Value::Map(map) => write_map(out, map, style, depth),
        Value::Dict(pairs) => {
            // A name of an object is always text: the text that the key is as JSON.
            let name = |key: &Value| key.as_str().map_or_else(|| write(key), str::to_owned);
            let map: Map = pairs.iter().map(|(key, value)| (name(key), value.clone())).collect();
            write_map(out, &map, style, depth);
        }
    }
}

fn write_items(out: &mut String, items: &[Value], style: Style, depth: usize) {
    if items.is_empty() {
        return out.push_str("[]");
    }
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        separate(out, at > 0, style, depth + 1);
        write_value(out, item, style, depth + 1);
    }
    close(out, ']', style, depth);
}

fn write_map(out: &mut String, map: &Map, style: Style, depth: usize) {
    if map.is_empty() {
        return out.push_str("{}");
    }
    let mut sorted = Vec::new();
    if style.sorted {
        sorted.extend(map.iter());
        sorted.sort_by_key(|(name, _)| *name);
    }
    out.push('{');
    let mut first = true;
    let mut pair = |(name, value): (&str, &Value)| {
        separate(out, !std::mem::take(&mut first), style, depth + 1);
        write_string(out, name, style);
        out.push_str(if style.python { ": " } else { ":" });
        write_value(out, value, style, depth + 1);
    };
    if style.sorted {
        sorted.into_iter().for_each(pair);
    } else {
        map.iter().for_each(&mut pair);
    }
    close(out, '}', style, depth);
}

fn separate(out: &mut String, comma: bool, style: Style, depth: usize) {
    if comma {
        out.push(',');
    }
    match style.indent {
        Some(spaces) => new_line(out, spaces * depth),
        None if comma && style.python => out.push(' '),
        None => {}
    }
}

fn close(out: &mut String, bracket: char, style: Style, depth: usize) {
    if let Some(spaces) = style.indent {
        new_line(out, spaces * depth);
    }
    out.push(bracket);
}

fn new_line(out: &mut String, spaces: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', spaces));
}

fn write_string(out: &mut String, text: &str, style: Style) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest
        .bytes()
        .position(|byte| matches!(byte, b'"' | b'\\' | ..b' ') || style.ascii && byte >= 0x7F)
    {
        out.push_str(&rest[..at]);
        let character =
            rest[at..].chars().next().expect("a byte was found there, so a character begins there");
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            _ => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}"); // Writing to a String cannot fail.
                }
            }
        }
        rest = &rest[at + character.len_utf8()..];
    }
    out.push_str(rest);
    out.push('"');
}

/// Appends a whole number in decimal.
pub fn write_int(out: &mut String, number: i64) {
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
    out.extend(digits[at..].iter().map(|digit| char::from(*digit)));
}

/// Appends a float as Python's `repr` and JSON write it: the fewest digits that read back as the
/// same number, always with a point or an exponent: `1.0`, `0.1`, `1e+16`, `1e-05`.
pub fn write_float(out: &mut String, number: f64) {
    if !number.is_finite() {
        out.push_str(if number.is_nan() {
            "nan"
        } else if number > 0.0 {
            "inf"
        } else {
            "-inf"
        });
        return;
    }
    // Rust and Python agree on the digits, and on when to write an exponent; not on how to write
    // that.
    let start = out.len();
    let _ = write!(out, "{number:?}"); // Writing to a String cannot fail.
    if let Some(at) = out[start..].find('e') {
        let exponent = out.split_off(start + at + 1);
        let (sign, digits) =
            exponent.strip_prefix('-').map_or(('+', &*exponent), |digits| ('-', digits));
        let _ = write!(out, "{sign}{digits:0>2}");
    }
}
