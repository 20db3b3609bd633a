//! The files themselves: their length, their place in Cargo.toml, what they must not hold.

use crate::program::{STAGES, root, source};
use std::fs;

/// About 40 lines for the first; never more than this for the last.
const MOST_LINES: usize = 440;

#[test]
fn each_stage_is_longer_than_the_one_before_and_the_last_is_short_enough() {
    let lines: Vec<usize> = (1..=7).map(|stage| source(stage).lines().count()).collect();
    assert!(lines.is_sorted() && lines[0] < 60 && lines[6] <= MOST_LINES, "{lines:?}");
}

#[test]
fn each_stage_is_an_example_of_the_package() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml can be read");
    for name in STAGES {
        let example = format!("[[example]]\nname = \"{name}\"\npath = \"src/stages/{name}.rs\"\n");
        assert!(manifest.contains(&example), "{name}");
    }
}

#[test]
fn a_stage_uses_the_standard_library_alone_and_nothing_that_may_end_it_on_a_closed_pipe() {
    for stage in 1..=7 {
        let source = source(stage);
        let code: Vec<&str> =
            source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        assert!(code.contains("unwrap_or(\"8000\""), "stage {stage} serves on port 8000");
        for word in ["unsafe", "extern", "mod ", "carafe::", "eprint", ".unwrap()"] {
            assert!(!code.contains(word), "stage {stage} has {word}");
        }
        // The address is printed before a worker runs.
        assert_eq!(code.matches("println!").count(), 1, "stage {stage}");
    }
}

#[test]
fn a_stage_keeps_what_the_one_before_it_had_in_the_same_order() {
    // A reader compares one stage with the next, so what stays is not moved.
    for stage in 2..7 {
        let names = |stage| -> Vec<String> {
            let source = source(stage);
            let heads = source.lines().filter(|line| {
                ["fn ", "struct ", "impl ", "const "].iter().any(|word| line.starts_with(word))
            });
            heads.map(|line| line.split(['(', ':', '<', '{']).next().unwrap_or("").into()).collect()
        };
        let (before, after) = (names(stage), names(stage + 1));
        let stayed = |list: &[String], other: &[String]| -> Vec<String> {
            list.iter().filter(|name| other.contains(name)).cloned().collect()
        };
        assert_eq!(stayed(&before, &after), stayed(&after, &before), "stage {}", stage + 1);
    }
}
