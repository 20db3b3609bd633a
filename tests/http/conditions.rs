//! What each conditional header comes to, alone and in company.

use carafe::http::conditions::{Validators, Verdict, evaluate};
use carafe::http::{Method, Request, date};
use std::time::{Duration, SystemTime};

const CHANGED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

fn verdict(method: Method, headers: &[(&str, &str)], etag: &str, size: u64) -> Verdict {
    let mut request = Request::new(method, "/");
    for (name, value) in headers {
        request.headers.append(name, *value);
    }
    let modified = date::parse(CHANGED).map(|second| second + Duration::from_millis(900));
    evaluate(&request, &Validators { etag: etag.into(), modified }, size)
}

/// One row per case: the headers, and what they come to for a GET of ten bytes marked "a", changed
/// at CHANGED.
type Row<'a> = (&'a [(&'a str, &'a str)], Verdict);

fn check(rows: &[Row]) {
    for (headers, expected) in rows {
        assert_eq!(verdict(Method::Get, headers, "\"a\"", 10), *expected, "{headers:?}");
    }
}

#[test]
fn if_none_match_asks_for_another_version() {
    check(&[
        (&[("If-None-Match", "\"a\"")], Verdict::NotModified),
        (&[("If-None-Match", "W/\"a\"")], Verdict::NotModified), // weak comparison
        (&[("If-None-Match", "\"b\", \"a\"")], Verdict::NotModified),
        (&[("If-None-Match", "\"b\""), ("If-None-Match", "\"a\"")], Verdict::NotModified),
        (&[("If-None-Match", "\"x,y\" , ,\"a\"")], Verdict::NotModified),
        (&[("If-None-Match", "*")], Verdict::NotModified),
        (&[("If-None-Match", "\"b\"")], Verdict::Whole),
        (&[("If-None-Match", "a")], Verdict::Whole),
        (&[("If-None-Match", "\"a")], Verdict::Whole),
        (&[("If-None-Match", "\"A\"")], Verdict::Whole),
        (&[("If-None-Match", "")], Verdict::Whole),
        (&[("If-None-Match", "\"a\" junk")], Verdict::Whole),
    ]);
    assert_eq!(
        verdict(Method::Head, &[("If-None-Match", "\"a\"")], "\"a\"", 10),
        Verdict::NotModified
    );
    assert_eq!(verdict(Method::Put, &[("If-None-Match", "*")], "\"a\"", 10), Verdict::Failed);
    assert_eq!(
        verdict(Method::Get, &[("If-None-Match", "\"a\"")], "W/\"a\"", 10),
        Verdict::NotModified
    );
}

#[test]
fn if_match_asks_for_this_version() {
    check(&[
        (&[("If-Match", "\"a\"")], Verdict::Whole),
        (&[("If-Match", "\"b\", \"a\"")], Verdict::Whole),
        (&[("If-Match", "*")], Verdict::Whole),
        (&[("If-Match", "\"b\"")], Verdict::Failed),
        (&[("If-Match", "W/\"a\"")], Verdict::Failed), // strong comparison
        (&[("If-Match", "\"b\"\t,,"), ("If-Match", " ,\"a\" ,")], Verdict::Whole),
    ]);
    assert_eq!(verdict(Method::Get, &[("If-Match", "W/\"a\"")], "W/\"a\"", 10), Verdict::Failed);
}

#[test]
fn a_list_of_tags_that_cannot_be_read_holds_back_a_change() {
    for list in
        ["\"z\" \"a\"", "\"a\" junk", "\"a\"; x", "a", "\"a\", b", "*, \"a\"", "\"a\", *", "**"]
    {
        for name in ["If-Match", "If-None-Match"] {
            assert_eq!(
                verdict(Method::Put, &[(name, list)], "\"a\"", 10),
                Verdict::Failed,
                "{list}"
            );
        }
    }
    let lists = [("If-None-Match", "\"b\""), ("If-None-Match", "*")];
    assert_eq!(verdict(Method::Put, &lists, "\"a\"", 10), Verdict::Failed);
    let lists = [("If-Match", "*"), ("If-Match", "\"b\"")];
    assert_eq!(verdict(Method::Put, &lists, "\"a\"", 10), Verdict::Failed);
    // A list that can be read, but for empty elements.
    assert_eq!(
        verdict(Method::Put, &[("If-None-Match", ",\"b\", ,")], "\"a\"", 10),
        Verdict::Whole
    );
}

#[test]
fn dates_are_compared_in_whole_seconds_and_only_if_they_are_one_date() {
    check(&[
        (&[("If-Modified-Since", CHANGED)], Verdict::NotModified),
        (&[("If-Modified-Since", AFTER)], Verdict::NotModified),
        (&[("If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT")], Verdict::NotModified),
        (&[("If-Modified-Since", "Sun Nov  6 08:49:37 1994")], Verdict::NotModified),
        (&[("If-Modified-Since", BEFORE)], Verdict::Whole),
        (&[("If-Modified-Since", "yesterday")], Verdict::Whole),
        (&[("If-Modified-Since", AFTER), ("If-Modified-Since", AFTER)], Verdict::Whole),
        (&[("If-Unmodified-Since", CHANGED)], Verdict::Whole),
        (&[("If-Unmodified-Since", BEFORE)], Verdict::Failed),
        (&[("If-Unmodified-Since", "yesterday")], Verdict::Whole),
        (&[("If-Unmodified-Since", "Sat, 29 Oct 1960 19:43:31 GMT")], Verdict::Failed),
        (&[("If-Modified-Since", "Sat, 29 Oct 1960 19:43:31 GMT")], Verdict::Whole),
        (&[("If-Unmodified-Since", BEFORE), ("If-Unmodified-Since", BEFORE)], Verdict::Whole),
    ]);
    // RFC 9110 §13.1.3: only GET and HEAD know If-Modified-Since.
    assert_eq!(verdict(Method::Post, &[("If-Modified-Since", AFTER)], "\"a\"", 10), Verdict::Whole);
}

