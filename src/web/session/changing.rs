//! Changing a session: each change is one step of the store.
//!
//! The visitor's row is changed if there is one. A stranger gets a row under a fresh key. In both
//! cases the store gives back the row as it is then, and its key.
//!
//! Elsewhere: what a login and a logout do to the row, in `login`.

use super::session_cookie::RowKey;
use super::{OpenedSession, Session};
use crate::random;
use crate::value::{Map, Value};
use crate::web::store::{Change, Updated, permanence};
use std::cell::OnceCell;
use std::panic::Location;

impl Session<'_> {
    /// Makes a new value of the old one, in one step, and gives it back.
    ///
    /// `update` is called again when another request of the visitor comes between. The last result
    /// counts.
    ///
    /// ```
    /// # use carafe::{Context, Value};
    /// fn visit(ctx: &mut Context) -> Value {
    ///     let count = |old: Option<Value>| old.and_then(|it| it.as_int()).unwrap_or(0);
    ///     ctx.session.update("visits", |old| Value::Int(count(old) + 1))
    /// }
    /// ```
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
        // Only a row that exists: a session that another request has ended must not come back.
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
    /// change, and need not be asked twice.
    pub(super) fn write(&mut self, fresh: Option<String>, change: Change<'_>) {
        self.needed.set(true);
        let known = match self.opened.get() {
            Some(OpenedSession { failure: Some(_), .. }) => return,
            Some(_) => self.key(),
            None => self.sent.as_deref(),
        };
        let Some(key) = fresh.as_deref().or(known) else { return };
        let is_first = self.opened.get().is_none();
        let (mut is_found, mut before) = (false, None);
        let updated = self.store.update(&self.kind, key, &mut |row| {
            is_found = row.is_some();
            if is_first && self.is_recording {
                before.clone_from(row);
            }
            change(row);
        });
        if is_first {
            // If there is no such row, looking it up will tell why.
            if updated.is_ok() && !is_found {
                return;
            }
            let mut opened = OpenedSession::new(self.is_recording, before.unwrap_or_default());
            opened.key = RowKey::Sent;
            self.opened = OnceCell::from(opened);
        }
        let opened = self.touch();
        let (key, row) = match updated {
            Ok(Updated::Kept(Some(row))) => (fresh.map(RowKey::New), row),
            Ok(Updated::Moved(row, key)) => (Some(RowKey::New(key)), row),
            Ok(updated) => (Some(RowKey::None), updated.row().unwrap_or_default()),
            Err(failure) => return opened.failure = Some(failure),
        };
        if let Some(key) = key {
            opened.key = key;
        }
        opened.take_over(row);
    }
}

impl OpenedSession {
    /// Takes this row in the place of the last one.
    pub(super) fn take_over(&mut self, row: Map) {
        let last = std::mem::replace(&mut self.row, row);
        self.before.get_or_insert(last);
        self.permanence = permanence(&self.row);
    }
}
