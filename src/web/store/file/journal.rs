//! The journal: a file to which each change is added as a line, and nothing is ever overwritten.
//!
//! ```text
//! 5d8ef2f1 {"journal":"carafe","version":1}
//! 9b1c07ae {"kind":"session","key":"9f86d0818...","expires":1764000000000,"row":{"user":"Ada"}}
//! 04d2e6b3 {"kind":"session","key":"9f86d0818...","expires":null,"row":null}
//! ```
//!
//! The last line of a key counts; a row of `null` is a deletion. Times are milliseconds since 1970.
//! In front of each record stand the first eight digits of its SHA-256: `sed 1d shop.db | cut -c10-
//! | head -1 | tr -d '\n' | sha256sum`.
//!
//! A process that dies while it writes leaves a line without an end, and that is how it is told
//! from damage: a **torn tail** was never promised to anybody and is cut off; a whole line that
//! does not fit its checksum was changed by somebody, and then nothing is read at all, since what
//! follows may depend on it.
//!
//! Whoever calls holds the lock on the file; here nobody waits for anybody.

use crate::json;
use crate::value::Value;
use crate::web::sign::{hex, sha256};
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const NO_JOURNAL: &str = "this is no journal of carafe's";
const HEAD: &str = "{\"journal\":\"carafe\",\"version\":1}";

/// One change, as the journal keeps it.
pub struct Record {
    /// The kind's name.
    pub kind: String,
    /// The key, or its hash if it is a secret.
    pub key: String,
    /// When the row expires; `None`: never.
    pub expires: Option<u64>,
    /// The row as JSON; `None`: it was deleted.
    pub row: Option<Arc<str>>,
}

impl Record {
    /// The record as a line, checksum and end included.
    pub fn line(&self) -> String {
        let text = |text: &str| json::write(&Value::from(text));
        let expires = self.expires.map_or("null".to_owned(), |time| time.to_string());
        let row = self.row.as_deref().unwrap_or("null");
        let (kind, key) = (text(&self.kind), text(&self.key));
        line(&format!("{{\"kind\":{kind},\"key\":{key},\"expires\":{expires},\"row\":{row}}}"))
    }

    fn parse(record: &str) -> Option<Record> {
        // The row stays text. No string before it can hold these letters: its quotes would be
        // escaped.
        let (front, row) = record.strip_suffix('}')?.split_once(",\"row\":")?;
        let front = json::parse(format!("{front}}}").as_bytes()).ok()?;
        let front = front.as_map()?;
        let text = |name| front.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Record {
            kind: text("kind")?,
            key: text("key")?,
            expires: front.get("expires")?.as_int().and_then(|time| u64::try_from(time).ok()),
            row: Some(row).filter(|row| *row != "null").map(Arc::from),
        })
    }
}

fn line(record: &str) -> String {
    format!("{} {record}\n", checksum(record))
}

fn checksum(record: &str) -> String {
    hex(&sha256(record.as_bytes())[..4])
}

/// The file, and how far it was read.
pub struct Journal {
    path: PathBuf,
    /// Shared with whoever makes it safe, while others already write on.
    pub file: Arc<File>,
    /// How many bytes of it were read or written. Behind them stands what other processes have
    /// added.
    pub bytes: u64,
    lines: u64,
}

/// Why a journal cannot be read.
pub enum Damage {
    /// The system says so.
    Io(io::Error),
    /// What stands there is no journal, or was changed: a sentence with the line and a way out.
    Text(String),
}

impl From<io::Error> for Damage {
    fn from(error: io::Error) -> Damage {
        Damage::Io(error)
    }
}

