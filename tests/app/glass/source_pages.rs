//! The source that the binary carries and shows.

use crate::carafe::{Carafe, header};
use std::collections::BTreeSet;
use std::path::Path;

/// Every file below a folder, by its path from the root.
pub fn files(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            files(&path, root, found);
        } else {
            found.insert(
                path.strip_prefix(root).expect("it is below").to_string_lossy().into_owned(),
            );
        }
    }
}

#[test]
fn every_file_of_the_source_is_shown_as_it_is() {
    let carafe = Carafe::start(&["--log", "off"]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut expected = BTreeSet::new();
    files(&root.join("src"), root, &mut expected);
    let contents = carafe.curl(&["$B/source"]);
    // A line that begins with # is the heading of a circle.
    let lines = contents.lines().filter(|line| !line.starts_with('#'));
    let listed: Vec<&str> = lines.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(listed.iter().map(|path| (*path).to_owned()).collect::<BTreeSet<_>>(), expected);
    assert_eq!(listed.len(), expected.len(), "a file is listed twice");
    for path in &expected {
        let text = carafe.curl(&[&format!("$B/source/{path}")]);
        assert!(
            text == std::fs::read_to_string(root.join(path)).expect("it can be read"),
            "{path} is another"
        );
    }
}

#[test]
fn the_contents_have_three_circles_and_a_title_says_which() {
    let carafe = Carafe::start(&["--log", "off"]);
    let contents = carafe.curl(&["$B/source"]);
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/source"]);
    let mut at = 0;
    for (number, heading) in (1..).zip(["Stages", "First reading", "Deeper chapters"]) {
        at += contents[at..].find(&format!("# {heading}: ")).expect("each circle has its heading");
        let (_, circle) = contents[at..].split_once('\n').expect("the heading is a line");
        let circle = circle.split("\n#").next().unwrap_or("");
        for line in circle.lines().filter(|line| line.contains(".rs ")) {
            let (path, title) = line.split_once(' ').expect("a path and a title");
            let is_stage = path.starts_with("src/stages/");
            assert_eq!(is_stage, heading == "Stages", "{line}");
            let is_deeper = title.trim_start().starts_with("Deeper:");
            assert_eq!(is_deeper, heading == "Deeper chapters", "{line}");
        }
        let name = format!("circle-{number}\">{heading}</");
        for shown in [format!("<h2 id=\"{name}h2>"), format!("<a href=\"#{name}a>")] {
            assert_eq!(page.contains(&shown), circle.contains("src/"), "{shown}");
        }
    }
}

#[test]
fn a_page_names_each_line_and_loses_no_letter() {
    let carafe = Carafe::start(&["--log", "off"]);
    for path in [
        "src/app/glass/source_pages.rs",
        "src/web/template/print.rs",
        "src/server/connection.rs",
        "src/lib.rs",
    ] {
        let page = carafe.curl(&["-H", "Accept: text/html", &format!("$B/source/{path}")]);
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
            .expect("it can be read");
        let code = page
            .split("\"><code>")
            .last()
            .and_then(|rest| rest.split("</code>").next())
            .expect("there is code");
        // Without tags and line numbers it is the file again.
        let mut plain = String::new();
        for line in code.split("<span class=\"line").skip(1) {
            let line = line.split_once("</a>").expect("the number ends").1;
            let mut inside = false;
            for letter in line.chars() {
                match letter {
                    '<' => inside = true,
                    '>' if inside => inside = false,
                    _ if inside => {}
                    _ => plain.push(letter),
                }
            }
        }
        let plain = plain.replace("&#34;", "\"").replace("&#39;", "'");
        let plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        assert!(plain == text, "{path} lost something");
        assert!(page.contains(&format!("id=\"L{}\"", text.lines().count())), "{path}");
        assert!(page.contains("class=\"line comment\" id=\"L1\""), "a comment looks like one");
    }
}

#[test]
fn only_this_machine_reads_it_and_a_wrong_name_is_helped() {
    let carafe = Carafe::start(&["--log", "off"]);
    assert_eq!(carafe.status(&["-H", "Host: evil.example", "$B/source/src/lib.rs"]), "403");
    let answer = carafe.curl(&["-i", "$B/source/src/web/ap.rs"]);
    assert!(
        answer.starts_with("HTTP/1.1 404") && answer.contains("; /source lists them"),
        "{answer}"
    );
    assert!(header(&answer, "Carafe-Cycle").is_none(), "it is no cycle");
    assert_eq!(carafe.status(&["--path-as-is", "$B/source/../Cargo.toml"]), "404");
}

/// The files of the source in the order of `src/contents.list`, circle by circle.
fn chapters() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect("it can be read");
    let list = read("src/contents.list");
    let paths = list.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"'));
    let circle = |path: &String| {
        let is_deeper = !path.ends_with(".rs") || read(path).starts_with("//! Deeper:");
        if path.starts_with("src/stages/") { 0 } else { 1 + u8::from(is_deeper) }
    };
    let mut paths: Vec<String> = paths.map(str::to_owned).collect();
    paths.sort_by_key(circle);
    paths
}

