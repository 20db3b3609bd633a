//! Deeper: the file store, a table in memory and a journal on the disk.
//!
//! This is the fifth rung of the ladder. Reading is from memory. Each change is also added to the
//! [`journal`], a file that one can `cat`, and from which the table can be made again. So a restart
//! forgets nobody, not even after `kill -9` or a power cut:
//!
//! * **Nothing is promised before it is on the disk.** [`flush`](Store::flush) waits for that. All
//!   who wait share it: while the disk works for the first, the changes of the others gather, and
//!   the next turn makes them safe together. (Databases call it group commit.)
//! * **Several processes may share a file.** A writer takes the lock, reads what the others have
//!   added, and adds its own line. A reader looks whether the file has grown.
//! * **A journal that has grown is written anew** a piece at a time, see [`rewrite`].
//! * The id of a session stands in the file as its SHA-256: a person who reads the file cannot be
//!   the visitor.
//! * A look at a row is a use, and the row's lifetime begins again. But this is written only once
//!   in an eighth of the lifetime.
//! * A clock that is set back stands still here until it is right again, so that no row gets a time
//!   of the past.
//!
//! Left out: rows that do not fit into memory, and a file on a network disk, whose locks and
//! flushes may not be true.

mod file_table;
mod journal;
mod rewrite;

use super::change::{self, Swapped};
use super::{Clock, Kind, Lookup, Store, StoreError, Updated, decode, milliseconds, time_of_day};
use crate::cycle::StorePlace;
use crate::value::Map;
use file_table::FileTable;
use journal::{JournalLine, sync_folder};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Keeps rows in a file.
pub struct FileStore {
    table: Mutex<FileTable>,
    safe: Mutex<Safe>,
    /// Wakes those who wait for `safe`.
    became_safe: Condvar,
    /// The time since 1970.
    clock: Clock,
    warning: Option<String>,
}

/// How much is on the disk.
#[derive(Default)]
struct Safe {
    changes: u64,
    /// True while a thread waits for the disk on behalf of all.
    busy: bool,
    /// What the disk could not do. Then nobody knows what it did with the changes, so nothing is
    /// promised any more.
    failure: Option<String>,
}

impl FileStore {
    /// Opens the journal of this name, or makes one.
    ///
    /// # Errors
    ///
    /// A sentence that names the file: it cannot be opened or written, or one of its lines is
    /// damaged, with the number of the line and a way out.
    pub fn open(path: &Path) -> Result<FileStore, String> {
        FileStore::with_clock(path, time_of_day)
    }

    /// The same, with a clock of the caller's: a test lets an hour pass without waiting for it.
    ///
    /// # Errors
    ///
    /// As [`open`](FileStore::open).
    pub fn with_clock(
        path: &Path,
        clock: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Result<FileStore, String> {
        let name = path.display();
        let (table, cut) = FileTable::open(path).map_err(|error| match error.kind() {
            ErrorKind::InvalidData => error.to_string(),
            _ => format!("{name}: {error}"),
        })?;
        let warning =
            format!("{name}: cut off {cut} bytes of a change that was not wholly written");
        let warning = (cut > 0).then_some(warning);
        let (table, safe, became_safe) = (Mutex::new(table), Mutex::default(), Condvar::new());
        Ok(FileStore { table, safe, became_safe, clock: Box::new(clock), warning })
    }

    /// What had to be put right when the file was opened: a torn tail.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// The table, with all in it that other processes have added up to now.
    fn fresh(&self) -> Result<MutexGuard<'_, FileTable>, StoreError> {
        let mut table = unpoisoned(self.table.lock());
        table.now = table.now.max(milliseconds((self.clock)()));
        table.read_news()?;
        Ok(table)
    }

