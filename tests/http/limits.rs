//! Each bound exactly, and one beyond it.

use crate::reader::Reader;
use carafe::http::Limits;

/// The statuses of a request with this many bytes of target, fields and so on, under these limits.
fn statuses(bytes: &str, limits: &Limits) -> Vec<u16> {
    let whole = Reader::read(bytes.as_bytes(), bytes.len(), limits);
    let pieces = Reader::read(bytes.as_bytes(), 7, limits);
    assert_eq!(whole.outcome(), pieces.outcome());
    whole.statuses()
}

#[test]
fn a_head_may_use_its_limit_up() {
    let bytes = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Text: 123456789\r\n\r\n";
    let limits = |head_bytes| Limits { head_bytes, ..Limits::default() };
    assert_eq!(statuses(bytes, &limits(bytes.len())), [200]);
    for less in 1..bytes.len() {
        assert_eq!(statuses(bytes, &limits(bytes.len() - less)), [431], "{less} bytes less");
    }
}

/// A connection lets them go before the head begins, however the bytes arrive. Without a connection
/// they are bounded as a head is.
#[test]
fn empty_lines_in_front_are_no_part_of_the_head() {
    let head = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let limits = |head_bytes| Limits { head_bytes, ..Limits::default() };
    for lines in [0, 1, 100] {
        let bytes = "\r\n".repeat(lines) + head;
        assert_eq!(statuses(&bytes, &limits(head.len())), [200], "{lines}");
        assert_eq!(statuses(&bytes, &limits(head.len() - 1)), [431], "{lines}");
        assert_eq!(statuses(&"\r\n".repeat(lines), &limits(20)), [0; 0], "{lines}");
    }
}

/// A client cannot make the server work without end by sending its bytes one by one.
#[test]
fn a_head_that_comes_byte_by_byte_is_parsed_anew_once_for_each_end_of_a_line() {
    let lines = format!("GET /{} HTTP/1.1\r\n{}", "p".repeat(8100), "A: b\r\n".repeat(50));
    let bytes = format!("{lines}Host: x\r\nX: {}\r\n\r\n", "\t".repeat(50_000));
    let reader = Reader::read(bytes.as_bytes(), 1, &Limits::default());
    assert_eq!(reader.statuses(), [200]);
    let most = 2 * 54 * 9_000 + 10 * bytes.len();
    assert!(reader.parsed_bytes < most, "{} of at most {most}", reader.parsed_bytes);
}

#[test]
fn a_second_request_has_a_limit_of_its_own() {
    let bytes = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let limits = Limits { head_bytes: bytes.len(), ..Limits::default() };
    assert_eq!(statuses(&bytes.repeat(5), &limits), [200; 5]);
}

