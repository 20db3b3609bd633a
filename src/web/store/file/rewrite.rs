//! Deeper: writing a journal anew, a piece at a time, while it is in use.
//!
//! After a while most lines of a journal count no more. Then the rows are written into a new file,
//! which takes the journal's name in one step. So the name always leads to a whole journal.
//!
//! No request may wait for all rows. So each change of a row writes one piece: first the rows as
//! they are when their turn comes, and then what was added to the old journal in the meantime. A
//! row that has changed stands in both, and its last line counts.
//!
//! If two processes do this at the same time, the later one removes the new file of the other,
//! which notices it at the end and gives up.

use super::disk::{identity, private};
use super::journal_line::{head, line_of, mark, successor};
use crate::random;
use crate::web::store::row_table::RowTable;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many bytes and how many rows one change writes, about a millisecond's work.
const PIECE: usize = 120_000;
const PIECE_ROWS: usize = 1000;

/// A new journal that is not complete yet.
pub struct Rewrite {
    /// A name that no other journal has.
    name: String,
    path: PathBuf,
    /// Shared with the thread that makes it safe.
    pub file: Arc<File>,
    /// The number of the kind and the place of the next row.
    next: (usize, usize),
    /// Up to this byte the new journal says what the old one says, as rows or as copied lines.
    copied: u64,
    /// Where the old journal ended when the last piece was written.
    seen: u64,
}

impl Rewrite {
    /// Removes a new file whose maker has died: it may fill the disk. The journal is locked.
    pub fn remove_left_over(journal: &Path) {
        let path = path_beside(journal);
        // What somebody else put there may be a pipe, which nobody must open.
        let is_file = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file());
        if is_file && File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(path);
        }
    }

    /// Makes the new file beside a journal, which has `bytes` bytes.
    pub fn begin(journal: &Path, bytes: u64) -> io::Result<Rewrite> {
        let path = path_beside(journal);
        // A file of that name was left by a process that died, or put there by somebody to read
        // what is written, or as a link to another file. So it is removed, and a new one is made.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = Arc::new(private().read(true).write(true).create_new(true).open(&path)?);
        // A process that opens the journal sees by this that the file is in use.
        file.try_lock()?;
        let name = random::hex_id();
        let rewrite = Rewrite { name, path, file, next: (0, 0), copied: bytes, seen: bytes };
        (&*rewrite.file).write_all((head() + &mark(&rewrite.name)).as_bytes())?;
        Ok(rewrite)
    }

    /// Writes one piece. True if nothing is left to write. The old journal is locked, and ends at
    /// the byte `end`.
    pub fn write_piece(&mut self, mut old: &File, end: u64, rows: &RowTable) -> io::Result<bool> {
        // What was added since the last piece may be longer than a piece. Then this one is longer
        // still, or the rewriting would never end.
        let room = PIECE.max(2 * (end - self.seen) as usize);
        self.seen = end;
        let mut piece = Vec::new();
        for _ in 0..PIECE_ROWS {
            let (number, place) = self.next;
            let Some((kind, rows)) = rows.kind(number).filter(|_| piece.len() < room) else {
                break;
            };
            self.next = if place < rows.len() { (number, place + 1) } else { (number + 1, 0) };
            let row = rows.get(place).and_then(|row| Some((row, row.held.as_ref()?.text())));
            if let Some((row, text)) = row {
                let line = line_of((kind, &row.key), &[], row.expires, Some(&text));
                piece.extend_from_slice(line.as_bytes());
            }
        }
        let is_last = rows.kind(self.next.0).is_none();
        if is_last {
            let room = room.saturating_sub(piece.len()) as u64;
            old.seek(SeekFrom::Start(self.copied))?;
            let added = room.min(end - self.copied);
            self.copied += old.take(added).read_to_end(&mut piece)? as u64;
        }
        (&*self.file).write_all(&piece)?;
        Ok(is_last && self.copied == end)
    }

    /// Gives the new file the journal's name.
    ///
    /// The old file ends with a line that says where the new one goes on. This process reads it as
    /// the others do, the next time.
    pub fn finish(self, mut old: &File, end: u64, journal: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        if !self.is_ours()? {
            return Err(io::Error::other("another process writes the journal anew"));
        }
        old.seek(SeekFrom::Start(end))?;
        old.write_all(successor(&self.name, self.file.metadata()?.len()).as_bytes())?;
        self.file.unlock()?;
        fs::rename(&self.path, journal)
    }

    fn is_ours(&self) -> io::Result<bool> {
        let named = fs::symlink_metadata(&self.path)?;
        Ok(identity(&self.file.metadata()?) == identity(&named))
    }
}

/// The name of the new file.
fn path_beside(journal: &Path) -> PathBuf {
    let mut path = journal.as_os_str().to_owned();
    path.push(".new");
    path.into()
}

impl Drop for Rewrite {
    fn drop(&mut self) {
        // After `finish` there is no file of that name.
        if self.is_ours().unwrap_or(false) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
