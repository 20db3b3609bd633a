use carafe::http::ParseError;

#[test]
fn each_error_has_its_status_and_a_sentence() {
    for (error, status, words) in [
        (ParseError::Malformed("found x, expected y".into()), 400, "found x, expected y"),
        (ParseError::Version("HTTP/2.0".into()), 505, "HTTP/2.0"),
        (ParseError::MethodTooLong, 501, "method is longer"),
        (ParseError::Misdirected, 421, "https://"),
        (ParseError::TargetTooLong(8192), 414, "8192 bytes"),
        (ParseError::HeadTooLong(65536), 431, "65536 bytes"),
        (ParseError::TooManyHeaders(100), 431, "100 header fields"),
        (ParseError::BodyTooLong(5), 413, "5 bytes"),
        (ParseError::TooManyBodies(9), 503, "longer than 9 bytes together"),
        (ParseError::TransferCoding("gzip, chunked".into()), 501, "gzip, chunked"),
        (ParseError::Expectation("miracles".into()), 417, "miracles"),
        (ParseError::TooSlow(10), 408, "10 seconds"),
    ] {
        assert_eq!(error.status().0, status, "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.status().reason().is_empty(), "{error:?}");
    }
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
    assert!(message.contains(r"\x1b]0;title"), "{message}");
}
