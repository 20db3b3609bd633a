use crate::parsed;
use carafe::http::{ChunkedBody, Framing, Limits, expects_continue, framing};

/// How a POST with these header lines says where its body ends, or the status that refuses it.
fn framing_of(version: &str, lines: &str) -> Result<Framing, u16> {
    let request = parsed(format!("POST / {version}\r\nHost: x\r\n{lines}\r\n"));
    framing(&request, &Limits::default()).map_err(|error| error.status.0)
}

#[test]
fn the_headers_say_where_a_body_ends() {
    for (lines, outcome) in [
        ("", Ok(Framing::None)),
        ("Content-Length: 0\r\n", Ok(Framing::None)),
        ("Content-Length: 5\r\n", Ok(Framing::Length(5))),
        ("content-length:005\r\n", Ok(Framing::Length(5))),
        ("Content-Length: 1048576\r\n", Ok(Framing::Length(1_048_576))),
        ("Content-Length: 1048577\r\n", Err(413)),
        ("Content-Length: 18446744073709551615\r\n", Err(413)),
        ("Content-Length: 18446744073709551616\r\n", Err(413)),
        ("Content-Length: \r\n", Err(400)),
        ("Content-Length: +5\r\n", Err(400)),
        ("Content-Length: -0\r\n", Err(400)),
        ("Content-Length: 5;\r\n", Err(400)),
        ("Content-Length: 5,5\r\n", Err(400)),
        ("Content-Length: 1e3\r\n", Err(400)),
        ("Content-Length: 1_000\r\n", Err(400)),
        ("Content-Length: \u{665}\r\n", Err(400)),
        ("Content-Length: 5\u{a0}\r\n", Err(400)),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", Err(400)),
        ("Content-Length: 5\r\ncontent-length: 6\r\n", Err(400)),
        ("Transfer-Encoding: chunked\r\n", Ok(Framing::Chunked)),
        ("transfer-encoding:\tCHUNKED \r\n", Ok(Framing::Chunked)),
        ("Transfer-Encoding: gzip, chunked\r\n", Err(501)),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", Err(501)),
        ("Transfer-Encoding: \r\n", Err(400)),
        ("Transfer-Encoding: gzip\r\n", Err(400)),
        ("Transfer-Encoding: identity\r\n", Err(400)),
        ("Transfer-Encoding: chunked, identity\r\n", Err(400)),
        ("Transfer-Encoding: chunked, chunked\r\n", Err(400)),
        ("Transfer-Encoding: , chunked\r\n", Ok(Framing::Chunked)),
        ("Transfer-Encoding: chunked\t,,\r\n", Ok(Framing::Chunked)),
        ("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", Ok(Framing::Chunked)),
        ("Transfer-Encoding: ,\r\n", Err(400)),
        ("Transfer-Encoding: chunked,, chunked\r\n", Err(400)),
        ("Transfer-Encoding: gzip,, chunked\r\n", Err(501)),
        ("Transfer-Encoding: chunked;a=b\r\n", Err(400)),
        ("Transfer-Encoding: \"chunked\"\r\n", Err(400)),
        ("Transfer-Encoding: chunked\u{a0}\r\n", Err(400)),
        ("Transfer-Encoding: chunked\u{85}\r\n", Err(400)),
        ("Transfer-Encoding: chunKed\u{212a}\r\n", Err(400)),
        ("Transfer-Encoding: chun\u{212a}ed\r\n", Err(400)),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", Err(400)),
        ("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", Err(400)),
        ("Content-Length: 5\r\nTransfer-Encoding: \r\n", Err(400)),
    ] {
        assert_eq!(framing_of("HTTP/1.1", lines), outcome, "{lines}");
    }
}

#[test]
fn http_1_0_knows_lengths_and_no_chunks() {
    assert_eq!(framing_of("HTTP/1.0", "Content-Length: 5\r\n"), Ok(Framing::Length(5)));
    assert_eq!(framing_of("HTTP/1.0", "Transfer-Encoding: chunked\r\n"), Err(400));
    assert_eq!(framing_of("HTTP/1.0", "Transfer-Encoding: gzip, chunked\r\n"), Err(400));
}

#[test]
fn a_client_waits_for_100_if_it_says_so() {
    for (version, lines, outcome) in [
        ("HTTP/1.1", "", Ok(false)),
        ("HTTP/1.1", "Expect: 100-continue\r\n", Ok(true)),
        ("HTTP/1.1", "Expect: 100-CONTINUE\r\nexpect: 100-continue\r\n", Ok(true)),
        ("HTTP/1.1", "Expect: 100-continue, miracles\r\n", Err(417)),
        ("HTTP/1.1", "Expect: 100-continue\r\nExpect: miracles\r\n", Err(417)),
        ("HTTP/1.1", "Expect:\r\n", Ok(false)),
        ("HTTP/1.1", "Expect: , 100-continue,,\r\n", Ok(true)),
        ("HTTP/1.1", "Expect: 100-continue;a=b\r\n", Err(417)),
        ("HTTP/1.0", "Expect: 100-continue\r\n", Ok(false)),
        ("HTTP/1.0", "Expect: miracles\r\n", Ok(false)),
    ] {
        let request = parsed(format!("POST / {version}\r\nHost: x\r\n{lines}\r\n"));
        assert_eq!(
            expects_continue(&request).map_err(|error| error.status.0),
            outcome,
            "{version} {lines}"
        );
    }
}

