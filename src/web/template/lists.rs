//! Filters for lists: `{{ names|sort|join(', ') }}`.

use super::LONGEST;
use super::arithmetic::too_long;
use super::datum::Datum;
use super::filters::{Given, Outcome, argument};
use super::items::Items;
use super::print::{to_html, to_text};
use std::cmp::Ordering;

/// How many items or characters there are.
pub fn length<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    datum.length().map(Datum::from).ok_or_else(|| format!("{} has no length", datum.type_name()))
}

/// The first item; undefined if there is none.
pub fn first<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    Ok(datum.items()?.at(0))
}

/// The last item; undefined if there is none.
pub fn last<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    let items = datum.items()?;
    match items.at(items.len().wrapping_sub(1)) {
        // As in Python, the last character of HTML is HTML, though the first is not.
        Datum::Text(text) if datum.is_safe() => Ok(Datum::Safe(text)),
        last => Ok(last),
    }
}

/// The items as a list.
pub fn list<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    Ok(Datum::list(datum.items()?.into_iter().collect()))
}

/// A string's characters or a list's items from the back.
pub fn reverse<'a>(datum: &Datum<'a>, _: &Given<'a>) -> Outcome<'a> {
    match datum.as_text() {
        Some(text) => Ok(Datum::text_like(text.chars().rev().collect(), datum.is_safe())),
        None => Ok(Datum::list(datum.items()?.into_iter().rev().collect())),
    }
}

/// The items as text, with another text between them. If one of them is HTML, so is the whole, and
/// the others are escaped.
pub fn join<'a>(datum: &Datum<'a>, given: &Given<'a>) -> Outcome<'a> {
    let between = argument(given, 0).cloned().unwrap_or_else(|| Datum::text(String::new()));
    let mut items: Vec<Datum> = datum.items()?.into_iter().collect();
    if let Some(attribute) =
        argument(given, 1).filter(|attribute| !matches!(attribute, Datum::Null))
    {
        let path = path(attribute);
        items = items.iter().map(|item| look_up(item, &path)).collect::<Result<_, _>>()?;
    }
    let safe = between.is_safe() || items.iter().any(Datum::is_safe);
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
    Ok(Datum::text_like(text, safe))
}

/// The items in order. Strings are compared without regard to large and small letters, unless
/// `case_sensitive`.
pub fn sort<'a>(datum: &Datum<'a>, given: &Given<'a>) -> Outcome<'a> {
    let reversed = argument(given, 0).is_some_and(Datum::is_true);
    let exact = argument(given, 1).is_some_and(Datum::is_true);
    let paths: Vec<Vec<Datum>> = match argument(given, 2) {
        None | Some(Datum::Null) => vec![Vec::new()],
        Some(attribute) => match attribute.as_text() {
            // 'age,name': by age, and by name where the ages are equal.
            Some(text) => text.split(',').map(|part| path(&Datum::text(part.to_owned()))).collect(),
            None => vec![path(attribute)],
        },
    };
    let mut keyed = Vec::new();
    for item in datum.items()? {
        let mut keys = Vec::with_capacity(paths.len());
        for path in &paths {
            let key = look_up(&item, path)?;
            keys.push(match key.as_text() {
                Some(text) if !exact => Datum::text(text.to_lowercase()),
                _ => key,
            });
        }
        keyed.push((keys, item));
    }
    let mut error = None;
    let mut compare = |a: &[Datum<'a>], b: &[Datum<'a>]| {
        for (a, b) in a.iter().zip(b) {
            if !a.equals(b) {
                return a.order(b).unwrap_or_else(|message| {
                    error.get_or_insert(message);
                    None
                });
            }
        }
        Some(Ordering::Equal)
    };
    merge_sort(&mut keyed, &mut |(a, _), (b, _)| {
        // Equal items keep their order, in a reversed list too.
        if reversed {
            compare(a, b) == Some(Ordering::Less)
        } else {
            compare(b, a) == Some(Ordering::Less)
        }
    });
    match error {
        Some(message) => Err(message),
        None => Ok(Datum::list(keyed.into_iter().map(|(_, item)| item).collect())),
    }
}

/// Sorts without moving equal items past one another; `after(a, b)` says that a belongs after b.
///
/// The sort of the standard library may panic where the order is not a total one, as with
/// not-a-number.
fn merge_sort<T: Clone>(items: &mut Vec<T>, after: &mut dyn FnMut(&T, &T) -> bool) {
    if items.len() < 2 {
        return;
    }
    let mut right = items.split_off(items.len() / 2);
    merge_sort(items, after);
    merge_sort(&mut right, after);
    let left = std::mem::take(items);
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if after(a, b) { right.next() } else { left.next() };
        items.extend(next);
    }
    items.extend(left.chain(right));
}

/// `'user.name'` as steps; steps of digits are indexes.
fn path<'a>(attribute: &Datum<'a>) -> Vec<Datum<'a>> {
    let Some(text) = attribute.as_text() else { return vec![attribute.clone()] };
    let step = |step: &str| match step.parse() {
        Ok(index) if step.bytes().all(|byte| byte.is_ascii_digit()) => Datum::Int(index),
        _ => Datum::text(step.to_owned()),
    };
    text.split('.').map(step).collect()
}

fn look_up<'a>(item: &Datum<'a>, path: &[Datum<'a>]) -> Outcome<'a> {
    let mut found = item.clone();
    for step in path {
        found = match (&found, step.as_int()) {
            (Datum::Undefined(_), _) => return Err(format!("an item has no {}", &*to_text(step))),
            (Datum::Map(_) | Datum::Dict(_), _) => {
                found.under(step).unwrap_or(Datum::Undefined(None))
            }
            (_, Some(index)) => match found.items() {
                Ok(items) => Items::at(&items, usize::try_from(index).unwrap_or(usize::MAX)),
                Err(_) => Datum::Undefined(None),
            },
            _ => Datum::Undefined(None),
        };
    }
    Ok(found)
}
