//! The ladder's first rungs, where the client carries the memory, as a terminal sees them.

use crate::carafe::{Carafe, header};
use crate::common::empty_folder;

#[test]
fn the_url_and_the_cookie_in_clear_are_believed() {
    let carafe = Carafe::start(&[]);
    assert_eq!(carafe.curl(&["$B/ladder/url"]), "visit 1\n");
    assert_eq!(carafe.curl(&["$B/ladder/url?n=998"]), "visit 999\n");
    assert_eq!(carafe.curl(&["-b", "visits=998", "$B/ladder/cookie"]), "visit 999\n");
    let visit = || carafe.curl(&["-c", "j", "-b", "j", "$B/ladder/cookie"]);
    assert_eq!([visit(), visit(), visit()], ["visit 1\n", "visit 2\n", "visit 3\n"]);
    let answer = carafe.curl(&["-i", "-b", "visits=998", "$B/ladder/cookie"]);
    assert_eq!(header(&answer, "Set-Cookie"), Some("visits=999; HttpOnly; SameSite=Lax; Path=/"));
    // In a browser the URL's memory is the link to the next visit.
    assert_eq!(carafe.curl(&["-d", "n=998", "$B/ladder/url"]), "visit 999\n");
    assert_eq!(carafe.status(&["-d", "m=1", "$B/ladder/url"]), "400");
    assert_eq!(carafe.status(&["-d", "n=many", "$B/ladder/url"]), "400");
    let page = carafe.curl(&["-H", "Accept: text/html", "-d", "n=4", "$B/ladder/url"]);
    assert!(page.contains("<input type=\"hidden\" name=\"n\" value=\"5\">"), "{page}");
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/ladder/url?n=4"]);
    assert!(
        page.contains("<h1>visit 5</h1>") && page.contains("href=\"/ladder/url?n=5\""),
        "{page}"
    );
    // The other rungs are climbed by loading the page again.
    for path in ["/ladder/url", "/ladder/none", "/ladder/cookie", "/ladder/signed"] {
        let page = carafe.curl(&["-H", "Accept: text/html", &format!("$B{path}")]);
        assert!(page.contains(&format!("<title>visit 1: {path}</title>")), "{page}");
        assert_eq!(page.contains("Load this page again"), path != "/ladder/url", "{page}");
    }
}

#[test]
fn a_signed_cookie_is_refused_when_changed_and_believed_when_old() {
    let carafe = Carafe::start(&[]);
    let visit = |cookie: &str| carafe.curl(&["-i", "-b", cookie, "$B/ladder/signed"]);
    let said = |answer: &str| {
        answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
    };
    let cookie = |answer: &str| {
        let line = header(answer, "Set-Cookie").expect("each visit sets the cookie");
        line.split(';').next().expect("a name and a value").to_owned()
    };
    let first = carafe.curl(&["-i", "$B/ladder/signed"]);
    let second = visit(&cookie(&first));
    assert_eq!([said(&first), said(&second)], ["visit 1\n", "visit 2\n"]);
    let true_cookie = cookie(&second);
    let (name, signature) = true_cookie.split_once('.').expect("a dot before the signature");
    assert_eq!((name, signature.len()), ("visits_signed=2", 64));
    // A 9 before its value; no signature; another's signature.
    let forged = true_cookie.replace("visits_signed=", "visits_signed=9");
    assert_eq!(said(&visit(&forged)), "cookie refused: signature does not match\nvisit 1\n");
    let bare = said(&visit("visits_signed=2"));
    assert_eq!(
        bare,
        "cookie refused: found no dot, expected a number, a dot and a signature\nvisit 1\n"
    );
    let page = carafe.curl(&["-H", "Accept: text/html", "-b", &forged, "$B/ladder/signed"]);
    assert!(
        page.contains("cookie refused: signature does not match")
            && page.contains("<h1>visit 1</h1>"),
        "{page}"
    );
    // Signed is not fresh.
    for _ in 0..2 {
        assert_eq!(said(&visit(&true_cookie)), "visit 3\n");
    }
}

