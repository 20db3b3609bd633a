//! Deeper: from a value to JSON text.
//!
//! One function writes each kind of value, and one what stands between two brackets. The template
//! engine prints its numbers with the functions at the end, so that a page and JSON show the same.

use super::ESCAPES;
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
    /// No item is begun after this number of bytes. A longer text is cut, and not to be used.
    pub most: usize,
}

impl Style {
    /// The shortest text: `{"a":1,"b":[1,2]}`.
    pub const COMPACT: Style = Style { python: false, indent: None, most: usize::MAX };
    /// What Flask's `tojson` starts from: `{"a": 1, "b": [1, 2]}`.
    pub const PYTHON: Style = Style { python: true, ..Style::COMPACT };
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
    JsonWriter { out: &mut text, style: Style::COMPACT, depth: 0 }.pairs(map.iter());
    text
}

/// Appends the value as JSON text in the given style.
pub fn write_into(out: &mut String, value: &Value, style: Style) {
    JsonWriter { out, style, depth: 0 }.value(value);
}

/// Where the text goes, and how deep the next value lies in others.
struct JsonWriter<'o> {
    out: &'o mut String,
    style: Style,
    depth: usize,
}

impl JsonWriter<'_> {
    fn value(&mut self, value: &Value) {
        let Style { python, .. } = self.style;
        match value {
            Value::Null | Value::Undefined | Value::Local(_) => self.out.push_str("null"),
            Value::Bool(truth) => self.out.push_str(if *truth { "true" } else { "false" }),
            Value::Int(number) => write_int(*number, |digit| self.out.push(char::from(digit))),
            Value::Float(number) if number.is_finite() => write_float(self.out, *number),
            Value::Float(_) if !python => self.out.push_str("null"),
            Value::Float(number) if number.is_nan() => self.out.push_str("NaN"),
            Value::Float(number) if *number > 0.0 => self.out.push_str("Infinity"),
            Value::Float(_) => self.out.push_str("-Infinity"),
            Value::Str(text) => self.string(text),
            Value::Html(text) => self.string(text),
            Value::List(items) => self.items(['[', ']'], items.iter(), JsonWriter::value),
            Value::Sequence(sequence) => {
                self.items(['[', ']'], sequence.items.iter(), JsonWriter::value);
            }
            Value::Map(map) if python => {
                let mut names: Vec<&str> = map.iter().map(|(name, _)| name).collect();
                names.sort_unstable();
                self.pairs(names.iter().filter_map(|name| Some((*name, map.get(name)?))));
            }
            Value::Map(map) => self.pairs(map.iter()),
        }
    }

    fn pairs<'a>(&mut self, pairs: impl Iterator<Item = (&'a str, &'a Value)>) {
        let colon = if self.style.python { ": " } else { ":" };
        self.items(['{', '}'], pairs, |writer, (name, value)| {
            writer.string(name);
            writer.out.push_str(colon);
            writer.value(value);
        });
    }

    /// Items between brackets, with commas between them.
    fn items<T>(
        &mut self,
        [open, close]: [char; 2],
        items: impl Iterator<Item = T>,
        write_item: impl Fn(&mut Self, T),
    ) {
        let Style { python, indent, most } = self.style;
        self.out.push(open);
        self.depth += 1;
        let mut is_empty = true;
        for item in items {
            if self.out.len() > most {
                break;
            }
            if !is_empty {
                self.out.push_str(if python && indent.is_none() { ", " } else { "," });
            }
            self.new_line();
            write_item(self, item);
            is_empty = false;
        }
        self.depth -= 1;
        if !is_empty {
            self.new_line();
        }
        self.out.push(close);
    }

    /// A line end and the indentation of the next line, if the style has lines.
    fn new_line(&mut self) {
        if let Some(spaces) = self.style.indent {
            self.out.push('\n');
            self.out.extend(repeat_n(' ', spaces * self.depth));
        }
    }

    /// Text between quotes. RFC 8259 §7: quotes, backslashes and control characters are escaped.
    fn string(&mut self, text: &str) {
        let has_meaning =
            |byte| matches!(byte, b'"' | b'\\' | ..b' ') || self.style.python && byte >= 0x7F;
        self.out.push('"');
        let mut rest = text;
        while let Some(at) = rest.bytes().position(has_meaning) {
            let (plain, behind) = rest.split_at(at);
            self.out.push_str(plain);
            let mut characters = behind.chars();
            let character = characters.next().unwrap_or_default();
            if let Some((letter, _)) = ESCAPES.iter().find(|(_, meant)| *meant == character) {
                self.out.extend(['\\', *letter]);
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(self.out, "\\u{unit:04x}"); // Writing to a String cannot fail.
                }
            }
            rest = characters.as_str();
        }
        self.out.push_str(rest);
        self.out.push('"');
    }
}

/// Hands out a whole number in decimal, from its sign on.
pub fn write_int(number: i64, mut push: impl FnMut(u8)) {
    if number < 0 {
        push(b'-');
    }
    write_digits(number.unsigned_abs(), |digits| digits.iter().for_each(|digit| push(*digit)));
}

/// Hands out the decimal digits of a number. (`write!` takes longer, and pages print many.)
#[inline]
pub fn write_digits(mut number: u64, write: impl FnOnce(&[u8])) {
    // Most numbers on a page have one digit.
    if number < 10 {
        return write(&[b'0' + number as u8]);
    }
    let mut digits = [0; 20];
    let mut at = digits.len();
    while number > 0 {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    write(&digits[at..]);
}

/// Appends a float as Python's `repr` and JSON write it: the fewest digits that read back as the
/// same number, always with a point or an exponent: `1.0`, `0.1`, `1e+16`, `1e-05`, `nan`, `inf`.
pub fn write_float(out: &mut String, number: f64) {
    if number.is_nan() {
        return out.push_str("nan");
    }
    let mut text = format!("{number:?}");
    // Two shortest texts, of 16 digits or more, may be equally near: Python's last digit is even.
    if text.len() > 16 {
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, ""));
        let places = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let even = match exponent {
            "" => format!("{number:.places$}"),
            _ => format!("{number:.places$e}"),
        };
        text = if even.parse() == Ok(number) { even } else { text };
    }
    // Python writes a sign and at least two digits after the `e`, where Rust writes neither.
    let Some((digits, exponent)) = text.split_once('e') else { return out.push_str(&text) };
    let size = exponent.trim_start_matches('-');
    let sign = if size == exponent { '+' } else { '-' };
    let _ = write!(out, "{digits}e{sign}{size:0>2}"); // Writing to a String cannot fail.
}
