use carafe::Map;
use carafe::web::store::{
    CookieStore, Kind, Lookup, MemoryStore, NoneStore, ROW_BYTES, Refusal, Store, StoreError,
    Updated,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub const SECOND: Duration = Duration::from_secs(1);
pub const SESSION: Kind = Kind::session(Duration::from_secs(60), 1000);
pub const ORDER: Kind = Kind::kept("order", 3);

/// A clock that stands still until it is told to go on.
#[derive(Clone, Default)]
pub struct Clock(pub Arc<AtomicU64>);

impl Clock {
    pub fn pass(&self, time: Duration) {
        self.0.fetch_add(time.as_millis() as u64, Ordering::SeqCst);
    }
}

fn memory() -> (MemoryStore, Clock) {
    let clock = Clock::default();
    let hand = clock.clone();
    (MemoryStore::with_clock(move || Duration::from_millis(hand.0.load(Ordering::SeqCst))), clock)
}

pub fn row(visits: i64) -> Map {
    Map::from([("visits", visits)])
}

/// Puts a row whatever was there; gives back the key under which it is found from now on.
pub fn put(store: &dyn Store, kind: &Kind, key: &str, row: &Map) -> Result<String, StoreError> {
    Ok(store
        .update(kind, key, &mut |kept| *kept = Some(row.clone()))?
        .key
        .expect("this store keeps what it is given"))
}

pub fn load(store: &dyn Store, kind: &Kind, key: &str) -> Lookup {
    store.load(kind, key).unwrap()
}

/// What holds for every store that gives a row back. `pass` lets time go by.
///
/// A key is always the one that the store gave back last: that of a signed cookie moves with each
/// change.
fn suite(store: &dyn Store, pass: &dyn Fn(Duration)) {
    // Round trip: every kind of value, order kept; the row and the key come back.
    let all = carafe::json::parse(
        "{\"z\":null,\"a\":[true,1,-9223372036854775808,1.5,1.0],\"text\":\"\u{e9}\\u0000\\\"\u{1f376}\",\"map\":{\"empty\":{}}}".as_bytes(),
    );
    let all = all.unwrap().as_map().unwrap().clone();
    let updated = store.update(&SESSION, "round", &mut |kept| *kept = Some(all.clone())).unwrap();
    let key = updated.key.clone().unwrap();
    assert_eq!(updated.row.as_ref(), Some(&all));
    let found = load(store, &SESSION, &key).found().expect("it was just put there");
    assert_eq!(found, all);
    assert!(found.iter().map(|(name, _)| name).eq(["z", "a", "text", "map"]), "{found:?}");

    // A change sees what the last one left.
    let mut counter = "count".to_owned();
    for visits in 1..=3 {
        let count = &mut |kept: &mut Option<Map>| {
            let visits = kept.as_ref().and_then(|row| row.get("visits")?.as_int()).unwrap_or(0);
            *kept = Some(row(visits + 1));
        };
        let updated = store.update(&ORDER, &counter, count).unwrap();
        assert_eq!(updated.row, Some(row(visits)));
        counter = updated.key.unwrap();
    }

    // Forged, in each of its letters.
    for at in 0..key.len() {
        let other = if &key[at..=at] == "A" { "B" } else { "A" };
        let forged = format!("{}{other}{}", &key[..at], &key[at + 1..]);
        assert!(matches!(load(store, &SESSION, &forged), Lookup::Refused(_)), "{forged}");
    }

    // Unknown.
    let unknown = load(store, &SESSION, "0123456789abcdef0123456789abcdef");
    assert!(
        matches!(
            unknown,
            Lookup::Refused(Refusal::Unknown | Refusal::Signature | Refusal::Form(_))
        ),
        "{unknown:?}"
    );

    // A key belongs to its kind.
    let ada = put(store, &SESSION, "ada", &row(1)).unwrap();
    assert_eq!(load(store, &ORDER, &ada).found(), None);

    // Leaving a row alone, and leaving no row.
    assert_eq!(store.update(&SESSION, &ada, &mut |_| ()).unwrap().row, Some(row(1)));
    let nothing = store.update(&ORDER, "nobody", &mut |kept| assert_eq!(*kept, None)).unwrap();
    assert_eq!(nothing, Updated { row: None, key: None });

    // Too large, too deep: refused, and the row as before.
    let large = Map::from([("text", "x".repeat(ROW_BYTES))]);
    let refused = put(store, &ORDER, &counter, &large).unwrap_err();
    assert!(refused.to_string().starts_with("the row would be "), "{refused}");
    assert_eq!(refused.status().0, 413);
    let mut deep = carafe::Value::Null;
    for _ in 0..100 {
        deep = carafe::Value::from([deep]);
    }
    let refused = put(store, &ORDER, &counter, &Map::from([("deep", deep)])).unwrap_err();
    let text = "the row would be more than 64 levels deep".to_owned();
    assert_eq!(refused, StoreError::TooLarge(text));
    assert_eq!(load(store, &ORDER, &counter), Lookup::Found(row(3)));

    // Each use renews; without one the row expires. A kept row does not.
    let mut session = put(store, &SESSION, "session", &row(7)).unwrap();
    for _ in 0..3 {
        pass(40 * SECOND);
        match load(store, &SESSION, &session) {
            Lookup::Moved(found, key) => (_, session) = (assert_eq!(found, row(7)), key),
            found => assert_eq!(found, Lookup::Found(row(7))),
        }
    }
    pass(61 * SECOND);
    let expired = load(store, &SESSION, &session);
    assert!(matches!(expired, Lookup::Refused(Refusal::Expired | Refusal::Unknown)), "{expired:?}");
    assert_eq!(load(store, &ORDER, &counter), Lookup::Found(row(3)));
    store.flush().unwrap();
}

/// What holds for every store that keeps the rows itself, under keys that stay.
pub fn suite_of_tables(store: &dyn Store, pass: &dyn Fn(Duration)) {
    suite(store, pass);

    let refused = put(store, &ORDER, &"k".repeat(257), &row(1)).unwrap_err();
    let text = "the key is 257 bytes, expected at most 256".to_owned();
    assert_eq!((refused.status().0, refused), (413, StoreError::TooLarge(text)));

    // Deleted, twice. And nobody can bring back what another one has ended.
    assert_eq!(load(store, &ORDER, "count"), Lookup::Found(row(3)));
    store.delete(&ORDER, "count").unwrap();
    store.delete(&ORDER, "count").unwrap();
    assert_eq!(load(store, &ORDER, "count"), Lookup::Refused(Refusal::Unknown));

    // The bound of a kind that was promised to be kept: one too many is refused, what is there can
    // be changed.
    for order in ["1", "2", "3"] {
        put(store, &ORDER, order, &row(0)).unwrap();
    }
    let refused = put(store, &ORDER, "4", &row(0)).unwrap_err();
    let text = "there are 3 rows of kind order, and no room for more".to_owned();
    assert_eq!((refused.status().0, refused), (503, StoreError::Full(text)));
    put(store, &ORDER, "3", &row(9)).unwrap();
    store.delete(&ORDER, "1").unwrap();
    put(store, &ORDER, "4", &row(0)).unwrap();
    assert_eq!(load(store, &ORDER, "3"), Lookup::Found(row(9)));

    // Sessions make room for others: as many as there may be, and no more.
    let few = Kind { most: 3, name: "few", ..SESSION };
    for key in 0..10 {
        put(store, &few, &format!("{key}"), &row(key)).unwrap();
    }
    let left = (0..10).filter(|key| load(store, &few, &format!("{key}")).found().is_some());
    assert_eq!(left.collect::<Vec<_>>(), [7, 8, 9]);
    store.flush().unwrap();
}

/// A hundred threads that each change one row a hundred times, by way of two doors to the same
/// store.
pub fn crowd(doors: [&dyn Store; 2]) {
    let add = |kept: &mut Option<Map>| {
        let visits = kept.as_ref().and_then(|row| row.get("visits")?.as_int()).unwrap_or(0);
        *kept = Some(row(visits + 1));
    };
    std::thread::scope(|scope| {
        for thread in 0..100 {
            scope.spawn(move || {
                for _ in 0..100 {
                    doors[thread % 2].update(&SESSION, "crowd", &mut { add }).unwrap();
                }
            });
        }
    });
    assert_eq!(load(doors[0], &SESSION, "crowd"), Lookup::Found(row(10_000)));
}

#[test]
fn the_memory_keeps_what_every_store_keeps() {
    let (store, clock) = memory();
    suite_of_tables(&store, &|time| clock.pass(time));
}

#[test]
fn the_cookie_gives_back_what_every_store_gives_back() {
    let clock = Clock::default();
    let hand = clock.clone();
    let store = CookieStore::with_clock("a key", move || {
        Duration::from_millis(1_700_000_000_000 + hand.0.load(Ordering::SeqCst))
    });
    suite(&store, &|time| clock.pass(time));
}

#[test]
fn a_hundred_threads_with_a_hundred_changes_each_lose_nothing() {
    let (store, _) = memory();
    crowd([&store, &store]);
}

#[test]
fn no_store_keeps_nothing_but_applies_the_change() {
    let updated = NoneStore.update(&SESSION, "id", &mut |kept| *kept = Some(row(1))).unwrap();
    assert_eq!(updated, Updated { row: Some(row(1)), key: None });
    assert_eq!(load(&NoneStore, &SESSION, "id"), Lookup::Refused(Refusal::Unknown));
    NoneStore.delete(&SESSION, "id").unwrap();
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

/// The order that a plain list would keep, over far more keys than shards.
#[test]
fn the_order_of_leaving_is_that_of_a_plain_list() {
    let (store, _) = memory();
    let fifty = Kind { most: 50, ..SESSION };
    let mut expected: Vec<u64> = Vec::new();
    let mut random = 7u64;
    for step in 0..20_000 {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let key = (random >> 33) % 120;
        let name = format!("{key:x}");
        let known = expected.iter().position(|other| *other == key);
        match (random >> 60) % 4 {
            0 => {
                let found = load(&store, &fifty, &name).found().is_some();
                assert_eq!(found, known.is_some(), "step {step}, key {name}");
                if let Some(at) = known {
                    let key = expected.remove(at);
                    expected.push(key);
                }
            }
            1 if random >> 62 == 0 => {
                store.delete(&fifty, &name).unwrap();
                expected.retain(|other| *other != key);
            }
            _ => {
                put(&store, &fifty, &name, &row(key as i64)).unwrap();
                expected.retain(|other| *other != key);
                expected.push(key);
                if expected.len() > 50 {
                    expected.remove(0);
                }
            }
        }
        assert_eq!(store.len(&fifty), expected.len(), "step {step}");
    }
    for key in &expected {
        assert_eq!(load(&store, &fifty, &format!("{key:x}")), Lookup::Found(row(*key as i64)));
    }
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
    assert_eq!(load(&store, &SESSION, "a"), Lookup::Refused(Refusal::Expired));
    assert_eq!(load(&store, &SESSION, "a"), Lookup::Refused(Refusal::Unknown));
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
fn a_handler_that_panics_in_its_change_leaves_the_row_as_it_was() {
    let (store, _) = memory();
    put(&store, &SESSION, "id", &row(1)).unwrap();
    let change = || store.update(&SESSION, "id", &mut |_| panic!("on purpose"));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(change)).is_err());
    assert_eq!(load(&store, &SESSION, "id"), Lookup::Found(row(1)));
    put(&store, &SESSION, "id", &row(2)).unwrap();
}

#[test]
fn a_change_may_itself_use_the_store() {
    let (store, _) = memory();
    store
        .update(&SESSION, "id", &mut |kept| {
            put(&store, &SESSION, "another", &row(1)).unwrap();
            *kept = load(&store, &SESSION, "another").found();
        })
        .unwrap();
    assert_eq!(load(&store, &SESSION, "id"), Lookup::Found(row(1)));
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
    assert_eq!(load(&store, &ORDER, "1"), Lookup::Refused(Refusal::Unknown));
    put(&store, &ORDER, "1", &row(0)).unwrap();
}
