//! What is hidden: ids and passwords, in every form.

use super::listed;
use crate::carafe::Carafe;

#[test]
fn passwords_and_ids_are_hidden_in_every_form() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "$B/sessions"]);
    let jar = std::fs::read_to_string(carafe.folder.join("j")).expect("the jar was written");
    let id = jar.split_whitespace().last().expect("the jar holds the id").to_owned();
    let json = "{\"name\":\"x\",\"password\":\"hunter2\"}";
    carafe.curl(&[
        "-b",
        "j",
        "-d",
        "name=Ada&pass%77ord=hunter2",
        "$B/process?my_password=hunter2",
    ]);
    carafe.curl(&[
        "-b",
        "j",
        "-H",
        "Content-Type: application/json",
        "-u",
        "ada:hunter2",
        "-d",
        json,
        "$B/things",
    ]);
    carafe.curl(&["-b", "j", &format!("$B/echo?copy={id}")]);
    let last: usize = listed(&carafe, "").len();
    assert_eq!(last, 4);
    for number in 1..=last {
        for (accept, ending) in [("text/html", ""), ("*/*", ".txt"), ("*/*", ".json")] {
            let accept = format!("Accept: {accept}");
            let shown = carafe.curl(&["-H", &accept, &format!("$B/cycles/{number}{ending}")]);
            assert!(
                shown.len() > 300 && !shown.contains(&id),
                "cycle {number}{ending} shows the id"
            );
            // What the visitor put into a thing's own answer under that name is hidden as well.
            assert!(
                !shown.contains("hunter2") && !shown.contains("YWRhOmh1bnRlcjI"),
                "cycle {number}{ending}: {shown}"
            );
        }
    }
}

