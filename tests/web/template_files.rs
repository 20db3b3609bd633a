//! Where templates come from: names, folders, edits.

use carafe::Map;
use carafe::web::template::Templates;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("carafe-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("templates/sub")).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.0.join("templates").join(name), text).unwrap();
    }

    fn templates(&self) -> Templates {
        Templates::from_dir(self.0.join("templates"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn text(templates: &Templates, name: &str) -> String {
    templates
        .render(name, &Map::new(), &())
        .map_or_else(|error| error.to_string(), |page| page.text)
}

#[test]
fn an_edited_file_is_seen_by_the_next_page() {
    let folder = Folder::new("edit");
    folder.write("page.html", "{% include 'sub/part.html' %}");
    folder.write("sub/part.html", "0000");
    let templates = folder.templates();
    // As fast as the disk allows and of one length: neither time nor length tells these versions
    // apart.
    for turn in 0..200 {
        folder.write("sub/part.html", format!("{turn:04}"));
        assert_eq!(text(&templates, "page.html"), format!("{turn:04}"));
    }
    // On a slow machine the first version of this file is old by now, and is believed for a
    // millisecond.
    let written = |text: &str| {
        folder.write("page.html", text);
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(1) {}
    };
    written("{% if %}");
    assert_eq!(text(&templates, "page.html"), "page.html:1:7: found %}, expected a value");
    written("well again");
    assert_eq!(text(&templates, "page.html"), "well again");
    fs::remove_file(folder.0.join("templates/page.html")).unwrap();
    assert!(text(&templates, "page.html").contains("no template \"page.html\""));
}

#[test]
fn an_edit_of_an_old_file_is_seen_also_with_its_old_length_and_time() {
    let folder = Folder::new("old");
    folder.write("page.html", "old");
    let path = folder.0.join("templates/page.html");
    let past = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    let set_back =
        || fs::File::options().write(true).open(&path).unwrap().set_modified(past).unwrap();
    set_back();
    let templates = folder.templates();
    assert_eq!(text(&templates, "page.html"), "old");
    assert_eq!(text(&templates, "page.html"), "old");
    folder.write("page.html", "new");
    if cfg!(unix) {
        // Even with the time set back and the length as it was.
        set_back();
    }
    assert_eq!(text(&templates, "page.html"), "new");
}

#[test]
fn a_page_that_many_ask_for_at_once_is_at_most_a_millisecond_old() {
    let folder = Folder::new("busy");
    folder.write("page.html", "old");
    folder.write("gone.html", "here");
    folder.write("child.html", "{% extends 'page.html' %}");
    let templates = folder.templates();
    let past = std::time::SystemTime::now() - Duration::from_secs(60);
    for name in ["page.html", "gone.html", "child.html"] {
        let file =
            fs::File::options().write(true).open(folder.0.join("templates").join(name)).unwrap();
        file.set_modified(past).unwrap();
    }
    // So often that most pages are made without asking the disk.
    for _ in 0..1000 {
        assert_eq!(
            ["page.html", "gone.html", "child.html"].map(|name| text(&templates, name)),
            ["old", "here", "old"]
        );
    }
    folder.write("page.html", "new");
    fs::remove_file(folder.0.join("templates/gone.html")).unwrap();
    let changed = Instant::now();
    while changed.elapsed() < Duration::from_millis(1) {}
    for _ in 0..1000 {
        assert_eq!(text(&templates, "child.html"), "new");
        assert_eq!(text(&templates, "page.html"), "new");
        assert!(text(&templates, "gone.html").contains("no template"));
    }
}

#[test]
fn how_many_templates_a_page_may_have_does_not_depend_on_the_page_before() {
    let parts = (0..130).map(|part| (format!("{part}"), String::new()));
    let page =
        ("page.html".to_owned(), "{% for n in names %}{% include n %}{% endfor %}".to_owned());
    let files: Vec<(String, String)> = parts.chain([page]).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
    let templates = crate::template::templates(&files);
    let is_made = |names: std::ops::Range<i32>| {
        let names: Vec<String> = names.map(|name| name.to_string()).collect();
        templates.render("page.html", &Map::from([("names", names)]), &()).is_ok()
    };
    // The page itself is one of 64.
    assert_eq!(
        [0..63, 63..126, 40..103, 40..104, 0..64].map(is_made),
        [true, true, true, false, false]
    );
}

#[test]
fn a_page_may_be_made_of_other_templates_than_the_one_before() {
    let templates =
        Templates::embedded(&[("page.html", "{% include name %}"), ("a", "A"), ("b", "B")]);
    for (name, expected) in [("a", "A"), ("b", "B"), ("b", "B"), ("a", "A")] {
        let page = templates.render("page.html", &Map::from([("name", name)]), &());
        assert_eq!(page.unwrap().text, expected);
    }
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let folder = Folder::new("out");
    fs::write(folder.0.join("secret"), "secret").unwrap();
    folder.write("page.html", "page");
    let templates = folder.templates();
    let absolute = folder.0.join("secret");
    for name in [
        "../secret",
        "sub/../../secret",
        "sub/../page.html",
        "./page.html",
        "..",
        "/etc/passwd",
        absolute.to_str().unwrap(),
        "..\\secret",
        "sub\\..\\..\\secret",
        "page.html\0",
        "c:page.html",
        "",
        "/",
        "sub",
        "sub/",
        "sub//part.html",
    ] {
        let error = templates.render(name, &Map::new(), &()).expect_err(name);
        assert!(!error.to_string().contains('\0'), "{error}");
        let tag = "{% include name %}";
        folder.write("include.html", tag);
        assert!(
            templates.render("include.html", &Map::from([("name", name)]), &()).is_err(),
            "{name}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_may_lead_within_the_folder_but_not_out() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new("link");
    fs::write(folder.0.join("secret"), "secret").unwrap();
    folder.write("page.html", "page");
    symlink(folder.0.join("secret"), folder.0.join("templates/out.html")).unwrap();
    symlink("../..", folder.0.join("templates/sub/up")).unwrap();
    symlink("page.html", folder.0.join("templates/in.html")).unwrap();
    let templates = folder.templates();
    assert_eq!(text(&templates, "in.html"), "page");
    assert_eq!(
        text(&templates, "out.html"),
        "out.html: the name \"out.html\": this path leads out of the folder"
    );
    assert_eq!(
        text(&templates, "sub/up/secret"),
        "sub/up/secret: the name \"sub/up/secret\": this path leads out of the folder"
    );
    // A link that changes its aim after the template was parsed.
    fs::remove_file(folder.0.join("templates/in.html")).unwrap();
    symlink(folder.0.join("secret"), folder.0.join("templates/in.html")).unwrap();
    assert!(!text(&templates, "in.html").contains("secret"));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_opened() {
    let folder = Folder::new("pipe");
    let path = folder.0.join("templates/pipe.html");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert_eq!(
        text(&folder.templates(), "pipe.html"),
        format!("pipe.html: {} cannot be read: it is no file", path.display())
    );
}

#[test]
fn a_missing_template_says_where_it_was_looked_for_and_what_is_near() {
    let folder = Folder::new("missing");
    folder.write("hello.html", "");
    folder.write("sub/nav.html", "");
    let templates = folder.templates();
    let dir = folder.0.join("templates").display().to_string();
    for (name, expected) in [
        (
            "helo.html",
            format!("helo.html: no template \"helo.html\" in {dir}; there is \"hello.html\""),
        ),
        (
            "sub/nave.html",
            format!(
                "sub/nave.html: no template \"sub/nave.html\" in {dir}; there is \"sub/nav.html\""
            ),
        ),
        ("xyz", format!("xyz: no template \"xyz\" in {dir}")),
    ] {
        assert_eq!(text(&templates, name), expected);
    }
    let misnamed = Templates::from_dir(folder.0.join("template"));
    let expected = format!(
        "hello.html: no template \"hello.html\", because there is no folder {}; there is {dir}",
        folder.0.join("template").display()
    );
    assert_eq!(text(&misnamed, "hello.html"), expected);
}

#[test]
fn a_file_that_is_not_text_is_an_error() {
    let folder = Folder::new("bytes");
    folder.write("page.html", b"abc\xff");
    let path = folder.0.join("templates/page.html");
    assert_eq!(
        text(&folder.templates(), "page.html"),
        format!("page.html: {} cannot be read: it is not UTF-8 from byte 3 on", path.display())
    );
    folder.write("page.html", vec![b'a'; 5 << 20]);
    assert!(text(&folder.templates(), "page.html").contains("longer than"));
}
