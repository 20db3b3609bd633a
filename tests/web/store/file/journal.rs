//! The journal: torn tails, damage, the lock, and several processes.

use super::Folder;
use crate::store::{Clock, ORDER, SESSION, crowd, load, put, row};
use carafe::web::store::{Kind, Lookup, Refusal, Store, StoreError};
use carafe::{Map, Value};
use std::time::{Duration, Instant};

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
    // Longer than the line that will be written over it.
    let long = format!("{}{}{}\n", &text[..whole], "\0".repeat(60), "x".repeat(600));
    let short = (whole + 1..text.len()).map(|end| &text[..end]);
    for torn in short.chain([zeros.as_str(), long.as_str()]) {
        std::fs::write(folder.path(), torn).unwrap();
        let store = folder.open(&clock).unwrap();
        let warning = store.warning().unwrap_or_default();
        assert!(warning.contains(&format!("cut off {} bytes", torn.len() - whole)), "{warning}");
        assert_eq!(load(&store, &ORDER, "1"), Lookup::Found(row(1)));
        assert_eq!(load(&store, &ORDER, "2"), Lookup::Missing(Refusal::Unknown));
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

/// The beginning of a change that found no room is taken back by the next writer.
#[test]
fn a_look_believes_nothing_of_a_change_before_its_last_byte() {
    let (folder, clock) = (Folder::new("unfinished"), Clock::default());
    let three = Kind { most: 3, ..SESSION };
    let (writer, reader) = (folder.open(&clock).unwrap(), folder.open(&clock).unwrap());
    let left = |keys: [&str; 4]| keys.map(|key| load(&reader, &three, key).found().is_some());
    ["a", "b", "c"].iter().for_each(|key| drop(put(&writer, &three, key, &row(0)).unwrap()));
    let before = folder.text();
    put(&writer, &three, "d", &row(0)).unwrap();
    let after = folder.text();
    for end in before.len()..after.len() {
        std::fs::write(folder.path(), &after[..end]).unwrap();
        assert_eq!(left(["a", "b", "c", "d"]), [true, true, true, false], "{end}");
        std::fs::write(folder.path(), &before).unwrap();
        assert_eq!(left(["a", "b", "c", "d"]), [true, true, true, false], "taken back {end}");
    }
    std::fs::write(folder.path(), &after).unwrap();
    assert_eq!(left(["a", "b", "c", "d"]), [false, true, true, true]);
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
/// seconds. A look needs no lock and waits for none of them.
#[test]
fn of_a_crowd_before_a_lock_that_is_stuck_only_the_first_waits_and_no_reader() {
    let folder = Folder::new("stuck");
    let store = folder.open(&Clock::default()).unwrap();
    let lock = std::fs::File::open(folder.0.join("rows")).unwrap();
    lock.lock().unwrap();
    let begun = Instant::now();
    let put_next = &|number: i32| put(&store, &ORDER, &number.to_string(), &row(1)).unwrap_err();
    let looks = std::thread::scope(|scope| {
        let crowd: Vec<_> = (0..30).map(|number| scope.spawn(move || put_next(number))).collect();
        let mut looks = 0;
        while !crowd.iter().any(|writer| writer.is_finished()) {
            assert_eq!(load(&store, &ORDER, "1"), Lookup::Missing(Refusal::Unknown));
            looks += 1;
        }
        looks
    });
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    // If each look waited for a writer, there would be no more looks than writers.
    assert!(looks > 1_000, "{looks} looks beside 30 writers");
    lock.unlock().unwrap();
    put(&store, &ORDER, "1", &row(1)).unwrap();
}

/// The lock is on the file itself: no other spelling of its name, and no file beside it, lets two
/// processes write at the same time.
#[cfg(unix)]
#[test]
fn two_doors_by_two_names_lose_nothing_and_a_link_stays_a_link() {
    let (folder, clock) = (Folder::new("names"), Clock::default());
    let one = folder.open(&clock).unwrap();
    let link = folder.0.join("link");
    std::os::unix::fs::symlink(folder.path(), &link).unwrap();
    let other = folder.open_as("./link", &clock).unwrap();
    crowd([&one, &other]);
    let text = "x".repeat(15_000);
    for step in 0..200 {
        let row = Map::from([("step", Value::from(step)), ("text", text.as_str().into())]);
        put([&one, &other][step as usize % 2], &ORDER, "1", &row).unwrap();
    }
    assert!(folder.text().len() < 2_000_000, "it was written anew");
    assert!(link.is_symlink());
    for store in [&one, &other] {
        assert_eq!(load(store, &ORDER, "1").found().unwrap().get("step"), Some(&199.into()));
    }
}

#[test]
fn damage_met_while_running_names_the_same_line_each_time() {
    let (folder, clock) = (Folder::new("met"), Clock::default());
    let store = folder.open(&clock).unwrap();
    put(&store, &ORDER, "1", &row(1)).unwrap();
    std::fs::write(folder.path(), folder.text() + "01234567 {}\n").unwrap();
    for _ in 0..3 {
        let failure = store.load(&ORDER, "1").unwrap_err().to_string();
        assert!(failure.contains("rows:3: the line does not fit its checksum"), "{failure}");
    }
}

/// Then it may be two halves: one that a writer has taken back meanwhile, and one of the next line.
#[test]
fn while_another_process_writes_nothing_is_called_damage() {
    let (folder, clock) = (Folder::new("halves"), Clock::default());
    let store = folder.open(&clock).unwrap();
    put(&store, &ORDER, "1", &row(1)).unwrap();
    let (writer, whole) = (std::fs::File::open(folder.path()).unwrap(), folder.text());
    writer.lock().unwrap();
    for unfinished in [whole.clone() + "01234567 {}\n", whole[..whole.len() - 9].to_owned()] {
        std::fs::write(folder.path(), unfinished).unwrap();
        let failure = store.load(&ORDER, "1").unwrap_err().to_string();
        assert!(failure.contains("another process holds the file's lock"), "{failure}");
        std::fs::write(folder.path(), &whole).unwrap();
        assert_eq!(load(&store, &ORDER, "1"), Lookup::Found(row(1)));
    }
}

#[test]
fn a_journal_that_was_removed_is_named() {
    let folder = Folder::new("removed");
    let store = folder.open(&Clock::default()).unwrap();
    put(&store, &ORDER, "1", &row(1)).unwrap();
    std::fs::remove_file(folder.path()).unwrap();
    let failure = store.load(&ORDER, "1").unwrap_err();
    assert!(failure.to_string().contains("/rows: No such file"), "{failure}");
}

/// The rows of a table are then all gone, also for a change that has seen one.
#[test]
fn a_change_goes_on_when_another_journal_gets_the_name_meanwhile() {
    let (folder, clock) = (Folder::new("another"), Clock::default());
    let store = folder.open(&clock).unwrap();
    put(&store, &ORDER, "1", &row(1)).unwrap();
    let mut met = Vec::new();
    store
        .update(&ORDER, "1", &mut |kept| {
            met.push(kept.replace(row(2)));
            if met.len() == 1 {
                std::fs::remove_file(folder.path()).unwrap();
                folder.open(&clock).unwrap();
            }
        })
        .unwrap();
    assert_eq!(met, [Some(row(1)), None]);
    assert_eq!(load(&folder.open(&clock).unwrap(), &ORDER, "1"), Lookup::Found(row(2)));
}

#[test]
fn a_start_that_is_refused_leaves_nothing_behind() {
    let folder = Folder::new("refused");
    std::fs::write(folder.path(), "somebody else's\n").unwrap();
    assert!(folder.open(&Clock::default()).is_err());
    let names: Vec<_> = std::fs::read_dir(&folder.0).unwrap().flatten().collect();
    assert_eq!((names.len(), folder.text().as_str()), (1, "somebody else's\n"));
}

/// Another process may be reading or writing for long; a look and a start need no lock to read.
#[test]
fn a_look_sees_what_another_process_adds_while_a_third_holds_the_lock() {
    let (folder, clock) = (Folder::new("look"), Clock::default());
    let (one, other) = (folder.open(&clock).unwrap(), folder.open(&clock).unwrap());
    put(&one, &ORDER, "1", &row(1)).unwrap();
    let lock = std::fs::File::open(folder.path()).unwrap();
    lock.lock().unwrap();
    assert_eq!(load(&other, &ORDER, "1"), Lookup::Found(row(1)));
    lock.unlock().unwrap();
}

#[test]
fn two_servers_that_start_together_on_a_large_journal_both_start() {
    let (folder, clock) = (Folder::new("large"), Clock::default());
    let many = Kind::kept("many", 10_000);
    let store = folder.open(&clock).unwrap();
    let text = "x".repeat(15_000);
    for number in 0..2000 {
        let row = Map::from([("text", Value::from(text.as_str()))]);
        put(&store, &many, &number.to_string(), &row).unwrap();
    }
    std::thread::scope(|scope| {
        let starts = [0, 1].map(|_| scope.spawn(|| folder.open(&clock).map(drop)));
        // The one that runs goes on.
        for number in 0..20 {
            put(&store, &ORDER, "1", &row(number)).unwrap();
        }
        assert!(starts.into_iter().all(|start| start.join().unwrap() == Ok(())));
    });
}
