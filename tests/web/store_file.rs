//! The file store: what every store keeps, and what is peculiar to a file.

use super::store::{Clock, ORDER, SECOND, SESSION, crowd, load, put, row, suite_of_tables};
use carafe::web::store::{FileStore, Kind, Lookup, Refusal, Store, StoreError};
use carafe::{Map, Value};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A folder for one journal, that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder =
            std::env::temp_dir().join(format!("carafe-store-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("rows")
    }

    fn open(&self, clock: &Clock) -> Result<FileStore, String> {
        let hand = clock.clone();
        FileStore::with_clock(&self.path(), move || {
            Duration::from_millis(1_700_000_000_000 + hand.0.load(Ordering::SeqCst))
        })
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
fn a_journal_that_has_grown_is_written_anew_under_the_eyes_of_another_process() {
    let (folder, clock) = (Folder::new("grown"), Clock::default());
    let doors = [folder.open(&clock).unwrap(), folder.open(&clock).unwrap()];
    put(&doors[0], &ORDER, "1", &row(1)).unwrap();
    let text = "x".repeat(8000);
    for step in 0..400 {
        let visits = Map::from([("visits", Value::from(step)), ("text", text.as_str().into())]);
        put(&doors[step as usize / 3 % 2], &SESSION, "grows", &visits).unwrap();
        doors[step as usize % 2].flush().unwrap();
    }
    let bytes = folder.text().len();
    assert!(bytes < 1_200_000, "{bytes} bytes after 3,200,000 were written");
    for door in [&doors[0], &doors[1], &folder.open(&clock).unwrap()] {
        assert_eq!(load(door, &ORDER, "1"), Lookup::Found(row(1)));
        assert_eq!(load(door, &SESSION, "grows").found().unwrap().get("visits"), Some(&399.into()));
    }
    drop(doors);
    assert!(!folder.0.join("rows.new").exists());
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
    drop(store);
    // Time goes on while nobody is there.
    clock.pass(61 * SECOND);
    assert_eq!(load(&folder.open(&clock).unwrap(), &three, "a"), Lookup::Refused(Refusal::Expired));
}

#[test]
fn a_torn_tail_is_cut_off_with_a_warning_wherever_it_was_torn() {
    let (folder, clock) = (Folder::new("torn"), Clock::default());
    let store = folder.open(&clock).unwrap();
    assert_eq!(store.warning(), None);
    put(&store, &ORDER, "1", &row(1)).unwrap();
    let whole = folder.text().len();
    put(&store, &ORDER, "2", &row(2)).unwrap();
    drop(store);
    let text = folder.text();
    let zeros = format!("{}{}\n", &text[..whole], "\0".repeat(40));
    for torn in (whole + 1..text.len()).map(|end| &text[..end]).chain([zeros.as_str()]) {
        std::fs::write(folder.path(), torn).unwrap();
        let store = folder.open(&clock).unwrap();
        let warning = store.warning().unwrap_or_default();
        assert!(warning.contains(&format!("cut off {} bytes", torn.len() - whole)), "{warning}");
        assert_eq!(load(&store, &ORDER, "1"), Lookup::Found(row(1)));
        assert_eq!(load(&store, &ORDER, "2"), Lookup::Refused(Refusal::Unknown));
        put(&store, &ORDER, "2", &row(3)).unwrap();
        drop(store);
        assert_eq!(load(&folder.open(&clock).unwrap(), &ORDER, "2"), Lookup::Found(row(3)));
    }
}

#[test]
fn a_tail_torn_by_another_process_is_cut_off_by_the_next_writer() {
    let (folder, clock) = (Folder::new("dead"), Clock::default());
    let store = folder.open(&clock).unwrap();
    put(&store, &ORDER, "1", &row(1)).unwrap();
    std::fs::write(folder.path(), folder.text() + "0123abcd {\"kind\":\"ord").unwrap();
    assert_eq!(load(&store, &ORDER, "1"), Lookup::Found(row(1)));
    put(&store, &ORDER, "2", &row(2)).unwrap();
    let store = folder.open(&clock).unwrap();
    assert_eq!((load(&store, &ORDER, "2"), store.warning()), (Lookup::Found(row(2)), None));
}

#[test]
fn damage_elsewhere_is_refused_with_the_line_and_a_way_out() {
    let (folder, clock) = (Folder::new("damage"), Clock::default());
    let store = folder.open(&clock).unwrap();
    for key in ["1", "2", "3"] {
        put(&store, &ORDER, key, &row(1)).unwrap();
    }
    drop(store);
    let text = folder.text();
    let refused = |damaged: &str| {
        std::fs::write(folder.path(), damaged).unwrap();
        folder.open(&clock).err().unwrap_or_else(|| panic!("accepted {damaged}"))
    };
    // The last line too, if it is whole: it may have been promised to somebody.
    let last = text.rfind("\"visits\":1").unwrap();
    let damaged = format!("{}\"visits\":7{}", &text[..last], &text[last + 10..]);
    assert!(
        refused(&damaged).contains("rows:4: the line does not fit its checksum"),
        "the last line"
    );
    let changed = refused(&text.replacen("\"visits\":1", "\"visits\":9", 1));
    assert!(
        changed.contains("rows:2: the line does not fit its checksum; keep a copy"),
        "{changed}"
    );
    // The way out leads out.
    let command = changed.rsplit("change: ").next().unwrap();
    assert!(command.starts_with("sed -i.damaged 2d "), "{command}");
    assert!(std::process::Command::new("sh").args(["-c", command]).status().unwrap().success());
    let store = folder.open(&clock).unwrap();
    let left = ["1", "2", "3"].map(|key| load(&store, &ORDER, key).found().is_some());
    assert_eq!(left, [false, true, true]);
    drop(store);
    for other in [
        "hello\n",
        "\n",
        "{\"journal\":\"carafe\"}\n",
        "\u{e9}\u{e9}\n",
        "a file of somebody without line ends",
    ] {
        let why = refused(other);
        assert!(why.contains("rows:1: this is no journal of carafe's; name another file"), "{why}");
        assert_eq!(folder.text(), other, "it was not touched");
    }
    // Whoever died over the first line has promised nothing yet.
    std::fs::write(folder.path(), &text[..20]).unwrap();
    put(&folder.open(&clock).unwrap(), &ORDER, "1", &row(1)).unwrap();
    assert_eq!(folder.text().lines().count(), 2);
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("mode");
    let store = folder.open(&Clock::default()).unwrap();
    put(&store, &ORDER, "1", &row(1)).unwrap();
    let mode = std::fs::metadata(folder.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_process_that_holds_the_lock_and_stands_still_is_an_error_and_no_hang() {
    let folder = Folder::new("still");
    let store = folder.open(&Clock::default()).unwrap();
    put(&store, &ORDER, "1", &row(1)).unwrap();
    let lock = std::fs::File::open(folder.0.join("rows")).unwrap();
    lock.lock().unwrap();
    let refused = put(&store, &ORDER, "2", &row(1)).unwrap_err();
    assert!(matches!(refused, StoreError::Unreachable(_)), "{refused:?}");
    assert_eq!(load(&store, &ORDER, "1"), Lookup::Found(row(1)), "reading goes on");
    lock.unlock().unwrap();
    put(&store, &ORDER, "2", &row(1)).unwrap();
}

/// Each would wait 0.9 seconds, one behind the other, if they did not learn from the first: 27
/// seconds.
#[test]
fn of_a_crowd_before_a_lock_that_is_stuck_only_the_first_waits() {
    let folder = Folder::new("stuck");
    let store = folder.open(&Clock::default()).unwrap();
    let lock = std::fs::File::open(folder.0.join("rows")).unwrap();
    lock.lock().unwrap();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for number in 0..30 {
            let store = &store;
            scope.spawn(move || put(store, &ORDER, &number.to_string(), &row(1)).unwrap_err());
        }
    });
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    lock.unlock().unwrap();
    put(&store, &ORDER, "1", &row(1)).unwrap();
}

/// Whoever may write in the folder could lay a link there, under the name that the new journal has
/// while it is written.
#[cfg(unix)]
#[test]
fn a_new_journal_is_written_over_nobodys_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("link");
    let (victim, new) = (folder.0.join("victim"), folder.0.join("rows.new"));
    std::fs::write(&victim, "precious").unwrap();
    let store = folder.open(&Clock::default()).unwrap();
    let size = || std::fs::metadata(folder.path()).unwrap().len();
    let (text, mut before) = ("x".repeat(15_000), size());
    for trap in ["link", "file"] {
        match trap {
            "link" => std::os::unix::fs::symlink(&victim, &new).unwrap(),
            _ => {
                std::fs::write(&new, "left behind").unwrap();
                std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o666)).unwrap();
            }
        }
        // It grows until it is written anew.
        while size() >= before {
            before = size();
            put(&store, &ORDER, "1", &Map::from([("text", Value::from(text.as_str()))])).unwrap();
        }
        before = 0;
        assert!(!new.exists() && !new.is_symlink(), "{trap}");
        let kept = std::fs::symlink_metadata(folder.path()).unwrap();
        assert!(kept.is_file() && kept.permissions().mode() & 0o777 == 0o600, "{trap}: {kept:?}");
    }
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
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
