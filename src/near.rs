//! Deeper: Near names: what was probably meant.
//!
//! A 404, an undefined name in a template and an unknown flag all say which known name is near the
//! one that was met. Near means few slips of the fingers: a letter left out, put in, mistaken, or
//! two letters swapped.
//!
//! Left out: knowledge of words. `basket` is not near `cart`.

/// Longer names are not compared: the work grows with the product of the lengths, and a stranger
/// may choose one of them.
pub const LONGEST: usize = 64;

/// The candidate that is nearest to `name`, if one is near enough to have been meant: about one
/// slip in three letters.
///
/// ```
/// assert_eq!(carafe::near::nearest("nmae", ["game", "name", "email"]), Some("name"));
/// assert_eq!(carafe::near::nearest("nmae", ["title"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_of(name, &mut candidates.into_iter())
}

fn nearest_of<'a>(name: &str, candidates: &mut dyn Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = candidates.filter_map(|candidate| Some((distance(name, candidate)?, candidate)));
    near.min_by_key(|(slips, _)| *slips).map(|(_, candidate)| candidate)
}

/// How many slips lead from `name` to `candidate`; `None` if they are more than could be slips, or
/// none at all.
pub fn distance(name: &str, candidate: &str) -> Option<usize> {
    if name.len() > LONGEST || candidate.len() > LONGEST || candidate == name {
        return None;
    }
    let letters: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    let others: Vec<char> = candidate.chars().flat_map(char::to_lowercase).collect();
    let allowed = (letters.len() / 3).clamp(1, 4);
    // A name of one letter is one slip away from every other such name: that is no hint.
    if letters.len().abs_diff(others.len()) > allowed || letters.len().max(others.len()) < 2 {
        return None;
    }
    let slips = slips(&letters, &others);
    (slips <= allowed && slips < others.len()).then_some(slips)
}

/// How many slips lead from one word to the other: the optimal string alignment distance.
///
/// Row `i` of the table holds the slips between the first `i` letters of `from` and each beginning
/// of `to`; only three rows are ever looked at.
fn slips(from: &[char], to: &[char]) -> usize {
    let mut older: Vec<usize> = Vec::new();
    let mut old: Vec<usize> = (0..=to.len()).collect();
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let mistaken = old[j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut fewest = mistaken.min(old[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                fewest = fewest.min(older[j - 2] + 1);
            }
            row.push(fewest);
        }
        older = std::mem::replace(&mut old, row);
    }
    old[to.len()]
}
