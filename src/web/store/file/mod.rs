//! The file store: a table in memory, and a journal on the disk from which it can be made again.
//!
//! The fifth rung of the ladder. Reading is from memory; each change is also added to the
//! [`journal`], a file that one can `cat`. So a restart forgets nobody, not even after `kill -9` or
//! a power cut:
//!
//! * **Nothing is promised before it is on the disk.** [`flush`](Store::flush) asks the system for
//!   that, and waits. It is what takes long, so all who wait share one: while the disk works for
//!   the first, the others' changes gather, and the next turn makes them safe together. (Databases
//!   call it group commit.)
//! * **Several processes may share a file.** Each writer takes the lock, reads what the others have
//!   added, and adds its own. Each reader looks whether the file has grown.
//! * **A journal that has grown is written anew**, each row once, and then takes the old one's name
//!   in one step.
//! * The id of a session stands there as its SHA-256: who reads the file cannot be the visitor.
//! * A look at a row is a use, and lets it live on; but only every eighth of its lifetime this is
//!   worth a line.
//!
//! Left out: rows that do not fit into memory, a file on a network disk (its locks and flushes may
//! not be true), and writing the journal anew without making others wait: for a hundred thousand
//! sessions that takes about a second.

mod journal;
mod lock;
mod rows;

use super::{
    KEY_BYTES, Kind, Lookup, Refusal, Store, StoreError, Updated, WhenFull, decode, encode,
};
use crate::cycle::StorePlace;
use crate::value::Map;
use crate::web::sign::{hex, sha256};
use journal::{Damage, Journal, Record, private, sync_folder, with_ending};
use lock::Lock;
use rows::Rows;
use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Below this size a journal is not worth writing anew.
const SMALL_BYTES: u64 = 1 << 20;

/// Keeps rows in a file.
pub struct FileStore {
    lock: Lock,
    state: Mutex<State>,
    safe: Mutex<Safe>,
    /// Wakes those who wait for `safe`.
    became_safe: Condvar,
    /// Milliseconds since 1970.
    clock: Box<dyn Fn() -> u64 + Send + Sync>,
    warning: Option<String>,
}

struct State {
    journal: Journal,
    rows: Rows,
    /// How many times something was added to the journal, here or elsewhere, as far as was seen.
    changes: u64,
    /// True if another file has got the journal's name, and the folder may not be on the disk yet.
    moved: bool,
    /// At this size the journal is written anew.
    replace_at: u64,
}

/// How much is on the disk.
#[derive(Default)]
struct Safe {
    changes: u64,
    /// True while somebody waits for the disk on behalf of all.
    busy: bool,
    /// What the disk could not do. What it did with the changes, nobody knows; so nothing is
    /// promised any more.
    failure: Option<String>,
}

impl FileStore {
    /// Opens the journal of this name, or makes one.
    ///
    /// # Errors
    ///
    /// A sentence that names the file: it cannot be opened or written, or line so-and-so is
    /// damaged, and a way out.
    pub fn open(path: &Path) -> Result<FileStore, String> {
        // The time of day: it must mean the same after a restart, and in another process.
        let now = || {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
        };
        FileStore::with_clock(path, now)
    }

