//! The checks: what a cycle must look like to show that a lesson was done.
//!
//! Each condition of `lessons.txt` has a function here, under the same name; a test holds the two
//! together. It looks at one cycle, and may keep short marks of earlier ones: whether something
//! came before, or came again.

use super::file::Lesson;
use super::look::Look;
use std::collections::VecDeque;

/// So many marks are kept for one condition; the oldest leaves first.
const MARKS: usize = 1000;

/// What a condition remembers of earlier cycles.
#[derive(Debug, Default)]
pub struct Marks {
    kept: VecDeque<String>,
    /// True once a mark had to leave.
    overflowed: bool,
}

impl Marks {
    /// Keeps another mark.
    pub fn add(&mut self, mark: impl Into<String>) {
        if self.kept.len() == MARKS {
            self.kept.pop_front();
            self.overflowed = true;
        }
        self.kept.push_back(mark.into());
    }

    /// How often this mark is kept.
    pub fn count(&self, mark: &str) -> usize {
        self.kept.iter().filter(|kept| *kept == mark).count()
    }

    /// True if it is kept.
    pub fn has(&self, mark: &str) -> bool {
        self.kept.iter().any(|kept| kept == mark)
    }

    /// Keeps a mark; true if it was kept before.
    fn had(&mut self, mark: &str) -> bool {
        let had = self.has(mark);
        if !had {
            self.add(mark);
        }
        had
    }
}

/// How a condition looks at a cycle.
pub enum Test {
    /// At this cycle alone.
    Alone(fn(&Look) -> bool),
    /// And at the marks of earlier ones.
    Marking(fn(&Look, &mut Marks) -> bool),
    /// Not at cycles: something else says that it is fulfilled.
    Told,
}

/// One condition.
pub struct Check {
    /// The lesson's number.
    pub lesson: usize,
    /// Its name in `lessons.txt`.
    pub name: &'static str,
    /// The places whose cycles it looks at: patterns of routes, files below `/static/`, or a
    /// status.
    pub places: &'static [&'static str],
    /// What it looks for.
    pub test: Test,
}

const fn alone(
    lesson: usize,
    name: &'static str,
    places: &'static [&'static str],
    test: fn(&Look) -> bool,
) -> Check {
    Check { lesson, name, places, test: Test::Alone(test) }
}

const fn marking(
    lesson: usize,
    name: &'static str,
    places: &'static [&'static str],
    test: fn(&Look, &mut Marks) -> bool,
) -> Check {
    Check { lesson, name, places, test: Test::Marking(test) }
}

const SHEET: &str = "css/my-style-sheet.css";

