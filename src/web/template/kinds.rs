//! Deeper: what a template may ask of a value: its type, its truth, its items, its order.
//!
//! All answers are Python's, because Jinja's are: true counts as 1 and `1 == 1.0`, the items of a
//! dict are its keys, an empty list is false, a list is no tuple, HTML equals plain text of the
//! same letters, and a string and a number have no order.

use crate::value::SequenceKind::{Range, Tuple, View};
use crate::value::{Local, Sequence, SequenceKind, Value};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

/// No page and no text in one is longer than this, in bytes.
pub const LONGEST: usize = 16 << 20;
/// A longer text is not taken apart into its characters, in bytes: each would be a value.
const MOST_LETTERS: usize = 1 << 20;
/// No list that a template makes has more items.
pub const MOST_ITEMS: usize = 100_000;
/// To read this number of bytes takes as long as a turn of a loop.
const BYTES_A_TURN: usize = 1024;

impl Value {
    /// Text, HTML already if `safe`.
    pub(super) fn text(text: impl AsRef<str>, safe: bool) -> Value {
        if safe { Value::Html(text.as_ref().into()) } else { Value::Str(text.into()) }
    }

    /// Values in order of this Python type.
    pub(super) fn sequence(kind: SequenceKind, items: Vec<Value>) -> Value {
        Value::Sequence(Arc::new(Sequence { kind, items }))
    }

    /// True for the value of an unknown name.
    pub(super) fn is_undefined(&self) -> bool {
        matches!(self, Value::Undefined)
    }

    /// True for text that is HTML already.
    pub(super) fn is_safe(&self) -> bool {
        matches!(self, Value::Html(_))
    }

    /// The whole number, if this is one; true and false count as 1 and 0.
    pub(super) fn whole_number(&self) -> Option<i64> {
        self.as_int().or(self.as_bool().map(i64::from))
    }

    /// The number as a float, if this is a number.
    pub(super) fn number(&self) -> Option<f64> {
        self.as_float().or(self.as_bool().map(f64::from))
    }

