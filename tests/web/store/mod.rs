//! What holds for every store; the files below test each store by itself.

mod change;
mod cookie_store;
mod file;
mod keys;
mod kind;
mod memory;
mod memory_row;
mod none;
mod patience;
mod recording_store;
mod redis;
mod row_table;

use carafe::Map;
use carafe::web::store::{Kind, Lookup, ROW_BYTES, Refusal, Store, StoreError, Updated};
use std::collections::BTreeSet;
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

pub fn row(visits: i64) -> Map {
    Map::from([("visits", visits)])
}

/// Puts a row whatever was there; gives back the key under which it is found from now on.
pub fn put(store: &dyn Store, kind: &Kind, key: &str, row: &Map) -> Result<String, StoreError> {
    let updated = store.update(kind, key, &mut |kept| *kept = Some(row.clone()))?;
    Ok(row_and_key(updated, key).1)
}

/// The row that a change under this key has left, and its key from now on.
fn row_and_key(updated: Updated, key: &str) -> (Map, String) {
    match updated {
        Updated::Kept(Some(row)) => (row, key.to_owned()),
        Updated::Moved(row, key) => (row, key),
        other => panic!("expected a row that is kept, found {other:?}"),
    }
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
    let (left, key) = row_and_key(updated, "round");
    assert_eq!(left, all);
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
        let (left, key) = row_and_key(updated, &counter);
        assert_eq!(left, row(visits));
        counter = key;
    }

    // Forged, in each of its letters.
    for at in 0..key.len() {
        let other = if &key[at..=at] == "A" { "B" } else { "A" };
        let forged = format!("{}{other}{}", &key[..at], &key[at + 1..]);
        assert!(matches!(load(store, &SESSION, &forged), Lookup::Missing(_)), "{forged}");
    }

    // Unknown.
    let unknown = load(store, &SESSION, "0123456789abcdef0123456789abcdef");
    assert!(
        matches!(
            unknown,
            Lookup::Missing(Refusal::Unknown | Refusal::Signature | Refusal::Form(_))
        ),
        "{unknown:?}"
    );

    // A key belongs to its kind.
    let ada = put(store, &SESSION, "ada", &row(1)).unwrap();
    assert_eq!(load(store, &ORDER, &ada).found(), None);

    // Leaving a row alone, and leaving no row.
    assert_eq!(store.update(&SESSION, &ada, &mut |_| ()).unwrap().row(), Some(row(1)));
    let nothing = store.update(&ORDER, "nobody", &mut |kept| assert_eq!(*kept, None)).unwrap();
    assert_eq!(nothing, Updated::Kept(None));

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
    let text = refused.to_string();
    assert!(text.starts_with("the row could not be read back: ") && text.contains("64"), "{text}");
    // Short as text, and large as values.
    let lists: Vec<carafe::Value> = vec![vec![0].into(); 4000];
    let refused = put(store, &ORDER, &counter, &Map::from([("lists", lists)])).unwrap_err();
    assert_eq!(refused.status().0, 413, "{refused}");
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
    assert!(matches!(expired, Lookup::Missing(Refusal::Expired | Refusal::Unknown)), "{expired:?}");
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
    assert_eq!(load(store, &ORDER, "count"), Lookup::Missing(Refusal::Unknown));

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

    // A kind may have larger rows, and smaller ones.
    let large = Kind { name: "large", row_bytes: 1 << 20, ..ORDER };
    let text = Map::from([("text", "x".repeat(500_000))]);
    put(store, &large, "1", &text).unwrap();
    assert_eq!(load(store, &large, "1"), Lookup::Found(text));
    let small = Kind { row_bytes: 10, ..large };
    let refused = put(store, &small, "2", &row(100)).unwrap_err();
    let text = "the row would be 14 bytes, expected at most 10".to_owned();
    assert_eq!(refused, StoreError::TooLarge(text));

    // The keys, page by page: all that are there all the time, and no secret one.
    let many = Kind { name: "many", most: 5000, secret: false, ..SESSION };
    let all: BTreeSet<String> = (0..2500).map(|key| format!("{key} \"\n\u{e9}")).collect();
    put(store, &many, "expired", &row(0)).unwrap();
    pass(59 * SECOND);
    all.iter().for_each(|key| drop(put(store, &many, key, &row(0)).unwrap()));
    pass(2 * SECOND);
    let listed: Vec<String> = store.keys(&many).collect::<Result<_, _>>().unwrap();
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), all);
    assert_eq!(store.keys(&Kind::kept("nothing", 1)).count(), 0);
    assert_eq!(store.keys(&SESSION).collect::<Vec<_>>(), [Err(StoreError::Unlisted)]);
    assert_eq!(StoreError::Unlisted.status().0, 500);

    // Sessions make room for others: as many as there may be, and no more.
    let few = Kind { most: 3, name: "few", ..SESSION };
    for key in 0..10 {
        put(store, &few, &format!("{key}"), &row(key)).unwrap();
    }
    let left = (0..10).filter(|key| load(store, &few, &format!("{key}")).found().is_some());
    assert_eq!(left.collect::<Vec<_>>(), [7, 8, 9]);
    // So do rows that live for ever, the longest unused first, and a shorter lifetime ends none.
    let recent = Kind { name: "recent", oldest_leaves: true, ..ORDER };
    for key in ["d", "c", "b"] {
        put(store, &recent, key, &row(0)).unwrap();
    }
    load(store, &recent, "d");
    put(store, &recent, "a", &row(0)).unwrap();
    let brief = Kind { lifetime: Some(SECOND), ..recent };
    load(store, &brief, "a");
    put(store, &brief, "b", &row(1)).unwrap();
    pass(2 * SECOND);
    let left = ["a", "b", "c", "d"].map(|key| load(store, &recent, key).found().is_some());
    assert_eq!(left, [true, true, false, true]);
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
