use super::parsed;
use carafe::http::Method;

/// The method of a request that begins with this word.
fn method_of(word: &str) -> Method {
    parsed(format!("{word} / HTTP/1.1\r\nHost: x\r\n\r\n")).method
}

#[test]
fn each_method_has_its_word_and_is_safe_or_not() {
    for (word, method, safe) in [
        ("GET", Method::Get, true),
        ("HEAD", Method::Head, true),
        ("OPTIONS", Method::Options, true),
        ("POST", Method::Post, false),
        ("PUT", Method::Put, false),
        ("PATCH", Method::Patch, false),
        ("DELETE", Method::Delete, false),
        ("BREW", Method::Other("BREW".into()), false),
    ] {
        assert_eq!(method_of(word), method);
        assert_eq!(
            (method.as_str(), method.to_string().as_str(), method.is_safe()),
            (word, word, safe)
        );
    }
}

#[test]
fn case_counts() {
    for word in ["get", "Get", "GETS"] {
        assert_eq!(method_of(word), Method::Other(word.into()));
    }
}
