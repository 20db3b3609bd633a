//! The filters: `{{ name|upper }}`; the table is at the foot.
//!
//! To add one, write a function and its row: the name, the names of its parameters, the function. A
//! filter of the application needs neither: [`Templates::filter`](super::Templates::filter) takes
//! it.
//!
//! Text that is HTML stays HTML through a filter where Jinja keeps it so, and nowhere else.

use super::arithmetic::{as_float, too_long};
use super::datum::{Datum, Many, Text};
use super::format::format;
use super::print::{to_html, to_text};
use super::scan::is_space;
use super::{LONGEST, lists, numbers};
use crate::json::{Style, write_into};
use crate::near::nearest;
use crate::value::Value;
use std::fmt::Write;

/// A filter that an application adds: it is given the value and what stands in the brackets.
pub type CustomFilter = fn(&Value, &[Value]) -> Result<Value, String>;

/// What a filter is given and gives: the value before `|`, and its arguments in the order of the
/// parameters.
type Function = for<'a> fn(&Datum<'a>, &Given<'a>) -> Outcome<'a>;
/// The arguments of a filter; `None` for those left out.
pub type Given<'a> = [Option<Datum<'a>>];
/// What a filter gives.
pub type Outcome<'a> = Result<Datum<'a>, String>;

/// A filter, found by its name when the template is parsed.
#[derive(Clone, Debug)]
pub enum Filter {
    /// One of the table below.
    BuiltIn(&'static Row),
    /// One of the application.
    Custom(String, CustomFilter),
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    name: &'static str,
    /// The names of the parameters; `None` if it takes any.
    parameters: Option<&'static [&'static str]>,
    function: Function,
}

impl Filter {
    /// The filter of this name, or a sentence with a name that is near.
    pub fn find(name: &str, custom: &[(String, CustomFilter)]) -> Result<Filter, String> {
        if let Some((name, filter)) = custom.iter().find(|(known, _)| known == name) {
            return Ok(Filter::Custom(name.clone(), *filter));
        }
        FILTERS.iter().find(|row| row.name == name).map(Filter::BuiltIn).ok_or_else(|| {
            let names = FILTERS
                .iter()
                .map(|row| row.name)
                .chain(custom.iter().map(|(name, _)| name.as_str()));
            let hint = nearest(name, names)
                .map(|near| format!("; there is \"{near}\""))
                .unwrap_or_default();
            format!("there is no filter \"{}\"{hint}", name.chars().take(40).collect::<String>())
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Filter::BuiltIn(row) => row.name,
            Filter::Custom(name, _) => name,
        }
    }

    /// The names of its parameters; `None` if it takes any arguments.
    pub fn parameters(&self) -> Option<&'static [&'static str]> {
        match self {
            Filter::BuiltIn(row) => row.parameters,
            Filter::Custom(..) => None,
        }
    }

    /// True if an undefined value is what the filter is for.
    pub fn accepts_undefined(&self) -> bool {
        matches!(self.name(), "default" | "d")
    }

    /// What the filter makes of a value.
    pub fn apply<'a>(&self, datum: &Datum<'a>, given: &Given<'a>) -> Outcome<'a> {
        match self {
            Filter::BuiltIn(row) => (row.function)(datum, given),
            Filter::Custom(_, filter) => {
                let values: Vec<Value> = given.iter().flatten().map(Datum::to_value).collect();
                filter(&datum.to_value(), &values).map(|value| Datum::made(&value))
            }
        }
    }
}

/// The argument at this place, if it was given.
pub fn argument<'g, 'a>(given: &'g Given<'a>, place: usize) -> Option<&'g Datum<'a>> {
    given.get(place).and_then(Option::as_ref)
}

/// The whole number at this place, or what stands in for it.
pub fn int_argument(given: &Given, place: usize, otherwise: i64) -> Result<i64, String> {
    argument(given, place).map_or(Ok(otherwise), |datum| {
        datum.as_int().ok_or_else(|| format!("found {}, expected an int", datum.type_name()))
    })
}

