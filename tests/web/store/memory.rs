//! The memory store: its bounds, its order and its clock.

use super::{Clock, ORDER, SECOND, SESSION, crowd, load, put, row, suite_of_tables};
use carafe::web::store::{Kind, Lookup, MemoryStore, Refusal, Store};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub fn memory() -> (MemoryStore, Clock) {
    let clock = Clock::default();
    let hand = clock.clone();
    (MemoryStore::with_clock(move || Duration::from_millis(hand.0.load(Ordering::SeqCst))), clock)
}

#[test]
fn the_memory_keeps_what_every_store_keeps() {
    let (store, clock) = memory();
    suite_of_tables(&store, &|time| clock.pass(time));
}

#[test]
fn a_hundred_threads_with_a_hundred_changes_each_lose_nothing() {
    let (store, _) = memory();
    crowd([&store, &store]);
}

#[test]
fn the_longest_unused_session_leaves_first() {
    let (store, _) = memory();
    let three = Kind { most: 3, ..SESSION };
    let left = |keys: &[&str]| -> Vec<bool> {
        // Asking is a use, so each list is asked for once only.
        keys.iter().map(|key| load(&store, &three, key).found().is_some()).collect()
    };
    for key in ["a", "b", "c"] {
        put(&store, &three, key, &row(0)).unwrap();
    }
    assert_eq!(store.len(&three), 3);
    load(&store, &three, "a");
    put(&store, &three, "b", &row(1)).unwrap();
    // c was unused for longest, then a, then b.
    put(&store, &three, "d", &row(0)).unwrap();
    assert_eq!(left(&["c", "a", "b", "d"]), [false, true, true, true]);
    put(&store, &three, "e", &row(0)).unwrap();
    put(&store, &three, "f", &row(0)).unwrap();
    assert_eq!(left(&["a", "b", "d", "e", "f"]), [false, false, true, true, true]);
    assert_eq!(store.len(&three), 3);
}

/// A large table is spread over several locks, each with a part of the room.
#[test]
fn a_large_table_keeps_the_newest_rows_and_never_goes_beyond_its_bound() {
    let (store, _) = memory();
    let many = Kind { most: 8000, ..SESSION };
    for key in 0..24_000 {
        put(&store, &many, &format!("{key}"), &row(key)).unwrap();
        assert!(key % 100 > 0 || store.len(&many) <= 8000, "{key}");
    }
    assert_eq!(store.len(&many), 8000);
    let found = |key: &i64| load(&store, &many, &format!("{key}")).found().is_some();
    assert!((17_500..24_000).all(|key| found(&key)), "none of the newest has left");
    assert!(!(0..14_000).any(|key| found(&key)), "the oldest have left");
}

#[test]
fn keys_that_begin_and_end_alike_share_the_whole_room() {
    let (store, _) = memory();
    let many = Kind { most: 8000, ..SESSION };
    let keys = || (0..6500).map(|key| format!("203.0.113.7 {key}@mail.example"));
    keys().for_each(|key| drop(put(&store, &many, &key, &row(0)).unwrap()));
    assert_eq!(keys().filter(|key| load(&store, &many, key).found().is_none()).count(), 0);
}

#[test]
fn expired_rows_are_swept_by_whoever_comes() {
    let (store, clock) = memory();
    let many = Kind { most: 10_000, ..SESSION };
    for key in 0..5000 {
        put(&store, &many, &format!("old {key}"), &row(0)).unwrap();
    }
    clock.pass(61 * SECOND);
    // Nobody has asked, so nothing has happened.
    assert_eq!(store.len(&many), 5000);
    for key in 0..5000 {
        put(&store, &many, &format!("new {key}"), &row(0)).unwrap();
    }
    assert_eq!(store.len(&many), 5000);
}

#[test]
fn an_expired_row_makes_room_where_others_would_not() {
    let (store, clock) = memory();
    let two = Kind { most: 2, lifetime: Some(60 * SECOND), ..ORDER };
    put(&store, &two, "a", &row(0)).unwrap();
    clock.pass(30 * SECOND);
    put(&store, &two, "b", &row(0)).unwrap();
    assert_eq!(put(&store, &two, "c", &row(0)).unwrap_err().status().0, 503);
    clock.pass(31 * SECOND);
    put(&store, &two, "c", &row(0)).unwrap();
    assert_eq!(load(&store, &two, "b"), Lookup::Found(row(0)));
}

#[test]
fn an_expired_row_says_so_and_is_not_changed() {
    let (store, clock) = memory();
    put(&store, &SESSION, "a", &row(5)).unwrap();
    put(&store, &SESSION, "b", &row(5)).unwrap();
    clock.pass(60 * SECOND);
    assert_eq!(load(&store, &SESSION, "a"), Lookup::Missing(Refusal::Expired));
    assert_eq!(load(&store, &SESSION, "a"), Lookup::Missing(Refusal::Unknown));
    let mut seen = Some(row(0));
    store.update(&SESSION, "b", &mut |kept| seen.clone_from(kept)).unwrap();
    assert_eq!(seen, None);
}

#[test]
fn a_crowd_at_the_bound_never_goes_beyond_it() {
    let (store, _) = memory();
    let (twenty, ten) = (Kind { most: 20, ..SESSION }, Kind { most: 10, ..ORDER });
    let refused = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (store, refused) = (&store, &refused);
            scope.spawn(move || {
                for key in 0..500 {
                    put(store, &twenty, &format!("{thread} {key}"), &row(0)).unwrap();
                    if put(store, &ten, &format!("{thread} {key}"), &row(0)).is_err() {
                        refused.fetch_add(1, Ordering::SeqCst);
                    }
                    assert!(store.len(&twenty) <= 20 && store.len(&ten) <= 10);
                }
            });
        }
    });
    assert_eq!((store.len(&twenty), store.len(&ten), refused.into_inner()), (20, 10, 3990));
}

#[test]
fn forgetting_leaves_no_row_of_any_kind() {
    let (store, _) = memory();
    for key in 0..100 {
        put(&store, &SESSION, &format!("{key}"), &row(0)).unwrap();
    }
    put(&store, &ORDER, "1", &row(0)).unwrap();
    store.forget();
    assert_eq!((store.len(&SESSION), store.len(&ORDER)), (0, 0));
    assert_eq!(load(&store, &ORDER, "1"), Lookup::Missing(Refusal::Unknown));
    put(&store, &ORDER, "1", &row(0)).unwrap();
}

/// The amnesia button may be pressed while a handler changes a row.
#[test]
fn a_change_goes_on_when_all_rows_are_forgotten_meanwhile() {
    let (store, _) = memory();
    put(&store, &SESSION, "id", &row(1)).unwrap();
    let mut met = Vec::new();
    store
        .update(&SESSION, "id", &mut |kept| {
            met.push(kept.take());
            *kept = Some(row(2));
            if met.len() == 1 {
                store.forget();
            }
        })
        .unwrap();
    assert_eq!(met, [Some(row(1)), None]);
    assert_eq!(load(&store, &SESSION, "id"), Lookup::Found(row(2)));
}
