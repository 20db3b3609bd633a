//! Deeper: the journal, a file to which each change is added as a line, and never overwritten.
//!
//! ```text
//! 5d8ef2f1 {"journal":"carafe","version":1}
//! 9b1c07ae {"kind":"session","key":"9f86d0818...","expires":1764000000000,"row":{"user":"Ada"}}
//! 04d2e6b3 {"kind":"session","key":"9f86d0818...","expires":null,"row":null}
//! ```
//!
//! The last line of a key counts; a row of `null` is a deletion. Times are milliseconds since 1970.
//! In front of each record stand the first eight digits of its SHA-256.
//!
//! A process that dies while it writes leaves a line without an end. Such a **torn tail** was never
//! promised to anybody and is cut off. A whole line that does not fit its checksum is **damage**:
//! somebody changed it. Then nothing is read at all, since what follows may depend on it. Errors of
//! the kind `InvalidData` are damage, with a text that names the line and a way out.
//!
//! **Several processes** may use a journal. A writer holds the lock on the file. A reader needs no
//! lock: it leaves a line without an end for later. A process that holds the lock and stands still
//! (in a debugger, or on a disk that hangs) must not make all requests of the others wait, one
//! behind the other. So one request waits for [`PATIENCE`], and until the lock is free again the
//! next ones hardly wait.

use crate::json;
use crate::value::Value;
use crate::web::sign::{hex, sha256};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const HEAD: &str = "{\"journal\":\"carafe\",\"version\":1}";

/// How long to wait for another process to give the lock back.
const PATIENCE: Duration = Duration::from_millis(900);

/// How long to wait if the last one who waited did not get the lock.
const NO_PATIENCE: Duration = Duration::from_millis(10);

/// One change, as the journal keeps it.
pub struct JournalLine {
    /// The kind's name.
    pub kind: String,
    /// The key, or its hash if it is a secret.
    pub key: String,
    /// When the row expires; `u64::MAX`: never.
    pub expires: u64,
    /// The row as JSON; `None`: it was deleted.
    pub row: Option<Arc<str>>,
}

impl JournalLine {
    /// The whole line, checksum and end included.
    pub fn to_text(&self) -> String {
        let text = |text: &str| json::write(&Value::from(text));
        let expires = Some(self.expires).filter(|time| *time != u64::MAX);
        let expires = expires.map_or("null".to_owned(), |time| time.to_string());
        let row = self.row.as_deref().unwrap_or("null");
        let (kind, key) = (text(&self.kind), text(&self.key));
        with_checksum(&format!(
            "{{\"kind\":{kind},\"key\":{key},\"expires\":{expires},\"row\":{row}}}"
        ))
    }

    /// Reads a line without its end. An error says what is wrong with it.
    pub fn parse(line: &str) -> Result<JournalLine, &'static str> {
        let (found, record) = line.split_once(' ').unwrap_or_default();
        if found != checksum(record) {
            return Err("the line does not fit its checksum");
        }
        JournalLine::parse_record(record).ok_or("this is no record")
    }

    fn parse_record(record: &str) -> Option<JournalLine> {
        // The row stays text. No string before it can hold these letters: its quotes would be
        // escaped.
        let (front, row) = record.strip_suffix('}')?.split_once(",\"row\":")?;
        let front = json::parse(format!("{front}}}").as_bytes()).ok()?;
        let front = front.as_map()?;
        let text = |name| front.get(name).and_then(Value::as_str).map(str::to_owned);
        let expires = front.get("expires")?.as_int().and_then(|time| u64::try_from(time).ok());
        Some(JournalLine {
            kind: text("kind")?,
            key: text("key")?,
            expires: expires.unwrap_or(u64::MAX),
            row: Some(row).filter(|row| *row != "null").map(Arc::from),
        })
    }
}

fn with_checksum(record: &str) -> String {
    format!("{} {record}\n", checksum(record))
}

fn checksum(record: &str) -> String {
    hex(&sha256(record.as_bytes())[..4])
}

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
        let (head, mut found) = (with_checksum(HEAD), Vec::new());
        (&file).take(head.len() as u64).read_to_end(&mut found)?;
        let (name, path, file) = (name.to_owned(), fs::canonicalize(name)?, Arc::new(file));
        let mut journal = Journal { name, path, file, bytes: 0, is_stuck: false };
        if !head.as_bytes().starts_with(&found) {
            return Err(journal.damage("this is no journal of carafe's; name another file"));
        }
        // A new file, or its maker died over the first line. If another process does the same now,
        // both write the same bytes to the same place.
        if found.len() < head.len() {
            (&*journal.file).write_all(&head.as_bytes()[found.len()..])?;
            journal.file.sync_all()?;
            sync_folder(&journal.path)?;
        }
        journal.bytes = head.len() as u64;
        Ok(journal)
    }

    /// Opens the file that has the name now.
    pub fn open_again(&mut self) -> io::Result<()> {
        let (name, is_stuck) = (std::mem::take(&mut self.name), self.is_stuck);
        *self = Journal { name, is_stuck, ..Journal::open(&self.path)? };
        Ok(())
    }

    /// True if the file that has the name is the one that is open.
    pub fn is_in_place(&self) -> io::Result<bool> {
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
        };
        Ok(is_same_file(&self.file.metadata()?, &fs::metadata(&self.path).map_err(named)?))
    }

    /// Reads what was added, and gives it to `apply`. Returns how many bytes without a line end
    /// stand behind it.
    pub fn read_on(&mut self, mut apply: impl FnMut(JournalLine)) -> io::Result<u64> {
        match self.file.metadata()?.len() {
            length if length == self.bytes => return Ok(0),
            length if length < self.bytes => {
                let wrong = "the file has become shorter while it was in use; start carafe again";
                return Err(self.damage(wrong));
            }
            _ => {}
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
            let text = str::from_utf8(&line[..end - 1]).unwrap_or_default();
            apply(JournalLine::parse(text).map_err(|wrong| {
                let (line, name) = (self.line_number(), self.name.display());
                self.damage(&format!(
                    "{wrong}; keep a copy, and take the line out, which loses this one change: \
                     sed -i.damaged {line}d {name}"
                ))
            })?);
            self.bytes += end as u64;
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

    /// Waits for the lock on the open file, and takes it.
    pub fn lock(&mut self) -> io::Result<JournalLock> {
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

    /// Cuts a torn tail off. The lock is held.
    pub fn cut(&self) -> io::Result<()> {
        self.file.set_len(self.bytes)
    }

    /// Adds lines in one write. If not all find room, none is there. The lock is held.
    pub fn append(&mut self, lines: &str) -> io::Result<()> {
        let written = (&*self.file).seek(SeekFrom::Start(self.bytes));
        if let Err(error) = written.and_then(|_| (&*self.file).write_all(lines.as_bytes())) {
            // If not even this works, the next writer finds a torn tail.
            let _ = self.cut();
            return Err(error);
        }
        self.bytes += lines.len() as u64;
        Ok(())
    }
}

/// The lock on a file. It is held until this is dropped.
pub struct JournalLock(pub Arc<File>);

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

/// True if both describe one file. Where an open file cannot be replaced, they always do.
pub fn is_same_file(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    #[cfg(unix)]
    return {
        use std::os::unix::fs::MetadataExt;
        (one.dev(), one.ino()) == (other.dev(), other.ino())
    };
    #[cfg(not(unix))]
    true
}

/// A name in a folder is on the disk when the folder is.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
