//! What a template, a session or a JSON text can hold.
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
//! * Integers are exact: 64 bits, never converted to a float.
//!
//! Left out: dates and bytes, because JSON has neither.

use std::collections::HashMap;
use std::sync::Arc;

/// One value of any of the kinds that JSON knows; integers and floats are different kinds.
///
/// The kinds from [`Value::Undefined`] on appear only while a page is made. A program that stores
/// or sends values never meets them; as JSON they are written as the nearest kind that JSON knows.
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
    Str(Arc<str>),
    /// Values in order.
    List(Arc<Vec<Value>>),
    /// Values by name.
    Map(Map),
    /// Only in templates: no value. It prints nothing.
    Undefined,
    /// Only in templates: text that is HTML already, so that printing does not escape it.
    Html(Arc<str>),
    /// Only in templates: values in order that Python does not print as a list.
    Sequence(Arc<Sequence>),
    /// Only in templates: a dict with keys that are not all text, `{1: 'one'}`.
    Dict(Arc<Vec<(Value, Value)>>),
    /// Only in templates: a macro, or the `loop` of a `for`.
    Local(Local),
}

/// Values in order, and the Python type as which they print.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// Which Python type.
    pub kind: SequenceKind,
    /// The values.
    pub items: Vec<Value>,
}

/// The Python types that hold values in order and are no lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceKind {
    /// `(1, 2)`
    Tuple,
    /// `d.keys()`
    Keys,
    /// `d.values()`
    Values,
    /// `d.items()`
    Items,
    /// `range(start, stop, step)`
    Range(i64, i64, i64),
}

/// What only the page that is being made can use: a number in one of its tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// A macro.
    Macro(usize),
    /// The `loop` of a `for`.
    Loop(usize),
}

impl Value {
    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::Str(text) | Value::Html(text) = self { Some(text) } else { None }
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

/// Names with values, in the order in which the names were first put in.
///
/// Clones share their contents. The first change of a shared map copies the contents.
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// `None` is the empty map, which needs no memory.
    shared: Option<Arc<Contents>>,
}

#[derive(Clone, Debug, Default)]
struct Contents {
    entries: Vec<(Arc<str>, Value)>,
    /// The position of each name; only for maps that are too long to be searched from the front.
    index: Option<HashMap<Arc<str>, usize>>,
}

/// Up to this many names, comparing each is as quick as hashing one.
const SEARCHED: usize = 16;

impl Map {
    /// An empty map.
    pub const fn new() -> Map {
        Map { shared: None }
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// True if there is no name.
    pub fn is_empty(&self) -> bool {
        self.shared.is_none()
    }

    /// The value under this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let contents = self.shared.as_deref()?;
        contents.position(name).map(|at| &contents.entries[at].1)
    }

    /// The value under this name, to be changed in place.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let contents = Arc::make_mut(self.shared.as_mut()?);
        contents.position(name).map(|at| &mut contents.entries[at].1)
    }

    /// Puts a value under a name and returns the value that was there before. A known name keeps
    /// its place in the order.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        let contents = Arc::make_mut(self.shared.get_or_insert_default());
        if let Some(at) = contents.position(&name) {
            return Some(std::mem::replace(&mut contents.entries[at].1, value));
        }
        if let Some(index) = &mut contents.index {
            index.insert(name.clone(), contents.entries.len());
        }
        contents.entries.push((name, value));
        if contents.index.is_none() {
            contents.build_index();
        }
        None
    }

    /// Takes a name and its value out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.shared.as_deref()?.position(name)?;
        let contents = Arc::make_mut(self.shared.as_mut()?);
        let (_, value) = contents.entries.remove(at);
        // Every later name has moved forward by one.
        contents.build_index();
        if contents.entries.is_empty() {
            self.shared = None;
        }
        Some(value)
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.shared = None;
    }

    /// The names and values in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Value)> + ExactSizeIterator {
        self.entries().iter().map(|(name, value)| (&**name, value))
    }

    /// The names in order, to be shared.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<str>> {
        self.entries().iter().map(|(name, _)| name)
    }

    fn entries(&self) -> &[(Arc<str>, Value)] {
        self.shared.as_deref().map_or(&[], |contents| &contents.entries)
    }
}

impl Contents {
    fn position(&self, name: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(name).copied(),
            None => self.entries.iter().position(|(known, _)| **known == *name),
        }
    }

    fn build_index(&mut self) {
        let places = self.entries.iter().enumerate().map(|(at, (name, _))| (name.clone(), at));
        self.index = (self.entries.len() > SEARCHED).then(|| places.collect());
    }
}

/// Two maps are equal when they hold the same names with equal values; the order does not count, as
/// in Python.
impl PartialEq for Map {
    fn eq(&self, other: &Map) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl<N: Into<Arc<str>>, V: Into<Value>> FromIterator<(N, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Map {
        let mut map = Map::new();
        for (name, value) in pairs {
            map.insert(name, value);
        }
        map
    }
}

impl<N: Into<Arc<str>>, V: Into<Value>, const COUNT: usize> From<[(N, V); COUNT]> for Map {
    fn from(pairs: [(N, V); COUNT]) -> Map {
        pairs.into_iter().collect()
    }
}

macro_rules! value_from {
    ($($from:ty => |$it:ident| $value:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($it: $from) -> Value {
                $value
            }
        })*
    };
}

value_from! {
    bool => |it| Value::Bool(it);
    i8 => |it| Value::Int(it.into());
    i16 => |it| Value::Int(it.into());
    i32 => |it| Value::Int(it.into());
    i64 => |it| Value::Int(it);
    u8 => |it| Value::Int(it.into());
    u16 => |it| Value::Int(it.into());
    u32 => |it| Value::Int(it.into());
    // Integers have 64 bits and a sign. A larger one becomes the largest.
    u64 => |it| Value::Int(i64::try_from(it).unwrap_or(i64::MAX));
    usize => |it| Value::Int(i64::try_from(it).unwrap_or(i64::MAX));
    f32 => |it| Value::Float(it.into());
    f64 => |it| Value::Float(it);
    &str => |it| Value::Str(it.into());
    String => |it| Value::Str(it.into());
    Arc<str> => |it| Value::Str(it);
    Map => |it| Value::Map(it);
}

/// A list.
impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(items: Vec<V>) -> Value {
        items.into_iter().collect()
    }
}

/// A list.
impl<V: Into<Value>, const COUNT: usize> From<[V; COUNT]> for Value {
    fn from(items: [V; COUNT]) -> Value {
        items.into_iter().collect()
    }
}

/// A list of what the iterator gives.
impl<V: Into<Value>> FromIterator<V> for Value {
    fn from_iter<I: IntoIterator<Item = V>>(items: I) -> Value {
        Value::List(Arc::new(items.into_iter().map(Into::into).collect()))
    }
}

/// `None` is [`Value::Null`].
impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(it: Option<V>) -> Value {
        it.map_or(Value::Null, Into::into)
    }
}
