//! Deeper: Login: a new key for the visitor's row, and the end of the row at a logout.

use super::Session;
use crate::random;
use crate::value::Map;
use crate::web::store::permanence;
use std::panic::Location;

impl Session<'_> {
    /// Ends the session: the row is deleted now, and the visitor is asked to forget the cookie.
    #[track_caller]
    pub fn clear(&mut self) {
        self.changed_by = Some(Location::caller());
        self.delete_row();
        let loaded = self.load_mut();
        loaded.take_over(Map::new());
        loaded.cleared = true;
    }

    /// Gives the row a new key at a login, and deletes the old one: somebody who knows the old key,
    /// or has chosen it, does not know the new one. A stranger has no key yet.
    #[track_caller]
    pub fn renew(&mut self) {
        self.load_mut();
        let Some(old) = self.key().map(str::to_owned) else { return };
        self.changed_by = Some(Location::caller());
        let fresh = random::hex_id();
        let mut row = self.load_mut().row.clone();
        permanence(&row).into_iter().for_each(|time| self.live_at_least(time));
        // The row is written under the new key first, and then deleted under the old one if it is
        // still the same. So neither a crash nor another request of this visitor loses anything.
        loop {
            self.write(fresh.clone().into(), &mut |kept| *kept = Some(row.clone()));
            if self.load_mut().failure.is_some() {
                return;
            }
            let mut met = None;
            let deleted = self.store.update(&self.kind, &old, &mut |kept| {
                met.clone_from(kept);
                kept.take_if(|kept| *kept == row);
            });
            self.load_mut().failure = deleted.err();
            match met {
                // Another request has changed the row: begin again with the changed row.
                Some(met) if met != row => row = met,
                Some(_) => return,
                // Another request has ended the session: it stays ended.
                None => return self.delete_row(),
            }
        }
    }

    fn delete_row(&mut self) {
        if let Some(key) = self.visitor_key() {
            self.write(key, &mut |row| *row = None);
        }
    }
}
