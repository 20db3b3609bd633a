//! Deeper: filters for lists: `{{ names|sort|join(', ') }}`.

use super::function::{Outcome, argument, int_argument};
use super::kinds::{LONGEST, check_items, check_length, place};
use super::print::{to_html, to_text};
use crate::value::{SequenceKind, Value};
use std::cmp::Ordering;

/// How many items or characters there are.
pub fn length(value: &Value, _: &[Value]) -> Outcome {
    value.length().map(Value::from).ok_or_else(|| format!("{} has no length", value.type_name()))
}

/// The first item, key or character, or the last one; undefined if there is none. As in Python, the
/// first character of HTML is plain text; the last is HTML.
pub fn end(value: &Value, is_last: bool) -> Outcome {
    fn one<T>(mut all: impl DoubleEndedIterator<Item = T>, is_last: bool) -> Option<T> {
        if is_last { all.next_back() } else { all.next() }
    }
    let found = match value.as_str() {
        Some(text) => one(text.chars(), is_last)
            .map(|letter| Value::text(letter.to_string(), is_last && value.is_safe())),
        None => one(value.items()?.iter(), is_last).cloned(),
    };
    Ok(found.unwrap_or(Value::Undefined))
}

/// A string's characters or a list's items from the end to the front.
pub fn reverse(value: &Value, _: &[Value]) -> Outcome {
    match value.as_str() {
        Some(text) => Ok(Value::text(text.chars().rev().collect::<String>(), value.is_safe())),
        None => Ok(value.items()?.iter().rev().cloned().collect()),
    }
}

/// The items as text, with another text between them. If one of them is HTML, so is the result, and
/// the others are escaped.
pub fn join(value: &Value, arguments: &[Value]) -> Outcome {
    let (between, attribute) = (&arguments[0], argument(arguments, 1));
    let items = value.items()?;
    let items: Vec<Value> =
        items.iter().map(|item| look_up(item, attribute)).collect::<Result<_, _>>()?;
    let safe = between.is_safe() || items.iter().any(Value::is_safe);
    let as_text = if safe { to_html } else { to_text };
    let between = as_text(between);
    let mut text = String::new();
    for (at, item) in items.iter().enumerate() {
        text.push_str(if at > 0 { &between } else { "" });
        text.push_str(&as_text(item));
        check_length(text.len())?;
    }
    Ok(Value::text(text, safe))
}

/// The items in order. Capital and small letters are the same, unless `case_sensitive` is true.
pub fn sort(value: &Value, arguments: &[Value]) -> Outcome {
    let (reversed, exact) = (arguments[0].is_true(), arguments[1].is_true());
    let mut bytes = 0;
    let mut key = |item: &Value, attribute: Option<&Value>| {
        let key = look_up(item, attribute)?;
        bytes += size_of::<Value>() + key.as_str().map_or(0, str::len);
        if bytes > LONGEST {
            return Err(format!("the keys to sort by take more than {LONGEST} bytes"));
        }
        let same = key.as_str().filter(|_| !exact).map(|text| text.to_lowercase().into());
        Ok::<_, String>(same.unwrap_or(key))
    };
    let mut keyed = Vec::new();
    for item in value.items()?.iter() {
        // 'age,name': by age, and by name where the ages are equal.
        let keys: Result<Vec<Value>, String> = match argument(arguments, 2) {
            Some(Value::Str(all)) => all.split(',').map(|it| key(item, Some(&it.into()))).collect(),
            attribute => key(item, attribute).map(|key| vec![key]),
        };
        keyed.push((Value::from(keys?), item.clone()));
    }
    // Equal items keep their order, in a reversed list too.
    let is_before = |(a, _): &(Value, Value), (b, _): &(Value, Value)| {
        let order = if reversed { b.order(a) } else { a.order(b) };
        order.map(|order| order == Some(Ordering::Less))
    };
    Ok(sorted(keyed, &is_before)?.into_iter().map(|(_, item)| item).collect())
}

