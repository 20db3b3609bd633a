//! Deeper: patterns that values fill in: `'%s: %d' % (a, b)`, `'{:.2f}'.format(a)`.
//!
//! ```text
//! %  [. digits]  one of s d f %
//! {  [name or number]  [: [,] [[. digits] f | d]]  }
//! ```
//!
//! If the pattern is HTML, so is the result, and what fills it in is escaped.
//!
//! Left out: widths, signs, alignment, `%(name)s`, `{0.name}`, the other letters of Python. The
//! message shows what stands in the pattern.

use super::function::Outcome;
use super::kinds::{check_length, whole_part};
use super::print::{to_html, to_text};
use crate::value::{SequenceKind, Value};

/// More digits after the point are refused.
const MOST_DIGITS: usize = 1_000;

/// The filter `format`: the value is the pattern. It gets values by place, or one map of values by
/// name.
pub fn format(pattern: &Value, arguments: &[Value]) -> Outcome {
    match arguments {
        [placed @ .., named] if named.length() == Some(0) => {
            percent(pattern, &Value::sequence(SequenceKind::Tuple, placed.to_vec()))
        }
        _ => Err("format takes values by place, not by name".to_owned()),
    }
}

/// `pattern % data`: a tuple fills in one value after the other, anything else is the one value.
/// Errors: too few values or too many, a value of another type than the pattern asks for, a letter
/// that is not known.
pub fn percent(pattern: &Value, data: &Value) -> Outcome {
    let is_tuple = data.is_tuple();
    let one = std::slice::from_ref(data);
    let mut values = if is_tuple { data.as_list().unwrap_or_default() } else { one }.iter();
    let text = to_text(pattern);
    let mut parts = text.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    while let Some(part) = parts.next() {
        let letter = part.find(|it: char| it != '.' && !it.is_ascii_digit());
        let Some(end) = letter.and_then(|at| Some(at + part[at..].chars().next()?.len_utf8()))
        else {
            // Two percent signs stand for one.
            let after = parts.next().filter(|_| part.is_empty());
            out.push('%');
            out.push_str(after.ok_or("the pattern ends inside a field")?);
            continue;
        };
        let field = &part[..end];
        // `'%d' % 2.5` is 2; `'{:d}'.format(2.5)` is an error.
        let cut = match values.next().ok_or("the pattern gets too few values")? {
            Value::Float(number) if field == "d" => &Value::Int(whole_part(*number)?),
            value => value,
        };
        fill(&mut out, field, false, &format!("%{field}"), cut, pattern.is_safe())?;
        out.push_str(&part[end..]);
    }
    // Python lets a pattern ignore a list or a dict, but no other value.
    match values.len() > 0 && (is_tuple || data.as_str().is_some() || data.length().is_none()) {
        true => Err("the pattern gets too many values".to_owned()),
        false => Ok(Value::text(out, pattern.is_safe())),
    }
}

/// The method `format`: the value is the pattern, the values fill in what is in curly brackets.
/// The last argument is the map of the values by name.
pub fn braces(pattern: &Value, arguments: &[Value]) -> Outcome {
    let text = to_text(pattern);
    let (named, placed) = arguments.split_last().ok_or("the pattern gets no values")?;
    // `next` counts the fields without a name.
    let (mut out, mut next, mut rest) = (String::new(), 0, &*text);
    while let Some((before, after)) = rest.split_once(['{', '}']) {
        out.push_str(before);
        let bracket = &rest[before.len()..before.len() + 1];
        // Two of the same kind stand for one.
        if let Some(after) = after.strip_prefix(bracket) {
            out.push_str(bracket);
            rest = after;
            continue;
        }
        let inside = after.split_once('}').filter(|_| bracket == "{");
        let (inside, after) =
            inside.ok_or("the pattern has a curly bracket without its partner")?;
        let (name, field) = inside.split_once(':').unwrap_or((inside, ""));
        let place = if name.is_empty() { Ok(next) } else { name.parse::<usize>() };
        let value = place.map_or_else(|_| named.get(name), |place| placed.get(place));
        let value = value.ok_or_else(|| format!("the pattern gets no value for {{{name}}}"))?;
        let known = if field.is_empty() { "s" } else { field };
        let plain = known.strip_prefix(',');
        let (plain, commas) = (plain.unwrap_or(known), plain.is_some());
        fill(&mut out, plain, commas, &format!("{{:{field}}}"), value, pattern.is_safe())?;
        (next, rest) = (next + usize::from(name.is_empty()), after);
    }
    out.push_str(rest);
    Ok(Value::text(out, pattern.is_safe()))
}

/// Appends a value as the field asks: `s`, `d`, `f`, `.2f`, with `,` before each three digits if
/// there are `commas`, which may stand alone. The message shows the field as it is `written`.
fn fill(
    out: &mut String,
    field: &str,
    commas: bool,
    written: &str,
    value: &Value,
    safe: bool,
) -> Result<(), String> {
    let precision = field.strip_suffix('f').map(|digits| match digits.strip_prefix('.') {
        Some(digits) => digits.parse().unwrap_or(usize::MAX),
        None if digits.is_empty() => 6,
        None => usize::MAX,
    });
    let digits = match (field, value.whole_number(), value.number(), precision) {
        ("s", ..) if !commas && safe => to_html(value),
        ("s", ..) if !commas => to_text(value),
        ("d" | "", Some(whole), ..) => whole.to_string().into(),
        ("", _, Some(_), _) => to_text(value),
        (_, _, Some(number), Some(precision)) if precision <= MOST_DIGITS => {
            format!("{number:.precision$}").to_lowercase().into()
        }
        _ => return Err(format!("{written} is not known here for {}", value.type_name())),
    };
    // A comma before each three digits, counted from the point to the front. `1e+16` has one digit.
    let is_end = |letter: char| letter != '-' && !letter.is_ascii_digit();
    let point = digits.find(is_end).unwrap_or(digits.len());
    for (at, digit) in digits.char_indices() {
        let between = at > 0 && at < point && (point - at).is_multiple_of(3);
        if between && commas && !digits[..at].ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    check_length(out.len())
}
