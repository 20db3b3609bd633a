//! Deeper: what filters and methods do with text: `{{ name|upper }}`.
//!
//! Each function takes the value before its name and the values in its brackets, and is a row of
//! the table of filters, of the table of methods, or of both. What is no text is turned into text
//! first, as Python prints it: `{{ 1|upper }}` is `1`.
//!
//! Text that is HTML stays HTML where Jinja keeps it so, and nowhere else.

use super::function::{Outcome, argument, int_argument, text_argument};
use super::kinds::{LONGEST, MOST_ITEMS, check_items, check_length};
use super::print::{to_html, to_text};
use crate::http::fields::percent_encode;
use crate::json::{Style, write_into};
use crate::value::{Map, Value};
use std::fmt::Write;

/// Text like the value's: HTML if the value is.
pub fn like(value: &Value, text: impl Into<String>) -> Outcome {
    Ok(Value::text(text.into(), value.is_safe()))
}

/// In small letters.
pub fn lower(value: &Value, _: &[Value]) -> Outcome {
    like(value, to_text(value).to_lowercase())
}

/// In capital letters.
pub fn upper(value: &Value, _: &[Value]) -> Outcome {
    like(value, to_text(value).to_uppercase())
}

/// The filter: a word begins after white space and `- ( { [ <`. The result is no HTML.
pub fn title(value: &Value, _: &[Value]) -> Outcome {
    let mut titled = String::new();
    for word in
        to_text(value).split_inclusive(|it: char| it.is_whitespace() || "-({[<".contains(it))
    {
        let mut letters = word.chars();
        titled.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        titled.push_str(&letters.as_str().to_lowercase());
    }
    Ok(titled.into())
}

/// The method: a word begins after everything that is neither large nor small, `It'S` included.
pub fn title_of_words(value: &Value, _: &[Value]) -> Outcome {
    let words = to_text(value);
    let has_case = |it: char| it.is_lowercase() || it.is_uppercase() || TITLES.contains(it);
    let words = words.split_inclusive(|before: char| !has_case(before));
    like(value, words.map(capitalized).collect::<String>())
}

/// The first letter is a capital, the others are small.
pub fn capitalize(value: &Value, _: &[Value]) -> Outcome {
    like(value, capitalized(&to_text(value)))
}

/// The letters that stand for two, with only the first of them large.
const TITLES: &str = "ǅǈǋǲᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ";

/// A word with a capital at its front. All letters are made small together, because the form of the
/// Greek sigma depends on the letters before it. Where one letter becomes two, as ß does, only the
/// first of them is large.
fn capitalized(word: &str) -> String {
    let Some(first) = word.chars().next() else { return String::new() };
    let (mut large, small) = (first.to_uppercase().to_string(), first.to_lowercase());
    if let Some(title) = TITLES.chars().find(|title| title.to_lowercase().eq(small.clone())) {
        large = title.to_string();
    }
    let mut capitals = large.char_indices().filter(|(_, letter)| letter.is_uppercase());
    let end = capitals.next().map_or(large.len(), |(at, letter)| at + letter.len_utf8());
    let second = large.split_off(end).to_lowercase();
    large + &second + &word.to_lowercase()[small.map(char::len_utf8).sum()..]
}

/// Removes white space, or the characters given, at the front and the back.
pub fn strip(value: &Value, arguments: &[Value]) -> Outcome {
    let (all, characters) = (to_text(value), text_argument(arguments, 0)?);
    let is_stripped =
        |it: char| characters.map_or(it.is_whitespace(), |characters| characters.contains(it));
    like(value, all.trim_matches(is_stripped))
}

/// The filter: with a new text in the place of an old one. If one of the three is HTML, so is the
/// result.
pub fn replace(value: &Value, arguments: &[Value]) -> Outcome {
    replaced(value, arguments, value.is_safe() || arguments.iter().any(Value::is_safe))
}

