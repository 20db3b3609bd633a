//! A change of a row runs without a lock: it may panic, and use the store itself.

use super::memory::memory;
use super::{SESSION, load, put, row};
use carafe::web::store::{Lookup, Store};

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
