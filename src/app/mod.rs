//! The application that the program serves: the course, and the pages that show the server itself.

pub mod assets;
pub mod course;
pub mod glass;

use carafe::App;

/// Registers every route.
pub fn routes(app: &mut App) {
    course::routes(app);
}