/// Text like the value's: HTML if the value is.
fn like<'a>(datum: &Datum<'a>, text: String) -> Outcome<'a> {
    if text.len() > LONGEST { Err(too_long()) } else { Ok(Datum::text_like(text, datum.is_safe())) }
}

fn safe<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    Ok(Datum::Safe(to_text(datum)))
}

fn escape<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    Ok(Datum::Safe(to_html(datum)))
}

fn upper<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    like(datum, to_text(datum).to_uppercase())
}

fn lower<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    like(datum, to_text(datum).to_lowercase())
}

/// The first letter of each word large, the others small; a word begins after white space and - ( {
/// [ <.
fn title<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    let mut titled = String::new();
    let begins =
        |character: char| is_space(character) || matches!(character, '-' | '(' | '{' | '[' | '<');
    for word in to_text(datum).split_inclusive(begins) {
        let mut letters = word.chars();
        titled.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        titled.push_str(&letters.as_str().to_lowercase());
    }
    Ok(Datum::text(titled))
}

/// The first letter large, the others small.
fn capitalize<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    let text = to_text(datum);
    let mut letters = text.chars();
    let mut capitalized = String::new();
    if let Some(first) = letters.next() {
        // Some letters become two, ß becomes Ss: only the first of them is large.
        let mut large = first.to_uppercase();
        capitalized.extend(large.next());
        capitalized.extend(large.flat_map(char::to_lowercase));
    }
    capitalized.push_str(&letters.as_str().to_lowercase());
    like(datum, capitalized)
}

fn trim<'a>(datum: &Datum<'a>, given: &Given<'a>) -> Outcome<'a> {
    let text = to_text(datum);
    let trimmed = match argument(given, 0) {
        None | Some(Datum::Null) => text.trim_matches(is_space),
        Some(characters) => {
            let characters = characters.as_text().ok_or("trim takes a string of characters")?;
            text.trim_matches(|character| characters.contains(character))
        }
    };
    like(datum, trimmed.to_owned())
}

/// If the old or the new text is HTML, the result is, and the value is escaped before.
fn replace<'a>(datum: &Datum<'a>, given: &Given<'a>) -> Outcome<'a> {
    let (Some(old), Some(new)) = (argument(given, 0), argument(given, 1)) else {
        return Err("replace takes the old text and the new".to_owned());
    };
    let safe = datum.is_safe() || old.is_safe() || new.is_safe();
    let text = if old.is_safe() || new.is_safe() { to_html(datum) } else { to_text(datum) };
    let (old, new) = (to_text(old), if safe { to_html(new) } else { to_text(new) });
    let count = match argument(given, 2) {
        None | Some(Datum::Null) => usize::MAX,
        // A negative count means all.
        Some(_) => usize::try_from(int_argument(given, 2, 0)?).unwrap_or(usize::MAX),
    };
    let found = text.matches(&*old).count().min(count);
    if found.saturating_mul(new.len()) > LONGEST {
        return Err(too_long());
    }
    let replaced = text.replacen(&*old, &new, count);
    if replaced.len() > LONGEST { Err(too_long()) } else { Ok(Datum::text_like(replaced, safe)) }
}

/// The value, or the first argument where there is none; with `true` as the second, also for what
/// is empty or zero.
fn default<'a>(datum: &Datum<'a>, given: &Given<'a>) -> Outcome<'a> {
    let all_empty = argument(given, 1).is_some_and(Datum::is_true);
    if matches!(datum, Datum::Undefined(_)) || all_empty && !datum.is_true() {
        return Ok(argument(given, 0).cloned().unwrap_or(Datum::Text(Text::Lent(""))));
    }
    Ok(datum.clone())
}

fn string<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    Ok(if datum.is_safe() { datum.clone() } else { Datum::Text(to_text(datum)) })
}

