//! Deeper: filters for lists: `{{ names|sort|join(', ') }}`.

use super::function::{Outcome, given};
use super::kinds::{LONGEST, place, too_long};
use super::print::{to_html, to_text};
use crate::value::{SequenceKind, Value};
use std::cmp::Ordering;

/// How many items or characters there are.
pub fn length(value: &Value, _: &[Value]) -> Outcome {
    value.length().map(Value::from).ok_or_else(|| format!("{} has no length", value.type_name()))
}

/// The first item; undefined if there is none.
pub fn first(value: &Value, _: &[Value]) -> Outcome {
    Ok(value.to_items()?.first().cloned().unwrap_or(Value::Undefined))
}

/// The last item; undefined if there is none.
pub fn last(value: &Value, _: &[Value]) -> Outcome {
    match value.to_items()?.last().cloned() {
        // As in Python, the last character of HTML is HTML, though the first is not.
        Some(Value::Str(text)) if value.is_safe() => Ok(Value::Html(text)),
        last => Ok(last.unwrap_or(Value::Undefined)),
    }
}

/// The items as a list.
pub fn list(value: &Value, _: &[Value]) -> Outcome {
    Ok(value.to_items()?.into())
}

/// A string's characters or a list's items from the end to the front.
pub fn reverse(value: &Value, _: &[Value]) -> Outcome {
    match value.as_str() {
        Some(text) => Ok(Value::text(text.chars().rev().collect::<String>(), value.is_safe())),
        None => Ok(value.to_items()?.into_iter().rev().collect()),
    }
}

/// The items as text, with another text between them. If one of them is HTML, so is the result, and
/// the others are escaped.
pub fn join(value: &Value, arguments: &[Value]) -> Outcome {
    let between = given(arguments, 0).cloned().unwrap_or_else(|| "".into());
    let path = path(given(arguments, 1));
    let items = value.to_items()?;
    let items: Vec<Value> =
        items.iter().map(|item| look_up(item, &path)).collect::<Result<_, _>>()?;
    let safe = between.is_safe() || items.iter().any(Value::is_safe);
    let as_text = if safe { to_html } else { to_text };
    let between = as_text(&between);
    let mut text = String::new();
    for (at, item) in items.iter().enumerate() {
        text.push_str(if at > 0 { &between } else { "" });
        text.push_str(&as_text(item));
        if text.len() > LONGEST {
            return Err(too_long());
        }
    }
    Ok(Value::text(text, safe))
}

/// The items in order. Capital and small letters are the same, unless `case_sensitive` is true.
pub fn sort(value: &Value, arguments: &[Value]) -> Outcome {
    let is_set = |at| given(arguments, at).is_some_and(Value::is_true);
    let (reversed, exact) = (is_set(0), is_set(1));
    // 'age,name': by age, and by name where the ages are equal.
    let paths: Vec<Vec<Value>> = match given(arguments, 2) {
        Some(Value::Str(text)) => text.split(',').map(|part| path(Some(&part.into()))).collect(),
        attribute => vec![path(attribute)],
    };
    let key = |item: &Value, path: &[Value]| match look_up(item, path)? {
        Value::Str(text) | Value::Html(text) if !exact => Ok(Value::from(text.to_lowercase())),
        key => Ok::<_, String>(key),
    };
    let mut keyed = Vec::new();
    for item in value.to_items()? {
        let keys = paths.iter().map(|path| key(&item, path)).collect::<Result<Vec<_>, _>>()?;
        keyed.push((Value::from(keys), item));
    }
    let mut error = None;
    merge_sort(&mut keyed, &mut |(a, _), (b, _)| {
        // Equal items keep their order, in a reversed list too.
        let order = if reversed { a.order(b) } else { b.order(a) };
        order.unwrap_or_else(|message| {
            error.get_or_insert(message);
            None
        }) == Some(Ordering::Less)
    });
    match error {
        Some(message) => Err(message),
        None => Ok(keyed.into_iter().map(|(_, item)| item).collect()),
    }
}

/// Sorts and keeps equal items in their order; `after(a, b)` says that a belongs after b.
///
/// The sort of the standard library may panic if the order is no total one, as with not-a-number.
fn merge_sort<T>(items: &mut Vec<T>, after: &mut dyn FnMut(&T, &T) -> bool) {
    if items.len() < 2 {
        return;
    }
    let mut right = items.split_off(items.len() / 2);
    merge_sort(items, after);
    merge_sort(&mut right, after);
    let mut left = std::mem::take(items).into_iter().peekable();
    let mut right = right.into_iter().peekable();
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        items.extend(if after(a, b) { right.next() } else { left.next() });
    }
    items.extend(left.chain(right));
}

