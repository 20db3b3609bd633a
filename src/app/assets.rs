//! Deeper: The templates and static files inside the binary: one file is a whole site.
//!
//! They are the files of `templates/` and `www/`, as they were when carafe was built; the lists
//! `templates.list` and `www.list` name them. So a student can run the program in an empty folder
//! and see every page. `carafe init` writes them out to be edited.
//!
//! A test compares the lists with the folders, so that a new file cannot be forgotten.

/// Names of files, and what `include_str!` or `include_bytes!` makes of each below a folder.
macro_rules! inside {
    ($include:ident, $folder:literal: $($name:literal)*) => {
        &[$(($name, $include!(concat!("../../", $folder, "/", $name)))),*]
    };
}

/// Each template's name, as `render` takes it, and its text.
pub static TEMPLATES: &[(&str, &str)] = include!("templates.list");

/// Each static file's path below `/static/`, and its bytes.
pub static WWW: &[(&str, &[u8])] = include!("www.list");

/// The file that tells a folder of carafe from that of another program: every Flask project has a
/// folder `templates`, and a page that is half of one and half of the other would be empty.
pub const MARK: &str = "carafe.txt";
