//! The rows that a journal comes to, in the order of their last use.
//!
//! Under one lock with the journal, so plain maps will do: one finds a row by its key, the other
//! the longest unused one.

use super::journal::Record;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Rows of all kinds.
#[derive(Default)]
pub struct Rows {
    kinds: HashMap<String, OneKind>,
    /// The number of the next use.
    next_use: u64,
    /// How long the journal would be if it held each row once.
    pub bytes: u64,
}

#[derive(Default)]
struct OneKind {
    rows: HashMap<Arc<str>, Row>,
    /// Key by number of last use. Rows of one kind live equally long, so the first one also expires
    /// first.
    order: BTreeMap<u64, Arc<str>>,
}

/// A row, and what the journal says about it.
pub struct Row {
    /// The row as JSON.
    pub text: Arc<str>,
    /// When it expires, as the last use has it; `None`: never.
    pub expires: Option<u64>,
    /// When it expires, as the journal has it.
    pub written_expires: Option<u64>,
    used: u64,
    /// How long its line is.
    bytes: u64,
}

impl Row {
    fn is_expired(&self, now: u64) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

impl Rows {
    /// Does what a line of the journal says.
    pub fn apply(&mut self, record: Record, bytes: u64) {
        self.remove(&record.kind, &record.key);
        let Some(text) = record.row else { return };
        let used = self.next_use;
        self.next_use += 1;
        self.bytes += bytes;
        let kind = self.kinds.entry(record.kind).or_default();
        let key: Arc<str> = record.key.into();
        kind.order.insert(used, key.clone());
        let row =
            Row { text, expires: record.expires, written_expires: record.expires, used, bytes };
        kind.rows.insert(key, row);
    }

    /// A row that may have expired.
    pub fn get(&self, kind: &str, key: &str) -> Option<&Row> {
        self.kinds.get(kind)?.rows.get(key)
    }

    /// A row that has not expired.
    pub fn living(&self, kind: &str, key: &str, now: u64) -> Option<&Row> {
        self.get(kind, key).filter(|row| !row.is_expired(now))
    }

    /// Notes a use: the row is the newest now, and lives until then.
    pub fn touch(&mut self, kind: &str, key: &str, expires: Option<u64>) {
        let Some(kind) = self.kinds.get_mut(kind) else { return };
        let Some(row) = kind.rows.get_mut(key) else { return };
        if let Some(key) = kind.order.remove(&row.used) {
            kind.order.insert(self.next_use, key);
        }
        (row.used, row.expires) = (self.next_use, expires);
        self.next_use += 1;
    }

    /// Takes a row out.
    pub fn remove(&mut self, kind: &str, key: &str) {
        let Some(kind) = self.kinds.get_mut(kind) else { return };
        if let Some(row) = kind.rows.remove(key) {
            kind.order.remove(&row.used);
            self.bytes -= row.bytes;
        }
    }

    /// Takes out the rows of a kind whose time is over. No line says so: each process sees it by
    /// its own clock.
    pub fn sweep(&mut self, kind: &str, now: u64) {
        let is_over = |key: &Arc<str>| self.living(kind, key, now).is_none();
        let over: Vec<Arc<str>> = self.oldest_keys(kind).take_while(is_over).collect();
        for key in over {
            self.remove(kind, &key);
        }
    }

    /// The keys of a kind, the longest unused first.
    pub fn oldest_keys(&self, kind: &str) -> impl Iterator<Item = Arc<str>> {
        self.kinds.get(kind).into_iter().flat_map(|kind| kind.order.values().cloned())
    }

    /// How many rows of a kind there are.
    pub fn len(&self, kind: &str) -> usize {
        self.kinds.get(kind).map_or(0, |kind| kind.rows.len())
    }

    /// Each row as a record, the longest unused first: whoever reads them finds the same order.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        self.kinds.iter().flat_map(|(name, kind)| {
            kind.order.values().filter_map(|key| {
                let row = kind.rows.get(key)?;
                let (kind, key) = (name.clone(), key.to_string());
                Some(Record { kind, key, expires: row.expires, row: Some(row.text.clone()) })
            })
        })
    }
}