/// `'user.name'` as steps; steps of digits are indexes. No attribute has no steps.
fn path(attribute: Option<&Value>) -> Vec<Value> {
    let step = |step: &str| match step.parse::<u32>() {
        Ok(index) => index.into(),
        Err(_) => step.into(),
    };
    match attribute {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Str(text)) => text.split('.').map(step).collect(),
        Some(other) => vec![other.clone()],
    }
}

/// What is at the end of these steps, from this item on.
fn look_up(item: &Value, path: &[Value]) -> Outcome {
    let mut found = item;
    for step in path {
        if found.is_undefined() {
            return Err(format!("an item has no {}", to_text(step)));
        }
        found = found.under(step).unwrap_or(&Value::Undefined);
    }
    Ok(found.clone())
}

/// `value[from:to]`; a bound may be left out or negative.
///
/// # Errors
///
/// A value without an order; a bound that is no int.
pub fn slice(value: &Value, [from, to]: [Option<Value>; 2]) -> Outcome {
    let items = match value {
        Value::Str(_) | Value::Html(_) | Value::List(_) | Value::Sequence(_) => value.to_items()?,
        _ => return Err(format!("{} cannot be sliced", value.type_name())),
    };
    let bound = |bound: Option<Value>, otherwise: usize| match bound {
        None | Some(Value::Null) => Ok(otherwise),
        Some(bound) => match bound.whole() {
            // Past the end is the end, and before the front is the front.
            Some(index) => {
                Ok(place(index, items.len()).unwrap_or(if index < 0 { 0 } else { items.len() }))
            }
            None => Err(format!("found {}, expected an int", bound.type_name())),
        },
    };
    let (from, to) = (bound(from, 0)?, bound(to, items.len())?);
    let chosen = items.get(from..to).unwrap_or_default().to_vec();
    Ok(match value {
        Value::List(_) => chosen.into(),
        Value::Sequence(sequence) => {
            let kind = match sequence.kind {
                SequenceKind::Range(start, _, step) => {
                    let at = |index: usize| start.wrapping_add(step.wrapping_mul(index as i64));
                    SequenceKind::Range(at(from), at(to), step)
                }
                kind => kind,
            };
            Value::sequence(kind, chosen)
        }
        _ => {
            let letters: String = chosen.iter().filter_map(Value::as_str).collect();
            Value::text(letters, value.is_safe())
        }
    })
}

/// A range longer than this is refused: each of its numbers is a turn of a loop.
const LONGEST_RANGE: i128 = 100_000;

/// `range(stop)`, `range(start, stop)` or `range(start, stop, step)`
///
/// # Errors
///
/// Other values, a step of zero, a range that is too long.
pub fn range(arguments: &[Value]) -> Outcome {
    let wrong = |value: &Value| format!("range() takes ints, found {}", value.type_name());
    let numbers: Vec<i64> = arguments
        .iter()
        .map(|value| value.whole().ok_or_else(|| wrong(value)))
        .collect::<Result<_, _>>()?;
    let (start, stop, step) = match numbers[..] {
        [stop] => (0, stop, 1),
        [start, stop] => (start, stop, 1),
        [.., 0] => return Err("the step of range() is 0".to_owned()),
        [start, stop, step] => (start, stop, step),
        _ => {
            return Err(format!("range() takes 1 to 3 numbers, found {}", numbers.len()));
        }
    };
    let (way, stride) = (i128::from(stop) - i128::from(start), i128::from(step));
    let way = if step > 0 { way } else { -way };
    let count = ((way + stride.abs() - 1) / stride.abs()).max(0);
    if count > LONGEST_RANGE {
        return Err(format!("range() has {count} numbers, expected at most {LONGEST_RANGE}"));
    }
    // Wrapping: the way to a number inside the range may be longer than 64 bits.
    let at = |turn: i64| Value::Int(start.wrapping_add(turn.wrapping_mul(step)));
    let items = (0..count as i64).map(at).collect();
    Ok(Value::sequence(SequenceKind::Range(start, stop, step), items))
}
