//! Deeper: the tests after `is`, `{% if name is defined %}`, a table.
//!
//! To add a test, add a row: its name, its parameters, its function, an example.
//!
//! Left out: tests that compare, `{% if a is eq 1 %}`; the operators do that.

use super::function::{Function, Outcome, given, row};
use super::operators::remainder;
use crate::value::Value;

/// The rest of a division, compared with a number.
fn rest_is(value: &Value, divisor: &Value, expected: i64) -> Outcome {
    Ok(remainder(value, divisor)?.equals(&expected.into()).into())
}

/// True if the value has this type.
fn is_type(value: &Value, name: &str) -> Outcome {
    Ok((value.type_name() == name).into())
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
    row("float", &[], |it, _| is_type(it, "a float"), "{{ 1.0 is float }}", "True"),
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
