//! What can be called, and what the `loop` of a `for` knows.
//!
//! `d.items()`, `d.keys()`, `d.values()`, `d.get(key, otherwise)`, `loop.cycle('odd', 'even')`,
//! `range(…)`, `a[1:3]`.
//!
//! Left out: the methods of strings. Each has a filter, and the message names it.

use super::datum::{Datum, Loop, Many};
use super::items::Range;

/// A range longer than this is refused: each of its numbers is a turn of a loop.
const LONGEST_RANGE: usize = 100_000;

/// Methods that Python's strings and lists have, and the filter that does the same.
const FILTER_FOR: [(&str, &str); 12] = [
    ("upper", "upper"),
    ("lower", "lower"),
    ("title", "title"),
    ("capitalize", "capitalize"),
    ("strip", "trim"),
    ("replace", "replace(old, new)"),
    ("join", "join"),
    ("format", "format"),
    ("count", "length"),
    ("sort", "sort"),
    ("reverse", "reverse"),
    ("__len__", "length"),
];

/// Calls a method.
///
/// # Errors
///
/// No such method, or other arguments than it takes.
pub fn call<'a>(
    datum: &Datum<'a>,
    name: &str,
    arguments: &[Datum<'a>],
) -> Result<Datum<'a>, String> {
    match (datum, name, arguments) {
        (Datum::Map(_) | Datum::Dict(_), "items" | "keys" | "values", []) => {
            let pairs = datum.pairs().unwrap_or_default().into_iter();
            Ok(match name {
                "items" => {
                    let tuple = |(key, value)| Datum::Many(Many::Tuple, [key, value].into());
                    Datum::Many(Many::Items, pairs.map(tuple).collect())
                }
                "keys" => Datum::Many(Many::Keys, pairs.map(|(key, _)| key).collect()),
                _ => Datum::Many(Many::Values, pairs.map(|(_, value)| value).collect()),
            })
        }
        (Datum::Map(_) | Datum::Dict(_), "get", [key] | [key, _]) => {
            Ok(datum.under(key).unwrap_or_else(|| arguments.get(1).cloned().unwrap_or(Datum::Null)))
        }
        (Datum::Map(_) | Datum::Dict(_), "items" | "keys" | "values" | "get", _) => {
            Err(format!("{name}() does not take {} values", arguments.len()))
        }
        (Datum::Loop(state), "cycle", [_, ..]) => {
            Ok(arguments[state.index.get() % arguments.len()].clone())
        }
        _ => {
            let filter = FILTER_FOR.iter().find(|(method, _)| *method == name);
            let hint = filter
                .map(|(_, filter)| format!("; there is the filter |{filter}"))
                .unwrap_or_default();
            Err(format!("{} has no method {name}() here{hint}", datum.type_name()))
        }
    }
}

/// If `name` is a method of a dict that was not called: what to write instead.
///
/// In Jinja `order.items` is the method, even if the dict has a key of that name. It prints as
/// `<built-in method items …>`, which nobody wants on a page.
pub fn not_called(datum: &Datum, name: &str) -> Option<String> {
    let method =
        matches!(name, "items" | "keys" | "values" | "get" | "pop" | "update" | "copy" | "clear");
    (method && matches!(datum, Datum::Map(_) | Datum::Dict(_))).then(|| {
        format!(
            "\"{name}\" is a method of the dict, expected .{name}() or, for the key, ['{name}']"
        )
    })
}

/// What `loop` knows.
pub fn loop_attribute(state: &Loop, name: &str) -> Option<Datum<'static>> {
    let (index, length) = (state.index.get(), state.length);
    Some(match name {
        "index" => (index + 1).into(),
        "index0" => index.into(),
        "revindex" => (length - index).into(),
        "revindex0" => (length - index - 1).into(),
        "first" => Datum::Bool(index == 0),
        "last" => Datum::Bool(index + 1 == length),
        "length" => length.into(),
        _ => return None,
    })
}

impl From<usize> for Datum<'_> {
    fn from(count: usize) -> Self {
        Datum::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

/// `range(stop)`, `range(start, stop)` or `range(start, stop, step)`.
///
/// # Errors
///
/// Other arguments, a step of zero, a range that is too long.
pub fn range<'a>(arguments: &[Datum<'a>]) -> Result<Datum<'a>, String> {
    let number = |datum: &Datum| {
        datum
            .as_int()
            .ok_or_else(|| format!("range() takes whole numbers, found {}", datum.type_name()))
    };
    let (start, stop, step) = match arguments {
        [stop] => (0, number(stop)?, 1),
        [start, stop] => (number(start)?, number(stop)?, 1),
        [start, stop, step] => (number(start)?, number(stop)?, number(step)?),
        _ => return Err(format!("range() takes 1 to 3 numbers, found {}", arguments.len())),
    };
    if step == 0 {
        return Err("the step of range() is 0".to_owned());
    }
    let range = Range { start, stop, step };
    if range.len() > LONGEST_RANGE {
        return Err(format!(
            "range() has {} numbers, expected at most {LONGEST_RANGE}",
            range.len()
        ));
    }
    Ok(Datum::Range(range))
}

/// `datum[from:to:step]`, with Python's reading of what is left out or negative.
///
/// # Errors
///
/// A step of zero; something without an order.
pub fn slice<'a>(
    datum: &Datum<'a>,
    [from, to, step]: [Option<i64>; 3],
) -> Result<Datum<'a>, String> {
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err("the step of a slice is 0".to_owned());
    }
    let kind = match datum {
        Datum::Values(_) | Datum::Range(_) | Datum::Text(_) | Datum::Safe(_) => Many::List,
        Datum::Many(kind @ (Many::List | Many::Tuple), _) => *kind,
        _ => return Err(format!("{} cannot be sliced", datum.type_name())),
    };
    let items = datum.items()?;
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    // Going down, a slice begins at the last item and ends before the one in front of the first.
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |bound: Option<i64>, otherwise: i64| match bound {
        None => otherwise,
        Some(bound) if bound < 0 => bound.saturating_add(length).max(lowest),
        Some(bound) => bound.min(highest),
    };
    let start = bound(from, if step > 0 { lowest } else { highest });
    let stop = bound(to, if step > 0 { highest } else { lowest });
    let chosen = Range { start, stop, step };
    if let Datum::Range(range) = datum {
        // A slice of a range is a range.
        let at = |place: i64| range.start + place * range.step;
        return Ok(Datum::Range(Range {
            start: at(start),
            stop: at(stop),
            step: range.step.saturating_mul(step),
        }));
    }
    let chosen = (0..chosen.len() as i64).map(|turn| items.at((start + turn * step) as usize));
    if datum.as_text().is_none() {
        return Ok(Datum::Many(kind, chosen.collect()));
    }
    let letters: String = chosen
        .map(|letter| letter.as_text().map(|text| text.to_string()).unwrap_or_default())
        .collect();
    Ok(Datum::text_like(letters, datum.is_safe()))
}