/// Every condition.
pub const CHECKS: &[Check] = &[
    alone(1, "by-curl", &["/hello"], |look| {
        look.method() == "GET"
            && look.sent_header("User-Agent").is_some_and(|agent| agent.starts_with("curl/"))
    }),
    alone(1, "by-hand", &["/hello"], |look| {
        look.method() == "GET" && look.sent_header("User-Agent").is_none()
    }),
    alone(2, "get", &["/things", "/things/<int:id>"], |look| {
        look.method() == "GET" && look.status() == 200
    }),
    alone(2, "post", &["/things"], |look| look.method() == "POST" && look.status() == 201),
    alone(2, "put", &["/things/<int:id>"], |look| look.method() == "PUT" && look.status() == 200),
    alone(2, "patch", &["/things/<int:id>"], |look| {
        look.method() == "PATCH" && look.status() == 200
    }),
    alone(2, "delete", &["/things/<int:id>"], |look| {
        look.method() == "DELETE" && look.status() == 204
    }),
    alone(2, "not-found", &["404"], |look| look.status() == 404),
    alone(2, "not-allowed", &["405"], |look| look.status() == 405),
    Check { lesson: 3, name: "answered", places: &[], test: Test::Told },
    Check { lesson: 4, name: "edited", places: &[super::edits::PLACE], test: Test::Told },
    alone(5, "decoded", &["/search"], |look| {
        look.query().contains(['%', '+']) && look.status() == 200
    }),
    alone(6, "see-other", &["/process"], |look| look.status() == 303),
    alone(6, "bad-field", &["/process"], |look| {
        look.status() == 400 && look.failure().contains("missing form field")
    }),
    alone(6, "not-allowed", &["405"], |look| {
        matches!(look.path(), "/process" | "/formtest") && look.status() == 405
    }),
    alone(7, "shown", &["/formtest"], |look| look.showed(FLASH)),
    marking(7, "gone", &["/formtest"], gone),
    alone(8, "whole", &[SHEET], |look| look.status() == 200),
    alone(8, "unchanged", &[SHEET], |look| look.status() == 304),
    marking(8, "edited", &[SHEET], another_etag),
    marking(9, "strangers", &["/ladder/none"], |look, marks| {
        marks.add(look.connection().to_string());
        marks.count(&look.connection().to_string()) >= 3
    }),
    marking(10, "believed", &["/ladder/url", "/ladder/cookie"], believed),
    alone(10, "refused", &["/ladder/signed"], |look| look.says("signature does not match")),
    marking(10, "replayed", &["/ladder/signed"], |look, marks| {
        !look.says("cookie refused")
            && look.cookie("visits_signed").is_some_and(|value| marks.had(value))
    }),
    alone(11, "set", &["/sessions"], |look| look.status() == 200),
    alone(11, "read", &["/getsession"], |look| look.row_text("user") == Some("Anthony")),
    marking(11, "stolen", &["/getsession"], |look, marks| {
        look.row_text("user") == Some("Anthony")
            && look.known_visitor().is_some_and(|(cookie, _)| marks.had(cookie))
    }),
    alone(11, "dropped", &["/dropsession"], |look| look.known_visitor().is_some()),
    alone(11, "refused", &["/getsession", "/ladder/session", "/sessions"], |look| {
        look.was_refused()
    }),
    marking(12, "elsewhere", &["/ladder/session"], begun_elsewhere),
    alone(13, "home", &["/shop"], |look| look.status() == 200),
    alone(13, "login", &["/shop/login"], |look| look.method() == "POST" && look.status() == 303),
    alone(13, "search", &["/shop/search"], |look| look.status() == 303),
    alone(13, "results", &["/shop/results"], |look| look.row_text("search").is_some()),
    alone(13, "item", &["/shop/item/<int:id>"], |look| look.status() == 200),
    alone(13, "cart", &["/shop/cart"], |look| look.method() == "POST" && look.status() == 303),
    alone(13, "checkout", &["/shop/checkout"], |look| look.status() == 303),
    alone(13, "order", &["/shop/order/<int:id>"], |look| look.status() == 200),
];

/// A condition that the lessons name and this table does not, or the other way round: `9
/// strangers`.
pub fn stray(lessons: &[Lesson]) -> Option<String> {
    let named = |number: usize, name: &str| format!("{number} {name}");
    let known: Vec<String> = CHECKS.iter().map(|check| named(check.lesson, check.name)).collect();
    let wanted = lessons
        .iter()
        .flat_map(|lesson| lesson.seen.iter().map(|(name, _)| named(lesson.number, name)));
    let wanted: Vec<String> = wanted.collect();
    let missing = wanted.iter().find(|name| !known.contains(name));
    missing.or_else(|| known.iter().find(|name| !wanted.contains(name))).cloned()
}

/// The message that lesson 7 is about.
const FLASH: &str = "need valid name";

/// The page after the one that showed the message, without it.
fn gone(look: &Look, marks: &mut Marks) -> bool {
    if look.showed(FLASH) {
        marks.add(look.visitor_after().unwrap_or(""));
        return false;
    }
    look.known_visitor().is_some_and(|(cookie, _)| marks.has(cookie))
}

/// A count that this server never gave out, and that it took as it came.
fn believed(look: &Look, marks: &mut Marks) -> bool {
    let came = match look.place() {
        "/ladder/url" => look.query().strip_prefix("n="),
        _ => look.cookie("visits"),
    };
    let Some(count) =
        came.map_or(Some(0), |count| count.parse::<u64>().ok()).filter(|_| look.status() == 200)
    else {
        return false;
    };
    let given = format!("{} {count}", look.place());
    let made_up = count > 0 && !marks.has(&given);
    marks.add(format!("{} {}", look.place(), count + 1));
    made_up
}

/// A count in a row that this server has not made since it was started.
fn begun_elsewhere(look: &Look, marks: &mut Marks) -> bool {
    // After so many visitors it can no longer be told which of them are ours.
    let known =
        look.known_visitor().filter(|(_, row)| row.get("visits").is_some() && !marks.overflowed);
    let is_ours = known.is_none_or(|(cookie, _)| marks.has(cookie));
    if let Some(cookie) = look.visitor_after() {
        marks.had(cookie);
    }
    !is_ours
}

/// The file, whole, with an ETag that it did not have before.
fn another_etag(look: &Look, marks: &mut Marks) -> bool {
    let Some(etag) = look.answer_header("ETag").filter(|_| look.status() == 200) else {
        return false;
    };
    let is_first = marks.kept.is_empty();
    !marks.had(etag) && !is_first
}
