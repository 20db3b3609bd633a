//! Deeper: the operators, a table of signs and functions.
//!
//! * Whole numbers are exact. A result that 64 bits do not hold is an error.
//! * `/` always gives a float. `//` and `%` round down, so `-7 // 2` is `-4` and `-7 % 2` is `1`.
//! * `+` also joins strings and lists, `*` repeats them, `%` fills in a string.
//!
//! Left out: whole numbers of any length, and complex numbers.

use super::function::IfUndefined::{self, Refused, Taken, Warned};
use super::function::{ANY, Call, Function, Outcome, row};
use super::kinds::{MOST_ITEMS, check_items, check_length};
use super::lists::slice;
use super::print::{to_html, to_text};
use super::printf::percent;
use crate::value::{SequenceKind, Value};
use std::cmp::Ordering;

/// The strength of `not`, which has one operand.
pub const NOT: u8 = 2;
/// The strength of comparisons. They make chains: `a < b < c`.
pub const COMPARES: u8 = 3;

/// All operators between two values: the strength with which each binds, and its function. The
/// parser gives each one argument. `and` and `or` are not called: they do not always need both.
pub const OPERATORS: [(u8, Function); 18] = [
    (0, operator("or", Taken, |_, b| Ok(b[0].clone()))),
    (1, operator("and", Taken, |_, b| Ok(b[0].clone()))),
    (COMPARES, operator("==", Taken, |a, b| Ok(a.equals(&b[0]).into()))),
    (COMPARES, operator("!=", Taken, |a, b| Ok((!a.equals(&b[0])).into()))),
    (COMPARES, arithmetic("<", |a, b| is_ordered(a, &b[0], Ordering::is_lt))),
    (COMPARES, arithmetic("<=", |a, b| is_ordered(a, &b[0], Ordering::is_le))),
    (COMPARES, arithmetic(">", |a, b| is_ordered(a, &b[0], Ordering::is_gt))),
    (COMPARES, arithmetic(">=", |a, b| is_ordered(a, &b[0], Ordering::is_ge))),
    (COMPARES, operator("in", Taken, |a, b| Ok(b[0].holds(a)?.into()))),
    (COMPARES, operator("not in", Taken, |a, b| Ok((!b[0].holds(a)?).into()))),
    (4, arithmetic("+", |a, b| add(a, &b[0]))),
    (4, arithmetic("-", |a, b| numbers("-", a, &b[0], Some(i64::checked_sub), |a, b| a - b))),
    (5, operator("~", Warned, |a, b| concatenate(a, &b[0]))),
    (6, arithmetic("*", |a, b| multiply(a, &b[0]))),
    (6, arithmetic("/", |a, b| numbers("/", a, &b[0], None, |a, b| a / b))),
    (6, arithmetic("//", |a, b| numbers("//", a, &b[0], Some(divide), |a, b| floor_rest(a, b).0))),
    // Where `%` fills in a string, an undefined value fills in nothing.
    (6, operator("%", Taken, |a, b| remainder(a, &b[0]))),
    (7, arithmetic("**", |a, b| power(a, &b[0]))),
];

/// `-a`, `+a`
pub const MINUS: Function = arithmetic("-", |it, _| negated(it));
pub const PLUS: Function = arithmetic("+", |it, _| add(it, &0.into()));

/// `a[from:to]`
pub const SLICE: Function = arithmetic("[:]", slice);

const fn operator(name: &'static str, undefined: IfUndefined, call: Call) -> Function {
    row(name, ANY, call).if_undefined(undefined)
}

/// An operator that can do nothing with an undefined value.
const fn arithmetic(name: &'static str, call: Call) -> Function {
    operator(name, Refused(usize::MAX), call)
}

/// `-a`: as `0 - a`, but for the sign of a zero.
fn negated(value: &Value) -> Outcome {
    if value.number().is_none() {
        return Err(format!("- does not go before {}", value.type_name()));
    }
    numbers("-", &0.into(), value, Some(i64::checked_sub), |_, number| -number)
}

/// `a < b` and the like.
fn is_ordered(a: &Value, b: &Value, holds: fn(Ordering) -> bool) -> Outcome {
    Ok(a.order(b)?.is_some_and(holds).into())
}

/// `a ~ b`: both as text. If one is HTML, so is the result, and the other is escaped.
fn concatenate(a: &Value, b: &Value) -> Outcome {
    let safe = a.is_safe() || b.is_safe();
    let text = if safe { to_html } else { to_text };
    Ok(Value::text(text(a) + text(b), safe))
}

