//! Deeper: The conditions of the lessons: what a cycle must look like to show that a task was done.
//!
//! Each `seen NAME:` of `lessons.txt` has a row here, under the names of the lesson and of the
//! condition. A condition looks at one cycle. Some conditions also need earlier cycles, so each may
//! keep marks: short texts such as a cookie or a number.

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

/// One condition.
pub struct Check {
    /// The name of its lesson.
    pub lesson: &'static str,
    /// Its own name.
    pub name: &'static str,
    /// The places whose cycles it looks at, as `FinishedCycle::place` names them. None: something
    /// else than a cycle fulfils the condition.
    pub places: &'static [&'static str],
    /// True if this cycle fulfils it. For two conditions the answer comes from elsewhere.
    pub test: fn(&FinishedCycle, &mut Marks) -> bool,
}

/// A row of the table below.
const fn check(
    lesson: &'static str,
    name: &'static str,
    places: &'static [&'static str],
    test: fn(&FinishedCycle, &mut Marks) -> bool,
) -> Check {
    Check { lesson, name, places, test }
}

/// The style sheet of the lesson on static files, and the route of one thing.
const SHEET: &[&str] = &["css/my-style-sheet.css"];
const THING: &[&str] = &["/things/<int:id>"];

/// Every condition, in the order of the lessons.
pub const CHECKS: &[Check] = &[
    check("server", "by-curl", &["/hello"], |cycle, _| {
        let agent = cycle.header("User-Agent");
        cycle.is("GET", 200) && agent.is_some_and(|agent| agent.starts_with("curl/"))
    }),
    check("server", "by-hand", &["/hello"], |cycle, _| {
        cycle.is("GET", 200) && cycle.header("User-Agent").is_none()
    }),
    check("routes", "get", &["/things", "/things/<int:id>"], |cycle, _| cycle.is("GET", 200)),
    check("routes", "post", &["/things"], |cycle, _| cycle.is("POST", 201)),
    check("routes", "put", THING, |cycle, _| cycle.is("PUT", 200)),
    check("routes", "patch", THING, |cycle, _| cycle.is("PATCH", 200)),
    check("routes", "delete", THING, |cycle, _| cycle.is("DELETE", 204)),
    check("routes", "not-found", &["404"], |cycle, _| cycle.status() == 404),
    check("routes", "not-allowed", &["405"], |cycle, _| cycle.status() == 405),
    check("framework", "answered", &[], |_, _| false),
    check("templates", "edited", &["/hello/<name>"], |_, _| false),
    check("get-form", "decoded", &["/search"], |cycle, _| {
        cycle.query().contains(['%', '+']) && cycle.status() == 200
    }),
    check("post-form", "see-other", &["/process"], |cycle, _| cycle.status() == 303),
    check("post-form", "bad-field", &["/process"], |cycle, _| {
        cycle.status() == 400 && cycle.failure().contains("missing form field")
    }),
    check("post-form", "not-allowed", &["405"], |cycle, _| {
        cycle.status() == 405 && ["/process", "/formtest"].contains(&cycle.path())
    }),
    check("flash", "shown", &["/formtest"], |cycle, _| cycle.showed(FLASH)),
    check("flash", "gone", &["/formtest"], is_next_page),
    check("files", "whole", SHEET, |cycle, _| cycle.status() == 200),
    check("files", "unchanged", SHEET, |cycle, _| cycle.status() == 304),
    check("files", "edited", SHEET, has_another_etag),
    check("stateless", "strangers", &["/ladder/none"], |cycle, marks| {
        let connection = cycle.connection().map_or(0, |(number, _)| number).to_string();
        marks.add(connection.as_str());
        marks.count(&connection) >= 3
    }),
    check("client-memory", "believed", &["/ladder/url", "/ladder/cookie"], is_made_up),
    check("client-memory", "refused", &["/ladder/signed"], |cycle, _| {
        cycle.says("signature does not match")
    }),
    check("client-memory", "replayed", &["/ladder/signed"], |cycle, marks| {
        let sent = cycle.cookie("visits_signed");
        !cycle.says("cookie refused") && sent.is_some_and(|value| marks.had(value))
    }),
    check("server-memory", "set", &["/sessions"], |cycle, _| cycle.status() == 200),
    check("server-memory", "read", &["/getsession"], |cycle, _| is_anthony(cycle)),
    check("server-memory", "stolen", &["/getsession"], |cycle, marks| {
        is_anthony(cycle) && cycle.known_visitor().is_some_and(|(cookie, _)| marks.had(cookie))
    }),
    check("server-memory", "dropped", &["/dropsession"], |cycle, _| {
        cycle.known_visitor().is_some()
    }),
    check(
        "server-memory",
        "refused",
        &["/getsession", "/ladder/session", "/sessions"],
        |cycle, _| cycle.was_refused(),
    ),
    check("stores", "elsewhere", &["/ladder/session"], has_begun_elsewhere),
    check("shop", "home", &["/shop"], |cycle, _| cycle.status() == 200),
    check("shop", "login", &["/shop/login"], |cycle, _| cycle.is("POST", 303)),
    check("shop", "search", &["/shop/search"], |cycle, _| cycle.status() == 303),
    check("shop", "results", &["/shop/results"], |cycle, _| cycle.row_text("search").is_some()),
    check("shop", "item", &["/shop/item/<int:id>"], |cycle, _| cycle.status() == 200),
    check("shop", "cart", &["/shop/cart"], |cycle, _| cycle.is("POST", 303)),
    check("shop", "checkout", &["/shop/checkout"], |cycle, _| cycle.status() == 303),
    check("shop", "order", &["/shop/order/<int:id>"], |cycle, _| cycle.status() == 200),
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

/// True for a count that this server never gave out, and believed.
fn is_made_up(cycle: &FinishedCycle, marks: &mut Marks) -> bool {
    let place = cycle.place();
    let sent = match place {
        "/ladder/url" => cycle.query().strip_prefix("n="),
        _ => cycle.cookie("visits"),
    };
    let count = sent.map_or(Some(0), |count| count.parse::<u64>().ok());
    let Some(count) = count.filter(|_| cycle.status() == 200) else { return false };
    let is_ours = marks.count(&format!("{place} {count}")) > 0;
    marks.add(format!("{place} {}", count + 1));
    count > 0 && !is_ours
}

/// True if the visitor's row holds the user of the lesson.
fn is_anthony(cycle: &FinishedCycle) -> bool {
    cycle.row_text("user") == Some("Anthony")
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

/// True for the whole file with an ETag that it did not have before.
fn has_another_etag(cycle: &FinishedCycle, marks: &mut Marks) -> bool {
    let etag = cycle.answer_header("ETag").filter(|_| cycle.status() == 200);
    let is_first = marks.kept.is_empty();
    etag.is_some_and(|etag| !marks.had(etag)) && !is_first
}
