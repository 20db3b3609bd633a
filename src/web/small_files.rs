//! Deeper: small files, which stay in memory with their headers while they are unchanged.
//!
//! To find, open and read a file takes longer than all else about a request. So a small file is
//! kept, with its headers, under the name that was asked for. Before it is used again, the system
//! is asked whether it is still the same version, and whether each folder on the way is still a
//! folder and not a link. (Not for each use on a busy server: see `file_cache`.)

use super::file_cache::{FileCache, FileStamp};
use super::file_response::headers;
use crate::http::{Body, Headers, Response, Status};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

/// How many files are kept in each of the cache's eight parts. With 64 KiB each, all together are
/// at most 16 MiB.
const CACHED_FILES: usize = 32;

/// Files in memory, by the names that are asked for.
#[derive(Debug)]
pub struct SmallFiles {
    in_program: HashMap<&'static [u8], SmallFile>,
    of_disk: FileCache<SmallFile>,
}

#[derive(Debug)]
struct SmallFile {
    headers: Headers,
    bytes: Arc<[u8]>,
    stamp: FileStamp,
    path: PathBuf,
    /// How many folders of the path are in its name.
    folders: usize,
}

impl SmallFiles {
    /// The files of a program, and no other yet.
    pub fn new(in_program: &[(&'static str, &'static [u8])]) -> SmallFiles {
        let files =
            in_program.iter().map(|(name, bytes)| (name.as_bytes(), of_program(name, bytes)));
        SmallFiles { in_program: files.collect(), of_disk: FileCache::new(CACHED_FILES) }
    }

    /// The answer with the whole file of this name, if the file is in memory and unchanged.
    pub fn get(&self, name: &OsStr) -> Option<Response> {
        let name = name.as_encoded_bytes();
        let whole = |SmallFile { headers, bytes, .. }: &SmallFile| {
            let body = Body::Shared(Arc::clone(bytes), 0..bytes.len());
            Response { status: Status::OK, headers: headers.clone(), body }
        };
        let in_program = self.in_program.get(name).map(whole);
        in_program.or_else(|| self.of_disk.get(name, is_current).map(|file| whole(&file)))
    }

    /// The number of files in memory.
    pub fn count(&self) -> usize {
        self.in_program.len() + self.of_disk.count()
    }

    /// Keeps a file that was found at this path, if it is small and has not changed just now.
    pub fn keep(&self, name: &OsStr, path: PathBuf, whole: &Response, stamp: FileStamp) {
        if let Body::Bytes(bytes) = &whole.body
            && stamp.is_settled()
        {
            let (headers, bytes) = (whole.headers.clone(), bytes.as_slice().into());
            let name = name.as_encoded_bytes();
            let folders = name.iter().filter(|byte| **byte == b'/').count();
            self.of_disk.keep(name, SmallFile { headers, bytes, stamp, path, folders });
        }
    }
}

/// A file in the program. Its mark is the hash of its bytes. The hasher has no random key, so the
/// mark is the same after a restart.
fn of_program(name: &str, bytes: &[u8]) -> SmallFile {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let etag = format!("\"{:x}-{:016x}\"", bytes.len(), hasher.finish());
    let (headers, bytes, stamp) = (headers(name, &etag, None), bytes.into(), FileStamp::default());
    SmallFile { headers, bytes, stamp, path: PathBuf::new(), folders: 0 }
}

/// True if the disk still has this version at its path, and no link leads there.
fn is_current(file: &SmallFile) -> bool {
    let is_folder = |path| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    let is_same = |found| FileStamp::of(&found) == file.stamp;
    file.path.ancestors().skip(1).take(file.folders).all(is_folder)
        && fs::symlink_metadata(&file.path).is_ok_and(is_same)
}
