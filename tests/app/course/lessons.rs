//! What the lessons rest on, beyond the commands that stand in them: `the_lessons.rs` runs those.

use crate::carafe::{Carafe, header};

#[test]
fn things_come_as_json_too_and_anything_else_is_a_415_that_says_what_to_send() {
    let carafe = Carafe::start(&[]);
    let json = ["-H", "Content-Type: application/json"];
    let send = |body: &str| {
        carafe.curl(&[&json[..], &["-d", body, "-w", "%{http_code}", "$B/things"]].concat())
    };
    assert_eq!(
        send("{\"name\":\"cup\",\"size\":9007199254740993}"),
        "{\"id\":1,\"name\":\"cup\",\"size\":9007199254740993}\n201"
    );
    for (body, expected) in [
        ("[1]", "expected {\"name\": …}"),
        ("{\"name\": }", "1:10: found }, expected a value"),
        ("{\"colour\":\"red\"}", "missing field \"name\"; there is: colour"),
        ("{\"name\":99999999999999999999}", "64 bits"),
    ] {
        let answer = send(body);
        assert!(answer.contains(expected) && answer.ends_with("400"), "{body}: {answer}");
    }
    let answer =
        carafe.curl(&["-i", "-H", "Content-Type: text/plain", "-d", "name=x", "$B/things"]);
    assert!(answer.starts_with("HTTP/1.1 415"), "{answer}");
    assert_eq!(
        header(&answer, "Accept"),
        Some("application/json, application/x-www-form-urlencoded")
    );
}

#[test]
fn a_thing_that_somebody_else_has_changed_is_not_overwritten_by_whoever_names_the_version() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-d", "name=cup", "$B/things"]);
    let mark = || {
        header(&carafe.curl(&["-i", "$B/things/1"]), "ETag").expect("a thing has a mark").to_owned()
    };
    let first = mark();
    let if_match = format!("If-Match: {first}");
    assert_eq!(carafe.status(&["-H", &format!("If-None-Match: {first}"), "$B/things/1"]), "304");
    assert_eq!(
        carafe.status(&["-X", "PATCH", "-d", "colour=red", "-H", &if_match, "$B/things/1"]),
        "200"
    );
    let red = carafe.curl(&["$B/things/1"]);
    // Whoever still has the first version in hand is told, by each method, and changes nothing.
    for (method, condition, status) in [
        ("PUT", if_match.as_str(), "412"),
        ("PATCH", &if_match, "412"),
        ("DELETE", &if_match, "412"),
        ("GET", &if_match, "412"),
        ("PUT", "If-None-Match: *", "412"),
    ] {
        let fields: &[&str] = if method == "GET" { &[] } else { &["-d", "name=pot"] };
        let sent = [&["-X", method, "-H", condition, "$B/things/1"], fields].concat();
        assert_eq!(carafe.status(&sent), status, "{method} {condition}");
        assert_eq!(carafe.curl(&["$B/things/1"]), red, "{method} {condition}");
    }
    let second = format!("If-Match: \"other\", {}", mark());
    let answer = carafe.curl(&["-i", "-X", "PUT", "-d", "name=pot", "-H", &second, "$B/things/1"]);
    assert!(answer.starts_with("HTTP/1.1 200 ") && header(&answer, "ETag").is_none(), "{answer}");
    assert_eq!(carafe.status(&["-X", "DELETE", "-H", "If-Match: *", "$B/things/1"]), "204");
    assert_eq!(
        carafe.status(&["-X", "DELETE", "-H", &second, "$B/things/1"]),
        "404",
        "no thing, no condition"
    );
}

#[test]
fn a_change_that_is_refused_changes_nothing() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-d", "name=cup", "$B/things"]);
    let cup = carafe.curl(&["$B/things/1"]);
    let many: String = (0..20).map(|number| format!("&field{number}=x")).collect();
    for (arguments, status) in [
        (&["-X", "PATCH", "-d", many.trim_start_matches('&')][..], "400"),
        (&["-X", "PUT", "-d", "name=part", "-H", "Content-Range: bytes 0-8/20"], "400"),
        (&["-X", "PUT", "-d", "name=coded", "-H", "Content-Encoding: gzip"], "415"),
    ] {
        assert_eq!(carafe.status(&[arguments, &["$B/things/1"]].concat()), status, "{arguments:?}");
        assert_eq!(carafe.curl(&["$B/things/1"]), cup, "{arguments:?}");
    }
}

