//! A journal that has grown is written anew, a piece at a time.

use super::Folder;
use crate::store::{Clock, ORDER, SECOND, SESSION, load, put, row};
use carafe::web::store::{Kind, Lookup, Store};
use carafe::{Map, Value};
use std::time::{Duration, Instant};

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
            let row = Map::from([("text", text.as_str()), ("turn", &before.to_string())]);
            put(&store, &ORDER, "1", &row).unwrap();
        }
        before = 0;
        assert!(!new.exists() && !new.is_symlink(), "{trap}");
        let kept = std::fs::symlink_metadata(folder.path()).unwrap();
        assert!(kept.is_file() && kept.permissions().mode() & 0o777 == 0o600, "{trap}: {kept:?}");
    }
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
}

/// On a full disk no change would find room for its line, and only a change writes a journal anew.
#[test]
fn a_start_removes_the_new_journal_of_a_process_that_died() {
    let folder = Folder::new("left");
    std::fs::write(folder.0.join("rows.new"), "left behind").unwrap();
    folder.open(&Clock::default()).unwrap();
    assert!(!folder.0.join("rows.new").exists());
}

/// One change of a row copies one piece, so no request waits for the whole.
#[test]
fn a_large_journal_is_written_anew_a_piece_at_a_time_and_keeps_each_row() {
    let (folder, clock) = (Folder::new("pieces"), Clock::default());
    let many = Kind::kept("many", 10_000);
    let (store, other) = (folder.open(&clock).unwrap(), folder.open(&clock).unwrap());
    let text = "x".repeat(1000);
    let fill =
        |visits: i64| Map::from([("visits", Value::from(visits)), ("text", text.as_str().into())]);
    for key in 0..2000 {
        put(&store, &many, &key.to_string(), &fill(0)).unwrap();
    }
    let new = || std::fs::metadata(folder.0.join("rows.new")).map_or(0, |file| file.len());
    let (mut before, mut pieces, mut visits) = (0, 0, 0);
    while pieces == 0 || new() > 0 {
        visits += 1;
        assert!(visits < 2000, "it was never written anew");
        // Some rows change while they are copied, one is deleted, and one comes back.
        let key = (visits * 7 % 2000).to_string();
        put(&store, &many, &key, &fill(visits)).unwrap();
        store.delete(&many, "5").unwrap();
        put(&store, &many, "6", &fill(6)).unwrap();
        let after = new();
        pieces += u64::from(after > 0);
        // A process that starts meanwhile leaves the new file alone.
        if pieces == 1 {
            drop(folder.open(&clock).unwrap());
            assert_eq!(new(), after);
        }
        assert!(after <= before + 3 * 130_000, "{after} bytes after {before}");
        before = after;
    }
    assert!(pieces > 2, "{pieces} pieces");
    for door in [&store, &other, &folder.open(&clock).unwrap()] {
        for key in 0..2000 {
            let expected = (1..=visits).rev().find(|visits| visits * 7 % 2000 == key).unwrap_or(0);
            let found = load(door, &many, &key.to_string()).found();
            match key {
                5 => assert_eq!(found, None),
                6 => assert_eq!(found, Some(fill(6))),
                _ => assert_eq!(found, Some(fill(expected)), "{key}"),
            }
        }
    }
}

/// 50 MB in lines, each longer than a piece.
#[test]
fn a_journal_of_long_lines_is_written_anew_too() {
    let (folder, clock) = (Folder::new("long"), Clock::default());
    let draft = Kind { row_bytes: 1 << 20, ..Kind::kept("draft", 100) };
    let (store, text) = (folder.open(&clock).unwrap(), "x".repeat(500_000));
    for step in 0..100 {
        let row = Map::from([("step", Value::from(step)), ("text", text.as_str().into())]);
        put(&store, &draft, &(step % 10).to_string(), &row).unwrap();
    }
    let bytes = folder.text().len();
    assert!(bytes < 20_000_000, "{bytes} bytes");
    for key in 0..10 {
        let found = load(&folder.open(&clock).unwrap(), &draft, &key.to_string()).found().unwrap();
        assert_eq!(found.get("step"), Some(&Value::from(90 + key)));
    }
}

