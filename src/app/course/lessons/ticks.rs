//! Deeper: The file of ticks: what a student has done, also after the server has stopped.
//!
//! It is one text file for each user, so the folder and the port of the server do not matter. A
//! tick is one line: the name of the lesson and the rule of the condition, because a number may
//! move. Two servers may write the file: a line is appended in one piece, and the file is read
//! again before ticks are shown.
//!
//! Left out: ticks for several students. Each student has an account on the machine.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How much of the file is read. The ticks of all lessons are a few kilobytes, and the file may be
/// anything.
const MOST_BYTES: u64 = 256 * 1024;

/// Where ticks are kept. The default keeps none.
#[derive(Default)]
pub struct Ticks {
    file: Option<PathBuf>,
}

/// The place of the file, as the XDG Base Directory Specification names it. `None` if the user has
/// no folder.
pub fn usual_place() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).map(PathBuf::from);
    // "All paths set in these environment variables must be absolute."
    let state = folder("XDG_STATE_HOME").filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(folder("HOME")?.join(".local/state")));
    state.filter(|path| path.is_absolute()).map(|path| path.join("carafe/ticks"))
}

impl Ticks {
    /// Keeps ticks in this file, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// Why it cannot be written.
    pub fn open(file: PathBuf) -> io::Result<Ticks> {
        fs::create_dir_all(file.parent().unwrap_or(Path::new("/")))?;
        // To open a pipe could wait without end, so its kind is looked at before.
        if fs::metadata(&file).is_ok_and(|found| !found.is_file()) {
            return Err(io::Error::other("found a folder or a device, expected a file"));
        }
        OpenOptions::new().append(true).create(true).open(&file)?;
        Ok(Ticks { file: Some(file) })
    }

    /// The lines of the file. `None` if there is none that can be read.
    pub fn read(&self) -> Option<Vec<String>> {
        let mut bytes = Vec::new();
        File::open(self.file.as_ref()?).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect())
    }

    /// Adds a line.
    pub fn add(&self, line: &str) {
        let Some(file) = &self.file else { return };
        let add = || {
            let mut opened = OpenOptions::new().read(true).append(true).create(true).open(file)?;
            let mut last = *b"\n";
            // An editor may have left the last line without its end.
            if opened.seek(SeekFrom::End(-1)).is_ok() {
                opened.read_exact(&mut last)?;
            }
            let end = if last == *b"\n" { "" } else { "\n" };
            opened.write_all(format!("{end}{line}\n").as_bytes())
        };
        if let Err(error) = add() {
            // The tick is still in the memory of this server.
            let _ = writeln!(io::stderr(), "carafe: cannot write {}: {error}", file.display());
        }
    }

    /// Empties the file.
    ///
    /// # Errors
    ///
    /// Why it cannot be written.
    pub fn forget(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| File::create(file).map(drop))
    }
}
