//! `'%s has %d items'|format(name, count)`: Python's formatting with the percent sign.
//!
//! ```text
//! %  [(name)]  [- + space 0 #]*  [width]  [. precision]  one of s r d i u f F e E g G x X o c %
//! ```

use super::LONGEST;
use super::arithmetic::{as_float, too_long};
use super::datum::{Datum, Many};
use super::print::{repr_into, to_html, to_text};

/// Wider fields and more digits are refused.
const WIDEST: usize = 1_000;

/// The filter: the value is the pattern, the arguments fill it in.
pub fn format<'a>(pattern: &Datum<'a>, given: &[Option<Datum<'a>>]) -> Result<Datum<'a>, String> {
    let text = Datum::text_like(to_text(pattern).to_string(), pattern.is_safe());
    let arguments: Vec<Datum> = given.iter().flatten().cloned().collect();
    match arguments.as_slice() {
        [only @ Datum::Dict(_)] => format_with(&text, only),
        _ => format_with(&text, &Datum::Many(Many::Tuple, arguments.into())),
    }
}

/// `pattern % data`: a tuple fills in one value after the other, a dict by name, anything else is
/// the one value.
///
/// If the pattern is HTML, so is the result, and what is filled in is escaped.
///
/// # Errors
///
/// Too few values or too many, one of another kind than the pattern asks for, a pattern that is not
/// well formed.
pub fn format_with<'a>(pattern: &Datum<'a>, data: &Datum<'a>) -> Result<Datum<'a>, String> {
    let text = to_text(pattern);
    let values: Vec<Datum> = match data {
        Datum::Many(Many::Tuple, values) => values.to_vec(),
        _ => vec![data.clone()],
    };
    let mut formatter = Formatter { values, next: 0, data, named: false, safe: pattern.is_safe() };
    let mut out = String::new();
    let mut parts = text.split('%');
    out.push_str(parts.next().unwrap_or_default());
    let mut rest = &text[out.len()..];
    while let Some(after) = rest.strip_prefix('%') {
        let after = formatter.field(&mut out, after)?;
        let plain = after.find('%').unwrap_or(after.len());
        out.push_str(&after[..plain]);
        rest = &after[plain..];
        if out.len() > LONGEST {
            return Err(too_long());
        }
    }
    let mapping = matches!(
        data,
        Datum::Undefined(_)
            | Datum::Range(_)
            | Datum::Map(_)
            | Datum::Dict(_)
            | Datum::Values(_)
            | Datum::Many(Many::List, _)
    );
    if formatter.next < formatter.values.len() && !formatter.named && !mapping {
        return Err("format is given more values than the pattern takes".to_owned());
    }
    Ok(Datum::text_like(out, pattern.is_safe()))
}

struct Formatter<'d, 'a> {
    values: Vec<Datum<'a>>,
    next: usize,
    data: &'d Datum<'a>,
    named: bool,
    safe: bool,
}

/// The signs and numbers between the percent sign and the letter.
#[derive(Default)]
struct Field {
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

impl<'a> Formatter<'_, 'a> {
    /// Appends one field; what stands after it comes back.
    fn field<'t>(&mut self, out: &mut String, mut rest: &'t str) -> Result<&'t str, String> {
        let mut field = Field::default();
        let mut by_name = None;
        if let Some(after) = rest.strip_prefix('(') {
            let (name, after) = after.split_once(')').ok_or("the pattern has a ( without a )")?;
            self.named = true;
            by_name =
                Some(self.data.named(name).ok_or_else(|| format!("format is given no {name}"))?);
            rest = after;
        }
        while let Some(flag) = rest.chars().next().filter(|flag| "-+ 0#".contains(*flag)) {
            match flag {
                '-' => field.left = true,
                '+' => field.plus = true,
                ' ' => field.space = true,
                '0' => field.zero = true,
                _ => field.alternate = true,
            }
            rest = &rest[1..];
        }
        (field.width, rest) = number(rest)?;
        if let Some(after) = rest.strip_prefix('.') {
            let (digits, after) = number(after)?;
            (field.precision, rest) = (Some(digits), after);
        }
        let letter = rest.chars().next().ok_or("the pattern ends inside a field")?;
        let rest = &rest[letter.len_utf8()..];
        if letter == '%' {
            out.push('%');
            return Ok(rest);
        }
        let datum = match by_name {
            Some(datum) => datum,
            None => {
                self.next += 1;
                self.values
                    .get(self.next - 1)
                    .cloned()
                    .ok_or("format is given fewer values than the pattern takes")?
            }
        };
        self.value(out, &field, letter, &datum)?;
        Ok(rest)
    }

    fn value(
        &self,
        out: &mut String,
        field: &Field,
        letter: char,
        datum: &Datum<'a>,
    ) -> Result<(), String> {
        let wrong = || format!("%{letter} takes a number, found {}", datum.type_name());
        let (sign, prefix, digits) = match letter {
            's' | 'r' | 'a' => {
                let text = match letter {
                    's' if self.safe => to_html(datum).to_string(),
                    's' => to_text(datum).to_string(),
                    _ => {
                        let mut text = String::new();
                        repr_into(&mut text, datum);
                        if self.safe { to_html(&Datum::text(text)).to_string() } else { text }
                    }
                };
                let cut = field
                    .precision
                    .and_then(|most| text.char_indices().nth(most))
                    .map_or(text.len(), |(at, _)| at);
                pad(out, field, &text[..cut]);
                return Ok(());
            }
            'c' => {
                let text = match datum.as_int() {
                    Some(code) => {
                        u32::try_from(code).ok().and_then(char::from_u32).map(String::from)
                    }
                    None => datum
                        .as_text()
                        .filter(|text| text.chars().count() == 1)
                        .map(|text| text.to_string()),
                };
                pad(out, field, &text.ok_or("%c takes a character or its number")?);
                return Ok(());
            }
            'd' | 'i' | 'u' => {
                let whole = match datum {
                    Datum::Float(number) if number.is_finite() && number.abs() < 9.2e18 => {
                        number.trunc() as i64
                    }
                    _ => datum.as_int().ok_or_else(wrong)?,
                };
                (whole < 0, "", whole.unsigned_abs().to_string())
            }
            'x' | 'X' | 'o' => {
                let whole = datum.as_int().ok_or_else(wrong)?;
                let size = whole.unsigned_abs();
                match letter {
                    'x' => (whole < 0, "0x", format!("{size:x}")),
                    'X' => (whole < 0, "0X", format!("{size:X}")),
                    _ => (whole < 0, "0o", format!("{size:o}")),
                }
            }
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
                let number = as_float(datum).ok_or_else(wrong)?;
                let digits = float_digits(
                    number.abs(),
                    letter,
                    field.precision.unwrap_or(6),
                    field.alternate,
                );
                let large = letter.is_ascii_uppercase();
                (
                    number.is_sign_negative() && !number.is_nan(),
                    "",
                    if large { digits.to_uppercase() } else { digits },
                )
            }
            _ => return Err(format!("the pattern has %{letter}, which format does not know")),
        };
        let sign = if sign {
            "-"
        } else if field.plus {
            "+"
        } else if field.space {
            " "
        } else {
            ""
        };
        let prefix = if field.alternate { prefix } else { "" };
        // For whole numbers a precision is the least number of digits.
        let least = if matches!(letter, 'd' | 'i' | 'u' | 'x' | 'X' | 'o') {
            field.precision.unwrap_or(0)
        } else {
            0
        };
        let mut zeros = least.saturating_sub(digits.len());
        if field.zero && !field.left && digits.starts_with(|first: char| first.is_ascii_hexdigit())
        {
            zeros = zeros.max(field.width.saturating_sub(sign.len() + prefix.len() + digits.len()));
        }
        pad(out, field, &format!("{sign}{prefix}{}{digits}", "0".repeat(zeros)));
        Ok(())
    }
}

