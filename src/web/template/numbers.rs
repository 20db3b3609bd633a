//! Deeper: filters for numbers: `{{ price|round(2) }}`, `{{ '42'|int }}`.
//!
//! A value that is no number and has none in it gives the argument: `{{ 'x'|int(5) }}` is 5.
//!
//! Left out: `int` with another base than ten, and `round` to tens or hundreds.

use super::function::{Outcome, given};
use super::scan::is_space;
use crate::value::Value;

/// No float has more digits after the point than this.
const MOST_PLACES: usize = 1_100;

/// The number without its sign.
pub fn abs(value: &Value, _: &[Value]) -> Outcome {
    match (value, value.whole()) {
        (Value::Float(number), _) => Ok(Value::Float(number.abs())),
        (_, Some(number)) => number.checked_abs().map(Value::Int).ok_or_else(too_large),
        _ => Err(no_number(value)),
    }
}

fn too_large() -> String {
    "the number does not fit 64 bits".to_owned()
}

/// The message for anything but a number.
fn no_number(value: &Value) -> String {
    format!("found {}, expected a number", value.type_name())
}

/// The number with a number of digits after the point; `'ceil'` and `'floor'` give the direction.
pub fn round(value: &Value, arguments: &[Value]) -> Outcome {
    let places = given(arguments, 0).map_or(Some(0), Value::whole);
    let places = places.and_then(|places| usize::try_from(places).ok());
    let places = places.ok_or("the precision of round is an int, 0 or more")?.min(MOST_PLACES);
    let number = value.number().ok_or_else(|| no_number(value))?;
    let power = 10_f64.powi(places as i32);
    // Python's ceil and floor give a whole number, and whole numbers have no -0.
    let towards = |rounded: f64| match rounded.is_finite() {
        true => Ok(Value::Float((rounded + 0.0) / power)),
        false => Err("the number is too large to be rounded".to_owned()),
    };
    match given(arguments, 1).map_or(Some("common"), Value::as_str) {
        // Rust writes the exact decimal digits and rounds halves to even, as Python does.
        Some("common") => Ok(match value.whole() {
            Some(whole) => whole.into(),
            None => format!("{number:.places$}").parse().unwrap_or(number).into(),
        }),
        Some("ceil") => towards((number * power).ceil()),
        Some("floor") => towards((number * power).floor()),
        _ => Err("the method of round is 'common', 'ceil' or 'floor'".to_owned()),
    }
}

/// The number, or the number in the text, without its fraction; the argument if there is none.
pub fn int(value: &Value, arguments: &[Value]) -> Outcome {
    let digits = value.as_str().and_then(plain_digits);
    if let Some(number) = digits.and_then(|text| text.parse().ok()).or(value.whole()) {
        return Ok(Value::Int(number));
    }
    match number_in(value)? {
        Some(number) if number.abs() < 9.2e18 => Ok(Value::Int(number as i64)),
        Some(number) if number.is_finite() => Err(format!("{number:e} does not fit 64 bits")),
        _ => Ok(arguments.first().cloned().unwrap_or(Value::Int(0))),
    }
}

/// The number, or the number in the text, as a float; the argument if there is none.
pub fn float(value: &Value, arguments: &[Value]) -> Outcome {
    let otherwise = || arguments.first().cloned().unwrap_or(Value::Float(0.0));
    Ok(number_in(value)?.map_or_else(otherwise, Value::Float))
}

/// The number that the value is, or that its text is, as Python's `float` reads it.
fn number_in(value: &Value) -> Result<Option<f64>, String> {
    match value.as_str() {
        _ if value.is_undefined() => Err("an undefined value is no number".to_owned()),
        Some(text) => Ok(plain_digits(text).and_then(|text| text.parse().ok())),
        None => Ok(value.number()),
    }
}

/// The text with the digits of all scripts as 0 to 9, without white space around it and without
/// underscores, which Python allows between two digits.
fn plain_digits(text: &str) -> Option<String> {
    let digit = |letter| digit_of(letter).map_or(letter, |digit| char::from(b'0' + digit));
    let text: String = text.trim_matches(is_space).chars().map(digit).collect();
    let is_digit = |text: Option<char>| text.is_some_and(|it| it.is_ascii_digit());
    let mut cuts = text.match_indices('_').map(|(at, _)| (&text[..at], &text[at + 1..]));
    cuts.all(|(before, after)| is_digit(before.chars().last()) && is_digit(after.chars().next()))
        .then(|| text.replace('_', ""))
}

/// The value of a digit of any script: `٣` is 3.
pub fn digit_of(letter: char) -> Option<u8> {
    let zero = ZEROS.iter().rev().find(|zero| **zero <= letter as u32)?;
    u8::try_from(letter as u32 - *zero).ok().filter(|digit| *digit < 10)
}

/// The zeros of Unicode's scripts; nine digits follow each.
const ZEROS: &[u32] = &[
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
    0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50,
    0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];
