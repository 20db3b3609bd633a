//! Deeper: patterns that values fill in: `'%s: %d' % (a, b)`, `'{:.2f}'.format(a)`.
//!
//! ```text
//! %  [(name)]  [- + space 0]*  [width]  [. precision]  one of s r d i f %
//! {  [name or number]  [: [< > ^] [+ space] [0] [width] [,] [. precision] [s d f %]]  }
//! ```
//!
//! Left out: the other letters of Python (`x`, `e`, `g` …), fill characters, `{0.name}`.

use super::function::Outcome;
use super::kinds::{LONGEST, too_long};
use super::print::{repr, to_html, to_text};
use crate::value::{SequenceKind, Value};

/// Wider fields and more digits are refused.
const WIDEST: usize = 1_000;

/// What a field of a pattern asks for.
#[derive(Default)]
struct FieldFormat {
    /// `<`, `>` or `^`; none for what the kind of value has.
    align: Option<char>,
    /// `+` or a space: what is before a number that is not negative.
    sign: Option<char>,
    zeros: bool,
    width: usize,
    commas: bool,
    precision: Option<usize>,
    letter: char,
}

/// The filter `format`: the value is the pattern. Values by name come as one map.
pub fn format(pattern: &Value, arguments: &[Value]) -> Outcome {
    match arguments {
        [only @ Value::Map(_)] => percent(pattern, only),
        _ => percent(pattern, &Value::sequence(SequenceKind::Tuple, arguments.to_vec())),
    }
}

/// `pattern % data`: a tuple fills in one value after the other, a dict by name, anything else is
/// the one value. If the pattern is HTML, so is the result, and what fills it in is escaped.
///
/// # Errors
///
/// Too few values or too many, a value of another type than the pattern asks for, an unknown
/// letter.
pub fn percent(pattern: &Value, data: &Value) -> Outcome {
    let pattern_text = to_text(pattern);
    let (values, one_value) = match data {
        Value::Sequence(sequence) if sequence.kind == SequenceKind::Tuple => {
            (&sequence.items[..], false)
        }
        _ => (std::slice::from_ref(data), true),
    };
    let (mut out, mut next, mut rest) = (String::new(), values.iter(), &*pattern_text);
    // Python lets a pattern ignore a list or a dict, but no other value.
    let mut may_be_left = one_value && data.length().is_some() && data.as_str().is_none();
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let (name, after) = match after.strip_prefix('(') {
            Some(after) => {
                let (name, after) = after.split_once(')').ok_or("the pattern has a ( without )")?;
                may_be_left = true;
                (Some(name), after)
            }
            None => (None, after),
        };
        let (field, after) = percent_field(after)?;
        rest = after;
        if field.letter == '%' {
            out.push('%');
            continue;
        }
        let value = match name {
            Some(name) => data.get(name).ok_or_else(|| format!("the pattern gets no {name}"))?,
            None => next.next().ok_or("the pattern gets too few values")?,
        };
        fill(&mut out, &field, value, pattern.is_safe())?;
    }
    out.push_str(rest);
    if next.len() > 0 && !may_be_left {
        return Err("the pattern gets too many values".to_owned());
    }
    Ok(Value::text(out, pattern.is_safe()))
}

/// Reads what follows a percent sign; the rest of the text is returned.
fn percent_field(text: &str) -> Result<(FieldFormat, &str), String> {
    let mut field = FieldFormat { align: Some('>'), ..FieldFormat::default() };
    let mut rest = text;
    while let Some(flag) = rest.chars().next().filter(|flag| "-+ 0".contains(*flag)) {
        match flag {
            '-' => field.align = Some('<'),
            '0' => field.zeros = true,
            // Both are possible, and the plus sign wins.
            _ => field.sign = if field.sign == Some('+') { field.sign } else { Some(flag) },
        }
        rest = &rest[1..];
    }
    rest = width_and_precision(rest, &mut field)?;
    field.letter = rest.chars().next().ok_or("the pattern ends inside a field")?;
    if !"srdif%".contains(field.letter) {
        return Err(format!("the pattern has %{}, which is not known here", field.letter));
    }
    Ok((field, &rest[1..]))
}

/// The method `format`: the value is the pattern, the values fill in what is in curly brackets.
pub fn braces(pattern: &Value, arguments: &[Value]) -> Outcome {
    let pattern_text = to_text(pattern);
    // `next` counts the fields without a name or a number.
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
        let (inside, after) = rest
            .split_once('}')
            .filter(|_| bracket == "{")
            .ok_or("the pattern has a curly bracket without its partner")?;
        rest = after;
        let (name, format) = inside.split_once(':').unwrap_or((inside, ""));
        let place = if name.is_empty() { Some(next) } else { name.parse().ok() };
        next += 1;
        let value = match (place, arguments) {
            (None, [only @ Value::Map(_)]) => only.get(name),
            (place, _) => place.and_then(|place: usize| arguments.get(place)),
        };
        let value = value.ok_or_else(|| format!("the pattern gets no value for {{{name}}}"))?;
        fill(&mut out, &brace_field(format, value)?, value, pattern.is_safe())?;
    }
    out.push_str(rest);
    Ok(Value::text(out, pattern.is_safe()))
}