/// JSON that may stand in a page: the characters that HTML gives a meaning are written as escapes.
fn tojson<'a>(datum: &Datum<'a>, given: &Given<'a>) -> Outcome<'a> {
    if let Some(part) = without_json(datum) {
        return Err(format!("{part} has no JSON"));
    }
    let indent = match argument(given, 0) {
        None | Some(Datum::Null) => None,
        Some(_) => Some(usize::try_from(int_argument(given, 0, 0)?).unwrap_or(0).min(64)),
    };
    let mut json = String::new();
    write_into(&mut json, &datum.to_value(), Style { indent, ..Style::PYTHON });
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            // Writing to a String cannot fail.
            '<' | '>' | '&' | '\'' => _ = write!(safe, "\\u{:04x}", character as u32),
            _ => safe.push(character),
        }
    }
    Ok(Datum::Safe(Text::Made(safe.into())))
}

/// The kind of the first part of the data that JSON cannot write.
fn without_json(datum: &Datum) -> Option<&'static str> {
    let scalar = |key: &Datum| {
        key.as_text().is_some() || as_float(key).is_some() || matches!(key, Datum::Null)
    };
    match datum {
        Datum::Many(Many::List | Many::Tuple, items) => items.iter().find_map(without_json),
        Datum::Dict(pairs) => pairs.iter().find_map(|(key, value)| match scalar(key) {
            true => without_json(value),
            false => Some("a key that is no string"),
        }),
        Datum::Undefined(_) => Some("an undefined value"),
        Datum::Range(_) | Datum::Loop(_) | Datum::Many(..) => Some(datum.type_name()),
        _ => None,
    }
}

/// Percent-encoding: of a text, where / stays, or of a dict or pairs, as a query.
fn urlencode<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    let mut out = String::new();
    let pairs = match datum {
        Datum::Map(_) | Datum::Dict(_) => datum.pairs().unwrap_or_default(),
        _ if datum.as_text().is_some() || datum.length().is_none() => {
            quote(&mut out, &to_text(datum), false);
            return Ok(Datum::text(out));
        }
        _ => {
            let pair = |item: Datum<'a>| match item.items() {
                Ok(pair) if pair.len() == 2 => Ok((pair.at(0), pair.at(1))),
                _ => {
                    Err(format!("found {}, expected pairs of a name and a value", item.type_name()))
                }
            };
            datum.items()?.into_iter().map(pair).collect::<Result<_, _>>()?
        }
    };
    for (at, (key, value)) in pairs.iter().enumerate() {
        out.push_str(if at > 0 { "&" } else { "" });
        quote(&mut out, &to_text(key), true);
        out.push('=');
        quote(&mut out, &to_text(value), true);
    }
    Ok(Datum::text(out))
}

fn quote(out: &mut String, text: &str, query: bool) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(byte.into())
            }
            b'/' if !query => out.push('/'),
            b' ' if query => out.push('+'),
            _ => _ = write!(out, "%{byte:02X}"), // Writing to a String cannot fail.
        }
    }
}

/// A filter with these parameters.
const fn row(name: &'static str, parameters: &'static [&'static str], function: Function) -> Row {
    Row { name, parameters: Some(parameters), function }
}

static FILTERS: [Row; 27] = [
    row("abs", &[], numbers::abs),
    row("capitalize", &[], capitalize),
    row("count", &[], lists::length),
    row("d", &["default_value", "boolean"], default),
    row("default", &["default_value", "boolean"], default),
    row("e", &[], escape),
    row("escape", &[], escape),
    row("first", &[], lists::first),
    row("float", &["default"], numbers::float),
    Row { name: "format", parameters: None, function: format },
    row("int", &["default", "base"], numbers::int),
    row("join", &["d", "attribute"], lists::join),
    row("last", &[], lists::last),
    row("length", &[], lists::length),
    row("list", &[], lists::list),
    row("lower", &[], lower),
    row("replace", &["old", "new", "count"], replace),
    row("reverse", &[], lists::reverse),
    row("round", &["precision", "method"], numbers::round),
    row("safe", &[], safe),
    row("sort", &["reverse", "case_sensitive", "attribute"], lists::sort),
    row("string", &[], string),
    row("title", &[], title),
    row("tojson", &["indent"], tojson),
    row("trim", &["chars"], trim),
    row("upper", &[], upper),
    row("urlencode", &[], urlencode),
];
