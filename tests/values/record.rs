//! The record of the last cycles: how many it holds, and which.

use carafe::cycle::{Cycle, Detail, KEPT, KEPT_BYTES, Recorder, StorePlace};
use carafe::http::Status;
use carafe::{Map, Value};
use std::sync::Arc;
use std::time::SystemTime;

fn keep(recorder: &Recorder, cycles: usize) {
    (0..cycles).for_each(|_| keep_one(recorder, recorder.number()));
}

fn keep_one(recorder: &Recorder, number: u64) {
    let mut cycle = Box::<Cycle>::default();
    cycle.start(true, true);
    recorder.keep(number, Status::OK, SystemTime::now(), &mut cycle);
}

#[test]
fn the_last_cycles_of_all_threads_are_kept_in_order() {
    let recorder = Recorder::default();
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| keep(&recorder, 50));
        }
    });
    let numbers: Vec<u64> = recorder.all().iter().map(|record| record.number).collect();
    assert_eq!(numbers, (401..=600).collect::<Vec<u64>>());
    assert_eq!(recorder.newest().unwrap().number, 600);
    assert_eq!(recorder.get(500).unwrap().number, 500);
    assert!(
        recorder.get(400).is_none() && recorder.get(601).is_none() && recorder.get(0).is_none()
    );
}

#[test]
fn the_newest_cycle_is_one_before_which_all_are_over() {
    let recorder = Recorder::default();
    let numbers = [recorder.number(), recorder.number()];
    for (number, newest) in [(numbers[1], None), (numbers[0], Some(numbers[1]))] {
        recorder.keep(number, Status::OK, SystemTime::now(), &mut Box::default());
        assert_eq!(recorder.newest().map(|record| record.number), newest);
    }
}

#[test]
fn what_a_silent_thread_has_recorded_does_not_stay_in_memory() {
    let recorder = Recorder::default();
    std::thread::scope(|scope| {
        scope.spawn(|| keep(&recorder, KEPT));
    });
    let old: Vec<_> = recorder.all().iter().map(Arc::downgrade).collect();
    assert_eq!(old.len(), KEPT);
    keep(&recorder, 2 * KEPT);
    assert!(old.iter().all(|record| record.upgrade().is_none()));
}

#[test]
fn a_cycle_that_took_as_long_as_200_others_takes_the_place_of_none() {
    let recorder = Recorder::default();
    let slow = recorder.number();
    keep(&recorder, KEPT);
    keep_one(&recorder, slow);
    let numbers: Vec<u64> = recorder.all().iter().map(|record| record.number).collect();
    assert_eq!(numbers, (2..=201).collect::<Vec<u64>>());
}

#[test]
fn the_ends_of_the_last_connections_are_kept() {
    let recorder = Recorder::default();
    (1..=1000).for_each(|number| recorder.connection_ended(number, "the client"));
    let kept: Vec<u64> = (1..=1000).filter(|it| recorder.end_of(*it).is_some()).collect();
    assert_eq!(kept, (801..=1000).collect::<Vec<u64>>());
}

/// SECURITY.md: what a client chooses is cut, since 200 cycles stay in memory.
#[test]
fn of_long_values_a_step_keeps_the_front() {
    let long = "é".repeat(1 << 20);
    let many: Value = (0..100_000).collect::<Vec<i32>>().into();
    let variables =
        Map::from([("name", Value::from("Ada")), ("long", long.as_str().into()), ("many", many)]);
    let mut cycle = Cycle::default();
    cycle.start(true, true);
    cycle.step("flashed", || Detail::Flash("message".to_owned(), long.clone()));
    cycle.step("noted", || Detail::Note(long.clone()));
    cycle.step("failed", || Detail::Failure(Status::BAD_REQUEST, long.clone()));
    cycle.step("flashed", || Detail::Taken(vec![("message".to_owned(), long.clone())]));
    let (refused, row, place) = (None, None, StorePlace::Cookie);
    cycle.step("opened", || Detail::Row { cookie: long.clone(), refused, row, place });
    let (cookie, after, by) = (Some(long.clone()), Map::default(), None);
    cycle.step("saved", || Detail::Change { cookie, after, by, place });
    cycle.step("rendered", || Detail::Template { name: "a.html".to_owned(), variables });
    let is_front = |text: &str| {
        let front = text.strip_suffix('…');
        front.is_some_and(|front| front.len() <= KEPT_BYTES && long.starts_with(front))
    };
    for step in cycle.steps() {
        match &step.detail {
            Detail::Flash(category, text) => assert!(category == "message" && is_front(text)),
            Detail::Taken(messages) => assert!(is_front(&messages[0].1)),
            Detail::Row { cookie, .. } | Detail::Change { cookie: Some(cookie), .. } => {
                assert!(is_front(cookie))
            }
            Detail::Note(text) | Detail::Failure(_, text) => assert!(is_front(text)),
            Detail::Template { variables, .. } => {
                assert_eq!(variables.get("name"), Some(&"Ada".into()));
                assert!(variables.get("long").and_then(Value::as_str).is_some_and(is_front));
                assert_eq!(variables.get("many"), Some(&"(too large for the record)".into()));
            }
            other => panic!("{other:?}"),
        }
    }
}
