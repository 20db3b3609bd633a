//! Deeper: The ticks of the lessons: for each condition, the number of the cycle that fulfilled it.
//!
//! The recorder shows each cycle here when it ends, because it keeps only the last few. A tick
//! stays until the server stops, also after `/forget`, which empties only the visitors' table.
//!
//! Left out: ticks for several students. Each student runs a carafe of their own.

use super::checks::{CHECKS, Check, Marks};
use super::edits::WatchedTemplate;
use super::lesson_file::Lesson;
use crate::app::course::finished_cycle::FinishedCycle;
use carafe::cycle::Record;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// All ticks.
pub struct Progress {
    /// For each of [`CHECKS`], in the same order.
    ticks: Vec<Tick>,
    /// For each place, the numbers of the checks that look at it.
    at: HashMap<&'static str, Vec<usize>>,
    template: WatchedTemplate,
}

/// The state of one condition: the cycle that fulfilled it (0: none yet), and its marks.
#[derive(Default)]
struct Tick {
    cycle: AtomicU64,
    marks: Mutex<Marks>,
}

impl Progress {
    /// No ticks yet. `templates` is the folder of the templates; `None` if they are in the binary.
    pub fn new(templates: Option<PathBuf>) -> Progress {
        let mut at: HashMap<&'static str, Vec<usize>> = HashMap::new();
        for (number, check) in CHECKS.iter().enumerate() {
            for place in check.places {
                at.entry(*place).or_default().push(number);
            }
        }
        let ticks = CHECKS.iter().map(|_| Tick::default()).collect();
        Progress { ticks, at, template: WatchedTemplate::new(templates) }
    }

    /// Looks at a cycle that has ended. This happens after every request, so a cycle at a place
    /// that no open condition asks about must cost little.
    pub fn watch(&self, record: &Record) {
        let cycle = FinishedCycle(record);
        for &number in self.at.get(cycle.place()).into_iter().flatten() {
            let (check, tick) = (&CHECKS[number], &self.ticks[number]);
            if tick.cycle.load(Ordering::Relaxed) != 0 {
                continue;
            }
            let is_fulfilled = if (check.lesson, check.name) == ("templates", "edited") {
                self.template.is_edited_in(&cycle)
            } else {
                let mut marks = tick.marks.lock().unwrap_or_else(PoisonError::into_inner);
                (check.test)(&cycle, &mut marks)
            };
            if is_fulfilled {
                tick.cycle.store(cycle.number(), Ordering::Relaxed);
            }
        }
    }

    /// Ticks a condition: this cycle fulfilled it.
    pub fn tick(&self, lesson: &str, condition: &str, cycle: u64) {
        if let Some(tick) = self.find(lesson, condition) {
            tick.cycle.store(cycle, Ordering::Relaxed);
        }
    }

    /// The cycle that fulfilled a condition.
    pub fn cycle(&self, lesson: &str, condition: &str) -> Option<u64> {
        let tick = self.find(lesson, condition)?;
        Some(tick.cycle.load(Ordering::Relaxed)).filter(|cycle| *cycle != 0)
    }

    fn find(&self, lesson: &str, condition: &str) -> Option<&Tick> {
        let is_it = |check: &Check| check.lesson == lesson && check.name == condition;
        CHECKS.iter().position(is_it).map(|number| &self.ticks[number])
    }
}

/// A condition that only the lessons or only the checks have, such as `stateless strangers`.
pub fn without_partner(lessons: &[Lesson]) -> Option<String> {
    let conditions = |lesson: &Lesson| {
        let names = lesson.seen.iter().map(|(name, _)| format!("{} {name}", lesson.name));
        names.collect::<Vec<_>>()
    };
    let lessons: Vec<String> = lessons.iter().flat_map(conditions).collect();
    let name = |check: &Check| format!("{} {}", check.lesson, check.name);
    let checks: Vec<String> = CHECKS.iter().map(name).collect();
    let only = |these: &[String], those: &[String]| {
        these.iter().find(|name| !those.contains(name)).cloned()
    };
    only(&lessons, &checks).or_else(|| only(&checks, &lessons))
}
