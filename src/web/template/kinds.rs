//! Deeper: what a template may ask of a value: its type, its truth, its length, its items.
//!
//! All answers are Python's, because Jinja's are: true counts as 1, the items of a dict are its
//! keys, an empty list is false.

use crate::value::{Local, Map, Sequence, SequenceKind, Value};
use std::sync::Arc;

/// No page and no text in one is longer than this, in bytes.
pub const LONGEST: usize = 16 << 20;

/// What is said of text that is longer.
pub fn too_long() -> String {
    format!("the text would be longer than {LONGEST} bytes")
}

impl Value {
    /// Text, HTML already if `safe`.
    pub(super) fn text(text: impl Into<Arc<str>>, safe: bool) -> Value {
        if safe { Value::Html(text.into()) } else { Value::Str(text.into()) }
    }

    /// Values in order of this Python type.
    pub(super) fn sequence(kind: SequenceKind, items: Vec<Value>) -> Value {
        Value::Sequence(Arc::new(Sequence { kind, items }))
    }

    /// A dict of these keys and values: a [`Map`] if all keys are text.
    pub(super) fn dict(pairs: Vec<(Value, Value)>) -> Value {
        let map: Option<Map> = pairs
            .iter()
            .map(|(key, value)| Some((key.as_str().filter(|_| !key.is_safe())?, value.clone())))
            .collect();
        map.map_or_else(|| Value::Dict(Arc::new(pairs)), Value::from)
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
    pub(super) fn whole(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            Value::Bool(truth) => Some(i64::from(*truth)),
            _ => None,
        }
    }

    /// The number as a float, if this is a number.
    pub(super) fn number(&self) -> Option<f64> {
        self.whole().map(|number| number as f64).or(self.as_float())
    }

    /// The Python type, for messages.
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
                SequenceKind::Tuple => "a tuple",
                SequenceKind::Range(..) => "a range",
                _ => "a view of a dict",
            },
            Value::Map(_) | Value::Dict(_) => "a dict",
            Value::Local(Local::Macro(_)) => "a macro",
            Value::Local(Local::Loop(_)) => "the loop",
        }
    }

    /// False for nothing, zero and everything empty.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Value::Undefined | Value::Null => false,
            Value::Bool(truth) => *truth,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Str(text) | Value::Html(text) => !text.is_empty(),
            _ => self.length() != Some(0),
        }
    }

    /// How many items or characters there are, if this has a length.
    pub(super) fn length(&self) -> Option<usize> {
        match self {
            Value::Undefined => Some(0),
            Value::Map(map) => Some(map.len()),
            Value::Dict(pairs) => Some(pairs.len()),
            _ => match self.as_str() {
                Some(text) => Some(text.chars().count()),
                None => self.as_list().map(<[Value]>::len),
            },
        }
    }

    /// The items as a value that has [`Value::as_list`]: a dict's keys, a string's characters.
    ///
    /// # Errors
    ///
    /// A value without items.
    pub(super) fn items(&self) -> Result<Value, String> {
        Ok(match self {
            Value::List(_) | Value::Sequence(_) => self.clone(),
            Value::Undefined => Value::List(Arc::default()),
            Value::Map(map) => map.iter().map(|(name, _)| name).collect(),
            Value::Dict(pairs) => pairs.iter().map(|(key, _)| key.clone()).collect(),
            // As in Python, the characters of HTML are plain text.
            Value::Str(text) | Value::Html(text) => text.chars().map(String::from).collect(),
            _ => return Err(format!("{} has no items", self.type_name())),
        })
    }

    /// The items, cloned.
    ///
    /// # Errors
    ///
    /// A value without items.
    pub(super) fn to_items(&self) -> Result<Vec<Value>, String> {
        Ok(self.items()?.as_list().unwrap_or_default().to_vec())
    }

    /// The keys and values, if this is a dict.
    pub(super) fn pairs(&self) -> Option<Vec<(Value, Value)>> {
        match self {
            Value::Map(map) => {
                Some(map.iter().map(|(name, value)| (name.into(), value.clone())).collect())
            }
            Value::Dict(pairs) => Some(pairs.to_vec()),
            _ => None,
        }
    }

    /// True if a dict may have this as a key. In Python what can be changed cannot be a key.
    pub(super) fn can_be_key(&self) -> bool {
        match self {
            Value::Map(_) | Value::Dict(_) | Value::List(_) => false,
            Value::Sequence(sequence) if sequence.kind == SequenceKind::Tuple => {
                sequence.items.iter().all(Value::can_be_key)
            }
            Value::Sequence(sequence) => matches!(sequence.kind, SequenceKind::Range(..)),
            _ => true,
        }
    }

    /// How many parts the value has, if it has at most this number of levels.
    pub(super) fn parts(&self, levels: usize) -> Option<usize> {
        let sum = |parts: usize, part: &Value| Some(parts + part.parts(levels.checked_sub(1)?)?);
        match self {
            Value::List(items) => items.iter().try_fold(1, sum),
            Value::Sequence(sequence) => sequence.items.iter().try_fold(1, sum),
            Value::Map(map) => map.iter().try_fold(1, |parts, (_, value)| sum(parts, value)),
            Value::Dict(pairs) => {
                pairs.iter().try_fold(1, |parts, (key, value)| sum(sum(parts, key)?, value))
            }
            _ => Some(1),
        }
    }
}

/// The place that an index means: a negative one counts from the end.
pub fn place(index: i64, length: usize) -> Option<usize> {
    let place = if index < 0 { index.checked_add(i64::try_from(length).ok()?)? } else { index };
    usize::try_from(place).ok().filter(|place| *place < length)
}