#[test]
fn a_signature_outlives_the_server_only_with_the_same_key() {
    let with = |key: &str| Carafe::start_with(&empty_folder(), &[], &[("CARAFE_SECRET_KEY", key)]);
    let answer = with("a key of the class").curl(&["-i", "$B/ladder/signed"]);
    let cookie =
        header(&answer, "Set-Cookie").and_then(|line| line.split(';').next()).expect("a cookie");
    assert_eq!(with("a key of the class").curl(&["-b", cookie, "$B/ladder/signed"]), "visit 2\n");
    let refused = "cookie refused: signature does not match\nvisit 1\n";
    assert_eq!(with("another key").curl(&["-b", cookie, "$B/ladder/signed"]), refused);
    assert_eq!(
        Carafe::start(&[]).curl(&["-b", cookie, "$B/ladder/signed"]),
        refused,
        "a random key"
    );
}

#[test]
fn what_is_no_count_is_named() {
    let carafe = Carafe::start(&[]);
    for n in ["", "abc", "-1", "1.5", "99999999999999999999", "1e3"] {
        let answer = carafe.curl(&["-w", "%{http_code}", &format!("$B/ladder/url?n={n}")]);
        assert!(
            answer.contains("expected a number of visits") && answer.ends_with("400"),
            "{answer}"
        );
        let answer = carafe.curl(&["-b", &format!("visits={n}"), "$B/ladder/cookie"]);
        assert_eq!(
            answer,
            format!("cookie refused: found {n:?}, expected a number of visits\nvisit 1\n")
        );
    }
}

#[test]
fn the_ladder_is_a_page_that_marks_the_rung_of_this_server() {
    let folder = empty_folder();
    let file = format!("file:{}", folder.join("rows.db").display());
    for (store, rung) in
        [("none", "0 nowhere"), ("cookie", "3 signed"), ("memory", "4 table"), (&file, "5 file")]
    {
        let carafe = Carafe::start(&["--log", "off", "--store", store]);
        let text = carafe.curl(&["$B/ladder"]);
        let marked: Vec<&str> = text.lines().filter(|line| line.contains("<- this")).collect();
        assert!(marked.len() == 1 && marked[0].starts_with(rung), "{store}: {text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let page = carafe.curl(&["-H", "Accept: text/html", "$B/ladder"]);
        let number = &rung[..1];
        assert!(page.contains(&format!("<h2 id=\"rung-{number}\">Rung {number}: ")), "{page}");
        assert_eq!(page.matches("class=\"rung here\"").count(), 1, "{page}");
        // Rung 0 has no trials; each other one has six, with words and a reason.
        let trials: Vec<&str> = page.split("<dd><strong>").skip(1).collect();
        assert_eq!(trials.len(), 36, "{page}");
        for trial in trials {
            let reason = trial.split_once(".</strong> ").expect("words and a reason").1;
            assert!(reason.starts_with(char::is_uppercase), "{trial}");
        }
        for path in page.split("href=\"/ladder/").skip(1).filter_map(|rest| rest.split('"').next())
        {
            assert_eq!(carafe.status(&[&format!("$B/ladder/{path}")]), "200", "{path}");
        }
    }
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn why_the_cookie_of_a_session_was_refused_stands_in_the_log() {
    for arguments in [&["--no-cycles"][..], &[]] {
        let carafe = Carafe::start(arguments);
        let cookie = ["-b", "carafe_sid=iamadmin"];
        assert_eq!(carafe.curl(&[&cookie[..], &["$B/ladder/session"]].concat()), "visit 1\n");
        // A page that does not depend on the visitor does not ask.
        carafe.curl(&[&cookie[..], &["$B/hello"]].concat());
        let log = carafe.log();
        let why = "  warning: the session's cookie was refused: no row of that id is known here\n";
        assert_eq!(log.matches(why).count(), 1, "{log}");
    }
}
