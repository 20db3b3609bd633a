//! The house: which room may use which, that no two files use each other, and that a word means one thing.
//!
//! Everything is read from the source as text: the `use` lines, and the paths inside the code that begin with `crate`,
//! `super`, `carafe` or the name of a module that was imported. A `pub use` hands a name on, so the arrow leads to the
//! file that defines the name. A `mod x;`, a `pub use` of what the file itself does not use, and what passes between a
//! `mod.rs` and its own children are no arrows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A room of `src/`, and the rooms (or single files) that its code may use. The longest name that fits decides.
const ARROWS: &[(&str, &[&str])] = &[
    ("value", &[]),
    ("build.rs", &[]),
    ("contents.rs", &[]),
    ("near.rs", &[]),
    ("random.rs", &[]),
    ("json", &["value"]),
    ("http", &["json", "value"]),
    ("cycle", &["http", "value"]),
    ("server", &["cycle", "http"]),
    ("signal.rs", &["server"]),
    (
        "web/template",
        &["web/file_cache.rs", "web/static_files.rs", "http", "json", "near.rs", "value"],
    ),
    ("web/store", &["web/shell.rs", "web/sign.rs", "cycle", "http", "json", "random.rs", "value"]),
    (
        "web",
        &[
            "web/template",
            "web/store",
            "server",
            "cycle",
            "http",
            "json",
            "near.rs",
            "random.rs",
            "value",
        ],
    ),
    (
        "app/glass",
        &["app", "web", "web/template", "server", "contents.rs", "cycle", "http", "json", "value"],
    ),
    (
        "app/course",
        &[
            "app",
            "app/glass",
            "web",
            "web/store",
            "web/template",
            "cycle",
            "http",
            "json",
            "random.rs",
            "value",
        ],
    ),
    ("app", &["app/glass", "web", "web/template", "http", "value"]),
    (
        "cli",
        &[
            "app",
            "app/glass",
            "app/course",
            "web",
            "web/store",
            "web/template",
            "server",
            "signal.rs",
            "cycle",
            "http",
            "json",
            "near.rs",
            "random.rs",
            "value",
        ],
    ),
    ("main.rs", &["server"]),
    ("lib.rs", &[]),
];

/// The code of every file of `src/` without its comments, by its path below `src/`.
type Sources = BTreeMap<String, String>;

/// Every file of `src/` but the stages, which are whole programs, each with its text.
fn texts() -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut found) = (vec![root.clone()], Sources::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            let name =
                path.strip_prefix(&root).expect("it is below src").to_string_lossy().into_owned();
            if path.is_dir() && name != "stages" {
                folders.push(path);
            } else if name.ends_with(".rs") {
                found.insert(name, fs::read_to_string(path).expect("the file can be read"));
            }
        }
    }
    found
}

/// The same without comments.
fn code() -> Sources {
    texts().into_iter().map(|(name, text)| (name, without_comments(&text))).collect()
}

fn without_comments(text: &str) -> String {
    let lines =
        text.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    lines.map(|line| line.split(" // ").next().unwrap_or("").to_owned() + "\n").collect()
}

/// The module that a file is: `web/store/mod.rs` is `web/store`, and `main.rs` and `lib.rs` are the root.
fn module(file: &str) -> &str {
    let name = file.trim_end_matches(".rs");
    if ["lib", "main"].contains(&name) { "" } else { name.trim_end_matches("/mod") }
}

/// The file of a module.
fn file_of(module: &str, sources: &Sources, is_binary: bool) -> Option<String> {
    let names = match module {
        "" => vec![if is_binary { "main.rs".to_owned() } else { "lib.rs".to_owned() }],
        _ => vec![format!("{module}.rs"), format!("{module}/mod.rs")],
    };
    names.into_iter().find(|name| sources.contains_key(name))
}

fn is_binary(file: &str) -> bool {
    ["main.rs", "contents.rs", "app/", "cli/"].iter().any(|start| file.starts_with(start))
}

