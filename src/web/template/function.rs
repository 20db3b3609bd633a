//! Deeper: the form of filters, tests and methods: each is a row of a table.
//!
//! To add a filter, write its function and a row for it in `filters`. The row holds an example,
//! which a test runs and which `carafe help templates` shows.

use super::scan::shortened;
use crate::near::nearest;
use crate::value::{Map, Value};

/// A filter, a test or a method.
#[derive(Debug)]
pub struct Function {
    /// Its name in templates.
    pub name: &'static str,
    /// The names of its parameters; [`ANY`] if it takes any number of values.
    pub parameters: &'static [&'static str],
    /// What it does: it gets the value before its name, and a value for each parameter.
    /// [`Value::Undefined`] stands for a parameter without a value; those at the end are left out.
    pub call: fn(&Value, &[Value]) -> Outcome,
    /// A piece of a template, and what it prints.
    pub example: (&'static str, &'static str),
}

/// The result of a function, or one sentence that says what is wrong.
pub type Outcome = Result<Value, String>;

/// The parameters of a function that takes any number of values.
pub const ANY: &[&str] = &["*"];

/// A row of a table.
pub const fn row(
    name: &'static str,
    parameters: &'static [&'static str],
    call: fn(&Value, &[Value]) -> Outcome,
    template: &'static str,
    prints: &'static str,
) -> Function {
    Function { name, parameters, call, example: (template, prints) }
}

/// The row of this name.
///
/// # Errors
///
/// `there is no filter "uper"; there is "upper"`
pub fn find(
    table: &'static [Function],
    what: &str,
    name: &str,
) -> Result<&'static Function, String> {
    let known = table.iter().find(|row| row.name == name);
    known.ok_or_else(|| unknown(what, name, table.iter().map(|row| row.name)))
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
    named: &Map,
) -> Result<Vec<Value>, String> {
    if parameters.first().is_some_and(|first| first.as_ref() == ANY[0]) {
        // All values by name become one map.
        return match (placed.is_empty(), named.is_empty()) {
            (_, true) => Ok(placed),
            (true, false) => Ok(vec![named.clone().into()]),
            _ => Err("takes values by place or by name, not both".to_owned()),
        };
    }
    if placed.len() > parameters.len() {
        let (most, found) = (parameters.len(), placed.len());
        return Err(format!("takes at most {most} values, found {found}"));
    }
    for (name, value) in named.iter() {
        let Some(place) = parameters.iter().position(|parameter| parameter.as_ref() == name) else {
            let known = parameters.iter().map(AsRef::as_ref);
            return Err(format!("takes no {name}={}", hint(name, known)));
        };
        if placed.len() <= place {
            placed.resize(place + 1, Value::Undefined);
        }
        if placed[place] != Value::Undefined {
            return Err(format!("gets {name} twice"));
        }
        placed[place] = value.clone();
    }
    Ok(placed)
}

/// The value of the parameter at this place, if there is one.
pub fn given(arguments: &[Value], place: usize) -> Option<&Value> {
    arguments.get(place).filter(|value| !value.is_undefined())
}
