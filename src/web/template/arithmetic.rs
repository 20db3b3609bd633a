//! Numbers as Python counts with them, and how two pieces of data compare.
//!
//! * Whole numbers are exact; one that 64 bits do not hold is an error.
//! * `/` always gives a float. `//` and `%` round down, so `-7 // 2` is `-4` and `-7 % 2` is `1`.
//! * `+` also joins strings and lists, `*` repeats them.
//!
//! Left out: whole numbers of any length, and complex numbers.

use super::LONGEST;
use super::datum::{Datum, Many};
use super::items::Items;
use super::print::to_html;
use super::tree::Operator;
use std::cmp::Ordering;

/// Lists longer than this are not made by `+` and `*`.
const MOST_ITEMS: usize = 100_000;

/// The result of `left operator right`.
///
/// # Errors
///
/// Kinds that do not go together, a division by zero, a result that does not fit.
pub fn calculate<'a>(
    operator: Operator,
    left: &Datum<'a>,
    right: &Datum<'a>,
) -> Result<Datum<'a>, String> {
    match (operator, left, right) {
        (Operator::Add, Datum::Text(a), Datum::Text(b)) => join(a, b).map(Datum::text),
        (Operator::Add, Datum::Text(_) | Datum::Safe(_), Datum::Text(_) | Datum::Safe(_)) => {
            Ok(Datum::text_like(join(&to_html(left), &to_html(right))?, true))
        }
        (Operator::Add, _, _) if is_sequence(left) && kind(left) == kind(right) => {
            let items: Vec<_> =
                left.items()?.into_iter().chain(right.items()?).take(MOST_ITEMS + 1).collect();
            sequence(kind(left), items)
        }
        (Operator::Multiply, Datum::Text(_) | Datum::Safe(_), _) if right.as_int().is_some() => {
            repeat(left, right)
        }
        (Operator::Multiply, _, Datum::Text(_) | Datum::Safe(_)) if left.as_int().is_some() => {
            repeat(right, left)
        }
        (Operator::Multiply, _, _) if is_sequence(left) && right.as_int().is_some() => {
            repeat(left, right)
        }
        (Operator::Multiply, _, _) if is_sequence(right) && left.as_int().is_some() => {
            repeat(right, left)
        }
        (Operator::Remainder, Datum::Text(_) | Datum::Safe(_), _) => {
            super::format::format_with(left, right)
        }
        _ => match (left.as_int(), right.as_int(), as_float(left), as_float(right)) {
            (Some(a), Some(b), _, _) => integers(operator, a, b),
            (_, _, Some(a), Some(b)) => floats(operator, a, b),
            _ => Err(format!(
                "{} does not go between {} and {}",
                operator.sign(),
                left.type_name(),
                right.type_name()
            )),
        },
    }
}

fn join(a: &str, b: &str) -> Result<String, String> {
    if a.len() + b.len() > LONGEST { Err(too_long()) } else { Ok([a, b].concat()) }
}

/// What is said of text past the limit.
pub fn too_long() -> String {
    format!("the text would be longer than {LONGEST} bytes")
}

fn is_sequence(datum: &Datum) -> bool {
    matches!(datum, Datum::Values(_) | Datum::Many(Many::List | Many::Tuple, _))
}

fn kind(datum: &Datum) -> Option<Many> {
    match datum {
        Datum::Values(_) => Some(Many::List),
        Datum::Many(kind, _) => Some(*kind),
        _ => None,
    }
}

fn sequence<'a>(kind: Option<Many>, items: Vec<Datum<'a>>) -> Result<Datum<'a>, String> {
    if items.len() > MOST_ITEMS {
        return Err(format!("the list would be longer than {MOST_ITEMS} items"));
    }
    Ok(Datum::Many(kind.unwrap_or(Many::List), items.into()))
}

