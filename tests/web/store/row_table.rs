//! The order of the rows in a table, as the memory store uses it.

use super::memory::memory;
use super::{ORDER, SESSION, load, put, row};
use carafe::web::store::{Kind, Lookup, Store};

/// The order that a plain list would keep, over far more keys than parts.
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
fn the_slot_of_a_removed_row_is_used_again() {
    let (store, _) = memory();
    for key in 0..5000 {
        put(&store, &ORDER, &key.to_string(), &row(0)).unwrap();
        store.delete(&ORDER, &key.to_string()).unwrap();
    }
    // A page is so many slots of one part of the table, and the next one is in the next part.
    let next = store.page_of_keys(&ORDER, 0).unwrap().next;
    assert!(next.is_none_or(|next| next >= 1 << 32), "{next:?}");
}
