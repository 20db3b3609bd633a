//! Deeper: the journal, a file to which each change is added as a line, and never overwritten.
//!
//! A process that dies while it writes leaves a line without an end. Such a **torn tail** was never
//! promised to anybody and is cut off. A whole line that does not fit its checksum is **damage**:
//! somebody changed it, and what follows may depend on it. So nothing is read at all, and an error
//! of the kind `InvalidData` names the line and a way out.
//!
//! **Several processes** may use a journal. A writer holds the lock on the file. A reader needs
//! none: it leaves a line without an end for later.
//!
//! **Another file may get the name**, when a process writes the journal anew. Its last line in the
//! old file says where the new one goes on, so the others need not read everything again.

use super::disk::{identity, open_folder, private};
use super::journal_line::{JournalLine, head, line_of, mark, parse_line};
use super::rewrite::Rewrite;
use crate::web::shell::shell_word;
use crate::web::store::change::Swapped;
use crate::web::store::memory_row::MemoryRow;
use crate::web::store::row_table::{RowTable, SeenRow};
use crate::web::store::{Kind, Refusal, StoreError};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Below this size a journal is not worth writing anew.
const SMALL_BYTES: u64 = 1 << 20;

/// The file, how far it was read, and the rows that its lines have made.
pub struct Journal {
    pub rows: RowTable,
    /// The latest time that the clock has shown, in milliseconds.
    pub now: u64,
    /// What the disk could not do. Then nobody knows what is on it, and nothing is promised.
    pub failure: Option<String>,
    /// The name that the user gave, for messages.
    name: PathBuf,
    /// The file itself: links are followed once, when it is opened.
    pub path: PathBuf,
    /// Shared with the thread that makes it safe, while others already write on.
    pub file: Arc<File>,
    /// The folder, if the file's name may not be on the disk yet. It is opened with the file, so
    /// that a flush needs no free descriptor.
    pub unsynced_folder: Option<File>,
    /// How many lines were read, and how many times lines were written.
    pub progress: u64,
    /// How many bytes of it were read or written. Behind them stands what other processes added.
    bytes: u64,
    /// How many bytes it had when it was written anew.
    first_bytes: u64,
    pub rewrite: Option<Rewrite>,
    /// Where the journal goes on, if the last line said so: the mark of a file, and the byte.
    successor: Option<(String, u64)>,
}

impl Journal {
    /// Opens a journal, or makes one. It is not read yet.
    pub fn open(name: &Path) -> io::Result<Journal> {
        let file = Arc::new(open_file(name)?);
        let path = fs::canonicalize(name)?;
        Ok(Journal {
            rows: RowTable::default(),
            now: 0,
            failure: None,
            name: name.to_owned(),
            unsynced_folder: open_folder(&path)?,
            path,
            file,
            progress: 0,
            bytes: head().len() as u64,
            first_bytes: 0,
            rewrite: None,
            successor: None,
        })
    }

