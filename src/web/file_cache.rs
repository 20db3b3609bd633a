//! Deeper: file cache, what was made of a file, kept in memory while the file is unchanged.
//!
//! What was made of a file is the answer with it, or the tree of a template. Before it is used, one
//! question to the system tells whether the file is unchanged.
//!
//! **Fewer questions on a busy server.** The question alone is a tenth of the work on a page. In
//! each millisecond only the first three uses ask, and the others believe what these were told.
//! Nobody who edits a file and loads the page again is that fast.
//!
//! **Stripes.** To take a lock is to write it, and what one processor has just written, another one
//! gets late. So the cache is kept several times, and each thread always uses the same stripe.
//!
//! Left out: a choice of what to forget. A stripe that is full forgets everything.

use std::collections::HashSet;
use std::fs::Metadata;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// More than the threads that run at one time on a small machine.
const STRIPES: usize = 8;

/// The length of a period. In each of them a stripe asks the system [`QUESTIONS`] times at most.
const PERIOD: Duration = Duration::from_millis(1);

/// How many uses in one period ask the system for the version of a file.
const QUESTIONS: u32 = 3;

/// How long ago a file must have changed to be kept in memory. The clock of a file system has
/// ticks, and of two changes within one tick the second cannot be told from the first. The coarsest
/// ticks are those of FAT: two seconds.
const SETTLED: Duration = Duration::from_secs(3);

/// What tells one version of a file from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileStamp {
    /// How many bytes it has.
    pub size: u64,
    /// When it last changed, in nanoseconds since 1970.
    pub changed: i128,
    /// Which file it is, of those that have had its name.
    pub number: u64,
}

/// What was made of files, by their names.
#[derive(Debug)]
pub struct FileCache<T> {
    /// How many files a stripe keeps.
    most: usize,
    stripes: Vec<Stripe<T>>,
}

/// Aligned so that no two stripes share a line of a processor's cache.
#[derive(Debug)]
#[repr(align(64))]
struct Stripe<T>(Mutex<CachedFiles<T>>);

/// In the order of their names.
type CachedFiles<T> = Vec<CachedFile<T>>;

#[derive(Debug)]
struct CachedFile<T> {
    name: Box<[u8]>,
    made: Arc<T>,
    /// When this period began, and how often the file was used since.
    since: Instant,
    uses: u32,
}

impl<T> FileCache<T> {
    /// An empty cache that keeps `most` files, once for each stripe.
    pub fn new(most: usize) -> FileCache<T> {
        FileCache { most, stripes: (0..STRIPES).map(|_| Stripe(Mutex::default())).collect() }
    }

    /// What was made of a file, if it is kept and the file is unchanged. `is_current` asks the
    /// system; what is not current is forgotten.
    pub fn get(&self, name: &[u8], is_current: impl FnOnce(&T) -> bool) -> Option<Arc<T>> {
        let mut files = self.own();
        let at = position(&files, name).ok()?;
        let (made, must_ask) = files[at].used();
        // No lock is held while the system is asked.
        drop(files);
        if must_ask && !is_current(&made) {
            self.own().retain(|it| *it.name != *name);
            return None;
        }
        Some(made)
    }

    /// Keeps what was made of a file.
    pub fn keep(&self, name: &[u8], made: T) -> Arc<T> {
        let made = Arc::new(made);
        let since = Instant::now();
        let file = CachedFile { name: name.into(), made: Arc::clone(&made), since, uses: 0 };
        let mut files = self.own();
        match position(&files, name) {
            Ok(at) => files[at] = file,
            Err(_) if files.len() >= self.most => *files = vec![file],
            Err(at) => files.insert(at, file),
        }
        made
    }

    /// The number of files of which something is kept.
    pub fn count(&self) -> usize {
        let mut names = HashSet::new();
        for stripe in &self.stripes {
            names.extend(lock(stripe).iter().map(|it| it.name.clone()));
        }
        names.len()
    }

    /// The stripe of this thread.
    fn own(&self) -> MutexGuard<'_, CachedFiles<T>> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed);
        }
        lock(&self.stripes[OWN.with(|own| own % STRIPES)])
    }
}

/// Where the file of this name is, or where it would be inserted.
fn position<T>(files: &CachedFiles<T>, name: &[u8]) -> Result<usize, usize> {
    files.binary_search_by(|it| (*it.name).cmp(name))
}

fn lock<T>(stripe: &Stripe<T>) -> MutexGuard<'_, CachedFiles<T>> {
    stripe.0.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> CachedFile<T> {
    /// Counts a use; true if the system must be asked before it.
    fn used(&mut self) -> (Arc<T>, bool) {
        self.uses += 1;
        // While the system is asked in any case, nobody asks for the time.
        if self.uses > QUESTIONS && self.since.elapsed() >= PERIOD {
            (self.since, self.uses) = (Instant::now(), 1);
        }
        (Arc::clone(&self.made), self.uses <= QUESTIONS)
    }
}

impl FileStamp {
    /// The moment is `ctime`, not `mtime`, because any program may set `mtime` back.
    pub fn of(metadata: &Metadata) -> FileStamp {
        #[cfg(unix)]
        let (changed, number) = {
            use std::os::unix::fs::MetadataExt;
            let seconds = i128::from(metadata.ctime());
            (seconds * 1_000_000_000 + i128::from(metadata.ctime_nsec()), metadata.ino())
        };
        #[cfg(not(unix))]
        let (changed, number) = (metadata.modified().map_or(0, nanoseconds), 0);
        FileStamp { size: metadata.len(), changed, number }
    }

    /// True if the file changed so long ago that another change has another stamp.
    pub fn is_settled(&self) -> bool {
        nanoseconds(SystemTime::now()) - self.changed >= SETTLED.as_nanos() as i128
    }
}

/// Since 1970.
fn nanoseconds(time: SystemTime) -> i128 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as i128)
}
