use crate::{parsed, reader::parse_head, refused};
use carafe::http::{Limits, Method, Version};

#[test]
fn a_head_becomes_a_request() {
    let bytes = b"POST /search?q=tea+%26+milk HTTP/1.1\r\nHost: localhost:8000\r\nContent-Length: 5\r\nX-Text:\r\n\r\n";
    let request = parsed(bytes);
    assert_eq!((request.method, request.version), (Method::Post, Version::Http11));
    assert_eq!(
        (request.target.as_str(), request.path.as_str()),
        ("/search?q=tea+%26+milk", "/search")
    );
    assert_eq!(request.query.get("q"), Some("tea & milk"));
    let headers: Vec<_> = request.headers.iter().collect();
    assert_eq!(headers, [("Host", "localhost:8000"), ("Content-Length", "5"), ("X-Text", "")]);
    assert_eq!((request.body, request.peer), (vec![], None));
}

#[test]
fn what_follows_the_head_is_left_alone() {
    let head = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    for more in [&b"GET /next HTTP/1.1\r\n"[..], b"\n", b"\0\xff", b"\r\n\r\n"] {
        let (_, used) = parse_head(&[head, more].concat(), &Limits::default()).unwrap().unwrap();
        assert_eq!(used, head.len());
    }
}

#[test]
fn every_prefix_is_not_yet() {
    let bytes = b"GET http://y/a HTTP/1.0\r\nHost: x\r\nX-Text: a\xffb\r\n\r\n";
    for end in 0..bytes.len() {
        let outcome = parse_head(&bytes[..end], &Limits::default());
        assert!(matches!(outcome, Ok(None)), "{}: {outcome:?}", bytes[..end].escape_ascii());
    }
    parsed(bytes);
}

/// Nobody shall wait for the end of a line that can only be refused, or of a head of which one line
/// can.
#[test]
fn a_wrong_line_is_refused_before_the_head_is_complete() {
    for bytes in [
        &b"\0"[..],
        b"\n",
        b"\r\n\n",
        b"\x16\x03\x01",
        b"GET /\r\n",
        b"GET / HTTP/1.1\n",
        b"GET / HTTP/1.1\r\n Host: x\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n",
        b"GET / HTTP/1.1\r\nHost: x\n",
        b"GET / HTTP/1.1\r\nX-Text: \0\r\n",
    ] {
        assert_eq!(refused(bytes).status.0, 400, "{}", bytes.escape_ascii());
    }
}

#[test]
fn a_version_is_two_digits_and_a_point() {
    for (version, outcome) in [
        ("HTTP/1.1", Ok(Version::Http11)),
        ("HTTP/1.0", Ok(Version::Http10)),
        ("HTTP/1.2", Ok(Version::Http11)),
        ("HTTP/1.9", Ok(Version::Http11)),
        ("HTTP/2.0", Err(505)),
        ("HTTP/0.9", Err(505)),
        ("HTTP/9.9", Err(505)),
        ("HTTP/1.10", Err(400)),
        ("HTTP/01.1", Err(400)),
        ("HTTP/1", Err(400)),
        ("HTTP/1.", Err(400)),
        ("HTTP/2", Err(400)),
        ("HTTP/1,1", Err(400)),
        ("HTTP/-1.1", Err(400)),
        ("HTTP 1.1", Err(400)),
        ("HTTPS/1.1", Err(400)),
        ("http/1.1", Err(400)),
        ("HTTP/1.1\r", Err(400)),
        ("HTTP/1.\u{661}", Err(400)),
        ("", Err(400)),
    ] {
        let bytes = format!("GET / {version}\r\nHost: x\r\n\r\n");
        let found = parse_head(bytes.as_bytes(), &Limits::default());
        let found = found.map(|head| head.unwrap().0.version).map_err(|error| error.status.0);
        assert_eq!(found, outcome, "{version:?}");
    }
}

