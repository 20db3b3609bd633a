//! A store that remembers what was changed in it, for the record of one cycle.
//!
//! A handler changes rows of its own kinds, accounts and orders, through `ctx.store()`. What it is
//! given there is this: the application's store, and a list of the changes beside it.
//!
//! Left out: what the rows held. They may be secret, and whoever reads the record has no need of
//! them.

use super::{Kind, Lookup, Store, StoreError, Updated};
use crate::cycle::StorePlace;
use crate::value::Map;
use std::sync::{Mutex, PoisonError};

/// A store, and what was changed in it.
pub struct Noting<'s> {
    store: &'s dyn Store,
    /// `None`: nobody wants to know.
    notes: Option<Mutex<Vec<Note>>>,
}

/// A row that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The name of its kind: `order`.
    pub kind: &'static str,
    /// Its key.
    pub key: String,
    /// False: it was deleted, or there is still none.
    pub is_kept: bool,
}

impl<'s> Noting<'s> {
    /// This store; changes are noted only if `wanted`.
    pub fn new(store: &'s dyn Store, wanted: bool) -> Noting<'s> {
        Noting { store, notes: wanted.then(Mutex::default) }
    }

    /// Each row that was changed, once, as it was left.
    pub fn take(&mut self) -> Vec<Note> {
        let notes = self
            .notes
            .take()
            .map(|notes| notes.into_inner().unwrap_or_else(PoisonError::into_inner));
        notes.unwrap_or_default()
    }
}

impl Store for Noting<'_> {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        self.store.load(kind, key)
    }

    fn update(
        &self,
        kind: &Kind,
        key: &str,
        change: &mut dyn FnMut(&mut Option<Map>),
    ) -> Result<Updated, StoreError> {
        let updated = self.store.update(kind, key, change)?;
        if let Some(notes) = &self.notes {
            let key = if kind.secret { "(secret)" } else { key };
            let note =
                Note { kind: kind.name, key: key.to_owned(), is_kept: updated.row.is_some() };
            let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
            notes.retain(|known| (known.kind, known.key.as_str()) != (note.kind, key));
            notes.push(note);
        }
        Ok(updated)
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.store.flush()
    }

    fn forget(&self) {
        self.store.forget();
    }

    fn place(&self) -> StorePlace {
        self.store.place()
    }
}
