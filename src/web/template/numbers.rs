//! Deeper: filters for numbers: `{{ price|round(2) }}`, `{{ '42'|int }}`.
//!
//! A value that is no number and has none in it gives the argument: `{{ 'x'|int(5) }}` is 5.
//!
//! Left out: `int` with another base than ten, digits of other scripts and underscores between
//! digits in a text, and `round` to tens or hundreds.

use super::function::{Outcome, int_argument};
use super::kinds::whole_part;
use crate::value::Value;

/// No float has more digits after the point than this.
const MOST_PLACES: usize = 1_100;

/// The number without its sign.
pub fn abs(value: &Value, _: &[Value]) -> Outcome {
    match (value, value.whole_number()) {
        (Value::Float(number), _) => Ok(Value::Float(number.abs())),
        (_, Some(number)) => number
            .checked_abs()
            .map(Value::Int)
            .ok_or_else(|| "the number does not fit 64 bits".to_owned()),
        _ => Err(no_number(value)),
    }
}

/// The message for anything but a number.
fn no_number(value: &Value) -> String {
    format!("found {}, expected a number", value.type_name())
}

/// The number with a number of digits after the point; `'ceil'` and `'floor'` give the direction.
pub fn round(value: &Value, arguments: &[Value]) -> Outcome {
    let places = usize::try_from(int_argument(arguments, 0, 0)?);
    let places =
        places.map_err(|_| "the precision of round is an int, 0 or more")?.min(MOST_PLACES);
    let number = value.number().ok_or_else(|| no_number(value))?;
    let power = 10_f64.powi(places as i32);
    // Python's ceil and floor give a whole number, and whole numbers have no -0.
    let towards = |rounded: f64| match rounded.is_finite() {
        true => Ok(Value::Float((rounded + 0.0) / power)),
        false => Err("the number is too large to be rounded".to_owned()),
    };
    match arguments[1].as_str() {
        // Rust writes the exact decimal digits and rounds halves to even, as Python does.
        Some("common") => Ok(match value.whole_number() {
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
    let written = value.as_str().and_then(|text| text.trim().parse().ok());
    if let Some(number) = written.or(value.whole_number()) {
        return Ok(Value::Int(number));
    }
    match number_in(value).filter(|number| number.is_finite()) {
        Some(number) => whole_part(number).map(Value::Int),
        None => Ok(arguments[0].clone()),
    }
}

/// The number, or the number in the text, as a float; the argument if there is none.
pub fn float(value: &Value, arguments: &[Value]) -> Outcome {
    Ok(number_in(value).map_or_else(|| arguments[0].clone(), Value::Float))
}

/// The number that the value is, or that its text is, as Python's `float` reads it.
fn number_in(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some(text) => text.trim().parse().ok(),
        None => value.number(),
    }
}
