//! Deeper: methods of strings, lists and dicts: `{{ name.upper() }}`.
//!
//! Most do what a filter of that name does. Where Python's method and Jinja's filter differ, as in
//! `title` and `join`, each has a function of its own.
//!
//! Left out: methods that change a list or a dict, because a page only reads. The message names
//! the methods that are there.

use super::function::{ANY, Function, Outcome, given, row};
use super::{lists, printf, strings};
use crate::value::{SequenceKind, Value};

/// The methods of this type of value.
pub fn methods_of(value: &Value) -> &'static [Function] {
    match value {
        Value::Str(_) | Value::Html(_) => STRING_METHODS,
        Value::List(_) | Value::Sequence(_) => LIST_METHODS,
        Value::Map(_) | Value::Dict(_) => DICT_METHODS,
        _ => &[],
    }
}

/// How many characters are before the part; -1 if the text has no such part.
fn find(text: &str, part: &str) -> Value {
    text.find(part).map_or(Value::Int(-1), |at| text[..at].chars().count().into())
}

/// How often the text has the part.
fn count_text(text: &str, part: &str) -> Value {
    text.matches(part).count().into()
}

/// True for text of digits alone.
fn is_digit(text: &Value, _: &[Value]) -> Outcome {
    let text = text.as_str().unwrap_or_default();
    Ok((!text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit())).into())
}

/// `', '.join(items)`; unlike the filter it takes strings only.
fn join(between: &Value, arguments: &[Value]) -> Outcome {
    let items = given(arguments, 0).ok_or("join takes a list")?;
    match items.to_items()?.iter().find(|item| item.as_str().is_none()) {
        Some(item) => Err(format!("found {}, expected strings only", item.type_name())),
        None => lists::join(items, std::slice::from_ref(between)),
    }
}

/// How many items are equal to the value.
fn count(list: &Value, arguments: &[Value]) -> Outcome {
    let wanted = given(arguments, 0).ok_or("count takes a value")?;
    Ok(list.to_items()?.iter().filter(|item| item.equals(wanted)).count().into())
}

/// The index of the first item that is equal to the value.
fn index(list: &Value, arguments: &[Value]) -> Outcome {
    let wanted = given(arguments, 0).ok_or("index takes a value")?;
    let found = list.to_items()?.iter().position(|item| item.equals(wanted));
    found.map(Value::from).ok_or_else(|| "the value is not in the list".to_owned())
}

/// What is under the key; else the second argument, or none.
fn get(dict: &Value, arguments: &[Value]) -> Outcome {
    let key = arguments.first().ok_or("get takes a key")?;
    Ok(dict.under(key).or(given(arguments, 1)).cloned().unwrap_or(Value::Null))
}

/// The keys and values of a dict as tuples.
fn items(dict: &Value, _: &[Value]) -> Outcome {
    let tuple = |(key, value)| Value::sequence(SequenceKind::Tuple, vec![key, value]);
    let pairs = dict.pairs().unwrap_or_default().into_iter();
    Ok(Value::sequence(SequenceKind::Items, pairs.map(tuple).collect()))
}

/// The keys of a dict.
fn keys(dict: &Value, _: &[Value]) -> Outcome {
    Ok(Value::sequence(SequenceKind::Keys, dict.to_items()?))
}

/// The values of a dict.
fn values(dict: &Value, _: &[Value]) -> Outcome {
    let pairs = dict.pairs().unwrap_or_default().into_iter();
    Ok(Value::sequence(SequenceKind::Values, pairs.map(|(_, value)| value).collect()))
}

/// All methods of strings.
pub static STRING_METHODS: &[Function] = &[
    row("capitalize", &[], strings::capitalize, "{{ 'ada'.capitalize() }}", "Ada"),
    row(
        "count",
        &["sub"],
        |it, to| strings::part_of(it, to, count_text),
        "{{ 'aba'.count('a') }}",
        "2",
    ),
    row("endswith", &["suffix"], ends_with, "{{ 'a.css'.endswith('.css') }}", "True"),
    row("find", &["sub"], |it, to| strings::part_of(it, to, find), "{{ 'abc'.find('c') }}", "2"),
    row("format", ANY, printf::braces, "{{ '{} for {:.2f}'.format('tea', 2.5) }}", "tea for 2.50"),
    row("isdigit", &[], is_digit, "{{ '42'.isdigit() }}", "True"),
    row("join", &["iterable"], join, "{{ '-'.join(['a', 'b']) }}", "a-b"),
    row("lower", &[], strings::lower, "{{ 'Ada'.lower() }}", "ada"),
    row("lstrip", &["chars"], strings::trim_start, "{{ '007'.lstrip('0') }}", "7"),
    row(
        "replace",
        &["old", "new", "count"],
        strings::replace,
        "{{ 'a-b'.replace('-', '+') }}",
        "a+b",
    ),
    row("rstrip", &["chars"], strings::trim_end, "{{ 'a!!'.rstrip('!') }}", "a"),
    row("split", &["sep", "maxsplit"], strings::split, "{{ 'a,b'.split(',')|length }}", "2"),
    row("startswith", &["prefix"], starts_with, "{{ 'abc'.startswith('ab') }}", "True"),
    row("strip", &["chars"], strings::trim, "{{ ' a '.strip() }}", "a"),
    row("title", &[], strings::title_method, "{{ 'ada king'.title() }}", "Ada King"),
    row("upper", &[], strings::upper, "{{ 'Ada'.upper() }}", "ADA"),
];

/// True if the text starts with the argument, or with one of a tuple.
fn starts_with(text: &Value, arguments: &[Value]) -> Outcome {
    strings::part_of(text, arguments, |text, part| text.starts_with(part).into())
}

/// True if the text ends with the argument, or with one of a tuple.
fn ends_with(text: &Value, arguments: &[Value]) -> Outcome {
    strings::part_of(text, arguments, |text, part| text.ends_with(part).into())
}

/// All methods of lists and tuples.
pub static LIST_METHODS: &[Function] = &[
    row("count", &["value"], count, "{{ [1, 2, 1].count(1) }}", "2"),
    row("index", &["value"], index, "{{ ['a', 'b'].index('b') }}", "1"),
];

/// All methods of dicts.
pub static DICT_METHODS: &[Function] = &[
    row("get", &["key", "default"], get, "{{ {'a': 1}.get('b', 0) }}", "0"),
    row(
        "items",
        &[],
        items,
        "{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}",
        "a=1",
    ),
    row("keys", &[], keys, "{{ {'a': 1}.keys()|join }}", "a"),
    row("values", &[], values, "{{ {'a': 1}.values()|join }}", "1"),
];
