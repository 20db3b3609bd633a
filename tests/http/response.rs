use carafe::http::response::{Delivery, write_head};
use carafe::http::{Body, Framing, Response, SetCookie, Status};

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// The head of this response on the wire.
fn head(mut response: Response, framing: Framing, connection: Option<&'static str>) -> String {
    let mut out = Vec::new();
    let date_and_end = &format!("Date: {DATE}\r\n\r\n");
    write_head(
        &mut response,
        &Delivery { date_and_end, connection, framing, cycle_number: None },
        &mut out,
    );
    String::from_utf8(out).unwrap()
}

#[test]
fn a_head_is_a_status_line_headers_and_an_empty_line() {
    let response = Response::text("hello").with_status(Status::CREATED).with_header("X-Text", "é");
    assert_eq!(
        head(response, Framing::Length(5), Some("close")),
        format!(
            "HTTP/1.1 201 Created\r\nContent-Type: text/plain; charset=utf-8\r\nX-Text: é\r\nContent-Length: 5\r\n\
             Connection: close\r\nDate: {DATE}\r\n\r\n"
        )
    );
}

#[test]
fn each_framing_says_how_the_body_ends() {
    for (framing, line) in [
        (Framing::None, ""),
        (Framing::Close, ""),
        (Framing::Chunked, "Transfer-Encoding: chunked\r\n"),
        (Framing::Length(0), "Content-Length: 0\r\n"),
        (Framing::Length(10), "Content-Length: 10\r\n"),
        (Framing::Length(909), "Content-Length: 909\r\n"),
        (Framing::Length(u64::MAX), "Content-Length: 18446744073709551615\r\n"),
    ] {
        let expected = format!("HTTP/1.1 200 OK\r\n{line}Date: {DATE}\r\n\r\n");
        assert_eq!(head(Response::new(Status::OK), framing, None), expected, "{framing:?}");
    }
}

#[test]
fn a_status_without_a_reason_keeps_its_space() {
    assert!(head(Response::new(Status(299)), Framing::None, None).starts_with("HTTP/1.1 299 \r\n"));
}

/// Whatever a handler puts in a header, the head has as many lines as it has fields.
#[test]
fn no_header_can_smuggle_in_another() {
    for evil in [
        "\r\nX-Evil: 1",
        "\n\n<script>",
        "\r",
        "\0",
        "a\r\n\r\nHTTP/1.1 200 OK",
        "\u{7f}\u{b}\u{c}\x1b[2J",
    ] {
        let mut response = Response::redirect(&format!("/next{evil}"));
        response.headers.append("X-Name", format!("{evil}\ttext"));
        let head = head(response, Framing::Length(0), Some("close"));
        assert_eq!(head.split("\r\n").count(), 1 + 3 + 3 + 2, "{head:?}");
        let controls = head
            .replace("\r\n", "")
            .replace('\t', "")
            .matches(|shown: char| shown.is_ascii_control())
            .count();
        assert_eq!(controls, 0, "{head:?}");
    }
}

/// Two lengths would be two messages to somebody.
#[test]
fn a_handlers_own_length_coding_connection_and_date_are_passed_over() {
    let mut response = Response::text("hello");
    for name in ["content-length", "TRANSFER-ENCODING", "Connection", "Date"] {
        response.headers.append(name, "evil");
    }
    let head = head(response, Framing::Length(5), None);
    assert!(!head.contains("evil") && head.matches("Content-Length: 5").count() == 1, "{head}");
}

#[test]
fn a_header_is_replaced_and_a_cookie_is_added() {
    let mut response =
        Response::json(&1.into()).with_header("content-type", "application/problem+json");
    response.set_cookie(&SetCookie::new("a", "1").unwrap());
    response.set_cookie(&SetCookie::new("b", "2").unwrap());
    assert_eq!(response.headers.get("Content-Type"), Some("application/problem+json"));
    assert_eq!(
        response.headers.get_all("Set-Cookie").collect::<Vec<_>>(),
        ["a=1; Path=/", "b=2; Path=/"]
    );
}

#[test]
fn a_redirect_names_its_location_and_repeats_as_a_get() {
    let response = Response::redirect("/shop?a=1");
    assert_eq!(
        (response.status, response.headers.get("Location")),
        (Status::SEE_OTHER, Some("/shop?a=1"))
    );
    assert_eq!(Response::redirect_with(Status::PERMANENT_REDIRECT, "/").status.0, 308);
}

/// What a visitor may have put there must not lead to another site, however browsers bend it.
#[test]
fn a_location_that_starts_with_a_slash_stays_on_this_site() {
    for (wanted, location) in [
        ("/", "/"),
        ("/things/1?q=a&b=%20#top", "/things/1?q=a&b=%20#top"),
        ("//evil.example", "/evil.example"),
        ("///evil.example//x", "/evil.example//x"),
        ("\\\\evil.example", "/evil.example"),
        ("/\\evil.example", "/evil.example"),
        ("\\/evil.example", "/evil.example"),
        ("/\t/evil.example", "/%09/evil.example"),
        ("\t//evil.example", "%09//evil.example"),
        (" //evil.example", "%20//evil.example"),
        ("/a\\b", "/a%5Cb"),
        ("/a\r\nSet-Cookie: b=1", "/a%0D%0ASet-Cookie:%20b=1"),
        ("/\u{e9}\u{7f}\0", "/%C3%A9%7F%00"),
        ("next", "next"),
        ("", ""),
        ("https://carafe.example/", "https://carafe.example/"),
    ] {
        for response in [
            Response::redirect(wanted),
            Response::redirect_with(Status::PERMANENT_REDIRECT, wanted),
        ] {
            assert_eq!(response.headers.get("Location"), Some(location), "{wanted:?}");
        }
    }
}

#[test]
fn a_body_knows_its_length_unless_it_is_still_to_come() {
    // Any file will do: how much of it is meant is what counts.
    let file = std::fs::File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    for (body, length, shown) in [
        (Body::Empty, Some(0), "Body(Some(0))"),
        (Body::Bytes(b"a\0".to_vec()), Some(2), r"Bytes(a\x00)"),
        (Body::File { file, range: 3..10 }, Some(7), "Body(Some(7))"),
        (Body::Stream(Box::new(|_| Ok(()))), None, "Body(None)"),
    ] {
        assert_eq!((body.len(), body.is_empty()), (length, length == Some(0)), "{body:?}");
        assert_eq!(format!("{body:?}"), shown);
    }
}

#[test]
fn each_kind_of_answer_names_its_media_type() {
    for (response, media_type) in [
        (Response::text("a"), Some("text/plain; charset=utf-8")),
        (Response::html("a"), Some("text/html; charset=utf-8")),
        (Response::json(&1.into()), Some("application/json")),
        (Response::typed("image/png", vec![1]), Some("image/png")),
        (Response::stream("text/event-stream", |_| Ok(())), Some("text/event-stream")),
        (Response::new(Status::OK), None),
    ] {
        assert_eq!(
            (response.status, response.headers.get("Content-Type")),
            (Status::OK, media_type)
        );
    }
}
