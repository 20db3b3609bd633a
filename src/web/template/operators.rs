//! Deeper: the operators between two values, a table of signs and functions.
//!
//! * Whole numbers are exact. A result that 64 bits do not hold is an error.
//! * `/` always gives a float. `//` and `%` round down, so `-7 // 2` is `-4` and `-7 % 2` is `1`.
//! * `+` also joins strings and lists, `*` repeats them, `%` fills in a string.
//!
//! Left out: whole numbers of any length, and complex numbers.

use super::function::Outcome;
use super::kinds::{LONGEST, too_long};
use super::print::{to_html, to_text};
use super::printf::percent;
use crate::value::{SequenceKind, Value};
use std::cmp::Ordering;

/// Lists longer than this are not made by `+` and `*`.
const MOST_ITEMS: usize = 100_000;

/// An operator between two values.
#[derive(Debug)]
pub struct Operator {
    /// As it is written.
    pub sign: &'static str,
    /// How tightly it binds; `not` has 2, the level below the comparisons.
    pub level: u8,
    /// True if an undefined value may be on either side.
    pub takes_undefined: bool,
    /// What it does.
    pub call: fn(&Value, &Value) -> Outcome,
}

/// How tightly comparisons bind. They make chains: `a < b < c`.
const COMPARES: u8 = 3;

impl Operator {
    /// True for comparisons.
    pub fn compares(&self) -> bool {
        self.level == COMPARES
    }
}

/// All operators but `and`, `or` and `not`, which do not always need both values.
pub static OPERATORS: [Operator; 16] = [
    compare("==", true, |a, b| Ok(a.equals(b).into())),
    compare("!=", true, |a, b| Ok((!a.equals(b)).into())),
    compare("<", false, |a, b| Ok((a.order(b)? == Some(Ordering::Less)).into())),
    compare("<=", false, |a, b| Ok(a.order(b)?.is_some_and(Ordering::is_le).into())),
    compare(">", false, |a, b| Ok((a.order(b)? == Some(Ordering::Greater)).into())),
    compare(">=", false, |a, b| Ok(a.order(b)?.is_some_and(Ordering::is_ge).into())),
    compare("in", true, |a, b| Ok(b.holds(a)?.into())),
    compare("not in", true, |a, b| Ok((!b.holds(a)?).into())),
    Operator { sign: "~", level: 5, takes_undefined: true, call: concatenate },
    compute("+", 4, add),
    compute("-", 4, |a, b| numbers("-", a, b, i64::checked_sub, |a, b| Ok(a - b))),
    compute("*", 6, multiply),
    compute("/", 6, |a, b| numbers("/", a, b, |_, _| None, divide)),
    compute("//", 6, |a, b| numbers("//", a, b, floor_divide, |a, b| Ok(floor_rest(a, b)?.0))),
    compute("%", 6, remainder),
    compute("**", 7, power),
];

/// A row for a comparison.
const fn compare(
    sign: &'static str,
    undefined: bool,
    call: fn(&Value, &Value) -> Outcome,
) -> Operator {
    Operator { sign, level: COMPARES, takes_undefined: undefined, call }
}

/// A row for arithmetic.
const fn compute(sign: &'static str, level: u8, call: fn(&Value, &Value) -> Outcome) -> Operator {
    Operator { sign, level, takes_undefined: false, call }
}

/// `a ~ b`: both as text. If one is HTML, so is the result, and the other is escaped.
fn concatenate(a: &Value, b: &Value) -> Outcome {
    let safe = a.is_safe() || b.is_safe();
    let text = if safe { to_html } else { to_text };
    let joined = [text(a), text(b)].concat();
    if joined.len() > LONGEST { Err(too_long()) } else { Ok(Value::text(joined, safe)) }
}

/// `a + b`: joins text with text, a list with a list, a tuple with a tuple; adds numbers.
fn add(a: &Value, b: &Value) -> Outcome {
    match (a, b) {
        (Value::Str(_) | Value::Html(_), Value::Str(_) | Value::Html(_)) => concatenate(a, b),
        (Value::List(left), Value::List(right)) => {
            list(a, left.iter().chain(&**right).take(MOST_ITEMS + 1).cloned().collect())
        }
        (Value::Sequence(left), Value::Sequence(right)) if is_tuple(a) && is_tuple(b) => {
            list(a, left.items.iter().chain(&right.items).take(MOST_ITEMS + 1).cloned().collect())
        }
        _ => numbers("+", a, b, i64::checked_add, |a, b| Ok(a + b)),
    }
}

/// True for a tuple, which is no list: `(1, 2) == [1, 2]` is false.
fn is_tuple(value: &Value) -> bool {
    matches!(value, Value::Sequence(sequence) if sequence.kind == SequenceKind::Tuple)
}

/// A list, or a tuple if `like` is one.
fn list(like: &Value, items: Vec<Value>) -> Outcome {
    if items.len() > MOST_ITEMS {
        return Err(format!("the list would be longer than {MOST_ITEMS} items"));
    }
    Ok(if is_tuple(like) { Value::sequence(SequenceKind::Tuple, items) } else { items.into() })
}

