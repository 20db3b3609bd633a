//! Deeper: One row of the list of cycles, and which rows are wanted.
//!
//! A row answers: which request, when, who asked, what came back, and what changed. Page, text,
//! JSON and stream show the same row. Its names:
//!
//! ```text
//! number  time (UTC)  visitor (the row's key, cut; empty for a stranger)  hue  program
//! request  status  changed (in words)  milliseconds  source  connection  page (it was fetched for)
//! began (only in the list of one connection: how long after its first request)
//! ```

use super::asker::{pages, program, visitor};
use super::columns::{COLUMNS, cut_line};
use super::describe::{CycleDescription, milliseconds};
use super::message::Message;
use carafe::cycle::{Record, Recorder};
use carafe::http::date;
use carafe::{Context, Error, Map, Value};
use std::collections::HashMap;
use std::time::Duration;

/// The style sheet has this many colours for visitors.
const HUES: usize = 8;

/// A cycle whose answer has not left after this time is marked.
const LONG: Duration = Duration::from_secs(1);

/// The row of a cycle; `page` is the number of the page that it was fetched for.
pub fn row(record: &Record, page: Option<u64>) -> Map {
    let cycle = CycleDescription::of(record);
    let visitor = visitor(&cycle.facts);
    // An answer is listed before it leaves, so at first each is being sent.
    let is_late = || record.written.elapsed().is_ok_and(|time| time > LONG);
    let sent = match record.sent.get() {
        Some(sent) if !sent.is_whole => "broken off",
        None if is_late() => "sending",
        _ => "",
    };
    let changed = [sent.to_owned(), cycle.changed_words()];
    let changed: Vec<String> = changed.into_iter().filter(|words| !words.is_empty()).collect();
    // `Thu, 26 Nov 2026 09:57:19 GMT`
    let ended = date::format(record.begun() + record.took());
    Map::from([
        ("number", Value::from(record.number)),
        ("time", ended.split(' ').nth(4).into()),
        ("hue", hue(&visitor).into()),
        ("visitor", visitor.into()),
        ("program", program(&cycle.facts.request).into()),
        ("request", cycle.asked().into()),
        ("status", record.status.0.into()),
        ("changed", changed.join(", ").into()),
        ("milliseconds", milliseconds(record).into()),
        ("source", cycle.source.as_str().into()),
        ("connection", cycle.facts.connection.0.into()),
        ("page", page.into()),
    ])
}

/// The number of a visitor's colour.
pub fn hue(visitor: &str) -> usize {
    visitor.bytes().map(usize::from).sum::<usize>() % HUES
}

/// The cycles whose path the caller wants, as rows, the newest first.
pub fn rows_of(recorder: &Recorder, wants: impl Fn(&str) -> bool) -> impl Iterator<Item = Map> {
    let path = |record: &Record| Message::of(&record.cycle.received).path_and_query().0.to_owned();
    let records = recorder.all().into_iter().rev();
    records.filter(move |record| wants(&path(record))).map(|record| row(&record, None))
}

/// A number in the query. A field of a form that was left empty is none.
pub fn number(ctx: &Context, field: &str) -> Result<Option<u64>, Error> {
    match ctx.request.query.get(field) {
        Some("") => Ok(None),
        _ => ctx.query(field),
    }
}

/// Which rows are wanted: `?q=WORDS&visitor=7f3a&connection=9`.
pub struct RowFilter {
    words: Vec<String>,
    visitor: String,
    /// The number of a connection, if the rows of only one are wanted.
    pub connection: Option<u64>,
}

impl RowFilter {
    /// The filter that a query asks for.
    pub fn of(ctx: &Context) -> Result<RowFilter, Error> {
        let query = &ctx.request.query;
        let words = query.get("q").unwrap_or("").split_whitespace().map(str::to_lowercase);
        let visitor = query.get("visitor").unwrap_or("").trim_end_matches('.');
        let connection = number(ctx, "connection")?;
        Ok(RowFilter { words: words.collect(), visitor: visitor.to_owned(), connection })
    }

    /// True if it leaves no row out.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.visitor.is_empty() && self.connection.is_none()
    }

    /// True if this row is wanted: it has all the words, and it is of the visitor and of the
    /// connection.
    pub fn admits(&self, row: &Map) -> bool {
        let line = line(row, usize::MAX).to_lowercase();
        let is_of_visitor = self.visitor.is_empty() || text(row, "visitor") == self.visitor;
        let is_its = |number: u64| row.get("connection") == Some(&number.into());
        let is_on_connection = self.connection.is_none_or(is_its);
        is_of_visitor && is_on_connection && self.words.iter().all(|word| line.contains(word))
    }

    /// The rows that are wanted, the oldest first. In a list that is not whole, no row knows its
    /// page: the page may be left out.
    pub fn rows(&self, recorder: &Recorder) -> Vec<Map> {
        let mut first = None;
        let mut rows = Vec::new();
        let all = recorder.all();
        let pages = if self.is_empty() { pages(&all) } else { HashMap::new() };
        for record in &all {
            let mut row = row(record, pages.get(&record.number).copied());
            if !self.admits(&row) {
                continue;
            }
            if self.connection.is_some() {
                let begun = record.begun();
                let after = begun.duration_since(*first.get_or_insert(begun)).unwrap_or_default();
                row.insert("began", format!("+{:.1} ms", after.as_micros() as f64 / 1e3));
            }
            rows.push(row);
        }
        rows
    }
}

/// The heads of the columns of [`line`].
pub const HEADS: &str = "cycle  UTC time who              conn status request             changed";

/// The width of the request in a terminal, if something has changed.
const REQUEST: usize = 19;

/// A row in one line of a terminal. The columns do not move; what is too long is cut.
pub fn line(row: &Map, columns: usize) -> String {
    let indent = if row.int("page").is_some() { "  " } else { "" };
    let visitor = match text(row, "visitor") {
        "" => "stranger",
        known => known,
    };
    let number = |name| row.int(name).unwrap_or_default();
    let start = format!(
        "#{:<5} {:<8} {visitor:<8} {:<7} {:>4} {:<6} ",
        number("number"),
        text(row, if row.get("began").is_some() { "began" } else { "time" }),
        text(row, "program"),
        number("connection"),
        number("status")
    );
    let request = format!("{indent}{}", text(row, "request"));
    match text(row, "changed") {
        "" => cut_line(&format!("{start}{request}"), columns),
        changed => {
            let request = if columns > COLUMNS { request } else { cut_line(&request, REQUEST) };
            cut_line(&format!("{start}{request:<REQUEST$} {changed}"), columns)
        }
    }
}

/// The list as page: the newest first; the rows of what was fetched for a page are the `parts` of
/// its row.
pub fn folded(rows: &[Map]) -> Value {
    let pages = rows.iter().rev().filter(|row| row.int("page").is_none()).cloned();
    let with_parts = pages.map(|mut page| {
        let parts = rows.iter().filter(|row| row.int("page") == page.int("number"));
        let parts: Value = parts.cloned().collect();
        page.insert("parts", parts);
        page
    });
    with_parts.collect()
}

fn text<'m>(row: &'m Map, name: &str) -> &'m str {
    row.text(name).unwrap_or_default()
}
