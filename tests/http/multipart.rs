use carafe::http::Fields;
use carafe::http::multipart::{Multipart, UploadedFile, parse};

/// A form whose parts have these heads and data, with the boundary `x7`.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (head, data) in parts {
        bytes.extend_from_slice(format!("--x7\r\n{head}\r\n\r\n").as_bytes());
        bytes.extend_from_slice(data);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"--x7--\r\n");
    bytes
}

fn read(bytes: &[u8]) -> Multipart {
    parse("multipart/form-data; boundary=x7", bytes)
        .unwrap_or_else(|error| panic!("{}: {error}", bytes.escape_ascii()))
}

fn file(file_name: &str, content_type: &str, bytes: &[u8]) -> UploadedFile {
    let (file_name, content_type) = (file_name.to_owned(), content_type.to_owned());
    UploadedFile { file_name, content_type, bytes: bytes.to_owned() }
}

#[test]
fn fields_and_files_are_told_apart_by_the_file_name() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let form = read(&form(&[
        ("Content-Disposition: form-data; name=\"age\"", b"36"),
        ("content-disposition:form-data;name=age", "李\r\n--x".as_bytes()),
        ("Content-Disposition: form-data; name=\"empty\"", b""),
        (
            "X-Other: 1\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"me.png\"\r\n\
            Content-Type: image/png",
            &every_byte,
        ),
        ("Content-Disposition: form-data; name=\"photo\"; filename=\"2\"", b""),
        // What a browser sends for a file that the visitor did not choose.
        ("Content-Disposition: form-data; name=\"none\"; filename=\"\"\r\nContent-Type: a/b", b""),
    ]));
    let fields: Vec<(&str, &str)> = form.fields.iter().collect();
    assert_eq!(fields, [("age", "36"), ("age", "李\r\n--x"), ("empty", "")]);
    let photo = |file| ("photo".to_owned(), file);
    assert_eq!(form.files[..1], [photo(file("me.png", "image/png", &every_byte))]);
    let none = ("none".to_owned(), file("", "a/b", b""));
    assert_eq!(form.files[1..], [photo(file("2", "", b"")), none]);
}

#[test]
fn what_stands_before_and_behind_the_parts_is_ignored() {
    let part = "Content-Disposition: form-data; name=a\r\n\r\n1\r\n";
    for bytes in [
        format!("--x7\r\n{part}--x7--"),
        format!("a preamble --x7\r\n--x7\r\n{part}--x7--\r\nan epilogue\r\n--x7\r\n"),
        format!("\r\n--x7\r\n{part}--x7--\r\n"),
        // RFC 2046 §5.1.1: a gateway may have added blanks.
        format!("--x7 \t\r\n{part}--x7-- \t\r\n"),
    ] {
        assert_eq!(read(bytes.as_bytes()).fields, Fields::parse("a=1"), "{bytes:?}");
    }
    // A form without fields, as browsers send it.
    assert_eq!(read(b"--x7--\r\n"), Multipart::default());
}

/// `body-part := MIME-part-headers [CRLF *OCTET]` (RFC 2046 §5.1.1): without data, the line end that
/// belongs to the delimiter is that of the empty line.
#[test]
fn a_part_may_have_no_data_at_all() {
    let part = |name| format!("--x7\r\nContent-Disposition: form-data; name={name}\r\n\r\n");
    let form = read(format!("{}{}1\r\n{}--x7--", part("a"), part("b"), part("c")).as_bytes());
    assert_eq!(form.fields, Fields::parse("a=&b=1&c="));
}

