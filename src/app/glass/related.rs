//! Deeper: Finds the cycles that belong to a cycle.
//!
//! These are the same visitor's cycles before and after it, the page that a file was fetched for,
//! and the files that were fetched for a page.

use super::asker::with_pages;
use super::cycle_facts::CycleFacts;
use carafe::Map;
use carafe::cycle::{Record, Recorder};

/// The numbers of the cycles that belong to a cycle.
pub struct RelatedCycles {
    /// The same visitor's cycle before it, and after it.
    previous: Option<u64>,
    next: Option<u64>,
    /// The page that it was fetched for.
    page: Option<u64>,
    /// What was fetched for it.
    parts: Vec<u64>,
}

impl RelatedCycles {
    /// Looks among the cycles that are kept.
    pub fn of(record: &Record, recorder: &Recorder) -> RelatedCycles {
        let all = with_pages(recorder);
        // The same visitor sent, or was given, one of the same ids. A login changes the id, and
        // with some stores every change does.
        let own: Vec<&str> = CycleFacts::of(record).ids().collect();
        let of_visitor = all.iter().map(|(other, _)| other);
        let of_visitor =
            of_visitor.filter(|other| CycleFacts::of(other).ids().any(|id| own.contains(&id)));
        let mut of_visitor = of_visitor.map(|other| other.number);
        let page = all.iter().find(|(other, _)| other.number == record.number);
        let parts = all.iter().filter(|(_, page)| *page == Some(record.number));
        RelatedCycles {
            previous: of_visitor.clone().take_while(|number| *number < record.number).last(),
            next: of_visitor.find(|number| *number > record.number),
            page: page.and_then(|(_, page)| *page),
            parts: parts.map(|(part, _)| part.number).collect(),
        }
    }

    /// Adds the numbers to a description.
    pub fn add_to(&self, cycle: &mut Map) {
        cycle.insert("previous", self.previous);
        cycle.insert("next", self.next);
        cycle.insert("page", self.page);
        cycle.insert("parts", self.parts.clone());
    }

    /// The numbers in words, for the terminal.
    pub fn lines(&self) -> Vec<String> {
        let parts = self.parts.iter().map(|part| format!("#{part} fetched for this page"));
        let others = [
            (self.previous, "the same visitor, before"),
            (self.next, "the same visitor, after"),
            (self.page, "the page that it was fetched for"),
        ];
        let others = others.iter().filter_map(|(at, words)| Some(format!("#{} {words}", (*at)?)));
        parts.chain(others).collect()
    }
}
