//! Where templates come from: a folder, or the binary itself.
//!
//! A name is looked for below the folder and nowhere else, whoever chose it. A file is asked for
//! its version before it is used, which costs one system call, so that an edit shows at the next
//! request. (On a busy server not before each use: see `file_cache`.)
//!
//! Left out: several folders. One place to look is one place to explain.

use crate::near::nearest;
use std::fs::{self, File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Longer files are not read.
const LONGEST: u64 = 4 << 20;

/// How many names are looked at for a hint.
const MOST_NAMES: usize = 1_000;

/// Where templates come from.
#[derive(Debug)]
pub enum TemplateSource {
    /// Files.
    Folder(PathBuf),
    /// Names and texts in the binary.
    Embedded(&'static [(&'static str, &'static str)]),
}

/// Why a template is not to be had; one sentence.
#[derive(Debug)]
pub struct MissingTemplate {
    /// What was looked for, and where.
    pub message: String,
    /// True if there is simply no such template, which `ignore missing` forgives.
    pub is_absent: bool,
}

impl MissingTemplate {
    fn refused(message: impl Into<String>) -> MissingTemplate {
        MissingTemplate { message: message.into(), is_absent: false }
    }
}

/// Which version of a file was read; none for what the binary holds, which never changes.
#[derive(Debug)]
pub struct TemplateVersion(Option<FileState>);

#[derive(Debug)]
struct FileState {
    path: PathBuf,
    stamp: TemplateStamp,
    /// False if the file had just been written when it was read: clocks are coarse, and one more
    /// change in the same tick would leave the same stamp.
    settled: bool,
}

/// What tells one version of a file from the next without reading it.
#[derive(Debug, PartialEq)]
struct TemplateStamp {
    length: u64,
    modified: Option<SystemTime>,
    /// The number of the file and the time of its last change of any kind, which nobody can set
    /// back.
    inode: (u64, i64, i64),
}

impl TemplateStamp {
    fn of(metadata: &Metadata) -> TemplateStamp {
        #[cfg(unix)]
        let inode = {
            use std::os::unix::fs::MetadataExt;
            (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
        };
        #[cfg(not(unix))]
        let inode = (0, 0, 0);
        TemplateStamp { length: metadata.len(), modified: metadata.modified().ok(), inode }
    }

    fn is_settled(&self) -> bool {
        let age = self.modified.and_then(|modified| modified.elapsed().ok());
        age.is_some_and(|age| age > Duration::from_secs(1))
    }
}

impl TemplateSource {
    /// True if what was read then is still what the file holds.
    pub fn is_current(&self, version: &TemplateVersion) -> bool {
        let Some(version) = &version.0 else { return true };
        version.settled
            && fs::metadata(&version.path)
                .is_ok_and(|metadata| TemplateStamp::of(&metadata) == version.stamp)
    }

    /// The text of a template, and its version.
    ///
    /// # Errors
    ///
    /// A name that leads out of the folder, no such file, a file that is not text.
    pub fn read(&self, name: &str) -> Result<(String, TemplateVersion), MissingTemplate> {
        if let Some(why) = leads_out(name) {
            return Err(MissingTemplate::refused(format!("the name {} {why}", shown(name))));
        }
        match self {
            TemplateSource::Embedded(files) => match files.iter().find(|(known, _)| *known == name)
            {
                Some((_, text)) => Ok(((*text).to_owned(), TemplateVersion(None))),
                None => Err(self.absent(name)),
            },
            TemplateSource::Folder(folder) => self.read_file(folder, name),
        }
    }

    fn read_file(
        &self,
        folder: &Path,
        name: &str,
    ) -> Result<(String, TemplateVersion), MissingTemplate> {
        let path = folder.join(name);
        // Symbolic links are followed to their end, and the end must be below the folder too.
        let (Ok(real_folder), Ok(real_path)) = (folder.canonicalize(), path.canonicalize()) else {
            return Err(self.absent(name));
        };
        if !real_path.starts_with(&real_folder) {
            return Err(MissingTemplate::refused(format!(
                "the name {} leads out of the folder",
                shown(name)
            )));
        }
        // Opening a pipe would wait for a writer, so what is no file is not opened.
        if !fs::metadata(&real_path).is_ok_and(|metadata| metadata.is_file()) {
            return Err(MissingTemplate::refused(format!("{} is no file", path.display())));
        }
        let unreadable = |error: std::io::Error| {
            MissingTemplate::refused(format!("cannot read {}: {error}", path.display()))
        };
        let file = File::open(&real_path).map_err(unreadable)?;
        let stamp = TemplateStamp::of(&file.metadata().map_err(unreadable)?);
        let settled = stamp.is_settled();
        let mut bytes = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > LONGEST {
            return Err(MissingTemplate::refused(format!(
                "{} is longer than {LONGEST} bytes",
                path.display()
            )));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            MissingTemplate::refused(format!(
                "{} is not UTF-8 from byte {} on",
                path.display(),
                error.utf8_error().valid_up_to()
            ))
        })?;
        Ok((text, TemplateVersion(Some(FileState { path, stamp, settled }))))
    }

    fn absent(&self, name: &str) -> MissingTemplate {
        let hint = |near: Option<&str>| {
            near.map(|near| format!("; there is {}", shown(near))).unwrap_or_default()
        };
        let message = match self {
            TemplateSource::Embedded(files) => {
                let near = nearest(name, files.iter().map(|(known, _)| *known));
                format!("no template {} in the program{}", shown(name), hint(near))
            }
            TemplateSource::Folder(folder) if !folder.is_dir() => {
                let last = folder
                    .file_name()
                    .map(|last| last.to_string_lossy().into_owned())
                    .unwrap_or_default();
                let parent = folder
                    .parent()
                    .filter(|parent| *parent != Path::new(""))
                    .unwrap_or(Path::new("."));
                let near = nearest(&last, names_in(parent).iter().map(String::as_str))
                    .map(|near| format!("; there is {}", folder.with_file_name(near).display()));
                format!(
                    "no template {}, for there is no folder {}{}",
                    shown(name),
                    folder.display(),
                    near.unwrap_or_default()
                )
            }
            TemplateSource::Folder(folder) => {
                let (below, last) = name.rsplit_once('/').unwrap_or(("", name));
                let near = nearest(last, names_in(&folder.join(below)).iter().map(String::as_str))
                    .map(|near| {
                        if below.is_empty() { near.to_owned() } else { format!("{below}/{near}") }
                    });
                format!(
                    "no template {} in {}{}",
                    shown(name),
                    folder.display(),
                    hint(near.as_deref())
                )
            }
        };
        MissingTemplate { message, is_absent: true }
    }
}

/// Why a name is refused before any file is looked at.
fn leads_out(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("is empty")
    } else if name.contains(['\0', '\\', ':']) {
        // A backslash separates folders on Windows, where a colon names a drive.
        Some("holds a character that no template's name has")
    } else if name.starts_with('/') || name.split('/').any(|part| part == "..") {
        Some("leads out of the folder")
    } else if name.ends_with('/') || name.split('/').any(|part| part.is_empty() || part == ".") {
        Some("is not a plain path")
    } else {
        None
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_NAMES);
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// A name in quotes, control characters escaped, not longer than a line.
fn shown(name: &str) -> String {
    let short: String = name.chars().take(80).collect();
    format!("\"{}\"", short.escape_debug())
}
