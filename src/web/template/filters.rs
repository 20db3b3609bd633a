//! Deeper: the tables of filters, `{{ name|upper }}`, and of tests, `{{ name is defined }}`.
//!
//! A filter of the application needs no row here:
//! [`Templates::filter`](super::Templates::filter) adds it.
//!
//! Left out: most tests of types, and those that compare, `a is eq b`.

use super::function::IfUndefined::{Refused, Taken};
use super::function::{ANY_NAMED, Call, Function, Outcome, row};
use super::operators::remainder;
use super::print::{to_html, to_text};
use super::strings::like;
use super::{lists, numbers, printf, strings};
use crate::value::Value;

/// The value, or the first argument if there is none; with `true` as the second, also for what is
/// empty or zero.
fn default(value: &Value, arguments: &[Value]) -> Outcome {
    let is_wanted = value.is_undefined() || arguments[1].is_true() && !value.is_true();
    Ok(if is_wanted { &arguments[0] } else { value }.clone())
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
    row("d", &["default_value=''", "boolean=false"], default).if_undefined(Taken).looks(),
    row("default", &["default_value=''", "boolean=false"], default).if_undefined(Taken).looks(),
    row("e", &[], escape),
    row("escape", &[], escape),
    row("first", &[], |it, _| lists::end(it, false)).looks(),
    row("float", &["default=0.0"], numbers::float).if_undefined(Refused(1)),
    row("format", ANY_NAMED, printf::format),
    row("int", &["default=0"], numbers::int).if_undefined(Refused(1)),
    row("join", &["d=''", "attribute=none"], lists::join),
    row("last", &[], |it, _| lists::end(it, true)).looks(),
    row("length", &[], lists::length),
    row("list", &[], |it, _| Ok(it.items()?.into_owned().into())),
    row("lower", &[], strings::lower),
    row("replace", &["old", "new", "count=none"], strings::replace),
    row("reverse", &[], lists::reverse),
    row("round", &["precision=0", "method='common'"], numbers::round),
    row("safe", &[], |it, _| Ok(Value::text(&*to_text(it), true))),
    row("sort", &["reverse=false", "case_sensitive=false", "attribute=none"], lists::sort),
    row("string", &[], |it, _| like(it, to_text(it))),
    row("title", &[], strings::title),
    row("tojson", &["indent=none"], strings::tojson).if_undefined(Refused(1)),
    row("trim", &["chars=none"], strings::strip),
    row("upper", &[], strings::upper),
    row("urlencode", &[], strings::urlencode),
];

/// The rest of a division, compared with a number.
fn rest_is(value: &Value, divisor: &Value, expected: i64) -> Outcome {
    Ok(remainder(value, divisor)?.equals(&expected.into()).into())
}

/// True if nothing is left of a division by the argument.
fn divisibleby(value: &Value, arguments: &[Value]) -> Outcome {
    rest_is(value, &arguments[0], 0)
}

/// A row of the table of tests: a test looks, also at an undefined value.
const fn test(name: &'static str, parameters: &'static [&'static str], call: Call) -> Function {
    row(name, parameters, call).if_undefined(Taken).looks()
}

/// All tests.
pub static TESTS: &[Function] = &[
    test("boolean", &[], |it, _| Ok(it.as_bool().is_some().into())),
    test("defined", &[], |it, _| Ok((!it.is_undefined()).into())),
    test("divisibleby", &["num"], divisibleby),
    test("even", &[], |it, _| rest_is(it, &Value::Int(2), 0)),
    test("none", &[], |it, _| Ok((*it == Value::Null).into())),
    test("number", &[], |it, _| Ok(it.number().is_some().into())),
    test("odd", &[], |it, _| rest_is(it, &Value::Int(2), 1)),
    test("string", &[], |it, _| Ok(it.as_str().is_some().into())),
    test("undefined", &[], |it, _| Ok(it.is_undefined().into())),
];