/// `a::{b::C, d as e}` as `a::b::C` and `a::d as e`.
fn flattened(path: &str) -> Vec<String> {
    let Some((front, inside)) = path.split_once('{') else { return vec![path.trim().to_owned()] };
    let inside = inside.trim_end().strip_suffix('}').unwrap_or(inside);
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, letter) in inside.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[start..]);
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.flat_map(|part| flattened(&format!("{}{part}", front.trim_start()))).collect()
}

/// The paths of the `use` items, and whether each is handed on (`pub use`).
fn use_items(code: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for statement in code.split(';') {
        // The last `use` that stands at the beginning of a line of this statement.
        let mut at = None;
        for (start, _) in statement.match_indices("use ") {
            let line = &statement[statement[..start].rfind('\n').map_or(0, |end| end + 1)..start];
            if line.trim().is_empty() || line.trim_start().starts_with("pub") {
                at = Some((start, line.contains("pub")));
            }
        }
        let Some((start, handed_on)) = at else { continue };
        let path = statement[start + 4..].replace('\n', " ");
        found.extend(flattened(&path).into_iter().map(|path| (path, handed_on)));
    }
    found
}

/// The name under which a file knows what it imports: `C` of `a::C`, `D` of `a::C as D`.
fn known_as(path: &str) -> &str {
    let (path, alias) = path.split_once(" as ").unwrap_or((path, ""));
    let name = path.trim_end_matches("::self").rsplit("::").next().unwrap_or("");
    if alias.is_empty() { name.trim() } else { alias.trim() }
}

/// The paths in the code that begin with the name of a module that this file imports, from their root: `h::parse` is
/// `crate::http::parse` after `use crate::http as h;`.
fn imported_paths(code: &str, file: &str, sources: &Sources) -> Vec<String> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words: BTreeSet<&str> = code.split(|letter: char| !is_word(letter)).collect();
    let mut found = Vec::new();
    for (path, _) in use_items(code) {
        let (from, name) = (path.split(" as ").next().unwrap_or(""), known_as(&path));
        let front = from.trim_end_matches("::self");
        let is_module = resolve(front, file, sources, 0)
            .is_some_and(|target| module(&target).rsplit('/').next() == front.rsplit("::").next());
        let below = words.iter().filter_map(|word| word.strip_prefix(&format!("{name}::")));
        found.extend(below.filter(|_| is_module).map(|rest| format!("{front}::{rest}")));
    }
    found
}

/// Every path in the code that begins with `crate`, `super`, `self` or `carafe`, besides the `use` items.
fn inline_paths(code: &str) -> Vec<String> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words = code.split(|letter: char| !is_word(letter));
    let starts = ["crate::", "super::", "self::", "carafe::"];
    let paths = words.filter(|word| starts.iter().any(|start| word.starts_with(start)));
    // What ends in `::` is the front of a group of `use` items, which are read by themselves.
    paths.filter(|word| !word.ends_with(':')).map(str::to_owned).collect()
}

/// The file that defines what this path names, seen from `file`; `None` if it is outside `src/`.
fn resolve(path: &str, file: &str, sources: &Sources, depth: usize) -> Option<String> {
    let path = path.split(" as ").next().unwrap_or(path);
    let mut binary = is_binary(file);
    let mut at: Vec<String> = Vec::new();
    let mut words = path.split("::").map(str::trim).peekable();
    match words.next()? {
        "crate" => {}
        "carafe" => binary = false,
        "self" => at.extend(module(file).split('/').map(str::to_owned)),
        "super" => {
            at.extend(module(file).split('/').map(str::to_owned));
            at.pop();
            while words.next_if_eq(&"super").is_some() {
                at.pop();
            }
        }
        child => {
            // `use child::Name` in a `mod.rs`.
            at.extend(module(file).split('/').map(str::to_owned));
            at.push(child.to_owned());
            file_of(at.join("/").trim_start_matches('/'), sources, binary)?;
        }
    }
    at.retain(|word| !word.is_empty());
    while let Some(word) = words.peek() {
        let deeper = [at.join("/"), (*word).to_owned()].join("/");
        if file_of(deeper.trim_start_matches('/'), sources, binary).is_none() {
            break;
        }
        at.push(words.next()?.to_owned());
    }
    let found = file_of(&at.join("/"), sources, binary)?;
    // A name that the module hands on stands in another file.
    if let (Some(name), true) = (words.next(), depth < 8) {
        for (handed, is_public) in use_items(&sources[&found]) {
            if is_public && known_as(&handed) == name {
                return resolve(&handed, &found, sources, depth + 1);
            }
        }
    }
    Some(found)
}

