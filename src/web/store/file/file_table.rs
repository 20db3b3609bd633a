//! Deeper: the table of the file store, which is what its journal says.
//!
//! Rows are read from memory. A change is first added to the journal and then made in memory.
//! Other processes may add to the same journal, so before each use the table reads what is new
//! there.

use super::journal::{Journal, JournalLine, JournalLock};
use super::rewrite::Rewrite;
use crate::web::store::rows_by_age::RowsByAge;
use crate::web::store::{Kind, Refusal, StoreError};
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Below this size a journal is not worth writing anew.
const SMALL_BYTES: u64 = 1 << 20;

/// How many rows leave for a new one, at most: more than one, for a bound that has become lower.
const LEAVE: usize = 8;

/// What the journal says, as far as it was read.
pub struct FileTable {
    pub journal: Journal,
    /// The rows of each kind.
    rows: HashMap<String, RowsByAge<FileRow>>,
    /// How many times something was added to the journal, here or elsewhere, as far as was seen.
    pub changes: u64,
    /// True if another file has got the journal's name, and the folder may not be on the disk yet.
    pub moved: bool,
    /// At this size the journal is written anew.
    rewrite_at: u64,
    pub rewrite: Option<Rewrite>,
    /// The latest time that the clock has shown, in milliseconds.
    pub now: u64,
}

/// A row, and what the journal says about it.
#[derive(Default)]
pub struct FileRow {
    /// The row as JSON.
    pub text: Arc<str>,
    /// When it expires, as the journal has it. As the last use has it, it may be later.
    pub written_expires: u64,
    /// The number of the rewrite that copied it.
    copied_by: u64,
}

impl FileTable {
    /// Reads the whole journal. Also returns how many bytes of a torn tail were cut off.
    pub fn open(path: &Path) -> io::Result<(FileTable, u64)> {
        let mut table = FileTable {
            journal: Journal::open(path)?,
            rows: HashMap::new(),
            changes: 0,
            moved: false,
            rewrite_at: SMALL_BYTES,
            rewrite: None,
            now: 0,
        };
        // Reading takes long. It needs no lock, so other processes go on.
        table.read_news()?;
        let (_lock, torn) = table.lock()?;
        Ok((table, torn))
    }

    /// Takes the lock on the journal, cuts off a torn tail, and brings the table up to what the
    /// journal says now. Also returns how many bytes were cut off.
    pub fn lock(&mut self) -> io::Result<(JournalLock, u64)> {
        loop {
            let lock = self.journal.lock()?;
            let torn = self.read_news()?;
            // If another process has written the journal anew, the lock is on the old file.
            if Arc::ptr_eq(&lock.0, &self.journal.file) {
                // Nobody else writes now, so the process that began this line has died.
                if torn > 0 {
                    self.journal.cut()?;
                }
                return Ok((lock, torn));
            }
        }
    }

    /// Brings the table up to what the journal says now. Returns how many bytes without a line end
    /// stand behind that.
    pub fn read_news(&mut self) -> io::Result<u64> {
        loop {
            let in_place = self.journal.is_in_place()?;
            let FileTable { journal, rows, changes, .. } = self;
            let torn = journal.read_on(|line| {
                *changes += 1;
                apply(rows, line);
            })?;
            if in_place {
                return Ok(torn);
            }
            // Another file has the name. Everything that was known stands there, too.
            self.journal.open_again()?;
            self.rows.clear();
            (self.moved, self.rewrite) = (true, None);
        }
    }

    /// Uses a row: its lifetime begins again.
    pub fn touch(&mut self, kind: &Kind, key: &str) -> Result<&FileRow, Refusal> {
        let rows = self.rows.get_mut(kind.name).ok_or(Refusal::Unknown)?;
        rows.touch(key, self.now, kind.expires(self.now)).map(|(_, row)| row)
    }

    /// The deletions that one more row of a kind needs.
    pub fn make_room(&mut self, kind: &Kind) -> Result<Vec<JournalLine>, StoreError> {
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
    pub fn write(&mut self, lines: Vec<JournalLine>) -> io::Result<()> {
        self.journal.append(&lines.iter().map(JournalLine::to_text).collect::<String>())?;
        self.changes += 1;
        for line in lines {
            apply(&mut self.rows, line);
        }
        let is_due = self.rewrite.is_some() || self.journal.bytes > self.rewrite_at;
        // If there was no room for the new file, the old one goes on growing for a while.
        if is_due && self.rewrite_piece().unwrap_or(true) {
            self.rewrite_at = SMALL_BYTES.max(self.journal.bytes * 2);
        }
        Ok(())
    }

    /// Copies one piece of the journal, and at the end puts the copy in its place. True at the end.
    fn rewrite_piece(&mut self) -> io::Result<bool> {
        let FileTable { journal, rows, rewrite, changes, .. } = self;
        let mut copy = match rewrite.take() {
            Some(copy) => copy,
            None => Rewrite::begin(journal, *changes)?,
        };
        let number = copy.number;
        let is_done = copy.copy_piece(journal, |line| {
            let rows = rows.get_mut(&line.kind);
            let row = rows.and_then(|rows| rows.get_mut(rows.find(&line.key)?));
            row.is_some_and(|row| {
                (line.expires, line.row.as_ref()) == (row.written_expires, Some(&row.text))
                    // Of several lines that say the same, one is enough.
                    && std::mem::replace(&mut row.copied_by, number) != number
            })
        })?;
        if is_done {
            copy.finish(journal)?;
            self.moved = true;
        } else {
            *rewrite = Some(copy);
        }
        Ok(is_done)
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
