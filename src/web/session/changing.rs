//! Changing a session: each change is one step of the store.
//!
//! `set` calls `update`, `update` calls `change`, `change` calls `write`, and `write` the store.
//! The visitor's row is changed if there is one. A stranger gets a row under a fresh key.
//!
//! Elsewhere: what a login and a logout do to the row, in `login`.

use super::session_cookie::RowKey;
use super::{OpenedSession, Session};
use crate::random;
use crate::value::{Map, Value};
use crate::web::store::{Change, StoreError, Updated};
use std::cell::OnceCell;
use std::panic::Location;

impl Session<'_> {
    /// Makes a new value of the old one, in one step, and gives it back.
    ///
    /// `update` is called again when another request of the visitor comes between. The last result
    /// counts.
    #[track_caller]
    pub fn update(&mut self, name: &str, mut update: impl FnMut(Option<Value>) -> Value) -> Value {
        self.change(|row| {
            let known = row.get_mut(name);
            let value = update(known.as_deref().cloned());
            match known {
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

    /// Changes several values in one step. Like that of [`update`](Session::update), the closure
    /// may be called again.
    #[track_caller]
    pub fn change<T>(&mut self, mut change: impl FnMut(&mut Map) -> T) -> T {
        self.changed_by = Some(Location::caller());
        let mut outcome = None;
        // First the row of the visitor's key, if it exists. A row that another request has ended
        // must not come back, so what follows is a new row under a fresh key.
        self.write(None, &mut |row| outcome = row.as_mut().map(&mut change));
        if let Some(outcome) = outcome {
            return outcome;
        }
        let OpenedSession { row, failure, .. } = self.touch();
        let (mut row, has_failed) = (row.clone(), failure.is_some());
        if self.key().is_none() && !has_failed {
            self.write(Some(random::hex_id()), &mut |kept| {
                outcome = Some(change(kept.insert(row.clone())));
            });
        }
        // If the store has failed, this request still sees its own change.
        outcome.unwrap_or_else(|| {
            let outcome = change(&mut row);
            self.touch().take_over(row);
            outcome
        })
    }

    pub(super) fn touch(&mut self) -> &mut OpenedSession {
        self.needed.set(true);
        self.opened();
        self.opened.get_mut().expect("it was opened on the line above")
    }

    /// Lets the store change the visitor's row, or the one of a fresh key, and takes over what it
    /// then holds. If this is the first use of the session, the store looks the row up for the
    /// change, and is asked only once.
    pub(super) fn write(&mut self, fresh: Option<String>, change: Change<'_>) {
        self.needed.set(true);
        let is_first = self.opened.get().is_none();
        let has_failed = self.opened.get().is_some_and(|opened| opened.failure.is_some());
        let known = if is_first { self.sent() } else { self.key() };
        let Some(key) = fresh.as_deref().or(known).filter(|_| !has_failed) else { return };
        let (mut is_found, mut before) = (false, None);
        let updated = self.store.update(&self.kind, key, &mut |row| {
            is_found = row.is_some();
            if is_first && self.is_recording {
                before.clone_from(row);
            }
            change(row);
        });
        if is_first {
            // There is no such row. The session stays unopened: `opened` then asks why.
            if updated.is_ok() && !is_found {
                return;
            }
            let mut opened = OpenedSession::new(self.is_recording, before.unwrap_or_default());
            opened.key = RowKey::Sent;
            self.opened = OnceCell::from(opened);
        }
        self.touch().accept(updated, fresh);
    }
}

impl OpenedSession {
    /// Takes what the store answered to a change: the row as it is now, and its key. `fresh` is
    /// the key that was asked for, if the row is new.
    #[inline]
    fn accept(&mut self, updated: Result<Updated, StoreError>, fresh: Option<String>) {
        let (row, new_key) = match updated {
            Ok(Updated::Kept(Some(row))) => (row, fresh.map(RowKey::New)),
            Ok(Updated::Moved(row, key)) => (row, Some(RowKey::New(key))),
            // The row is deleted, or this store keeps none.
            Ok(updated) => (updated.row().unwrap_or_default(), Some(RowKey::None)),
            Err(failure) => return self.failure = Some(failure),
        };
        self.take_over(row);
        if let Some(key) = new_key {
            self.key = key;
        }
    }
}
