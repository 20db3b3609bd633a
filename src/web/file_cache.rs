//! Small files that were read lately, kept for as long as they are unchanged.
//!
//! To send a file of four kilobytes the system is asked to open it, to measure it, to read it and
//! to close it again, which takes longer than everything else about the request. Whether it is
//! still the version that was read last takes one question. So a small file's bytes are kept, and
//! what is sent was on the disk a moment ago: see `freshness`.
//!
//! **Whether it is the same** is told by its size, its number and the moment of its last change,
//! which no program can set back. That moment is as fine as the tick of the file system's clock: of
//! two changes within one tick the second could not be told from the first. So a file is kept only
//! when its last change is some ticks ago.
//!
//! Left out: choosing who leaves. When there are too many, all are forgotten, and read again as
//! they are asked for.

use super::freshness::Freshness;
use crate::http::conditions::Validators;
use crate::striped::Striped;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// So many files each stripe keeps: with [`FILE_BYTES`] each and eight stripes, sixteen megabytes.
const FILES: usize = 32;

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
    /// Which version of it.
    pub version: Version,
    /// The marks of this version.
    pub validators: Validators,
    /// All of it.
    pub bytes: Arc<[u8]>,
}

/// Files by their path below the folder.
#[derive(Debug, Default)]
pub struct FileCache(Striped<HashMap<String, (Arc<KeptFile>, Freshness)>>);

impl FileCache {
    /// A file, if it is kept and need not be asked whether it has changed.
    pub fn fresh(&self, path: &str) -> Option<Arc<KeptFile>> {
        let mut files = self.0.own();
        let (file, freshness) = files.get_mut(path)?;
        (!freshness.must_ask()).then(|| Arc::clone(file))
    }

    /// A file, if it is kept in the version that is on the disk now; `None`: there is none any
    /// more. Another version is forgotten.
    pub fn get(&self, path: &str, version: Option<Version>) -> Option<Arc<KeptFile>> {
        let mut files = self.0.own();
        let (file, _) = files.get(path)?;
        if version == Some(file.version) {
            return Some(Arc::clone(file));
        }
        files.remove(path);
        None
    }

    /// Keeps a file, unless it is too long or has changed too lately.
    pub fn keep(&self, path: &str, file: KeptFile) {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |now| now.as_nanos() as i128);
        if file.version.size > FILE_BYTES || now - file.version.changed < SETTLED.as_nanos() as i128
        {
            return;
        }
        let mut files = self.0.own();
        if files.len() >= FILES && !files.contains_key(path) {
            files.clear();
        }
        files.insert(path.to_owned(), (Arc::new(file), Freshness::new()));
    }
}
