//! Deeper: from Rust's own types to values.
//!
//! A function that takes `impl Into<Value>` can be given `1`, `"text"`, `vec![1, 2]`, a map, or an
//! option of one of these. An integer beyond 64 bits with a sign is a panic.

use super::{Map, Text, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

macro_rules! value_from {
    ($($($from:ty)+ => |$it:ident| $value:expr;)*) => {
        $($(impl From<$from> for Value {
            fn from($it: $from) -> Value {
                $value
            }
        })+)*
    };
}

value_from! {
    bool => |it| Value::Bool(it);
    i64 => |it| Value::Int(it);
    i8 i16 i32 u8 u16 u32 => |it| Value::Int(it.into());
    isize => |it| Value::Int(it as i64);
    // Panics at a number that needs more: it would become another one.
    u64 usize u128 i128 => |it| match i64::try_from(it) {
        Ok(number) => Value::Int(number),
        Err(_) => panic!("found {it}, expected an integer of 64 bits with a sign"),
    };
    f64 => |it| Value::Float(it);
    f32 => |it| Value::Float(it.into());
    &str String &String Arc<str> Cow<'_, str> => |it| Value::Str(it.into());
    Map => |it| Value::Map(it.into());
    &Value => |it| it.clone();
}

// The names of a `HashMap` are in any order, and those of a `BTreeMap` in theirs.
macro_rules! map_from {
    ($($map:ident)*) => {
        $(impl<N: Into<Text>, V: Into<Value>> From<$map<N, V>> for Map {
            fn from(it: $map<N, V>) -> Map {
                it.into_iter().collect()
            }
        }

        impl<N: Into<Text>, V: Into<Value>> From<$map<N, V>> for Value {
            fn from(it: $map<N, V>) -> Value {
                Map::from(it).into()
            }
        })*
    };
}

map_from! { HashMap BTreeMap }

// Lists.
impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(items: Vec<V>) -> Value {
        items.into_iter().collect()
    }
}

impl<V: Into<Value> + Clone> From<&[V]> for Value {
    fn from(items: &[V]) -> Value {
        items.iter().cloned().collect()
    }
}

impl<V: Into<Value>, const COUNT: usize> From<[V; COUNT]> for Value {
    fn from(items: [V; COUNT]) -> Value {
        Vec::from(items).into()
    }
}

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
