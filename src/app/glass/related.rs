//! Deeper: Finds the cycles that belong to a cycle.
//!
//! These are the same visitor's cycles before and after it, the page that a file was fetched for,
//! and the files that were fetched for a page.

use super::asker::with_pages;
use super::cycle_facts::CycleFacts;
use carafe::cycle::{Record, Recorder};
use carafe::{Map, Value};
use std::slice;

/// What the terminal says of each of them, behind its number.
const WORDS: [(&str, &str); 4] = [
    ("parts", "fetched for this page"),
    ("previous", "the same visitor, before"),
    ("next", "the same visitor, after"),
    ("page", "the page that it was fetched for"),
];

/// Adds the numbers of these cycles to the description of a cycle.
pub fn add_to(map: &mut Map, facts: &CycleFacts, recorder: &Recorder) {
    let (number, all) = (facts.record.number, with_pages(recorder));
    // The same visitor sent, or was given, one of the same ids. A login changes the id, and with
    // some stores every change does.
    let own: Vec<&str> = facts.ids().collect();
    let is_own = |other: &Record| CycleFacts::of(other).ids().any(|id| own.contains(&id));
    let of_visitor = all.iter().filter(|(other, _)| is_own(other)).map(|(other, _)| other.number);
    let (before, after): (Vec<u64>, Vec<u64>) =
        of_visitor.filter(|other| *other != number).partition(|other| *other < number);
    let page = all.iter().find(|(other, _)| other.number == number).and_then(|(_, page)| *page);
    let parts = all.iter().filter(|(_, page)| *page == Some(number));
    map.insert("previous", before.last().copied());
    map.insert("next", after.first().copied());
    map.insert("page", page);
    map.insert("parts", parts.map(|(part, _)| part.number).collect::<Value>());
}

/// The numbers in words, for the terminal.
pub fn in_words(map: &Map) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, words) in WORDS {
        let found = map.get(name).map_or(&[][..], |it| it.as_list().unwrap_or(slice::from_ref(it)));
        let numbers = found.iter().filter_map(Value::as_int);
        lines.extend(numbers.map(|number| format!("#{number} {words}")));
    }
    lines
}
