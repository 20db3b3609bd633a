//! Deeper: Finds the words of these pages in a table, `words.txt`.
//!
//! What a page says of a header or of a visitor's row depends on little: on a name, or on where
//! rows are kept. So the sentences are rows of a table, and a reader sees all of them side by side.
//!
//! Left out: other languages. They could be tables like this one.

use carafe::cycle::StorePlace;

/// What the first row of this `kind` that fits the name says, with `{id}` and the like filled in;
/// nothing if no row fits.
pub fn say(kind: &str, name: &str, values: &[(&str, &str)]) -> String {
    let rows = include_str!("words.txt").lines();
    let rows = rows.filter_map(|line| line.strip_prefix(kind)?.strip_prefix(' '));
    let mut fitting = rows.filter_map(|row| {
        let (names, words) = row.split_once(':')?;
        Some((words.trim_start(), names.split(' ').find_map(|known| fits(known, name))?))
    });
    let Some((words, any)) = fitting.next() else { return String::new() };
    let mut pieces = words.split('{');
    let mut said = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        let (blank, rest) = piece.split_once('}').unwrap_or((piece, ""));
        let mut filled = values.iter().filter(|(known, _)| *known == blank).map(|(_, text)| *text);
        said.push_str(filled.next().unwrap_or(any));
        said.push_str(rest);
    }
    said
}

/// If `known` names `name`, what its star stands for. Case does not matter.
fn fits<'n>(known: &str, name: &'n str) -> Option<&'n str> {
    let Some((start, end)) = known.split_once('*') else {
        return known.eq_ignore_ascii_case(name).then_some("");
    };
    let (first, rest) = name.split_at_checked(start.len())?;
    let (any, last) = rest.split_at_checked(rest.len().checked_sub(end.len())?)?;
    (first.eq_ignore_ascii_case(start) && last.eq_ignore_ascii_case(end)).then_some(any)
}

/// The name of a place where rows are kept. `words.txt` writes it in small letters; case does not
/// matter.
pub fn name_of(place: StorePlace) -> String {
    format!("{place:?}")
}
