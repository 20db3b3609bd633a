//! Deeper: the file store, a table in memory and a journal on the disk.
//!
//! This is the fifth rung of the ladder. Reading is from memory. Each change is also added to the
//! [`journal`], a file that one can `cat`, and from which the table can be made again. So a restart
//! forgets nobody, not even after `kill -9` or a power cut:
//!
//! * **Nothing is promised before it is on the disk.** [`flush`](Store::flush) asks the system for
//!   that, and waits. This takes long, so all who wait share it: while the disk works for the
//!   first, the changes of the others gather, and the next turn makes them safe together. (Databases
//!   call it group commit.)
//! * **Several processes may share a file.** A writer takes the lock, reads what the others have
//!   added, and adds its own line. A reader looks whether the file has grown.
//! * **A journal that has grown is written anew** a piece at a time, see [`rewrite`].
//! * The id of a session stands in the file as its SHA-256: a person who reads the file cannot be
//!   the visitor.
//! * A look at a row is a use, and the row's lifetime begins again. But this is written only once in
//!   an eighth of the lifetime.
//! * A clock that is set back stands still here until it is right again, so that no row gets a
//!   time of the past.
//!
//! Left out: rows that do not fit into memory, and a file on a network disk, whose locks and
//! flushes may not be true.

mod journal;
mod rewrite;

use super::change::{self, Swapped};
use super::rows_by_age::RowsByAge;
use super::{
    Clock, Kind, Lookup, Refusal, Store, StoreError, Updated, decode, milliseconds, time_of_day,
};
use crate::cycle::StorePlace;
use crate::value::Map;
use journal::{Journal, JournalLine, JournalLock, sync_folder};
use rewrite::Rewrite;
use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Below this size a journal is not worth writing anew.
const SMALL_BYTES: u64 = 1 << 20;

/// How many rows leave for a new one, at most. More than one, so that the rows become fewer when
/// the program was started with a lower bound.
const LEAVE: usize = 8;

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

/// What the journal says, as far as it was read.
struct FileTable {
    journal: Journal,
    /// The rows of each kind.
    rows: HashMap<String, RowsByAge<FileRow>>,
    /// How many times something was added to the journal, here or elsewhere, as far as was seen.
    changes: u64,
    /// True if another file has got the journal's name, and the folder may not be on the disk yet.
    moved: bool,
    /// At this size the journal is written anew.
    rewrite_at: u64,
    rewrite: Option<Rewrite>,
    /// How many rewrites there were.
    rewrites: u64,
    /// The latest time that the clock has shown, in milliseconds.
    now: u64,
}

#[derive(Default)]
struct FileRow {
    text: Arc<str>,
    /// When it expires, as the journal has it. As the last use has it, it may be later.
    written_expires: u64,
    /// The number of the rewrite that copied it.
    copied_by: u64,
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
        if table.journal.has_news()? {
            table.read_news()?;
        }
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
        let _lock = table.lock()?;
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
        let (file, rewrite, changes, moved) = {
            let mut table = unpoisoned(self.table.lock());
            let moved = std::mem::take(&mut table.moved).then(|| table.journal.path.clone());
            let rewrite = table.rewrite.as_ref().map(|rewrite| Arc::clone(&rewrite.file));
            (Arc::clone(&table.journal.file), rewrite, table.changes, moved)
        };
        // The lock has ended: others write on while the disk works.
        file.sync_data()?;
        if let Some(path) = moved {
            sync_folder(&path)?;
        }
        // What was copied is made safe here too, so that little is left to do under the lock.
        let _ = rewrite.map(|file| file.sync_data());
        Ok(changes)
    }
}

