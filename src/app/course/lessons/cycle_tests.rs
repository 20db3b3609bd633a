//! Deeper: The tests that the conditions of the lessons are made of.
//!
//! A test looks at one cycle. Some tests also need earlier cycles, so each condition may keep
//! marks: short texts such as a cookie or a number.

use crate::app::assets;
use crate::app::course::ladder::count_in;
use crate::app::glass::{CycleFacts, place_of};
use carafe::Map;
use carafe::cycle::{Detail, StorePlace};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// The most marks that one condition keeps. The oldest leaves first.
const MOST_MARKS: usize = 1000;

/// What a condition remembers of earlier cycles.
#[derive(Debug, Default)]
pub struct Marks {
    kept: VecDeque<String>,
    /// True once a mark had to leave.
    has_lost_some: bool,
    /// The folder of the templates; `None` if they are in the binary.
    templates: Option<PathBuf>,
}

impl Marks {
    /// No marks yet.
    pub fn new(templates: Option<&Path>) -> Marks {
        Marks { templates: templates.map(Path::to_owned), ..Marks::default() }
    }

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

/// True if a cycle fulfils this word of the condition that keeps these marks.
///
/// A word is a test with a name, here in the order of the lessons; `row=NAME` if the visitor's row
/// has this name, `left=NAME` if the answer leaves it there; a method; or a status. No cycle
/// fulfils another word. The test that does all lessons would find it.
pub fn holds(word: &str, cycle: &CycleFacts, marks: &mut Marks) -> bool {
    let request = &cycle.request;
    let (path, query) = request.path_and_query();
    let why = cycle.failure.map_or("", |(_, why)| why);
    match word {
        "from-curl" => request.text_of("User-Agent").starts_with("curl/"),
        "by-hand" => request.header("User-Agent").is_none(),
        // The form of the lesson ticks this one.
        "answered" => false,
        "edited" => is_edited(cycle, marks),
        "decoded" => query.contains(['%', '+']),
        "named-field" => why.contains("missing form field"),
        "at-the-form" => ["/process", "/formtest"].contains(&path),
        "with-cookie" => request.cookie("visits").is_some(),
        "without-cookie" => request.cookie("visits").is_none(),
        "with-message" => has_shown(cycle),
        "next-page" => is_next_page(cycle, marks),
        "new-etag" => {
            let is_first = marks.kept.is_empty();
            cycle.response.header("ETag").is_some_and(|etag| !marks.had(etag)) && !is_first
        }
        "third-on-connection" => {
            let connection = cycle.connection.0.to_string();
            marks.add(connection.as_str());
            marks.count(&connection) >= 3
        }
        "made-up" => is_made_up(cycle, marks),
        "bad-signature" => has_changed_count(cycle, marks),
        "replayed" => {
            let sent = request.cookie("visits_signed");
            !says(cycle, "cookie refused") && sent.is_some_and(|value| marks.had(&value))
        }
        "again" => cycle.cookie.is_some_and(|cookie| marks.had(cookie)),
        "refused" => cycle.refused.is_some(),
        "begun-elsewhere" => has_begun_elsewhere(cycle, marks),
        "counted-between" => was_counted_between(cycle, marks),
        _ => match word.split_once('=') {
            Some(("left", name)) => cycle.row_after().is_some_and(|row| row.get(name).is_some()),
            Some((_, name)) => cycle.row.is_some_and(|row| row.get(name).is_some()),
            None => word == request.asked().0 || word == cycle.record.status.0.to_string(),
        },
    }
}

/// True if the body of the answer holds these words, as far as it was recorded.
fn says(cycle: &CycleFacts, words: &str) -> bool {
    cycle.response.content().contains(words)
}

/// True for an answer with words of `hello.html` that the binary's own copy does not have.
fn is_edited(cycle: &CycleFacts, marks: &mut Marks) -> bool {
    let Some(folder) = &marks.templates else { return false };
    let original = assets::TEMPLATES.iter().find(|(name, _)| *name == "hello.html");
    let original = original.map_or("", |(_, text)| text);
    let edited = std::fs::read_to_string(folder.join("hello.html")).unwrap_or_default();
    // The inside of a tag is not printed as it is written, so only the texts between are searched.
    let texts = edited.lines().flat_map(|line| line.split(['{', '}'])).map(str::trim);
    let mut new = texts.filter(|text| !text.is_empty() && !original.contains(text));
    new.any(|text| says(cycle, text))
}

/// True if the page showed the message of the lesson on flash.
fn has_shown(cycle: &CycleFacts) -> bool {
    let is_it = |(_, message): &(String, String)| message == "need valid name";
    let mut steps = cycle.record.cycle.steps().iter();
    steps.any(|step| matches!(&step.detail, Detail::Taken(shown) if shown.iter().any(is_it)))
}

/// True for a page without the message, if an earlier page showed it to the same visitor.
fn is_next_page(cycle: &CycleFacts, marks: &mut Marks) -> bool {
    if has_shown(cycle) {
        marks.add(cycle.cookie_after().unwrap_or(""));
        return false;
    }
    cycle.row.is_some() && cycle.cookie.is_some_and(|cookie| marks.count(cookie) > 0)
}

/// True for a count that this server never gave out, and believed.
fn is_made_up(cycle: &CycleFacts, marks: &mut Marks) -> bool {
    let place = place_of(cycle.record);
    let in_url = cycle.request.path_and_query().1.strip_prefix("n=").map(Cow::from);
    let sent = if place == "/ladder/url" { in_url } else { cycle.request.cookie("visits") };
    // What the ladder itself would refuse was not believed.
    let Ok(count) = count_in(sent.as_deref().unwrap_or("0")) else { return false };
    let is_ours = marks.count(&format!("{place} {count}")) > 0;
    marks.add(format!("{place} {}", count + 1));
    count > 0 && !is_ours
}

/// True for a refused count with a signature that this server gave to another count. A cookie from
/// before a restart is refused too, but nobody has changed it.
fn has_changed_count(cycle: &CycleFacts, marks: &mut Marks) -> bool {
    let signature = |value: &str| value.split(['.', ';']).nth(1).unwrap_or("").to_owned();
    let sent = cycle.request.cookie("visits_signed").map(|value| signature(&value));
    let is_ours = sent.is_some_and(|sent| marks.count(&sent) > 0);
    if let Some(given) = cycle.response.header("Set-Cookie") {
        marks.add(signature(given));
    }
    is_ours && says(cycle, "signature does not match")
}

/// The count in a row of the ladder.
fn visits(row: Option<&Map>) -> Option<i64> {
    row?.int("visits")
}

/// True for a visitor whose count has begun before this server was started. A login gives a visitor
/// of this server a new key. So does each change, if the cookie carries the row: then the count
/// must tell.
fn has_begun_elsewhere(cycle: &CycleFacts, marks: &mut Marks) -> bool {
    let mark = |cookie: Option<&str>, row| match cycle.store {
        StorePlace::Cookie => visits(row).map(|visits| visits.to_string()),
        _ => cookie.map(str::to_owned),
    };
    let found = mark(cycle.cookie, cycle.row);
    let is_ours = found.is_some_and(|found| marks.count(&found) > 0);
    let is_counted = visits(cycle.row).is_some();
    if let Some(left) = mark(cycle.cookie_after(), cycle.row_after())
        && (is_ours || !is_counted)
    {
        marks.had(&left);
    }
    // Once marks have been lost, an unknown visitor may be one of ours.
    let is_unknown = is_counted && !is_ours && !marks.has_lost_some;
    is_unknown && place_of(cycle.record) == "/ladder/session"
}

/// True for a visitor of this server whose count is higher than this server has left it.
fn was_counted_between(cycle: &CycleFacts, marks: &mut Marks) -> bool {
    let cookie = cycle.cookie.unwrap_or("");
    let is_known = marks.kept.iter().any(|mark| mark.starts_with(&format!("{cookie} ")));
    let found = visits(cycle.row).map(|visits| marks.count(&format!("{cookie} {visits}")));
    if let (Some(cookie), Some(visits)) = (cycle.cookie_after(), visits(cycle.row_after())) {
        marks.add(format!("{cookie} {visits}"));
    }
    is_known && found == Some(0)
}
