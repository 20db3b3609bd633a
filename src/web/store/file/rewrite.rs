//! Deeper: writing a journal anew, a piece at a time, while it is in use.
//!
//! A journal grows with each change, and after a while most of its lines count no more. Then the
//! lines that still count are copied into a new file, and the new file takes the journal's name in
//! one step. At each moment the name leads to a whole journal, the old or the new one, also if the
//! machine stops.
//!
//! To copy a large journal takes seconds, and no request may wait that long. So each change of a
//! row copies one [`PIECE`]. Of the lines that stood there when the copy began, it takes those that
//! still say what their row is; what came later, it takes whole.
//!
//! If two processes do this at the same time, the one that began later removes the new file of the
//! other one, which notices it at the end and gives up.

use super::journal::{Journal, JournalLine, is_same_file, private};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// How many bytes of the old journal one change of a row copies, about a millisecond's work.
const PIECE: u64 = 128 * 1024;

/// A new journal that is not complete yet.
pub struct Rewrite {
    /// A number that no other rewrite of this process has.
    pub number: u64,
    path: PathBuf,
    /// Shared with the thread that makes it safe.
    pub file: Arc<File>,
    /// Where the old journal ended when the copy began.
    began_at: u64,
    /// How far the old journal was copied.
    copied: u64,
    bytes: u64,
}

impl Rewrite {
    /// Makes the new file.
    pub fn begin(journal: &Journal, number: u64) -> io::Result<Rewrite> {
        let mut path = journal.path.clone().into_os_string();
        path.push(".new");
        let path = PathBuf::from(path);
        // A file of that name was left by a process that died, or put there by somebody to read
        // what is written, or as a link to another file. So it is removed, and a new one is made.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = Arc::new(private().read(true).write(true).create_new(true).open(&path)?);
        Ok(Rewrite { number, path, file, began_at: journal.bytes, copied: 0, bytes: 0 })
    }

    /// Copies one piece; `counts` is true of a line that still says what its row is. True if
    /// nothing is left to copy. The lock on the journal is held.
    pub fn copy_piece(
        &mut self,
        journal: &Journal,
        mut counts: impl FnMut(&JournalLine) -> bool,
    ) -> io::Result<bool> {
        let mut input = BufReader::with_capacity(1 << 16, &*journal.file);
        input.seek(SeekFrom::Start(self.copied))?;
        let (mut piece, mut line, end) = (String::new(), String::new(), self.copied + PIECE);
        while self.copied < end.min(journal.bytes) {
            line.clear();
            if input.read_line(&mut line)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            // The first line says what kind of file this is.
            let is_taken = self.copied == 0 || self.copied >= self.began_at;
            if is_taken || JournalLine::parse(line.trim_end()).is_ok_and(|line| counts(&line)) {
                piece.push_str(&line);
            }
            self.copied += line.len() as u64;
        }
        (&*self.file).write_all(piece.as_bytes())?;
        self.bytes += piece.len() as u64;
        Ok(self.copied == journal.bytes)
    }

    /// Puts the new file in the place of the journal. The lock on the journal is held.
    pub fn finish(self, journal: &mut Journal) -> io::Result<()> {
        self.file.sync_all()?;
        if !self.is_ours()? {
            return Err(io::Error::other("another process writes the journal anew"));
        }
        fs::rename(&self.path, &journal.path)?;
        journal.file = Arc::clone(&self.file);
        journal.bytes = self.bytes;
        Ok(())
    }

    fn is_ours(&self) -> io::Result<bool> {
        Ok(is_same_file(&self.file.metadata()?, &fs::symlink_metadata(&self.path)?))
    }
}

impl Drop for Rewrite {
    fn drop(&mut self) {
        // After `finish` there is no file of that name.
        if self.is_ours().unwrap_or(false) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
