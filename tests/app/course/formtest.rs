//! The form of the course notes, its flashed messages and its style sheet.

use crate::carafe::{Carafe, header};

#[test]
fn a_post_of_another_type_is_a_415_and_a_slash_too_many_keeps_the_body() {
    let carafe = Carafe::start(&[]);
    let answer =
        carafe.curl(&["-i", "-H", "Content-Type: application/json", "-d", "{}", "$B/process"]);
    assert!(
        answer.starts_with("HTTP/1.1 415") && answer.contains("application/x-www-form-urlencoded"),
        "{answer}"
    );
    let answer = carafe.curl(&["-i", "-d", "name=Ada", "$B/process/"]);
    assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
    assert_eq!(header(&answer, "Location"), Some("/process"));
    assert_eq!(
        carafe.status(&["-L", "-d", "name=Ada", "$B/process/"]),
        "200",
        "it ends at the form"
    );
}

#[test]
fn head_eats_no_flashed_message_and_a_character_is_not_a_byte() {
    let carafe = Carafe::start(&[]);
    let told = "<li class=\"flash error\">need valid name</li>";
    let count = |page: String| {
        assert_eq!(page.contains("aria-invalid=\"true\""), page.contains(told), "{page}");
        page.lines().filter(|line| line.contains(told)).count()
    };
    for _ in 0..2 {
        carafe.curl(&["-c", "j", "-b", "j", "-d", "name=A", "$B/process"]);
    }
    carafe.curl(&["-I", "-b", "j", "$B/formtest"]);
    assert_eq!(count(carafe.curl(&["-b", "j", "$B/formtest"])), 2, "HEAD ate none");
    assert_eq!(count(carafe.curl(&["-b", "j", "$B/formtest"])), 0);
    carafe.curl(&["-b", "j", "--data-urlencode", "name=é", "$B/process"]);
    assert_eq!(count(carafe.curl(&["-b", "j", "$B/formtest"])), 1, "two bytes, one character");
    carafe.curl(&["-b", "j", "--data-urlencode", "name=李明", "$B/process"]);
    let page = carafe.curl(&["-b", "j", "$B/formtest"]);
    assert!(page.contains("李明") && count(page) == 0);
}

#[test]
fn static_files_are_sent_once_and_asked_for_again() {
    let folder = crate::common::empty_folder();
    std::fs::create_dir_all(folder.join("www/css")).expect("a folder can be made");
    std::fs::write(folder.join("www/carafe.txt"), "").expect("a file can be written");
    let sheet = folder.join("www/css/my-style-sheet.css");
    std::fs::write(&sheet, "p { color: red }").expect("a file can be written");
    std::fs::write(folder.join("Cargo.toml"), "secret").expect("a file can be written");
    let carafe = Carafe::start_in(&folder, &[]);
    let url = "$B/static/css/my-style-sheet.css";
    let answer = carafe.curl(&["-i", url]);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("p { color: red }"), "{answer}");
    assert_eq!(header(&answer, "Content-Type"), Some("text/css; charset=utf-8"));
    assert_eq!(header(&answer, "Cache-Control"), Some("no-cache"));
    let condition =
        format!("If-None-Match: {}", header(&answer, "ETag").expect("there is an ETag"));
    let again = carafe.curl(&["-i", "-H", &condition, url]);
    assert!(again.starts_with("HTTP/1.1 304") && again.ends_with("\r\n\r\n"), "{again}");
    std::fs::write(&sheet, "p { color: blue }").expect("the file can be edited");
    let edited = carafe.curl(&["-i", "-H", &condition, url]);
    assert!(edited.starts_with("HTTP/1.1 200") && edited.ends_with("blue }"), "{edited}");
    assert_ne!(header(&edited, "ETag"), header(&answer, "ETag"));
    let part = carafe.curl(&["-i", "-r", "4-8", url]);
    assert!(part.starts_with("HTTP/1.1 206") && part.ends_with("color"), "{part}");
    assert_eq!(header(&part, "Content-Range"), Some("bytes 4-8/17"));
    assert_eq!(carafe.status(&["-r", "99-", url]), "416");
    assert_eq!(carafe.status(&["-X", "POST", url]), "405");
    for path in [
        "/static/../Cargo.toml",
        "/static/%2e%2e/Cargo.toml",
        "/static/..%2fCargo.toml",
        "/static/css/",
        "/static/css",
    ] {
        assert_eq!(carafe.status(&["--path-as-is", &format!("$B{path}")]), "404", "{path}");
    }
    let log = carafe.log();
    assert!(log.contains("../Cargo.toml: this path leads out of the folder"), "{log}");
}
