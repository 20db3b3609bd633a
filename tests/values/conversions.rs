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
    ] {
        assert_eq!(made, expected);
    }
    assert_eq!(Map::from(HashMap::from([("a", 1)])), Map::from([("a", 1)]));
}

/// Two ids of a hash must not become one.
#[test]
fn an_integer_beyond_64_bits_with_a_sign_is_a_panic_and_no_other_number() {
    let most = i64::MAX as u64;
    assert_eq!(
        (Value::from(most), Value::from(i128::from(most))),
        (i64::MAX.into(), i64::MAX.into())
    );
    assert_eq!(Value::from(i128::from(i64::MIN)), i64::MIN.into());
    let wrong: [fn() -> Value; 4] = [
        || Value::from(u64::MAX),
        || Value::from(i64::MAX as u64 + 1),
        || Value::from(u128::MAX),
        || Value::from(i128::from(i64::MIN) - 1),
    ];
    for make in wrong {
        let panic = std::panic::catch_unwind(make).expect_err("it is no value");
        let message = panic.downcast::<String>().expect("a message");
        assert!(message.contains("expected an integer of 64 bits with a sign"), "{message}");
    }
}

#[test]
fn a_map_is_walked_in_order() {
    let map = Map::from([("b", 1), ("a", 2)]);
    let mut pairs = Vec::new();
    for (name, value) in &map {
        pairs.push((name, value.clone()));
    }
    assert_eq!(pairs, [("b", 1.into()), ("a", 2.into())]);
}
