//! The tests after `is`: a table of names and functions.
//!
//! To add one, write the function and its row.

use super::arithmetic::calculate;
use super::datum::Datum;
use super::tree::Operator;
use crate::near::nearest;

/// A test.
#[derive(Debug)]
pub struct Test {
    /// Its name.
    pub name: &'static str,
    /// How many values it takes after its name.
    pub arguments: usize,
    /// What it looks at.
    pub function: for<'a> fn(&Datum<'a>, &[Datum<'a>]) -> Result<bool, String>,
}

impl Test {
    /// The test of this name, or a sentence with a name that is near.
    pub fn find(name: &str) -> Result<&'static Test, String> {
        TESTS.iter().find(|test| test.name == name).ok_or_else(|| {
            let near = nearest(name, TESTS.iter().map(|test| test.name));
            let hint = near.map(|near| format!("; there is \"{near}\"")).unwrap_or_default();
            format!("there is no test \"{}\"{hint}", name.chars().take(40).collect::<String>())
        })
    }
}

/// The rest of a division by 2 or by another number.
fn remainder<'a>(datum: &Datum<'a>, divisor: &Datum<'a>) -> Result<Datum<'a>, String> {
    let rest = calculate(Operator::Remainder, datum, divisor);
    // For a string the sign means to fill it in, so that '%d' % 2 works; Python sees nothing odd in
    // that.
    rest.map_err(|message| {
        if datum.as_text().is_some() {
            "a string is neither odd nor even".to_owned()
        } else {
            message
        }
    })
}

static TESTS: [Test; 15] = [
    Test { name: "boolean", arguments: 0, function: |it, _| Ok(matches!(it, Datum::Bool(_))) },
    Test {
        name: "defined",
        arguments: 0,
        function: |it, _| Ok(!matches!(it, Datum::Undefined(_))),
    },
    Test {
        name: "divisibleby",
        arguments: 1,
        function: |it, values| Ok(remainder(it, &values[0])?.equals(&Datum::Int(0))),
    },
    Test {
        name: "even",
        arguments: 0,
        function: |it, _| Ok(remainder(it, &Datum::Int(2))?.equals(&Datum::Int(0))),
    },
    Test { name: "false", arguments: 0, function: |it, _| Ok(matches!(it, Datum::Bool(false))) },
    Test { name: "float", arguments: 0, function: |it, _| Ok(matches!(it, Datum::Float(_))) },
    Test { name: "integer", arguments: 0, function: |it, _| Ok(matches!(it, Datum::Int(_))) },
    Test { name: "iterable", arguments: 0, function: |it, _| Ok(it.length().is_some()) },
    Test {
        name: "mapping",
        arguments: 0,
        function: |it, _| Ok(matches!(it, Datum::Map(_) | Datum::Dict(_))),
    },
    Test { name: "none", arguments: 0, function: |it, _| Ok(matches!(it, Datum::Null)) },
    Test {
        name: "number",
        arguments: 0,
        function: |it, _| Ok(matches!(it, Datum::Int(_) | Datum::Float(_) | Datum::Bool(_))),
    },
    Test {
        name: "odd",
        arguments: 0,
        function: |it, _| Ok(remainder(it, &Datum::Int(2))?.equals(&Datum::Int(1))),
    },
    Test { name: "string", arguments: 0, function: |it, _| Ok(it.as_text().is_some()) },
    Test { name: "true", arguments: 0, function: |it, _| Ok(matches!(it, Datum::Bool(true))) },
    Test {
        name: "undefined",
        arguments: 0,
        function: |it, _| Ok(matches!(it, Datum::Undefined(_))),
    },
];
