//! Deeper: The conditions of the lessons: the rule of each, and the cycle that fulfilled it.
//!
//! A condition stands in `lessons.txt` as `seen RULE: sentence`. The rule is a list of words: where
//! the request ended, its method, its status, and a test from `cycle_tests.rs`. Each cycle is held
//! against the rules when it ends, because the recorder keeps only the last few.
//!
//! A tick stays until the server stops, also after `/forget`, which empties only the visitors'
//! table. Left out: ticks for several students. Each student runs a carafe of their own.

use super::cycle_tests::{Marks, TESTS, Test};
use super::edits::WatchedTemplate;
use super::lesson_file::Lesson;
use crate::app::course::finished_cycle::FinishedCycle;
use carafe::cycle::Record;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// One condition.
#[derive(Default)]
pub struct Condition {
    /// The number of its lesson.
    lesson: usize,
    /// What the student reads.
    pub sentence: String,
    method: Option<String>,
    status: Option<u16>,
    /// The name of its test and the test.
    test: Option<&'static (&'static str, Test)>,
    marks: Mutex<Marks>,
    /// The cycle that fulfilled it. 0: none yet.
    cycle: AtomicU64,
}

impl Condition {
    /// The number of the cycle that fulfilled it.
    pub fn cycle(&self) -> Option<u64> {
        Some(self.cycle.load(Ordering::Relaxed)).filter(|cycle| *cycle != 0)
    }

    /// Ticks it: this cycle fulfilled it.
    pub fn tick(&self, cycle: u64) {
        self.cycle.store(cycle, Ordering::Relaxed);
    }

    /// True if this is the name of its test.
    pub fn is_tested_by(&self, name: &str) -> bool {
        self.test.is_some_and(|(known, _)| *known == name)
    }
}

/// All conditions.
pub struct Progress {
    conditions: Vec<Condition>,
    /// For each place, as `FinishedCycle::place` names it, the positions of the conditions that
    /// look at it.
    at: HashMap<String, Vec<usize>>,
    template: WatchedTemplate,
}

impl Progress {
    /// The conditions of the lessons, none of them fulfilled. `templates` is the folder of the
    /// templates; `None` if they are in the binary.
    ///
    /// # Errors
    ///
    /// A sentence about a word that no rule can have.
    pub fn new(lessons: &[Lesson], templates: Option<PathBuf>) -> Result<Progress, String> {
        let template = WatchedTemplate::new(templates);
        let mut progress = Progress { conditions: Vec::new(), at: HashMap::new(), template };
        for lesson in lessons {
            for (rule, sentence) in lesson.rows("seen") {
                progress.add(lesson.number, rule, sentence)?;
            }
        }
        Ok(progress)
    }

    fn add(&mut self, lesson: usize, rule: &str, sentence: &str) -> Result<(), String> {
        let sentence = sentence.to_owned();
        let mut condition = Condition { lesson, sentence, ..Condition::default() };
        for word in rule.split(' ') {
            if let Some(test) = TESTS.iter().find(|(name, _)| *name == word) {
                condition.test = Some(test);
            } else if word.contains('/') || ["no-route", "no-method"].contains(&word) {
                self.at.entry(word.to_owned()).or_default().push(self.conditions.len());
            } else if let Ok(status) = word.parse() {
                condition.status = Some(status);
            } else if word.chars().all(char::is_uppercase) {
                condition.method = Some(word.to_owned());
            } else {
                let expected = "expected a path, a method, a status or a name of cycle_tests.rs";
                return Err(format!("seen {rule}: found {word:?}, {expected}"));
            }
        }
        self.conditions.push(condition);
        Ok(())
    }

    /// Looks at a cycle that has ended. This happens after every request, so a cycle at a place
    /// that no open condition asks about must cost little.
    pub fn watch(&self, record: &Record) {
        let cycle = FinishedCycle(record);
        for &position in self.at.get(cycle.place()).into_iter().flatten() {
            let condition = &self.conditions[position];
            if condition.cycle().is_none() && self.is_fulfilled(condition, &cycle) {
                condition.tick(cycle.number());
            }
        }
    }

    fn is_fulfilled(&self, condition: &Condition, cycle: &FinishedCycle) -> bool {
        let marks = || condition.marks.lock().unwrap_or_else(PoisonError::into_inner);
        condition.status.is_none_or(|status| status == cycle.status())
            && condition.method.as_ref().is_none_or(|method| method == cycle.method())
            && condition.test.is_none_or(|(_, test)| test(cycle, &mut marks()))
            && (!condition.is_tested_by("edited") || self.template.is_edited_in(cycle))
    }

    /// The conditions of the lesson with this number.
    pub fn of(&self, lesson: usize) -> impl Iterator<Item = &Condition> {
        self.conditions.iter().filter(move |condition| condition.lesson == lesson)
    }

    /// True if all conditions are fulfilled. A lesson without conditions is never done.
    pub fn is_done(&self, lesson: usize) -> bool {
        self.of(lesson).next().is_some() && self.of(lesson).all(|it| it.cycle().is_some())
    }
}
