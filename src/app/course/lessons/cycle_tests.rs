//! Deeper: The tests of conditions, for what no path, method or status can say.
//!
//! A rule in `lessons.txt` names a test by its first word here. A test looks at one cycle. Some
//! tests also need earlier cycles, so each condition may keep marks: short texts such as a cookie
//! or a number.

use crate::app::course::finished_cycle::FinishedCycle;
use std::collections::VecDeque;

/// The most marks that one condition keeps. The oldest leaves first.
const MOST_MARKS: usize = 1000;

/// What a condition remembers of earlier cycles.
#[derive(Debug, Default)]
pub struct Marks {
    kept: VecDeque<String>,
    /// True once a mark had to leave.
    has_lost_some: bool,
}

impl Marks {
    /// Keeps one more mark.
    fn add(&mut self, mark: impl Into<String>) {
        if self.kept.len() == MOST_MARKS {
            self.kept.pop_front();
            self.has_lost_some = true;
        }
        self.kept.push_back(mark.into());
    }

    /// How often a mark is kept.
    fn count(&self, mark: &str) -> usize {
        self.kept.iter().filter(|kept| *kept == mark).count()
    }

    /// Adds a mark, if it is new. True if it was kept before.
    fn had(&mut self, mark: &str) -> bool {
        let had = self.count(mark) > 0;
        if !had {
            self.add(mark);
        }
        had
    }
}

/// True if this cycle fulfils the condition that keeps these marks.
pub type Test = fn(&FinishedCycle, &mut Marks) -> bool;

/// All tests, in the order of the lessons.
pub static TESTS: [(&str, Test); 20] = [
    ("from-curl", |cycle, _| cycle.header("User-Agent").is_some_and(|it| it.starts_with("curl/"))),
    ("by-hand", |cycle, _| cycle.header("User-Agent").is_none()),
    // The form of the lesson ticks this one.
    ("answered", |_, _| false),
    // `lesson_conditions.rs` also asks `edits.rs`.
    ("edited", |_, _| true),
    ("decoded", |cycle, _| cycle.query().contains(['%', '+'])),
    ("named-field", |cycle, _| cycle.failure().contains("missing form field")),
    ("at-the-form", |cycle, _| ["/process", "/formtest"].contains(&cycle.path())),
    ("with-message", |cycle, _| cycle.showed(FLASH)),
    ("next-page", is_next_page),
    ("new-etag", has_another_etag),
    ("third-on-connection", |cycle, marks| {
        let connection = cycle.connection().map_or(0, |(number, _)| number).to_string();
        marks.add(connection.as_str());
        marks.count(&connection) >= 3
    }),
    ("made-up", is_made_up),
    ("bad-signature", |cycle, _| cycle.says("signature does not match")),
    ("replayed", |cycle, marks| {
        let sent = cycle.cookie("visits_signed");
        !cycle.says("cookie refused") && sent.is_some_and(|value| marks.had(value))
    }),
    ("anthony", |cycle, _| cycle.row_text("user") == Some("Anthony")),
    ("anthony-again", |cycle, marks| {
        let visitor = cycle.known_visitor().filter(|_| cycle.row_text("user") == Some("Anthony"));
        visitor.is_some_and(|(cookie, _)| marks.had(cookie))
    }),
    ("known", |cycle, _| cycle.known_visitor().is_some()),
    ("refused", |cycle, _| cycle.was_refused()),
    ("begun-elsewhere", has_begun_elsewhere),
    ("remembered", |cycle, _| cycle.row_text("search").is_some()),
];

/// The message of the lesson on flash.
const FLASH: &str = "need valid name";

/// True for a page without the message, if an earlier page showed it to the same visitor.
fn is_next_page(cycle: &FinishedCycle, marks: &mut Marks) -> bool {
    if cycle.showed(FLASH) {
        marks.add(cycle.session_cookies()[1].unwrap_or(""));
        return false;
    }
    cycle.known_visitor().is_some_and(|(cookie, _)| marks.count(cookie) > 0)
}

/// True for the whole file with an ETag that it did not have before.
fn has_another_etag(cycle: &FinishedCycle, marks: &mut Marks) -> bool {
    let is_first = marks.kept.is_empty();
    cycle.answer_header("ETag").is_some_and(|etag| !marks.had(etag)) && !is_first
}

/// True for a count that this server never gave out, and believed.
fn is_made_up(cycle: &FinishedCycle, marks: &mut Marks) -> bool {
    let place = cycle.place();
    let sent = match place {
        "/ladder/url" => cycle.query().strip_prefix("n="),
        _ => cycle.cookie("visits"),
    };
    let Ok(count) = sent.unwrap_or("0").parse::<u64>() else { return false };
    let is_ours = marks.count(&format!("{place} {count}")) > 0;
    marks.add(format!("{place} {}", count + 1));
    count > 0 && !is_ours
}

/// True for a row with a count that this server has not made since it started.
fn has_begun_elsewhere(cycle: &FinishedCycle, marks: &mut Marks) -> bool {
    // Once marks have been lost, an unknown visitor may be one of ours.
    let known = cycle.known_visitor().filter(|(_, row)| row.get("visits").is_some());
    let known = known.filter(|_| !marks.has_lost_some);
    let is_ours = known.is_none_or(|(cookie, _)| marks.count(cookie) > 0);
    if let [_, Some(cookie)] = cycle.session_cookies() {
        marks.had(cookie);
    }
    !is_ours
}
