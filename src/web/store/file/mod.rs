//! Deeper: the file store, a table in memory and a journal on the disk.
//!
//! This is the fifth rung of the ladder. Reading is from memory. Each change is also added to the
//! [`journal`], a file that one can `cat`, and from which the table can be made again. So a restart
//! forgets nobody, not even after `kill -9` or a power cut:
//!
//! * **Nothing is promised before it is on the disk.** [`flush`](Store::flush) waits for that.
//!   While the disk works for one thread, the changes of the others gather, and the next turn makes
//!   them safe together. (Databases call it group commit.)
//! * **Several processes may share a file.** A writer takes the lock, reads what the others have
//!   added, and adds its own line. A reader looks whether the file has grown.
//! * **A journal that has grown is written anew** a piece at a time, see [`rewrite`].
//! * A session's id stands there as its SHA-256: who reads the file cannot be the visitor.
//! * A use of a row is written only once in an eighth of its lifetime.
//! * A clock that is set back stands still here until it is right again.
//!
//! Left out: rows that do not fit into memory, and a file on a network disk, whose locks and
//! flushes may not be true.

mod journal;
mod journal_line;
mod rewrite;

use super::change::{self, Swapped};
use super::keys::{HeldRow, KeyPage, PAGE};
use super::kind::{StoreClock, milliseconds, time_of_day};
use super::row_table::{RowTable, SeenRow};
use super::{AllRows, Change, Kind, Lookup, Store, StoreError, Updated, decode};
use crate::cycle::StorePlace;
use journal::{Journal, sync_folder};
use journal_line::{JournalLine, line_of};
use rewrite::Rewrite;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Below this size a journal is not worth writing anew.
const SMALL_BYTES: u64 = 1 << 20;

/// Keeps rows in a file.
pub struct FileStore {
    table: Mutex<FileTable>,
    /// How many changes are on the disk. The thread that makes the next ones safe holds this lock,
    /// and the others wait for it.
    safe: Mutex<u64>,
    /// The time since 1970.
    clock: StoreClock,
    warning: Option<String>,
}

/// The rows, as far as the journal was read.
struct FileTable {
    journal: Journal,
    rows: RowTable,
    rewrite: Option<Rewrite>,
    /// The latest time that the clock has shown, in milliseconds.
    now: u64,
    /// What the disk could not do. Then nobody knows what is on it, and nothing is promised.
    failure: Option<String>,
}

impl FileStore {
    /// Opens the journal of this name, or makes one.
    ///
    /// # Errors
    ///
    /// A sentence that names the file, and the line with a way out if one is damaged.
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
        let (table, safe, clock) = (Mutex::new(table), Mutex::default(), Box::new(clock));
        Ok(FileStore { table, safe, clock, warning: (cut > 0).then_some(warning) })
    }

    /// What had to be put right when the file was opened: a torn tail.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// The table, with all in it that other processes have added up to now.
    fn fresh(&self) -> Result<MutexGuard<'_, FileTable>, StoreError> {
        let mut table = locked(&self.table);
        table.now = table.now.max(milliseconds((self.clock)()));
        let FileTable { journal, rows, .. } = &mut *table;
        journal.read_news(|line| apply(rows, line))?;
        Ok(table)
    }

    /// Puts a text in the place of the row that was seen, if that is still there.
    fn swap(
        &self,
        (kind, key): (&Kind, &str),
        seen: Option<&SeenRow>,
        new: Option<&str>,
    ) -> Result<Swapped<SeenRow>, StoreError> {
        let mut table = locked(&self.table);
        table.check()?;
        let FileTable { journal, rows, now, .. } = &mut *table;
        let (_lock, _) = journal.lock(|line| apply(rows, line))?;
        let rows = rows.rows(kind.name, kind.most);
        let swapped = rows.swap((kind, key, *now), seen, new.map(Arc::from), |leaving| {
            let gone = leaving.iter().map(|key| line_of(kind.name, key, u64::MAX, None));
            let expires = if new.is_some() { kind.expires(*now) } else { u64::MAX };
            let line = line_of(kind.name, key, expires, new);
            Ok(journal.append(&gone.chain([line]).collect::<String>())?)
        })?;
        table.rewrite();
        Ok(swapped)
    }
}

