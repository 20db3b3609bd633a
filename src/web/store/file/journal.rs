//! Deeper: the journal, a file to which each change is added as a line, and never overwritten.
//!
//! A process that dies while it writes leaves a line without an end. Such a **torn tail** was never
//! promised to anybody and is cut off. A whole line that does not fit its checksum is **damage**:
//! somebody changed it, and what follows may depend on it. So nothing is read at all, and an error
//! of the kind `InvalidData` names the line and a way out.
//!
//! **Several processes** may use a journal. A writer holds the lock on the file. A reader needs no
//! lock: it leaves a line without an end for later. If a process stands still with the lock (in a
//! debugger, say), one request waits for [`PATIENCE`], and the next ones hardly wait.
//!
//! **Another file may get the name**, when a process writes the journal anew. Its last line in the
//! old file says where the new one goes on, so the others need not read everything again.

use super::journal_line::{JournalLine, head, mark, parse_line};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for another process to give the lock back.
const PATIENCE: Duration = Duration::from_millis(900);

/// How long to wait if the last one who waited did not get the lock.
const NO_PATIENCE: Duration = Duration::from_millis(10);

/// The file, and how far it was read.
pub struct Journal {
    /// The name that the user gave, for messages.
    name: PathBuf,
    /// The file itself: links are followed once, when it is opened.
    pub path: PathBuf,
    /// Shared with the thread that makes it safe, while others already write on.
    pub file: Arc<File>,
    /// How many bytes of it were read or written. Behind them stands what other processes added.
    pub bytes: u64,
    /// How many bytes it had when it was written anew.
    pub began: u64,
    /// True if the file's name may not be on the disk yet.
    pub is_new: bool,
    /// How many times something was read or written.
    pub changes: u64,
    /// Where the journal goes on, if the last line said so: the mark of a file, and the byte.
    goes_on: Option<(String, u64)>,
    /// True if the last one who tried to take the lock did not get it.
    is_stuck: bool,
}