/// True between a module's own file and the files right below it.
fn is_family(file: &str, other: &str) -> bool {
    let parent =
        |file: &str| module(file).rsplit_once('/').map_or(String::new(), |(up, _)| up.to_owned());
    module(file) == parent(other) || module(other) == parent(file)
}

/// Which files each file uses.
fn arrows(sources: &Sources) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for (file, code) in sources {
        let items = use_items(code);
        let words: Vec<&str> =
            code.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
        let times = |path: &str| words.iter().filter(|word| **word == known_as(path)).count();
        let uses = items.iter().filter(|(path, handed_on)| !handed_on || times(path) > 1);
        let uses = uses.map(|(path, _)| path.clone());
        let is_handed = |path: &String| {
            items.iter().any(|(item, handed_on)| *handed_on && item.starts_with(path))
        };
        let inline = inline_paths(code).into_iter().filter(|path| !is_handed(path));
        let inline = inline.chain(imported_paths(code, file, sources));
        let mut targets: BTreeSet<String> =
            uses.chain(inline).filter_map(|path| resolve(&path, file, sources, 0)).collect();
        targets.remove(file);
        found.insert(file.clone(), targets);
    }
    found
}

/// The files that lead back to themselves, each with the way: `a.rs > b.rs > a.rs`.
fn circles(sources: &Sources) -> Vec<String> {
    let mut arrows = arrows(sources);
    for (file, targets) in &mut arrows {
        targets.retain(|target| !is_family(file, target));
    }
    let mut found = Vec::new();
    let mut known = BTreeSet::new();
    for start in arrows.keys() {
        let Some(way) = way_back(start, &arrows) else { continue };
        let members: BTreeSet<String> = way.iter().cloned().collect();
        if known.insert(members) {
            found.push(way.join(" > "));
        }
    }
    found
}

/// The shortest way from a file back to itself.
fn way_back(start: &String, arrows: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.clone()]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for target in arrows.get(way.last()?).into_iter().flatten() {
                let further: Vec<String> = way.iter().chain([target]).cloned().collect();
                if target == start {
                    return Some(further);
                }
                if seen.insert(target.clone()) {
                    longer.push(further);
                }
            }
        }
        ways = longer;
    }
    None
}

/// The longest name of the table that fits a file.
fn room(file: &str) -> Option<&'static (&'static str, &'static [&'static str])> {
    let fits = |name: &str| {
        file == name || file.starts_with(&format!("{name}/")) || file == format!("{name}.rs")
    };
    ARROWS.iter().filter(|(name, _)| fits(name)).max_by_key(|(name, _)| name.len())
}

