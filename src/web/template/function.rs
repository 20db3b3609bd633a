//! Deeper: the form of filters, tests, methods and operators: each is a row of a table.
//!
//! To add a filter, write its function, a row for it in `filters`, and a line with an example in
//! `reference.txt`, which a test runs and which `carafe help templates` shows.

use super::scan::shortened;
use crate::json;
use crate::near::nearest;
use crate::value::{Map, Value};

/// The reference of the language, which `carafe help templates` prints. A test holds that it names
/// each tag, operator, filter, test and method, and that its examples print what it says.
///
/// ```text
#[doc = include_str!("reference.txt")]
/// ```
pub const REFERENCE: &str = include_str!("reference.txt");

/// A filter, a test, a method or an operator.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name in templates.
    pub name: &'static str,
    /// Its parameters, as Python writes them: `count=none` has a default, `old` must get a value.
    /// [`ANY`] if it takes any number of values.
    pub parameters: &'static [&'static str],
    /// What it does: it gets the value before its name, and a value for each parameter.
    pub call: Call,
    /// What happens if one of its values is undefined.
    pub undefined: IfUndefined,
    /// True if it only looks at its value or hands a part of it on: this costs nothing.
    pub only_looks: bool,
}

/// What a function does with an undefined value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfUndefined {
    /// It takes it like another value.
    Taken,
    /// It takes it, but the author is warned.
    Warned,
    /// It can do nothing with it among its first values, this number of them: an error.
    Refused(usize),
}

/// What a row calls.
pub type Call = fn(&Value, &[Value]) -> Outcome;

/// A filter that an application adds. It gets the value and what is in the brackets; what is given
/// by name comes as one map.
pub type CustomFilter = Call;

/// The result of a function, or one sentence that says what is wrong.
pub type Outcome = Result<Value, String>;

/// The parameters of a function that takes any number of values.
pub const ANY: &[&str] = &["*"];
/// The same; the last value is always the map of those by name, which may be empty.
pub const ANY_NAMED: &[&str] = &["*", "**"];

/// A row of a table.
pub const fn row(name: &'static str, parameters: &'static [&'static str], call: Call) -> Function {
    Function { name, parameters, call, undefined: IfUndefined::Warned, only_looks: false }
}

impl Function {
    /// This row, but this happens if a value is undefined.
    pub const fn if_undefined(self, undefined: IfUndefined) -> Function {
        Function { undefined, ..self }
    }

    /// This row, of a function that only looks.
    pub const fn looks(self) -> Function {
        Function { only_looks: true, ..self }
    }

    /// The result for the value before the name and those in the brackets.
    /// Errors: those of [`bind`]; no value for a parameter that must get one; the function's own.
    pub fn result(&self, value: &Value, mut placed: Vec<Value>, named: Map) -> Outcome {
        if self.parameters.first() == ANY.first() {
            let has_map = self.parameters == ANY_NAMED || !named.is_empty();
            placed.extend(has_map.then(|| named.into()));
            return (self.call)(value, &placed);
        }
        let parts = self.parameters.iter().map(|it| it.split_once('=').unwrap_or((it, "")));
        let (names, defaults): (Vec<&str>, Vec<&str>) = parts.unzip();
        let bound = bind(self.name, &names, placed, &named)?.into_iter().enumerate();
        let or_default = |(at, value): (usize, Option<Value>)| match (value, defaults[at]) {
            (Some(value), _) => Ok(value),
            (_, "") => Err(format!("{} needs a value for {}", self.name, names[at])),
            (_, "none") => Ok(Value::Null),
            (_, text) if text.starts_with('\'') => Ok(text.trim_matches('\'').into()),
            (_, number) => Ok(json::parse(number.as_bytes()).unwrap_or_default()),
        };
        (self.call)(value, &bound.map(or_default).collect::<Result<Vec<Value>, String>>()?)
    }
}

/// The row of this name.
/// Errors: `there is no filter "uper"; there is "upper"`
pub fn find(rows: &[Function], what: &str, name: &str) -> Result<Function, String> {
    let row = rows.iter().find(|row| row.name == name).copied();
    row.ok_or_else(|| unknown(what, name, rows.iter().map(|row| row.name)))
}

/// `there is no filter "uper"; there is "upper"`
pub fn unknown<'n>(what: &str, name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    format!("there is no {what} \"{}\"{}", shortened(name), hint(name, known))
}

/// `; there is "upper"`, or nothing if no known name is near.
pub fn hint<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(name, known).map(|near| format!("; there is \"{near}\"")).unwrap_or_default()
}

/// The values of a call in the order of the parameters; none for one that does not get any.
/// Errors: too many values, an unknown name, or two values for one parameter: `upper takes no x=`.
pub fn bind(
    function: &str,
    names: &[&str],
    placed: Vec<Value>,
    named: &Map,
) -> Result<Vec<Option<Value>>, String> {
    let (most, found) = (names.len(), placed.len());
    if found > most {
        return Err(format!("{function} takes at most {most} values, found {found}"));
    }
    let mut bound: Vec<Option<Value>> = placed.into_iter().map(Some).collect();
    bound.resize(most, None);
    for (name, value) in named.iter() {
        let Some(nth) = names.iter().position(|known| *known == name) else {
            let near = hint(name, names.iter().copied());
            return Err(format!("{function} takes no {name}={near}"));
        };
        if bound[nth].replace(value.clone()).is_some() {
            return Err(format!("{function} gets {name} twice"));
        }
    }
    Ok(bound)
}

/// The argument with this number, unless it is Python's `none`. An undefined value is one.
pub fn argument(arguments: &[Value], nth: usize) -> Option<&Value> {
    arguments.get(nth).filter(|value| **value != Value::Null)
}

/// The argument as a whole number; `otherwise` if it is none.
/// Errors: another type of value, an undefined one too.
pub fn int_argument(arguments: &[Value], nth: usize, otherwise: i64) -> Result<i64, String> {
    let wrong = |value: &Value| format!("found {}, expected an int", value.type_name());
    let value = argument(arguments, nth);
    value.map_or(Ok(otherwise), |value| value.whole_number().ok_or_else(|| wrong(value)))
}

/// The argument as a text, unless it is none.
/// Errors: another type of value, an undefined one too.
pub fn text_argument(arguments: &[Value], nth: usize) -> Result<Option<&str>, String> {
    let wrong = |value: &Value| format!("found {}, expected a string", value.type_name());
    argument(arguments, nth).map(|value| value.as_str().ok_or_else(|| wrong(value))).transpose()
}
