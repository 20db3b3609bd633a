//! The record of the last cycles: how many it holds, and which.

use carafe::cycle::{KEPT, Recorder};
use carafe::http::Status;
use std::sync::Arc;
use std::time::SystemTime;

fn keep(recorder: &Recorder, cycles: usize) {
    for _ in 0..cycles {
        let cycle = recorder.begin();
        recorder.keep(recorder.number(), Status::OK, SystemTime::now(), cycle);
    }
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
