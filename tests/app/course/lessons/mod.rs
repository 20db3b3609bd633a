//! The lessons: every line of them, and their ticks.

mod progress;
pub mod run;
