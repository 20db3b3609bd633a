//! What an expression comes to: data on its way into a page.
//!
//! A [`Value`] that the application lends is borrowed, never copied. Beside the kinds of [`Value`]
//! there are those that only templates know: names without a value, text that is already HTML,
//! tuples, ranges, the `loop` of a `for`.

use super::items::{Items, Range};
use super::tree::{Expression, Tree};
use crate::value::{Map, Value};
use std::cell::Cell;
use std::ops::Deref;
use std::rc::Rc;

/// One piece of data. A clone is cheap: nothing long is copied.
#[derive(Clone, Debug)]
pub enum Datum<'a> {
    /// No value: an unknown name, or an item that is not there. It prints nothing.
    Undefined(Option<Rc<Missing<'a>>>),
    /// `none`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text; printing escapes it.
    Text(Text<'a>),
    /// Text that is HTML already: `|safe` said so, or it was escaped before.
    Safe(Text<'a>),
    /// A list of the application.
    Values(&'a [Value]),
    /// A map of the application.
    Map(&'a Map),
    /// A list, a tuple, or what a dict's methods give.
    Many(Many, Rc<[Datum<'a>]>),
    /// A dict written in the template.
    Dict(Rc<Pairs<'a>>),
    /// `range(…)`
    Range(Range),
    /// `loop`, inside a `for`.
    Loop(Rc<Loop>),
}

/// The keys and values of a dict, in order.
pub type Pairs<'a> = [(Datum<'a>, Datum<'a>)];

/// What was looked for in vain; kept for the warning or the error that may follow.
#[derive(Debug)]
pub struct Missing<'a> {
    /// The template.
    pub tree: &'a Tree,
    /// The name or the attribute.
    pub expression: &'a Expression,
    /// What was looked into, if not the names of the page.
    pub inside: Option<Datum<'a>>,
}

/// Text that the application or the tree lends, or that was made on the way.
#[derive(Clone, Debug)]
pub enum Text<'a> {
    /// Borrowed.
    Lent(&'a str),
    /// Made.
    Made(Rc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Text::Lent(text) => text,
            Text::Made(text) => text,
        }
    }
}

/// Which Python type a sequence is: it prints as that type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    /// `[…]`
    List,
    /// `(…)`
    Tuple,
    /// `d.items()`
    Items,
    /// `d.keys()`
    Keys,
    /// `d.values()`
    Values,
}

/// Where a `for` stands.
#[derive(Debug)]
pub struct Loop {
    /// Counted from 0.
    pub index: Cell<usize>,
    /// How many items there are.
    pub length: usize,
}

impl<'a> Datum<'a> {
    /// A value as data, borrowed.
    pub fn lent(value: &'a Value) -> Datum<'a> {
        match value {
            Value::Null => Datum::Null,
            Value::Bool(it) => Datum::Bool(*it),
            Value::Int(it) => Datum::Int(*it),
            Value::Float(it) => Datum::Float(*it),
            Value::Str(it) => Datum::Text(Text::Lent(it)),
            Value::List(it) => Datum::Values(it),
            Value::Map(it) => Datum::Map(it),
        }
    }

    /// A value as data that needs nobody to lend it.
    pub fn made(value: &Value) -> Datum<'static> {
        match value {
            Value::Null => Datum::Null,
            Value::Bool(it) => Datum::Bool(*it),
            Value::Int(it) => Datum::Int(*it),
            Value::Float(it) => Datum::Float(*it),
            Value::Str(it) => Datum::Text(Text::Made((&**it).into())),
            Value::List(items) => Datum::Many(Many::List, items.iter().map(Datum::made).collect()),
            Value::Map(map) => {
                let pairs = map
                    .iter()
                    .map(|(name, value)| (Datum::text(name.to_owned()), Datum::made(value)));
                Datum::Dict(pairs.collect())
            }
        }
    }

    /// Text made on the way.
    pub fn text(text: String) -> Datum<'a> {
        Datum::Text(Text::Made(text.into()))
    }

    /// Text made on the way, HTML if the text it was made from is.
    pub fn text_like(text: String, safe: bool) -> Datum<'a> {
        if safe { Datum::Safe(Text::Made(text.into())) } else { Datum::text(text) }
    }

    /// A list made on the way.
    pub fn list(items: Vec<Datum<'a>>) -> Datum<'a> {
        Datum::Many(Many::List, items.into())
    }

    /// The text, if this is text of either kind.
    pub fn as_text(&self) -> Option<&Text<'a>> {
        if let Datum::Text(text) | Datum::Safe(text) = self { Some(text) } else { None }
    }

    /// True for text that is HTML already.
    pub fn is_safe(&self) -> bool {
        matches!(self, Datum::Safe(_))
    }

    /// The whole number, if this is one; true and false count as 1 and 0, as in Python.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Datum::Int(number) => Some(*number),
            Datum::Bool(truth) => Some(i64::from(*truth)),
            _ => None,
        }
    }

    /// What Python calls the type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Datum::Undefined(_) => "undefined",
            Datum::Null => "none",
            Datum::Bool(_) => "a bool",
            Datum::Int(_) => "an int",
            Datum::Float(_) => "a float",
            Datum::Text(_) | Datum::Safe(_) => "a string",
            Datum::Values(_) | Datum::Many(Many::List, _) => "a list",
            Datum::Many(Many::Tuple, _) => "a tuple",
            Datum::Many(..) => "a view of a dict",
            Datum::Map(_) | Datum::Dict(_) => "a dict",
            Datum::Range(_) => "a range",
            Datum::Loop(_) => "the loop",
        }
    }

    /// False for nothing, zero and everything empty.
    pub fn is_true(&self) -> bool {
        match self {
            Datum::Undefined(_) | Datum::Null => false,
            Datum::Bool(truth) => *truth,
            Datum::Int(number) => *number != 0,
            Datum::Float(number) => *number != 0.0,
            Datum::Loop(_) => true,
            _ => self.length() != Some(0),
        }
    }

    /// How many items or characters there are, if this has a length.
    pub fn length(&self) -> Option<usize> {
        match self {
            Datum::Undefined(_) => Some(0),
            Datum::Text(text) | Datum::Safe(text) => Some(text.chars().count()),
            Datum::Values(items) => Some(items.len()),
            Datum::Map(map) => Some(map.len()),
            Datum::Many(_, items) => Some(items.len()),
            Datum::Dict(pairs) => Some(pairs.len()),
            Datum::Range(range) => Some(range.len()),
            Datum::Loop(state) => Some(state.length),
            _ => None,
        }
    }

    /// The items to walk through: a dict's keys, a string's characters. Nothing for what is
    /// undefined.
    pub fn items(&self) -> Result<Items<'a>, String> {
        Ok(match self {
            Datum::Undefined(_) => Items::Made(Rc::new([])),
            Datum::Values(items) => Items::Lent(items),
            Datum::Many(_, items) => Items::Made(Rc::clone(items)),
            Datum::Range(range) => Items::Range(*range),
            Datum::Map(map) => {
                Items::Made(map.iter().map(|(name, _)| Datum::Text(Text::Lent(name))).collect())
            }
            Datum::Dict(pairs) => Items::Made(pairs.iter().map(|(key, _)| key.clone()).collect()),
            Datum::Text(text) | Datum::Safe(text) => {
                // As in Python, the characters of HTML are plain text.
                Items::Made(
                    text.chars().map(|character| Datum::text(character.to_string())).collect(),
                )
            }
            _ => return Err(format!("{} has no items to walk through", self.type_name())),
        })
    }

    /// The keys and values, if this is a dict.
    pub fn pairs(&self) -> Option<Vec<(Datum<'a>, Datum<'a>)>> {
        match self {
            Datum::Map(map) => Some(
                map.iter()
                    .map(|(name, value)| (Datum::Text(Text::Lent(name)), Datum::lent(value)))
                    .collect(),
            ),
            Datum::Dict(pairs) => Some(pairs.to_vec()),
            _ => None,
        }
    }

    /// True if a dict may have this as a key: what can be changed in Python cannot be.
    pub fn can_be_key(&self) -> bool {
        match self {
            Datum::Map(_)
            | Datum::Dict(_)
            | Datum::Values(_)
            | Datum::Many(Many::List | Many::Items | Many::Keys, _) => false,
            Datum::Many(Many::Tuple, items) => items.iter().all(Datum::can_be_key),
            _ => true,
        }
    }

    /// What stands under this key of a dict.
    pub fn under(&self, key: &Datum<'a>) -> Option<Datum<'a>> {
        match self {
            Datum::Map(map) => map.get(key.as_text()?).map(Datum::lent),
            Datum::Dict(pairs) => {
                pairs.iter().find(|(known, _)| known.equals(key)).map(|(_, value)| value.clone())
            }
            _ => None,
        }
    }

    /// What stands under this name of a dict.
    pub fn named(&self, name: &str) -> Option<Datum<'a>> {
        match self {
            Datum::Map(map) => map.get(name).map(Datum::lent),
            Datum::Dict(pairs) => {
                let known = |key: &Datum| key.as_text().is_some_and(|text| **text == *name);
                pairs.iter().find(|(key, _)| known(key)).map(|(_, value)| value.clone())
            }
            _ => None,
        }
    }

    /// How many parts the data has, if it is not more than so many levels deep; only what templates
    /// made is counted.
    pub fn parts(&self, levels: usize) -> Option<usize> {
        let sum = |parts: usize, part: &Datum| Some(parts + part.parts(levels.checked_sub(1)?)?);
        match self {
            Datum::Many(_, items) => items.iter().try_fold(1, sum),
            Datum::Dict(pairs) => {
                pairs.iter().try_fold(1, |parts, (key, value)| sum(sum(parts, key)?, value))
            }
            _ => Some(1),
        }
    }

    /// The data as a value of the application: a tuple becomes a list, what is undefined becomes
    /// null.
    pub fn to_value(&self) -> Value {
        match self {
            Datum::Undefined(_) | Datum::Null | Datum::Loop(_) => Value::Null,
            Datum::Bool(it) => Value::Bool(*it),
            Datum::Int(it) => Value::Int(*it),
            Datum::Float(it) => Value::Float(*it),
            Datum::Text(it) | Datum::Safe(it) => Value::Str((&**it).into()),
            Datum::Values(items) => items.iter().cloned().collect(),
            Datum::Map(map) => Value::Map((*map).clone()),
            Datum::Many(_, items) => items.iter().map(Datum::to_value).collect(),
            Datum::Range(_) => {
                self.items().into_iter().flatten().map(|item| item.to_value()).collect()
            }
            Datum::Dict(pairs) => {
                let pairs = pairs
                    .iter()
                    .map(|(key, value)| (super::print::json_key(key), value.to_value()));
                Value::Map(pairs.collect())
            }
        }
    }
}
