//! Deeper: the operators, a table of signs and functions.
//!
//! * Whole numbers are exact. A result that 64 bits do not hold is an error.
//! * `/` always gives a float. `//` and `%` round down, so `-7 // 2` is `-4` and `-7 % 2` is `1`.
//! * `+` also joins strings and lists, `*` repeats them, `%` fills in a string.
//!
//! Left out: whole numbers of any length, and complex numbers.

use super::function::{ANY, CustomFilter, Function, IfUndefined, Outcome};
use super::kinds::{MOST_ITEMS, check_items, check_length};
use super::lists::slice;
use super::print::{to_html, to_text};
use super::printf::percent;
use crate::value::{SequenceKind, Value};
use std::cmp::Ordering;

/// How tightly `not` binds, which has one operand.
pub const NOT: u8 = 2;
/// How tightly comparisons bind. They make chains: `a < b < c`.
pub const COMPARES: u8 = 3;

/// All operators between two values: how tightly each binds, and its function. The parser gives
/// each of them one argument. `and` and `or` are not called, because they do not always need both.
pub const OPERATORS: [(u8, Function); 18] = [
    (0, operator("or", IfUndefined::Taken, |_, b| Ok(b[0].clone()))),
    (1, operator("and", IfUndefined::Taken, |_, b| Ok(b[0].clone()))),
    (COMPARES, operator("==", IfUndefined::Taken, |a, b| Ok(a.equals(&b[0]).into()))),
    (COMPARES, operator("!=", IfUndefined::Taken, |a, b| Ok((!a.equals(&b[0])).into()))),
    (COMPARES, arithmetic("<", |a, b| is_ordered(a, &b[0], Ordering::is_lt))),
    (COMPARES, arithmetic("<=", |a, b| is_ordered(a, &b[0], Ordering::is_le))),
    (COMPARES, arithmetic(">", |a, b| is_ordered(a, &b[0], Ordering::is_gt))),
    (COMPARES, arithmetic(">=", |a, b| is_ordered(a, &b[0], Ordering::is_ge))),
    (COMPARES, operator("in", IfUndefined::Taken, |a, b| Ok(b[0].holds(a)?.into()))),
    (COMPARES, operator("not in", IfUndefined::Taken, |a, b| Ok((!b[0].holds(a)?).into()))),
    (4, arithmetic("+", |a, b| add(a, &b[0]))),
    (4, arithmetic("-", |a, b| numbers("-", a, &b[0], i64::checked_sub, |a, b| Ok(a - b)))),
    (5, operator("~", IfUndefined::Warned, |a, b| concatenate(a, &b[0]))),
    (6, arithmetic("*", |a, b| multiply(a, &b[0]))),
    (6, arithmetic("/", |a, b| numbers("/", a, &b[0], |_, _| None, |a, b| Ok(a / b)))),
    (6, arithmetic("//", |a, b| numbers("//", a, &b[0], divide, |a, b| Ok(floor_rest(a, b).0)))),
    // Where `%` fills in a string, an undefined value fills in nothing.
    (6, operator("%", IfUndefined::Taken, |a, b| remainder(a, &b[0]))),
    (7, arithmetic("**", |a, b| power(a, &b[0]))),
];

/// `-a`, `+a`
pub const MINUS: Function = arithmetic("-", |it, _| negated(it));
pub const PLUS: Function = arithmetic("+", |it, _| add(it, &0.into()));

/// `a[from:to]`
pub const SLICE: Function = arithmetic("[:]", slice);

const fn operator(name: &'static str, undefined: IfUndefined, call: CustomFilter) -> Function {
    Function { name, parameters: ANY, call, undefined }
}

/// An operator that can do nothing with an undefined value.
const fn arithmetic(name: &'static str, call: CustomFilter) -> Function {
    operator(name, IfUndefined::Refused, call)
}

/// `-a`
fn negated(value: &Value) -> Outcome {
    match (value, value.whole()) {
        (Value::Float(number), _) => Ok((-number).into()),
        (_, Some(number)) => match number.checked_neg() {
            Some(negated) => Ok(negated.into()),
            None => Err(format!("-({number}) does not fit 64 bits")),
        },
        _ => Err(format!("- does not go before {}", value.type_name())),
    }
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
        _ => numbers("+", a, b, i64::checked_add, |a, b| Ok(a + b)),
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
    let (what, times) = if a.whole().is_some() { (b, a.whole()) } else { (a, b.whole()) };
    let count = times.map_or(0, |times| usize::try_from(times).unwrap_or(0));
    match (what.as_str(), what.both_lists(what)) {
        (Some(text), _) if times.is_some() => {
            check_length(text.len().saturating_mul(count))?;
            Ok(Value::text(text.repeat(count), what.is_safe()))
        }
        (_, Some((items, _))) if times.is_some() => {
            list_like(what, items.iter().cycle().take(items.len().saturating_mul(count)))
        }
        _ => numbers("*", a, b, i64::checked_mul, |a, b| Ok(a * b)),
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
    let (Some(left), Some(right)) = (a.number(), b.number()) else {
        return Err(format!("{sign} does not go between {} and {}", a.type_name(), b.type_name()));
    };
    match (a.whole(), b.whole()) {
        _ if right == 0.0 && matches!(sign, "/" | "//" | "%") => Err("division by zero".to_owned()),
        (Some(a), Some(b)) if sign != "/" => whole(a, b)
            .map(Value::Int)
            .ok_or_else(|| format!("{a} {sign} {b} does not fit 64 bits")),
        _ => float(left, right).map(Value::Float),
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
        None => numbers("%", a, b, whole, |a, b| Ok(floor_rest(a, b).1)),
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
    let whole = |a: i64, b: i64| a.checked_pow(u32::try_from(b).ok()?);
    let float = |a: f64, b: f64| match a.powf(b) {
        power if !power.is_finite() && a.is_finite() && b.is_finite() => {
            Err(format!("{a} ** {b} is no number that a float can be"))
        }
        power => Ok(power),
    };
    match (a.whole(), b.whole()) {
        (Some(a), Some(b)) if b < 0 => float(a as f64, b as f64).map(Value::Float),
        _ => numbers("**", a, b, whole, float),
    }
}
