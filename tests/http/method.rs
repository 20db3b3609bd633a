use carafe::http::Method;

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
        assert_eq!(Method::from_word(word), method);
        assert_eq!(
            (method.as_str(), method.to_string().as_str(), method.is_safe()),
            (word, word, safe)
        );
    }
}

#[test]
fn case_counts() {
    for word in ["get", "Get", "GET ", "", "GETS"] {
        assert_eq!(Method::from_word(word), Method::Other(word.into()));
    }
}