impl Journal {
    /// Opens a journal, of which only the first line is read; makes one if there is none.
    pub fn open(name: &Path) -> io::Result<Journal> {
        let file = private().read(true).write(true).create(true).truncate(false).open(name)?;
        // From a pipe or a device one could read for ever.
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("this is no regular file; name another"));
        }
        let (head, mut found) = (head(), Vec::new());
        (&file).take(head.len() as u64).read_to_end(&mut found)?;
        let (name, path, file) = (name.to_owned(), fs::canonicalize(name)?, Arc::new(file));
        let (bytes, goes_on, is_stuck) = (0, None, false);
        let mut journal = Journal {
            name,
            path,
            file,
            bytes,
            began: 0,
            is_new: true,
            changes: 0,
            goes_on,
            is_stuck,
        };
        if !head.as_bytes().starts_with(&found) {
            return Err(journal.damage("this is no journal of carafe's; name another file"));
        }
        // A new file, or its maker died over the first line. If another process does the same now,
        // both write the same bytes to the same place.
        if found.len() < head.len() {
            (&*journal.file).write_all(&head.as_bytes()[found.len()..])?;
            journal.file.sync_all()?;
        }
        journal.bytes = head.len() as u64;
        Ok(journal)
    }

    /// Reads what was added since the last time. `apply` is given each line, and `None` where all
    /// lines before it count no more. Returns how many bytes without a line end stand behind them.
    pub fn read_news(&mut self, mut apply: impl FnMut(Option<JournalLine>)) -> io::Result<u64> {
        loop {
            let named = fs::metadata(&self.path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
            })?;
            // In this order: a file that had lost its name before has its last length.
            let open = self.file.metadata()?;
            let torn = self.read_on(open.len(), &mut |line| apply(Some(line)))?;
            if identity(&named) == identity(&open) {
                return Ok(torn);
            }
            let new = Journal::open(&self.path)?;
            let known = self.goes_on.take().filter(|(mark, _)| {
                let mut found = Vec::new();
                let read = (&*new.file).take(mark.len() as u64).read_to_end(&mut found);
                read.is_ok() && found == mark.as_bytes()
            });
            if known.is_none() {
                apply(None);
            }
            (self.file, self.bytes) = (new.file, known.map_or(new.bytes, |(_, bytes)| bytes));
            (self.began, self.is_new) = (self.bytes, true);
        }
    }

    /// Reads on in this file, which is so long.
    fn read_on(&mut self, length: u64, apply: &mut dyn FnMut(JournalLine)) -> io::Result<u64> {
        if length == self.bytes {
            return Ok(0);
        }
        if length < self.bytes {
            let wrong = "the file has become shorter while it was in use; start carafe again";
            return Err(self.damage(wrong));
        }
        let file = Arc::clone(&self.file);
        let mut input = BufReader::with_capacity(1 << 16, &*file);
        input.seek(SeekFrom::Start(self.bytes))?;
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
                let (line, name) = (self.line_number(), self.name.display());
                self.damage(&format!(
                    "{wrong}; keep a copy, and take the line out, which loses this one change: \
                     sed -i.damaged {line}d {name}"
                ))
            })?;
            self.bytes += end as u64;
            self.changes += 1;
            let goes_on = read.kind.is_empty() && read.expires < u64::MAX;
            self.goes_on = goes_on.then(|| (mark(&read.key), read.expires));
            apply(read);
            line.clear();
        }
        Ok(line.len() as u64)
    }

    /// The number of the line that begins where reading has stopped.
    fn line_number(&self) -> usize {
        let read = fs::read(&self.path).unwrap_or_default();
        let read = read.iter().take(self.bytes as usize);
        1 + read.filter(|byte| **byte == b'\n').count()
    }

    fn damage(&self, wrong: &str) -> io::Error {
        let (name, line) = (self.name.display(), self.line_number());
        io::Error::new(ErrorKind::InvalidData, format!("{name}:{line}: {wrong}"))
    }

    /// Takes the lock, reads what is new, and cuts a torn tail off. Also returns how many bytes
    /// were cut off.
    pub fn lock(
        &mut self,
        mut apply: impl FnMut(Option<JournalLine>),
    ) -> io::Result<(JournalLock, u64)> {
        loop {
            let lock = self.wait()?;
            let torn = self.read_news(&mut apply)?;
            // If another process has written the journal anew, the lock is on the old file.
            if Arc::ptr_eq(&lock.0, &self.file) {
                // Nobody else writes now, so the process that began this line has died.
                if torn > 0 {
                    self.file.set_len(self.bytes)?;
                }
                return Ok((lock, torn));
            }
        }
    }

    /// Waits for the lock on the open file, and takes it.
    fn wait(&mut self) -> io::Result<JournalLock> {
        let end = Instant::now() + if self.is_stuck { NO_PATIENCE } else { PATIENCE };
        loop {
            let tried = self.file.try_lock();
            self.is_stuck = matches!(tried, Err(TryLockError::WouldBlock)) && Instant::now() > end;
            match tried {
                Ok(()) => return Ok(JournalLock(Arc::clone(&self.file))),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if self.is_stuck => {
                    let why = "another process holds the file's lock and does not move";
                    return Err(io::Error::other(why));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_micros(50)),
            }
        }
    }

    /// Adds lines in one write. If not all find room, none is there. The lock is held.
    pub fn append(&mut self, lines: &str) -> io::Result<()> {
        let written = (&*self.file).seek(SeekFrom::Start(self.bytes));
        if let Err(error) = written.and_then(|_| (&*self.file).write_all(lines.as_bytes())) {
            // If not even this works, the next writer finds a torn tail.
            let _ = self.file.set_len(self.bytes);
            return Err(error);
        }
        self.bytes += lines.len() as u64;
        self.changes += 1;
        Ok(())
    }
}

/// The lock on a file. It is held until this is dropped.
pub struct JournalLock(Arc<File>);

impl Drop for JournalLock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// How to open a file that nobody but its owner may read: it holds what visitors told the server.
pub fn private() -> OpenOptions {
    #[allow(unused_mut, reason = "elsewhere than on Unix there is no mode to set")]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A name in a folder is on the disk when the folder is.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// What tells a file from all others. Where an open file cannot be replaced, all are the same.
pub fn identity(file: &fs::Metadata) -> (u64, u64) {
    #[cfg(unix)]
    return (std::os::unix::fs::MetadataExt::dev(file), std::os::unix::fs::MetadataExt::ino(file));
    #[cfg(not(unix))]
    (0, file.len().min(0))
}