/// Every byte there is, in each place of a head where one may stand.
#[test]
fn each_place_takes_its_own_bytes_and_no_others() {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_text = |byte: u8| byte == b'\t' || byte >= b' ' && byte != 0x7f;
    let is_in_target = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>\\%".contains(&byte);
    for byte in 0..=u8::MAX {
        // In a name a colon is its end, so there it is the value that takes the rest.
        for (before, after, allowed) in [
            ("G", "T / HTTP/1.1\r\nHost: x\r\n\r\n", is_token(byte)),
            ("", "ET / HTTP/1.1\r\nHost: x\r\n\r\n", is_token(byte)),
            ("GET /a", "b HTTP/1.1\r\nHost: x\r\n\r\n", is_in_target(byte)),
            ("GET / HTTP/1.", "\r\nHost: x\r\n\r\n", byte.is_ascii_digit()),
            ("GET / HTTP/1.1\r\nHost: x\r\nX", "X: a\r\n\r\n", is_token(byte) || byte == b':'),
            ("GET / HTTP/1.1\r\nHost: x\r\n", ": a\r\n\r\n", is_token(byte)),
            ("GET / HTTP/1.1\r\nHost: x\r\nX: a", "b\r\n\r\n", is_text(byte)),
            ("GET / HTTP/1.1\r\nHost: x\r\nX:", "\r\n\r\n", is_text(byte)),
            ("GET / HTTP/1.1\r\nHost: x\r\nX: a", "\r\n\r\n", is_text(byte)),
        ] {
            let bytes = [before.as_bytes(), &[byte], after.as_bytes()].concat();
            let outcome = parse_head(&bytes, &Limits::default());
            assert_eq!(
                matches!(outcome, Ok(Some(_))),
                allowed,
                "{}: {outcome:?}",
                bytes.escape_ascii()
            );
        }
    }
}

#[test]
fn blanks_around_a_value_are_no_part_of_it_and_inside_it_they_are() {
    for (line, value) in [
        ("X:a", "a"),
        ("X: a", "a"),
        ("X:\t \ta \t", "a"),
        ("X: a \t b ", "a \t b"),
        ("X:", ""),
        ("X: \t ", ""),
        ("X: :", ":"),
        ("X::a", ":a"),
        ("X: é", "é"),
        ("X: \u{a0}a\u{a0}", "\u{a0}a\u{a0}"),
    ] {
        let request = parsed(format!("GET / HTTP/1.1\r\nHost: x\r\n{line}\r\n\r\n"));
        assert_eq!(request.headers.get("X"), Some(value), "{line:?}");
    }
}

#[test]
fn a_value_that_is_not_utf_8_loses_nothing() {
    let request = parsed(b"GET / HTTP/1.1\r\nHost: x\r\nX: caf\xe9 \xff\r\n\r\n");
    assert_eq!(request.headers.get("X"), Some("café ÿ"));
}

#[test]
fn a_message_names_what_was_found_and_what_was_expected() {
    for (bytes, found, expected) in [
        ("\x16\x03", "TLS", "http://"),
        ("GET / HTTP/1.1\r\n\r\n", "no Host", "one"),
        ("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "more than one Host", "one"),
        ("GET / HTTP/1.1\r\nHost: x y\r\n\r\n", r#""x y""#, "a host"),
        // What a line holds may be a secret, so only its front is named.
        ("GET / HTTP/1.1\r\nName : a\r\n", r#""Name :""#, "colon"),
        ("GET / HTTP/1.1\r\nname=a\r\n", r#""name=""#, "colon"),
        ("GET / HTTP/1.1\r\nName\r\n", r#""Name""#, "colon"),
        ("GET / HTTP/1.1\r\n Name: a\r\n", "begins with a blank", "a header field"),
        ("GET / HTTP/1.1\r\nName: \0\r\n", r#"a control character in "Name:""#, "text"),
        ("GET / HTTP/1.1\r\nNa\0me: a\r\n", r#""Na\x00""#, "text"),
        ("GET / HTTP/1.1\rHost: x\r\n", "a CR without a LF", "CR LF"),
        ("GET / HTTP/1.1\n", "LF", "CR LF"),
        ("GET /\r\n", r#""GET /""#, "a version"),
        ("GET /a<b HTTP/1.1\r\n", r#""<""#, "%3C"),
        ("GET /é HTTP/1.1\r\n", "\"é\"", "%C3%A9 (in a query"),
        ("GET /a%2 HTTP/1.1\r\n", r#""%2""#, "%25"),
        ("GET a HTTP/1.1\r\n", r#""a""#, "starts with /"),
        ("GET http://u@h/ HTTP/1.1\r\n", r#""u@h""#, "a host"),
        ("GET http://u:pw@h/ HTTP/1.1\r\n", r#""u""#, "a host"),
        ("G(T / HTTP/1.1\r\n", r#""G(T""#, "a word such as GET"),
        ("GET / HTTP/x\r\n", r#""HTTP/x""#, "HTTP/1.1"),
    ] {
        let error = refused(bytes);
        assert_eq!(error.status.0, 400, "{bytes:?}");
        let message = error.to_string();
        assert!(message.contains(found) && message.contains(expected), "{bytes:?}: {message}");
        assert!(
            message.starts_with("found ") && message.contains(", expected "),
            "{bytes:?}: {message}"
        );
    }
}
