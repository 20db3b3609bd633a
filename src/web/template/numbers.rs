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

/// The message for anything but a number.
fn no_number(value: &Value) -> String {
    format!("found {}, expected a number", value.type_name())
}

/// The number without its sign.
pub fn abs(value: &Value, _: &[Value]) -> Outcome {
    match (value, value.whole()) {
        (_, Some(number)) => number
            .checked_abs()
            .map(Value::Int)
            .ok_or_else(|| "the number does not fit 64 bits".into()),
        (Value::Float(number), _) => Ok(Value::Float(number.abs())),
        _ => Err(no_number(value)),
    }
}

/// The number with a number of digits after the point; `'ceil'` and `'floor'` give the direction.
pub fn round(value: &Value, arguments: &[Value]) -> Outcome {
    let places = given(arguments, 0).unwrap_or(&Value::Int(0)).whole();
    let places = places.and_then(|places| usize::try_from(places).ok());
    let places = places.ok_or("the precision of round is an int, 0 or more")?.min(MOST_PLACES);
    let number = value.number().ok_or_else(|| no_number(value))?;
    let towards: fn(f64) -> f64 = match given(arguments, 1).map(Value::as_str) {
        None | Some(Some("common")) => {
            // Rust writes the exact decimal digits and rounds halves to even, as Python does.
            let rounded = || format!("{number:.places$}").parse().unwrap_or(number);
            return Ok(value.whole().map_or_else(|| Value::Float(rounded()), Value::Int));
        }
        Some(Some("ceil")) => f64::ceil,
        Some(Some("floor")) => f64::floor,
        _ => return Err("the method of round is 'common', 'ceil' or 'floor'".to_owned()),
    };
    let power = 10_f64.powi(places as i32);
    let scaled = number * power;
    if !scaled.is_finite() {
        return Err("the number is too large to be rounded".to_owned());
    }
    // Python's ceil and floor give a whole number, and whole numbers have no -0.
    Ok(Value::Float((towards(scaled) + 0.0) / power))
}

/// The number, or the number in the text, without its fraction; the argument if there is none.
pub fn int(value: &Value, arguments: &[Value]) -> Outcome {
    let text = value.as_str().map(|text| text.trim_matches(is_space));
    let number = match (value, text) {
        (Value::Undefined, _) => return Err("an undefined value is no number".to_owned()),
        (_, Some(text)) => match well_formed(text).and_then(|text| text.parse().ok()) {
            Some(number) => return Ok(Value::Int(number)),
            None => parse_float(text),
        },
        _ => match value.whole() {
            Some(number) => return Ok(Value::Int(number)),
            None => value.as_float(),
        },
    };
    match number {
        Some(number) if number.abs() < 9.2e18 => Ok(Value::Int(number as i64)),
        Some(number) if number.is_finite() => Err(format!("{number:e} does not fit 64 bits")),
        _ => Ok(given(arguments, 0).cloned().unwrap_or(Value::Int(0))),
    }
}

/// The number, or the number in the text, as a float; the argument if there is none.
pub fn float(value: &Value, arguments: &[Value]) -> Outcome {
    if value.is_undefined() {
        return Err("an undefined value is no number".to_owned());
    }
    let number = value.number().or_else(|| parse_float(value.as_str()?.trim_matches(is_space)));
    let otherwise = || given(arguments, 0).cloned().unwrap_or(Value::Float(0.0));
    Ok(number.map_or_else(otherwise, Value::Float))
}

/// A number as Python's `float` reads it.
fn parse_float(text: &str) -> Option<f64> {
    well_formed(text)?.parse().ok()
}

/// The text without its underscores, which Python allows between two digits.
fn well_formed(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let stray = |at: &usize| bytes[*at] == b'_' && !(*at > 0 && digit(at - 1) && digit(at + 1));
    let strays = (0..bytes.len()).any(|at| stray(&at));
    (!strays).then(|| text.replace('_', ""))
}
