//! Deeper: Name filter: tells at once of most header names that they are not there.
//!
//! The server looks for many names that are seldom sent. A filter has one bit for each group of
//! names. Where the bit of a name is 0, no line need be compared. A second bit says whether a group
//! came more than once. Where it is 0, the search ends at the first line that fits.

/// The groups of some names. Two names share one of 64 groups by chance; then they are compared.
#[derive(Clone, Copy, Default)]
pub(crate) struct NameFilter {
    some: u64,
    several: u64,
}

impl NameFilter {
    /// No names.
    pub const fn new() -> NameFilter {
        NameFilter { some: 0, several: 0 }
    }

    /// One name, in any case of letters. Its first letter and its length choose the group.
    #[inline]
    pub const fn of(name: &[u8]) -> NameFilter {
        let first = if name.is_empty() { 0 } else { name[0] | 32 }; // A small letter.
        NameFilter { some: 1 << ((first as usize * 3 + name.len() * 5) % 64), several: 0 }
    }

    /// All of these names.
    pub const fn all(names: &[&str]) -> NameFilter {
        let (mut all, mut at) = (NameFilter::new(), 0);
        while at < names.len() {
            all.add(NameFilter::of(names[at].as_bytes()));
            at += 1;
        }
        all
    }

    /// Adds names.
    #[inline]
    pub const fn add(&mut self, others: NameFilter) {
        self.several |= others.several | self.some & others.some;
        self.some |= others.some;
    }

    /// False: none of those names was added. True: one of them may have been.
    #[inline]
    pub const fn may_hold(self, names: NameFilter) -> bool {
        self.some & names.some != 0
    }

    /// At most so often was this name added: 0, 1, or more.
    #[inline]
    pub const fn at_most(self, name: NameFilter) -> usize {
        match (self.may_hold(name), self.several & name.some == 0) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => usize::MAX,
        }
    }
}