fn repeat<'a>(what: &Datum<'a>, times: &Datum<'a>) -> Result<Datum<'a>, String> {
    let times = usize::try_from(times.as_int().unwrap_or(0)).unwrap_or(0);
    if let Some(text) = what.as_text() {
        let fits = text.len().checked_mul(times).is_some_and(|length| length <= LONGEST);
        return if fits {
            Ok(Datum::text_like(text.repeat(times), what.is_safe()))
        } else {
            Err(too_long())
        };
    }
    let items = what.items()?;
    let count = items.len().saturating_mul(times).min(MOST_ITEMS + 1);
    let length = items.len().max(1);
    sequence(kind(what), (0..count).map(|at| items.at(at % length)).collect())
}

/// The number as a float, if this is a number.
pub fn as_float(datum: &Datum) -> Option<f64> {
    match datum {
        Datum::Float(number) => Some(*number),
        _ => datum.as_int().map(|number| number as f64),
    }
}

fn integers(operator: Operator, a: i64, b: i64) -> Result<Datum<'static>, String> {
    let result = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide | Operator::FloorDivide | Operator::Remainder if b == 0 => {
            return Err(by_zero());
        }
        Operator::Divide => return Ok(Datum::Float(a as f64 / b as f64)),
        // Rust rounds towards zero, Python down: they differ when there is a rest and the signs
        // differ.
        Operator::FloorDivide => {
            a.checked_div(b).map(|quotient| quotient - i64::from(a % b != 0 && (a < 0) != (b < 0)))
        }
        Operator::Remainder => {
            let rest = a.checked_rem(b).unwrap_or(0);
            Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
        }
        Operator::Power if b < 0 => return floats(operator, a as f64, b as f64),
        Operator::Power => match (a, u32::try_from(b)) {
            (0 | 1, Err(_)) => Some(a),
            (-1, Err(_)) => Some(if b % 2 == 0 { 1 } else { -1 }),
            (_, Ok(exponent)) => a.checked_pow(exponent),
            _ => None,
        },
    };
    result
        .map(Datum::Int)
        .ok_or_else(|| format!("{a} {} {b} does not fit 64 bits", operator.sign()))
}

fn floats(operator: Operator, a: f64, b: f64) -> Result<Datum<'static>, String> {
    let result = match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide | Operator::FloorDivide | Operator::Remainder if b == 0.0 => {
            return Err(by_zero());
        }
        Operator::Divide => a / b,
        Operator::FloorDivide => floor_divide(a, b).0,
        Operator::Remainder => floor_divide(a, b).1,
        Operator::Power if a == 0.0 && b < 0.0 => return Err(by_zero()),
        Operator::Power if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 => {
            return Err("a negative number to a power with a fraction is no real number".to_owned());
        }
        Operator::Power => match a.powf(b) {
            power if power.is_infinite() && a.is_finite() && b.is_finite() => {
                return Err("the power is too large for a float".to_owned());
            }
            power => power,
        },
    };
    Ok(Datum::Float(result))
}

/// Quotient rounded down, and the rest, with the steps and the signs of Python's floats.
fn floor_divide(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest == 0.0 {
        rest = 0.0_f64.copysign(b);
    } else if (b < 0.0) != (rest < 0.0) {
        rest += b;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0_f64.copysign(a / b), rest);
    }
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, rest)
}

fn by_zero() -> String {
    "division by zero".to_owned()
}

/// `-datum` or `+datum`.
///
/// # Errors
///
/// Anything but a number.
pub fn signed(sign: char, datum: &Datum) -> Result<Datum<'static>, String> {
    match (datum, datum.as_int()) {
        (_, Some(number)) if sign == '+' => Ok(Datum::Int(number)),
        (_, Some(number)) => number
            .checked_neg()
            .map(Datum::Int)
            .ok_or_else(|| format!("-({number}) does not fit 64 bits")),
        (Datum::Float(number), _) => Ok(Datum::Float(if sign == '-' { -number } else { *number })),
        _ => Err(format!("{sign} does not go before {}", datum.type_name())),
    }
}