fn number(text: &str) -> Result<(usize, &str), String> {
    if text.starts_with('*') {
        return Err("a * in the pattern is left out here: write the width".to_owned());
    }
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return Ok((0, text));
    }
    match text[..length].parse() {
        Ok(number) if number <= WIDEST => Ok((number, &text[length..])),
        _ => Err(format!("a field of the pattern is wider than {WIDEST}")),
    }
}

fn pad(out: &mut String, field: &Field, text: &str) {
    let spaces = " ".repeat(field.width.saturating_sub(text.chars().count()));
    let (before, after) = if field.left { ("", &*spaces) } else { (&*spaces, "") };
    out.extend([before, text, after]);
}

/// The digits of a number that is not negative, as `%f`, `%e` and `%g` write it.
fn float_digits(number: f64, letter: char, precision: usize, alternate: bool) -> String {
    if !number.is_finite() {
        return if number.is_nan() { "nan".to_owned() } else { "inf".to_owned() };
    }
    match letter.to_ascii_lowercase() {
        'f' => format!("{number:.precision$}"),
        'e' => with_exponent(&format!("{number:.precision$e}")),
        _ => {
            // %g: so many digits in all; an exponent only for what is very small or does not fit
            // the digits.
            let precision = precision.max(1);
            let text = format!("{number:.*e}", precision - 1);
            let exponent: i32 =
                text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
            let last = i32::try_from(precision).unwrap_or(i32::MAX);
            let strip = |digits: &str| match alternate || !digits.contains('.') {
                true => digits.to_owned(),
                false => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
            };
            if (-4..last).contains(&exponent) {
                let places = usize::try_from(last - 1 - exponent).unwrap_or(0);
                strip(&format!("{number:.places$}"))
            } else {
                let (digits, _) = text.split_once('e').unwrap_or((&text, ""));
                with_exponent(&format!("{}e{exponent}", strip(digits)))
            }
        }
    }
}

/// Python writes a sign and at least two digits in an exponent.
fn with_exponent(text: &str) -> String {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let sign = if exponent.starts_with('-') { '-' } else { '+' };
    format!("{digits}e{sign}{:0>2}", exponent.trim_start_matches('-'))
}
