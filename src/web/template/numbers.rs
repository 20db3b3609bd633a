//! Deeper: filters for numbers: `{{ price|round(2) }}`, `{{ '42'|int }}`.
//!
//! A value that is no number and has none in it gives the argument: `{{ 'x'|int(5) }}` is 5.
//!
//! Left out: `int` with another base than ten.

use super::function::{Outcome, given};
use super::print::to_text;
use super::scan::is_space;
use crate::value::Value;
use std::borrow::Cow;

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
    let precision = given(arguments, 0).unwrap_or(&Value::Int(0)).whole();
    let precision = precision.ok_or("the precision of round is an int")?;
    let number = value.number().ok_or_else(|| no_number(value))?;
    let round_up: fn(f64) -> f64 =
        match &*given(arguments, 1).map_or(Cow::Borrowed("common"), to_text) {
            "ceil" => f64::ceil,
            "floor" => f64::floor,
            "common" => {
                return match value.whole() {
                    Some(whole) => round_int(whole, precision).map(Value::Int),
                    None => round_float(number, precision).map(Value::Float),
                };
            }
            _ => return Err("the method of round is 'common', 'ceil' or 'floor'".to_owned()),
        };
    let power = 10_f64.powi(i32::try_from(precision.clamp(-400, 400)).unwrap_or(0));
    let scaled = number * power;
    if !scaled.is_finite() {
        return Err("the number is too large to be rounded".to_owned());
    }
    // Python's ceil and floor give a whole number, and whole numbers have no -0.
    Ok(Value::Float((round_up(scaled) + 0.0) / power))
}

/// A whole number stays as it is, unless digits before the point are rounded: `1250|round(-2)`.
fn round_int(number: i64, precision: i64) -> Result<i64, String> {
    if precision >= 0 {
        return Ok(number);
    }
    let zeros = u32::try_from(precision.unsigned_abs()).ok();
    let Some(unit) = zeros.and_then(|zeros| 10_i128.checked_pow(zeros)) else {
        return Ok(0);
    };
    let (below, twice) =
        (i128::from(number).div_euclid(unit), i128::from(number).rem_euclid(unit) * 2);
    // A half goes to the even neighbour.
    let up = twice > unit || twice == unit && below % 2 != 0;
    i64::try_from((below + i128::from(up)) * unit)
        .map_err(|_| "the rounded number does not fit 64 bits".to_owned())
}

/// A float with a number of digits after the point; a negative number rounds digits before it.
fn round_float(number: f64, precision: i64) -> Result<f64, String> {
    if !number.is_finite() || precision > 330 {
        return Ok(number);
    }
    if precision < 0 {
        let power = 10_f64.powi(i32::try_from(precision.unsigned_abs().min(400)).unwrap_or(400));
        let rounded = (number / power).round_ties_even() * power;
        return Ok(if rounded.is_finite() { rounded } else { 0.0_f64.copysign(number) });
    }
    // Rust writes the exact decimal digits and rounds halves to even. Python rounds the same way.
    let places = usize::try_from(precision).unwrap_or(0);
    format!("{number:.places$}").parse().map_err(|_| "the number cannot be rounded".to_owned())
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