    /// Reads what was added since the last time. Returns how many bytes without a line end stand
    /// after that.
    pub fn read_news(&mut self) -> io::Result<u64> {
        loop {
            let named = fs::metadata(&self.path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
            })?;
            // In this order: a file that had lost its name before has its last length.
            let open = self.file.metadata()?;
            let torn = self.read_on(open.len())?;
            if identity(&named) == identity(&open) {
                return Ok(torn);
            }
            let (new, folder) = (open_file(&self.path)?, open_folder(&self.path)?);
            let known = self.successor.take().filter(|(mark, _)| {
                let mut found = Vec::new();
                let read = (&new).take(mark.len() as u64).read_to_end(&mut found);
                read.is_ok() && found == mark.as_bytes()
            });
            if known.is_none() {
                self.rows = RowTable::default();
            }
            self.bytes = known.map_or(head().len() as u64, |(_, bytes)| bytes);
            (self.file, self.unsynced_folder) = (Arc::new(new), folder);
            (self.first_bytes, self.rewrite) = (self.bytes, None);
        }
    }

    /// Reads on in this file, which is so long.
    fn read_on(&mut self, length: u64) -> io::Result<u64> {
        if length == self.bytes {
            return Ok(0);
        }
        if length < self.bytes {
            let wrong = "the file has become shorter while it was in use; start this program again";
            return Err(damage(&self.name, self.line_number(), wrong));
        }
        let file = Arc::clone(&self.file);
        let mut input = BufReader::with_capacity(1 << 16, &*file);
        input.seek(SeekFrom::Start(self.bytes))?;
        let is_whole = self.bytes == head().len() as u64;
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            let end = line.len();
            // A machine that lost its power leaves zeros where it had made room for a line.
            if line.contains(&0) {
                input.read_to_end(&mut line)?;
                if !line[end..].contains(&b'\n') {
                    break;
                }
            }
            let read = parse_line(&line[..end - 1]).map_err(|wrong| {
                let line = self.line_number();
                let name = shell_word(self.name.as_os_str().as_encoded_bytes());
                let way_out = "keep a copy, and take the line out, which loses this one change";
                let command = format!("sed -i.damaged {line}d {name}");
                damage(&self.name, line, &format!("{wrong}; {way_out}: {command}"))
            })?;
            self.bytes += end as u64;
            self.progress += 1;
            self.apply(read);
            line.clear();
        }
        if is_whole {
            self.rows.sort();
        }
        Ok(line.len() as u64)
    }

    /// Does what a line says.
    fn apply(&mut self, JournalLine { kind, key, leaving, expires, row }: JournalLine) {
        self.successor = None;
        leaving.iter().for_each(|key| self.rows.rows(&kind).remove(key));
        match row {
            // A line about the journal itself.
            _ if kind.is_empty() => {
                self.successor = (expires < u64::MAX).then(|| (mark(&key), expires));
            }
            Some(row) => self.rows.rows(&kind).put(&key, row, expires),
            None => self.rows.rows(&kind).remove(&key),
        }
    }

    /// The number of the line that begins where reading has stopped.
    fn line_number(&self) -> usize {
        let (mut file, mut read) = (&*self.file, Vec::new());
        let _ = file.rewind().and_then(|()| file.take(self.bytes).read_to_end(&mut read));
        1 + read.iter().filter(|byte| **byte == b'\n').count()
    }

    /// Takes the lock, reads what is new, and cuts a torn tail off.
    ///
    /// # Errors
    ///
    /// Of the kind `WouldBlock`, if another process has the lock.
    pub fn lock(&mut self) -> io::Result<JournalLock> {
        loop {
            self.file.try_lock()?;
            let mut lock = JournalLock { file: Arc::clone(&self.file), torn: 0 };
            lock.torn = self.read_news()?;
            // If another process has written the journal anew, the lock is on the old file.
            if Arc::ptr_eq(&lock.file, &self.file) {
                // Nobody else writes now, so the process that began this line has died.
                if lock.torn > 0 {
                    self.file.set_len(self.bytes)?;
                }
                return Ok(lock);
            }
        }
    }

    /// A row, which is the newest from now on; or why there is none. It expires when the file says.
    pub fn look(&mut self, kind: &Kind, key: &str) -> Result<SeenRow, Refusal> {
        self.rows.rows(kind.name).touch(key, self.now, 0)
    }

    /// True if a use of the row must be written, so that a restart does not end it too early.
    pub fn is_due(&self, kind: &Kind, seen: &SeenRow) -> bool {
        let eighth = kind.milliseconds().unwrap_or(0) / 8;
        kind.expires(self.now) > seen.expires.saturating_add(eighth)
    }

    /// Puts a text in the place of the row that was seen, if that is still there, and adds a line
    /// that says so. The lock is held.
    pub fn swap(
        &mut self,
        (kind, key): (&Kind, &str),
        seen: Option<&SeenRow>,
        new: Option<&str>,
    ) -> Result<Swapped<SeenRow>, StoreError> {
        self.check()?;
        let Journal { rows, now, file, bytes, progress, .. } = &mut *self;
        let (now, mut file) = (*now, &**file);
        let swapped = rows.rows(kind.name).swap(
            (kind, key, now),
            seen,
            new.map(MemoryRow::from),
            |leaving| {
                let lives = seen.map_or(0, |seen| seen.expires);
                let expires = if new.is_some() { kind.expires(now).max(lives) } else { u64::MAX };
                let line = line_of((kind.name, key), leaving, expires, new);
                // If not all of the line finds room, it is a torn tail.
                file.seek(SeekFrom::Start(*bytes))?;
                file.write_all(line.as_bytes())?;
                *bytes += line.len() as u64;
                *progress += 1;
                Ok(())
            },
        )?;
        let is_large = self.bytes > SMALL_BYTES.max(self.first_bytes * 2);
        if (is_large || self.rewrite.is_some()) && self.rewrite_piece().is_err() {
            // If there was no room for the new file, the old one goes on growing for a while.
            self.first_bytes = self.bytes;
        }
        Ok(swapped)
    }

    /// # Errors
    ///
    /// What the disk could not do.
    pub fn check(&self) -> Result<(), StoreError> {
        self.failure.clone().map_or(Ok(()), |failure| Err(StoreError::Unreachable(failure)))
    }

    /// Writes one piece of the new journal. The lock is held.
    fn rewrite_piece(&mut self) -> io::Result<()> {
        let begun = self.rewrite.take();
        let mut rewrite = begun.map_or_else(|| Rewrite::begin(&self.path, self.bytes), Ok)?;
        if rewrite.write_piece(&self.file, self.bytes, &self.rows)? {
            rewrite.finish(&self.file, self.bytes, &self.path)?;
            self.read_news()?;
        } else {
            self.rewrite = Some(rewrite);
        }
        Ok(())
    }
}

/// Opens a journal, of which only the first line is read; makes one if there is none.
fn open_file(name: &Path) -> io::Result<File> {
    let mut file = private().read(true).write(true).create(true).truncate(false).open(name)?;
    // From a pipe or a device one could read for ever.
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("this is no regular file; name another"));
    }
    let (head, mut found) = (head().into_bytes(), Vec::new());
    (&file).take(head.len() as u64).read_to_end(&mut found)?;
    if !head.starts_with(&found) {
        return Err(damage(name, 1, "this is no journal of carafe's; name another file"));
    }
    // A new file, or its maker died over the first line. If another process does the same now, both
    // write the same bytes to the same place.
    if found.len() < head.len() {
        file.write_all(&head[found.len()..])?;
        file.sync_all()?;
    }
    Ok(file)
}

fn damage(name: &Path, line: usize, wrong: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("{}:{line}: {wrong}", name.display()))
}

/// The lock on a file. It is held until this is dropped.
pub struct JournalLock {
    file: Arc<File>,
    /// How many bytes of a torn tail were cut off.
    pub torn: u64,
}

impl Drop for JournalLock {
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}
