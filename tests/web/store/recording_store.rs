//! The store that a handler gets remembers what was changed in it.

use super::memory::memory;
use super::{ORDER, SESSION, load, put, row};
use carafe::web::store::{RecordingStore, Store};

#[test]
fn each_row_that_was_changed_is_noted_once_and_no_secret_key() {
    let (store, _) = memory();
    let mut recording = RecordingStore::new(&store, true);
    put(&recording, &ORDER, "1", &row(1)).unwrap();
    put(&recording, &SESSION, "a secret", &row(1)).unwrap();
    put(&recording, &SESSION, "another", &row(1)).unwrap();
    put(&recording, &SESSION, "a secret", &row(2)).unwrap();
    recording.delete(&ORDER, "1").unwrap();
    load(&recording, &ORDER, "2");
    let session = ("session", "(secret)".to_owned(), true);
    assert_eq!(recording.take(), [session.clone(), session, ("order", "1".to_owned(), false)]);
    let mut silent = RecordingStore::new(&store, false);
    put(&silent, &ORDER, "1", &row(1)).unwrap();
    assert_eq!(silent.take(), []);
}