#[test]
fn names_are_read_as_clients_write_them() {
    for (name, file_name) in [
        // Browsers: UTF-8 as it is, three characters escaped.
        ("\"li李.png\"", "li李.png"),
        ("\"a%22b%0D%0A%20.png\"", "a\"b%20.png"),
        // curl --form-escape, and curl before 7.81.
        (r#""a\"b\\c.png""#, "c.png"),
        (r#""a\"b.png""#, "a\"b.png"),
        ("plain.png", "plain.png"),
        // Never a path.
        ("\"../../etc/passwd\"", "passwd"),
        (r#""C:\dir\me.png""#, "me.png"),
        ("\"/\"", ""),
        ("\"..\"", ""),
        ("\"a/..\"", ""),
        ("\".hidden\"", ".hidden"),
        ("\"nul\0tab\t.png\"", "nultab.png"),
    ] {
        let head = format!("Content-Disposition: form-data; name=\"f\"; filename={name}");
        let form = read(&form(&[(&head, b"1")]));
        assert_eq!(form.files, [("f".into(), file(file_name, "", b"1"))], "{name}");
    }
    // Python's requests with an old urllib3: RFC 5987, alone or behind a plain name.
    for names in
        ["filename*=utf-8''na%C3%AFve.txt", "filename=x; filename*=UTF-8'en'na%C3%AFve.txt"]
    {
        let head = format!("Content-Disposition: form-data; name=\"a%22b\"; {names}");
        let form = read(&form(&[(&head, b"1")]));
        assert_eq!(form.files, [("a\"b".into(), file("naïve.txt", "", b"1"))], "{names}");
    }
}

/// No browser escapes a backslash, nor does curl or requests: it may be the last letter of a name.
#[test]
fn a_backslash_at_the_end_of_a_name_is_a_letter() {
    for (parameters, name, file_name) in [
        (r#"name="a\""#, r"a\", None),
        (r#"name="\"; filename="b.txt""#, r"\", Some("b.txt")),
        (r#"name="a\"; filename="c:\d\e.txt""#, r"a\", Some("e.txt")),
        (r#"name="a\"; filename="b\""#, r"a\", Some("")),
        // What a client escapes is still read so.
        (r#"name="a\\" ; filename="b.txt" ;"#, r"a\", Some("b.txt")),
        (r#"name="a\"; filename=\"b""#, r#"a"; filename="b"#, None),
    ] {
        let head = format!("Content-Disposition: form-data; {parameters}");
        let form = read(&form(&[(&head, b"1")]));
        let names = form.fields.iter().map(|(name, _)| (name, None));
        let files = form.files.iter().map(|(name, it)| (&**name, Some(&*it.file_name)));
        assert_eq!(names.chain(files).collect::<Vec<_>>(), [(name, file_name)], "{head}");
    }
}

#[test]
fn a_boundary_may_be_quoted_and_has_1_to_70_characters() {
    let long = "b".repeat(70);
    for (parameter, boundary) in [
        ("boundary=x7; charset=utf-8", "x7"),
        ("charset=utf-8;BOUNDARY=\"a b:=?\"", "a b:=?"),
        (&format!("boundary={long}"), long.as_str()),
    ] {
        let body =
            format!("--{boundary}\r\nContent-Disposition: x; name=a\r\n\r\n1\r\n--{boundary}--");
        let form = parse(&format!("multipart/form-data; {parameter}"), body.as_bytes());
        assert_eq!(form.expect(parameter).fields, Fields::parse("a=1"));
    }
    for parameter in ["", "boundary", "boundary=", "boundary=\"", &format!("boundary={long}b")] {
        let error = parse(&format!("multipart/form-data; {parameter}"), b"--x7--").unwrap_err();
        assert_eq!(error.status.0, 400);
        let message = error.to_string();
        assert!(message.contains("expected boundary= and 1 to 70 characters"), "{message}");
    }
}

#[test]
fn what_breaks_the_grammar_is_400_and_too_much_is_413() {
    let named = "--x7\r\nContent-Disposition: form-data; name=a\r\n";
    let end = "found no line --x7-- at the end of the form";
    let part = |parameters: &str| {
        format!("--x7\r\nContent-Disposition: form-data; {parameters}\r\n\r\n1\r\n--x7--")
    };
    for (body, why) in [
        ("", end),
        ("age=36", end),
        ("--x7\n\n1\n--x7--", "after a boundary \"\\n"),
        ("--x77\r\n\r\n1\r\n--x77--", "after a boundary \"7\\r"),
        (&format!("{named}\r\n1"), end),
        (
            &format!("{named}\r\n1\r\n--x7"),
            "found after a boundary \"\", expected a line end or --",
        ),
        (&format!("{named}\r\n1\n--x7--"), end),
        (&format!("{named}1"), "the head of a part"),
        (&format!("--x7\r\nX: {}\r\n\r\n1\r\n--x7--", "x".repeat(5000)), "the head of a part"),
        (
            "--x7\r\n\r\n1\r\n--x7--",
            "a part with Content-Disposition \"\", expected form-data; name=",
        ),
        (
            "--x7\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\n1\r\n--x7--",
            "\"form-data;\", expected form-data; name=\"...\" in one line",
        ),
        ("--x7 7\r\n\r\n1\r\n--x7 7--", "after a boundary \"7\\r"),
        ("--x7\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x7--", "\"form-data\""),
        ("--x7\r\nContent-Disposition: x; name=\"a\r\n\r\n1\r\n--x7--", "\"x; name=\\\"a\""),
        // Not another form: a file stays a file.
        (&part("name=\"a\" junk; filename=\"f\""), "name=\\\"a\\\" junk; filename"),
        (&part("name=\"a\"\"; filename=\"f\""), "expected form-data; name="),
        (&part("name=\"a\"filename=\"f\""), "in one line, then ; or the end"),
        (&part("name = \"a\""), "name = \\\"a\\\""),
        (&part("name= a; filename=f"), "name= a"),
        (&part("name=\"a\"\nContent-Type: text/html"), "expected CR LF at the end of each line"),
        (&part("name=\"a\rb\""), "found in the head of a part \"Content-Disposition"),
    ] {
        let error = parse("multipart/form-data; boundary=x7", body.as_bytes()).unwrap_err();
        assert_eq!(error.status.0, 400, "{body:?}");
        assert!(error.to_string().contains(why), "{body:?}: {error}");
    }
    let not_text = form(&[("Content-Disposition: form-data; name=a", b"\xff")]);
    let error = parse("multipart/form-data; boundary=x7", &not_text).unwrap_err();
    assert_eq!(error.to_string(), "found in a part of the form \"\\xff\", expected UTF-8");
    let part = ("Content-Disposition: form-data; name=a", &b"1"[..]);
    assert_eq!(read(&form(&[part; 1000])).fields.iter().len(), 1000);
    let error = parse("multipart/form-data; boundary=x7", &form(&[part; 1001])).unwrap_err();
    assert_eq!(error.status.0, 413);
}
