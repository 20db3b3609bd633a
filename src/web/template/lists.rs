//! Filters for lists, and reading numbers from text.

use super::LONGEST;
use super::arithmetic::too_long;
use super::datum::{Datum, Items};
use super::filters::argument;
use super::print::{to_html, to_text};
use super::scan::is_space;
use std::cmp::Ordering;

type Given<'a> = [Option<Datum<'a>>];
type Outcome<'a> = Result<Datum<'a>, String>;

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
    Ok(items.at(items.len().wrapping_sub(1)))
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

/// The items as text, with another text between them. If one of them is HTML, so is the whole, and the others are
/// escaped.
pub fn join<'a>(datum: &Datum<'a>, given: &Given<'a>) -> Outcome<'a> {
    let between = argument(given, 0).cloned().unwrap_or_else(|| Datum::text(String::new()));
    let mut items: Vec<Datum> = datum.items()?.into_iter().collect();
    if let Some(attribute) = argument(given, 1).filter(|attribute| !matches!(attribute, Datum::Null)) {
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

/// The items in order. Strings are compared without regard to large and small letters, unless `case_sensitive`.
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
        if reversed { compare(a, b) == Some(Ordering::Less) } else { compare(b, a) == Some(Ordering::Less) }
    });
    match error {
        Some(message) => Err(message),
        None => Ok(Datum::list(keyed.into_iter().map(|(_, item)| item).collect())),
    }
}

/// Sorts without moving equal items past one another; `after(a, b)` says that a belongs after b.
///
/// The sort of the standard library may panic where the order is not a total one, as with not-a-number.
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
            (Datum::Map(_) | Datum::Dict(_), _) => found.under(step).unwrap_or(Datum::Undefined(None)),
            (_, Some(index)) => match found.items() {
                Ok(items) => Items::at(&items, usize::try_from(index).unwrap_or(usize::MAX)),
                Err(_) => Datum::Undefined(None),
            },
            _ => Datum::Undefined(None),
        };
    }
    Ok(found)
}

/// A whole number as Python's `int` reads it: white space around it, a sign, single underscores between digits.
///
/// # Errors
///
/// A base that Python does not know; a number that 64 bits do not hold.
pub fn parse_int(text: &str, base: i64) -> Result<Option<i64>, String> {
    if base != 0 && !(2..=36).contains(&base) {
        return Err("the base is 0 or 2 to 36".to_owned());
    }
    let text = text.trim_matches(is_space);
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let prefix = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 0,
    };
    let prefixed = prefix != 0 && (base == 0 || base == prefix);
    let radix = if prefixed {
        prefix
    } else if base == 0 {
        10
    } else {
        base
    };
    let digits = if prefixed { digits[2..].strip_prefix('_').unwrap_or(&digits[2..]) } else { digits };
    let radix = u32::try_from(radix).unwrap_or(10);
    let well_formed = !digits.is_empty()
        && digits.split('_').all(|part| !part.is_empty() && part.chars().all(|digit| digit.is_digit(radix)));
    // With base 0 a leading zero would be an octal number of old.
    if !well_formed
        || base == 0
            && !prefixed
            && digits.starts_with('0')
            && digits.bytes().any(|digit| !matches!(digit, b'0' | b'_'))
    {
        return Ok(None);
    }
    let plain = format!("{}{}", if negative { "-" } else { "" }, digits.replace('_', ""));
    i64::from_str_radix(&plain, radix).map(Some).map_err(|_| "the number does not fit 64 bits".to_owned())
}

/// A number as Python's `float` reads it.
pub fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim_matches(is_space);
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let stray = |at: usize| bytes[at] == b'_' && !(at > 0 && digit(bytes.get(at - 1)) && digit(bytes.get(at + 1)));
    if (0..bytes.len()).any(stray) {
        return None;
    }
    text.replace('_', "").parse().ok()
}
