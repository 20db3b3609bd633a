//! Deeper: The check of the lesson on templates: new words in `hello.html`, seen in an answer.
//!
//! Left out: watching the templates inside the binary. Nobody can edit those.

use crate::app::course::finished_cycle::FinishedCycle;
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

/// The template's file, as it was when carafe started.
pub struct WatchedTemplate {
    /// `None` if the templates come from inside the binary.
    file: Option<PathBuf>,
    original: String,
    modified: Option<SystemTime>,
}

impl WatchedTemplate {
    /// Watches `hello.html` in this folder.
    pub fn new(templates: Option<PathBuf>) -> WatchedTemplate {
        let file = templates.map(|folder| folder.join("hello.html"));
        let original = file.as_ref().and_then(|file| fs::read_to_string(file).ok());
        let modified = file.as_ref().and_then(modified);
        WatchedTemplate { file, original: original.unwrap_or_default(), modified }
    }

    /// True if this answer shows words that the file did not hold at the start.
    pub fn is_edited_in(&self, cycle: &FinishedCycle) -> bool {
        let Some(file) = &self.file else { return false };
        // A file that was not saved since need not be read.
        if modified(file) == self.modified {
            return false;
        }
        let edited = fs::read_to_string(file).unwrap_or_default();
        new_words(&self.original, &edited).any(|words| cycle.says(words))
    }
}

fn modified(file: &PathBuf) -> Option<SystemTime> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

/// The texts between the tags, from those lines that the original does not have.
fn new_words<'t>(original: &'t str, edited: &'t str) -> impl Iterator<Item = &'t str> {
    let lines = edited.lines().filter(|line| !original.lines().any(|old| old == *line));
    // The inside of a tag is not printed as it is written, so it is not found in the answer. What
    // the original holds somewhere else is not new.
    let texts = lines.flat_map(|line| line.split(['{', '}']).map(str::trim));
    texts.filter(|text| !text.is_empty() && !original.contains(text))
}
