//! Deeper: the list of every file of the source, in the order in which to read it.
//!
//! The source is read in three circles. The stages are seven whole servers, each in one file. The
//! first reading is carafe without the refinements. The deeper chapters are the refinements; each
//! can be skipped, and its title begins with `Deeper:`.
//!
//! The texts are part of the binary, so that a page can show the line that made an answer, without
//! a network. `build.rs` packs them, and says how. The list itself is `src/contents.list`; `make
//! contents` reads it, too. A test compares it with the folder.

use std::sync::LazyLock;

/// One file of the source.
pub struct Chapter {
    /// Its path, with slashes: `src/web/app.rs`.
    pub path: &'static str,
    /// Its text, as it was when carafe was built.
    pub text: &'static str,
}

/// The three circles of reading: a heading, and what it is.
pub const CIRCLES: [(&str, &str); 3] = [
    ("Stages", "Seven whole servers, each in one file that rustc alone compiles"),
    ("First reading", "One request from socket to socket, without the refinements"),
    ("Deeper chapters", "The refinements; each can be skipped"),
];

impl Chapter {
    /// What the file is about: its first line.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or("").trim_start_matches(['/', '!', '#', ' '])
    }

    /// The position of its circle in [`CIRCLES`].
    pub fn circle(&self) -> usize {
        if self.path.starts_with("src/stages/") {
            return 0;
        }
        // Files that are not Rust belong to deeper chapters.
        let is_deeper = self.title().starts_with("Deeper:") || !self.path.ends_with(".rs");
        if is_deeper { 2 } else { 1 }
    }
}

/// The chapters of one circle, in the order in which to read them.
pub fn chapters_of(circle: usize) -> impl Iterator<Item = &'static Chapter> {
    CHAPTERS.iter().filter(move |chapter| chapter.circle() == circle)
}

/// The paths and texts of all files, one after another, as `build.rs` packed them.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/source.packed"));

/// All files, room by room. [`chapters_of`] sorts them into circles. They are unpacked when the
/// first page asks for one.
pub static CHAPTERS: LazyLock<Vec<Chapter>> = LazyLock::new(|| {
    let text: &str = String::leak(String::from_utf8(unpack(PACKED)).expect("the source is UTF-8"));
    let parts: Vec<&str> = text.split('\0').collect();
    parts.as_chunks().0.iter().map(|&[path, text]| Chapter { path, text }).collect()
});

/// The text that these steps make.
fn unpack(mut packed: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    while let [numbers, rest @ ..] = packed {
        let (new, more) = (usize::from(numbers / 32), usize::from(numbers % 32));
        let (new, rest) = rest.split_at(new);
        text.extend_from_slice(new);
        packed = rest;
        if let [low, high, behind @ ..] = rest
            && more > 0
        {
            let from = text.len() - usize::from(u16::from_le_bytes([*low, *high]));
            // The text may reach into itself: eight spaces are four spaces, repeated.
            for at in from..from + more + 3 {
                text.push(text[at]);
            }
            packed = behind;
        }
    }
    text
}
