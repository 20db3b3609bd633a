//! Deeper: The store that keeps nothing: every request comes from a stranger.
//!
//! This is the lowest rung of the ladder, and the one that HTTP itself stands on. A handler may put
//! values into the session, and finds them there until its answer is sent.

use super::{Change, Kind, Lookup, Refusal, Store, StoreError, Updated};
use crate::cycle::StorePlace;

/// Keeps nothing. Its rows have no key, so no visitor ever gets a cookie.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoneStore;

impl Store for NoneStore {
    fn load(&self, _: &Kind, _: &str) -> Result<Lookup, StoreError> {
        Ok(Lookup::Missing(Refusal::Unknown))
    }

    fn update(&self, _: &Kind, _: &str, change: Change<'_>) -> Result<Updated, StoreError> {
        let mut row = None;
        change(&mut row);
        Ok(Updated::NotKept(row))
    }

    fn place(&self) -> StorePlace {
        StorePlace::Nowhere
    }
}
