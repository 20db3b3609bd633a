//! Lesson 4's check: words that were written into a template while carafe ran, and that an answer
//! then had.
//!
//! The file is read again only when an answer differs from the one before it, so that a busy page
//! costs nothing.
//!
//! Left out: watching the pages inside the binary. Nobody can edit those.

use super::look::Look;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The route that shows the template.
pub const PLACE: &str = "/hello/<name>";

/// The template's file, and what is known of it.
pub struct Edits {
    /// `None` if the pages come from inside the binary.
    file: Option<PathBuf>,
    /// As it was when carafe started.
    original: String,
    last_answer: Mutex<Vec<u8>>,
}

impl Edits {
    /// Watches `hello.html` in this folder.
    pub fn of(templates: Option<PathBuf>) -> Edits {
        let file = templates.map(|folder| folder.join("hello.html"));
        let original =
            file.as_ref().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        Edits { file, original, last_answer: Mutex::default() }
    }

    /// True if this answer holds words that the file did not have at the start.
    pub fn shown_in(&self, look: &Look) -> bool {
        let Some(file) = self.file.as_ref().filter(|_| look.status() == 200) else { return false };
        let answer = look.answer();
        {
            let mut last = self.last_answer.lock().unwrap_or_else(PoisonError::into_inner);
            if *last == answer {
                return false;
            }
            answer.clone_into(&mut last);
        }
        let Ok(edited) = fs::read_to_string(file) else { return false };
        let answer = String::from_utf8_lossy(answer);
        new_words(&self.original, &edited).any(|words| answer.contains(words))
    }
}

/// The texts between the tags of those lines that the original does not have.
fn new_words<'t>(original: &'t str, edited: &'t str) -> impl Iterator<Item = &'t str> {
    let lines = edited.lines().filter(|line| !original.lines().any(|old| old == *line));
    let texts = lines.flat_map(|line| line.split(['{', '}']).map(str::trim));
    // What stands inside a tag is not printed as it stands, and would not be found in the answer.
    // What the original has too was not written now.
    texts.filter(|text| !text.is_empty() && !original.contains(text))
}
