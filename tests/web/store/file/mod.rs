//! The file store: what every store keeps, and what is peculiar to a file.

mod journal;
mod rewrite;

use super::{Clock, SECOND, SESSION, crowd, load, put, row, suite_of_tables};
use carafe::web::store::{FileStore, Kind, Lookup, Refusal, Store};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A folder for one journal, that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder =
            std::env::temp_dir().join(format!("carafe-store-{}-it's-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("rows")
    }

    fn open(&self, clock: &Clock) -> Result<FileStore, String> {
        self.open_as("rows", clock)
    }

    /// The journal by another name.
    fn open_as(&self, name: &str, clock: &Clock) -> Result<FileStore, String> {
        let hand = clock.clone();
        let opened = FileStore::with_clock(&self.0.join(name), move || {
            Duration::from_millis(1_700_000_000_000 + hand.0.load(Ordering::SeqCst))
        });
        opened.map_err(|error| error.to_string())
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_file_keeps_what_every_store_keeps() {
    let (folder, clock) = (Folder::new("suite"), Clock::default());
    suite_of_tables(&folder.open(&clock).unwrap(), &|time| clock.pass(time));
    // No id of a session stands in it; an order's does.
    let text = folder.text();
    assert!(text.contains("\"kind\":\"session\"") && !text.contains("\"ada\""), "{text}");
    assert!(
        text.contains(
            "{\"kind\":\"order\",\"key\":\"3\",\"expires\":null,\"row\":{\"visits\":9}}\n"
        ),
        "{text}"
    );
}

#[test]
fn two_doors_to_one_file_lose_nothing() {
    let (folder, clock) = (Folder::new("crowd"), Clock::default());
    let (one, other) = (folder.open(&clock).unwrap(), folder.open(&clock).unwrap());
    crowd([&one, &other]);
    one.flush().unwrap();
    assert_eq!(load(&folder.open(&clock).unwrap(), &SESSION, "crowd"), Lookup::Found(row(10_000)));
}

#[test]
fn a_restart_finds_the_rows_and_the_order_of_their_use() {
    let (folder, clock) = (Folder::new("restart"), Clock::default());
    let three = Kind { most: 3, ..SESSION };
    let store = folder.open(&clock).unwrap();
    for key in ["a", "b", "c"] {
        put(&store, &three, key, &row(0)).unwrap();
    }
    clock.pass(10 * SECOND);
    load(&store, &three, "a");
    drop(store);
    let store = folder.open(&clock).unwrap();
    put(&store, &three, "d", &row(0)).unwrap();
    let left = ["a", "b", "c", "d"].map(|key| load(&store, &three, key).found().is_some());
    assert_eq!(left, [true, false, true, true]);
    // Rows that live for ever have the order in which they were changed.
    let recent = Kind { name: "recent", lifetime: None, ..three };
    for key in ["a", "b", "c", "a"] {
        put(&store, &recent, key, &row(0)).unwrap();
        put(&store, &recent, key, &row(1)).unwrap();
    }
    drop(store);
    let store = folder.open(&clock).unwrap();
    put(&store, &recent, "d", &row(0)).unwrap();
    let left = ["a", "b", "c", "d"].map(|key| load(&store, &recent, key).found().is_some());
    assert_eq!(left, [true, false, true, true]);
    drop(store);
    // Time goes on while nobody is there.
    clock.pass(61 * SECOND);
    assert_eq!(load(&folder.open(&clock).unwrap(), &three, "a"), Lookup::Missing(Refusal::Expired));
}

#[test]
fn a_use_is_written_only_when_an_eighth_of_the_lifetime_is_over() {
    let (folder, clock) = (Folder::new("uses"), Clock::default());
    let store = folder.open(&clock).unwrap();
    put(&store, &SESSION, "id", &row(1)).unwrap();
    let lines = [1, 2, 3, 4, 5, 6, 7, 8].map(|_| {
        clock.pass(SECOND);
        load(&store, &SESSION, "id");
        folder.text().lines().count()
    });
    assert_eq!(lines, [2, 2, 2, 2, 2, 2, 2, 3]);
}

#[test]
fn a_change_may_itself_use_the_store_and_may_panic() {
    let folder = Folder::new("inside");
    let store = folder.open(&Clock::default()).unwrap();
    store
        .update(&SESSION, "id", &mut |kept| {
            put(&store, &SESSION, "another", &row(1)).unwrap();
            *kept = load(&store, &SESSION, "another").found();
        })
        .unwrap();
    let change = || store.update(&SESSION, "id", &mut |_| panic!("on purpose"));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(change)).is_err());
    assert_eq!(load(&store, &SESSION, "id"), Lookup::Found(row(1)));
}

/// Each new row takes the place of a few old ones, until there are as many as there may be now.
#[test]
fn a_bound_that_became_lower_removes_a_few_rows_for_each_new_one() {
    let (folder, clock) = (Folder::new("lower"), Clock::default());
    let store = folder.open(&clock).unwrap();
    for key in 0..100 {
        put(&store, &SESSION, &key.to_string(), &row(key)).unwrap();
    }
    let ten = Kind { most: 10, ..SESSION };
    let (mut before, lines) = (100, folder.text().lines().count());
    for new in 0..20 {
        put(&store, &ten, &format!("new {new}"), &row(new)).unwrap();
        let mut now = 0;
        store.inspect(&mut |_| now += 1);
        assert!(before - now <= 7, "{} rows left for one", before - now + 1);
        before = now;
    }
    assert_eq!(folder.text().lines().count(), lines + 20, "a change is one line");
    let left = |name: &str| load(&store, &ten, name).found().is_some();
    assert!((0..100).all(|key| !left(&key.to_string())));
    assert_eq!((0..20).filter(|new| left(&format!("new {new}"))).count(), 10);
}

#[test]
fn a_clock_that_was_a_day_back_ends_no_session_once_it_is_right_again() {
    let (folder, clock) = (Folder::new("clock"), Clock::default());
    clock.pass(86_400 * SECOND);
    let store = folder.open(&clock).unwrap();
    put(&store, &SESSION, "before", &row(1)).unwrap();
    clock.0.fetch_sub(86_400_000, Ordering::SeqCst);
    put(&store, &SESSION, "during", &row(2)).unwrap();
    assert_eq!(load(&store, &SESSION, "before"), Lookup::Found(row(1)));
    clock.pass(86_410 * SECOND);
    assert_eq!(load(&store, &SESSION, "before"), Lookup::Found(row(1)));
    assert_eq!(load(&store, &SESSION, "during"), Lookup::Found(row(2)));
}
