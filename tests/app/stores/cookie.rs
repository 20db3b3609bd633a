//! The signed cookie, between carafe and a real Flask with the same key.

use super::visits;
use crate::carafe::{Carafe, header};
use crate::common::{empty_folder, of_python};
use carafe::web::store::{CookieStore, Kind, Lookup, Refusal, Store, StoreError, Updated};
use carafe::{Map, Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const KEY: &str = "the key that both of them have";
const SESSION: Kind = Kind::session(Duration::from_secs(1800), 1000);

fn start(arguments: &[&str]) -> Carafe {
    let arguments = [&["--store", "cookie"], arguments].concat();
    Carafe::start_with(&empty_folder(), &arguments, &[("CARAFE_SECRET_KEY", KEY)])
}

/// What the script prints; `None` where there is no Flask.
fn flask(arguments: &[&str]) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = root.join("tests/app/stores/flask_session.py");
    let output = Command::new(of_python("python")?)
        .arg(script)
        .args(arguments)
        .env("CARAFE_SECRET_KEY", KEY)
        .output();
    let output = output.expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("the script prints text").trim().to_owned())
}

/// The session's cookie in an answer that curl printed with -i.
fn cookie(answer: &str) -> &str {
    let line = header(answer, "Set-Cookie").unwrap_or_else(|| panic!("no Set-Cookie in {answer}"));
    line.strip_prefix("carafe_sid=")
        .and_then(|rest| rest.split(';').next())
        .expect("it is the session's")
}

/// The key that carries this row.
fn signed(store: &CookieStore, row: &Map) -> Result<String, StoreError> {
    match store.update(&SESSION, "", &mut |kept| *kept = Some(row.clone()))? {
        Updated::Moved(_, key) => Ok(key),
        other => panic!("expected a key, found {other:?}"),
    }
}

#[test]
fn flask_reads_the_cookie_of_carafe() {
    let carafe = start(&[]);
    let answer = carafe.curl(&["-i", "$B/sessions"]);
    let Some(read) = flask(&["read", cookie(&answer)]) else { return };
    assert_eq!(read, "{\"user\": \"Anthony\"}");
    // A flashed message, and text beyond ASCII.
    let jar = format!("carafe_sid={}", cookie(&answer));
    let answer = carafe.curl(&["-i", "-b", &jar, "-d", "name=李明", "$B/process"]);
    let jar = format!("carafe_sid={}", cookie(&answer));
    let answer = carafe.curl(&["-i", "-b", &jar, "-d", "name=A", "$B/process"]);
    let read = flask(&["read", cookie(&answer)]).expect("Flask was there a moment ago");
    let expected =
        "{\"user\":\"Anthony\",\"name\":\"李明\",\"_flashes\":[[\"message\",\"need valid name\"]]}";
    assert_eq!(json::parse(read.as_bytes()).unwrap(), json::parse(expected.as_bytes()).unwrap());
    // One letter changed: neither believes it.
    let forged = cookie(&answer).replacen("eyJ", "eyK", 1);
    assert_eq!(flask(&["read", &forged]).as_deref(), Some("null"));
    assert_eq!(
        carafe.curl(&["-b", &format!("carafe_sid={forged}"), "$B/getsession"]),
        "Not logged in!\n"
    );
    let cycle = carafe.curl(&["$B/cycles/last"]);
    assert!(cycle.contains("signature does not match"), "{cycle}");
}

#[test]
fn carafe_reads_the_cookie_of_flask() {
    let Some(cookie) = flask(&["write", "{\"user\":\"Ada\",\"n\":[1,2.5,null,true]}"]) else {
        return;
    };
    let carafe = start(&[]);
    let jar = format!("carafe_sid={cookie}");
    assert_eq!(carafe.curl(&["-b", &jar, "$B/getsession"]), "Ada\n");
    let page = carafe.curl(&["-b", &jar, "$B/formtest"]);
    assert!(page.contains("from Flask"), "{page}");
    // What JSON has no type for is tagged, and read as what JSON has.
    let Lookup::Found(row) = CookieStore::new(KEY).load(&SESSION, &cookie).unwrap() else {
        panic!("refused {cookie}")
    };
    let expected =
        "{\"user\":\"Ada\",\"n\":[1,2.5,null,true],\"_flashes\":[[\"message\",\"from Flask\"]]}";
    assert_eq!(Value::from(row), json::parse(expected.as_bytes()).unwrap());
    for (made, expected) in
        [("tuple", "{\"tuple\":[1,\"dGVh\"]}"), ("map", "{\"map\":{\" t\":\"no\"}}")]
    {
        let cookie = flask(&[made, "{}"]).expect("Flask was there a moment ago");
        let row = CookieStore::new(KEY).load(&SESSION, &cookie).unwrap().found();
        let row = row.unwrap_or_else(|| panic!("refused {cookie}"));
        assert_eq!(Value::from(row), json::parse(expected.as_bytes()).unwrap());
    }
    // The compressed form is refused, with the reason.
    let long = flask(&["write", &format!("{{\"user\":\"{}\"}}", "Ada".repeat(200))])
        .expect("Flask was there");
    assert!(long.starts_with('.'), "{long}");
    let refusal = CookieStore::new(KEY).load(&SESSION, &long).unwrap();
    assert_eq!(
        refusal,
        Lookup::Missing(Refusal::Form(
            "it is compressed, as Flask's from about 80 bytes on, and only the plain form is read here"
        ))
    );
}

