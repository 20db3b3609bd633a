//! Changing a session: each change is one step of the store.
//!
//! `set` calls `update`, `update` calls `change`, and `change` asks the store to change the row of
//! the visitor. If there is none, it asks for a new row under a fresh key. Both go through `write`,
//! which calls [`Store::update`](crate::web::store::Store::update).
//!
//! Elsewhere: what a login and a logout do to the row, in `login`.

use super::{LoadedSession, Session};
use crate::random;
use crate::value::{Map, Value};
use crate::web::store::{Change, StoreError, Updated, permanence};
use std::borrow::Cow;
use std::panic::Location;
use std::time::{Duration, Instant};

impl<'s> Session<'s> {
    /// Makes a new value of the old one, in one step, and gives it back.
    ///
    /// If another request of the visitor changes the row meanwhile, `make` is called again, with
    /// the value that is there then. The last result is kept.
    #[track_caller]
    pub fn update(&mut self, name: &str, mut make: impl FnMut(Option<Value>) -> Value) -> Value {
        self.change(|row| {
            let old = row.get_mut(name);
            let value = make(old.as_deref().cloned());
            match old {
                Some(old) => *old = value.clone(),
                None => drop(row.insert(name, value.clone())),
            }
            value
        })
    }

    /// Takes a name and its value out.
    #[track_caller]
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        // A stranger has nothing to take out, and gets no row for it.
        let is_stranger = self.get(name).is_none() && self.key().is_none();
        if is_stranger { None } else { self.change(|row| row.remove(name)) }
    }

    /// Changes several values in one step. `edit` may be called again, as in
    /// [`update`](Session::update).
    #[track_caller]
    pub fn change<T>(&mut self, mut edit: impl FnMut(&mut Map) -> T) -> T {
        self.changed_by = Some(Location::caller());
        // What `edit` returned, if there was a row to change.
        let mut outcome = None;
        if let Some(key) = self.visitor_key() {
            self.write(key, &mut |row| outcome = row.as_mut().map(&mut edit));
        }
        if outcome.is_none() {
            // There is no such row, or the store has failed. If another request has deleted the
            // row, `take_answer`, below, has emptied the session: its values must not come back.
            let values = self.values().clone();
            self.write(random::hex_id().into(), &mut |row| {
                outcome = Some(edit(row.insert(values.clone())));
            });
        }
        match outcome {
            Some(outcome) if self.failure().is_none() => outcome,
            // The store has failed, and the answer will be an error. Until then the handler goes on
            // with a copy of the row, in which it sees its own change.
            _ => {
                let mut row = self.values().clone();
                let outcome = edit(&mut row);
                self.load_mut().take_over(row);
                outcome
            }
        }
    }

    /// The session, which is loaded now if this is its first use.
    pub(super) fn load_mut(&mut self) -> &mut LoadedSession<'s> {
        self.load();
        self.loaded.get_mut().expect("it was loaded on the line above")
    }

    /// The key of the visitor's row. Before the first use it is the key that came in the cookie.
    #[inline]
    pub(super) fn visitor_key(&self) -> Option<Cow<'s, str>> {
        self.loaded.get().map_or(&self.received, |loaded| &loaded.key).clone()
    }

    /// Lets the store change the row of this key. The session then has the row that the store has.
    /// After a failure the store is not asked again.
    ///
    /// The first use of a session may be a change. Then the store is asked once for both: it looks
    /// the row up and changes it.
    pub(super) fn write(&mut self, key: Cow<'s, str>, change: Change<'_>) {
        if self.failure().is_some() {
            return;
        }
        let is_first = self.loaded.get().is_none();
        let begun = (is_first && self.is_recording).then(Instant::now);
        let mut is_found = false;
        let updated = self.store.update(&self.kind, &key, &mut |row| {
            is_found = row.is_some();
            if let (Some(begun), Some(row)) = (begun, &row) {
                self.before = (begun, row.clone()).into();
            }
            change(row);
        });
        if is_first {
            // The store has no such row, and nothing was changed. The session is not loaded yet:
            // the next `load` asks the store for the row, and is told why there is none.
            if updated.is_ok() && !is_found {
                return;
            }
            self.loaded = LoadedSession::default().into();
        }
        self.load_mut().take_answer(updated, key);
    }
}

impl<'s> LoadedSession<'s> {
    /// Takes what the store answered to a change of the row of this key.
    #[inline]
    fn take_answer(&mut self, updated: Result<Updated, StoreError>, key: Cow<'s, str>) {
        let (row, key) = match updated {
            Ok(Updated::Kept(Some(row))) => (row, Some(key)),
            Ok(Updated::Moved(row, key)) => (row, Some(key.into())),
            // The row is deleted, or this store keeps none.
            Ok(updated) => (updated.row().unwrap_or_default(), None),
            Err(failure) => return self.failure = Some(failure),
        };
        self.take_over(row);
        self.key = key;
    }

    /// Takes this row in the place of the last one.
    #[inline]
    pub(super) fn take_over(&mut self, row: Map) {
        self.row = row;
        let ended = self.permanence.map(|_| Duration::ZERO);
        self.permanence = permanence(&self.row).or(ended);
    }
}