impl Store for FileStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        let key = kind.stored_key(key);
        let mut table = self.fresh()?;
        let expires = kind.expires(table.now);
        let row = match table.touch(kind, &key) {
            Ok(row) => row,
            Err(refusal) => return Ok(Lookup::Refused(refusal)),
        };
        let (text, written) = (row.text.clone(), row.written_expires);
        let eighth = kind.lifetime.map_or(0, milliseconds) / 8;
        if expires > written.saturating_add(eighth)
            && let Ok(_lock) = table.lock()
            // Another process may have changed or ended it in the moment before the lock.
            && table.touch(kind, &key).is_ok_and(|row| row.text == text)
        {
            // If there is no room for the line, the row expires too early. That is better than not
            // to show it now.
            let (kind, key, row) = (kind.name.to_owned(), key.into_owned(), Some(text.clone()));
            let _ = table.write(vec![JournalLine { kind, key, expires, row }]);
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
                Ok(changes) => safe.changes = safe.changes.max(changes),
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

impl FileTable {
    /// Reads the whole journal. Also returns how many bytes of a torn tail were cut off.
    fn open(path: &Path) -> io::Result<(FileTable, u64)> {
        let mut table = FileTable {
            journal: Journal::open(path)?,
            rows: HashMap::new(),
            changes: 0,
            moved: false,
            rewrite_at: 0,
            rewrite: None,
            rewrites: 0,
            now: 0,
        };
        // Reading takes long and needs no lock, so it does not hold other processes up.
        table.read_news()?;
        let torn = table.read_news()?;
        if torn > 0 {
            drop(table.lock()?);
        }
        let rows = table.rows.values().flat_map(RowsByAge::iter);
        let bytes: u64 = rows.map(|(key, row)| (key.len() + row.text.len() + 100) as u64).sum();
        table.rewrite_at = SMALL_BYTES.max(bytes * 4);
        Ok((table, torn))
    }

    /// Takes the lock on the journal, and brings the table up to what the journal says now.
    fn lock(&mut self) -> io::Result<JournalLock> {
        loop {
            let lock = self.journal.lock()?;
            let torn = self.read_news()?;
            if !Arc::ptr_eq(&lock.0, &self.journal.file) {
                // Another process has written the journal anew, and the lock is on the old file.
                continue;
            }
            // Nobody else writes now, so the process that began this line has died.
            if torn > 0 {
                self.journal.cut()?;
            }
            return Ok(lock);
        }
    }

    /// Brings the table up to what the journal says now. Returns how many bytes without a line end
    /// stand behind that.
    fn read_news(&mut self) -> io::Result<u64> {
        loop {
            let in_place = self.journal.is_in_place()?;
            let FileTable { journal, rows, changes, .. } = self;
            let torn = journal.read_on(&mut |line| {
                *changes += 1;
                apply(rows, line);
            })?;
            if in_place {
                return Ok(torn);
            }
            // The old file was final before it was read.
            self.journal.open_again()?;
            self.rows.clear();
            (self.moved, self.rewrite) = (true, None);
        }
    }

    /// Uses a row: its lifetime begins again.
    fn touch(&mut self, kind: &Kind, key: &str) -> Result<&FileRow, Refusal> {
        let rows = self.rows.get_mut(kind.name).ok_or(Refusal::Unknown)?;
        let at = rows.touch(key, self.now, kind.expires(self.now))?;
        Ok(&rows[at])
    }

    /// The deletions that one more row of a kind needs.
    fn make_room(&mut self, kind: &Kind) -> Result<Vec<JournalLine>, StoreError> {
        let Some(rows) = self.rows.get_mut(kind.name) else { return Ok(Vec::new()) };
        // No line says that a row has expired: each process sees it by its own clock.
        rows.sweep(self.now);
        let too_many = (rows.len() + 1).saturating_sub(kind.most);
        if too_many > 0 && !kind.oldest_leaves {
            return Err(kind.full());
        }
        let leave = |(key, _): (&str, &FileRow)| JournalLine {
            kind: kind.name.to_owned(),
            key: key.to_owned(),
            expires: u64::MAX,
            row: None,
        };
        Ok(rows.iter().take(too_many.min(LEAVE)).map(leave).collect())
    }

    /// Adds lines to the journal, and only then does what they say. The lock is held.
    fn write(&mut self, lines: Vec<JournalLine>) -> io::Result<()> {
        self.journal.append(&lines.iter().map(JournalLine::to_text).collect::<String>())?;
        self.changes += 1;
        for line in lines {
            apply(&mut self.rows, line);
        }
        if self.rewrite.is_some() || self.journal.bytes > self.rewrite_at {
            // If there was no room for the new file, the old one goes on growing for a while.
            let times = match self.rewrite_piece() {
                Ok(false) => return Ok(()),
                Ok(true) => 4,
                Err(_) => 2,
            };
            self.rewrite_at = SMALL_BYTES.max(self.journal.bytes * times);
        }
        Ok(())
    }

    /// Copies one piece of the journal, and at the end puts the copy in its place. True at the end.
    fn rewrite_piece(&mut self) -> io::Result<bool> {
        let FileTable { journal, rows, rewrite, rewrites, .. } = self;
        let mut under_way = match rewrite.take() {
            Some(rewrite) => rewrite,
            None => {
                *rewrites += 1;
                Rewrite::begin(journal)?
            }
        };
        let counts = |line: &JournalLine| {
            let rows = rows.get_mut(&line.kind);
            let row = rows.and_then(|rows| rows.find(&line.key).map(|at| &mut rows[at]));
            row.is_some_and(|row| {
                (line.expires, line.row.as_ref()) == (row.written_expires, Some(&row.text))
                    // Of several lines that say the same, one is enough.
                    && std::mem::replace(&mut row.copied_by, *rewrites) != *rewrites
            })
        };
        if !under_way.copy_piece(journal, counts)? {
            *rewrite = Some(under_way);
            return Ok(false);
        }
        under_way.finish(journal)?;
        self.moved = true;
        Ok(true)
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

/// Does what a line of the journal says.
fn apply(rows: &mut HashMap<String, RowsByAge<FileRow>>, line: JournalLine) {
    let rows = rows.entry(line.kind).or_default();
    if let Some(at) = rows.find(&line.key) {
        rows.remove(at);
    }
    if let Some(text) = line.row {
        let row = FileRow { text, written_expires: line.expires, copied_by: 0 };
        rows.insert(&line.key, row, line.expires);
    }
}

/// No code of a handler runs under these locks, so no panic of one leaves anything half changed.
fn unpoisoned<T>(locked: Result<T, PoisonError<T>>) -> T {
    locked.unwrap_or_else(PoisonError::into_inner)
}