/// The body of these bytes and how many of them it took, read whole and byte by byte.
fn read_chunks(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, u16> {
    let limits = Limits::default();
    let mut whole = ChunkedBody::default();
    let outcome = whole.feed(bytes, &limits).map(|used| whole.finish().map(|body| (body, used)));

    let mut body = ChunkedBody::default();
    let (mut waiting, mut used) = (Vec::new(), 0);
    let mut slowly = Ok(None);
    for &byte in bytes {
        waiting.push(byte);
        match body.feed(&waiting, &limits) {
            Ok(taken) => {
                used += taken;
                waiting.drain(..taken);
            }
            Err(error) => {
                slowly = Err(error);
                break;
            }
        }
        if let Some(body) = body.finish() {
            slowly = Ok(Some((body, used)));
            break;
        }
    }
    assert_eq!(outcome, slowly, "{}", bytes.escape_ascii());
    outcome.map_err(|error| error.status.0)
}

#[test]
fn chunks_become_one_body() {
    for (bytes, body) in [
        ("0\r\n\r\n", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n", "abcdef"),
        ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
        ("b\r\n0\r\n\r\n0\r\n\r\n\0\r\n0\r\n\r\n", "0\r\n\r\n0\r\n\r\n\0"),
        ("A\r\n0123456789\r\n000\r\n\r\n", "0123456789"),
        ("0000000000000005\r\nhello\r\n0\r\n\r\n", "hello"),
        ("0000000000000000000000005\r\nhello\r\n00\r\n\r\n", "hello"),
        ("5;a;b=c;d=\"\\\";\"\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5;a\r\nhello\r\n0;b=c\r\n\r\n", "hello"),
        ("5 \t;\ta = \"b;\tc\"\r\nhello\r\n0\r\n\r\n", "hello"),
        ("0\r\nX: 1\r\nY:\r\n\r\n", ""),
    ] {
        for more in ["", "GET / HTTP/1.1\r\n", "\n"] {
            let outcome = read_chunks(format!("{bytes}{more}").as_bytes());
            assert_eq!(outcome, Ok(Some((body.into(), bytes.len()))), "{bytes:?}");
        }
        for end in 0..bytes.len() {
            assert_eq!(read_chunks(&bytes.as_bytes()[..end]), Ok(None), "{bytes:?} up to {end}");
        }
    }
}

#[test]
fn chunks_that_break_the_grammar_are_refused() {
    for (bytes, status) in [
        ("\r\n", 400),
        ("\n", 400),
        (";a\r\n", 400),
        (" 5\r\n", 400),
        ("5 \r\n", 400),
        ("5\t\r\n", 400),
        ("5 5\r\n", 400),
        ("+5\r\n", 400),
        ("-1\r\n", 400),
        ("0x5\r\n", 400),
        ("5h\r\n", 400),
        ("5.\r\n", 400),
        ("5,\r\n", 400),
        ("\u{665}\r\n", 400),
        ("5\0\r\n", 400),
        ("5\r\r\n", 400),
        ("5\n", 400),
        ("5;\0\r\n", 400),
        ("5;a\rb\r\n", 400),
        ("5\u{b};a\r\n", 400),
        ("5;\r\n", 400),
        ("5;bad[=x\r\n", 400),
        ("5; =x\r\n", 400),
        ("4;a=\r\n", 400),
        ("4;a=\"b\r\n", 400),
        ("4;a b\r\n", 400),
        ("5;a\rb", 400),
        ("10000000000000000\r\n", 413),
        ("5\r\nhelloX", 400),
        ("5\r\nhello\n", 400),
        ("5\r\nhello\rX", 400),
        ("5\r\nhello0\r\n", 400),
        ("6\r\nhello\r\n0\r\n", 400),
        ("0\r\nX\r\n", 400),
        ("0\r\n X: 1\r\n", 400),
        ("0\r\nX : 1\r\n", 400),
        ("0\r\nX: \0\r\n", 400),
        ("0\r\n\n", 400),
        ("0\r\nX: 1\n\r\n", 400),
        ("0\r\nGET / HTTP/1.1\r\n", 400),
        ("100001\r\n", 413),
        ("ffffffffffffffff\r\n", 413),
        ("7fffffffffffffff\r\n", 413),
        ("5\r\nhello\r\nfffffffffffffffb\r\n", 413),
    ] {
        assert_eq!(read_chunks(bytes.as_bytes()), Err(status), "{bytes:?}");
    }
    // The message shows the byte that is wrong, and not only the right one before it.
    let refused = ChunkedBody::default().feed(b"1\r\na\rX", &Limits::default());
    assert!(refused.is_err_and(|error| error.to_string().contains("\"\\rX\", expected CR LF")));
}
