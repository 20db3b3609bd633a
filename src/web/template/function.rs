//! Deeper: the form of filters, tests and methods: each is a row of a table.
//!
//! To add a filter, write its function and a row for it in `filters`. The row holds an example,
//! which a test runs and which `carafe help templates` shows.

use super::scan::shortened;
use crate::near::nearest;
use crate::value::{Map, Value};
use std::borrow::Cow;

/// A filter, a test or a method.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name in templates.
    pub name: Cow<'static, str>,
    /// The names of its parameters; [`ANY`] if it takes any number of values.
    pub parameters: &'static [&'static str],
    /// What it does: it gets the value before its name, and a value for each parameter.
    /// [`Value::Undefined`] stands for a parameter without a value; those at the end are left out.
    pub call: CustomFilter,
    /// A piece of a template, and what it prints.
    pub example: (&'static str, &'static str),
}

/// A filter that an application adds. It gets the value and what is in the brackets; what is given
/// by name comes as one map.
pub type CustomFilter = fn(&Value, &[Value]) -> Outcome;

/// The result of a function, or one sentence that says what is wrong.
pub type Outcome = Result<Value, String>;

/// The parameters of a function that takes any number of values.
pub const ANY: &[&str] = &["*"];

/// A row of a table.
pub const fn row(
    name: &'static str,
    parameters: &'static [&'static str],
    call: CustomFilter,
    example: &'static str,
    prints: &'static str,
) -> Function {
    Function { name: Cow::Borrowed(name), parameters, call, example: (example, prints) }
}

/// The row of this name.
///
/// # Errors
///
/// `there is no filter "uper"; there is "upper"`
pub fn find<'t>(table: &'t [Function], what: &str, name: &str) -> Result<&'t Function, String> {
    let known = table.iter().find(|row| row.name == name);
    known.ok_or_else(|| unknown(what, name, table.iter().map(|row| &*row.name)))
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
///
/// # Errors
///
/// Too many values, an unknown name, or two values for one parameter: `takes no x=`.
pub fn bind<P: AsRef<str>>(
    parameters: &[P],
    mut placed: Vec<Value>,
    named: Map,
) -> Result<Vec<Value>, String> {
    let known = || parameters.iter().map(AsRef::as_ref);
    if known().next() == Some(ANY[0]) {
        placed.extend((!named.is_empty()).then(|| named.into()));
        return Ok(placed);
    }
    if placed.len() > parameters.len() {
        let (most, found) = (parameters.len(), placed.len());
        return Err(format!("takes at most {most} values, found {found}"));
    }
    for (name, value) in named.iter() {
        let place = known().position(|parameter| parameter == name);
        let place = place.ok_or_else(|| format!("takes no {name}={}", hint(name, known())))?;
        placed.resize(placed.len().max(place + 1), Value::Undefined);
        if placed[place] != Value::Undefined {
            return Err(format!("gets {name} twice"));
        }
        placed[place] = value.clone();
    }
    Ok(placed)
}

/// The value of the parameter at this place, if there is one. None counts as no value.
pub fn given(arguments: &[Value], place: usize) -> Option<&Value> {
    let is_given = |value: &&Value| !matches!(value, Value::Undefined | Value::Null);
    arguments.get(place).filter(is_given)
}
