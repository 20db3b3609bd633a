//! The collection of things: its bodies, its versions, and what is refused.

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
fn a_browser_that_sends_the_form_gets_a_page_and_curl_gets_the_thing() {
    let carafe = Carafe::start(&["--log", "off"]);
    let form = ["-i", "-d", "name=cup", "$B/things"];
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