#[test]
fn a_password_is_hidden_in_a_multipart_body_and_where_an_answer_repeats_it() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-F", "name=Ada", "-F", "password=hunter2", "$B/echo"]);
    carafe.curl(&["-d", "name=Ada&pwd=hunter2", "$B/echo"]);
    carafe.curl(&[
        "-H",
        "Accept: application/json",
        "-d",
        "name=Ada&password=hunter2",
        "$B/echo?secret=hunter2",
    ]);
    carafe.curl(&["-u", "ada:hunter2", "$B/echo?copy=hunter2"]);
    // As other clients write it, and as a reader of a course does by mistake.
    let part = "--x\r\nContent-Disposition: form-data; name=pwd\r\n\r\nhunter2\r\n--x--";
    let others = [
        ("Content-Type: Multipart/Form-Data; a=\"; boundary=y\"; Boundary=x", part),
        ("Content-Type: application/x-www-form-urlencoded", "{'password': 'hunter2'}"),
        ("Content-Type: application/problem+json", "[{\"password\": \"hunter2\""),
        ("Content-Type: application/json", r#"{"password": {"old": "hunter2"}}"#),
        ("Referer: http://x/?password=hunter2", "x"),
        ("Content-Type: application/json", "{\"user\": \"Ada\", \"password\": 483920175566}"),
        ("Content-Type: application/json", "{\"p\\u0061ssword\": \"hunter2\"}"),
        ("Content-Type: application/json", r#"{"p\u0061ssword": "hunter2""#),
        ("Content-Type: application/json", r#"{"password": "hunter2\u0041"}"#),
        ("Content-Type: multipart/form-data", part),
        ("Cookie: a=1; My-Secret = hunter2", "x"),
        ("Cookie: password=\"hunter2;hunter2\"", "x"),
        ("X-A: 1", "access_token=hunter2&b=hunter2"),
        ("X-A: 1", "api_key=hunter2&otp=hunter2&_pass=hunter2"),
        ("X-A: 1", "pin=hunter2&user_pass=hunter2&pass1=hunter2"),
    ];
    others.iter().for_each(|(line, body)| drop(carafe.curl(&["-H", line, "-d", body, "$B/echo"])));
    for number in 1..=4 + others.len() {
        for (accept, ending) in [("text/html", ""), ("*/*", ".txt"), ("*/*", ".json")] {
            let shown = carafe.curl(&[
                "-H",
                &format!("Accept: {accept}"),
                &format!("$B/cycles/{number}{ending}"),
            ]);
            assert!(shown.contains("/echo") && shown.contains("...."), "{shown}");
            for secret in ["hunter2", "YWRhOmh1bnRlcjI", "483920175566"] {
                assert!(!shown.contains(secret), "cycle {number}{ending}: {shown}");
            }
        }
    }
}

#[test]
fn many_secrets_that_overlap_or_begin_alike_are_hidden_whole() {
    let carafe = Carafe::start(&["--log", "off"]);
    let many: Vec<String> = (4..60).map(|length| format!("pwd={:0<length$}", "k")).collect();
    let query =
        format!("pwd=abcdef&pwd=efghij&pwd=abcd&pwd=rose&pwd=roses&pwd=xyz&{}", many.join("&"));
    let text = "abcdefghij. abcdabcd. roses rose ros. kkkk k000. k0000000001. xyz";
    carafe.curl(&["-H", "Content-Type: text/plain", "-d", text, &format!("$B/echo?{query}")]);
    let cycle = carafe.curl(&["$B/cycles/last"]);
    assert!(cycle.contains("..... ......... .... .... ros. kkkk ..... ....1. xyz"), "{cycle}");
    assert!(!cycle.contains("k000"), "{cycle}");
}

#[test]
fn a_password_with_a_quote_is_hidden_where_json_repeats_it() {
    let carafe = Carafe::start(&["--log", "off"]);
    let (accept, copy) = ("Accept: application/json", "$B/echo?copy=hun%22ter2");
    carafe.curl(&["-H", accept, "-d", "password=hun%22ter2", copy]);
    let cycle = carafe.curl(&["$B/cycles/last"]);
    assert!(cycle.contains("copy=....") && !cycle.contains("ter2"), "{cycle}");
}

#[test]
fn a_number_under_a_secret_name_is_hidden_also_where_an_answer_repeats_it() {
    let carafe = Carafe::start(&["--log", "off"]);
    let json = r#"{"count":12345678,"password":483920175566,"pwd":[true,null,0.123456]}"#;
    carafe.curl(&["-H", "Content-Type: application/json", "-d", json, "$B/echo?a=true&b=null"]);
    let cycle = carafe.curl(&["$B/cycles/last"]);
    assert!(!cycle.contains("483920175566") && !cycle.contains("0.123456"), "{cycle}");
    assert!(cycle.contains("12345678") && cycle.contains("a=true&b=null"), "{cycle}");
}

#[test]
fn a_cookie_of_another_program_is_cut_wherever_it_is_shown() {
    let carafe = Carafe::start(&["--log", "off"]);
    let own = "visits=3; visits_signed=3.0123456789abcdef0123; theme=dark";
    let cookie =
        format!("Cookie: {own}; session=hunter2.abcdefghi; sid=\"a;hunter2hunter2hunter2\"");
    for path in ["$B/", "$B/echo", "$B/echo?copy=hunter2.abcdefghi", "$B/hello"] {
        for accept in ["Accept: */*", "Accept: text/html", "Accept: application/json"] {
            let answer = carafe.curl(&["-H", accept, "-H", &cookie, path]);
            let cycle = carafe.curl(&["-H", accept, "$B/cycles/last"]);
            for shown in [cycle, answer] {
                assert!(!shown.contains("hunter2hunter2"), "{path}: {shown}");
                let is_repeated = shown.contains("copy=hunter2.abcdefghi");
                assert!(is_repeated || !shown.contains("hunter2.abc"), "{path}: {shown}");
                let is_hello = shown == "Hello, World!\n" || shown.contains("<h1>");
                assert!(is_hello || shown.contains(own), "{path}: {shown}");
            }
        }
    }
}

#[test]
fn an_id_without_a_name_is_cut_too_and_a_long_name_is_not() {
    let carafe = Carafe::start(&["--log", "off"]);
    let id = "0123456789abcdef0123456789abcdef";
    for cookie in [id.to_owned(), format!("{id}; theme=dark"), format!("theme=dark; {id}")] {
        let cookie = format!("Cookie: {cookie}; a-name-of-many-letters=1");
        let answer = carafe.curl(&["-H", &cookie, "$B/echo"]);
        for shown in [answer, carafe.curl(&["$B/cycles/last"])] {
            assert!(!shown.contains("012345"), "{cookie}: {shown}");
            assert!(shown.contains("a-name-of-many-letters=1"), "{cookie}: {shown}");
        }
    }
}

#[test]
fn of_a_request_that_was_not_understood_no_secret_is_shown_or_logged() {
    let carafe = Carafe::start(&["--log", "line"]);
    let id = "0123456789abcdef0123456789abcdef";
    let requests = [
        format!("GET / HTTP/1.1\r\nHost: x\r\nCookie : carafe_sid={id}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: x\r\nCookie:\r\n carafe_sid={id}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: x\r\nAuthorization : Basic {id}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: x\r\nAuthorization:\r\n Basic {id}=\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: x\r\nCookie carafe_sid={id}: x\r\n\r\n"),
        format!("GET /?password={id}é HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("name=Ada&password={id}&x=1\r\n\r\n"),
    ];
    for (number, request) in (1..).zip(&requests) {
        let answer = carafe.raw(request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        for (accept, ending) in [("text/html", ""), ("*/*", ".txt"), ("*/*", ".json")] {
            let accept = format!("Accept: {accept}");
            let shown = carafe.curl(&["-H", &accept, &format!("$B/cycles/{number}{ending}")]);
            assert!(shown.contains("....") && !shown.contains("0123456"), "{request}: {shown}");
        }
    }
    // What no secret can be is shown, because it may be what was wrong.
    carafe.raw(format!("GET /search?q=é HTTP/1.1\r\nCookie: a={id}\u{1}\r\n\r\n").as_bytes());
    let shown = carafe.curl(&["$B/cycles/last.txt"]);
    assert!(shown.contains("/search?q=") && !shown.contains("0123456"), "{shown}");
    let log = carafe.log();
    assert!(log.contains("400") && !log.contains("0123456"), "{log}");
}