/// What it knew no longer helps it when the journal was written anew twice.
#[test]
fn a_process_that_slept_finds_the_order_of_use_in_the_new_journal() {
    let (folder, clock) = (Folder::new("slept"), Clock::default());
    let three = Kind { most: 3, ..SESSION };
    let [awake, asleep] = [folder.open(&clock).unwrap(), folder.open(&clock).unwrap()];
    ["a", "b", "c"].iter().for_each(|key| drop(put(&awake, &three, key, &row(0)).unwrap()));
    clock.pass(10 * SECOND);
    load(&awake, &three, "a");
    let (mut size, mut rewrites) = (0, 0);
    while rewrites < 2 {
        let row = Map::from([("text", "x".repeat(15_000)), ("turn", size.to_string())]);
        put(&awake, &ORDER, "1", &row).unwrap();
        let before = std::mem::replace(&mut size, std::fs::metadata(folder.path()).unwrap().len());
        rewrites += usize::from(size < before);
    }
    put(&asleep, &three, "d", &row(0)).unwrap();
    let left = ["a", "b", "c", "d"].map(|key| load(&asleep, &three, key).found().is_some());
    assert_eq!(left, [true, false, true, true]);
}

#[test]
fn many_lines_that_say_the_same_become_one() {
    let folder = Folder::new("same");
    let store = folder.open(&Clock::default()).unwrap();
    let row = Map::from([("text", Value::from("x".repeat(10_000)))]);
    for _ in 0..500 {
        put(&store, &ORDER, "1", &row).unwrap();
    }
    assert!(folder.text().len() < 1_300_000, "{}", folder.text().len());
    assert_eq!(load(&store, &ORDER, "1"), Lookup::Found(row));
}

/// Two processes with many rows: while the one writes the journal anew, both go on. 5,000 rows, or as
/// many as `CARAFE_ROWS` says; the longest waits are printed.
#[test]
fn while_a_journal_is_written_anew_two_processes_change_and_look_as_before() {
    let rows = std::env::var("CARAFE_ROWS").map_or(5000, |rows| rows.parse().unwrap());
    let (folder, clock) = (Folder::new("pause"), Clock::default());
    let many = Kind::kept("many", rows);
    let doors = [folder.open(&clock).unwrap(), folder.open(&clock).unwrap()];
    let text = "x".repeat(200);
    let fill = |visits: usize| Map::from([("n", Value::from(visits)), ("t", text.as_str().into())]);
    for key in 0..rows {
        put(&doors[0], &many, &key.to_string(), &fill(0)).unwrap();
        // A process that sleeps while a journal is written anew twice must read the whole.
        if key % 1000 == 0 {
            load(&doors[1], &many, "0");
        }
    }
    let size = || std::fs::metadata(folder.path()).unwrap().len();
    // The longest change, flush and look: while no journal is written, and while one is.
    let (mut longest, mut step, mut rewrites) = ([[Duration::ZERO; 3]; 2], 0, 0);
    while rewrites < 2 {
        step += 1;
        let (key, before) = ((step * 7 % rows).to_string(), size());
        let timed = |act: &dyn Fn()| {
            let begun = Instant::now();
            act();
            begun.elapsed()
        };
        let waited = [
            timed(&|| drop(put(&doors[0], &many, &key, &fill(step)).unwrap())),
            timed(&|| doors[0].flush().unwrap()),
            timed(&|| assert_eq!(load(&doors[1], &many, &key), Lookup::Found(fill(step)))),
        ];
        put(&doors[1], &many, "0", &fill(step)).unwrap();
        let is_new = size() < before;
        rewrites += usize::from(is_new);
        let at = &mut longest[usize::from(is_new || folder.0.join("rows.new").exists())];
        at.iter_mut().zip(waited).for_each(|(most, waited)| *most = waited.max(*most));
    }
    println!("{rows} rows, {step} steps: longest change, flush and look {longest:?}");
}
