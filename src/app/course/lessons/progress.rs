//! What this server has seen of the lessons: for each condition, the number of the cycle that
//! showed it.
//!
//! Cycles are looked at as they end, since only the last few are kept. A condition that was seen
//! once stays seen until the server stops, also over `/forget`: that empties the visitors' table,
//! and this is not about visitors.
//!
//! Left out: telling several students apart. Each runs a carafe of their own.

use super::checks::{CHECKS, Marks, Test};
use super::edits::{self, Edits};
use super::look::Look;
use carafe::cycle::Record;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What was seen.
pub struct Progress {
    /// For each of [`CHECKS`], in their order.
    seen: Vec<Seen>,
    /// Which of them look at a place.
    at: HashMap<&'static str, Vec<usize>>,
    edits: Edits,
}

/// One condition: the cycle that showed it, 0 for none; and its marks.
#[derive(Default)]
struct Seen {
    cycle: AtomicU64,
    marks: Mutex<Marks>,
}

impl Progress {
    /// Nothing yet. `templates` is the folder that pages are served from, if there is one.
    pub fn new(templates: Option<PathBuf>) -> Progress {
        let mut at: HashMap<&'static str, Vec<usize>> = HashMap::new();
        for (number, check) in CHECKS.iter().enumerate() {
            for place in check.places {
                at.entry(*place).or_default().push(number);
            }
        }
        Progress {
            seen: CHECKS.iter().map(|_| Seen::default()).collect(),
            at,
            edits: Edits::of(templates),
        }
    }

    /// Looks at a cycle that is over. Called for every one of them: most are at no place of
    /// interest.
    pub fn watch(&self, record: &Record) {
        let look = Look::at(record);
        let place = look.place();
        for &number in self.at.get(place).into_iter().flatten() {
            let seen = &self.seen[number];
            if seen.cycle.load(Ordering::Relaxed) != 0 {
                continue;
            }
            let shows = match &CHECKS[number].test {
                Test::Alone(test) => test(&look),
                Test::Marking(test) => {
                    test(&look, &mut seen.marks.lock().unwrap_or_else(PoisonError::into_inner))
                }
                Test::Told => place == edits::PLACE && self.edits.shown_in(&look),
            };
            if shows {
                seen.cycle.store(look.number(), Ordering::Relaxed);
            }
        }
    }

    /// Notes that this cycle fulfilled a condition.
    pub fn tell(&self, lesson: usize, name: &str, cycle: u64) {
        if let Some(seen) = self.find(lesson, name) {
            seen.cycle.store(cycle, Ordering::Relaxed);
        }
    }

    /// The cycle that showed a condition.
    pub fn cycle(&self, lesson: usize, name: &str) -> Option<u64> {
        self.find(lesson, name)
            .map(|seen| seen.cycle.load(Ordering::Relaxed))
            .filter(|cycle| *cycle != 0)
    }

    fn find(&self, lesson: usize, name: &str) -> Option<&Seen> {
        CHECKS
            .iter()
            .position(|check| check.lesson == lesson && check.name == name)
            .map(|at| &self.seen[at])
    }
}
