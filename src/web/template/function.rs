//! Deeper: the form of filters, tests, methods and operators: each is a row of a table.
//!
//! To add a filter, write its function, a row for it in `filters`, and a line with an example in
//! `reference.txt`, which a test runs and which `carafe help templates` shows.

use super::scan::shortened;
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
    /// The names of its parameters; [`ANY`] if it takes any number of values.
    pub parameters: &'static [&'static str],
    /// What it does: it gets the value before its name, and a value for each parameter.
    /// [`Value::Undefined`] stands for a parameter without a value; those at the end are left out.
    pub call: CustomFilter,
    /// What happens if one of its values is undefined.
    pub undefined: IfUndefined,
}

/// What a function does with an undefined value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfUndefined {
    /// It takes it like another value.
    Taken,
    /// It takes it, but the author is warned.
    Warned,
    /// It cannot do anything with it: an error. For a filter this is about the value alone.
    Refused,
}

/// A filter that an application adds. It gets the value and what is in the brackets; what is given
/// by name comes as one map.
pub type CustomFilter = fn(&Value, &[Value]) -> Outcome;

/// The result of a function, or one sentence that says what is wrong.
pub type Outcome = Result<Value, String>;

/// The parameters of a function that takes any number of values.
pub const ANY: &[&str] = &["*"];
/// The same; the last value is always the map of those by name, which may be empty.
pub const ANY_NAMED: &[&str] = &["*", "**"];

/// A row of a table.
pub const fn row(
    name: &'static str,
    parameters: &'static [&'static str],
    call: CustomFilter,
) -> Function {
    Function { name, parameters, call, undefined: IfUndefined::Warned }
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

/// The values of a call in the order of the parameters.
/// Errors: too many values, an unknown name, or two values for one parameter: `upper takes no x=`.
pub fn bind(
    function: &str,
    parameters: &[&str],
    mut placed: Vec<Value>,
    named: Map,
) -> Result<Vec<Value>, String> {
    let (most, found) = (parameters.len(), placed.len());
    if parameters.first() == ANY.first() {
        let has_map = parameters == ANY_NAMED || !named.is_empty();
        placed.extend(has_map.then(|| named.into()));
        return Ok(placed);
    }
    for (name, value) in named.iter().filter(|_| found <= most) {
        let Some(place) = parameters.iter().position(|known| *known == name) else {
            let near = hint(name, parameters.iter().copied());
            return Err(format!("{function} takes no {name}={near}"));
        };
        if place < found {
            return Err(format!("{function} gets {name} twice"));
        }
        placed.resize(placed.len().max(place + 1), Value::Undefined);
        placed[place] = value.clone();
    }
    match found > most {
        true => Err(format!("{function} takes at most {most} values, found {found}")),
        false => Ok(placed),
    }
}

/// The value of the parameter at this place, if there is one. None counts as no value: this is for
/// parameters that are none in Python if they are not given.
pub fn given(arguments: &[Value], place: usize) -> Option<&Value> {
    arguments.get(place).filter(|value| **value != Value::Null)
}

/// The whole number that is the parameter at this place; `otherwise` without one.
/// Errors: another type of value, an undefined one too.
pub fn whole(arguments: &[Value], place: usize, otherwise: i64) -> Result<i64, String> {
    let wrong = |value: &Value| format!("found {}, expected an int", value.type_name());
    let given = given(arguments, place);
    given.map_or(Ok(otherwise), |value| value.whole().ok_or_else(|| wrong(value)))
}

/// The text that is the parameter at this place, if there is one.
/// Errors: another type of value, an undefined one too.
pub fn text(arguments: &[Value], place: usize) -> Result<Option<&str>, String> {
    let wrong = |value: &Value| format!("found {}, expected a string", value.type_name());
    given(arguments, place).map(|value| value.as_str().ok_or_else(|| wrong(value))).transpose()
}
