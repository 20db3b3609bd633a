//! Deeper: methods of strings, lists and dicts: `{{ name.upper() }}`.
//!
//! Most do what a filter of that name does. Where Python's method and Jinja's filter differ, as in
//! `title` and `join`, each has a function of its own.
//!
//! Left out: methods that change a list or a dict, because a page only reads. The message names
//! the methods that are there.

use super::function::{ANY, Function, Outcome, given, row, text};
use super::numbers::ascii_digit;
use super::print::to_text;
use super::strings::{like, strip};
use super::{lists, printf, strings};
use crate::value::{Map, SequenceKind, Value};

/// The methods of this type of value.
pub fn methods_of(value: &Value) -> &'static [Function] {
    match value {
        Value::Str(_) | Value::Html(_) => STRING_METHODS,
        Value::List(_) | Value::Sequence(_) => LIST_METHODS,
        Value::Map(_) => DICT_METHODS,
        _ => &[],
    }
}

/// The first argument, which is text.
fn part(arguments: &[Value]) -> Result<&str, String> {
    text(arguments, 0)?.ok_or_else(|| "expected a string".to_owned())
}

/// How many characters are before the part; -1 if the text has no such part.
fn find(value: &Value, arguments: &[Value]) -> Outcome {
    let text = to_text(value);
    let found = text.find(part(arguments)?);
    Ok(found.map_or(Value::Int(-1), |at| text[..at].chars().count().into()))
}

/// True for text of digits alone.
fn is_digit(value: &Value, _: &[Value]) -> Outcome {
    let text = to_text(value);
    let is_raised = |it: char| matches!(it, '²' | '³' | '¹' | '⁰' | '⁴'..='⁹' | '₀'..='₉');
    let is_digit = |it: char| it.is_ascii_digit() || ascii_digit(it).is_some() || is_raised(it);
    Ok((!text.is_empty() && text.chars().all(is_digit)).into())
}

/// `', '.join(items)`; unlike the filter it takes strings only.
fn join(between: &Value, arguments: &[Value]) -> Outcome {
    let items = given(arguments, 0).ok_or("join takes a list")?;
    match items.items()?.iter().find(|item| item.as_str().is_none()) {
        Some(item) => Err(format!("found {}, expected strings only", item.type_name())),
        None => lists::join(items, std::slice::from_ref(between)),
    }
}

/// At which indexes the list has the argument.
fn places(list: &Value, arguments: &[Value]) -> Result<Vec<usize>, String> {
    let wanted = arguments.first().ok_or("expected the value to look for")?;
    let items = list.items()?;
    let found = items.iter().enumerate().filter(|(_, item)| item.equals(wanted));
    Ok(found.map(|(at, _)| at).collect())
}

/// The index of the first item that is equal to the argument.
fn index(list: &Value, arguments: &[Value]) -> Outcome {
    let first = places(list, arguments)?.first().copied();
    Ok(first.ok_or("the value is not in the list")?.into())
}

/// What is under the key; else the second argument, or none.
fn get(dict: &Value, arguments: &[Value]) -> Outcome {
    let key = arguments.first().ok_or("get takes a key")?;
    Ok(dict.under(key).or(given(arguments, 1)).cloned().unwrap_or(Value::Null))
}

/// What a view of a dict has: its keys, its values, or both as tuples.
fn view(kind: SequenceKind, dict: &Value, part: fn((&str, &Value)) -> Value) -> Outcome {
    let pairs = dict.as_map().into_iter().flat_map(Map::iter);
    Ok(Value::sequence(kind, pairs.map(part).collect()))
}

/// The keys and values of a dict as tuples.
fn items(dict: &Value, _: &[Value]) -> Outcome {
    view(SequenceKind::Items, dict, |(key, value)| {
        Value::sequence(SequenceKind::Tuple, vec![key.into(), value.clone()])
    })
}

/// All methods of strings.
pub static STRING_METHODS: &[Function] = &[
    row("capitalize", &[], strings::capitalize),
    row("count", &["sub"], |it, to| Ok(to_text(it).matches(part(to)?).count().into())),
    row("endswith", &["sub"], |it, to| Ok(to_text(it).ends_with(part(to)?).into())),
    row("find", &["sub"], find),
    row("format", ANY, printf::braces),
    row("isdigit", &[], is_digit),
    row("join", &["iterable"], join),
    row("lower", &[], |it, _| like(it, to_text(it).to_lowercase())),
    row("lstrip", &["chars"], |it, to| strip(it, to, [true, false])),
    row("replace", &["old", "new", "count"], strings::replace),
    row("rstrip", &["chars"], |it, to| strip(it, to, [false, true])),
    row("split", &["sep", "maxsplit"], strings::split),
    row("startswith", &["sub"], |it, to| Ok(to_text(it).starts_with(part(to)?).into())),
    row("strip", &["chars"], |it, to| strip(it, to, [true, true])),
    row("title", &[], strings::title_of_words),
    row("upper", &[], |it, _| like(it, to_text(it).to_uppercase())),
];

/// All methods of lists and tuples.
pub static LIST_METHODS: &[Function] = &[
    row("count", &["value"], |it, to| Ok(places(it, to)?.len().into())),
    row("index", &["value"], index),
];

/// All methods of dicts.
pub static DICT_METHODS: &[Function] = &[
    row("get", &["key", "default"], get),
    row("items", &[], items),
    row("keys", &[], |it, _| view(SequenceKind::Keys, it, |(key, _)| key.into())),
    row("values", &[], |it, _| view(SequenceKind::Values, it, |(_, value)| value.clone())),
];
