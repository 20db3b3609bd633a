//! Filters for numbers, and how Python reads numbers from text.

use super::arithmetic::as_float;
use super::datum::{Datum, Text};
use super::filters::{Given, Outcome, argument, int_argument};
use super::print::to_text;
use super::scan::is_space;

/// The number without its sign.
pub fn abs<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    match (datum, datum.as_int()) {
        (_, Some(number)) => number
            .checked_abs()
            .map(Datum::Int)
            .ok_or_else(|| "the number does not fit 64 bits".to_owned()),
        (Datum::Float(number), _) => Ok(Datum::Float(number.abs())),
        _ => Err(format!("found {}, expected a number", datum.type_name())),
    }
}

/// The number with so many digits after the point; `'ceil'` and `'floor'` say in which direction.
pub fn round<'a>(datum: &Datum<'a>, given: &Given<'a>) -> Outcome<'a> {
    let precision = int_argument(given, 0, 0)?;
    let method = argument(given, 1).map_or(Text::Lent("common"), to_text);
    let number =
        as_float(datum).ok_or_else(|| format!("found {}, expected a number", datum.type_name()))?;
    match &*method {
        "common" => match datum.as_int() {
            Some(whole) => round_int(whole, precision).map(Datum::Int),
            None => Ok(Datum::Float(round_float(number, precision)?)),
        },
        "ceil" | "floor" => {
            let power = 10_f64.powi(i32::try_from(precision.clamp(-400, 400)).unwrap_or(0));
            let scaled = number * power;
            if !scaled.is_finite() {
                return Err("the number is too large to be rounded so".to_owned());
            }
            let rounded = if *method == *"ceil" { scaled.ceil() } else { scaled.floor() };
            // Python's ceil and floor give a whole number, and whole numbers know no -0.
            Ok(Datum::Float((rounded + 0.0) / power))
        }
        _ => Err("the method of round is 'common', 'ceil' or 'floor'".to_owned()),
    }
}

/// Halves go to the even neighbour, as in Python.
fn round_int(number: i64, precision: i64) -> Result<i64, String> {
    if precision >= 0 {
        return Ok(number);
    }
    let Some(unit) =
        u32::try_from(precision.unsigned_abs()).ok().and_then(|zeros| 10_i128.checked_pow(zeros))
    else {
        return Ok(0);
    };
    let number = i128::from(number);
    let below = number.div_euclid(unit);
    let twice = number.rem_euclid(unit) * 2;
    let up = twice > unit || twice == unit && below % 2 != 0;
    i64::try_from((below + i128::from(up)) * unit)
        .map_err(|_| "the rounded number does not fit 64 bits".to_owned())
}

fn round_float(number: f64, precision: i64) -> Result<f64, String> {
    if !number.is_finite() || precision > 330 {
        return Ok(number);
    }
    if precision < 0 {
        let power = 10_f64.powi(i32::try_from(precision.unsigned_abs().min(400)).unwrap_or(400));
        let rounded = (number / power).round_ties_even() * power;
        return Ok(if rounded.is_finite() { rounded } else { 0.0_f64.copysign(number) });
    }
    // Rust writes the exact decimal expansion, halves to even: that is what Python rounds by as
    // well.
    let places = usize::try_from(precision).unwrap_or(0);
    format!("{number:.places$}").parse().map_err(|_| "the number cannot be rounded".to_owned())
}

/// The number or the number in the text without its fraction; the first argument where there is
/// none.
pub fn int<'a>(datum: &Datum<'a>, given: &Given<'a>) -> Outcome<'a> {
    if let Datum::Undefined(_) = datum {
        return Err("an undefined value is no number".to_owned());
    }
    let otherwise = || argument(given, 0).cloned().unwrap_or(Datum::Int(0));
    if let Some(number) = datum.as_int() {
        return Ok(Datum::Int(number));
    }
    let base = int_argument(given, 1, 10)?;
    if let Some(text) = datum.as_text()
        && let Some(number) = parse_int(text, base)?
    {
        return Ok(Datum::Int(number));
    }
    let float = match datum {
        Datum::Float(number) => Some(*number),
        _ => datum.as_text().and_then(|text| parse_float(text)),
    };
    match float {
        Some(number) if number.abs() < 9.2e18 => Ok(Datum::Int(number.trunc() as i64)),
        Some(number) if number.is_finite() => Err(format!("{number:e} does not fit 64 bits")),
        _ => Ok(otherwise()),
    }
}

/// The number or the number in the text as a float; the first argument where there is none.
pub fn float<'a>(datum: &Datum<'a>, given: &Given<'a>) -> Outcome<'a> {
    if let Datum::Undefined(_) = datum {
        return Err("an undefined value is no number".to_owned());
    }
    let number = as_float(datum).or_else(|| datum.as_text().and_then(|text| parse_float(text)));
    Ok(number
        .map_or_else(|| argument(given, 0).cloned().unwrap_or(Datum::Float(0.0)), Datum::Float))
}

/// A whole number as Python's `int` reads it: white space around it, a sign, single underscores
/// between digits.
///
/// # Errors
///
/// A base that Python does not know; a number that 64 bits do not hold.
pub fn parse_int(text: &str, base: i64) -> Result<Option<i64>, String> {
    if base != 0 && !(2..=36).contains(&base) {
        return Err("the base is 0 or 2 to 36".to_owned());
    }
    let text = text.trim_matches(is_space);
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let prefix = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 0,
    };
    let prefixed = prefix != 0 && (base == 0 || base == prefix);
    let radix = if prefixed {
        prefix
    } else if base == 0 {
        10
    } else {
        base
    };
    let digits =
        if prefixed { digits[2..].strip_prefix('_').unwrap_or(&digits[2..]) } else { digits };
    let radix = u32::try_from(radix).unwrap_or(10);
    let well_formed = !digits.is_empty()
        && digits
            .split('_')
            .all(|part| !part.is_empty() && part.chars().all(|digit| digit.is_digit(radix)));
    // With base 0 a leading zero would be an octal number of old.
    if !well_formed
        || base == 0
            && !prefixed
            && digits.starts_with('0')
            && digits.bytes().any(|digit| !matches!(digit, b'0' | b'_'))
    {
        return Ok(None);
    }
    let plain = format!("{}{}", if negative { "-" } else { "" }, digits.replace('_', ""));
    i64::from_str_radix(&plain, radix)
        .map(Some)
        .map_err(|_| "the number does not fit 64 bits".to_owned())
}

/// A number as Python's `float` reads it.
pub fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim_matches(is_space);
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let stray = |at: usize| {
        bytes[at] == b'_' && !(at > 0 && digit(bytes.get(at - 1)) && digit(bytes.get(at + 1)))
    };
    if (0..bytes.len()).any(stray) {
        return None;
    }
    text.replace('_', "").parse().ok()
}