#[test]
fn an_etag_goes_before_a_date_and_a_match_before_a_none_match() {
    check(&[
        (&[("If-None-Match", "\"b\""), ("If-Modified-Since", AFTER)], Verdict::Whole),
        (&[("If-None-Match", "\"a\""), ("If-Modified-Since", BEFORE)], Verdict::NotModified),
        (&[("If-Match", "\"a\""), ("If-Unmodified-Since", BEFORE)], Verdict::Whole),
        (&[("If-Match", "\"b\""), ("If-None-Match", "\"a\"")], Verdict::Failed),
        (&[("If-Match", "\"a\""), ("If-None-Match", "\"a\"")], Verdict::NotModified),
        (&[("If-None-Match", "\"a\""), ("Range", "bytes=0-1")], Verdict::NotModified),
        (&[("If-Match", "\"b\""), ("Range", "bytes=0-1")], Verdict::Failed),
        (&[("If-Match", "\"a\""), ("Range", "bytes=0-1")], Verdict::Part(0..2)),
    ]);
}

#[test]
fn a_range_is_a_part_or_nothing_or_not_understood() {
    for (range, expected) in [
        ("bytes=0-0", Verdict::Part(0..1)),
        ("bytes=0-9", Verdict::Part(0..10)),
        ("bytes=0-", Verdict::Part(0..10)),
        ("BYTES=2-4", Verdict::Part(2..5)),
        ("bytes=2-99999999999999999999999", Verdict::Part(2..10)),
        ("bytes=2-18446744073709551615", Verdict::Part(2..10)),
        ("bytes=-3", Verdict::Part(7..10)),
        ("bytes=-99999999999999999999999", Verdict::Part(0..10)),
        ("bytes=10-", Verdict::OutOfRange),
        ("bytes=10-10", Verdict::OutOfRange),
        ("bytes=-0", Verdict::OutOfRange),
        ("bytes=99999999999999999999999-99999999999999999999999", Verdict::OutOfRange),
        ("bytes=4-2", Verdict::Whole),
        ("bytes=-", Verdict::Whole),
        ("bytes=", Verdict::Whole),
        ("bytes", Verdict::Whole),
        ("bytes=0-1,3-4", Verdict::Whole),
        ("bytes=a-b", Verdict::Whole),
        ("bytes=+1-2", Verdict::Whole),
        ("bytes=1--2", Verdict::Whole),
        ("lines=0-1", Verdict::Whole),
    ] {
        assert_eq!(verdict(Method::Get, &[("Range", range)], "\"a\"", 10), expected, "{range}");
    }
    // RFC 9110 §14.2: Range is defined for GET only.
    for method in [Method::Head, Method::Post, Method::Put] {
        assert_eq!(verdict(method, &[("Range", "bytes=0-1")], "\"a\"", 10), Verdict::Whole);
    }
    assert_eq!(
        verdict(Method::Get, &[("Range", "bytes=0-1"), ("Range", "bytes=3-4")], "\"a\"", 10),
        Verdict::Whole
    );
}

#[test]
fn a_part_of_nothing_is_all_of_it() {
    for range in ["bytes=0-", "bytes=-5", "bytes=-0", "bytes=0-0"] {
        assert_eq!(
            verdict(Method::Get, &[("Range", range)], "\"a\"", 0),
            Verdict::Whole,
            "{range}"
        );
    }
}

#[test]
fn if_range_keeps_parts_of_two_versions_apart() {
    let range = ("Range", "bytes=0-1");
    check(&[
        (&[range, ("If-Range", "\"a\"")], Verdict::Part(0..2)),
        (&[range, ("If-Range", "\"b\"")], Verdict::Whole),
        (&[range, ("If-Range", "W/\"a\"")], Verdict::Whole),
        (&[range, ("If-Range", CHANGED)], Verdict::Part(0..2)),
        (&[range, ("If-Range", AFTER)], Verdict::Whole), // exactly the date, not "since" it
        (&[range, ("If-Range", BEFORE)], Verdict::Whole),
        (&[range, ("If-Range", "a")], Verdict::Whole),
        (&[range, ("If-Range", "\"a\""), ("If-Range", "\"b\"")], Verdict::Whole),
        (&[("Range", "bytes=10-"), ("If-Range", "\"b\"")], Verdict::Whole),
        (&[("If-Range", "\"a\"")], Verdict::Whole),
    ]);
    assert_eq!(
        verdict(Method::Get, &[range, ("If-Range", "W/\"a\"")], "W/\"a\"", 10),
        Verdict::Whole
    );
}

#[test]
fn a_date_of_this_second_is_too_young_for_if_range() {
    let now = SystemTime::now() + Duration::from_secs(1); // the clock may tick while this runs
    let mut request = Request::new(Method::Get, "/");
    request.headers.append("Range", "bytes=0-1");
    request.headers.append("If-Range", date::format(now));
    let validators = Validators { etag: "\"a\"".into(), modified: Some(now) };
    assert_eq!(evaluate(&request, &validators, 10), Verdict::Whole);
}

#[test]
fn without_a_date_the_date_conditions_do_not_count() {
    for name in ["If-Modified-Since", "If-Unmodified-Since"] {
        let mut request = Request::new(Method::Get, "/");
        request.headers.append(name, CHANGED);
        let validators = Validators { etag: "\"a\"".into(), modified: None };
        assert_eq!(evaluate(&request, &validators, 10), Verdict::Whole, "{name}");
    }
}