/// The words between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn the_head_of_a_room_lists_its_chapters_as_the_contents_do() {
    let chapters = chapters();
    for room in ["src/http/", "src/server/", "src/web/", "src/app/glass/", "src/cli/"] {
        let name = |path: &String| {
            let name = path.strip_prefix(room)?.replace("/mod.rs", "").replace(".rs", "");
            (!name.contains('/') && name != "mod").then_some(name)
        };
        let expected: Vec<String> = chapters.iter().filter_map(name).collect();
        let head = Path::new(env!("CARGO_MANIFEST_DIR")).join(room).join("mod.rs");
        let head = std::fs::read_to_string(head).expect("it can be read");
        // The list is a table, whose first column counts, or lines with a star.
        let mut listed: Vec<String> = Vec::new();
        let mut is_list = false;
        for line in head.lines().filter_map(|line| line.strip_prefix("//! ")) {
            is_list = line.starts_with("* ") || is_list && line.starts_with("  ");
            let cell = line.strip_prefix("| ").and_then(|row| row.split(" |").next());
            let names = cell.or(Some(line).filter(|_| is_list)).map(quoted);
            for name in names.into_iter().flatten().map(str::to_owned) {
                if expected.contains(&name) && !listed.contains(&name) {
                    listed.push(name);
                }
            }
        }
        assert_eq!(listed, expected, "{room}mod.rs");
    }
}

#[test]
fn the_map_of_the_readme_and_the_library_follow_the_contents() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("it can be read");
    let list = std::fs::read_to_string(root.join("src/contents.list")).expect("it can be read");
    // The stages are the first circle.
    let (stages, others): (Vec<&str>, Vec<&str>) = list
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"'))
        .partition(|path| path.starts_with("src/stages/"));
    let is_first = |path: &&&str| {
        let text = std::fs::read_to_string(root.join(path)).expect("it can be read");
        path.ends_with(".rs") && !text.starts_with("//! Deeper:")
    };
    let first: Vec<&str> = others.iter().filter(is_first).map(|path| &path[4..]).collect();
    let rooms = ["lib.rs", "http/", "server/", "web/", "app/course/"];
    let mut written = String::new();
    for room in rooms {
        let folder = if room.ends_with('/') { room } else { "" };
        let of_room = first.iter().filter(|path| path.starts_with(room));
        let files: Vec<&str> = of_room.map(|path| &path[folder.len()..]).collect();
        written += &format!("   * `src/{folder}`: {}\n", files.join(", "));
    }
    assert!(readme.contains(&written), "{written}");
    assert!(first.iter().all(|path| rooms.iter().any(|room| path.starts_with(room))), "{first:?}");
    let chapters = [stages, others].concat();
    let map = readme.split("| where | what it is |").nth(1).expect("the map is there");
    let rows = map.lines().take_while(|line| line.is_empty() || line.starts_with('|'));
    let cells = rows.filter_map(|row| row.strip_prefix("| ")?.split(" |").next());
    let places: Vec<&str> = cells.flat_map(quoted).filter(|at| at.starts_with("src/")).collect();
    let first = |place: &&str| {
        let found = chapters.iter().position(|path| path.starts_with(*place));
        found.unwrap_or_else(|| panic!("README names {place}, and no chapter is there"))
    };
    assert!(places.iter().map(first).is_sorted(), "the order of {places:?}");
    let is_missing = |path: &&&str| !places.iter().any(|place| path.starts_with(place));
    let missing: Vec<_> = chapters.iter().filter(is_missing).collect();
    assert!(
        missing.iter().all(|path| path.ends_with("/mod.rs") || path.ends_with(".list")),
        "README's map leaves out {missing:?}"
    );
    let library = include_str!("../../../src/lib.rs");
    let rooms = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let first =
        |room: &str| chapters.iter().position(|path| path.starts_with(&format!("src/{room}")[..]));
    assert!(rooms.map(first).is_sorted(), "the order of the rooms in src/lib.rs");
}
