//! What `carafe init` writes, and what it will not.

use crate::carafe::path_with_carafe;
use crate::common::empty_folder;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An empty folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        Folder(empty_folder())
    }

    /// Runs `carafe` in this folder.
    fn carafe(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
        command.args(args).env("PATH", path_with_carafe());
        command.current_dir(&self.0).output().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Every file below a folder, by its path from there.
fn files_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
    {
        let entry = entry.unwrap();
        let name = PathBuf::from(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            files.extend(
                files_below(&entry.path())
                    .into_iter()
                    .map(|(path, bytes)| (name.join(path), bytes)),
            );
        } else {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    files
}

#[test]
fn the_binary_holds_every_template_and_static_file_of_the_source() {
    let folder = Folder::new();
    assert!(folder.carafe(&["init", "mysite"]).status.success());
    for name in ["templates", "www"] {
        let written = files_below(&folder.0.join("mysite").join(name));
        let source = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
        let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&written), names(&source), "src/app/assets.rs lists what is in {name}/");
        assert!(written == source, "a file in {name}/ differs");
    }
}

#[test]
fn the_next_command_is_named() {
    let folder = Folder::new();
    for (dir, shown) in [
        ("mysite", "mysite/www/. To serve them:\n\n    carafe --dir mysite\n"),
        ("my site", "my site/www/. To serve them:\n\n    carafe --dir 'my site'\n"),
        (".", "to ./templates/ and ./www/. To serve them:\n\n    carafe --dir .\n"),
    ] {
        let output = folder.carafe(&["init", dir]);
        assert_eq!(output.status.code(), Some(0), "{dir}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.ends_with(shown), "{text}");
    }
}

#[test]
fn a_file_that_exists_is_named_and_nothing_is_written() {
    for existing in ["templates/hello.html", "www/js/my-script.js"] {
        let folder = Folder::new();
        let path = folder.0.join("mysite").join(existing);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        let output = folder.carafe(&["init", "mysite"]);
        assert_eq!(output.status.code(), Some(1), "{existing}");
        let text = String::from_utf8(output.stderr).unwrap().replace('\\', "/");
        assert!(text.contains(existing) && text.contains("exists already"), "{text}");
        let left = files_below(&folder.0);
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(fs::read(&path).unwrap(), b"mine");
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_a_file_that_exists_too() {
    let folder = Folder::new();
    fs::create_dir(folder.0.join("www")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.0.join("www/favicon.ico")).unwrap();
    let output = folder.carafe(&["init", "."]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("www/favicon.ico exists already. Nothing was written"), "{text}");
    assert!(!folder.0.join("templates").exists());
}

#[test]
fn a_folder_that_holds_other_things_is_welcome() {
    let folder = Folder::new();
    fs::write(folder.0.join("notes.txt"), "mine").unwrap();
    assert_eq!(folder.carafe(&["init", "."]).status.code(), Some(0));
    assert_eq!(fs::read(folder.0.join("notes.txt")).unwrap(), b"mine");
    assert!(folder.0.join("templates/layout.html").is_file());
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_that_names_it() {
    let folder = Folder::new();
    fs::write(folder.0.join("file"), "").unwrap();
    let output = folder.carafe(&["init", "file"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("cannot write") && text.contains("file"), "{text}");
}

#[test]
fn a_wrong_command_line_is_exit_2_and_help_is_exit_0() {
    let folder = Folder::new();
    for (args, code) in [
        (&["init"][..], 2),
        (&["init", ""], 2),
        (&["init", "a", "b"], 2),
        (&["init", "--force"], 2),
        (&["init", "--help"], 0),
        (&["init", "-h"], 0),
    ] {
        let output = folder.carafe(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        assert_eq!(output.stdout.is_empty(), code == 2, "{args:?}");
        assert_eq!(output.stderr.is_empty(), code == 0, "{args:?}");
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.contains("nothing is written"), code == 0, "{args:?}");
    }
    assert!(files_below(&folder.0).is_empty());
}

#[test]
fn a_folder_of_another_program_is_not_used_and_the_banner_says_how_to_use_it() {
    let folder = empty_folder();
    fs::create_dir_all(folder.join("templates")).unwrap();
    fs::create_dir_all(folder.join("www/css")).unwrap();
    fs::write(folder.join("templates/layout.html"), "of a Flask project").unwrap();
    fs::write(folder.join("www/css/carafe.css"), "of a Flask project").unwrap();
    let carafe = crate::carafe::Carafe::start_in(&folder, &["--log", "off"]);
    assert!(carafe.banner.contains("templates is another program's"), "{}", carafe.banner);
    assert!(carafe.banner.contains("an empty file carafe.txt"), "{}", carafe.banner);
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/hello/Ada"]);
    assert!(page.contains("Hello Ada!"), "{page}");
    assert!(carafe.curl(&["$B/static/css/carafe.css"]).contains("The look of carafe"));
    drop(carafe);
    // With the mark it is used, and what is missing in it is an error that says where it looked.
    let folder = empty_folder();
    fs::create_dir_all(folder.join("templates")).unwrap();
    fs::write(folder.join("templates/carafe.txt"), "").unwrap();
    fs::write(folder.join("templates/hello.html"), "mine: {{ name }}").unwrap();
    let carafe = crate::carafe::Carafe::start_in(&folder, &["--log", "off"]);
    assert_eq!(carafe.curl(&["-H", "Accept: text/html", "$B/hello/Ada"]), "mine: Ada");
    let missing = carafe.curl(&["-H", "Accept: text/html", "$B/formtest"]);
    assert!(missing.contains("templates"), "{missing}");
}

#[test]
fn the_banner_says_where_a_folder_was_looked_for_and_what_is_near() {
    let folder = empty_folder();
    for name in ["i2/template", "i2/static"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    let banner = crate::carafe::Carafe::start_in(&folder, &["--dir", "i2"]).banner.clone();
    for row in [
        "templates  built in; there is no i2/templates, but template",
        "www        built in; there is no i2/www",
    ] {
        assert!(banner.contains(&format!("  {row}\n")), "{banner}");
    }
}
