use crate::parsed;
use carafe::http::{Method, Request, Version};

#[test]
fn a_connection_stays_unless_version_or_header_says_otherwise() {
    for (version, lines, stays) in [
        ("HTTP/1.1", "", true),
        ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: Upgrade, CLOSE\r\n", false),
        ("HTTP/1.1", "Connection: x\r\nConnection: close\r\n", false),
        ("HTTP/1.1", "Connection: keep-alive, close\r\n", false),
        ("HTTP/1.1", "Connection: closed\r\n", true),
        ("HTTP/1.1", "Connection:\r\n", true),
        ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: keep-alive\r\n", true),
        ("HTTP/1.0", "Connection: Keep-Alive, close\r\n", false),
        ("HTTP/1.0", "Keep-Alive: timeout=5\r\n", false),
        ("HTTP/1.9", "", true),
    ] {
        let request = parsed(format!("GET / {version}\r\nHost: x\r\n{lines}\r\n"));
        assert_eq!(request.keep_alive(), stays, "{version} {lines}");
    }
}

#[test]
fn versions_are_written_as_they_are_read_and_have_an_order() {
    assert_eq!((Version::Http10.as_str(), Version::Http11.as_str()), ("HTTP/1.0", "HTTP/1.1"));
    assert!(Version::Http10 < Version::Http11);
}

#[test]
fn a_request_for_tests_is_like_one_that_was_read() {
    let made = Request::new(Method::Get, "/search?q=tea&q=");
    let read = parsed("GET /search?q=tea&q= HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(format!("{made:?}"), format!("{read:?}"));
}

#[test]
fn the_name_of_a_host_has_no_port_and_no_capitals() {
    // Any text: a request may be made by other hands than the parser's.
    for (host, name) in [
        ("LocalHost", Some("localhost")),
        ("x:80", Some("x")),
        ("[::1]", Some("[::1]")),
        ("[::A]:80", Some("[::a]")),
        ("", Some("")),
        (":", Some("")),
        ("é:1", Some("é")),
        ("[é]é", Some("[é]")),
        ("[]", Some("[]")),
        ("]:[", Some("]")),
        ("[", None),
        ("[::1", None),
    ] {
        let mut request = Request::new(Method::Get, "/");
        request.headers.set("Host", host);
        assert_eq!(request.host_name().as_deref(), name, "{host}");
    }
    let mut request = Request::new(Method::Get, "/");
    request.headers.remove("Host");
    assert_eq!(request.host_name(), None);
}

#[test]
fn a_media_type_has_no_parameters_and_no_capitals() {
    for (value, media_type) in [
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        (" text/html ;q=1", "text/html"),
        ("", ""),
        (";", ""),
    ] {
        let mut request = Request::new(Method::Post, "/");
        assert_eq!(request.content_type(), None);
        request.headers.set("Content-Type", value);
        assert_eq!(request.content_type().as_deref(), Some(media_type), "{value}");
    }
}

#[test]
fn a_client_accepts_what_it_names() {
    for (accept, html, json) in [
        (&[][..], false, false),
        (&["*/*"], false, false),
        (&["text/*"], false, false),
        (&[""], false, false),
        (&["text/html"], true, false),
        (&["TEXT/HTML;level=1"], true, false),
        (&["text/html,application/xhtml+xml,*/*;q=0.8"], true, false),
        (&["application/json, text/html;q=0.5"], true, true),
        (&["application/json", "text/html"], true, true),
        (&["text/html;q=0.9, image/webp"], true, false),
        (&["application/xml, text/html;q=0.9, text/plain;q=0.8, */*;q=0.5"], true, false),
        (&["text/plain, text/html;q=0.9"], false, false),
        (&["text/plain;q=0.5, */*"], true, true),
        (&["TEXT/*;q=0.5, text/html;q=0.4"], false, false),
        (&["text/plain, text/html"], true, false),
        (&["text/html;q=0, application/json"], false, true),
        (&["text/html; q=0.000"], false, false),
        (&["text/html;Q = 0"], true, false),
        (&["text/html;q=0.001"], true, false),
        (&["text/html;q=nan"], true, false),
        (&["text/htmlx, xtext/html"], false, false),
        (&["application/*, text/html;q=0.3"], true, true),
        (&["application/*;q=0.2, text/html;q=0.3"], true, true),
        (&["application/*, application/json;q=0"], false, false),
        (&["*/*, text/html;q=0.3"], false, false),
    ] {
        let mut request = Request::new(Method::Get, "/");
        for value in accept {
            request.headers.append("Accept", value);
        }
        assert_eq!(
            (request.prefers_html(), request.preferred(&["application/json"]).is_some()),
            (html, json),
            "{accept:?}"
        );
    }
}

#[test]
fn the_form_that_weighs_most_is_sent_and_plain_text_to_who_names_none() {
    for (accept, preferred) in [
        ("", None),
        ("*/*", None),
        ("text/*, application/*;q=0.1", None),
        ("image/webp", None),
        ("application/json", Some("application/json")),
        ("text/plain, application/json;q=0.1", None),
        ("text/plain, application/json", Some("application/json")),
        ("text/html, application/json", Some("text/html")),
        ("text/html;q=0.5, application/json", Some("application/json")),
        ("text/html;q=0.5, application/json;q=0.4", Some("text/html")),
        ("*/*;q=0.1, application/*", Some("application/json")),
        ("application/*, */*", Some("application/json")),
        ("application/*;q=0.9, text/html;q=0.8", Some("application/json")),
        ("application/*, application/json;q=0.2, text/html;q=0.8", Some("text/html")),
        ("text/html;q=0, text/plain;q=0, */*;q=0.1", Some("application/json")),
    ] {
        let mut request = Request::new(Method::Get, "/");
        request.headers.append("Accept", accept);
        let forms = ["text/html", "application/json"];
        assert_eq!(request.preferred(&forms), preferred, "{accept}");
    }
}
