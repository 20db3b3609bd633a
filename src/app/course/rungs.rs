//! Deeper: The ladder's table: seven memories, and what happens to each in six trials.
//!
//! `ladder.txt` lists the rungs and their cells. The page `/ladder` shows the words and the reason
//! of each cell, and `carafe lab ladder` does its steps. So the page cannot say what is not true.

/// The heads of the columns.
pub const COLUMNS: [&str; 6] =
    ["restart", "second server", "edited by the client", "stolen or replayed", "size", "logout"];

/// One place in which a memory can live.
pub struct Rung {
    /// The lines before the first cell.
    head: &'static str,
    /// One for each column.
    pub cells: Vec<LadderCell>,
}

/// What one trial shows of one rung.
#[derive(Clone, Copy)]
pub struct LadderCell {
    /// What the course says, in a few words.
    pub words: &'static str,
    /// Why it is so, in one sentence.
    pub reason: &'static str,
    /// The steps that prove it.
    pub steps: &'static str,
}

impl Rung {
    /// The number and the name: `4 table in memory + random id`.
    pub fn title(&self) -> &'static str {
        self.head.lines().next().unwrap_or("")
    }

    /// The text after a word in the lines before the first cell. Empty if there is none.
    pub fn setting(&self, word: &str) -> &'static str {
        self.head.lines().find_map(|line| line.strip_prefix(word)).unwrap_or("").trim_start()
    }
}

/// All rungs, from 0 to 6.
pub fn rungs() -> Vec<Rung> {
    let rungs = include_str!("ladder.txt").split("\nrung ").skip(1);
    let read_rung = |text: &'static str| {
        let mut parts = text.split("\ncell ");
        let head = parts.next().unwrap_or("");
        let written: Vec<LadderCell> = parts.map(read_cell).collect();
        // One cell alone stands for all columns.
        let cells = (0..COLUMNS.len()).map(|column| written[column.min(written.len() - 1)]);
        Rung { head, cells: cells.collect() }
    };
    rungs.map(read_rung).collect()
}

fn read_cell(text: &'static str) -> LadderCell {
    let (words, rest) = text.trim_end().split_once('\n').unwrap_or((text.trim_end(), ""));
    let (reason, steps) = rest.split_once('\n').unwrap_or((rest, ""));
    LadderCell { words, reason: reason.strip_prefix("because ").unwrap_or(reason), steps }
}