    /// The Python type, for messages.
    #[cold]
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Value::Undefined => "undefined",
            Value::Null => "none",
            Value::Bool(_) => "a bool",
            Value::Int(_) => "an int",
            Value::Float(_) => "a float",
            Value::Str(_) | Value::Html(_) => "a string",
            Value::List(_) => "a list",
            Value::Sequence(sequence) => match sequence.kind {
                Tuple => "a tuple",
                Range(..) => "a range",
                View(_) => "a view of a dict",
            },
            Value::Map(_) => "a dict",
            Value::Local(Local::Macro(_)) => "a macro",
            Value::Local(Local::Loop(_)) => "the loop",
        }
    }

    /// False for nothing, zero and everything empty.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Str(text) => !text.as_bytes().is_empty(),
            Value::Html(text) => !text.is_empty(),
            _ => self.number() != Some(0.0) && self.length() != Some(0),
        }
    }

    /// How many items or characters there are, if this has a length.
    pub(super) fn length(&self) -> Option<usize> {
        match self {
            Value::Undefined => Some(0),
            Value::Map(map) => Some(map.len()),
            _ => match self.as_str() {
                Some(text) => Some(text.chars().count()),
                None => self.as_list().map(<[Value]>::len),
            },
        }
    }

    /// The items: those of a list, the keys of a dict, the characters of a string.
    /// Errors: a value without items; a string of more than [`MOST_LETTERS`].
    pub(super) fn items(&self) -> Result<Cow<'_, [Value]>, String> {
        Ok(Cow::Owned(match self {
            Value::List(items) => return Ok(Cow::Borrowed(items)),
            Value::Sequence(sequence) => return Ok(Cow::Borrowed(&sequence.items)),
            Value::Undefined => Vec::new(),
            Value::Map(map) => map.entries().iter().map(|it| Value::Str(it.0.clone())).collect(),
            // As in Python, the characters of HTML are plain text.
            _ => match self.as_str() {
                Some(text) if text.len() > MOST_LETTERS => {
                    let (found, most) = (text.len(), MOST_LETTERS);
                    return Err(format!("found a text of {found} bytes, expected at most {most}"));
                }
                Some(text) => text.chars().map(|it| it.to_string().into()).collect(),
                None => return Err(format!("{} has no items", self.type_name())),
            },
        }))
    }

    /// How many turns of a loop it takes as long as to read the text, if this is one.
    pub(super) fn turns_to_read(&self) -> usize {
        self.as_str().map_or(0, str::len) / BYTES_A_TURN
    }

    /// The same for a comparison with another value. It calls itself for each level of lists.
    pub(super) fn turns_to_compare(&self, other: &Value) -> usize {
        let mut turns = 1 + self.turns_to_read().min(other.turns_to_read());
        if let Some((mine, others)) = self.as_list().zip(other.as_list()) {
            turns += mine.iter().zip(others).map(|(a, b)| a.turns_to_compare(b)).sum::<usize>();
        }
        if let Some((mine, others)) = self.as_map().zip(other.as_map()) {
            let pairs = mine.iter().filter_map(|(name, value)| Some((value, others.get(name)?)));
            turns += pairs.map(|(a, b)| a.turns_to_compare(b)).sum::<usize>();
        }
        turns
    }

    /// The same for a search in this value.
    pub(super) fn turns_to_search(&self, item: &Value) -> usize {
        let items = if let Value::Map(_) = self { 1 } else { self.as_list().map_or(1, <[_]>::len) };
        self.turns_to_read() + items * item.turns_to_compare(item)
    }

    /// Equality as in Python.
    pub(super) fn equals(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Undefined, Value::Undefined) | (Value::Null, Value::Null) => return true,
            (Value::Local(mine), Value::Local(other)) => return mine == other,
            (Value::Map(mine), Value::Map(others)) => {
                let is_there = |(name, value): (&str, &Value)| {
                    others.get(name).is_some_and(|found| found.equals(value))
                };
                return mine.len() == others.len() && mine.iter().all(is_there);
            }
            _ => {}
        }
        match (self.as_str().zip(other.as_str()), self.as_list().zip(other.as_list())) {
            (Some((mine, other)), _) => mine == other,
            (_, Some((mine, others))) => {
                let mut pairs = mine.iter().zip(others);
                let are_alike = self.type_name() == other.type_name();
                are_alike && mine.len() == others.len() && pairs.all(|(a, b)| a.equals(b))
            }
            _ => compare_numbers(self, other) == Some(Ordering::Equal),
        }
    }

    /// True for a tuple.
    pub(super) fn is_tuple(&self) -> bool {
        matches!(self, Value::Sequence(sequence) if sequence.kind == Tuple)
    }

    /// True for a list or a tuple.
    pub(super) fn is_list_or_tuple(&self) -> bool {
        matches!(self, Value::List(_)) || self.is_tuple()
    }

    /// The items of both values, if both are lists, or both are tuples.
    pub(super) fn both_lists<'v>(&'v self, other: &'v Value) -> Option<(&'v [Value], &'v [Value])> {
        let are_alike = self.is_list_or_tuple() && self.type_name() == other.type_name();
        self.as_list().zip(other.as_list()).filter(|_| are_alike)
    }

    /// Which comes first: numbers by size, strings letter by letter, lists and tuples item by item.
    /// `Ok(None)` if neither does: not-a-number is in no order.
    /// Errors: types that have no order between them.
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
    /// Errors: a value without items; a number in a string.
    pub(super) fn holds(&self, item: &Value) -> Result<bool, String> {
        match (self.as_str(), item.as_str()) {
            (Some(text), Some(part)) => Ok(text.contains(part)),
            (Some(_), None) => Err(format!("a string holds strings, not {}", item.type_name())),
            _ if self.as_map().is_some() => Ok(self.under(item).is_some()),
            _ => Ok(self.items()?.iter().any(|found| found.equals(item))),
        }
    }

    /// What is under a key of a dict or at an index of a list.
    pub(super) fn under(&self, key: &Value) -> Option<&Value> {
        match self {
            Value::Map(map) => match key {
                Value::Str(name) => map.under(name.as_bytes()),
                _ => map.get(key.as_str()?),
            },
            Value::Sequence(it) if matches!(it.kind, View(_)) => None,
            _ => self.as_list()?.get(place(key.whole_number()?, self.as_list()?.len())?),
        }
    }

    /// As `under`, and also a character of a string; undefined if it is not there.
    pub(super) fn item(&self, key: &Value) -> Value {
        let letter = self.as_str().zip(key.whole_number()).and_then(|(text, index)| {
            text.chars().nth(place(index, text.chars().count())?).map(String::from)
        });
        match letter {
            Some(letter) => Value::text(letter, self.is_safe()),
            None => self.under(key).cloned().unwrap_or(Value::Undefined),
        }
    }
}

/// Refuses a text of too many bytes.
/// Errors: more than [`LONGEST`].
pub fn check_length(bytes: usize) -> Result<(), String> {
    match bytes > LONGEST {
        true => Err(format!("the text would be longer than {LONGEST} bytes")),
        false => Ok(()),
    }
}

/// Refuses a list of too many items.
/// Errors: more than [`MOST_ITEMS`].
pub fn check_items(count: usize) -> Result<(), String> {
    match count > MOST_ITEMS {
        true => Err(format!("the list would be longer than {MOST_ITEMS} items")),
        false => Ok(()),
    }
}

/// The place that an index means: a negative one counts from the end.
pub fn place(index: i64, length: usize) -> Option<usize> {
    let from_end = || usize::try_from(index.unsigned_abs()).ok();
    let place =
        if index < 0 { length.checked_sub(from_end()?) } else { usize::try_from(index).ok() };
    place.filter(|place| *place < length)
}

/// The number without its fraction.
/// Errors: it does not fit 64 bits.
pub fn whole_part(number: f64) -> Result<i64, String> {
    let whole = i64::try_from(number as i128).ok().filter(|_| !number.is_nan());
    whole.ok_or_else(|| format!("{number:e} does not fit 64 bits"))
}

/// The exact order of two numbers.
fn compare_numbers(a: &Value, b: &Value) -> Option<Ordering> {
    // Two numbers that look equal as floats may have been rounded: 128 bits hold both exactly.
    let exact =
        |value: &Value, number: f64| value.whole_number().map_or(number as i128, i128::from);
    let (left, right) = (a.number()?, b.number()?);
    let order = left.partial_cmp(&right)?;
    Some(order.then_with(|| exact(a, left).cmp(&exact(b, right))))
}