    /// The same, and a clock of the caller's: a test lets an hour pass without waiting for it.
    ///
    /// # Errors
    ///
    /// As [`open`](FileStore::open).
    pub fn with_clock(
        path: &Path,
        clock: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Result<FileStore, String> {
        let cannot = |error: io::Error| format!("{}: {error}", path.display());
        let lock = private()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(with_ending(path, "lock"));
        let lock = Lock::on(lock.map_err(cannot)?);
        let locked = lock.take().map_err(|error| format!("{}: {error}", path.display()))?;
        let journal = Journal::open(path).map_err(cannot)?;
        let mut state = State {
            journal,
            rows: Rows::default(),
            changes: 0,
            moved: false,
            replace_at: SMALL_BYTES,
        };
        let torn = match state.read_on() {
            Ok(torn) => torn,
            Err(Damage::Io(error)) => return Err(cannot(error)),
            Err(Damage::Text(text)) => return Err(text),
        };
        let mut warning = None;
        if torn > 0 {
            state.journal.cut().map_err(cannot)?;
            let path = path.display();
            warning = Some(format!(
                "{path}: cut off {torn} bytes of a change that was not wholly written"
            ));
        }
        state.replace_at = state.replace_at.max(state.rows.bytes * 4);
        drop(locked);
        let (state, safe, became_safe) = (Mutex::new(state), Mutex::default(), Condvar::new());
        Ok(FileStore { lock, state, safe, became_safe, clock: Box::new(clock), warning })
    }

    /// What had to be put right when the file was opened: a torn tail.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// The state, with all in it that other processes have added up to now.
    fn fresh(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let mut state = unpoisoned(self.state.lock());
        if state.journal.has_news().map_err(failed)? {
            let _locked = self.lock.take()?;
            state.catch_up()?;
        }
        Ok(state)
    }

    /// Now, and when a row that is used now will expire.
    fn times(&self, kind: &Kind) -> (u64, Option<u64>) {
        let now = (self.clock)();
        (now, kind.lifetime.map(|lifetime| now.saturating_add(lifetime.as_millis() as u64)))
    }

    /// Waits for the disk until so many changes are safe, or lets another do so.
    fn wait_until_safe(&self, changes: u64) -> Result<(), StoreError> {
        let mut safe = unpoisoned(self.safe.lock());
        loop {
            if let Some(failure) = &safe.failure {
                return Err(StoreError::Unreachable(failure.clone()));
            }
            if safe.changes >= changes {
                return Ok(());
            }
            if safe.busy {
                safe = unpoisoned(self.became_safe.wait(safe));
                continue;
            }
            safe.busy = true;
            drop(safe);
            let (file, changes, moved) = {
                let mut state = unpoisoned(self.state.lock());
                let moved =
                    std::mem::take(&mut state.moved).then(|| state.journal.path().to_owned());
                (Arc::clone(&state.journal.file), state.changes, moved)
            };
            // The lock has ended: others write on while the disk works.
            let synced =
                file.sync_data().and_then(|()| moved.map_or(Ok(()), |path| sync_folder(&path)));
            safe = unpoisoned(self.safe.lock());
            safe.busy = false;
            match synced {
                Ok(()) => safe.changes = safe.changes.max(changes),
                Err(error) => {
                    safe.failure =
                        Some(format!("the disk failed, and carafe must be restarted: {error}"))
                }
            }
            self.became_safe.notify_all();
        }
    }
}

impl Store for FileStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        let key = stored_key(kind, key);
        let mut state = self.fresh()?;
        let (now, expires) = self.times(kind);
        let Some(row) = state.rows.get(kind.name, &key) else {
            return Ok(Lookup::Refused(Refusal::Unknown));
        };
        let (text, written) = (row.text.clone(), row.written_expires);
        if state.rows.living(kind.name, &key, now).is_none() {
            state.rows.remove(kind.name, &key);
            return Ok(Lookup::Refused(Refusal::Expired));
        }
        state.rows.touch(kind.name, &key, expires);
        let eighth = kind.lifetime.map_or(0, |lifetime| lifetime.as_millis() as u64 / 8);
        if let (Some(written), Some(expires)) = (written, expires)
            && expires > written.saturating_add(eighth)
            && let Ok(_locked) = self.lock.take()
            && state.catch_up().is_ok()
            // Another process may have changed or ended it in the moment before the lock.
            && state.rows.get(kind.name, &key).is_some_and(|row| row.text == text)
        {
            // Where it finds no room the row expires too early, which is better than not to show it
            // now.
            let _ = state.write(vec![Record {
                kind: kind.name.to_owned(),
                key: key.into_owned(),
                expires: Some(expires),
                row: Some(text.clone()),
            }]);
        }
        Ok(Lookup::Found(decode(text.as_bytes())?))
    }

    fn update(
        &self,
        kind: &Kind,
        key: &str,
        change: &mut dyn FnMut(&mut Option<Map>),
    ) -> Result<Updated, StoreError> {
        if key.len() > KEY_BYTES {
            return Err(StoreError::LongKey(key.len()));
        }
        let stored = stored_key(kind, key);
        // Looks, changes, and writes if nobody came between: no lock is held while the handler's
        // code runs.
        loop {
            let (now, expires) = self.times(kind);
            let seen =
                self.fresh()?.rows.living(kind.name, &stored, now).map(|row| row.text.clone());
            let mut row = seen.as_deref().map(|text| decode(text.as_bytes())).transpose()?;
            change(&mut row);
            let (row, text) = row.map(encode).transpose()?.unzip();
            let done = Updated { key: row.as_ref().map(|_| key.to_owned()), row };

            if let Some(failure) = &unpoisoned(self.safe.lock()).failure {
                return Err(StoreError::Unreachable(failure.clone()));
            }
            let mut state = unpoisoned(self.state.lock());
            let _locked = self.lock.take()?;
            state.catch_up()?;
            if state.rows.living(kind.name, &stored, now).map(|row| &row.text) != seen.as_ref() {
                continue;
            }
            if seen.is_none() && text.is_none() {
                return Ok(done);
            }
            let mut records = Vec::new();
            if seen.is_none() {
                records = state.make_room(kind, now)?;
            }
            let (kind, key) = (kind.name.to_owned(), stored.into_owned());
            records.push(Record { kind, key, expires, row: text.map(Arc::from) });
            state.write(records).map_err(failed)?;
            return Ok(done);
        }
    }

    fn flush(&self) -> Result<(), StoreError> {
        let changes = unpoisoned(self.state.lock()).changes;
        self.wait_until_safe(changes)
    }

    fn place(&self) -> StorePlace {
        StorePlace::File
    }
}

