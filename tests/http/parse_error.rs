use crate::reader::parse_head;
use carafe::http::{
    ChunkedBody, Limits, Method, ParseError, Request, expects_continue, forwarded::Proxies, framing,
};

#[test]
fn each_error_has_its_status_and_a_sentence() {
    let limits = Limits {
        head_bytes: 400,
        target_bytes: 100,
        headers: 3,
        body_bytes: 5,
        ..Limits::default()
    };
    let head = |text: String| parse_head(text.as_bytes(), &limits).unwrap_err();
    let with =
        |fields: &str| crate::parsed(format!("POST / HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n"));
    let framed = |fields: &str| framing(&with(fields), &limits).unwrap_err();
    let chunked = |text: &[u8]| ChunkedBody::default().feed(text, &limits).unwrap_err();
    let mut secure = Request::new(Method::Get, "https://x/");
    let misdirected = Proxies::default().find_client(([127, 0, 0, 1], 1).into(), &mut secure);
    let errors: [(ParseError, u16, &str); 13] = [
        (head("GET / HTTP/x\r\n".into()), 400, "found the version \"HTTP/x\", expected HTTP/1.1"),
        (head("GET / HTTP/2.0\r\n".into()), 505, "HTTP/2.0"),
        (head("A".repeat(200)), 501, "method is longer"),
        (misdirected.unwrap_err(), 421, "https://"),
        (head(format!("GET /{}", "a".repeat(200))), 414, "100 bytes"),
        (head(format!("GET / HTTP/1.1\r\na: {}", "a".repeat(400))), 431, "400 bytes"),
        (head(format!("GET / HTTP/1.1\r\n{}", "a: b\r\n".repeat(4))), 431, "3 header fields"),
        (framed("Content-Length: 6"), 413, "5 bytes"),
        (framed("Transfer-Encoding: gzip, chunked"), 501, "gzip, chunked"),
        (expects_continue(&with("Expect: miracles")).unwrap_err(), 417, "miracles"),
        (chunked(b"6\r\n"), 413, "5 bytes"),
        (chunked(&[b"0\r\n", "a: b\r\n".repeat(4).as_bytes()].concat()), 431, "3 header fields"),
        (chunked(format!("1;{}\r\n", "a".repeat(400)).as_bytes()), 431, "400 bytes"),
    ];
    for (error, status, words) in errors {
        assert_eq!(error.status.0, status, "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.status.reason().is_empty(), "{error:?}");
    }
}

/// The bytes that came, not those of another encoding.
#[test]
fn a_message_shows_bytes_that_are_not_utf_8_as_they_came() {
    for head in [
        &b"Host: \xef\r\n"[..],
        b"Host: x\r\nContent-Length: \xef\r\n",
        b"Host: x\r\nTransfer-Encoding: \xef\r\n",
        b"Host: x\r\nExpect: \xef\r\n",
        b"Host: x\r\nContent-Type: \xef\r\n",
        b"Host: x\r\ncontent-encoding: \xef\r\n",
        b"Host: x\r\nOrigin: \xef\r\n",
        b"Host: x\r\nX\xef: y\r\n",
    ] {
        let message = crate::refused([b"GET / HTTP/1.1\r\n", head, b"\r\n"].concat()).to_string();
        assert!(message.contains(r"\xef"), "{message}");
    }
    let message = crate::refused(b"GET /\xef HTTP/1.1\r\nHost: x\r\n\r\n").to_string();
    assert!(message.contains(r"\xef"), "{message}");
}

/// What a client sent is shown cut and escaped: it may go to a terminal.
#[test]
fn a_message_holds_no_control_characters_and_is_short() {
    let mut line = b"GET /\x1b]0;title\x07\xff".to_vec();
    line.resize(5000, b'a');
    line.extend_from_slice(b" HTTP/1.1\r\n");
    let message = crate::refused(&line).to_string();
    assert!(
        message.len() < 300
            && message.is_ascii()
            && !message.contains(|shown: char| shown.is_ascii_control())
    );
    assert!(message.contains(r"GET /\x1b"), "{message}");
}
