//! Small files that were read lately, kept for as long as they are unchanged.
//!
//! To send a file of four kilobytes the system is asked to open it, to measure it, to read it and to close it again,
//! which takes longer than everything else about the request. Whether it is still the version that was read last takes
//! one question, which is asked anyway on the way to the file. So a small file's bytes are kept, and nothing is ever sent
//! that is not on the disk at that moment.
//!
//! **Whether it is the same** is told by its size, its number and the moment of its last change, which no program can set
//! back. That moment is as fine as the tick of the file system's clock: of two changes within one tick the second could not
//! be told from the first. So a file is kept only when its last change is some ticks ago.
//!
//! Left out: choosing who leaves. When there are too many, all are forgotten, and read again as they are asked for.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

/// So many files are kept: with [`FILE_BYTES`] each, four megabytes.
const FILES: usize = 64;

/// The longest file that is kept.
pub const FILE_BYTES: u64 = 64 * 1024;

/// How long ago a file must have changed. The coarsest ticks are FAT's, of two seconds.
const SETTLED: Duration = Duration::from_secs(3);

/// What tells one version of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// How many bytes it has.
    pub size: u64,
    /// When it last changed, in nanoseconds since 1970.
    pub changed: i128,
    /// Which file it is, of those that have had its name.
    pub number: u64,
}

/// A small file as it was read.
#[derive(Debug)]
pub struct KeptFile {
    version: Version,
    /// The mark of this version, made once.
    pub etag: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// Files by their path below the folder.
#[derive(Debug, Default)]
pub struct FileCache(RwLock<HashMap<String, Arc<KeptFile>>>);

impl FileCache {
    /// A file, if this version of it is kept.
    pub fn get(&self, path: &str, version: Version) -> Option<Arc<KeptFile>> {
        let files = self.0.read().unwrap_or_else(PoisonError::into_inner);
        files.get(path).filter(|file| file.version == version).cloned()
    }

    /// Keeps a file, unless it is too long or has changed too lately.
    pub fn keep(&self, path: &str, version: Version, etag: &str, bytes: &[u8]) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_nanos() as i128);
        if version.size > FILE_BYTES || now - version.changed < SETTLED.as_nanos() as i128 {
            return;
        }
        let file = KeptFile { version, etag: etag.to_owned(), bytes: bytes.to_owned() };
        let mut files = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if files.len() >= FILES && !files.contains_key(path) {
            files.clear();
        }
        files.insert(path.to_owned(), Arc::new(file));
    }
}
