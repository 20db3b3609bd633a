//! Programs that were first written for Flask, with carafe: both are asked the same from outside,
//! and the port is shorter than 1.2 times the Flask program.

mod api;
mod asked;
#[path = "../common/mod.rs"]
mod common;
mod flaskr;
mod names;
mod shortener;
mod site;

use site::{lines_of_code, root};
use std::fs;

/// The lines of code of these files below the project's folder.
fn lines(files: &[&str]) -> usize {
    let read = |file: &&str| fs::read_to_string(root().join(file)).ok();
    files.iter().filter_map(read).map(|text| lines_of_code(&text)).sum()
}

#[test]
fn a_port_is_shorter_than_1_2_times_the_flask_program() {
    const FLASKR: [&str; 4] = [
        "target/flaskr/__init__.py",
        "target/flaskr/auth.py",
        "target/flaskr/blog.py",
        "target/flaskr/db.py",
    ];
    for (port, flask) in [
        ("tests/ports/api.rs", &["tests/ports/api.py"][..]),
        ("tests/ports/shortener.rs", &["tests/ports/shortener.py"]),
        ("tests/ports/flaskr.rs", &FLASKR),
    ] {
        let (ours, theirs) = (lines(&[port]), lines(flask));
        let is_missing = theirs == 0 && common::of_python("python").is_none();
        assert!(is_missing || ours * 10 < theirs * 12, "{port}: {ours} lines, Flask {theirs}");
    }
}

#[test]
fn comments_and_blank_lines_are_no_code() {
    for (text, lines) in [
        ("//! a\n\n/// b\nfn main() {} // c\n", 1),
        ("# a\n\"\"\"b\"\"\"\n\nc = \"\"\"d\"\"\"\n", 1),
        ("def a():\n    \"\"\"b\n\n    c = 1\n    \"\"\"\n    d = 1\n", 2),
    ] {
        assert_eq!(lines_of_code(text), lines, "{text:?}");
    }
}
