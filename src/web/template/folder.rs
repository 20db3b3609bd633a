//! Deeper: where templates come from: a folder, or the binary itself.
//!
//! A name is looked for below the folder and nowhere else. Before a template is used, the system is
//! asked once whether its file has changed, so that the next request sees an edit. (On a busy
//! server this is not done for each request: see `file_cache`.)
//!
//! Left out: several folders. One place to look is one place to explain.

use crate::near::nearest;
use std::fs::{self, File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Longer files are not read, in bytes.
const LONGEST: u64 = 4 << 20;

/// How many names are compared for a hint.
const MOST_NAMES: usize = 1_000;

/// Where templates come from.
#[derive(Debug)]
pub enum TemplateSource {
    /// Files.
    Folder(PathBuf),
    /// Names and texts in the binary.
    Embedded(&'static [(&'static str, &'static str)]),
}

/// Which version of a file was read.
#[derive(Debug)]
pub struct TemplateVersion {
    path: PathBuf,
    stamp: (u64, Option<SystemTime>, FileNumbers),
    /// False if the file was written in the second before it was read. The file system's clock is
    /// coarse: one more change in the same tick would have the same stamp.
    settled: bool,
}

/// The number of the file, and the time of its last change of any kind, which no program can set.
type FileNumbers = (u64, i64, i64);

impl TemplateVersion {
    /// The version that these facts of the file system describe.
    fn of(path: &Path, metadata: &Metadata) -> TemplateVersion {
        let age = metadata.modified().ok().and_then(|modified| modified.elapsed().ok());
        let settled = age.is_some_and(|age| age > Duration::from_secs(1));
        TemplateVersion { path: path.to_owned(), stamp: stamp(metadata), settled }
    }

    /// True if the file still has what was read.
    pub fn is_current(&self) -> bool {
        self.settled
            && fs::metadata(&self.path).is_ok_and(|metadata| stamp(&metadata) == self.stamp)
    }
}

/// What is different after each change of the file.
fn stamp(metadata: &Metadata) -> (u64, Option<SystemTime>, FileNumbers) {
    #[cfg(unix)]
    let numbers = {
        use std::os::unix::fs::MetadataExt;
        (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
    };
    #[cfg(not(unix))]
    let numbers = (0, 0, 0);
    (metadata.len(), metadata.modified().ok(), numbers)
}

impl TemplateSource {
    /// The text of a template, and the version of its file.
    ///
    /// # Errors
    ///
    /// One sentence: a name that leads out of the folder, no such file, a file that is not text.
    pub fn read(&self, name: &str) -> Result<(String, Option<TemplateVersion>), String> {
        if let Some(why) = leads_out(name) {
            return Err(format!("the name {} {why}", shown(name)));
        }
        match self {
            TemplateSource::Embedded(files) => {
                let found = files.iter().find(|(known, _)| *known == name);
                let text = found.map(|(_, text)| (*text).to_owned());
                text.map(|text| (text, None)).ok_or_else(|| self.absent(name))
            }
            TemplateSource::Folder(folder) => self.read_file(folder, name),
        }
    }

    /// The text of a file below the folder.
    fn read_file(
        &self,
        folder: &Path,
        name: &str,
    ) -> Result<(String, Option<TemplateVersion>), String> {
        let path = folder.join(name);
        // Symbolic links are followed to their end, and the end must be below the folder too.
        let (Ok(real_folder), Ok(real_path)) = (folder.canonicalize(), path.canonicalize()) else {
            return Err(self.absent(name));
        };
        if !real_path.starts_with(&real_folder) {
            return Err(format!("the name {} leads out of the folder", shown(name)));
        }
        let shown_path = path.display();
        // Opening a pipe would wait for a writer, so only files are opened.
        if !fs::metadata(&real_path).is_ok_and(|metadata| metadata.is_file()) {
            return Err(format!("{shown_path} is no file"));
        }
        let unreadable = |error: std::io::Error| format!("cannot read {shown_path}: {error}");
        let file = File::open(&real_path).map_err(unreadable)?;
        let version = TemplateVersion::of(&path, &file.metadata().map_err(unreadable)?);
        let mut bytes = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > LONGEST {
            return Err(format!("{shown_path} is longer than {LONGEST} bytes"));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            format!("{shown_path} is not UTF-8 from byte {good} on")
        })?;
        Ok((text, Some(version)))
    }

    /// Where a template was looked for, and a name that is near.
    fn absent(&self, name: &str) -> String {
        let (place, near) = match self {
            TemplateSource::Embedded(files) => {
                let near = nearest(name, files.iter().map(|(known, _)| *known));
                ("in the program".to_owned(), near.map(shown))
            }
            TemplateSource::Folder(folder) if !folder.is_dir() => {
                let last = folder.file_name().unwrap_or_default().to_string_lossy();
                let near = near_file(folder.parent().unwrap_or(Path::new("")), &last);
                let near = near.map(|near| folder.with_file_name(near).display().to_string());
                return format!(
                    "no template {}, because there is no folder {}{}",
                    shown(name),
                    folder.display(),
                    near.map(|near| format!("; there is {near}")).unwrap_or_default()
                );
            }
            TemplateSource::Folder(folder) => {
                let (below, last) = name.split_at(name.rfind('/').map_or(0, |at| at + 1));
                let near = near_file(&folder.join(below), last);
                (
                    format!("in {}", folder.display()),
                    near.map(|near| shown(&format!("{below}{near}"))),
                )
            }
        };
        let near = near.map(|near| format!("; there is {near}")).unwrap_or_default();
        format!("no template {} {place}{near}", shown(name))
    }
}

/// Why a name is refused before any file is looked at.
fn leads_out(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("is empty")
    } else if name.contains(['\0', '\\', ':']) {
        // A backslash separates folders on Windows, where a colon follows the name of a drive.
        Some("has a character that no template's name has")
    } else if name.starts_with('/') || name.split('/').any(|part| part == "..") {
        Some("leads out of the folder")
    } else if name.split('/').any(|part| matches!(part, "" | ".")) {
        Some("is not a plain path")
    } else {
        None
    }
}

/// The name in a folder that is near to this one.
fn near_file(folder: &Path, name: &str) -> Option<String> {
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_NAMES);
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
}

/// A name in quotes, control characters escaped, not longer than a line.
fn shown(name: &str) -> String {
    let short: String = name.chars().take(80).collect();
    format!("\"{}\"", short.escape_debug())
}
