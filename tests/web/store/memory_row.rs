//! Rows in memory: short ones are values, and nobody can tell them from rows that are text.

use super::memory::memory;
use super::{SESSION, load, put};
use carafe::json;
use carafe::value::{Sequence, SequenceKind};
use carafe::web::store::{Kind, Lookup, Store, StoreError, decode, encode};
use carafe::{Map, Value};
use std::sync::Arc;

/// What a session can hold, short and long, plain and not.
fn rows() -> Vec<Map> {
    let tuple = Sequence { kind: SequenceKind::Tuple, items: vec![1.into()] };
    let values = [
        Value::Null,
        true.into(),
        7.into(),
        i64::MIN.into(),
        1.5.into(),
        f64::NAN.into(),
        f64::INFINITY.into(),
        "Ada".into(),
        "\u{7}".repeat(40).into(),
        "ä \"quoted\" \\".into(),
        "x".repeat(300).into(),
        "x".repeat(3000).into(),
        vec![1, 2].into(),
        Map::from([("kettle", 2)]).into(),
        Value::Html("<b>".into()),
        Value::Undefined,
        Value::Sequence(Arc::new(tuple)),
    ];
    let each = values.iter().map(|value| Map::from([("value", value.clone())]));
    let many = (0..9).map(|number| (format!("name {number}"), number)).collect();
    each.chain([Map::new(), many, Map::from([("a\n\u{1}b", 1)])]).collect()
}

#[test]
fn a_row_in_memory_is_read_as_from_a_store_of_text() {
    let (store, _) = memory();
    for row in rows() {
        let text = encode(&row, 16_384).unwrap();
        let key = put(&store, &SESSION, "id", &row).unwrap();
        assert_eq!(
            load(&store, &SESSION, &key),
            Lookup::Found(decode(text.as_bytes(), 16_384).unwrap())
        );
        // A change is given what a look gives.
        let mut met = None;
        store.update(&SESSION, &key, &mut |row| met.clone_from(row)).unwrap();
        assert_eq!(met, Some(decode(text.as_bytes(), 16_384).unwrap()));
        let mut held = Vec::new();
        store.inspect(&mut |row| held.push(row.text().into_owned()));
        assert_eq!(held, [text]);
    }
}

/// The names of a row of values keep their order, and a row may be exactly as large as its kind
/// says, whichever form it has.
#[test]
fn the_bound_of_a_row_is_that_of_its_text() {
    let (store, _) = memory();
    for row in rows() {
        let bytes = json::write_map(&row).len();
        let exact = Kind { row_bytes: bytes, ..SESSION };
        put(&store, &exact, "id", &row).unwrap();
        let less = Kind { row_bytes: bytes - 1, ..SESSION };
        let refused = put(&store, &less, "id", &row).unwrap_err();
        let met = format!("the row would be {bytes} bytes, expected at most {}", bytes - 1);
        assert_eq!(refused, StoreError::TooLarge(met));
        for boundless in [usize::MAX, usize::MAX / 8 + 1] {
            put(&store, &Kind { row_bytes: boundless, ..SESSION }, "id", &row).unwrap();
        }
    }
}

/// A writer that comes between is noticed, although the row is again equal to the one that was seen.
#[test]
fn a_change_meets_the_row_that_another_writer_left() {
    let (store, _) = memory();
    let one = Map::from([("visits", 1)]);
    put(&store, &SESSION, "id", &one).unwrap();
    let mut met = Vec::new();
    store
        .update(&SESSION, "id", &mut |row| {
            met.push(row.as_ref().and_then(|row| row.get("visits")?.as_int()));
            if met.len() == 1 {
                put(&store, &SESSION, "id", &Map::from([("visits", 2)])).unwrap();
            }
            *row = Some(one.clone());
        })
        .unwrap();
    assert_eq!(met, [Some(1), Some(2)]);
}