    /// Puts a text in the place of the row that was seen, if that is still there.
    fn swap(
        &self,
        kind: &Kind,
        key: &str,
        seen: Option<&String>,
        new: Option<&str>,
    ) -> Result<Swapped<String>, StoreError> {
        unpoisoned(self.safe.lock()).check()?;
        let mut table = unpoisoned(self.table.lock());
        let (_lock, _) = table.lock()?;
        let found = table.touch(kind, key).ok().map(|row| row.text.to_string());
        if found.as_ref() != seen {
            return Ok(Swapped::Changed(found));
        }
        if seen.is_some() || new.is_some() {
            let mut lines = if seen.is_none() { table.make_room(kind)? } else { Vec::new() };
            let (expires, row) = (kind.expires(table.now), new.map(Arc::from));
            lines.push(JournalLine { kind: kind.name.into(), key: key.into(), expires, row });
            table.write(lines)?;
        }
        Ok(Swapped::Done)
    }

    /// Waits for the disk. Returns how many changes are safe now.
    fn sync(&self) -> io::Result<u64> {
        let (file, copy, changes, moved) = {
            let mut table = unpoisoned(self.table.lock());
            let moved = std::mem::take(&mut table.moved).then(|| table.journal.path.clone());
            let copy = table.rewrite.as_ref().map(|rewrite| Arc::clone(&rewrite.file));
            (Arc::clone(&table.journal.file), copy, table.changes, moved)
        };
        // The lock has ended: others write on while the disk works.
        file.sync_data()?;
        if let Some(path) = moved {
            sync_folder(&path)?;
        }
        // What was copied is made safe here too, so that little is left to do under the lock.
        let _ = copy.map(|file| file.sync_data());
        Ok(changes)
    }
}

impl Store for FileStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        let key = kind.stored_key(key);
        let mut table = self.fresh()?;
        let expires = kind.expires(table.now);
        let (text, written) = match table.touch(kind, &key) {
            Ok(row) => (row.text.to_string(), row.written_expires),
            Err(refusal) => return Ok(Lookup::Refused(refusal)),
        };
        drop(table);
        let eighth = kind.lifetime.map_or(0, milliseconds) / 8;
        if expires > written.saturating_add(eighth) {
            // If there is no room for the line, the row expires too early. That is better than not
            // to show it now.
            let _ = self.swap(kind, &key, Some(&text), Some(&text));
        }
        Ok(Lookup::Found(decode(text.as_bytes())?))
    }

    fn update(
        &self,
        kind: &Kind,
        key: &str,
        change: &mut dyn FnMut(&mut Option<Map>),
    ) -> Result<Updated, StoreError> {
        let stored = kind.stored_key(key);
        let seen = self.fresh()?.touch(kind, &stored).ok().map(|row| row.text.to_string());
        change::update((kind, key), seen, change, |seen, new| self.swap(kind, &stored, seen, new))
    }

    fn flush(&self) -> Result<(), StoreError> {
        let changes = unpoisoned(self.table.lock()).changes;
        let is_waiting = |safe: &mut Safe| safe.busy && safe.changes < changes;
        let safe = unpoisoned(self.safe.lock());
        let mut safe = unpoisoned(self.became_safe.wait_while(safe, is_waiting));
        safe.check()?;
        if safe.changes < changes {
            safe.busy = true;
            drop(safe);
            let synced = self.sync();
            safe = unpoisoned(self.safe.lock());
            safe.busy = false;
            match synced {
                Ok(changes) => safe.changes = changes,
                Err(error) => {
                    let why = format!("the disk failed, and carafe must be restarted: {error}");
                    safe.failure = Some(why);
                }
            }
            self.became_safe.notify_all();
        }
        safe.check()
    }

    fn place(&self) -> StorePlace {
        StorePlace::File
    }
}

impl Safe {
    fn check(&self) -> Result<(), StoreError> {
        self.failure.clone().map_or(Ok(()), |failure| Err(StoreError::Unreachable(failure)))
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> StoreError {
        match error.kind() {
            ErrorKind::InvalidData => StoreError::Damaged(error.to_string()),
            _ => StoreError::Unreachable(error.to_string()),
        }
    }
}

/// No code of a handler runs under these locks, so no panic of one leaves anything half changed.
fn unpoisoned<T>(locked: Result<T, PoisonError<T>>) -> T {
    locked.unwrap_or_else(PoisonError::into_inner)
}
