//! Deeper: The course: small pages that show one idea each, the shop, and the lessons.
//!
//! First read `hello`, `formtest` and `sessions`: handlers as a beginner writes them.

mod echo;
mod formtest;
mod hello;
mod ladder;
pub mod lessons;
mod profile;
pub mod rungs;
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
    profile::routes(app);
    ladder::routes(app);
    shop::routes(app);
}