#[test]
fn flask_finds_maps_as_they_were_though_they_look_like_its_tags() {
    let row: Map = json::parse(
        b"{\"a\":{\" t\":[1]},\"b\":{\" di\":{\" t__\":2}},\"c\":{\" b\":\"x\"},\"d\":{\" x\":3}}",
    )
    .unwrap()
    .as_map()
    .unwrap()
    .clone();
    let store = CookieStore::new(KEY);
    let key = signed(&store, &row).unwrap();
    assert_eq!(store.load(&SESSION, &key).unwrap(), Lookup::Found(row.clone()));
    let Some(read) = flask(&["read", &key]) else { return };
    assert_eq!(json::parse(read.as_bytes()).unwrap(), Value::from(row));
}

#[test]
fn a_restart_with_the_same_key_forgets_nobody_and_another_key_everybody() {
    let folder = empty_folder();
    let with_key = |key: &str| {
        Carafe::start_with(&folder, &["--store", "cookie"], &[("CARAFE_SECRET_KEY", key)])
    };
    let place = empty_folder();
    let jar = place.join("j");
    let jar = jar.to_str().expect("a path in ASCII");
    assert_eq!(visits(&with_key(KEY), jar, 2), ["visit 1", "visit 2"]);
    std::fs::create_dir_all(&folder).unwrap();
    assert_eq!(visits(&with_key(KEY), jar, 2), ["visit 3", "visit 4"]);
    std::fs::create_dir_all(&folder).unwrap();
    assert_eq!(visits(&with_key("another key"), jar, 2), ["visit 1", "visit 2"]);
    std::fs::remove_dir_all(place).unwrap();
}

#[test]
fn an_old_cookie_is_as_good_as_a_new_one_until_it_expires() {
    let carafe = start(&[]);
    assert!(
        carafe.banner.contains("state      sessions in a cookie that each visitor keeps, signed\n")
    );
    carafe.curl(&["-c", "j", "$B/sessions"]);
    std::fs::copy(carafe.folder.join("j"), carafe.folder.join("stolen")).unwrap();
    assert_eq!(carafe.curl(&["-b", "j", "-c", "j", "$B/dropsession"]), "Dropped!\n");
    assert_eq!(carafe.curl(&["-b", "j", "$B/getsession"]), "Not logged in!\n");
    assert_eq!(
        carafe.curl(&["-b", "stolen", "$B/getsession"]),
        "Anthony\n",
        "logging out is a polite request"
    );
    carafe.curl(&["-b", "stolen", "-c", "flashed", "-d", "name=A", "$B/process"]);
    for _ in 0..2 {
        assert!(
            carafe.curl(&["-b", "flashed", "$B/formtest"]).contains("need valid name"),
            "a flash can be replayed"
        );
    }
}

#[test]
fn a_row_too_large_for_a_cookie_is_an_error_and_not_silence() {
    let carafe = start(&[]);
    let long = format!("name={}", "x".repeat(4000));
    let answer = carafe.curl(&["-i", "-d", &long, "-d", "email=a@b", "$B/profile"]);
    assert!(
        answer.starts_with("HTTP/1.1 413 ") && answer.contains("expected at most 4032"),
        "{answer}"
    );
    assert_eq!(header(&answer, "Set-Cookie"), None);
    // The largest that is taken still fits what browsers keep.
    let store = CookieStore::new(KEY);
    let size = |letters: usize| {
        let row = Map::from([("x", "x".repeat(letters))]);
        signed(&store, &row).map(|key| key.len())
    };
    let largest = (2900..3100).filter_map(|letters| size(letters).ok()).max().unwrap();
    assert!((4029..=4032).contains(&largest), "{largest}");
    assert!(
        matches!(size(3100), Err(StoreError::TooLarge(text)) if text.ends_with("at most 4032"))
    );
}

#[test]
fn refusals_say_what_was_met() {
    let store = CookieStore::with_clock(KEY, || Duration::from_secs(1_700_000_000));
    let key = signed(&store, &Map::new()).unwrap();
    let refusal = |store: &CookieStore, kind: &Kind, key: &str| match store.load(kind, key).unwrap()
    {
        Lookup::Missing(refusal) => refusal.to_string(),
        found => panic!("{found:?}"),
    };
    let parts = "expected are data, time and signature with dots between them";
    for (key, expected) in [
        ("", parts),
        ("iamadmin", parts),
        ("a.b.c.d", parts),
        (
            ".eJwrKU0FAAKOATw.aSR1Lw.c2ln",
            "it is compressed, as Flask's from about 80 bytes on, and only the plain form is read here",
        ),
        ("a.b.c", "signature does not match"),
        (&key[..key.len() - 1], "signature does not match"),
        (&format!("{key}="), "signature does not match"),
    ] {
        assert_eq!(refusal(&store, &SESSION, key), expected, "{key:?}");
    }
    let other_key = CookieStore::with_clock("another key", || Duration::from_secs(1_700_000_000));
    assert_eq!(refusal(&other_key, &SESSION, &key), "signature does not match");
    assert_eq!(
        refusal(&store, &Kind::kept("order", 1), &key),
        "signature does not match",
        "of another kind"
    );
    let later = CookieStore::with_clock(KEY, || Duration::from_secs(1_700_000_000 + 1800));
    assert_eq!(
        refusal(&later, &SESSION, &key),
        "its row was not used for too long and has expired"
    );
    // Looking at pages renews it, so a visitor who comes again and again stays.
    let half = CookieStore::with_clock(KEY, || Duration::from_secs(1_700_000_000 + 900));
    let Lookup::Moved(_, renewed) = half.load(&SESSION, &key).unwrap() else {
        panic!("it was not renewed")
    };
    assert_eq!(later.load(&SESSION, &renewed).unwrap().found(), Some(Map::new()));
}
