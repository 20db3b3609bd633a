//! Deeper: methods of strings and dicts: `{{ name.upper() }}`.
//!
//! Most do what a filter of that name does. Where Python's method and Jinja's filter differ, as in
//! `title`, each has a function of its own.
//!
//! Left out: methods of lists, which mostly change the list, because a page only reads; methods
//! that no page of a course has. The message names the nearest method.

use super::function::{ANY_NAMED, Function, Outcome, row, text_argument};
use super::print::to_text;
use super::strings::replaced;
use super::{printf, strings};
use crate::value::{Map, SequenceKind, Text, Value};

/// The methods of this type of value.
pub fn methods_of(value: &Value) -> &'static [Function] {
    match value {
        Value::Str(_) | Value::Html(_) => STRING_METHODS,
        Value::Map(_) => DICT_METHODS,
        _ => &[],
    }
}

/// The first argument, which is text.
fn part(arguments: &[Value]) -> Result<&str, String> {
    text_argument(arguments, 0)?.ok_or_else(|| "expected a string".to_owned())
}

/// Python's `replace`, which takes text only. HTML escapes a new text that is not HTML yet; plain
/// text takes HTML as plain text.
fn replace(it: &Value, to: &[Value]) -> Outcome {
    match to.iter().take(2).all(|part| part.as_str().is_some()) {
        true => replaced(it, to, it.is_safe()),
        false => Err("replace takes strings".to_owned()),
    }
}

/// What is under the key; else the second argument, or none.
fn get(dict: &Value, arguments: &[Value]) -> Outcome {
    Ok(dict.under(&arguments[0]).unwrap_or(&arguments[1]).clone())
}

/// A view of a dict: of its keys, its values, or both as tuples.
fn view(open: &'static str, dict: &Value, part: fn(&(Text, Value)) -> Value) -> Outcome {
    let pairs = dict.as_map().into_iter().flat_map(Map::entries);
    Ok(Value::sequence(SequenceKind::View(open), pairs.map(part).collect()))
}

/// The keys and values of a dict as tuples.
fn items(dict: &Value, _: &[Value]) -> Outcome {
    view("dict_items([", dict, |(key, value)| {
        Value::sequence(SequenceKind::Tuple, vec![Value::Str(key.clone()), value.clone()])
    })
}

/// All methods of strings.
pub static STRING_METHODS: &[Function] = &[
    row("count", &["sub"], |it, to| Ok(to_text(it).matches(part(to)?).count().into())),
    row("endswith", &["sub"], |it, to| Ok(to_text(it).ends_with(part(to)?).into())),
    row("format", ANY_NAMED, printf::braces),
    row("lower", &[], strings::lower),
    row("replace", &["old", "new", "count=none"], replace),
    row("split", &["sep=none", "maxsplit=none"], strings::split),
    row("startswith", &["sub"], |it, to| Ok(to_text(it).starts_with(part(to)?).into())),
    row("strip", &["chars=none"], strings::strip),
    row("title", &[], strings::title_of_words),
    row("upper", &[], strings::upper),
];

/// All methods of dicts.
pub static DICT_METHODS: &[Function] = &[
    row("get", &["key", "default=none"], get).looks(),
    row("items", &[], items),
    row("keys", &[], |it, _| view("dict_keys([", it, |(key, _)| Value::Str(key.clone()))),
    row("values", &[], |it, _| view("dict_values([", it, |(_, value)| value.clone())),
];
