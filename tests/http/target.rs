use crate::{parsed, refused};
use carafe::http::Fields;

#[test]
fn each_form_names_a_host_a_path_and_a_query() {
    for (method, target, host, path, query) in [
        ("GET", "/", "x", "/", ""),
        ("GET", "/a/b", "x", "/a/b", ""),
        ("GET", "/?a=1", "x", "/", "a=1"),
        ("GET", "/a?", "x", "/a", ""),
        ("GET", "/a?b?c=/d", "x", "/a", "b?c=/d"),
        ("GET", "//evil.example/", "x", "//evil.example/", ""),
        ("GET", "/a%2Fb/%C3%A9", "x", "/a%2Fb/%C3%A9", ""),
        ("GET", "/../..;/%2e%2e", "x", "/../..;/..", ""),
        ("GET", "/%61dmin/%7Ea%2d%5A", "x", "/admin/~a-Z", ""),
        ("GET", "/%2541%2f%c3%a9", "x", "/%2541%2F%C3%A9", ""),
        ("GET", "/%21%28%3b%5b%7c%5e%60", "x", "/!(;[|^`", ""),
        ("GET", "/%00%20%22%23%3c%3f%5c%7f", "x", "/%00%20%22%23%3C%3F%5C%7F", ""),
        ("GET", "/^`{|}[]~!$&'()*+,;=:@", "x", "/^`{|}[]~!$&'()*+,;=:@", ""),
        ("GET", "/a?100%", "x", "/a", "100%"),
        ("GET", "/a?b\\c?\\", "x", "/a", "b\\c?\\"),
        ("GET", "http://h?b\\c", "h", "/", "b\\c"),
        ("GET", "/a?u=http://b/", "x", "/a", "u=http://b/"),
        ("GET", "http://h", "h", "/", ""),
        ("GET", "http://h/", "h", "/", ""),
        ("GET", "hTTps://h:80/a?b=1", "h:80", "/a", "b=1"),
        ("GET", "http://h?b=1", "h", "/", "b=1"),
        ("GET", "http://h?/b", "h", "/", "/b"),
        ("GET", "http://[::1]:80/a", "[::1]:80", "/a", ""),
        ("OPTIONS", "*", "x", "*", ""),
        ("OPTIONS", "http://h", "h", "*", ""),
        ("OPTIONS", "http://h/", "h", "/", ""),
        ("OPTIONS", "http://h?a", "h", "/", "a"),
        ("OPTIONS", "/a", "x", "/a", ""),
    ] {
        let request = parsed(format!("{method} {target} HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!(request.target, target);
        assert_eq!(
            (request.headers.get("Host"), request.path.as_str()),
            (Some(host), path),
            "{method} {target}"
        );
        assert_eq!(request.query, Fields::parse(query), "{method} {target}");
        assert_eq!(request.headers.iter().len(), 1);
    }
}

#[test]
fn what_is_none_of_the_forms_is_refused() {
    for (method, target) in [
        ("GET", "a"),
        ("GET", "*"),
        ("GET", "?a=1"),
        ("GET", "x:80"),
        ("GET", "http:/h/"),
        ("GET", "http:h"),
        ("GET", "http://"),
        ("GET", "http:///a"),
        ("GET", "http://?a"),
        ("GET", "http://me@h/"),
        ("GET", "http://me:word@h/"),
        ("GET", "http://h:a/"),
        ("GET", "http://h:65536/"),
        ("GET", "http://[::1/"),
        ("GET", "http://[::1]x/"),
        ("GET", "http://[h]/"),
        ("GET", "http://h%/"),
        ("GET", "ws://h/"),
        ("GET", "://h/"),
        ("OPTIONS", "**"),
        ("OPTIONS", "*?a"),
        ("GET", "/%"),
        ("GET", "/%4"),
        ("GET", "/%zz"),
        ("GET", "/%4é"),
        ("GET", "/a%?b"),
        ("GET", "/%%41"),
        ("GET", "/%+1"),
        ("GET", "/a#b"),
        ("GET", "/a\"b"),
        ("GET", "/<b>"),
        ("GET", "/a\\b"),
        ("GET", "/a\\b?c\\d"),
        ("GET", "http://h\\a?b"),
        ("GET", "/?a=\"\\"),
        ("GET", "/é"),
        ("GET", "/\u{7f}"),
        ("GET", "/\0"),
    ] {
        let error = refused(format!("{method} {target} HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!(error.status.0, 400, "{method} {target}: {error}");
    }
}

#[test]
fn a_wrong_letter_is_shown_whole_and_as_it_is_to_be_sent() {
    for (target, letter, codes) in [
        (&b"/a\"b"[..], r#""\"""#, "%22"),
        (b"/a\\b", r#""\\""#, "%5C"),
        ("/?q=é".as_bytes(), "\"é\"", "%C3%A9"),
        ("/李".as_bytes(), "\"李\"", "%E6%9D%8E"),
        // No letter of UTF-8.
        (b"/\xe9", r#""\xe9""#, "%E9"),
        ("/\u{202e}".as_bytes(), r#""\u{202e}""#, "%E2%80%AE"),
    ] {
        let message =
            refused([b"GET ", target, b" HTTP/1.1\r\nHost: x\r\n\r\n"].concat()).to_string();
        let expected = format!("found {letter} in the URL, expected it as {codes} (");
        assert!(message.starts_with(&expected), "{message}");
    }
}

#[test]
fn a_host_is_a_name_or_an_address_and_perhaps_a_port() {
    for (host, name) in [
        ("localhost", Some("localhost")),
        ("LocalHost:8000", Some("localhost")),
        ("a.b-c.example.", Some("a.b-c.example.")),
        ("127.0.0.1:8000", Some("127.0.0.1")),
        ("x:", Some("x")),
        ("x:0", Some("x")),
        ("x:00080", Some("x")),
        ("x:65535", Some("x")),
        ("[::1]", Some("[::1]")),
        ("[FE80::1]:80", Some("[fe80::1]")),
        ("[::ffff:1.2.3.4]:", Some("[::ffff:1.2.3.4]")),
        ("a_b", Some("a_b")),
        ("caf%C3%A9", Some("caf%c3%a9")),
        ("", None),
        (":80", None),
        ("x:y", None),
        ("x:+1", None),
        ("x:-1", None),
        ("x:65536", None),
        ("x:99999999999999999999", None),
        ("x:80:80", None),
        ("::1", None),
        ("[", None),
        ("]", None),
        ("[]", None),
        ("[]:80", None),
        ("[::1", None),
        ("::1]", None),
        ("[::1]80", None),
        ("[::1]]", None),
        ("[[::1]]", None),
        ("[::1%25eth0]", None),
        ("[127.0.0.1]", None),
        ("x/y", None),
        ("x?y", None),
        ("x#y", None),
        ("x@y", None),
        ("x\\y", None),
        ("x y", None),
        ("x\ty", None),
        ("x%", None),
        ("x%4", None),
        ("é", None),
        ("http://x", None),
    ] {
        let bytes = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        match name {
            Some(name) => assert_eq!(parsed(bytes).host_name().as_deref(), Some(name), "{host}"),
            None => assert_eq!(refused(bytes).status.0, 400, "{host}"),
        }
    }
}
