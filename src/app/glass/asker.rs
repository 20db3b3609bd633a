//! Deeper: Says who asked, a person or a page, and which cycles belong together for that.
//!
//! A browser that opens a page fetches its style sheets, scripts and pictures by itself. The list
//! of cycles folds them below their page, and `/cycles/last` leaves them out. What the browser says
//! of them counts, not their path: a `curl` of a style sheet is the request of a person.

use super::cycle_facts::CycleFacts;
use super::mask::cut_id;
use super::message::Message;
use carafe::cycle::{Record, Recorder, StorePlace};
use carafe::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// The first characters of the key of the visitor's row; empty for a stranger.
pub fn visitor(facts: &CycleFacts) -> String {
    let is_known = facts.refused.is_none() && facts.store != StorePlace::Nowhere;
    // A login changes the key. The new row is the one that can be looked for.
    let key = facts.cookie_after().or(facts.cookie.filter(|_| is_known)).unwrap_or("");
    // A cookie that carries its row begins like those of all others. Its signature does not.
    let signature = key.rsplit('.').next().filter(|_| facts.store == StorePlace::Cookie);
    cut_id(signature.unwrap_or(key)).trim_end_matches('.').to_owned()
}

/// The kind of program that sent a request: `curl`, `browser` or `other`.
pub fn program(request: &Message) -> &'static str {
    match request.text_of("User-Agent") {
        agent if agent.starts_with("curl/") => "curl",
        // Every browser says so, for historical reasons.
        agent if agent.starts_with("Mozilla/") => "browser",
        _ => "other",
    }
}

/// True if a page of this server fetched this, and not a person.
fn is_fetched(request: &Message) -> bool {
    match request.header("Sec-Fetch-Dest") {
        // A script asks with `empty`: a button was pressed.
        Some(destination) => !matches!(destination, "document" | "empty"),
        // An old browser does not say it. But it names the page in Referer, and it asks for HTML
        // only when a person goes to a page.
        None => {
            let is_page = request.header("Accept").is_some_and(|it| it.contains("text/html"));
            request.asked().0 == "GET" && request.header("Referer").is_some() && !is_page
        }
    }
}

/// The newest cycle that a person made: not what a page fetched, not a lesson, not the icon.
pub fn last_by_person(recorder: &Recorder) -> Option<Arc<Record>> {
    recorder.all().into_iter().rfind(|record| {
        let request = Message::of(&record.cycle.received);
        let path = request.path_and_query().0;
        !is_fetched(&request) && path != "/favicon.ico" && !path.starts_with("/lessons/")
    })
}

/// Of the cycles that were fetched for a page which is one of these cycles, too: the number of that
/// page. Each request is read once, because there may be 200, and each may be large.
pub fn pages(all: &[Arc<Record>]) -> HashMap<u64, u64> {
    let (mut last, mut pages) = (HashMap::new(), HashMap::new());
    for record in all {
        let request = Message::of(&record.cycle.received);
        if !is_fetched(&request) {
            last.insert(request.path_and_query().0.to_owned(), record.number);
        } else if let Some(page) = path_in_referer(&request).and_then(|path| last.get(path)) {
            pages.insert(record.number, *page);
        }
    }
    pages
}

/// The path in `Referer: http://host/path?query`.
fn path_in_referer<'m>(request: &'m Message) -> Option<&'m str> {
    let (_, rest) = request.header("Referer")?.split_once("://")?;
    rest[rest.find('/')?..].split('?').next()
}

/// Adds to the description of a cycle the numbers of the cycles that belong to it: the same
/// visitor's before and after it, the page that it was fetched for, and what was fetched for it.
pub fn add_related(map: &mut Map, facts: &CycleFacts, recorder: &Recorder) {
    let (number, all) = (facts.record.number, recorder.all());
    // The same visitor sent, or was given, one of the same ids. A login changes the id, and with
    // some stores every change does.
    let own: Vec<&str> = facts.ids().collect();
    let is_own = |other: &Record| CycleFacts::of(other).ids().any(|id| own.contains(&id));
    let of_visitor = all.iter().filter(|other| is_own(other)).map(|other| other.number);
    let (before, after): (Vec<u64>, Vec<u64>) =
        of_visitor.filter(|other| *other != number).partition(|other| *other < number);
    let pages = pages(&all);
    let parts = all.iter().filter(|other| pages.get(&other.number) == Some(&number));
    map.insert("previous", before.last().copied());
    map.insert("next", after.first().copied());
    map.insert("page", pages.get(&number).copied());
    map.insert("parts", parts.map(|part| part.number).collect::<Value>());
}