/// The items in order; equal ones stay in theirs. Each half is sorted, and the halves are merged.
///
/// The sort of the standard library may panic if the order is no total one, as with not-a-number.
fn sorted<T>(
    mut items: Vec<T>,
    is_before: &dyn Fn(&T, &T) -> Result<bool, String>,
) -> Result<Vec<T>, String> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let mut left = sorted(items, is_before)?.into_iter().peekable();
    let mut right = sorted(right, is_before)?.into_iter().peekable();
    let mut merged = Vec::with_capacity(left.len() + right.len());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        merged.extend(if is_before(b, a)? { right.next() } else { left.next() });
    }
    merged.extend(left.chain(right));
    Ok(merged)
}

/// What is at the end of a path like `'user.name'`, from this item on; steps of digits are indexes.
/// Without an attribute it is the item.
/// Errors: a step before the last leads to nothing.
fn look_up(item: &Value, attribute: Option<&Value>) -> Outcome {
    let Some(attribute) = attribute else { return Ok(item.clone()) };
    let step = |part: &str| part.parse::<u32>().map_or_else(|_| part.into(), Value::from);
    let steps = match attribute.as_str() {
        Some(path) => path.split('.').map(step).collect(),
        None => vec![attribute.clone()],
    };
    let (mut found, mut before) = (item.clone(), attribute.clone());
    for step in steps {
        if found.is_undefined() {
            return Err(format!("an item has no {}", to_text(&before)));
        }
        (found, before) = (found.item(&step), step);
    }
    Ok(found)
}

/// `value[from:to]`; a bound may be none, which is the end, or negative.
/// Errors: another value than a string, a list or a tuple; a bound that is no int.
pub fn slice(value: &Value, bounds: &[Value]) -> Outcome {
    if value.as_str().is_none() && !value.is_list_or_tuple() {
        return Err(format!("{} cannot be sliced", value.type_name()));
    }
    let length = value.length().unwrap_or_default();
    let bound = |at: usize, otherwise: i64| {
        let index = int_argument(bounds, at, otherwise)?;
        // Past the end is the end, and before the front is the front.
        let nearest = if index < 0 { 0 } else { length };
        Ok::<_, String>(place(index, length).unwrap_or(nearest))
    };
    let (from, to) = (bound(0, 0)?, bound(1, i64::MAX)?);
    let chosen = value.as_list().and_then(|items| items.get(from..to)).unwrap_or_default().to_vec();
    Ok(match value {
        Value::List(_) => chosen.into(),
        Value::Sequence(_) => Value::sequence(SequenceKind::Tuple, chosen),
        _ => {
            let letters = value.as_str().unwrap_or_default().chars();
            let letters: String = letters.skip(from).take(to.saturating_sub(from)).collect();
            Value::text(letters, value.is_safe())
        }
    })
}

/// `range(stop)`, `range(start, stop)` or `range(start, stop, step)`
/// Errors: other values, a step of zero, a range that is too long.
pub fn range(arguments: &[Value]) -> Outcome {
    let numbers: Option<Vec<i64>> = arguments.iter().map(Value::whole_number).collect();
    let (start, stop, step) = match numbers.as_deref() {
        Some([stop]) => (0, *stop, 1),
        Some([start, stop]) => (*start, *stop, 1),
        Some([start, stop, step]) if *step != 0 => (*start, *stop, *step),
        _ => return Err("range() takes 1 to 3 ints, and the step is not 0".to_owned()),
    };
    let (way, stride) = (i128::from(stop) - i128::from(start), i128::from(step));
    let count = ((way + stride - stride.signum()) / stride).max(0);
    check_items(usize::try_from(count).unwrap_or(usize::MAX))?;
    // Wrapping: the way to a number inside the range may be longer than 64 bits.
    let at = |turn: i64| Value::Int(start.wrapping_add(turn.wrapping_mul(step)));
    let items = (0..count as i64).map(at).collect();
    Ok(Value::sequence(SequenceKind::Range(start, stop, step), items))
}
