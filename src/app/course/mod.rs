//! The course: the lessons, and the small pages and the shop that they use.

mod formtest;
mod hello;
mod ladder;
pub mod lessons;
mod say;
mod search;
mod sessions;
mod shop;
mod things;

use carafe::App;

/// Registers the routes that the lessons use, in the order of the lessons.
pub fn routes(app: &mut App) {
    hello::routes(app);
    search::routes(app);
    formtest::routes(app);
    things::routes(app);
    sessions::routes(app);
    ladder::routes(app);
    shop::routes(app);
}
