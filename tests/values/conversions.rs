//! From Rust's own types to values.

use carafe::{Map, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

#[test]
fn what_programs_hold_becomes_a_value() {
    let map = Map::from([("a", Value::from([1, 2])), ("b", "x".into())]);
    let value = Value::from(map.clone());
    let list = Value::from([1, 2]);
    for (made, expected) in [
        (Value::from(BTreeMap::from([("a", list.clone()), ("b", "x".into())])), value.clone()),
        (Value::from(HashMap::from([("a", list.clone()), ("b", "x".into())])), value.clone()),
        (Value::from(BTreeMap::from([("c".to_owned(), vec![1])])), Map::from([("c", [1])]).into()),
        (Value::from(Map::from([("a", value.get("a")), ("b", value.get("b"))])), value.clone()),
        (Value::from(Cow::Borrowed("x")), "x".into()),
        (Value::from(Some(Cow::<str>::Owned("x".into()))), "x".into()),
        // Beyond 64 bits with a sign, the nearest.
        (Value::from(u64::MAX), i64::MAX.into()),
    ] {
        assert_eq!(made, expected);
    }
    assert_eq!(Map::from(HashMap::from([("a", 1)])), Map::from([("a", 1)]));
}
