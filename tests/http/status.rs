use carafe::http::Status;

#[test]
fn a_status_shows_its_code_and_its_reason() {
    for (status, shown) in [
        (Status::OK, "200 OK"),
        (Status::NOT_FOUND, "404 Not Found"),
        (Status::CONTENT_TOO_LARGE, "413 Content Too Large"),
        (Status(418), "418 I'm a Teapot"),
        (Status::HEADERS_TOO_LARGE, "431 Request Header Fields Too Large"),
        (Status::PRECONDITION_REQUIRED, "428 Precondition Required"),
        (Status(299), "299 "),
    ] {
        assert_eq!(status.to_string(), shown);
    }
    // All of RFC 9110 §15, but for 305 and 306, which are no longer used.
    let redirects = (300..=304).chain([307, 308]);
    for code in
        (200..=206).chain(redirects).chain(400..=417).chain([421, 422, 426]).chain(500..=505)
    {
        assert_ne!(Status(code).reason(), "", "{code}");
    }
}

#[test]
fn informational_answers_204_and_304_have_no_body() {
    let without: Vec<u16> = (100..600).filter(|&code| Status(code).has_no_body()).collect();
    assert_eq!(without, (100..200).chain([204, 304]).collect::<Vec<u16>>());
}
