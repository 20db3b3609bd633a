//! The arrows between the rooms: who may use whom. Read from the `use` lines of the source.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder or file of `src/`, and the crate's rooms that its code may name. `*` stands for any.
const ARROWS: &[(&str, &[&str])] = &[
    ("value.rs", &[]),
    ("near.rs", &[]),
    ("place.rs", &[]),
    ("random.rs", &[]),
    ("striped.rs", &[]),
    ("json", &["value", "json"]),
    ("http", &["http", "value"]),
    ("cycle.rs", &["http", "place", "value"]),
    ("cycle/recorder.rs", &["cycle", "http", "striped"]),
    ("server", &["server", "http", "cycle", "Service"]),
    (
        "web/template",
        &["web::template", "web::freshness", "value", "json", "near", "striped", "http::fields"],
    ),
    ("web/store", &["web::store", "web::sign", "http", "value", "json", "random", "near", "place"]),
    ("web/session.rs", &["web::store", "value", "random", "http", "place"]),
    ("web/sign.rs", &[]),
    ("web/flash.rs", &["web::session", "value"]),
    ("web/file_cache.rs", &["web::freshness", "http", "striped"]),
    ("web/freshness.rs", &[]),
    ("web/static_files.rs", &["http", "web::file_cache"]),
    ("web/inside.rs", &["http"]),
    ("web/origin.rs", &["http"]),
    ("web/works.rs", &["http", "web::router"]),
    ("web/router.rs", &["http", "near", "web::handler"]),
    ("web/handler.rs", &["http", "web::context", "web::error"]),
    ("web/error_page.rs", &["*"]),
    ("web/error.rs", &["http", "web::store", "web::template"]),
    ("web/form.rs", &["http", "cycle", "web::context", "web::error"]),
    ("web/context.rs", &["*"]),
    ("web/app.rs", &["*"]),
    ("web/client.rs", &["web::app", "http", "cycle", "Service"]),
    ("web/mod.rs", &[]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every file of `src/` by its path below it, and its code without comments.
fn code() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("the file can be read");
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.map(|line| line.to_owned() + "\n").collect();
        let name =
            path.strip_prefix(&root).expect("it is below src").to_string_lossy().into_owned();
        (name, code)
    };
    files.into_iter().map(read).collect()
}

/// The rooms that the `use` lines of a file name, each from the crate's root: `web::store`.
fn rooms_used(name: &str, code: &str) -> Vec<String> {
    let module: Vec<&str> =
        name.trim_end_matches(".rs").trim_end_matches("/mod").split('/').collect();
    let mut rooms = Vec::new();
    for statement in code.split(';') {
        let Some((_, path)) = statement.rsplit_once("use ") else { continue };
        let path: String = path.split_whitespace().collect();
        for path in flattened(&path) {
            if let Some(room) = path.strip_prefix("crate::") {
                rooms.push(room.to_owned());
            } else if path.starts_with("super::") {
                let ups = path.matches("super::").count();
                let base = module[..module.len().saturating_sub(ups)].join("::");
                let rest = path.replace("super::", "");
                rooms.push(if base.is_empty() { rest } else { format!("{base}::{rest}") });
            }
        }
    }
    rooms
}

/// `a::{b::C,d}` as `a::b::C` and `a::d`.
fn flattened(path: &str) -> Vec<String> {
    let Some((front, inside)) = path.split_once('{') else { return vec![path.to_owned()] };
    let inside = inside.strip_suffix('}').unwrap_or(inside);
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
    parts
        .iter()
        .filter(|part| !part.is_empty())
        .flat_map(|part| flattened(&format!("{front}{part}")))
        .collect()
}

#[test]
fn no_room_uses_one_that_it_must_not_know() {
    for (name, code) in code() {
        let rule =
            ARROWS.iter().find(|(room, _)| name == *room || name.starts_with(&format!("{room}/")));
        let Some((_, allowed)) = rule else {
            let is_binary = ["main.rs", "signal.rs", "app/", "cli/"]
                .iter()
                .any(|start| name.starts_with(start));
            assert!(is_binary || name == "lib.rs", "{name} has no arrows: add it to the table");
            continue;
        };
        for room in rooms_used(&name, &code) {
            let fits = |allowed: &&str| {
                **allowed == *"*" || room == **allowed || room.starts_with(&format!("{allowed}::"))
            };
            assert!(allowed.iter().any(fits), "{name} uses {room}");
        }
    }
}

#[test]
fn the_binary_sees_the_library_only_by_its_name() {
    for (name, code) in code() {
        if name.starts_with("app/") || name.starts_with("cli/") || name == "signal.rs" {
            for room in rooms_used(&name, &code) {
                let own = room.starts_with("app::") || room.starts_with("cli::");
                assert!(own, "{name} uses {room}");
            }
        } else if name != "main.rs" {
            assert!(!code.contains("use carafe::"), "{name} is a part of the library");
        }
    }
}

#[test]
fn there_is_one_unsafe_and_it_is_in_the_binary() {
    let found: Vec<String> = code()
        .into_iter()
        .flat_map(|(name, code)| {
            let lines = code.lines().filter(|line| {
                // A word in quotes is text.
                let words: String = line.split('"').step_by(2).collect();
                words
                    .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                    .any(|word| word == "unsafe")
            });
            lines.map(|line| format!("{name}: {}", line.trim())).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(found, ["signal.rs: unsafe extern \"C\" {"]);
}

#[test]
fn every_file_opens_with_one_plain_sentence() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for path in files {
        let text = fs::read_to_string(&path).expect("the file can be read");
        let first = text.lines().next().unwrap_or("");
        let title = first.strip_prefix("//! ").unwrap_or("");
        assert!(title.ends_with(['.', '?']) && title.len() > 10, "{}: {first:?}", path.display());
    }
}
