//! The application: one file a lesson, each with its routes.

pub mod assets;
mod formtest;
pub mod glass;
mod hello;
mod ladder;
pub mod lessons;
mod say;
mod search;
mod sessions;
mod shop;
mod things;

use carafe::App;

/// Registers every route.
pub fn routes(app: &mut App) {
    hello::routes(app);
    search::routes(app);
    formtest::routes(app);
    things::routes(app);
    sessions::routes(app);
    ladder::routes(app);
    shop::routes(app);
}