impl Journal {
    /// Opens a journal, none of it read yet; makes one if there is none.
    pub fn open(path: &Path) -> io::Result<Journal> {
        let file = private().read(true).write(true).create(true).truncate(false).open(path)?;
        // From a pipe or a device one could read for ever.
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("this is no regular file; name another"));
        }
        let journal = Journal { path: path.to_owned(), file: Arc::new(file), bytes: 0, lines: 0 };
        // A new file, or one whose maker died over its first line.
        let (head, mut found) = (line(HEAD), Vec::new());
        (&*journal.file).take(head.len() as u64).read_to_end(&mut found)?;
        if found.len() < head.len() && head.as_bytes().starts_with(&found) {
            (&*journal.file).write_all(&head.as_bytes()[found.len()..])?;
            journal.file.sync_all()?;
            sync_folder(path)?;
        }
        Ok(journal)
    }

    /// The file's name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// True if there may be something behind what was read, or if another file has taken this one's
    /// place.
    pub fn has_news(&self) -> io::Result<bool> {
        Ok(self.file.metadata()?.len() != self.bytes || !self.is_in_place()?)
    }

    /// True if the file that has the name is the one that is open.
    pub fn is_in_place(&self) -> io::Result<bool> {
        is_same_file(&self.file.metadata()?, &fs::metadata(&self.path)?)
    }

    /// Reads what was added, and gives it to `apply`. Gives back how many bytes of a torn tail
    /// stand behind it.
    pub fn read_on(&mut self, apply: &mut dyn FnMut(Record, u64)) -> Result<u64, Damage> {
        let mut added = Vec::new();
        (&*self.file).seek(SeekFrom::Start(self.bytes))?;
        (&*self.file).read_to_end(&mut added)?;
        if added.is_empty() && self.file.metadata()?.len() < self.bytes {
            return Err(self
                .damage("the file has become shorter while it was in use", "start carafe again"));
        }
        let mut rest = &added[..];
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, behind) = (&rest[..end], &rest[end + 1..]);
            // A machine that lost its power leaves zeros where it had made room for a line.
            if line.contains(&0) && !behind.contains(&b'\n') {
                break;
            }
            self.lines += 1;
            if let Some(record) = self.parse(line)? {
                apply(record, end as u64 + 1);
            }
            self.bytes += end as u64 + 1;
            rest = behind;
        }
        // Without a first line it is not a torn journal, but something of somebody else's.
        if self.lines == 0 {
            self.lines = 1;
            return Err(self.damage(NO_JOURNAL, "name another file"));
        }
        Ok(rest.len() as u64)
    }

    /// The record of a line; `None` for the first one, which says what kind of file this is.
    fn parse(&self, line: &[u8]) -> Result<Option<Record>, Damage> {
        let path = self.path.display();
        let (found, record) =
            str::from_utf8(line).ok().and_then(|line| line.split_once(' ')).unwrap_or_default();
        if self.lines == 1 {
            return match record {
                HEAD if found == checksum(HEAD) => Ok(None),
                _ => Err(self.damage(NO_JOURNAL, "name another file")),
            };
        }
        let wrong = if found == checksum(record) {
            "this is no record"
        } else {
            "the line does not fit its checksum"
        };
        match Record::parse(record).filter(|_| found == checksum(record)) {
            Some(record) => Ok(Some(record)),
            None => Err(self.damage(
                wrong,
                &format!(
                    "keep a copy, and take the line out, which loses this one change: sed -i.damaged {}d {path}",
                    self.lines
                ),
            )),
        }
    }

    fn damage(&self, wrong: &str, way_out: &str) -> Damage {
        Damage::Text(format!("{}:{}: {wrong}; {way_out}", self.path.display(), self.lines))
    }

    /// Cuts a torn tail off.
    pub fn cut(&self) -> io::Result<()> {
        self.file.set_len(self.bytes)
    }

    /// Adds lines in one write. If they did not all find room, none is there.
    pub fn append(&mut self, lines: &str) -> io::Result<()> {
        let written = (&*self.file).seek(SeekFrom::Start(self.bytes));
        if let Err(error) = written.and_then(|_| (&*self.file).write_all(lines.as_bytes())) {
            // If not even this works, the next writer finds a torn tail.
            let _ = self.cut();
            return Err(error);
        }
        self.bytes += lines.len() as u64;
        self.lines += lines.bytes().filter(|byte| *byte == b'\n').count() as u64;
        Ok(())
    }

    /// Puts a journal of these lines alone in the place of this one.
    ///
    /// At each moment the name leads to a whole journal, the old or the new one, also if the
    /// machine stops here. Which one after that, is certain only when the folder is on the disk,
    /// too: see [`sync_folder`].
    pub fn replace(&mut self, lines: impl Iterator<Item = String>) -> io::Result<()> {
        let new_path = with_ending(&self.path, "new");
        let mut journal =
            Journal { path: self.path.clone(), file: self.file.clone(), bytes: 0, lines: 1 };
        // One that lies there was left by a process that died over it, or put there by somebody: as
        // a link to a file that is not ours, or to keep the right to read what is written. So a new
        // one is made, in the true sense.
        match fs::remove_file(&new_path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = private().read(true).write(true).create_new(true).open(&new_path)?;
        let write = || {
            let mut text = line(HEAD);
            let mut out = io::BufWriter::with_capacity(1 << 16, &file);
            for line in lines {
                out.write_all(text.as_bytes())?;
                (journal.bytes, journal.lines) =
                    (journal.bytes + text.len() as u64, journal.lines + 1);
                text = line;
            }
            out.write_all(text.as_bytes())?;
            journal.bytes += text.len() as u64;
            out.flush()?;
            drop(out);
            file.sync_all()?;
            fs::rename(&new_path, &self.path)
        };
        if let Err(error) = write() {
            let _ = fs::remove_file(&new_path);
            return Err(error);
        }
        journal.file = Arc::new(file);
        *self = journal;
        Ok(())
    }
}

/// `shop.db` as `shop.db.lock`.
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    let _ = write!(name, ".{ending}");
    path.with_file_name(name)
}

/// How to open a file that nobody but its owner may read: it holds what visitors told the server.
pub fn private() -> OpenOptions {
    #[allow(unused_mut, reason = "elsewhere than on Unix there is no mode to set")]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn is_same_file(one: &fs::Metadata, other: &fs::Metadata) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
    }
    // Where a file that is open cannot be replaced, it is the same.
    #[cfg(not(unix))]
    {
        let _ = (one, other);
        Ok(true)
    }
}

/// A name in a folder is on the disk when the folder is.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
