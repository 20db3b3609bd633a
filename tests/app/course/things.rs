//! The collection of things: its bodies, its versions, and what is refused.

use crate::carafe::{Carafe, header};

#[test]
fn things_come_as_json_too_and_anything_else_is_a_415_that_says_what_to_send() {
    let carafe = Carafe::start(&[]);
    assert_eq!(carafe.curl(&["$B/things"]), "there are no things yet\n");
    assert_eq!(carafe.curl(&["-H", "Accept: application/json", "$B/things"]), "[]\n");
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

/// RFC 5789 §2.2 and §3.1: a 415 to a PATCH and the answer to OPTIONS name the types.
#[test]
fn put_post_and_patch_check_alike_and_a_patch_says_what_it_takes() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-d", "name=cup", "$B/things"]);
    let json = ["-H", "Content-Type: application/json"];
    for (body, good) in [
        ("{}", false),
        ("{\"id\":5}", false),
        ("{\"name\":null}", false),
        ("[]", false),
        ("null", false),
        ("\"name\"", false),
        ("{\"name\":5}", true),
        ("{\"name\":\"\"}", true),
    ] {
        for [method, path, done] in [
            ["POST", "$B/things", "201"],
            ["PUT", "$B/things/1", "200"],
            ["PATCH", "$B/things/1", "200"],
        ] {
            let status = carafe.status(&[&json[..], &["-X", method, "-d", body, path]].concat());
            assert_eq!(status, if good { done } else { "400" }, "{method} of {body}");
        }
    }
    // A change needs no name.
    let change = ["-X", "PATCH", "-d", "{\"colour\":\"red\"}", "$B/things/1"];
    assert_eq!(carafe.status(&[&json[..], &change].concat()), "200");
    let types = Some("application/json, application/x-www-form-urlencoded");
    for arguments in [
        &["-i", "-X", "PATCH", "-H", "Content-Type: text/plain", "-d", "x", "$B/things/1"][..],
        &["-i", "-X", "OPTIONS", "$B/things/1"],
    ] {
        let answer = carafe.curl(arguments);
        assert_eq!(header(&answer, "Accept-Patch"), types, "{answer}");
    }
    let options = carafe.curl(&["-i", "-X", "OPTIONS", "$B/things/1"]);
    assert_eq!(header(&options, "Allow"), Some("DELETE, GET, HEAD, OPTIONS, PATCH, PUT"));
    // It would say that PATCH is allowed.
    let options = carafe.curl(&["-i", "-X", "OPTIONS", "$B/things"]);
    assert_eq!(header(&options, "Allow"), Some("GET, HEAD, OPTIONS, POST"));
    assert_eq!(header(&options, "Accept-Patch"), None);
}

#[test]
fn a_browser_that_sends_the_form_gets_a_page_and_curl_gets_the_thing() {
    let carafe = Carafe::start(&["--log", "off"]);
    // Of two values of one name the first counts.
    let form = ["-i", "-d", "name=cup&name=pot", "$B/things"];
    let page = carafe.curl(&[&["-H", "Accept: text/html"], &form[..]].concat());
    assert!(page.starts_with("HTTP/1.1 201"), "{page}");
    assert_eq!(header(&page, "Location"), Some("/things/1"));
    assert_eq!(header(&page, "Vary").map(|names| names.contains("Accept")), Some(true));
    assert!(page.contains("201 Created: <a href=\"/things/1\">"), "{page}");
    assert!(page.contains("<td>name: cup</td>"), "{page}");
    let plain = carafe.curl(&form);
    assert!(plain.ends_with("{\"id\":2,\"name\":\"cup\"}\n"), "{plain}");
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
fn a_change_that_is_refused_changes_and_stores_nothing() {
    let carafe = Carafe::start(&["--log", "off", "--store", "file:journal"]);
    let journal = || std::fs::read_to_string(carafe.folder.join("journal")).expect("it is text");
    let empty = journal();
    assert_eq!(carafe.status(&["-X", "DELETE", "$B/things/1"]), "404");
    assert_eq!(journal(), empty, "there is no row yet");
    carafe.curl(&["-d", "name=cup", "$B/things"]);
    let stored = journal();
    let cup = carafe.curl(&["$B/things/1"]);
    let many: String = (0..20).map(|number| format!("&field{number}=x")).collect();
    for (arguments, status) in [
        (&["-X", "PATCH", "-d", many.trim_start_matches('&'), "$B/things/1"][..], "400"),
        (
            &["-X", "PUT", "-d", "name=part", "-H", "Content-Range: bytes 0-8/20", "$B/things/1"],
            "400",
        ),
        (&["-X", "PUT", "-d", "name=coded", "-H", "Content-Encoding: gzip", "$B/things/1"], "415"),
        (&["-X", "PUT", "-d", "name=pot", "$B/things/9"], "404"),
        (&["-X", "DELETE", "$B/things/9"], "404"),
        (&["-d", "colour=red", "$B/things"], "400"),
        // This one is done, and leaves the thing as it is.
        (&["-X", "PATCH", "-d", "name=cup", "$B/things/1"], "200"),
    ] {
        assert_eq!(carafe.status(arguments), status, "{arguments:?}");
        assert_eq!(carafe.curl(&["$B/things/1"]), cup, "{arguments:?}");
        assert_eq!(journal(), stored, "{arguments:?}");
    }
    let cycles = carafe.curl(&["$B/cycles"]);
    assert_eq!(cycles.matches("things stored").count(), 1, "{cycles}");
}