impl<'a> Datum<'a> {
    /// Equality as in Python: `1 == 1.0 == true`, a list is no tuple, HTML equals plain text.
    pub fn equals(&self, other: &Datum<'a>) -> bool {
        match (self, other) {
            (Datum::Undefined(_), Datum::Undefined(_)) | (Datum::Null, Datum::Null) => true,
            (Datum::Range(a), Datum::Range(b)) => {
                a.len() == b.len()
                    && (0..a.len().min(2))
                        .all(|at| Items::Range(*a).at(at).equals(&Items::Range(*b).at(at)))
            }
            (Datum::Loop(a), Datum::Loop(b)) => std::rc::Rc::ptr_eq(a, b),
            _ => {
                if let (Some(a), Some(b)) = (self.as_text(), other.as_text()) {
                    return **a == **b;
                }
                if let (Some(a), Some(b)) = (kind(self), kind(other)) {
                    // Two views of values are never equal; those of keys and items are, whatever
                    // their order.
                    let (Ok(left), Ok(right)) = (self.items(), other.items()) else { return false };
                    return a == b
                        && a != Many::Values
                        && left.len() == right.len()
                        && left.into_iter().zip(right).all(|(a, b)| a.equals(&b));
                }
                if let (Some(a), Some(b)) = (self.pairs(), other.pairs()) {
                    return a.len() == b.len()
                        && a.iter().all(|(key, value)| {
                            other.under(key).is_some_and(|it| it.equals(value))
                        });
                }
                compare_numbers(self, other) == Some(Ordering::Equal)
            }
        }
    }

    /// Which comes first: numbers by size, strings letter by letter, lists and tuples item by item.
    ///
    /// `Ok(None)` if neither does: not-a-number is in no order.
    ///
    /// # Errors
    ///
    /// Kinds that have no order between them.
    pub fn order(&self, other: &Datum<'a>) -> Result<Option<Ordering>, String> {
        if let (Some(a), Some(b)) = (self.as_text(), other.as_text()) {
            return Ok(Some(a.cmp(b)));
        }
        if as_float(self).is_some() && as_float(other).is_some() {
            return Ok(compare_numbers(self, other));
        }
        if is_sequence(self) && kind(self) == kind(other) {
            let (left, right) = (self.items()?, other.items()?);
            let lengths = left.len().cmp(&right.len());
            for (a, b) in left.into_iter().zip(right) {
                if !a.equals(&b) {
                    return a.order(&b);
                }
            }
            return Ok(Some(lengths));
        }
        Err(format!("{} and {} have no order", self.type_name(), other.type_name()))
    }

    /// `item in self`.
    ///
    /// # Errors
    ///
    /// Something that holds no items; a number in a string.
    pub fn holds(&self, item: &Datum<'a>) -> Result<bool, String> {
        if let Some(text) = self.as_text() {
            let part = item
                .as_text()
                .ok_or_else(|| format!("a string holds strings, not {}", item.type_name()))?;
            return Ok(text.contains(&**part));
        }
        match self {
            Datum::Map(_) | Datum::Dict(_) if item.can_be_key() => Ok(self.under(item).is_some()),
            Datum::Map(_) | Datum::Dict(_) => Err(format!("{} cannot be a key", item.type_name())),
            _ => Ok(self.items()?.into_iter().any(|it| it.equals(item))),
        }
    }
}

/// The exact order of two numbers: a large integer is not rounded to a float first.
fn compare_numbers(a: &Datum, b: &Datum) -> Option<Ordering> {
    match (a.as_int(), b.as_int(), a, b) {
        (Some(a), Some(b), _, _) => Some(a.cmp(&b)),
        (Some(a), _, _, Datum::Float(b)) => compare_mixed(a, *b),
        (_, Some(b), Datum::Float(a), _) => compare_mixed(b, *a).map(Ordering::reverse),
        (_, _, Datum::Float(a), Datum::Float(b)) => a.partial_cmp(b),
        _ => None,
    }
}

fn compare_mixed(whole: i64, float: f64) -> Option<Ordering> {
    // 2 to the power of 63: from there on every float is beyond 64 bits.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        None
    } else if float >= BEYOND {
        Some(Ordering::Less)
    } else if float < -BEYOND {
        Some(Ordering::Greater)
    } else {
        // Cutting the fraction off is exact here; what was cut decides between equals.
        Some(
            whole
                .cmp(&(float as i64))
                .then_with(|| 0.0_f64.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal)),
        )
    }
}
