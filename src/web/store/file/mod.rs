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
//! * If another process stands still with the journal's lock, one change waits for [`LOCK_TIME`],
//!   and the next ones fail at once. Readers go on.
//!
//! Left out: rows that do not fit into memory, and a file on a network disk, whose locks and
//! flushes may not be true.

mod disk;
mod journal;
mod journal_line;
mod rewrite;

use super::change::{self, Swapped, locked};
use super::keys::{HeldRow, KeyPage};
use super::kind::{StoreClock, milliseconds, time_of_day};
use super::row_table::SeenRow;
use super::{Change, Kind, Lookup, Store, StoreError, Updated, encode};
use crate::cycle::StorePlace;
use journal::{Journal, JournalLock};
use rewrite::Rewrite;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for another process to give the lock back.
const LOCK_TIME: Duration = Duration::from_millis(900);

/// Keeps rows in a file, which several processes may share.
pub struct FileStore {
    journal: Mutex<Journal>,
    /// True if the last one who waited for the journal's lock did not get it. A writer holds this
    /// while it waits, and the others wait for it.
    is_stuck: Mutex<bool>,
    /// How much of the journal's `progress` is on the disk. The thread that makes the next changes
    /// safe holds this lock, and the others wait for it.
    flushed: Mutex<u64>,
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
        let named = |error: io::Error| match error.kind() {
            ErrorKind::InvalidData => error,
            kind => io::Error::new(kind, format!("{name}: {error}")),
        };
        let journal = Mutex::new(Journal::open(path).map_err(named)?);
        let (is_stuck, flushed, clock) = (Mutex::default(), Mutex::default(), Box::new(clock));
        let mut store = FileStore { journal, is_stuck, flushed, clock, warning: None };
        // Reading takes long. It needs no lock, so other processes go on.
        let locked = store.fresh().map(drop).and_then(|()| store.write());
        let cut = locked.map_err(named).map(|(journal, lock)| {
            Rewrite::remove_left_over(&journal.path);
            lock.torn
        })?;
        let warning =
            || format!("{name}: cut off {cut} bytes of a change that was not wholly written");
        store.warning = (cut > 0).then(warning);
        Ok(store)
    }

    /// What had to be put right when the file was opened: a torn tail.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// The rows, with all that other processes have added up to now.
    fn fresh(&self) -> io::Result<MutexGuard<'_, Journal>> {
        let mut journal = locked(&self.journal);
        match journal.read_news() {
            // This may be the first half of a line that found no room and was taken back, and then
            // a part of the next line. Under the lock, only true damage is left.
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                drop(journal);
                journal = self.write()?.0;
            }
            read => drop(read?),
        }
        journal.now = journal.now.max(milliseconds((self.clock)()));
        Ok(journal)
    }

    /// The rows, while no other process writes.
    fn write(&self) -> io::Result<(MutexGuard<'_, Journal>, JournalLock)> {
        let mut is_stuck = locked(&self.is_stuck);
        let end = Instant::now() + if *is_stuck { Duration::ZERO } else { LOCK_TIME };
        loop {
            let mut journal = locked(&self.journal);
            let lock = journal.lock();
            let waits = lock.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
            *is_stuck = waits && Instant::now() >= end;
            if *is_stuck {
                let why = "another process holds the file's lock and does not move";
                return Err(io::Error::other(why));
            }
            if !waits {
                return lock.map(|lock| (journal, lock));
            }
            // Others read in the meantime.
            drop(journal);
            thread::sleep(Duration::from_micros(50));
        }
    }

    /// Puts a text in the place of the row that was seen, if that is still there.
    fn swap(
        &self,
        row: (&Kind, &str),
        seen: Option<&SeenRow>,
        new: Option<&str>,
    ) -> Result<Swapped<SeenRow>, StoreError> {
        // The lock is given back first.
        let (mut journal, _lock) = self.write()?;
        journal.swap(row, seen, new)
    }
}

impl Store for FileStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        let key = kind.stored_key(key);
        let mut journal = self.fresh()?;
        let seen = match journal.look(kind, &key) {
            Ok(seen) => seen,
            Err(refusal) => return Ok(Lookup::Missing(refusal)),
        };
        let is_due = journal.is_due(kind, &seen);
        drop(journal);
        if is_due {
            // If there is no room for the line, the row expires too early, but it is shown now.
            let _ = self.swap((kind, &key), Some(&seen), Some(&seen.held.text()));
        }
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
                // A change that leaves the row as it was is a use.
                let is_same = new.as_deref() == seen.map(|seen| seen.held.text()).as_deref();
                let is_due = |seen| locked(&self.journal).is_due(kind, seen);
                if is_same && !seen.is_some_and(is_due) {
                    return Ok(Swapped::Done);
                }
                self.swap((kind, &stored), seen, new.as_deref())
            },
        )
    }

    fn flush(&self) -> Result<(), StoreError> {
        let progress = locked(&self.journal).progress;
        let mut flushed = locked(&self.flushed);
        if *flushed < progress {
            let mut journal = locked(&self.journal);
            let (file, progress) = (Arc::clone(&journal.file), journal.progress);
            let folder = journal.unsynced_folder.take();
            let copy = journal.rewrite.as_ref().map(|rewrite| Arc::clone(&rewrite.file));
            // Others write on while the disk works.
            drop(journal);
            let named = || folder.map_or(Ok(()), |folder| folder.sync_all());
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
        Ok(journal.rows.rows(kind.name).keys(at as usize, now))
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