#[test]
fn no_room_uses_one_that_it_must_not_know() {
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for (file, targets) in arrows(&code()) {
        let (name, allowed) =
            room(&file).unwrap_or_else(|| panic!("{file} is in no room: add it to the table"));
        for target in targets {
            let (other, _) = room(&target)
                .unwrap_or_else(|| panic!("{target} is in no room: add it to the table"));
            if other != name && !allowed.contains(other) && !allowed.contains(&target.as_str()) {
                wrong.push(format!("{file} uses {target}"));
            }
            used.extend([(*name, (*other).to_owned()), (*name, target)]);
        }
    }
    for (name, allowed) in ARROWS {
        let unused = allowed.iter().filter(|other| !used.contains(&(*name, (**other).to_owned())));
        wrong.extend(unused.map(|other| format!("no file of {name} uses {other}")));
    }
    assert!(wrong.is_empty(), "{} arrows are not in the table:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_two_files_use_each_other_not_even_round_a_circle() {
    let found = circles(&code());
    assert!(found.is_empty(), "{} circles:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_planted_circle_is_found() {
    let planted = |files: &[(&str, &str)]| -> Vec<String> {
        circles(
            &files.iter().map(|(name, code)| ((*name).to_owned(), (*code).to_owned())).collect(),
        )
    };
    let lib = ("lib.rs", "pub mod web;");
    let straight = [
        lib,
        ("web/mod.rs", "mod a;\nmod b;"),
        ("web/a.rs", "use super::b::B;"),
        ("web/b.rs", "struct B;"),
    ];
    assert_eq!(planted(&straight), [""; 0]);
    let round = [
        lib,
        ("web/mod.rs", "mod a;\nmod b;"),
        straight[2],
        ("web/b.rs", "fn f(a: super::a::A) {}"),
    ];
    assert_eq!(planted(&round), ["web/a.rs > web/b.rs > web/a.rs"]);
    // Through a name that a mod.rs hands on.
    let handed = [
        lib,
        ("web/mod.rs", "mod a;\nmod b;\npub use a::{A, C as D};"),
        ("web/a.rs", "use crate::web::b::B;"),
        ("web/b.rs", "use crate::{\n    web::D,\n};"),
    ];
    assert_eq!(planted(&handed), ["web/a.rs > web/b.rs > web/a.rs"]);
    // Through a module under another name, an outer module, and a name that is handed on and used here.
    for code in [
        "use crate::web as w;\nfn f(a: w::a::A) {}",
        "use super::super::web;\nfn f(a: web::a::A) {}",
        "pub(super) use super::a::A;\nfn f(a: A) {}",
    ] {
        let round = [lib, ("web/mod.rs", "mod a;\nmod b;"), straight[2], ("web/b.rs", code)];
        assert_eq!(planted(&round), ["web/a.rs > web/b.rs > web/a.rs"], "{code}");
    }
    // What passes between a mod.rs and its children is no circle.
    let family =
        [lib, ("web/mod.rs", "mod a;\nuse a::A;\nstruct M;"), ("web/a.rs", "use super::M;")];
    assert_eq!(planted(&family), [""; 0]);
}

#[test]
fn the_library_does_not_know_the_binary() {
    let sources = code();
    for (file, code) in &sources {
        if is_binary(file) {
            for path in inline_paths(code).iter().filter(|path| path.contains("::")) {
                let Some(target) = resolve(path, file, &sources, 0) else { continue };
                assert!(
                    path.starts_with("carafe::") || is_binary(&target),
                    "{file} reaches {path} as its own"
                );
            }
        } else {
            assert!(!code.contains("use carafe::"), "{file} is a part of the library");
        }
    }
}

#[test]
fn a_type_name_means_one_thing() {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, code) in code() {
        // Indented types inside an `impl` or `trait` are associated types.
        let mut associated = false;
        for line in code.lines() {
            if !line.starts_with([' ', '}']) && !line.is_empty() {
                associated = line.starts_with("impl") || line.contains("trait ");
            }
            let words: Vec<&str> =
                line.split_whitespace().filter(|word| !word.starts_with("pub")).collect();
            let [kind, name, ..] = words[..] else { continue };
            let is_type = ["struct", "enum", "trait", "union"].contains(&kind)
                || (kind == "type" && !associated);
            if is_type {
                let end = name.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(name.len());
                files.entry(name[..end].to_owned()).or_default().push(file.clone());
            }
        }
    }
    // Nor does a file give a type the name of another one.
    for (file, code) in code() {
        for (path, _) in use_items(&code).iter().filter(|(path, _)| path.contains(" as ")) {
            files.entry(known_as(path).to_owned()).and_modify(|files| files.push(file.clone()));
        }
    }
    let several: Vec<String> = files
        .into_iter()
        .filter(|(_, files)| files.len() > 1)
        .map(|(name, files)| format!("{name}: {}", files.join(", ")))
        .collect();
    assert!(
        several.is_empty(),
        "{} names stand for several types:\n{}",
        several.len(),
        several.join("\n")
    );
}

#[test]
fn a_file_name_means_one_file() {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in texts().into_keys().filter(|file| !file.ends_with("mod.rs")) {
        files.entry(file.rsplit('/').next().unwrap_or("").to_owned()).or_default().push(file);
    }
    let several: Vec<String> =
        files.into_values().filter(|files| files.len() > 1).map(|files| files.join(", ")).collect();
    assert!(several.is_empty(), "one name, several files:\n{}", several.join("\n"));
}

#[test]
fn there_is_one_unsafe_and_it_is_in_signal_rs() {
    let mut found = Vec::new();
    for (file, code) in code() {
        for line in code.lines() {
            // A word in quotes is text.
            let words: String = line.split('"').step_by(2).collect();
            if words
                .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .any(|word| word == "unsafe")
            {
                found.push(format!("{file}: {}", line.trim()));
            }
        }
    }
    assert_eq!(found, ["signal.rs: unsafe extern \"C\" {"]);
    let sources = code();
    let allowing = sources.iter().filter(|(_, code)| code.contains("allow(unsafe_code)"));
    assert_eq!(allowing.map(|(file, _)| file.as_str()).collect::<Vec<_>>(), ["signal.rs"]);
    assert!(sources["lib.rs"].contains("#![deny(unsafe_code)]"));
    for program in ["main.rs", "build.rs"] {
        assert!(sources[program].contains("#![forbid(unsafe_code)]"));
    }
}

#[test]
fn every_file_opens_with_one_plain_sentence() {
    for (file, text) in texts() {
        let title = text.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap_or("");
        assert!(title.ends_with(['.', '?']) && title.len() > 10, "{file}: {title:?}");
    }
}

#[test]
fn no_line_no_file_and_no_function_is_too_long() {
    let mut wrong = Vec::new();
    for (file, text) in texts() {
        if text.lines().count() > 400 {
            wrong.push(format!("{file} has {} lines", text.lines().count()));
        }
        let (mut start, mut indent) = (None, String::new());
        for (at, line) in text.lines().enumerate() {
            if line.chars().count() > 100 {
                wrong.push(format!("{file}:{} has {} characters", at + 1, line.chars().count()));
            }
            let space: String = line.chars().take_while(|letter| *letter == ' ').collect();
            let words = line
                .trim_start()
                .trim_start_matches("pub")
                .trim_start_matches(|letter| letter != ' ');
            let is_function =
                line.trim_start().starts_with("fn ") || words.trim_start().starts_with("fn ");
            if is_function && start.is_none() && !line.trim_end().ends_with(['}', ';']) {
                (start, indent) = (Some(at), space);
            } else if let Some(begun) =
                start.filter(|_| line == format!("{indent}}}") || line == format!("{indent};"))
            {
                if at + 1 - begun > 70 {
                    wrong.push(format!(
                        "{file}:{} is a function of {} lines",
                        begun + 1,
                        at + 1 - begun
                    ));
                }
                start = None;
            }
        }
    }
    assert!(wrong.is_empty(), "{} too long:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn comments_are_one_line_in_six_at_least() {
    let mut rooms: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (file, text) in texts() {
        // The files at the top are one room.
        let name =
            if file.contains('/') { room(&file).map_or("", |(name, _)| *name) } else { "src" };
        let (comments, all) = rooms.entry(name).or_default();
        *comments += text.lines().filter(|line| line.trim_start().starts_with("//")).count();
        *all += text.lines().count();
    }
    for (room, (comments, all)) in rooms {
        assert!(comments * 6 >= all, "{room}: {comments} lines of {all} are comments");
    }
}

#[test]
fn the_twenty_questions_have_answers_that_are_where_they_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("CONTRIBUTING.md")).expect("it can be read");
    let (_, questions) = text.split_once("## Do you know your way around?").expect("a heading");
    let questions: Vec<&str> =
        questions.lines().filter(|line| line.starts_with(|it: char| it.is_ascii_digit())).collect();
    assert_eq!(questions.len(), 20);
    for question in questions {
        let (_, answer) = question.rsplit_once("? [`").expect("a question and its answer");
        let (name, file) = answer.split_once("`](").expect("a name and its file");
        let file = file.strip_suffix(')').expect("the end of a link");
        let source = fs::read_to_string(root.join(file)).unwrap_or_default();
        let is_there = ["fn ", "trait "].iter().any(|word| {
            let start = format!("{word}{name}");
            let mut found = source.match_indices(&start);
            found.any(|(at, text)| source[at + text.len()..].starts_with(['(', '<', ':']))
        });
        assert!(is_there, "{file} has no {name}: {question}");
    }
}
