//! The templates and static files inside the binary, so that one file in an empty folder is a whole site.
//!
//! They are the files of `templates/` and `www/`, as they were when carafe was built. `carafe init` writes them out to be
//! edited; a test compares these tables with the folders, so that a new file cannot be forgotten here.

/// Each template's name, as `render` takes it, and its text.
pub static TEMPLATES: &[(&str, &str)] = &[
    ("contents.html", include_str!("../../templates/contents.html")),
    ("cycle.html", include_str!("../../templates/cycle.html")),
    ("cycles.html", include_str!("../../templates/cycles.html")),
    ("error.html", include_str!("../../templates/error.html")),
    ("formtest.html", include_str!("../../templates/formtest.html")),
    ("hello.html", include_str!("../../templates/hello.html")),
    ("index.html", include_str!("../../templates/index.html")),
    ("layout.html", include_str!("../../templates/layout.html")),
    ("message.html", include_str!("../../templates/message.html")),
    ("profile.html", include_str!("../../templates/profile.html")),
    ("search.html", include_str!("../../templates/search.html")),
    ("source.html", include_str!("../../templates/source.html")),
    ("things.html", include_str!("../../templates/things.html")),
];

/// Each static file's path below `/static/`, and its bytes.
pub static WWW: &[(&str, &[u8])] = &[
    ("css/carafe.css", include_bytes!("../../www/css/carafe.css")),
    ("css/my-style-sheet.css", include_bytes!("../../www/css/my-style-sheet.css")),
    ("favicon.ico", include_bytes!("../../www/favicon.ico")),
    ("images/carafe.svg", include_bytes!("../../www/images/carafe.svg")),
    ("images/form.svg", include_bytes!("../../www/images/form.svg")),
    ("js/carafe.js", include_bytes!("../../www/js/carafe.js")),
    ("js/cycles.js", include_bytes!("../../www/js/cycles.js")),
    ("js/my-script.js", include_bytes!("../../www/js/my-script.js")),
];