/// The same, as HTML if `safe`: then the value and the new text are escaped, unless they are HTML.
pub fn replaced(value: &Value, arguments: &[Value], safe: bool) -> Outcome {
    let (old, new) = (&arguments[0], &arguments[1]);
    if old.is_undefined() {
        return Err("the text to replace is undefined".to_owned());
    }
    let as_text = if safe { to_html } else { to_text };
    let (text, old, new) = (as_text(value), to_text(old), as_text(new));
    // A negative count means all.
    let most = usize::try_from(int_argument(arguments, 2, -1)?).unwrap_or(usize::MAX);
    let found = text.matches(&*old).count().min(most);
    check_length(found.saturating_mul(new.len()).saturating_add(text.len()))?;
    Ok(Value::text(text.replacen(&*old, &new, most), safe))
}

/// The parts between white space, or between the text given. The second argument limits the cuts.
pub fn split(value: &Value, arguments: &[Value]) -> Outcome {
    let all = to_text(value);
    // A negative count means all.
    let most = usize::try_from(int_argument(arguments, 1, -1)?).map_or(usize::MAX, |cuts| cuts + 1);
    let parts: Vec<&str> = match text_argument(arguments, 0)? {
        Some("") => return Err("split takes a text to cut at".to_owned()),
        Some(between) => all.splitn(most, between).take(MOST_ITEMS + 1).collect(),
        None if most == usize::MAX => all.split_whitespace().take(MOST_ITEMS + 1).collect(),
        None => return Err("split with maxsplit takes a text to cut at".to_owned()),
    };
    check_items(parts.len())?;
    Ok(parts.into_iter().map(|part| Value::text(part, value.is_safe())).collect())
}

/// The first part of the value that JSON has nothing for.
fn no_json(value: &Value) -> Option<&Value> {
    let items = value.as_list().unwrap_or_default().iter();
    let named = value.as_map().into_iter().flat_map(Map::iter).map(|(_, value)| value);
    match value {
        Value::Undefined | Value::Local(_) => Some(value),
        _ => items.chain(named).find_map(no_json),
    }
}

/// JSON that may be in a page: escapes replace the characters that have a meaning in HTML. Ranges
/// and views of dicts become lists.
/// Errors: an undefined value, a macro or a loop, also inside of others.
pub fn tojson(value: &Value, arguments: &[Value]) -> Outcome {
    if let Some(found) = no_json(value).or(arguments.iter().find_map(no_json)) {
        return Err(format!("found {}, which JSON has nothing for", found.type_name()));
    }
    let indent = match argument(arguments, 0) {
        None => None,
        Some(_) => Some(usize::try_from(int_argument(arguments, 0, 0)?).unwrap_or(0).min(64)),
    };
    let mut json = String::new();
    write_into(&mut json, value, Style { indent, most: LONGEST, ..Style::PYTHON });
    check_length(json.len())?;
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            // Writing to a String cannot fail.
            '<' | '>' | '&' | '\'' => _ = write!(safe, "\\u{:04x}", character as u32),
            _ => safe.push(character),
        }
    }
    Ok(Value::text(safe, true))
}

/// Percent-encoding: of a text, where / stays, or of a dict or pairs, as a query.
pub fn urlencode(value: &Value, _: &[Value]) -> Outcome {
    let encode = |text: &str| percent_encode(text, "-._~ ").replace(' ', "+");
    let mut query = String::new();
    let mut add = |name: &str, value| {
        let between = if query.is_empty() { "" } else { "&" };
        query.extend([between, &encode(name), "=", &encode(&to_text(value))]);
        check_length(query.len())
    };
    match (value.as_map(), value.as_list()) {
        (Some(map), _) => map.iter().try_for_each(|(name, value)| add(name, value))?,
        (_, Some(items)) => items.iter().try_for_each(|item| match item.as_list() {
            Some([name, value]) => add(&to_text(name), value),
            _ => Err(format!("found {}, expected a name and a value", item.type_name())),
        })?,
        _ => return Ok(percent_encode(&to_text(value), "-._~/").into()),
    }
    Ok(query.into())
}
