//! Deeper: The application that the program serves: the course and the glass.
//!
//! The course is what a student asks; the glass shows what the server did and what it knows. The
//! glass stands below the course, since lessons look at cycles.

pub mod assets;
pub mod course;
pub mod glass;

use carafe::App;

/// Registers every route.
pub fn routes(app: &mut App) {
    course::routes(app);
}