impl Store for FileStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        let key = kind.stored_key(key);
        let mut table = self.fresh()?;
        let now = table.now;
        let seen = match table.rows.rows(kind.name, kind.most).touch(&key, now) {
            Ok(seen) => seen,
            Err(refusal) => return Ok(Lookup::Refused(refusal)),
        };
        drop(table);
        let eighth = kind.milliseconds().unwrap_or(0) / 8;
        if kind.expires(now) > seen.expires.saturating_add(eighth) {
            // If there is no room for the line, the row expires too early, but it is shown now.
            let _ = self.swap((kind, &key), Some(&seen), Some(&seen.text));
        }
        Ok(Lookup::Found(decode(seen.as_ref())?))
    }

    fn update(&self, kind: &Kind, key: &str, change: Change<'_>) -> Result<Updated, StoreError> {
        let stored = kind.stored_key(key);
        let mut table = self.fresh()?;
        let now = table.now;
        let seen = table.rows.rows(kind.name, kind.most).touch(&stored, now).ok();
        drop(table);
        change::update((kind, key), seen, change, |seen, new| self.swap((kind, &stored), seen, new))
    }

    fn flush(&self) -> Result<(), StoreError> {
        let changes = locked(&self.table).journal.changes;
        let mut safe = locked(&self.safe);
        if *safe < changes {
            let mut table = locked(&self.table);
            let (file, changes) = (Arc::clone(&table.journal.file), table.journal.changes);
            let is_new = std::mem::take(&mut table.journal.is_new);
            let new = is_new.then(|| table.journal.path.clone());
            let copy = table.rewrite.as_ref().map(|rewrite| Arc::clone(&rewrite.file));
            // Others write on while the disk works.
            drop(table);
            let named = || new.map_or(Ok(()), |path| sync_folder(&path));
            match file.sync_data().and_then(|()| named()) {
                Ok(()) => *safe = changes,
                Err(error) => {
                    let why = format!("the disk failed, and carafe must be restarted: {error}");
                    locked(&self.table).failure = Some(why);
                }
            }
            // What was copied is made safe here too, so that little is left to do under the lock.
            let _ = copy.map(|file| file.sync_data());
        }
        locked(&self.table).check()
    }

    fn all_rows(&self) -> &dyn AllRows {
        self
    }

    fn place(&self) -> StorePlace {
        StorePlace::File
    }
}

impl AllRows for FileStore {
    fn page_of_keys(&self, kind: &Kind, at: u64) -> Result<KeyPage, StoreError> {
        let mut table = self.fresh()?;
        let now = table.now;
        let (keys, is_last) = table.rows.rows(kind.name, kind.most).keys(at as usize, now);
        Ok(KeyPage { keys, next: (!is_last).then_some(at + PAGE as u64) })
    }

    fn inspect(&self, see: &mut dyn FnMut(&HeldRow)) {
        if let Ok(table) = self.fresh() {
            table.rows.inspect(table.now, see);
        }
    }
}

impl FileTable {
    /// Reads the whole journal. Also returns how many bytes of a torn tail were cut off.
    fn open(path: &Path) -> io::Result<(FileTable, u64)> {
        let (mut journal, mut rows) = (Journal::open(path)?, RowTable::default());
        // Reading takes long. It needs no lock, so other processes go on.
        journal.read_news(|line| apply(&mut rows, line))?;
        let (_lock, torn) = journal.lock(|line| apply(&mut rows, line))?;
        rows.sort();
        Ok((FileTable { journal, rows, rewrite: None, now: 0, failure: None }, torn))
    }

    /// Writes one piece of the new journal, if it is time for one. The lock is held.
    fn rewrite(&mut self) {
        // Another process may have been faster.
        self.rewrite.take_if(|rewrite| !rewrite.is_of(&self.journal));
        let is_large = self.journal.bytes > SMALL_BYTES.max(self.journal.began * 2);
        if (is_large || self.rewrite.is_some()) && self.rewrite_piece().is_err() {
            // If there was no room for the new file, the old one goes on growing for a while.
            self.journal.began = self.journal.bytes;
        }
    }

    fn rewrite_piece(&mut self) -> io::Result<()> {
        let rewrite = self.rewrite.take();
        let mut rewrite = rewrite.map_or_else(|| Rewrite::begin(&self.journal), Ok)?;
        if rewrite.write_piece(&self.journal, &self.rows)? {
            rewrite.finish(&self.journal)?;
            self.journal.read_news(|line| apply(&mut self.rows, line))?;
        } else {
            self.rewrite = Some(rewrite);
        }
        Ok(())
    }

    fn check(&self) -> Result<(), StoreError> {
        self.failure.clone().map_or(Ok(()), |failure| Err(StoreError::Unreachable(failure)))
    }
}

/// Does what a line of the journal says. Without a line, everything is read again.
fn apply(rows: &mut RowTable, line: Option<JournalLine>) {
    match line {
        None => *rows = RowTable::default(),
        Some(JournalLine { kind, .. }) if kind.is_empty() => {}
        Some(JournalLine { kind, key, expires, row }) => {
            let rows = rows.rows(&kind, 0);
            match row {
                Some(text) => rows.put(&key, text, expires),
                None => rows.remove(&key),
            }
        }
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
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
