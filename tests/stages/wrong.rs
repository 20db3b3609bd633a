//! The last comment of each stage: its command breaks the stage, not the next one, not carafe.

use crate::program::{Program, root, source};
use std::thread;

/// What the last comment of a stage says.
struct Comment {
    command: String,
    broken: String,
    right: String,
    chapter: String,
}

fn comment(stage: usize) -> Comment {
    let source = source(stage);
    let (_, comment) =
        source.split_once("\n// What is still wrong with it\n").expect("a last comment");
    let lines = comment.lines().filter_map(|line| line.strip_prefix("//     "));
    let command = lines.collect::<Vec<_>>().join("\n");
    let text = comment.lines().map(|line| line.trim_start_matches("// ")).collect::<Vec<_>>();
    let text = text.join(" ") + " ";
    let between = |start: &str, end: &str| {
        let found = text.split_once(start).and_then(|(_, rest)| rest.split_once(end));
        found.unwrap_or_else(|| panic!("stage {stage}: no {start:?}")).0.to_owned()
    };
    Comment {
        command,
        broken: between("This stage prints `", "`"),
        right: between("carafe prints `", "`. Read "),
        chapter: between("`. Read ", ". "),
    }
}

#[test]
fn the_command_of_the_last_comment_breaks_the_stage_but_neither_the_next_one_nor_carafe() {
    let check = |stage: usize| {
        let Comment { command, broken, right, .. } = comment(stage);
        let said = Program::stage(stage).shell(&command);
        assert!(said.contains(&broken) && !said.contains(&right), "stage {stage}: {said:?}");
        let mut others = vec![Program::carafe()];
        if stage < 7 {
            others.push(Program::stage(stage + 1));
        }
        for other in others {
            let said = other.shell(&command);
            assert!(said.contains(&right) && !said.contains(&broken), "after {stage}: {said:?}");
        }
    };
    thread::scope(|scope| {
        for stage in 1..=7 {
            scope.spawn(move || check(stage));
        }
    });
}

#[test]
fn the_chapter_that_does_it_right_is_there() {
    for stage in 1..=7 {
        let Comment { chapter, command, .. } = comment(stage);
        let place = root().join(&chapter);
        assert!(place.exists() || place.with_extension("").exists(), "stage {stage}: {chapter:?}");
        assert!(command.contains("127.0.0.1:8000"), "stage {stage}: {command:?}");
    }
}
