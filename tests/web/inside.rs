//! Who may look inside.

use carafe::http::{Method, Request, Version};
use carafe::web::inside::Inside;

#[test]
fn only_this_machine_by_a_known_name_and_without_a_proxy() {
    let rule = Inside { open: true, everyone: false, hosts: vec!["shop.test".into()] };
    let none = ("Accept", "*/*");
    for (peer, host, header, admitted) in [
        ("127.0.0.1:1", "localhost", none, true),
        ("127.0.0.1:1", "LOCALHOST:8000", none, true),
        ("127.9.9.9:1", "127.0.0.1:9", none, true),
        ("[::1]:1", "[::1]:8000", none, true),
        ("[::ffff:127.0.0.1]:1", "localhost", none, true),
        ("127.0.0.1:1", "shop.test", none, true),
        ("127.0.0.1:1", "evil.example", none, false),
        ("127.0.0.1:1", "localhost.evil.example", none, false),
        ("127.0.0.1:1", "127.0.0.1.evil.example", none, false),
        ("10.0.0.1:1", "localhost", none, false),
        ("127.0.0.1:1", "localhost", ("X-Forwarded-For", "127.0.0.1"), false),
        ("127.0.0.1:1", "localhost", ("Forwarded", "for=x"), false),
        ("127.0.0.1:1", "localhost", ("via", "1.1 x"), false),
        ("127.0.0.1:1", "localhost", ("X-Real-IP", "x"), false),
        ("127.0.0.1:1", "localhost", ("X-Forwarded-Port", "80"), false),
    ] {
        let mut request = asked(peer, host);
        request.headers.append(header.0, header.1);
        assert_eq!(rule.check(&request).is_ok(), admitted, "{peer} {host} {header:?}");
        let closed = Inside { open: false, everyone: true, hosts: Vec::new() };
        assert!(closed.check(&request).is_err());
    }
}

fn asked(peer: &str, host: &str) -> Request {
    let mut request = Request::new(Method::Get, "/");
    request.headers.set("Host", host);
    request.peer = peer.parse().ok();
    request
}

#[test]
fn a_proxy_that_adds_no_header_is_known_by_its_writing() {
    let rule = Inside::default();
    let request = asked("127.0.0.1:1", "localhost");
    assert_eq!(rule.check(&request), Ok(()));

    let old = Request { version: Version::Http10, ..request.clone() };
    assert!(rule.check(&old).is_err_and(|why| why.contains("found HTTP/1.0, which nginx speaks")));

    let mut small = request.clone();
    small.headers.remove("Host");
    small.headers.append("host", "localhost");
    assert!(
        rule.check(&small)
            .is_err_and(|why| why.contains("found the header host in small letters, as HAProxy"))
    );

    // Chromium writes some of its own in small letters, and is no proxy.
    let mut browser = request.clone();
    browser.headers.append("sec-ch-ua-mobile", "?0");
    assert_eq!(rule.check(&browser), Ok(()));

    let whole = Request { target: "http://localhost/".into(), ..request };
    assert!(rule.check(&whole).is_err_and(|why| why.contains("found a target with a host in it")));
}

#[test]
fn a_refusal_says_what_was_found() {
    let rule = Inside::default();
    let closed = Inside { open: false, ..Inside::default() };
    for (rule, peer, host, why) in [
        (&closed, "127.0.0.1:1", "localhost", "the inside is closed"),
        (
            &rule,
            "203.0.113.9:1",
            "localhost",
            "found a client on another machine, expected one on this",
        ),
        (
            &rule,
            "127.0.0.1:1",
            "evil.example:80",
            "found the Host \"evil.example\", expected localhost, 127.0.0.1, [::1]",
        ),
    ] {
        let met = rule.check(&asked(peer, host));
        assert!(met.as_ref().is_err_and(|met| met.contains(why)), "{met:?}, expected {why}");
    }
}