#[test]
fn a_name_is_text_and_an_edited_template_is_seen_at_once() {
    let folder = crate::carafe::empty_folder();
    let init = std::process::Command::new(env!("CARGO_BIN_EXE_carafe"))
        .args(["init", "mysite"])
        .current_dir(&folder)
        .output();
    assert!(init.is_ok_and(|output| output.status.success()));
    let carafe = Carafe::start_in(&folder, &["--dir", "mysite"]);
    assert!(carafe.banner.contains("mysite/templates"), "{}", carafe.banner);
    let page = carafe.curl(&["$B/hello/%3Cb%3EAda"]);
    assert!(page.contains("Hello &lt;b&gt;Ada!") && !page.contains("<b>Ada"), "{page}");
    assert!(carafe.curl(&["$B/hello/a%2Fb"]).contains("Hello a/b!"), "decoded after the split");

    let template = folder.join("mysite/templates/hello.html");
    std::fs::write(&template, "Hi {{ name }}").expect("the template can be edited");
    assert_eq!(carafe.curl(&["$B/hello/Ada"]), "Hi Ada");
    std::fs::write(&template, "a\nb\nc\n  x {{ nmae }}|").expect("the template can be edited");
    assert_eq!(carafe.curl(&["$B/hello/Ada"]), "a\nb\nc\n  x |");
    std::fs::write(&template, "1\n2\n3\n{% if name %} unclosed\n5\n")
        .expect("the template can be edited");
    let expected =
        "hello.html:6:1: end of template, expected {% endif %} for the {% if %} of line 4";
    let page = carafe.curl(&["$B/hello/Ada", "-w", "%{http_code}"]);
    assert!(page.contains(expected) && page.ends_with("500"), "{page}");
    for outside in ["Host: shop.example", "X-Forwarded-For: 10.0.0.1", "Via: 1.1 proxy"] {
        let page = carafe.curl(&["-H", outside, "$B/hello/Ada"]);
        assert!(page.starts_with("500") && !page.contains("hello.html"), "{outside}: {page}");
    }
    let log = carafe.log();
    assert!(log.contains("hello.html:4:8: \"nmae\" is undefined; there is \"name\""), "{log}");
    assert!(log.contains(expected), "{log}");
}

#[test]
fn a_page_escapes_what_the_url_brought() {
    let carafe = Carafe::start(&[]);
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/search?q=%3Cb%3E"]);
    assert!(page.contains("&lt;b&gt;") && !page.contains("<b>"), "{page}");
}

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
    let count = |page: String| page.lines().filter(|line| line.contains("need valid name")).count();
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
    let folder = crate::carafe::empty_folder();
    std::fs::create_dir_all(folder.join("www/css")).expect("a folder can be made");
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

#[test]
fn an_id_of_ones_own_is_answered_with_a_fresh_one() {
    let carafe = Carafe::start(&[]);
    let answer = carafe.curl(&["-i", "-b", "carafe_sid=iamadmin", "$B/ladder/session"]);
    assert!(answer.ends_with("\r\n\r\nvisit 1\n"), "{answer}");
    let cookie = header(&answer, "Set-Cookie").expect("a fresh id");
    let id = cookie.split(['=', ';']).nth(1).unwrap_or("");
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/"), "{cookie}");
}

#[test]
fn the_profile_shows_what_was_posted() {
    let carafe = Carafe::start(&[]);
    let answer =
        carafe.curl(&["-i", "-c", "j", "-d", "name=Ada&email=ada@example.org", "$B/profile"]);
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    let page = carafe.curl(&["-b", "j", "$B/profile"]);
    assert!(page.contains("Ada") && page.contains("ada@example.org"), "{page}");
    let big = format!("name={}&email=x", "n".repeat(17_000));
    assert_eq!(
        carafe.status(&["-b", "j", "-d", &big, "$B/profile"]),
        "413",
        "a row is at most 16 KiB"
    );
    assert!(carafe.curl(&["-b", "j", "$B/profile"]).contains("Ada"), "and nothing was lost");
}