/// Reads what is after the colon of `{…}`. Numbers are aligned to the right, all else to the
/// left.
fn brace_field(text: &str, value: &Value) -> Result<FieldFormat, String> {
    let is_number = value.number().is_some() && !matches!(value, Value::Bool(_));
    let mut field = FieldFormat::default();
    let mut rest = text;
    let mut take = |wanted: &str| {
        let found = rest.chars().next().filter(|first| wanted.contains(*first));
        rest = &rest[usize::from(found.is_some())..];
        found
    };
    field.align = take("<>^").or(Some(if is_number { '>' } else { '<' }));
    field.sign = take("+ ");
    field.zeros = take("0").is_some();
    rest = width_and_precision(rest, &mut field)?;
    let general = if is_number && field.commas { 'd' } else { 's' };
    field.letter = match rest {
        "" if matches!(value, Value::Float(_)) && text.contains([',', '.']) => '?',
        "" => general,
        "s" | "d" | "f" | "%" => rest.chars().next().unwrap_or('s'),
        _ => '?',
    };
    if field.letter == '?' || field.letter == 'd' && value.whole().is_none() {
        return Err(format!("{{:{text}}} is not known here for {}", value.type_name()));
    }
    Ok(field)
}

/// Reads `[width] [,] [. precision]`; the rest of the text is returned.
fn width_and_precision<'t>(text: &'t str, field: &mut FieldFormat) -> Result<&'t str, String> {
    let number = |text: &'t str| {
        let length = text.bytes().take_while(u8::is_ascii_digit).count();
        let number = if length == 0 { Ok(0) } else { text[..length].parse() };
        match number {
            Ok(number) if number <= WIDEST => Ok((number, &text[length..])),
            _ => Err(format!("a field of the pattern is wider than {WIDEST}")),
        }
    };
    let (width, mut rest) = number(text)?;
    field.width = width;
    if let Some(after) = rest.strip_prefix(',') {
        (field.commas, rest) = (true, after);
    }
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = number(after)?;
        (field.precision, rest) = (Some(precision), after);
    }
    Ok(rest)
}

/// Appends a value as the field asks.
fn fill(out: &mut String, field: &FieldFormat, value: &Value, safe: bool) -> Result<(), String> {
    let wrong = || format!("%{} takes a number, found {}", field.letter, value.type_name());
    let (negative, digits) = match field.letter {
        's' | 'r' => {
            let shown = if field.letter == 'r' { repr(value).into() } else { value.clone() };
            let text = if safe { to_html(&shown) } else { to_text(&shown) };
            let most = field.precision.and_then(|most| text.char_indices().nth(most));
            return pad(out, field, &text[..most.map_or(text.len(), |(at, _)| at)]);
        }
        'd' | 'i' => {
            let whole = match value {
                Value::Float(number) if number.abs() < 9.2e18 => *number as i64,
                _ => value.whole().ok_or_else(wrong)?,
            };
            (whole < 0, format!("{:0>1$}", whole.unsigned_abs(), field.precision.unwrap_or(0)))
        }
        _ => {
            let number = value.number().ok_or_else(wrong)?;
            let size = if field.letter == '%' { number.abs() * 100.0 } else { number.abs() };
            let digits = format!("{size:.*}", field.precision.unwrap_or(6)).to_lowercase();
            (number.is_sign_negative() && !number.is_nan(), digits)
        }
    };
    // A comma before each three digits, counted from the point to the front.
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut number = String::new();
    for (at, digit) in digits.char_indices() {
        if field.commas && at > 0 && at < whole && (whole - at).is_multiple_of(3) {
            number.push(',');
        }
        number.push(digit);
    }
    number.push_str(if field.letter == '%' { "%" } else { "" });
    let sign = if negative { "-".to_owned() } else { String::from_iter(field.sign) };
    let missing = field.width.saturating_sub(sign.len() + number.len());
    let zeros =
        if field.zeros && field.align != Some('<') { "0".repeat(missing) } else { String::new() };
    pad(out, field, &[sign, zeros, number].concat())
}

/// Appends the text with spaces up to the width of the field.
fn pad(out: &mut String, field: &FieldFormat, text: &str) -> Result<(), String> {
    let missing = field.width.saturating_sub(text.chars().count());
    let before = match field.align {
        Some('<') => 0,
        Some('^') => missing / 2,
        _ => missing,
    };
    out.extend([&*" ".repeat(before), text, &*" ".repeat(missing - before)]);
    if out.len() > LONGEST { Err(too_long()) } else { Ok(()) }
}
