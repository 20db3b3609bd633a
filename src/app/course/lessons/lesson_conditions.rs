//! Deeper: The conditions of the lessons: the rule of each, and whether it is fulfilled.
//!
//! A condition stands in `lessons.txt` as `seen RULE: sentence`. The rule is a list of words: the
//! places where a request may end (see `place_of`), and tests (see `cycle_tests`), which must all
//! be true. Each cycle is held against the rules when it ends, because the recorder keeps only the
//! last few.

use super::cycle_tests::{Marks, holds};
use super::lesson_file::Lesson;
use super::ticks::Ticks;
use crate::app::glass::{CycleFacts, place_of};
use carafe::cycle::{Record, Recorder};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The number of no cycle: a condition that was fulfilled before this server started, by an answer
/// to a question, or by a cycle that is no longer kept.
const WITHOUT_CYCLE: u64 = u64::MAX;

/// One condition.
pub struct Condition {
    /// The number of its lesson.
    lesson: usize,
    /// Its line in the file of ticks.
    line: String,
    /// What the student reads.
    pub sentence: String,
    /// Where the request of a cycle ends, as `place_of` names it: one of these.
    places: Vec<String>,
    /// All of these words must hold for a cycle; the later ones are asked only if the earlier ones
    /// do.
    words: Vec<String>,
    marks: Mutex<Marks>,
    /// The number of the cycle that fulfilled it. 0: none yet.
    cycle: AtomicU64,
}

impl Condition {
    /// True if it is fulfilled.
    pub fn is_seen(&self) -> bool {
        self.cycle.load(Ordering::Relaxed) != 0
    }

    /// The number of the cycle that fulfilled it, if the server has that cycle.
    pub fn cycle(&self) -> Option<u64> {
        Some(self.cycle.load(Ordering::Relaxed)).filter(|it| ![0, WITHOUT_CYCLE].contains(it))
    }

    /// What fulfilled it, in words. `None` if nothing has.
    pub fn seen_in(&self) -> Option<String> {
        let words = match self.cycle() {
            Some(cycle) => format!("cycle {cycle}"),
            None if self.is_question() => "right".to_owned(),
            None => "earlier".to_owned(),
        };
        self.is_seen().then_some(words)
    }

    /// True if the answer to the question of its lesson fulfils it.
    fn is_question(&self) -> bool {
        self.line.ends_with(" answered")
    }
}

/// All conditions.
#[derive(Default)]
pub struct Progress {
    conditions: Vec<Condition>,
    ticks: Ticks,
}

impl Progress {
    /// The conditions of the lessons. `templates` is the folder of the templates; `None` if they
    /// are in the binary.
    pub fn new(lessons: &[Lesson], templates: Option<&Path>, ticks: Ticks) -> Progress {
        let mut progress = Progress { ticks, ..Progress::default() };
        for lesson in lessons {
            for seen in lesson.all("seen") {
                let is_place = |word: &&str| word.contains('/') || word.starts_with("no-");
                let (places, words): (Vec<_>, Vec<_>) = seen.name.split(' ').partition(is_place);
                progress.conditions.push(Condition {
                    lesson: lesson.number,
                    line: format!("{} {}", lesson.name, seen.name),
                    sentence: seen.text.clone(),
                    places: places.into_iter().map(str::to_owned).collect(),
                    words: words.into_iter().map(str::to_owned).collect(),
                    marks: Mutex::new(Marks::new(templates)),
                    cycle: AtomicU64::new(0),
                });
            }
        }
        progress
    }

    /// Looks at a cycle that has ended. This happens after every request, so a cycle at a place
    /// that no open condition asks about must cost little.
    pub fn watch(&self, record: &Record) {
        let place = place_of(record);
        let is_open = |it: &&Condition| !it.is_seen() && it.places.iter().any(|at| at == place);
        let open: Vec<&Condition> = self.conditions.iter().filter(is_open).collect();
        if open.is_empty() {
            return;
        }
        let cycle = CycleFacts::of(record);
        // The suite for the course notes asks for many of the pages. Nobody did a lesson by it.
        if cycle.request.text_of("User-Agent").starts_with("carafe-check/") {
            return;
        }
        for condition in open {
            let mut marks = condition.marks.lock().unwrap_or_else(PoisonError::into_inner);
            let is_fulfilled = condition.words.iter().all(|word| holds(word, &cycle, &mut marks));
            drop(marks);
            if is_fulfilled {
                self.tick(condition, Some(record.number));
            }
        }
    }

    /// Ticks a condition that this cycle has fulfilled, or an answer.
    pub fn tick(&self, condition: &Condition, cycle: Option<u64>) {
        self.ticks.add(&condition.line);
        condition.cycle.store(cycle.unwrap_or(WITHOUT_CYCLE), Ordering::Relaxed);
    }

    /// Reads the file of ticks, which another server may have written or emptied. A cycle that the
    /// recorder no longer has is forgotten, and its tick stays.
    pub fn refresh(&self, recorder: Option<&Arc<Recorder>>) {
        let lines = self.ticks.read();
        for condition in &self.conditions {
            let before = condition.cycle.load(Ordering::Relaxed);
            let is_kept = recorder.is_some_and(|recorder| recorder.get(before).is_some());
            let now = match lines.as_ref().map_or(before != 0, |it| it.contains(&condition.line)) {
                false => 0,
                true if is_kept => before,
                true => WITHOUT_CYCLE,
            };
            // A cycle that has just fulfilled it counts.
            let _ =
                condition.cycle.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Removes all ticks.
    ///
    /// # Errors
    ///
    /// If the file of ticks cannot be written.
    pub fn forget(&self) -> std::io::Result<()> {
        self.conditions.iter().for_each(|condition| condition.cycle.store(0, Ordering::Relaxed));
        self.ticks.forget()
    }

    /// The conditions of the lesson with this number.
    pub fn of(&self, lesson: usize) -> impl Iterator<Item = &Condition> {
        self.conditions.iter().filter(move |condition| condition.lesson == lesson)
    }

    /// The condition of a lesson that the answer to its question fulfils.
    pub fn question(&self, lesson: usize) -> Option<&Condition> {
        self.of(lesson).find(|condition| condition.is_question())
    }
}
