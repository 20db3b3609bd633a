//! Deeper: the tables of filters, `{{ name|upper }}`, and of tests, `{{ name is defined }}`.
//!
//! A filter of the application needs no row here:
//! [`Templates::filter`](super::Templates::filter) adds it.
//!
//! Left out: most tests of types, and those that compare, `a is eq b`.

use super::function::{ANY_NAMED, Function, Outcome, given, row};
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

/// All filters.
pub static FILTERS: &[Function] = &[
    row("abs", &[], numbers::abs),
    row("capitalize", &[], strings::capitalize),
    row("count", &[], lists::length),
    row("d", &["default_value", "boolean"], default),
    row("default", &["default_value", "boolean"], default),
    row("e", &[], escape),
    row("escape", &[], escape),
    row("first", &[], |it, _| Ok(it.items()?.first().cloned().unwrap_or(Value::Undefined))),
    row("float", &["default"], numbers::float),
    row("format", ANY_NAMED, printf::format),
    row("int", &["default"], numbers::int),
    row("join", &["d", "attribute"], lists::join),
    row("last", &[], |it, _| Ok(it.items()?.last().cloned().unwrap_or(Value::Undefined))),
    row("length", &[], lists::length),
    row("list", &[], |it, _| Ok(it.items()?.into_owned().into())),
    row("lower", &[], |it, _| like(it, to_text(it).to_lowercase())),
    row("replace", &["old", "new", "count"], strings::replace),
    row("reverse", &[], lists::reverse),
    row("round", &["precision", "method"], numbers::round),
    row("safe", &[], |it, _| Ok(Value::text(&*to_text(it), true))),
    row("sort", &["reverse", "case_sensitive", "attribute"], lists::sort),
    row("string", &[], |it, _| like(it, to_text(it))),
    row("title", &[], strings::title),
    row("tojson", &["indent"], strings::tojson),
    row("trim", &["chars"], strings::strip),
    row("upper", &[], |it, _| like(it, to_text(it).to_uppercase())),
    row("urlencode", &[], strings::urlencode),
];

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
    row("boolean", &[], |it, _| Ok(it.as_bool().is_some().into())),
    row("defined", &[], |it, _| Ok((!it.is_undefined()).into())),
    row("divisibleby", &["num"], divisibleby),
    row("even", &[], |it, _| rest_is(it, &Value::Int(2), 0)),
    row("none", &[], |it, _| Ok((*it == Value::Null).into())),
    row("number", &[], |it, _| Ok(it.number().is_some().into())),
    row("odd", &[], |it, _| rest_is(it, &Value::Int(2), 1)),
    row("string", &[], |it, _| Ok(it.as_str().is_some().into())),
    row("undefined", &[], |it, _| Ok(it.is_undefined().into())),
];
