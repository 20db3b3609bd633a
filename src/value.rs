//! What a template, a session's row or a JSON text can hold.
//!
//! The same seven kinds of value travel through the whole program: a handler puts them into a
//! session, the store writes them as JSON, a template prints them.
//!
//! * A map keeps the order in which its names were put in, as Python's does.
//! * Integers are exact: 64 bits, never passed through a float.
//!
//! Left out: dates and bytes. JSON has neither.

use std::collections::HashMap;

/// One value of any of the kinds that JSON knows; integers and floats are told apart.
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
    Str(String),
    /// Values in order.
    List(Vec<Value>),
    /// Values by name.
    Map(Map),
}

impl Value {
    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::Str(text) = self { Some(text) } else { None }
    }

    /// The whole number, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        if let Value::Int(number) = self { Some(*number) } else { None }
    }

    /// The values in order, if this is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Value::List(items) = self { Some(items) } else { None }
    }

    /// The values by name, if this is a map.
    pub fn as_map(&self) -> Option<&Map> {
        if let Value::Map(map) = self { Some(map) } else { None }
    }
}

/// Names with values, in the order in which the names were first put in.
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: Vec<(String, Value)>,
    /// Where each name stands; kept only for maps too long to be searched from the front.
    #[expect(
        clippy::box_collection,
        reason = "a short map should stay small: eight bytes here instead of 48"
    )]
    index: Option<Box<HashMap<String, usize>>>,
}

/// Up to this many names, looking at each is as quick as hashing one.
const SEARCHED: usize = 16;

impl Map {
    /// An empty map.
    pub const fn new() -> Map {
        Map { entries: Vec::new(), index: None }
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there is no name.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value under this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.position(name).map(|at| &self.entries[at].1)
    }

    /// The value under this name, to be changed in place.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.position(name).map(|at| &mut self.entries[at].1)
    }

    /// Puts a value under a name; gives back the one that stood there. A name keeps its first
    /// place.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        if let Some(at) = self.position(&name) {
            return Some(std::mem::replace(&mut self.entries[at].1, value));
        }
        if let Some(index) = &mut self.index {
            index.insert(name.clone(), self.entries.len());
        }
        self.entries.push((name, value));
        if self.index.is_none() && self.entries.len() > SEARCHED {
            self.build_index();
        }
        None
    }

    /// Takes a name and its value out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let (_, value) = self.entries.remove(self.position(name)?);
        // Every later name has moved up by one.
        self.index = None;
        if self.entries.len() > SEARCHED {
            self.build_index();
        }
        Some(value)
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        *self = Map::new();
    }

    /// The names and values in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Value)> + ExactSizeIterator {
        self.entries.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn position(&self, name: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(name).copied(),
            None => self.entries.iter().position(|(known, _)| known == name),
        }
    }

    fn build_index(&mut self) {
        let places = self.entries.iter().enumerate().map(|(at, (name, _))| (name.clone(), at));
        self.index = Some(Box::new(places.collect()));
    }
}

/// Two maps are equal when they hold the same names with equal values; the order does not count, as
/// in Python.
impl PartialEq for Map {
    fn eq(&self, other: &Map) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Map {
        let mut map = Map::new();
        for (name, value) in pairs {
            map.insert(name, value);
        }
        map
    }
}

impl<N: Into<String>, V: Into<Value>, const COUNT: usize> From<[(N, V); COUNT]> for Map {
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
    i32 => |it| Value::Int(it.into());
    u16 => |it| Value::Int(it.into());
    u32 => |it| Value::Int(it.into());
    i64 => |it| Value::Int(it);
    f64 => |it| Value::Float(it);
    &str => |it| Value::Str(it.to_owned());
    String => |it| Value::Str(it);
    Vec<Value> => |it| Value::List(it);
    Map => |it| Value::Map(it);
}

/// A count; one past 63 bits, which no memory holds, stays at the largest integer.
impl From<usize> for Value {
    fn from(it: usize) -> Value {
        Value::Int(i64::try_from(it).unwrap_or(i64::MAX))
    }
}

/// `None` is [`Value::Null`].
impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(it: Option<V>) -> Value {
        it.map_or(Value::Null, Into::into)
    }
}
