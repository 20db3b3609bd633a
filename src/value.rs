//! Deeper: What a template, a session or a JSON text can hold.
//!
//! One type of value is used in the whole program: a handler puts values into a session, a store
//! writes them as JSON, a template prints them.
//!
//! ```
//! use carafe::{Map, Value};
//!
//! let cart = Value::from(Map::from([("items", vec!["kettle", "cup"])]));
//! assert_eq!(cart.get("items").and_then(Value::as_list).map(<[Value]>::len), Some(2));
//! ```
//!
//! * A clone is cheap. Text, lists and maps are shared by all clones until one of them is changed.
//! * A map keeps the order in which its names were put in, as Python's does.
//! * Integers are exact: 64 bits, never converted to a float. A `u64` above `i64::MAX` is a
//!   panic: keep such a number as text.
//!
//! Left out: dates and bytes, because JSON has neither.

mod conversions;
mod map;
mod page_values;
mod text;

pub use map::Map;
pub use page_values::{Local, Sequence, SequenceKind};
pub use text::Text;

use std::sync::Arc;

/// One value of any of the kinds that JSON knows; integers and floats are different kinds.
///
/// The kinds from [`Value::Undefined`] on appear only while a page is made. If one is written as
/// JSON, it becomes the nearest kind that JSON knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing: JSON's `null`, Python's `None`.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Str(Text),
    /// Values in order.
    List(Arc<Vec<Value>>),
    /// Values by name.
    Map(Arc<Map>),
    /// Only in templates: no value. It prints nothing.
    Undefined,
    /// Only in templates: text that is HTML already, so that printing does not escape it.
    Html(Arc<str>),
    /// Only in templates: values in order that Python does not print as a list.
    Sequence(Arc<Sequence>),
    /// Only in templates: a macro, or the `loop` of a `for`.
    Local(Local),
}

impl Value {
    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            Value::Html(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        if let Value::Int(number) = self { Some(*number) } else { None }
    }

    /// The number, if this is a whole number or a float.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Value::Int(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// True or false, if this is one of the two.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(truth) = self { Some(*truth) } else { None }
    }

    /// The values in order, if this is a list or a template's tuple.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) => Some(items),
            Value::Sequence(sequence) => Some(&sequence.items),
            _ => None,
        }
    }

    /// The values by name, if this is a map.
    pub fn as_map(&self) -> Option<&Map> {
        if let Value::Map(map) = self { Some(map) } else { None }
    }

    /// The value under this name, if this is a map that has the name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_map()?.get(name)
    }
}
