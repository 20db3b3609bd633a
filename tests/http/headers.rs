use carafe::http::Headers;

fn headers(fields: &[(&str, &str)]) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in fields {
        headers.append(name, value);
    }
    headers
}

#[test]
fn names_have_no_case_and_keep_the_case_they_were_written_in() {
    let headers = headers(&[("Content-Type", "text/html")]);
    for name in ["Content-Type", "content-type", "CONTENT-TYPE"] {
        assert_eq!(headers.get(name), Some("text/html"));
    }
    assert_eq!(headers.get("Content"), None);
    assert_eq!(headers.iter().collect::<Vec<_>>(), [("Content-Type", "text/html")]);
}

#[test]
fn a_name_may_come_more_than_once_and_order_is_kept() {
    let headers = headers(&[("Set-Cookie", "a=1"), ("Vary", "Accept"), ("set-cookie", "b=2")]);
    assert_eq!(headers.get("Set-Cookie"), Some("a=1"));
    assert_eq!(headers.get_all("SET-COOKIE").collect::<Vec<_>>(), ["a=1", "b=2"]);
    assert_eq!(headers.iter().len(), 3);
}

#[test]
fn set_replaces_all_of_a_name_and_nothing_else() {
    let mut headers = headers(&[("A", "1"), ("B", "2"), ("a", "3"), ("C", "4")]);
    headers.set("a", String::from("5"));
    assert_eq!(headers.iter().collect::<Vec<_>>(), [("B", "2"), ("C", "4"), ("a", "5")]);
}

#[test]
fn remove_takes_out_all_of_a_name() {
    let mut headers = headers(&[("A", "1"), ("B", "2"), ("a", "3")]);
    headers.remove("A");
    assert_eq!(format!("{headers:?}"), r#"[("B", "2")]"#);
    headers.remove("A");
    assert!(headers.contains("b") && !headers.contains("A"));
    headers.remove("B");
    assert_eq!(headers.iter().len(), 0);
}

#[test]
fn a_token_is_found_in_any_list_of_its_name() {
    let headers = headers(&[("Connection", "keep-alive ,\tUpgrade"), ("connection", ",, close")]);
    for (token, found) in [
        ("upgrade", true),
        ("Keep-Alive", true),
        ("CLOSE", true),
        ("keep", false),
        ("keep-alive ,\tUpgrade", false),
    ] {
        assert_eq!(headers.has_token("Connection", token), found, "{token}");
    }
}

/// Some languages call U+00A0 white space; HTTP does not (RFC 9110 §5.6.3).
#[test]
fn only_space_and_tab_stand_around_a_token() {
    assert!(!headers(&[("Connection", "close\u{a0}")]).has_token("Connection", "close"));
}