/// `a * b`: text and lists are repeated by a whole number on either side.
fn multiply(a: &Value, b: &Value) -> Outcome {
    let repeats =
        |what: &Value| what.as_str().is_some() || is_tuple(what) || matches!(what, Value::List(_));
    match (a.whole(), b.whole()) {
        (_, Some(times)) if repeats(a) => repeat(a, usize::try_from(times).unwrap_or(0)),
        (Some(times), _) if repeats(b) => repeat(b, usize::try_from(times).unwrap_or(0)),
        _ => numbers("*", a, b, i64::checked_mul, |a, b| Ok(a * b)),
    }
}

/// Text or a list, repeated.
fn repeat(what: &Value, times: usize) -> Outcome {
    match (what.as_str(), what.as_list()) {
        (Some(text), _) if text.len().saturating_mul(times) > LONGEST => Err(too_long()),
        (Some(text), _) => Ok(Value::text(text.repeat(times), what.is_safe())),
        (_, items) => {
            let items = items.unwrap_or_default();
            let count = items.len().saturating_mul(times).min(MOST_ITEMS + 1);
            list(what, items.iter().cycle().take(count).cloned().collect())
        }
    }
}

/// Two numbers: `whole` for integers, unless it finds no result; `float` if one is a float.
fn numbers(
    sign: &str,
    a: &Value,
    b: &Value,
    whole: fn(i64, i64) -> Option<i64>,
    float: fn(f64, f64) -> Result<f64, String>,
) -> Outcome {
    match (a.whole(), b.whole(), a.number(), b.number()) {
        (Some(a), Some(0), ..) if matches!(sign, "/" | "//" | "%") => {
            float(a as f64, 0.0).map(Value::Float)
        }
        (Some(a), Some(b), ..) if sign != "/" => whole(a, b)
            .map(Value::Int)
            .ok_or_else(|| format!("{a} {sign} {b} does not fit 64 bits")),
        (_, _, Some(a), Some(b)) => float(a, b).map(Value::Float),
        _ => Err(format!("{sign} does not go between {} and {}", a.type_name(), b.type_name())),
    }
}

/// `a / b`; a division by zero is an error, as in Python.
fn divide(a: f64, b: f64) -> Result<f64, String> {
    if b == 0.0 { Err("division by zero".to_owned()) } else { Ok(a / b) }
}

// Rust rounds towards zero, Python down: they differ if there is a rest and the signs differ.
fn floor_divide(a: i64, b: i64) -> Option<i64> {
    Some(a.checked_div(b)? - i64::from(a % b != 0 && (a < 0) != (b < 0)))
}

/// The rest that belongs to [`floor_divide`]: it has the sign of b.
fn floor_remainder(a: i64, b: i64) -> Option<i64> {
    let rest = a.checked_rem(b).unwrap_or(0);
    Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
}

/// `a % b`: the rest of a division, or a string that is filled in.
///
/// # Errors
///
/// Those of [`percent`]; a division by zero.
pub fn remainder(a: &Value, b: &Value) -> Outcome {
    match a.as_str() {
        Some(_) => percent(a, b),
        None => numbers("%", a, b, floor_remainder, |a, b| Ok(floor_rest(a, b)?.1)),
    }
}

/// Quotient rounded down, and the rest, with the steps and the signs of Python's floats.
fn floor_rest(a: f64, b: f64) -> Result<(f64, f64), String> {
    divide(a, b)?;
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest == 0.0 {
        rest = 0.0_f64.copysign(b);
    } else if (b < 0.0) != (rest < 0.0) {
        rest += b;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return Ok((0.0_f64.copysign(a / b), rest));
    }
    let floor = quotient.floor();
    Ok((if quotient - floor > 0.5 { floor + 1.0 } else { floor }, rest))
}

/// `a ** b`: whole if both are and b is not negative.
fn power(a: &Value, b: &Value) -> Outcome {
    let whole = |a: i64, b: i64| match (a, u32::try_from(b)) {
        (0 | 1, Err(_)) => Some(a),
        (-1, Err(_)) => Some(if b % 2 == 0 { 1 } else { -1 }),
        (_, exponent) => a.checked_pow(exponent.ok()?),
    };
    let float = |a: f64, b: f64| match a.powf(b) {
        _ if a == 0.0 && b < 0.0 => Err("division by zero".to_owned()),
        power if power.is_nan() && !a.is_nan() && !b.is_nan() => {
            Err("a negative number to a power with a fraction is no real number".to_owned())
        }
        power if power.is_infinite() && a.is_finite() && b.is_finite() => {
            Err("the power is too large for a float".to_owned())
        }
        power => Ok(power),
    };
    match (a.whole(), b.whole()) {
        (Some(a), Some(b)) if b < 0 => float(a as f64, b as f64).map(Value::Float),
        _ => numbers("**", a, b, whole, float),
    }
}

/// `-value` or `+value`
///
/// # Errors
///
/// Anything but a number.
pub fn signed(plus: bool, value: &Value) -> Outcome {
    match (value, value.whole()) {
        (_, Some(number)) if plus => Ok(Value::Int(number)),
        (_, Some(number)) => number
            .checked_neg()
            .map(Value::Int)
            .ok_or_else(|| format!("-({number}) does not fit 64 bits")),
        (Value::Float(number), _) => Ok(Value::Float(if plus { *number } else { -number })),
        _ => Err(format!(
            "{} does not go before {}",
            if plus { "+" } else { "-" },
            value.type_name()
        )),
    }
}
