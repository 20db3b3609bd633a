//! Deeper: conditional requests and ranges, which ask for a part of a file, or only if it changed.
//!
//! An `ETag` (a text that changes with the content) and a `Last-Modified` date mark each version of
//! a resource. A client that keeps a copy sends the mark back: `If-None-Match` means "only if it
//! has changed", `If-Match` means "only if it has not". `Range` asks for a part.
//!
//! Left out: several ranges in one answer. The answer is then the whole.

use super::date;
use super::name_filter::NameFilter;
use super::{Headers, Method, Request};
use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The marks of the version that the server has.
#[derive(Clone, Debug)]
pub struct Validators {
    /// The entity tag with its quotes: `"5f-1a2b"`, or `W/"..."` for a weak one.
    pub etag: String,
    /// When it was last changed. HTTP dates have whole seconds.
    pub modified: Option<SystemTime>,
}

/// What to answer to the conditions of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send all of it: 200.
    Whole,
    /// Send these bytes: 206.
    Part(Range<u64>),
    /// The client has it: 304.
    NotModified,
    /// It is not the version that the client expects: 412.
    Failed,
    /// The range begins after the end: 416.
    OutOfRange,
}

/// The headers with which a request asks for less than the whole.
const LESS: NameFilter = NameFilter::all(&[
    "If-Match",
    "If-Unmodified-Since",
    "If-None-Match",
    "If-Modified-Since",
    "Range",
    "If-Range",
]);

/// False if a request asks for the whole in any case, as most do. A handler of another method than
/// GET and HEAD has done its work when its answer is there, so no condition can hold it back.
pub(crate) fn may_ask_for_less(request: &Request) -> bool {
    request.headers.names.may_hold(LESS) && is_reading(request)
}

fn is_reading(request: &Request) -> bool {
    matches!(request.method, Method::Get | Method::Head)
}

/// Decides by the conditional headers and the range of a request for something of `size` bytes, in
/// the order of RFC 9110 §13.2.2.
pub fn evaluate(request: &Request, validators: &Validators, size: u64) -> Verdict {
    let (headers, etag) = (&request.headers, &validators.etag);
    // As the client knows it: in whole seconds.
    let seconds = |time| UNIX_EPOCH + Duration::from_secs(date::unix_seconds(time));
    let modified = validators.modified.map(seconds);
    let reads = is_reading(request);
    // Whether the version is newer than the date of this field. A value that is not one date does
    // not count (§13.1.3, §13.1.4).
    let is_after = |name| Some(modified? > only(headers, name).and_then(date::parse)?);
    // 1. and 2. If-Match; without it, If-Unmodified-Since.
    let has_changed = match headers.contains("If-Match") {
        true => any_matches(headers, "If-Match", |tag| strongly_equal(tag, etag)) != Some(true),
        false => is_after("If-Unmodified-Since") == Some(true),
    };
    if has_changed {
        return Verdict::Failed;
    }
    // 3. and 4. If-None-Match; without it, If-Modified-Since, for GET and HEAD only.
    let is_known = match headers.contains("If-None-Match") {
        // If the list cannot be read, a change is refused.
        true => {
            any_matches(headers, "If-None-Match", |tag| weak(tag) == weak(etag)).unwrap_or(!reads)
        }
        false => reads && is_after("If-Modified-Since") == Some(false),
    };
    if is_known {
        return if reads { Verdict::NotModified } else { Verdict::Failed };
    }
    // 5. Range, for GET only (§14.2), unless If-Range says that the client's part is of another
    //    version.
    let range = only(headers, "Range").filter(|_| request.method == Method::Get);
    let range = range.filter(|_| range_applies(headers, validators));
    match range.and_then(|range| parse_range(range, size)) {
        None => Verdict::Whole,
        Some(range) if range.is_empty() => Verdict::OutOfRange,
        Some(range) => Verdict::Part(range),
    }
}

/// The value of a field that may come only once. Of two values, neither counts.
fn only<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name);
    values.next().filter(|_| values.next().is_none())
}

/// Whether a list of entity tags, `"a", W/"b"`, holds this one, or is `*`, which means any. `None`
/// if it is no such list. The tags are found by their quotes, since a tag may hold a comma.
fn any_matches(headers: &Headers, name: &str, is_it: impl Fn(&str) -> bool) -> Option<bool> {
    if only(headers, name).is_some_and(|list| list.trim() == "*") {
        return Some(true);
    }
    let mut found = false;
    for mut rest in headers.get_all(name) {
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                break;
            }
            let quoted = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
            let end = rest.len() - quoted.len() + quoted.find('"')? + 1;
            let (tag, behind) = rest.split_at(end);
            found |= is_it(tag);
            rest = behind.trim_start();
            if !rest.is_empty() && !rest.starts_with(',') {
                return None;
            }
        }
    }
    Some(found)
}

/// RFC 9110 §8.8.3.2: in a strong comparison both tags are strong, and equal.
fn strongly_equal(one: &str, other: &str) -> bool {
    one == other && !one.starts_with("W/")
}

/// For a weak comparison (§8.8.3.2): a tag without the mark of weakness.
fn weak(tag: &str) -> &str {
    tag.trim_start_matches("W/")
}

/// RFC 9110 §13.1.5: If-Range holds an entity tag, compared strongly, or a date, compared exactly.
fn range_applies(headers: &Headers, validators: &Validators) -> bool {
    if !headers.contains("If-Range") {
        return true;
    }
    let Some(condition) = only(headers, "If-Range") else { return false };
    if condition.starts_with('"') || condition.starts_with("W/") {
        return strongly_equal(condition, &validators.etag);
    }
    // A date of the present second is a weak mark: the file can change again within that second
    // (§8.8.2.2).
    let modified = validators.modified.map(date::unix_seconds);
    let settled = modified.is_some_and(|modified| modified < date::unix_seconds(SystemTime::now()));
    settled && date::parse(condition).map(date::unix_seconds) == modified
}

/// `bytes=0-499`, `bytes=500-`, `bytes=-500` (RFC 9110 §14.1.2).
///
/// `None` for another unit, several ranges or a wrong grammar (§14.2: a server "MAY ignore the
/// Range header field").
fn parse_range(text: &str, size: u64) -> Option<Range<u64>> {
    let (unit, range) = text.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !unit.eq_ignore_ascii_case("bytes") || !is_number(first) || !is_number(last) {
        return None;
    }
    // Digits that no u64 can hold are still a number, and after the end of every file.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    match (first, last) {
        ("", "") => None,
        // Of an empty file each part is nothing, and no Content-Range can say so.
        _ if size == 0 => None,
        ("", count) => Some(size.saturating_sub(number(count))..size),
        (first, "") => Some(number(first)..size),
        (first, last) if number(last) < number(first) => None,
        (first, last) => Some(number(first)..number(last).saturating_add(1).min(size)),
    }
}
