//! Deeper: patterns that values fill in: `'%s: %d' % (a, b)`, `'{:.2f}'.format(a)`.
//!
//! ```text
//! %  [. digits]  one of s d f %
//! {  [name or number]  [: [,] [[. digits] f | d]]  }
//! ```
//!
//! Left out: widths, signs, alignment, `%(name)s`, `{0.name}`, the other letters of Python. The
//! message shows what stands in the pattern.

use super::function::Outcome;
use super::kinds::{fits, too_long};
use super::print::{to_html, to_text};
use crate::value::{SequenceKind, Value};

/// More digits after the point are refused.
const MOST_DIGITS: usize = 1_000;

/// The filter `format`: the value is the pattern.
pub fn format(pattern: &Value, arguments: &[Value]) -> Outcome {
    percent(pattern, &Value::sequence(SequenceKind::Tuple, arguments.to_vec()))
}

/// `pattern % data`: a tuple fills in one value after the other, anything else is the one value.
/// If the pattern is HTML, so is the result, and what fills it in is escaped.
///
/// # Errors
///
/// Too few values or too many, a value of another type than the pattern asks for, an unknown
/// letter.
pub fn percent(pattern: &Value, data: &Value) -> Outcome {
    let (values, is_tuple) = match data {
        Value::Sequence(sequence) if sequence.kind == SequenceKind::Tuple => {
            (&sequence.items[..], true)
        }
        _ => (std::slice::from_ref(data), false),
    };
    let pattern_text = to_text(pattern);
    let (mut out, mut next, mut rest) = (String::new(), values.iter(), &*pattern_text);
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let is_number = |character: char| character == '.' || character.is_ascii_digit();
        let letter = after.trim_start_matches(is_number).chars().next();
        let letter = letter.ok_or("the pattern ends inside a field")?;
        let end = after.find(letter).unwrap_or(0) + letter.len_utf8();
        let (field, after) = after.split_at(end);
        rest = after;
        if field == "%" {
            out.push('%');
            continue;
        }
        let value = next.next().ok_or("the pattern gets too few values")?;
        // A percent sign cuts off the fraction; `format` refuses it.
        let cut = match value {
            Value::Float(number) if field == "d" && number.abs() < 9.2e18 => {
                &Value::Int(*number as i64)
            }
            _ => value,
        };
        fill(&mut out, field, &format!("%{field}"), cut, pattern.is_safe())?;
    }
    out.push_str(rest);
    // Python lets a pattern ignore a list or a dict, but no other value.
    let may_be_left = !is_tuple && data.length().is_some() && data.as_str().is_none();
    match next.len() > 0 && !may_be_left {
        true => Err("the pattern gets too many values".to_owned()),
        false => Ok(Value::text(out, pattern.is_safe())),
    }
}

/// The method `format`: the value is the pattern, the values fill in what is in curly brackets.
/// Values by name come as one map.
pub fn braces(pattern: &Value, arguments: &[Value]) -> Outcome {
    let pattern_text = to_text(pattern);
    // `next` counts the fields.
    let (mut out, mut next, mut rest) = (String::new(), 0, &*pattern_text);
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let bracket = &rest[at..at + 1];
        rest = &rest[at + 1..];
        // Two of the same kind stand for one.
        if let Some(after) = rest.strip_prefix(bracket) {
            out.push_str(bracket);
            rest = after;
            continue;
        }
        let inside = rest.split_once('}').filter(|_| bracket == "{");
        let (inside, after) =
            inside.ok_or("the pattern has a curly bracket without its partner")?;
        rest = after;
        let (name, field) = inside.split_once(':').unwrap_or((inside, ""));
        let place = if name.is_empty() { Some(next) } else { name.parse::<usize>().ok() };
        next += 1;
        let value = match (place, arguments) {
            (None, [only]) => only.get(name),
            (place, _) => place.and_then(|place| arguments.get(place)),
        };
        let value = value.ok_or_else(|| format!("the pattern gets no value for {{{name}}}"))?;
        let written = format!("{{:{field}}}");
        let field = match field {
            "" => "s",
            "," => ",d",
            _ => field,
        };
        fill(&mut out, field, &written, value, pattern.is_safe())?;
    }
    out.push_str(rest);
    Ok(Value::text(out, pattern.is_safe()))
}

/// Appends a value as the field asks: `s`, `d`, `f`, `.2f`, with `,` before each three digits.
/// The message shows the field as it is `written`.
fn fill(
    out: &mut String,
    field: &str,
    written: &str,
    value: &Value,
    safe: bool,
) -> Result<(), String> {
    let unknown = || format!("{written} is not known here for {}", value.type_name());
    let plain = field.strip_prefix(',').unwrap_or(field);
    let digits = match (plain, value.whole()) {
        _ if field == "s" && safe => to_html(value),
        _ if field == "s" => to_text(value),
        ("d", Some(whole)) => whole.to_string().into(),
        _ => {
            let precision = plain.strip_suffix('f').ok_or_else(unknown)?;
            let precision = match precision.strip_prefix('.') {
                Some(digits) => digits.parse().ok().filter(|digits| *digits <= MOST_DIGITS),
                None => precision.is_empty().then_some(6),
            };
            let number = value.number().ok_or_else(unknown)?;
            let digits = format!("{number:.*}", precision.ok_or_else(unknown)?);
            digits.to_lowercase().into()
        }
    };
    // A comma before each three digits, counted from the point to the front.
    let point = digits.find('.').unwrap_or(digits.len());
    for (at, digit) in digits.char_indices() {
        let between = at > 0 && at < point && (point - at).is_multiple_of(3);
        if between && plain != field && !digits[..at].ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    if fits(out.len()) { Ok(()) } else { Err(too_long()) }
}
