//! The store that keeps nothing.

use super::{SESSION, load, row};
use carafe::web::store::{Lookup, NoneStore, Refusal, Store, Updated};

#[test]
fn no_store_keeps_nothing_but_applies_the_change() {
    let updated = NoneStore.update(&SESSION, "id", &mut |kept| *kept = Some(row(1))).unwrap();
    assert_eq!(updated, Updated::NotKept(Some(row(1))));
    assert_eq!(load(&NoneStore, &SESSION, "id"), Lookup::Missing(Refusal::Unknown));
    NoneStore.delete(&SESSION, "id").unwrap();
}
