//! Keys in pages, while rows come and go. What every table lists: `suite_of_tables`.

use super::memory::memory;
use super::{SESSION, put, row};
use carafe::web::store::{Kind, Store};

#[test]
fn rows_that_stay_are_listed_once_while_others_come_and_go() {
    let (store, _) = memory();
    let many = Kind { name: "many", most: 20_000, secret: false, ..SESSION };
    for key in 0..10_000 {
        put(&store, &many, &key.to_string(), &row(key)).unwrap();
    }
    let mut listed = Vec::new();
    for (number, key) in store.keys(&many).enumerate() {
        // Each even row stays.
        store.delete(&many, &(number * 2 + 1).to_string()).unwrap();
        put(&store, &many, &format!("new {number}"), &row(0)).unwrap();
        listed.push(key.unwrap());
    }
    let stayed = |key: &&String| key.parse::<u64>().is_ok_and(|key| key % 2 == 0);
    let mut even: Vec<&String> = listed.iter().filter(stayed).collect();
    even.sort();
    assert_eq!(even.len(), 5000);
    even.dedup();
    assert_eq!(even.len(), 5000);
}
