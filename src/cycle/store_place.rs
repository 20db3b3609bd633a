//! Where rows are kept: what a restart, another server or the visitor would find.
//!
//! A store says it of itself, a cycle notes it, and whoever tells what the server knows of a
//! visitor chooses the words by it. To say "the server remembers" of a row that the visitor carries
//! would be a lie.
//!
//! Left out: which file, and which server. The banner names them.

/// Where the rows of a store are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorePlace {
    /// Nowhere: each request comes from a stranger.
    Nowhere,
    /// With the visitor, who sends the row along.
    Cookie,
    /// In the memory of this process, which a restart empties.
    Memory,
    /// In a file, which outlasts this process.
    File,
    /// In another program, which several servers may share and which has to be asked.
    Elsewhere,
}

impl StorePlace {
    /// True if a row can be looked at without asking another program, which may be slow or gone.
    pub fn is_near(self) -> bool {
        self != StorePlace::Elsewhere
    }
}
