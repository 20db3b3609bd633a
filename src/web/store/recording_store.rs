//! Deeper: a store that remembers which rows were changed, for the record of one cycle.
//!
//! `ctx.store()` gives a handler this: the application's store, with a list of the rows that this
//! request has changed. Left out is what the rows held. They may be secret.

use super::change::locked;
use super::patience::Patience;
use super::{Change, HeldRow, KeyPage, Kind, Lookup, Store, StoreError, Updated};
use crate::cycle::{StorePlace, StoredRow};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// A store, and what was changed in it.
pub struct RecordingStore<'s> {
    store: &'s dyn Store,
    is_recording: bool,
    is_changed: AtomicBool,
    changed: Mutex<Vec<(Kind, String, bool)>>,
    _patience: Patience,
}

impl<'s> RecordingStore<'s> {
    /// This store, for the request that this thread begins to serve. Changes are remembered only if
    /// `is_recording`.
    #[inline]
    pub fn new(store: &'s dyn Store, is_recording: bool) -> RecordingStore<'s> {
        let (is_changed, changed) = (AtomicBool::new(false), Mutex::default());
        RecordingStore { store, is_recording, is_changed, changed, _patience: Patience::begin() }
    }

    /// Each row that is now another one, once, as it was left.
    pub fn take(&mut self) -> Vec<StoredRow> {
        let changed = std::mem::take(&mut *locked(&self.changed)).into_iter();
        let shown = |kind: Kind, key| if kind.secret { "(secret)".to_owned() } else { key };
        changed.map(|(kind, key, is_there)| (kind.name, shown(kind, key), is_there)).collect()
    }
}

impl Store for RecordingStore<'_> {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        self.store.load(kind, key)
    }

    fn update(&self, kind: &Kind, key: &str, change: Change<'_>) -> Result<Updated, StoreError> {
        self.is_changed.store(true, Ordering::Relaxed);
        let mut has_changed = false;
        let updated = self.store.update(kind, key, &mut |row| {
            let before = self.is_recording.then(|| row.clone());
            change(row);
            has_changed = before.is_some_and(|before| before != *row);
        })?;
        if has_changed {
            let mut changed = locked(&self.changed);
            changed.retain(|(known, name, _)| (known.name, name.as_str()) != (kind.name, key));
            let is_there = !matches!(updated, Updated::Kept(None) | Updated::NotKept(None));
            changed.push((*kind, key.to_owned(), is_there));
        }
        Ok(updated)
    }

    /// A request that only looked does not wait for the changes of others.
    fn flush(&self) -> Result<(), StoreError> {
        if self.is_changed.load(Ordering::Relaxed) { self.store.flush() } else { Ok(()) }
    }

    fn place(&self) -> StorePlace {
        self.store.place()
    }

    fn page_of_keys(&self, kind: &Kind, at: u64) -> Result<KeyPage, StoreError> {
        self.store.page_of_keys(kind, at)
    }

    fn inspect(&self, see: &mut dyn FnMut(&HeldRow)) {
        self.store.inspect(see);
    }

    fn forget(&self) {
        self.store.forget();
    }
}
