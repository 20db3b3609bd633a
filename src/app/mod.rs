//! Deeper: The application that the program serves: the course and the glass.

pub mod assets;
pub mod course;
pub mod glass;

use carafe::App;

/// Registers every route.
pub fn routes(app: &mut App) {
    course::routes(app);
}
