//! Deeper: methods of strings, lists and dicts: `{{ name.upper() }}`.
//!
//! Most do what a filter of that name does. Where Python's method and Jinja's filter differ, as in
//! `title` and `join`, each has a function of its own.
//!
//! Left out: methods that change a list or a dict, because a page only reads. The message names
//! the methods that are there.

use super::function::{ANY, Function, Outcome, given, row};
use super::print::to_text;
use super::strings::{part, strip};
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
fn find(text: &Value, arguments: &[Value]) -> Outcome {
    let text = to_text(text);
    let found = text.find(part(arguments)?);
    Ok(found.map_or(Value::Int(-1), |at| text[..at].chars().count().into()))
}

/// True for text of digits alone.
fn is_digit(text: &Value, _: &[Value]) -> Outcome {
    let text = to_text(text);
    Ok((!text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())).into())
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
    let places = places(list, arguments)?;
    Ok(places.first().copied().ok_or("the value is not in the list")?.into())
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
    Ok(Value::sequence(SequenceKind::Keys, dict.items()?.into_owned()))
}

/// The values of a dict.
fn values(dict: &Value, _: &[Value]) -> Outcome {
    let pairs = dict.pairs().unwrap_or_default().into_iter();
    Ok(Value::sequence(SequenceKind::Values, pairs.map(|(_, value)| value).collect()))
}

const SUB: &[&str] = &["sub"];
const CHARS: &[&str] = &["chars"];
const COUNT: &str = "{{ 'aba'.count('a') }}";
const ENDS: &str = "{{ 'a.css'.endswith('.css') }}";
const STARTS: &str = "{{ 'abc'.startswith('ab') }}";
const REPLACE: &[&str] = &["old", "new", "count"];
const ITEMS: &str = "{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}";

/// All methods of strings.
pub static STRING_METHODS: &[Function] = &[
    row("capitalize", &[], strings::capitalize, "{{ 'ada'.capitalize() }}", "Ada"),
    row("count", SUB, |it, to| Ok(to_text(it).matches(part(to)?).count().into()), COUNT, "2"),
    row("endswith", SUB, |it, to| Ok(to_text(it).ends_with(part(to)?).into()), ENDS, "True"),
    row("find", SUB, find, "{{ 'abc'.find('c') }}", "2"),
    row("format", ANY, printf::braces, "{{ '{} for {:.2f}'.format('tea', 2.5) }}", "tea for 2.50"),
    row("isdigit", &[], is_digit, "{{ '42'.isdigit() }}", "True"),
    row("join", &["iterable"], join, "{{ '-'.join(['a', 'b']) }}", "a-b"),
    row("lower", &[], strings::lower, "{{ 'Ada'.lower() }}", "ada"),
    row("lstrip", CHARS, |it, to| strip(it, to, [true, false]), "{{ '007'.lstrip('0') }}", "7"),
    row("replace", REPLACE, strings::replace, "{{ 'a-b'.replace('-', '+') }}", "a+b"),
    row("rstrip", CHARS, |it, to| strip(it, to, [false, true]), "{{ 'a!!'.rstrip('!') }}", "a"),
    row("split", &["sep", "maxsplit"], strings::split, "{{ 'a,b'.split(',')|length }}", "2"),
    row("startswith", SUB, |it, to| Ok(to_text(it).starts_with(part(to)?).into()), STARTS, "True"),
    row("strip", CHARS, strings::trim, "{{ ' a '.strip() }}", "a"),
    row("title", &[], strings::title_of_words, "{{ 'ada king'.title() }}", "Ada King"),
    row("upper", &[], strings::upper, "{{ 'Ada'.upper() }}", "ADA"),
];

/// All methods of lists and tuples.
pub static LIST_METHODS: &[Function] = &[
    row(
        "count",
        &["value"],
        |it, to| Ok(places(it, to)?.len().into()),
        "{{ [1, 1].count(1) }}",
        "2",
    ),
    row("index", &["value"], index, "{{ ['a', 'b'].index('b') }}", "1"),
];

/// All methods of dicts.
pub static DICT_METHODS: &[Function] = &[
    row("get", &["key", "default"], get, "{{ {'a': 1}.get('b', 0) }}", "0"),
    row("items", &[], items, ITEMS, "a=1"),
    row("keys", &[], keys, "{{ {'a': 1}.keys()|join }}", "a"),
    row("values", &[], values, "{{ {'a': 1}.values()|join }}", "1"),
];
