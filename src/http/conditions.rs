//! Does the client have it already, and may it change it? The conditional headers, in their order
//! of precedence.
//!
//! A server marks each version of a resource: with an `ETag` (any text that changes when the
//! content does) and a `Last-Modified` date. A client that kept a copy sends the mark back:
//! `If-None-Match` means "only if it has changed", `If-Match` "only if it has not". And `Range`
//! asks for a part of it.
//!
//! Left out: several ranges in one answer (`multipart/byteranges`). Such a request gets the whole.

use super::date;
use super::{Headers, Method, Request};
use std::ops::Range;
use std::time::SystemTime;

/// The marks of the version that the server has now.
#[derive(Clone, Debug)]
pub struct Validators {
    /// The entity tag with its quotes: `"5f-1a2b"`, or `W/"..."` for a weak one.
    pub etag: String,
    /// When it was last changed; HTTP dates know whole seconds.
    pub modified: Option<SystemTime>,
}

/// What the conditions of a request come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send all of it: 200.
    Whole,
    /// Send these bytes: 206.
    Part(Range<u64>),
    /// The client has it: 304.
    NotModified,
    /// It is not what the client thinks: 412.
    Failed,
    /// The range begins behind the end: 416.
    OutOfRange,
}

/// Weighs the conditional headers and the range of a request for something of `size` bytes.
///
/// The order is that of RFC 9110 §13.2.2: each step is reached only if those before it let the
/// request pass.
pub fn evaluate(request: &Request, validators: &Validators, size: u64) -> Verdict {
    let headers = &request.headers;
    let modified = validators.modified.map(date::unix_seconds);
    let date_of = |name| only(headers, name).and_then(date::parse).map(date::unix_seconds);
    let reads = matches!(request.method, Method::Get | Method::Head);

    // 1. and 2. If-Match; without it, If-Unmodified-Since. What is not one date is no condition
    //    (§13.1.3, §13.1.4).
    if headers.contains("If-Match") {
        if !any_matches(headers, "If-Match", &validators.etag, strongly_equal) {
            return Verdict::Failed;
        }
    } else if let (Some(since), Some(modified)) = (date_of("If-Unmodified-Since"), modified)
        && modified > since
    {
        return Verdict::Failed;
    }
    // 3. and 4. If-None-Match; without it, If-Modified-Since, which only GET and HEAD have.
    if headers.contains("If-None-Match") {
        if any_matches(headers, "If-None-Match", &validators.etag, weakly_equal) {
            return if reads { Verdict::NotModified } else { Verdict::Failed };
        }
    } else if let (true, Some(since), Some(modified)) =
        (reads, date_of("If-Modified-Since"), modified)
        && modified <= since
    {
        return Verdict::NotModified;
    }
    // 5. Range, which only GET has (§14.2), unless an If-Range says that the client's part is of
    //    another version.
    match only(headers, "Range") {
        Some(range) if request.method == Method::Get && range_applies(headers, validators) => {
            parse_range(range, size)
        }
        _ => Verdict::Whole,
    }
}

/// The value of a field that may come but once. Of two, neither counts: who knows which was meant?
fn only<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name);
    values.next().filter(|_| values.next().is_none())
}

/// True if a list of entity tags holds this one, or is `*`, which stands for any.
fn any_matches(headers: &Headers, name: &str, etag: &str, equal: fn(&str, &str) -> bool) -> bool {
    headers
        .get_all(name)
        .any(|list| list.trim() == "*" || entity_tags(list).any(|tag| equal(tag, etag)))
}

/// The tags of `"a", W/"b"`. A comma may stand inside the quotes, so the quotes are what is looked
/// for.
fn entity_tags(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let opened = if rest.starts_with("W/\"") {
            3
        } else if rest.starts_with('"') {
            1
        } else {
            return None;
        };
        let end = opened + rest[opened..].find('"')? + 1;
        let (tag, behind) = rest.split_at(end);
        rest = behind;
        Some(tag)
    })
}

/// RFC 9110 §8.8.3.2: strong comparison: both are strong, and equal.
fn strongly_equal(one: &str, other: &str) -> bool {
    one == other && !one.starts_with("W/")
}

/// RFC 9110 §8.8.3.2: weak comparison: equal but for the mark of weakness.
fn weakly_equal(one: &str, other: &str) -> bool {
    one.trim_start_matches("W/") == other.trim_start_matches("W/")
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
    // A date of this very second is a weak mark: the file may change again within it (§8.8.2.2).
    // One that has passed is taken for a strong one, though the file may have changed twice in it:
    // who wants to be sure sends the ETag.
    let modified = validators.modified.map(date::unix_seconds);
    let settled = modified.is_some_and(|modified| modified < date::unix_seconds(SystemTime::now()));
    settled && date::parse(condition).map(date::unix_seconds) == modified
}

/// `bytes=0-499`, `bytes=500-`, `bytes=-500` (RFC 9110 §14.1.2).
///
/// Another unit, several ranges, or anything that breaks the grammar is answered with the whole
/// (§14.2: a server "MAY ignore the Range header field").
fn parse_range(text: &str, size: u64) -> Verdict {
    let Some((unit, range)) = text.split_once('=') else { return Verdict::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Verdict::Whole };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !unit.eq_ignore_ascii_case("bytes") || !is_number(first) || !is_number(last) {
        return Verdict::Whole;
    }
    // More digits than fit is still a number, and beyond any file.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    let range = match (first, last) {
        ("", "") => return Verdict::Whole,
        // The last bytes of nothing can be had, but no Content-Range can name them.
        ("", count) if size == 0 && number(count) > 0 => return Verdict::Whole,
        ("", count) => size.saturating_sub(number(count))..size,
        (first, "") => number(first)..size,
        (first, last) if number(last) < number(first) => return Verdict::Whole,
        (first, last) => number(first)..number(last).saturating_add(1).min(size),
    };
    if range.start < range.end { Verdict::Part(range) } else { Verdict::OutOfRange }
}
