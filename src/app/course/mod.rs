//! The course: small pages that show one idea each, a shop that needs them all, and the lessons.
//!
//! * First reading: `hello`, `search`, `formtest` and `sessions` are handlers as a beginner writes
//!   them. `answer` gives most pages their two forms, text and HTML.
//! * Deeper: `echo`, `things` and `ladder` are pages for single lessons; `shop` is a whole
//!   application; `lessons` holds the texts, and checks what a student has done.

mod answer;
mod echo;
mod finished_cycle;
mod formtest;
mod hello;
mod ladder;
pub mod lessons;
mod search;
mod sessions;
mod shop;
mod things;

use carafe::App;

/// Registers the routes that the lessons use, in the order of the lessons.
pub fn routes(app: &mut App) {
    hello::routes(app);
    echo::routes(app);
    search::routes(app);
    formtest::routes(app);
    things::routes(app);
    sessions::routes(app);
    ladder::routes(app);
    shop::routes(app);
}