#[test]
fn a_target_may_use_its_limit_up() {
    let limits = Limits { target_bytes: 8, ..Limits::default() };
    for (target, status) in [
        ("/1234567", 200),
        ("/12345678", 414),
        ("/123456789", 414),
        ("/?345678", 200),
        ("/?3456789", 414),
    ] {
        assert_eq!(
            statuses(&format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"), &limits),
            [status],
            "{target}"
        );
    }
}

#[test]
fn a_line_without_end_is_refused_before_the_head_is_full() {
    let limits = Limits { target_bytes: 8, ..Limits::default() };
    for (begins, status) in
        [("GET /", 414), ("BREW /", 414), ("PROPFIND /", 501), ("A", 501), ("A(", 400)]
    {
        assert_eq!(statuses(&format!("{begins:a<72}"), &limits), [408], "{begins}");
        assert_eq!(statuses(&format!("{begins:a<73}"), &limits), [status], "{begins}");
    }
}

/// What makes a line wrong may lie behind the bound that it passes: then nobody looks at it.
#[test]
fn a_bound_is_passed_before_what_lies_behind_it_is_judged() {
    let limits = Limits { target_bytes: 8, head_bytes: 200, ..Limits::default() };
    for end in ["", "\n"] {
        assert_eq!(statuses(&format!("GET /{:a<100}{end}", ""), &limits), [414]);
        let head = format!("GET / HTTP/1.1\r\nX: {:A<200}{end}", "");
        assert_eq!(statuses(&head, &limits), [431]);
    }
}

#[test]
fn there_may_be_as_many_fields_as_the_limit_says() {
    let limits = Limits { headers: 3, ..Limits::default() };
    for (more, status) in [(0, 200), (2, 200), (3, 431), (50, 431)] {
        let fields = "X-Text: 1\r\n".repeat(more);
        assert_eq!(
            statuses(&format!("GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n"), &limits),
            [status],
            "{more}"
        );
    }
}

#[test]
fn a_body_may_use_its_limit_up() {
    let limits = Limits { body_bytes: 8, ..Limits::default() };
    let head = "POST / HTTP/1.1\r\nHost: x\r\n";
    for (rest, status) in [
        ("Content-Length: 8\r\n\r\n12345678", 200),
        ("Content-Length: 9\r\n\r\n", 413),
        ("Transfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n0\r\n\r\n", 200),
        ("Transfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n4\r\n5678\r\n0\r\n\r\n", 200),
        ("Transfer-Encoding: chunked\r\n\r\n9\r\n", 413),
        ("Transfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n5\r\n", 413),
    ] {
        assert_eq!(statuses(&format!("{head}{rest}"), &limits), [status], "{rest}");
    }
}

/// Trailers and chunk extensions are thrown away, and still somebody would have to read them.
#[test]
fn extensions_and_trailers_are_bounded_like_a_head() {
    let limits = Limits { head_bytes: 90, headers: 3, ..Limits::default() };
    let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let extension = format!(";{}", "x".repeat(29));
    for (chunks, status) in [
        (format!("1{extension}\r\na\r\n").repeat(3) + "0\r\n\r\n", 200),
        (format!("1{extension}\r\na\r\n").repeat(3) + "0;a\r\n\r\n", 431),
        ("00001\r\na\r\n".repeat(22) + "0\r\n\r\n", 200),
        ("00001\r\na\r\n".repeat(23) + "0\r\n\r\n", 431),
        (format!("1;{}", "x".repeat(100)), 431),
        ("1".repeat(100), 431),
        ("0\r\n".to_owned() + &"X: 1\r\n".repeat(3) + "\r\n", 200),
        ("0\r\n".to_owned() + &"X: 1\r\n".repeat(4) + "\r\n", 431),
        (format!("0\r\nX: {}\r\n\r\n", "x".repeat(87)), 431),
        (format!("0\r\nX: {}", "x".repeat(100)), 431),
    ] {
        assert_eq!(statuses(&format!("{head}{chunks}"), &limits), [status], "{chunks}");
    }
}

#[test]
fn no_limits_at_all_overflow_nothing() {
    let most = usize::MAX;
    let limits = Limits {
        head_bytes: most,
        target_bytes: most,
        headers: most,
        body_bytes: most,
        ..Limits::default()
    };
    let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(statuses(&format!("{head}5\r\nhello\r\n0\r\n\r\n"), &limits), [200]);
    assert_eq!(statuses(&format!("{head}5\r\nhello\r\nffffffffffffffff\r\n"), &limits), [413]);
    assert_eq!(statuses(&format!("{head}ffffffffffffffff\r\nhello"), &limits), [408]);
}

#[test]
fn limits_of_nothing_refuse_everything() {
    let limits =
        Limits { head_bytes: 0, target_bytes: 0, headers: 0, body_bytes: 0, ..Limits::default() };
    for bytes in ["G", "\r", "GET / HTTP/1.1\r\n"] {
        assert_eq!(statuses(bytes, &limits), [431], "{bytes:?}");
    }
}

/// Limits may be other ones for the next piece; what has come already may then be too much.
#[test]
fn limits_that_shrink_while_a_body_arrives_refuse_its_next_chunk() {
    let mut body = carafe::http::ChunkedBody::default();
    body.feed(b"5\r\nhello\r\n", &Limits::default()).unwrap();
    let small = Limits { body_bytes: 2, ..Limits::default() };
    assert_eq!(body.feed(b"1\r\n", &small).unwrap_err().status.0, 413);
}

#[test]
fn a_query_may_have_as_many_fields_as_the_limit_says() {
    let limits = Limits { fields: 3, ..Limits::default() };
    for (query, status) in [
        ("", 200),
        ("a=1&b&c", 200),
        ("&&&&", 200),
        ("a&b&c&", 200),
        ("a&b&c&d", 414),
        ("&a&b&&c&d", 414),
    ] {
        let request = format!("GET /?{query} HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(statuses(&request, &limits), [status], "{query}");
    }
}
