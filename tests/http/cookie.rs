use carafe::http::cookie::{COOKIE_BYTES, SameSite, cookies};
use carafe::http::{Headers, Response, SetCookie, cookie_value};
use std::panic::catch_unwind;
use std::time::{Duration, UNIX_EPOCH};

fn sent(lines: &[&str]) -> Headers {
    let mut headers = Headers::new();
    for line in lines {
        headers.append("Cookie", line);
    }
    headers
}

#[test]
fn a_cookie_header_is_read_into_pairs() {
    for (lines, pairs) in [
        (&[][..], &[][..]),
        (&[""], &[]),
        (&["a=1"], &[("a", "1")]),
        (&["a=1; b=2"], &[("a", "1"), ("b", "2")]),
        (&["a=1;b=2;"], &[("a", "1"), ("b", "2")]),
        (&["a=1", "b=2"], &[("a", "1"), ("b", "2")]),
        (&[" a = 1 ;\tb=2"], &[("a", "1"), ("b", "2")]),
        (&["a=b=c=="], &[("a", "b=c==")]),
        (&["a="], &[("a", "")]),
        (&["=1"], &[("", "1")]),
        (&["a; b=2"], &[("b", "2")]),
        (&[r#"a="1""#], &[("a", "1")]),
        // In quotes: as Flask reads it.
        (&[r#"a="; b="1; c=1""#], &[("a", "\""), ("b", "1; c=1")]),
        (&[r#"a="b;c" ; d=1"#], &[("a", "b;c"), ("d", "1")]),
        (&[r#"a="b;c"#, "d=1"], &[("a", "\"b"), ("d", "1")]),
        (
            &[r#"a="\073"; b="\"\\"; c="\303\251"; d="\x\4""#],
            &[("a", ";"), ("b", "\"\\"), ("c", "é"), ("d", "x4")],
        ),
        (&[r#"a="\377"; b=\073; c="1"2"#], &[("a", "\u{fffd}"), ("b", "\\073"), ("c", "\"1\"2")]),
        (&["; ;a;;=;b=2"], &[("", ""), ("b", "2")]),
        (&["a=1, b=2"], &[("a", "1, b=2")]),
        (&["a=%41"], &[("a", "%41")]),
        (&["a=\u{a0}1"], &[("a", "\u{a0}1")]),
    ] {
        let headers = sent(lines);
        let read: Vec<_> = cookies(&headers).collect();
        let read: Vec<_> = read.iter().map(|(name, value)| (*name, &**value)).collect();
        assert_eq!(read, pairs, "{lines:?}");
    }
}

#[test]
fn the_first_of_a_name_counts_and_names_have_a_case() {
    let headers = sent(&["A=0; a=1; a=2", "a=3"]);
    assert_eq!(cookie_value(&headers, "a").as_deref(), Some("1"));
    assert_eq!(cookie_value(&headers, "b"), None);
}

#[test]
fn a_cookie_is_written_with_what_was_asked_for() {
    let plain = SetCookie::new("visits", "3").unwrap();
    assert_eq!(plain.to_string(), "visits=3; Path=/");
    let mut full = plain.clone();
    full.max_age = Some(Duration::from_millis(3_600_999));
    (full.http_only, full.secure, full.same_site) = (true, true, Some(SameSite::Lax));
    assert_eq!(full.to_string(), "visits=3; Max-Age=3600; HttpOnly; Secure; SameSite=Lax; Path=/");
    full.expires = Some(UNIX_EPOCH + Duration::from_secs(784_111_777));
    (full.domain, full.path) = (Some("example.org".into()), "/app".into());
    (full.max_age, full.http_only, full.secure) = (None, false, false);
    // Browsers drop a cookie for all sites that is not Secure.
    full.same_site = Some(SameSite::None);
    assert_eq!(
        full.to_string(),
        "visits=3; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Domain=example.org; Secure; SameSite=None; \
         Path=/app"
    );
    let mut full = plain.clone();
    (full.http_only, full.secure) = (true, true);
    let mut host = SetCookie::new("__Host-sid", "7").expect("a plain value");
    for (domain, path) in [(None, "/"), (Some("example.org"), "/"), (None, "/app")] {
        (host.domain, host.path) = (domain.map(String::from), path.into());
        assert_eq!(host.to_string(), "__Host-sid=7; Secure; Path=/", "a browser would refuse it");
    }
    let mut nowhere = plain.clone();
    nowhere.domain = Some(String::new());
    assert_eq!(nowhere.to_string(), plain.to_string());
    full.same_site = Some(SameSite::Strict);
    full.max_age = Some(Duration::ZERO);
    assert_eq!(full.to_string(), "visits=3; Max-Age=0; HttpOnly; Secure; SameSite=Strict; Path=/");
    // 0 would delete it.
    full.max_age = Some(Duration::from_millis(500));
    assert!(full.to_string().contains("; Max-Age=1; "), "{full}");
}

/// In the form in which Flask writes such a value and reads it.
#[test]
fn a_value_that_would_end_its_cookie_is_sent_in_quotes_and_comes_back() {
    for (value, written) in [
        ("dark blue", "\"dark blue\""),
        ("1;2", "\"1\\0732\""),
        ("1; Domain=evil.example", "\"1\\073 Domain=evil.example\""),
        ("1,2", "\"1\\0542\""),
        ("\"1\"", "\"\\0421\\042\""),
        ("1\\2", "\"1\\1342\""),
        ("1\r\nX: y", "\"1\\015\\012X: y\""),
        ("\0\u{7f}", "\"\\000\\177\""),
        ("é", "\"\\303\\251\""),
        ("", ""),
        ("a=b", "a=b"),
    ] {
        let cookie = SetCookie::new("a", value).expect("any text");
        assert_eq!(cookie.to_string(), format!("a={written}; Path=/"), "{value:?}");
        let mut headers = Headers::new();
        headers.append("Cookie", format!("z=1; a={written}; b=2"));
        assert_eq!(cookie_value(&headers, "a").as_deref(), Some(value));
    }
    // It is the written form that must not be too long.
    assert!(SetCookie::new("a", &"é".repeat(511)).is_ok());
    let message = SetCookie::new("a", &"é".repeat(512)).unwrap_err().to_string();
    assert!(message.contains("found 4099 bytes in the cookie a"), "{message}");
}

#[test]
fn what_would_end_the_name_of_a_cookie_is_refused() {
    for (name, value) in
        [("", "1"), ("a b", "1"), ("a=", "1"), ("a;", "1"), ("a\r\nX: y", "1"), ("é", "1")]
    {
        let message = SetCookie::new(name, value).unwrap_err().to_string();
        assert!(message.contains("found ") && !message.contains(['\r', '\n', '\0']), "{message}");
    }
}

#[test]
fn what_is_no_path_or_no_domain_is_a_panic_and_no_other_attribute() {
    for part in ["/; Secure", "/a;b", "/a b", "/a\r\nX: y", "/é", "/\u{7f}"] {
        for is_domain in [false, true] {
            let mut cookie = SetCookie::new("a", "1").unwrap();
            if is_domain {
                cookie.domain = Some(part.into());
            } else {
                cookie.path = part.into();
            }
            let set = || Response::text("").set_cookie(&cookie);
            let panic = catch_unwind(set).expect_err("a programmer's mistake");
            let message = panic.downcast::<String>().expect("a message");
            assert!(message.contains(&format!("found {part:?}, expected")), "{message}");
        }
    }
    let mut cookie = SetCookie::new("a", "1").unwrap();
    for path in ["x", ""] {
        cookie.path = path.into();
        let panic = catch_unwind(|| Response::text("").set_cookie(&cookie)).unwrap_err();
        let expected = format!("found the path {path:?}, expected a slash in front");
        assert_eq!(panic.downcast_ref(), Some(&expected));
    }
}

#[test]
fn a_cookie_may_be_as_large_as_browsers_keep() {
    assert!(SetCookie::new("a", &"1".repeat(COOKIE_BYTES - 1)).is_ok());
    assert!(
        SetCookie::new("a", &"1".repeat(COOKIE_BYTES))
            .unwrap_err()
            .to_string()
            .contains("4097 bytes")
    );
}

#[test]
fn what_is_set_can_be_read_back() {
    let value: String =
        (b'!'..=b'~').map(char::from).filter(|shown| !"\",;\\".contains(*shown)).collect();
    let cookie = SetCookie::new("__Host-sid.1", &value).unwrap().to_string();
    let pair = cookie.split(';').next().unwrap();
    assert_eq!(cookie_value(&sent(&[pair]), "__Host-sid.1").as_deref(), Some(value.as_str()));
}

#[test]
fn a_cookie_is_deleted_by_its_name() {
    for (name, line) in [
        ("theme", "theme=; Max-Age=0; Path=/"),
        // A browser refuses a line without Secure, and would keep the cookie.
        ("__Host-sid", "__Host-sid=; Max-Age=0; Secure; Path=/"),
        ("__Secure-sid", "__Secure-sid=; Max-Age=0; Secure; Path=/"),
    ] {
        let mut response = carafe::Response::text("bye");
        response.delete_cookie(name);
        assert_eq!(response.headers.get("Set-Cookie"), Some(line));
    }
}
