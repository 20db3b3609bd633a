//! Deeper: a line of the journal, which says what one row has become.
//!
//! ```text
//! 5d8ef2f1 {"journal":"carafe","version":1}
//! 9b1c07ae {"kind":"session","key":"9f86d0818...","expires":1764000000000,"row":{"user":"Ada"}}
//! 04d2e6b3 {"kind":"session","key":"9f86d0818...","expires":null,"row":null}
//! ```
//!
//! The last line of a key counts; a row of `null` is a deletion. Times are milliseconds since 1970.
//! In front of each record stand the first eight digits of its SHA-256. A row that takes the place
//! of others names them, `"leaving":["04d2e6b3d..."]`: one line says the whole change, since
//! another process may read a line before the next one is written.

use crate::json;
use crate::value::Value;
use crate::web::sign::{hex, sha256};
use crate::web::store::memory_row::MemoryRow;
use std::sync::Arc;

/// The record of the first line.
const HEAD: &str = "{\"journal\":\"carafe\",\"version\":1}";

/// What a line says.
pub struct JournalLine {
    /// The kind's name; empty in a line about the journal itself.
    pub kind: String,
    /// The key, or its hash if it is a secret.
    pub key: String,
    /// The keys of the rows that leave for this one.
    pub leaving: Vec<String>,
    /// When the row expires; `u64::MAX`: never.
    pub expires: u64,
    /// The row as JSON; `None`: it was deleted.
    pub row: Option<MemoryRow>,
}

/// The first line.
pub fn head() -> String {
    with_checksum(HEAD)
}

/// A whole line, checksum and end included.
pub fn line_of(
    (kind, key): (&str, &str),
    leaving: &[Arc<str>],
    expires: u64,
    row: Option<&str>,
) -> String {
    let [kind, key] = [kind, key].map(|text| json::write(&Value::from(text)));
    let names: Value = leaving.iter().map(|key| Value::from(&**key)).collect();
    let names = format!(",\"leaving\":{}", json::write(&names));
    let leaving = if leaving.is_empty() { "" } else { &names };
    let expires = if expires == u64::MAX { "null".to_owned() } else { expires.to_string() };
    let row = row.unwrap_or("null");
    let front = format!("\"kind\":{kind},\"key\":{key}{leaving},\"expires\":{expires}");
    with_checksum(&format!("{{{front},\"row\":{row}}}"))
}

/// The second line of a journal that was written anew: a name that no other journal has.
pub fn mark(name: &str) -> String {
    line_of(("", name), &[], u64::MAX, None)
}

/// The last line of a journal that another one has followed: the name of that, and how many bytes
/// of it say what this one says.
pub fn successor(name: &str, bytes: u64) -> String {
    line_of(("", name), &[], bytes, None)
}

/// Reads a line without its end. An error says what is wrong with it.
pub fn parse_line(line: &[u8]) -> Result<JournalLine, &'static str> {
    let line = str::from_utf8(line).unwrap_or_default();
    let (found, record) = line.split_once(' ').unwrap_or_default();
    if found != checksum(record) {
        return Err("the line does not fit its checksum");
    }
    parse_record(record).ok_or("this is no record")
}

fn parse_record(record: &str) -> Option<JournalLine> {
    // The row stays text. No string before it can hold these letters: its quotes would be escaped.
    let (front, row) = record.strip_suffix('}')?.split_once(",\"row\":")?;
    let front = json::parse(format!("{front}}}").as_bytes()).ok()?;
    let text = |name| front.get(name).and_then(Value::as_str).map(str::to_owned);
    let leaving = front.get("leaving").and_then(Value::as_list).unwrap_or_default();
    let expires = front.get("expires")?.as_int().and_then(|time| u64::try_from(time).ok());
    Some(JournalLine {
        kind: text("kind")?,
        key: text("key")?,
        leaving: leaving.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        expires: expires.unwrap_or(u64::MAX),
        row: Some(row).filter(|row| *row != "null").map(MemoryRow::from),
    })
}

fn with_checksum(record: &str) -> String {
    format!("{} {record}\n", checksum(record))
}

fn checksum(record: &str) -> String {
    hex(&sha256(record.as_bytes())[..4])
}