/// `a + b`: joins text with text, a list with a list, a tuple with a tuple; adds numbers.
fn add(a: &Value, b: &Value) -> Outcome {
    match (a.as_str().zip(b.as_str()), a.both_lists(b)) {
        (Some(_), _) => concatenate(a, b),
        (_, Some((left, right))) => list_like(a, left.iter().chain(right)),
        _ => numbers("+", a, b, Some(i64::checked_add), |a, b| a + b),
    }
}

/// A list of these items, or a tuple if `like` is one.
fn list_like<'v>(like: &Value, items: impl Iterator<Item = &'v Value>) -> Outcome {
    let items: Vec<Value> = items.take(MOST_ITEMS + 1).cloned().collect();
    check_items(items.len())?;
    match like {
        Value::List(_) => Ok(items.into()),
        _ => Ok(Value::sequence(SequenceKind::Tuple, items)),
    }
}

/// `a * b`: text and lists are repeated by a whole number on either side.
fn multiply(a: &Value, b: &Value) -> Outcome {
    let (what, times) =
        if a.whole_number().is_some() { (b, a.whole_number()) } else { (a, b.whole_number()) };
    let count = times.map_or(0, |times| usize::try_from(times).unwrap_or(0));
    match (what.as_str(), what.as_list()) {
        (Some(text), _) if times.is_some() => {
            check_length(text.len().saturating_mul(count))?;
            Ok(Value::text(text.repeat(count), what.is_safe()))
        }
        (_, Some(items)) if times.is_some() && what.is_list_or_tuple() => {
            list_like(what, items.iter().cycle().take(items.len().saturating_mul(count)))
        }
        _ => numbers("*", a, b, Some(i64::checked_mul), |a, b| a * b),
    }
}

/// Two numbers: `whole` for integers, if there is one; else `float`.
/// Errors: no numbers, a division by zero, no result of `whole`.
fn numbers(
    sign: &str,
    a: &Value,
    b: &Value,
    whole: Option<fn(i64, i64) -> Option<i64>>,
    float: fn(f64, f64) -> f64,
) -> Outcome {
    let (Some(left), Some(right)) = (a.number(), b.number()) else {
        return Err(format!("{sign} does not go between {} and {}", a.type_name(), b.type_name()));
    };
    match (a.whole_number(), b.whole_number(), whole) {
        _ if right == 0.0 && matches!(sign, "/" | "//" | "%") => Err("division by zero".to_owned()),
        (Some(a), Some(b), Some(whole)) => whole(a, b)
            .map(Value::Int)
            .ok_or_else(|| format!("{a} {sign} {b} does not fit 64 bits")),
        _ => Ok(Value::Float(float(left, right))),
    }
}

/// Rust rounds towards zero, Python down: they differ if there is a rest and the signs differ.
fn divide(a: i64, b: i64) -> Option<i64> {
    Some(a.checked_div(b)? - i64::from(a % b != 0 && (a < 0) != (b < 0)))
}

/// `a % b`: the rest of a division, which has the sign of b, or a string that is filled in.
/// Errors: those of [`percent`]; a division by zero.
pub fn remainder(a: &Value, b: &Value) -> Outcome {
    let whole = |a: i64, b: i64| match a.wrapping_rem(b) {
        rest if rest != 0 && (rest < 0) != (b < 0) => Some(rest + b),
        rest => Some(rest),
    };
    match a.as_str() {
        Some(_) => percent(a, b),
        None => numbers("%", a, b, Some(whole), |a, b| floor_rest(a, b).1),
    }
}

/// Quotient rounded down, and the rest, with the steps and the signs of Python's floats.
fn floor_rest(a: f64, b: f64) -> (f64, f64) {
    let rest = a % b;
    let is_off = rest != 0.0 && (b < 0.0) != (rest < 0.0);
    let quotient = (a - rest) / b - f64::from(is_off);
    let whole = quotient.floor();
    let quotient = whole + f64::from(quotient - whole > 0.5);
    let rest = if is_off { rest + b } else { rest };
    // A zero has a sign, too.
    let signed =
        |number: f64, like: f64| if number == 0.0 { number.copysign(like) } else { number };
    (signed(quotient, a / b), signed(rest, b))
}

/// `a ** b`: whole if both are and b is not negative.
fn power(a: &Value, b: &Value) -> Outcome {
    // From 64 on, all that counts is whether the exponent is even: for 1, 0 and -1.
    let whole = |a: i64, b: i64| a.checked_pow(b.min(64 + b % 2) as u32);
    let whole = if b.whole_number().is_some_and(|b| b < 0) { None } else { Some(whole as _) };
    let result = numbers("**", a, b, whole, f64::powf)?;
    match (a.number(), b.number(), result.number()) {
        (Some(a), Some(b), Some(power)) if a.is_finite() && b.is_finite() && !power.is_finite() => {
            Err(format!("{a} ** {b} is no number that a float can be"))
        }
        _ => Ok(result),
    }
}
