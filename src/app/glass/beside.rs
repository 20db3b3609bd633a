//! What stands beside the seven parts of a cycle: a line that makes it once more, and the cycles
//! that belong to it.

use super::again::Again;
use super::facts::whole;
use super::{list, memory};
use carafe::cycle::{Record, Recorder};
use carafe::{Map, Value};
use std::sync::Arc;

/// What is told of a cycle beside its own facts.
pub struct Beside {
    /// A line for a shell that makes the same request; `None` if none does.
    pub curl: Option<String>,
    /// Something in that line stands for a secret.
    pub is_masked: bool,
    /// What a browser needs to send it again; `None` where it may not or cannot.
    pub browser: Option<Map>,
    /// The same visitor's cycle before this one.
    pub previous: Option<u64>,
    /// And after it.
    pub next: Option<u64>,
    /// The page that this was fetched for: a style sheet, a script or a picture of it.
    pub page: Option<u64>,
    /// What was fetched for this page.
    pub parts: Vec<u64>,
}

impl Beside {
    /// Of this record; `base` is the address by which the reader reaches the server.
    pub fn of(record: &Record, recorder: &Recorder, base: &str) -> Beside {
        let again = Again::of(record);
        let (previous, next) = neighbours(recorder, record);
        let (page, parts) = list::family(recorder, record.number);
        Beside {
            curl: again.as_ref().and_then(|again| again.curl(base)),
            is_masked: again.as_ref().is_some_and(Again::is_masked),
            browser: again.as_ref().and_then(Again::browser),
            previous,
            next,
            page,
            parts,
        }
    }

    /// What to know before the line is used.
    pub fn hint(&self) -> &'static str {
        if self.is_masked { ", with your own value for each four dots" } else { "" }
    }

    /// Adds it to the facts, as values.
    pub fn add_to(self, facts: &mut Map) {
        facts.insert("curl", self.curl);
        facts.insert("masked", self.is_masked);
        facts.insert("previous", self.previous.map(whole));
        facts.insert("next", self.next.map(whole));
        facts.insert("page", self.page.map(whole));
        facts.insert("parts", self.parts.into_iter().map(whole).collect::<Vec<Value>>());
        facts.insert("again", self.browser.map(Value::Map));
    }
}

/// The same visitor's cycle before and after this one: one that showed, or was given, one of the
/// same ids. (An id changes at a login, and on some stores with every change.)
fn neighbours(recorder: &Recorder, record: &Record) -> (Option<u64>, Option<u64>) {
    let own: Vec<&str> = memory::ids(&record.cycle).collect();
    let all = recorder.all();
    let same = |other: &&Arc<Record>| memory::ids(&other.cycle).any(|id| own.contains(&id));
    let earlier = all.iter().rev().filter(|other| other.number < record.number).find(same);
    let later = all.iter().filter(|other| other.number > record.number).find(same);
    (earlier.map(|other| other.number), later.map(|other| other.number))
}
