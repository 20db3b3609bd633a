//! Deeper: how two values compare, and what is under a key: `==`, `<`, `in`, `d['a']`.
//!
//! As in Python: `1 == 1.0 == true`, a list is no tuple, HTML equals plain text of the same
//! letters, and a string and a number have no order.

use super::kinds::place;
use crate::value::{Sequence, SequenceKind, Value};
use std::cmp::Ordering;

impl Value {
    /// Equality as in Python.
    pub(super) fn equals(&self, other: &Value) -> bool {
        let all_equal = |a: &[Value], b: &[Value]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b))
        };
        match (self, other) {
            (Value::Undefined, Value::Undefined) | (Value::Null, Value::Null) => true,
            (Value::Local(a), Value::Local(b)) => a == b,
            (Value::List(a), Value::List(b)) => all_equal(a, b),
            (Value::Sequence(a), Value::Sequence(b)) => {
                // Two views of values are never equal. Ranges are equal if their numbers are.
                same_kind(a, b) && a.kind != SequenceKind::Values && all_equal(&a.items, &b.items)
            }
            (Value::Map(_) | Value::Dict(_), Value::Map(_) | Value::Dict(_)) => {
                self.length() == other.length()
                    && self.pairs().is_some_and(|pairs| {
                        pairs.iter().all(|(key, value)| {
                            other.under(key).is_some_and(|found| found.equals(value))
                        })
                    })
            }
            _ => match (self.as_str(), other.as_str()) {
                (Some(a), Some(b)) => a == b,
                _ => compare_numbers(self, other) == Some(Ordering::Equal),
            },
        }
    }

    /// Which comes first: numbers by size, strings letter by letter, lists and tuples item by item.
    /// `Ok(None)` if neither does: not-a-number is in no order.
    ///
    /// # Errors
    ///
    /// Types that have no order between them.
    pub(super) fn order(&self, other: &Value) -> Result<Option<Ordering>, String> {
        if let (Some(a), Some(b)) = (self.as_str(), other.as_str()) {
            return Ok(Some(a.cmp(b)));
        }
        if self.number().is_some() && other.number().is_some() {
            return Ok(compare_numbers(self, other));
        }
        let (left, right) = match (self, other) {
            (Value::List(a), Value::List(b)) => (&**a, &**b),
            (Value::Sequence(a), Value::Sequence(b))
                if a.kind == SequenceKind::Tuple && b.kind == SequenceKind::Tuple =>
            {
                (&a.items, &b.items)
            }
            _ => {
                return Err(format!(
                    "{} and {} have no order",
                    self.type_name(),
                    other.type_name()
                ));
            }
        };
        match left.iter().zip(right).find(|(a, b)| !a.equals(b)) {
            Some((a, b)) => a.order(b),
            None => Ok(Some(left.len().cmp(&right.len()))),
        }
    }

    /// `item in self`
    ///
    /// # Errors
    ///
    /// A value without items; a number in a string.
    pub(super) fn holds(&self, item: &Value) -> Result<bool, String> {
        match (self.as_str(), self) {
            (Some(text), _) => match item.as_str() {
                Some(part) => Ok(text.contains(part)),
                None => Err(format!("a string holds strings, not {}", item.type_name())),
            },
            (_, Value::Map(_) | Value::Dict(_)) => match item.can_be_key() {
                true => Ok(self.under(item).is_some()),
                false => Err(format!("{} cannot be a key", item.type_name())),
            },
            _ => {
                let items = self.items()?;
                Ok(items.as_list().unwrap_or_default().iter().any(|found| found.equals(item)))
            }
        }
    }

    /// What is under a key of a dict or at an index of a list.
    pub(super) fn under(&self, key: &Value) -> Option<&Value> {
        match self {
            Value::Map(map) => map.get(key.as_str()?),
            Value::Dict(pairs) => {
                pairs.iter().find(|(known, _)| known.equals(key)).map(|(_, value)| value)
            }
            Value::List(items) => items.get(place(key.whole()?, items.len())?),
            Value::Sequence(sequence) => match sequence.kind {
                SequenceKind::Tuple | SequenceKind::Range(..) => {
                    sequence.items.get(place(key.whole()?, sequence.items.len())?)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// True if both print as the same Python type.
fn same_kind(a: &Sequence, b: &Sequence) -> bool {
    let ranges =
        matches!(a.kind, SequenceKind::Range(..)) && matches!(b.kind, SequenceKind::Range(..));
    a.kind == b.kind || ranges
}

/// The exact order of two numbers: a large integer is not rounded to a float first.
fn compare_numbers(a: &Value, b: &Value) -> Option<Ordering> {
    match (a.whole(), b.whole(), a, b) {
        (Some(a), Some(b), _, _) => Some(a.cmp(&b)),
        (Some(a), _, _, Value::Float(b)) => compare_mixed(a, *b),
        (_, Some(b), Value::Float(a), _) => compare_mixed(b, *a).map(Ordering::reverse),
        (_, _, Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        _ => None,
    }
}

/// The order of a whole number and a float, without rounding the whole number.
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
        // The whole part is exact here; between equals the fraction decides.
        let fraction = 0.0_f64.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal);
        Some(whole.cmp(&(float as i64)).then(fraction))
    }
}
