use carafe::http::Fields;
use carafe::http::fields::{percent_decode, percent_encode};

#[test]
fn pairs_are_split_first_and_decoded_then() {
    for (text, pairs) in [
        ("", &[][..]),
        ("a=1&b=2", &[("a", "1"), ("b", "2")]),
        ("a=1&a=2", &[("a", "1"), ("a", "2")]),
        ("a", &[("a", "")]),
        ("a=", &[("a", "")]),
        ("=1", &[("", "1")]),
        ("&&a=1&", &[("a", "1")]),
        ("a=b=c", &[("a", "b=c")]),
        ("a=1%262&b%3D=3", &[("a", "1&2"), ("b=", "3")]),
        ("q=tea+and%2Bmilk", &[("q", "tea and+milk")]),
        ("a;b=1", &[("a;b", "1")]),
        ("name=%E6%9D%8E", &[("name", "李")]),
        ("name=李", &[("name", "李")]),
        ("a=%FF%00", &[("a", "\u{fffd}\0")]),
        ("a=100%&b=%4&c=%zz&d=%%41", &[("a", "100%"), ("b", "%4"), ("c", "%zz"), ("d", "%A")]),
    ] {
        let fields = Fields::parse(text);
        assert_eq!(fields.iter().collect::<Vec<_>>(), pairs, "{text}");
        assert_eq!(
            (fields.iter().len(), fields.is_empty()),
            (pairs.len(), pairs.is_empty()),
            "{text}"
        );
    }
}

#[test]
fn names_have_a_case() {
    let fields = Fields::parse("a=1&A=2&a=3");
    assert_eq!((fields.get("a"), fields.get("A"), fields.get("b")), (Some("1"), Some("2"), None));
    assert_eq!(fields.get_all("a").collect::<Vec<_>>(), ["1", "3"]);
}

#[test]
fn what_is_encoded_is_read_back_the_same() {
    let mut fields = Fields::default();
    for (name, value) in
        [("q", "tea & milk"), ("", ""), ("a=b", "100%+1"), ("é", "*-._~\"'\r\n\0"), ("q", "李明")]
    {
        fields.append(name, value);
    }
    let text = fields.encode();
    assert!(text.is_ascii() && !text.contains([' ', '"', '\r']), "{text}");
    // A pair of two empty texts is `=`, which is not nothing.
    assert_eq!(Fields::parse(&text), fields);
}

#[test]
fn every_byte_survives_percent_encoding() {
    let text: String = (0..=0x2ff).filter_map(char::from_u32).collect();
    for kept in ["", "-._~", "/"] {
        let encoded = percent_encode(&text, kept);
        assert_eq!(percent_decode(&encoded), text);
        let is_plain = |byte: u8| {
            byte.is_ascii_alphanumeric() || byte == b'%' || kept.as_bytes().contains(&byte)
        };
        assert!(encoded.bytes().all(is_plain), "{encoded}");
    }
}

#[test]
fn decoding_happens_once() {
    for (text, decoded) in [
        ("%2541", "%41"),
        ("%252e%252e", "%2e%2e"),
        ("a%2Fb", "a/b"),
        ("%", "%"),
        ("%4", "%4"),
        ("é%", "é%"),
    ] {
        assert_eq!(percent_decode(text), decoded, "{text}");
    }
}
