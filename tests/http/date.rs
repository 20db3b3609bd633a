use carafe::http::date::{format, parse, unix_seconds};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

#[test]
fn a_date_is_written_in_29_bytes_and_read_back() {
    for (seconds, text) in [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
        (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] {
        assert_eq!(format(at(seconds)), text);
        assert_eq!(parse(text), Some(at(seconds)), "{text}");
    }
}

#[test]
fn times_that_the_format_cannot_say_are_brought_into_its_range() {
    assert_eq!(format(UNIX_EPOCH - Duration::from_secs(1)), "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_eq!(format(at(253_402_300_800)), "Fri, 31 Dec 9999 23:59:59 GMT");
    assert_eq!(unix_seconds(UNIX_EPOCH - Duration::from_secs(1)), 0);
}

#[test]
fn every_day_of_three_centuries_is_read_back() {
    let mut weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"].iter().cycle();
    for day in 0..110_000 {
        let text = format(at(day * 86_400 + day % 86_400));
        assert_eq!(&text[..3], *weekdays.next().unwrap());
        assert_eq!(parse(&text), Some(at(day * 86_400 + day % 86_400)), "{text}");
    }
}

#[test]
fn three_formats_are_read() {
    for text in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        assert_eq!(parse(text), Some(at(784_111_777)), "{text}");
    }
}

#[test]
fn two_digits_of_a_year_mean_the_nearest_past_beyond_fifty_years() {
    let this_year: u64 = format(SystemTime::now())[12..16].parse().unwrap();
    for (ahead, meant) in [(0, this_year), (49, this_year + 49), (51, this_year - 49)] {
        let text = format!("Sunday, 06-Nov-{:02} 08:49:37 GMT", (this_year + ahead) % 100);
        assert_eq!(&format(parse(&text).unwrap())[12..16], meant.to_string(), "{text}");
    }
}

/// A client may name an older date than any computer has known.
#[test]
fn a_date_before_1970_is_read_too() {
    for (text, seconds) in [
        ("Wed, 31 Dec 1969 23:59:59 GMT", 1),
        ("Sat, 29 Oct 1960 19:43:31 GMT", 289_455_389),
        ("Mon Jan  1 00:00:00 1900", 2_208_988_800),
        ("Mon, 01 Jan 0001 00:00:00 GMT", 62_135_596_800),
    ] {
        assert_eq!(parse(text), Some(UNIX_EPOCH - Duration::from_secs(seconds)), "{text}");
    }
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        "now",
        "0",
        "784111777",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Nov 1994 08:49:37:00 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:00:61 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 1900 08:49:37 GMT",
        "Sun, 29 Feb 2023 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 November 1994 08:49:37 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Nov 10000 08:49:37 GMT",
        "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        "Sun, 06 Nov -1 08:49:37 GMT",
        "Sunday, 06-Nov-4 08:49:37 GMT",
        "Sun Nov 6 08:49:37 94",
        "Sun, é6 Nov 1994 08:49:37 GMT",
    ] {
        assert_eq!(parse(text), None, "{text}");
    }
}