impl State {
    /// Reads what was added; gives back the bytes of a torn tail.
    fn read_on(&mut self) -> Result<u64, Damage> {
        let State { journal, rows, changes, .. } = self;
        journal.read_on(&mut |record, bytes| {
            *changes += 1;
            rows.apply(record, bytes);
        })
    }

    /// Brings the rows up to what the file says now. The lock is held.
    fn catch_up(&mut self) -> Result<(), StoreError> {
        if !self.journal.is_in_place().map_err(failed)? {
            // Another process has written the journal anew: all that was known stands in the new
            // one.
            let path = self.journal.path().to_owned();
            self.journal = Journal::open(&path).map_err(failed)?;
            self.moved = true;
            self.rows = Rows::default();
        }
        match self.read_on() {
            Ok(0) => Ok(()),
            // The lock is held, so nobody is writing this: whoever began it has died.
            Ok(_) => self.journal.cut().map_err(failed),
            Err(Damage::Io(error)) => Err(failed(error)),
            Err(Damage::Text(text)) => Err(StoreError::Damaged(text)),
        }
    }

    /// The deletions that one more row of a kind needs.
    fn make_room(&mut self, kind: &Kind, now: u64) -> Result<Vec<Record>, StoreError> {
        self.rows.sweep(kind.name, now);
        let too_many = (self.rows.len(kind.name) + 1).saturating_sub(kind.most);
        if too_many > 0 && kind.when_full == WhenFull::NewIsRefused {
            return Err(StoreError::Full { kind: kind.name, most: kind.most });
        }
        let leave = |key: Arc<str>| Record {
            kind: kind.name.to_owned(),
            key: key.to_string(),
            expires: None,
            row: None,
        };
        Ok(self.rows.oldest_keys(kind.name).take(too_many).map(leave).collect())
    }

    /// Adds records to the journal, and only then does what they say. The lock is held.
    fn write(&mut self, records: Vec<Record>) -> io::Result<()> {
        let lines: Vec<String> = records.iter().map(Record::line).collect();
        self.journal.append(&lines.concat())?;
        self.changes += 1;
        for (record, line) in records.into_iter().zip(lines) {
            self.rows.apply(record, line.len() as u64);
        }
        if self.journal.bytes > self.replace_at {
            let State { journal, rows, .. } = self;
            // If that finds no room, the old one goes on growing, and it is tried again at twice
            // the size.
            let replaced = journal.replace(rows.records().map(|record| record.line()));
            self.moved |= replaced.is_ok();
            let size = if replaced.is_ok() { self.rows.bytes * 4 } else { self.journal.bytes * 2 };
            self.replace_at = size.max(SMALL_BYTES);
        }
        Ok(())
    }
}

/// A key as the file has it. Whoever reads there must not be able to use it.
fn stored_key<'k>(kind: &Kind, key: &'k str) -> Cow<'k, str> {
    if kind.secret { hex(&sha256(key.as_bytes())).into() } else { key.into() }
}

fn failed(error: io::Error) -> StoreError {
    StoreError::Unreachable(error.to_string())
}

/// No code of a handler runs under these locks, so no panic of one leaves anything half changed.
fn unpoisoned<T>(locked: Result<T, PoisonError<T>>) -> T {
    locked.unwrap_or_else(PoisonError::into_inner)
}
