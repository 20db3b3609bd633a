//! Deeper: the list of every file of the source, in the order in which to read it.
//!
//! The source is read in three circles. The stages are seven whole servers, each in one file. The
//! first reading is carafe without the refinements. The deeper chapters are the refinements; each
//! can be skipped, and its title begins with `Deeper:`.
//!
//! The texts are part of the binary, so that a page can show the line that made an answer, without
//! a network. The list itself is `src/contents.list`; `make contents` reads it, too. A test
//! compares it with the folder.

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

/// The text of the file at this path. Code that needs a file's text asks here: a second
/// `include_str!` of the same file could put the text into the binary twice.
pub fn text_of(path: &str) -> &'static str {
    CHAPTERS.iter().find(|chapter| chapter.path == path).map_or("", |chapter| chapter.text)
}

macro_rules! chapters {
    ($($path:literal)*) => {
        &[$(Chapter { path: $path, text: include_str!(concat!("../", $path)) }),*]
    };
}

/// All files, room by room. [`chapters_of`] sorts them into circles.
pub static CHAPTERS: &[Chapter] = include!("contents.list");
