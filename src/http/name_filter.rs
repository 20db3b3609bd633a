//! Deeper: Name filter: tells at once of most header names that they are not there.
//!
//! The server looks for many names that are seldom sent. A filter has one bit for each group of
//! names. Where the bit of a name is 0, no line need be compared.

/// The groups of some names. Two names share one of 64 groups by chance; then they are compared.
#[derive(Clone, Copy, Default)]
pub(crate) struct NameFilter(u64);

impl NameFilter {
    /// No names.
    pub const fn new() -> NameFilter {
        NameFilter(0)
    }

    /// One name, in any case of letters. Its first letter and its length choose the group.
    #[inline]
    pub const fn of(name: &str) -> NameFilter {
        NameFilter::of_bytes(name.as_bytes())
    }

    /// The same for a name that is no text yet.
    #[inline]
    pub const fn of_bytes(name: &[u8]) -> NameFilter {
        let first = if name.is_empty() { 0 } else { name[0] | 32 }; // A small letter.
        NameFilter(1 << ((first as usize * 3 + name.len() * 5) % 64))
    }

    /// All of these names.
    pub const fn all(names: &[&str]) -> NameFilter {
        let (mut all, mut at) = (NameFilter::new(), 0);
        while at < names.len() {
            all.add(NameFilter::of(names[at]));
            at += 1;
        }
        all
    }

    /// Adds names.
    #[inline]
    pub const fn add(&mut self, others: NameFilter) {
        self.0 |= others.0;
    }

    /// False: none of those names was added. True: one of them may have been.
    #[inline]
    pub const fn may_hold(self, names: NameFilter) -> bool {
        self.0 & names.0 != 0
    }
}
