//! The application: one file a lesson, each with its routes.

pub mod assets;
pub mod cycles;
mod formtest;
mod hello;
mod ladder;
pub mod lessons;
mod say;
mod search;
mod sessions;
mod shop;
mod source;
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
    source::routes(app);
}
