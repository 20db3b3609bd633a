//! Deeper: how two values compare, and what is under a key: `==`, `<`, `in`, `d['a']`.
//!
//! As in Python: `1 == 1.0 == true`, a list is no tuple, HTML equals plain text of the same
//! letters, and a string and a number have no order.

use super::kinds::place;
use crate::value::{SequenceKind, Value};
use std::cmp::Ordering;
use std::mem::discriminant;

impl Value {
    /// Equality as in Python.
    pub(super) fn equals(&self, other: &Value) -> bool {
        let (mine, others) =
            (self.as_list().unwrap_or_default(), other.as_list().unwrap_or_default());
        let are_equal = || {
            mine.len() == others.len()
                && mine.iter().zip(others).all(|(mine, other)| mine.equals(other))
        };
        match (self, other) {
            (Value::Undefined, Value::Undefined) | (Value::Null, Value::Null) => true,
            (Value::Local(a), Value::Local(b)) => a == b,
            (Value::Str(a) | Value::Html(a), Value::Str(b) | Value::Html(b)) => a == b,
            (Value::List(_), Value::List(_)) => are_equal(),
            // Two views of values are never equal. Ranges are equal if their numbers are.
            (Value::Sequence(a), Value::Sequence(b)) => {
                let same_kind = discriminant(&a.kind) == discriminant(&b.kind);
                same_kind && a.kind != SequenceKind::Values && are_equal()
            }
            (Value::Map(_) | Value::Dict(_), Value::Map(_) | Value::Dict(_)) => {
                let is_there = |(key, value): &(Value, Value)| {
                    other.under(key).is_some_and(|found| found.equals(value))
                };
                self.length() == other.length()
                    && self.pairs().unwrap_or_default().iter().all(is_there)
            }
            _ => compare_numbers(self, other) == Some(Ordering::Equal),
        }
    }

    /// The items of both values, if both are lists, or both are tuples.
    pub(super) fn both_lists<'v>(&'v self, other: &'v Value) -> Option<(&'v [Value], &'v [Value])> {
        let are_lists = match (self, other) {
            (Value::List(_), Value::List(_)) => true,
            (Value::Sequence(a), Value::Sequence(b)) => {
                a.kind == SequenceKind::Tuple && b.kind == SequenceKind::Tuple
            }
            _ => false,
        };
        self.as_list().zip(other.as_list()).filter(|_| are_lists)
    }

    /// Which comes first: numbers by size, strings letter by letter, lists and tuples item by item.
    /// `Ok(None)` if neither does: not-a-number is in no order.
    ///
    /// # Errors
    ///
    /// Types that have no order between them.
    pub(super) fn order(&self, other: &Value) -> Result<Option<Ordering>, String> {
        if let (Some(a), Some(b)) = (self.as_str(), other.as_str()) {
            Ok(Some(a.cmp(b)))
        } else if self.number().is_some() && other.number().is_some() {
            Ok(compare_numbers(self, other))
        } else if let Some((left, right)) = self.both_lists(other) {
            match left.iter().zip(right).find(|(a, b)| !a.equals(b)) {
                Some((a, b)) => a.order(b),
                None => Ok(Some(left.len().cmp(&right.len()))),
            }
        } else {
            Err(format!("{} and {} have no order", self.type_name(), other.type_name()))
        }
    }

    /// `item in self`
    ///
    /// # Errors
    ///
    /// A value without items; a number in a string.
    pub(super) fn holds(&self, item: &Value) -> Result<bool, String> {
        match (self, item.as_str()) {
            (Value::Str(text) | Value::Html(text), Some(part)) => Ok(text.contains(part)),
            (Value::Str(_) | Value::Html(_), None) => {
                Err(format!("a string holds strings, not {}", item.type_name()))
            }
            (Value::Map(_) | Value::Dict(_), _) if !item.can_be_key() => {
                Err(format!("{} cannot be a key", item.type_name()))
            }
            _ => Ok(self.items()?.iter().any(|found| found.equals(item))),
        }
    }

    /// What is under a key of a dict or at an index of a list.
    pub(super) fn under(&self, key: &Value) -> Option<&Value> {
        match self {
            Value::Map(map) => map.get(key.as_str()?),
            Value::Dict(pairs) => {
                pairs.iter().find(|(known, _)| known.equals(key)).map(|(_, value)| value)
            }
            _ if self.type_name() == "a view of a dict" => None,
            _ => self.as_list()?.get(place(key.whole()?, self.as_list()?.len())?),
        }
    }
}

/// The exact order of two numbers.
fn compare_numbers(a: &Value, b: &Value) -> Option<Ordering> {
    // Two numbers that look equal as floats may have been rounded: 128 bits hold both exactly.
    let exact = |value: &Value, number: f64| value.whole().map_or(number as i128, i128::from);
    let (left, right) = (a.number()?, b.number()?);
    let order = left.partial_cmp(&right)?;
    Some(order.then_with(|| exact(a, left).cmp(&exact(b, right))))
}
