//! Deeper: the file store, a table in memory and a journal on the disk.
//!
//! This is the fifth rung of the ladder. Reading is from memory. Each change is also added to the
//! [`journal`], a file that one can `cat`, and from which the table can be made again. So a restart
//! forgets nobody, not even after `kill -9` or a power cut:
//!
//! * **Nothing is promised before it is on the disk.** [`flush`](Store::flush) waits for that.
//!   While the disk works for one thread, the changes of the others gather, and the next turn makes
//!   them safe together. (Databases call it group commit.)
//! * **Several processes may share a file**, and one that has grown is written anew: see
//!   [`journal`] and [`rewrite`].
//! * A session's id stands there as its SHA-256: who reads the file cannot be the visitor.
//! * A use of a row is written only once in an eighth of its lifetime.
//! * A clock that is set back stands still here until it is right again.
//!
//! Left out: rows that do not fit into memory, and a file on a network disk, whose locks and
//! flushes may not be true.

mod disk;
mod journal;
mod journal_line;
mod rewrite;

use super::change::{self, Swapped, locked};
use super::keys::{HeldRow, KeyPage, PAGE};
use super::kind::{StoreClock, milliseconds, time_of_day};
use super::{Change, Kind, Lookup, Store, StoreError, Updated, encode};
use crate::cycle::StorePlace;
use disk::open_folder;
use journal::Journal;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// Keeps rows in a file, which several processes may share.
pub struct FileStore {
    journal: Mutex<Journal>,
    /// How much of the journal's `progress` is on the disk. The thread that makes the next changes
    /// safe holds this lock, and the others wait for it.
    flushed: Mutex<u64>,
    /// The journal's folder. It stays open, so that a flush works also without a free descriptor.
    folder: Option<File>,
    /// The time since 1970.
    clock: StoreClock,
    warning: Option<String>,
}

impl FileStore {
    /// Opens the journal of this name, or makes one.
    ///
    /// # Errors
    ///
    /// What the disk could not do; of the kind `InvalidData` if the file is damaged or another one.
    /// The text names the file, and in a damaged one the line and a way out.
    pub fn open(path: &Path) -> io::Result<FileStore> {
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
    ) -> io::Result<FileStore> {
        let name = path.display();
        let opened = Journal::open(path)
            .and_then(|(journal, cut)| Ok((open_folder(&journal.path)?, journal, cut)));
        let (folder, journal, cut) = opened.map_err(|error| match error.kind() {
            ErrorKind::InvalidData => error,
            kind => io::Error::new(kind, format!("{name}: {error}")),
        })?;
        let warning =
            format!("{name}: cut off {cut} bytes of a change that was not wholly written");
        let (journal, flushed, clock) = (Mutex::new(journal), Mutex::default(), Box::new(clock));
        Ok(FileStore { journal, flushed, folder, clock, warning: (cut > 0).then_some(warning) })
    }

    /// What had to be put right when the file was opened: a torn tail.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// The rows, with all that other processes have added up to now.
    fn fresh(&self) -> Result<MutexGuard<'_, Journal>, StoreError> {
        let mut journal = locked(&self.journal);
        journal.now = journal.now.max(milliseconds((self.clock)()));
        journal.read_news()?;
        Ok(journal)
    }
}

impl Store for FileStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        let key = kind.stored_key(key);
        let mut journal = self.fresh()?;
        let seen = match journal.look(kind, &key) {
            Ok(seen) => seen,
            Err(refusal) => return Ok(Lookup::Refused(refusal)),
        };
        if journal.is_due(kind, &seen) {
            // If there is no room for the line, the row expires too early, but it is shown now.
            let _ = journal.swap((kind, &key), Some(&seen), Some(&seen.held.text()));
        }
        drop(journal);
        seen.held.copy().map(Lookup::Found)
    }

    fn update(&self, kind: &Kind, key: &str, change: Change<'_>) -> Result<Updated, StoreError> {
        let stored = kind.stored_key(key);
        let seen = self.fresh()?.look(kind, &stored).ok();
        change::update(
            (kind, key),
            seen,
            |seen| seen.held.copy(),
            change,
            |seen, new| {
                let new = new.map(|row| encode(row, kind.row_bytes)).transpose()?;
                let mut journal = locked(&self.journal);
                // A change that leaves the row as it was is a use.
                let is_same = new.as_deref() == seen.map(|seen| seen.held.text()).as_deref();
                if is_same && !seen.is_some_and(|seen| journal.is_due(kind, seen)) {
                    return Ok(Swapped::Done);
                }
                journal.swap((kind, &stored), seen, new.as_deref())
            },
        )
    }

    fn flush(&self) -> Result<(), StoreError> {
        let progress = locked(&self.journal).progress;
        let mut flushed = locked(&self.flushed);
        if *flushed < progress {
            let mut journal = locked(&self.journal);
            let (file, progress) = (Arc::clone(&journal.file), journal.progress);
            let folder =
                self.folder.as_ref().filter(|_| std::mem::take(&mut journal.name_unsynced));
            let copy = journal.rewrite.as_ref().map(|rewrite| Arc::clone(&rewrite.file));
            // Others write on while the disk works.
            drop(journal);
            let named = || folder.map_or(Ok(()), File::sync_all);
            match file.sync_data().and_then(|()| named()) {
                Ok(()) => *flushed = progress,
                Err(error) => {
                    let why = format!("the disk failed, and carafe must be restarted: {error}");
                    locked(&self.journal).failure = Some(why);
                }
            }
            // What was copied is made safe here too, so that little is left to do under the lock.
            let _ = copy.map(|file| file.sync_data());
        }
        locked(&self.journal).check()
    }

    fn place(&self) -> StorePlace {
        StorePlace::File
    }

    fn page_of_keys(&self, kind: &Kind, at: u64) -> Result<KeyPage, StoreError> {
        let mut journal = self.fresh()?;
        let now = journal.now;
        let (keys, is_last) = journal.rows.rows(kind.name).keys(at as usize, now);
        Ok(KeyPage { keys, next: (!is_last).then_some(at + PAGE as u64) })
    }

    fn inspect(&self, see: &mut dyn FnMut(&HeldRow)) {
        if let Ok(journal) = self.fresh() {
            journal.rows.inspect(journal.now, see);
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
