//! Deeper: The application that the program serves: the course and the glass.
//!
//! The course is what a student asks; the glass shows what the server did and what it knows. The
//! glass stands below the course, since lessons look at cycles. Both print by `answer` and `prose`.

mod answer;
pub mod assets;
pub mod course;
pub mod glass;
pub mod prose;

use carafe::Context;
use carafe::web::shell::shell_word;
use std::env;

/// What browsers are told of every page. Scripts, styles and pictures come from here, and none of
/// them is written into the page. Forms lead to here, no `base` changes the links, and nobody puts
/// the page in a frame.
pub const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The program's name as this user has to type it: `carafe`, or what was typed to start it if it is
/// in no folder of `PATH`: `./carafe`, `/opt/carafe`.
pub fn program_name() -> String {
    let typed = env::args().next().unwrap_or_default();
    let folders = env::var_os("PATH").unwrap_or_default();
    let is_on_path = env::split_paths(&folders).any(|folder| folder.join("carafe").is_file());
    if typed.contains('/') && !is_on_path { shell_word(typed) } else { "carafe".to_owned() }
}

/// The same for a page. A client that may not look inside is not told the folder of the program.
pub fn program_for(ctx: &Context) -> String {
    if ctx.check_inside().is_ok() { program_name() } else { "carafe".to_owned() }
}
