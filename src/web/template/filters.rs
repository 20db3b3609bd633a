//! Deeper: the tables of filters, `{{ name|upper }}`, and of tests, `{{ name is defined }}`.
//!
//! To add a filter, write its function beside those of its kind and a row here: its name, its
//! parameters, its function, an example. A filter of the application needs neither:
//! [`Templates::filter`](super::Templates::filter) adds it.
//!
//! Left out: tests that compare, `{% if a is eq 1 %}`; the operators do that.

use super::function::{ANY, Function, Outcome, given, row};
use super::operators::remainder;
use super::print::{to_html, to_text};
use super::strings::like;
use super::{lists, numbers, printf, strings};
use crate::value::Value;

/// The value, or the first argument if there is none; with `true` as the second, also for what is
/// empty or zero.
fn default(value: &Value, arguments: &[Value]) -> Outcome {
    let for_empty = given(arguments, 1).is_some_and(Value::is_true);
    if value.is_undefined() || for_empty && !value.is_true() {
        return Ok(arguments.first().cloned().unwrap_or_else(|| "".into()));
    }
    Ok(value.clone())
}

/// The value as HTML.
fn escape(value: &Value, _: &[Value]) -> Outcome {
    Ok(Value::text(&*to_html(value), true))
}

const REPLACE: &[&str] = &["old", "new", "count"];
const DEFAULT: &[&str] = &["default_value", "boolean"];
const SORT: &[&str] = &["reverse", "case_sensitive", "attribute"];

/// All filters.
pub static FILTERS: &[Function] = &[
    row("abs", &[], numbers::abs, "{{ -3|abs }}", "3"),
    row("capitalize", &[], strings::capitalize, "{{ 'aDA'|capitalize }}", "Ada"),
    row("count", &[], lists::length, "{{ [1, 2]|count }}", "2"),
    row("d", DEFAULT, default, "{{ nobody|d('none') }}", "none"),
    row("default", DEFAULT, default, "{{ ''|default('none', true) }}", "none"),
    row("e", &[], escape, "{{ '<'|e }}", "&lt;"),
    row("escape", &[], escape, "{{ '&'|escape }}", "&amp;"),
    row("first", &[], lists::first, "{{ [1, 2]|first }}", "1"),
    row("float", &["default"], numbers::float, "{{ '2.5'|float }}", "2.5"),
    row("format", ANY, printf::format, "{{ '%s: %.2f'|format('tea', 2.5) }}", "tea: 2.50"),
    row("int", &["default"], numbers::int, "{{ '42'|int + 1 }}", "43"),
    row("join", &["d", "attribute"], lists::join, "{{ [1, 2]|join(', ') }}", "1, 2"),
    row("last", &[], lists::last, "{{ [1, 2]|last }}", "2"),
    row("length", &[], lists::length, "{{ 'Ada'|length }}", "3"),
    row("list", &[], lists::list, "{{ 'ab'|list|length }}", "2"),
    row("lower", &[], strings::lower, "{{ 'Ada'|lower }}", "ada"),
    row("replace", REPLACE, strings::replace, "{{ 'a-b'|replace('-', '+') }}", "a+b"),
    row("reverse", &[], lists::reverse, "{{ 'Ada'|reverse }}", "adA"),
    row("round", &["precision", "method"], numbers::round, "{{ 2.675|round(1) }}", "2.7"),
    row("safe", &[], |it, _| Ok(Value::text(&*to_text(it), true)), "{{ '<b>'|safe }}", "<b>"),
    row("sort", SORT, lists::sort, "{{ [3, 1]|sort }}", "[1, 3]"),
    row("string", &[], |it, _| like(it, to_text(it)), "{{ 1|string + '0' }}", "10"),
    row("title", &[], strings::title, "{{ 'ada king'|title }}", "Ada King"),
    row("tojson", &["indent"], strings::tojson, "{{ [true, none]|tojson }}", "[true, null]"),
    row("trim", &["chars"], strings::trim, "{{ ' a '|trim }}", "a"),
    row("upper", &[], strings::upper, "{{ 'Ada'|upper }}", "ADA"),
    row("urlencode", &[], strings::urlencode, "{{ 'a b'|urlencode }}", "a%20b"),
];

/// True for a number with a fraction.
fn is_float(value: &Value) -> bool {
    matches!(value, Value::Float(_))
}

/// The rest of a division, compared with a number.
fn rest_is(value: &Value, divisor: &Value, expected: i64) -> Outcome {
    Ok(remainder(value, divisor)?.equals(&expected.into()).into())
}

/// True if nothing is left of a division by the argument.
fn divisibleby(value: &Value, arguments: &[Value]) -> Outcome {
    rest_is(value, given(arguments, 0).ok_or("divisibleby takes a number")?, 0)
}

/// All tests.
pub static TESTS: &[Function] = &[
    row("boolean", &[], |it, _| Ok(it.as_bool().is_some().into()), "{{ true is boolean }}", "True"),
    row("defined", &[], |it, _| Ok((!it.is_undefined()).into()), "{{ x is defined }}", "False"),
    row("divisibleby", &["num"], divisibleby, "{{ 9 is divisibleby(3) }}", "True"),
    row("even", &[], |it, _| rest_is(it, &Value::Int(2), 0), "{{ 4 is even }}", "True"),
    row("false", &[], |it, _| Ok((*it == Value::Bool(false)).into()), "{{ 0 is false }}", "False"),
    row("float", &[], |it, _| Ok(is_float(it).into()), "{{ 1.0 is float }}", "True"),
    row("integer", &[], |it, _| Ok(it.as_int().is_some().into()), "{{ 1 is integer }}", "True"),
    row("iterable", &[], |it, _| Ok(it.length().is_some().into()), "{{ [1] is iterable }}", "True"),
    row("mapping", &[], |it, _| Ok(it.pairs().is_some().into()), "{{ {} is mapping }}", "True"),
    row("none", &[], |it, _| Ok((*it == Value::Null).into()), "{{ none is none }}", "True"),
    row("number", &[], |it, _| Ok(it.number().is_some().into()), "{{ 1.5 is number }}", "True"),
    row("odd", &[], |it, _| rest_is(it, &Value::Int(2), 1), "{{ 3 is odd }}", "True"),
    row("string", &[], |it, _| Ok(it.as_str().is_some().into()), "{{ 'a' is string }}", "True"),
    row("true", &[], |it, _| Ok((*it == Value::Bool(true)).into()), "{{ 1 is true }}", "False"),
    row("undefined", &[], |it, _| Ok(it.is_undefined().into()), "{{ x is undefined }}", "True"),
];
