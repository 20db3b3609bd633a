//! Deeper: Dates in HTTP: one format to write, three to read.
//!
//! `Sun, 06 Nov 1994 08:49:37 GMT` has always 29 bytes, Greenwich time and English names. The
//! calendar is arithmetic on days since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date
//! Algorithms", 2013: `days_from_civil` and `civil_from_days`).
//!
//! Left out: leap seconds, which Unix time does not have.

use std::ops::{Range, RangeInclusive};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_SECONDS: u64 = 86_400;
/// From 1 March of the year 0, where the arithmetic begins, to 1 January 1970.
const DAYS_BEFORE_1970: u64 = 719_468;

/// Seconds since 1970. A time before 1970 counts as 1970.
pub fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The date as HTTP writes it: `IMF-fixdate` (RFC 9110 §5.6.7). A time before 1970 is written as
/// the first second of 1970, and one after the year 9999 as its last.
pub fn format(time: SystemTime) -> String {
    // The format has four digits for the year.
    let seconds = unix_seconds(time).min(253_402_300_799);
    let (days, second) = (seconds / DAY_SECONDS, seconds % DAY_SECONDS);
    let (year, month, day) = civil_from_days(days + DAYS_BEFORE_1970);
    // 1 January 1970 was a Thursday.
    let (weekday, month) = (DAYS[((days + 3) % 7) as usize], MONTHS[month - 1]);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// The last lines of the head of an answer, made once a second: the `Date` header and the empty
/// line.
#[derive(Default)]
pub(crate) struct CachedDate {
    /// The moments for which the text is right.
    second: Option<Range<SystemTime>>,
    text: String,
}

impl CachedDate {
    /// The lines at this time.
    pub fn date_and_end(&mut self, time: SystemTime) -> &str {
        if !self.second.as_ref().is_some_and(|second| second.contains(&time)) {
            let start = UNIX_EPOCH + Duration::from_secs(unix_seconds(time));
            self.second = Some(start..start + Duration::from_secs(1));
            self.text = format!("Date: {}\r\n\r\n", format(time));
        }
        &self.text
    }
}

/// Reads a date in one of the three formats that a recipient must accept (RFC 9110 §5.6.7). `None`
/// if it has none of them.
pub fn parse(text: &str) -> Option<SystemTime> {
    let words: Vec<&str> = text.split([' ', ',', '-']).filter(|word| !word.is_empty()).collect();
    let (day, month, year, time) = match words[..] {
        // Sun Nov  6 08:49:37 1994: the C library's format.
        [_, month, day, time, year] if year.len() == 4 => (day, month, year, time),
        // Sun, 06 Nov 1994 08:49:37 GMT, and Sunday, 06-Nov-94 08:49:37 GMT of RFC 850.
        [_, day, month, year, time, "GMT"] => (day, month, year, time),
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let day = number(day, 1..=31)?;
    let written = number(year, 0..=9999)?;
    let year = match year.len() {
        2 => full_year(written),
        4 if written > 0 => written,
        _ => return None,
    };
    let [hour, minute, second] = time.split(':').collect::<Vec<_>>()[..] else { return None };
    let clock =
        number(hour, 0..=23)? * 3600 + number(minute, 0..=59)? * 60 + number(second, 0..=60)?;
    let days = days_from_civil(year, month, day);
    let is_day = civil_from_days(days) == (year, month, day);
    // The sum counts from the year 0, since a client may name a date before 1970.
    let time = UNIX_EPOCH + Duration::from_secs(days * DAY_SECONDS + clock);
    time.checked_sub(Duration::from_secs(DAYS_BEFORE_1970 * DAY_SECONDS)).filter(|_| is_day)
}

/// The name of a month, as dates have it, at the front of a word in any case of letters.
pub(super) fn month(word: &str) -> Option<&'static str> {
    let front = word.get(..3)?;
    MONTHS.into_iter().find(|name| name.eq_ignore_ascii_case(front))
}

/// Two digits mean a year that ends with them, at most 50 years in the future (RFC 9110 §5.6.7).
fn full_year(short: u64) -> u64 {
    let (now, _, _) =
        civil_from_days(unix_seconds(SystemTime::now()) / DAY_SECONDS + DAYS_BEFORE_1970);
    let this_century = now / 100 * 100 + short;
    if this_century > now + 50 { this_century - 100 } else { this_century }
}

fn number(text: &str, range: RangeInclusive<u64>) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| plain && range.contains(number))
}

/// The year, the month from 1 and the day from 1, of a number of days since 1 March of the year 0.
/// The arithmetic starts each year in March, so that the leap day is its last day.
fn civil_from_days(days: u64) -> (u64, usize, u64) {
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month as usize, day)
}

/// The number of days since 1 March of the year 0, of a year, a month and a day from 1.
fn days_from_civil(year: u64, month: usize, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let leap_days = year / 4 - year / 100 + year / 400;
    let month_from_march = (month as u64 + 9) % 12;
    year * 365 + leap_days + (153 * month_from_march + 2) / 5 + day - 1
}
