//! Logging in: fresh ids, wrong passwords, and how many are hashed at once.

use super::{HTML, at_once, fill, id_in, login, outcome, post, see, token};
use crate::carafe::{Carafe, header};
use crate::common::empty_folder;
use carafe::Map;
use carafe::web::store::{FileStore, Kind, Store};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The counts of wrong passwords, as the shop keeps them.
const GUESS: Kind =
    Kind { name: "guess", secret: false, ..Kind::session(Duration::from_secs(60), 10_000) };

#[test]
fn logging_in_gives_a_fresh_id_and_keeps_the_cart() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "-d", "item=3", "$B/shop/cart"]);
    let before = id_in(&carafe, "j");
    carafe.curl(&["-c", "j", "-b", "j", "-d", &login("ada"), "$B/shop/login"]);
    assert_ne!(before, id_in(&carafe, "j"));
    assert!(carafe.curl(&["-b", "j", "$B/shop/cart"]).starts_with("1 item\n"));
    let old = format!("carafe_sid={before}");
    assert!(
        carafe.curl(&["-b", &old, "$B/shop"]).starts_with("Welcome, stranger\n"),
        "the old id is nobody"
    );
    let nameless = ["-i", "-d", "email=ada@example.org&password=tea+for+ada", "$B/shop/login"];
    assert_eq!(outcome(&carafe.curl(&nameless)), see("/shop"), "only the first login needs a name");
    let page = carafe.curl(&["-b", "j", "-H", HTML, "$B/shop"]);
    assert!(
        page.contains("4 cycles so far"),
        "cart, login, cart and this one, under two ids: {page}"
    );
}

#[test]
fn the_longest_name_address_and_password_open_an_account_twice() {
    let carafe = Carafe::start(&["--no-cycles", "--log", "off", "--trust-proxy", "127.0.0.1"]);
    let (name, password) = ("n".repeat(100), "p".repeat(1000));
    // A dotted capital I has two bytes, and three as a small letter.
    for (email, is_short_enough) in [
        ("e".repeat(198) + "@b", true),
        ("e".repeat(199) + "@b", false),
        ("\u{130}".repeat(66) + "@b", true),
        ("\u{130}".repeat(67) + "@b", false),
    ] {
        let form = format!("name={name}&email={email}&password={password}");
        // The counts of wrong passwords have the address in their keys.
        for address in ["10.0.0.1", "100.100.100.100", "1111:2222:3333:4444:5:6:7:8"] {
            let client = format!("X-Forwarded-For: {address}");
            let login = ["-i", "-c", "j", "-b", "j", "-H", &client, "-d", &form, "$B/shop/login"];
            let answer = carafe.curl(&login);
            let expected = if is_short_enough { see("/shop") } else { ("400".into(), "".into()) };
            assert_eq!(outcome(&answer), expected, "{email} from {address}: {answer}");
        }
    }
}

/// What a login from this address of the machine is answered.
fn log_in_from(carafe: &Carafe, address: &str, email: &str, password: &str) -> String {
    let form = format!("name=Ada&email={email}&password={password}");
    carafe.curl(&["-i", "--interface", address, "-d", &form, "$B/shop/login"])
}

#[test]
fn ten_wrong_passwords_close_an_account_to_their_address_and_to_no_other() {
    let carafe = Carafe::start(&["--log", "off"]);
    let attempt = |password: &str| log_in_from(&carafe, "127.0.0.2", "ADA@example.org", password);
    let answer = attempt("right");
    assert_eq!(outcome(&answer), see("/shop"));
    assert_eq!(answer.matches("Set-Cookie").count(), 1, "the session's, and no other: {answer}");
    let started = std::time::Instant::now();
    for number in 1..10 {
        let answer = attempt("wrong");
        assert!(
            answer.starts_with("HTTP/1.1 403") && !answer.contains("Set-Cookie"),
            "{number}: {answer}"
        );
    }
    let memory = carafe.curl(&["$B/memory.json"]);
    assert!(
        memory.contains("guess: 2 (counts of wrong passwords: one for an address,"),
        "{memory}"
    );
    assert_eq!(outcome(&attempt("right")), see("/shop"), "a right password takes no guess");
    for password in ["wrong", "wrong", "right"] {
        let answer = attempt(password);
        assert!(answer.starts_with("HTTP/1.1 429"), "{password}: {answer}");
        let wait: u64 = header(&answer, "Retry-After")
            .and_then(|wait| wait.parse().ok())
            .expect("it says how long");
        assert!((1..=60).contains(&wait), "{wait}");
    }
    let form = "name=A&email=ada@example.org&password=x";
    let page = ["-i", "--interface", "127.0.0.2", "-H", HTML, "-d", form, "$B/shop/login"];
    let page = carafe.curl(&page);
    assert!(page.starts_with("HTTP/1.1 429") && header(&page, "Retry-After").is_some(), "{page}");
    assert!(page.contains("value=\"ada@example.org\""), "the form, filled in: {page}");
    // The owner at another address is not slowed; nor is another account from this one.
    assert_eq!(
        outcome(&log_in_from(&carafe, "127.0.0.3", "ada@example.org", "right")),
        see("/shop")
    );
    assert_eq!(outcome(&log_in_from(&carafe, "127.0.0.2", "bob@b", "new")), see("/shop"));
    assert!(
        started.elapsed().as_secs() < 60,
        "the minute is not over, or this test would prove nothing"
    );
}

#[test]
fn a_hundred_wrong_or_new_passwords_a_minute_are_all_that_an_address_has_for_all_accounts() {
    let folder = empty_folder();
    let carafe = Carafe::start_in(&folder, &["--store", "file:shop.db", "--log", "off"]);
    for name in ["ada", "bob", "eve"] {
        carafe.curl(&["-d", &login(name), "$B/shop/login"]);
    }
    // As after 97 guesses at other accounts, in a minute that begins now.
    let store = FileStore::open(&folder.join("shop.db")).expect("the journal is whole");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
    let mut insert = |row: &mut Option<Map>| {
        *row = Some(Map::from([("count", 97), ("since", i64::try_from(now).expect("a time"))]));
    };
    store.update(&GUESS, "127.0.0.2", &mut insert).expect("the row is written");
    store.flush().expect("the row is on the disk");
    for (address, name, password, expected) in [
        ("127.0.0.2", "new", "tea+for+new", "303"),
        ("127.0.0.2", "ada", "wrong", "403"),
        ("127.0.0.2", "ada", "tea+for+ada", "303"),
        ("127.0.0.2", "bob", "wrong", "429"),
        ("127.0.0.2", "eve", "tea+for+eve", "429"),
        ("127.0.0.2", "other", "tea+for+other", "429"),
        ("127.0.0.3", "eve", "tea+for+eve", "303"),
        ("127.0.0.3", "other", "tea+for+other", "303"),
    ] {
        let answer = log_in_from(&carafe, address, &format!("{name}@example.org"), password);
        assert_eq!(outcome(&answer).0, expected, "{address} {name}: {answer}");
    }
    let now =
        SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs() - now;
    assert!(now < 60, "the minute is not over, or this test would prove nothing");
}

#[test]
fn right_passwords_at_once_are_never_counted_also_if_they_are_refused() {
    let folder = empty_folder();
    let carafe = Carafe::start_in(&folder, &["--store", "file:shop.db", "--log", "off"]);
    carafe.curl(&["-d", &login("ada"), "$B/shop/login"]);
    let addresses = ["127.0.0.2", "127.0.0.3", "127.0.0.4"];
    // An account takes ten guesses at once of one address, and not more than eighteen of all.
    for (addresses, refusal) in [(&addresses[..1], "429"), (&addresses, "503")] {
        let next = AtomicUsize::new(0);
        let answers = at_once(45, || {
            let address = addresses[next.fetch_add(1, Ordering::Relaxed) % addresses.len()];
            log_in_from(&carafe, address, "ada@example.org", "tea+for+ada")
        });
        let statuses: Vec<_> = answers.iter().map(|answer| outcome(answer).0).collect();
        for status in ["303", refusal] {
            assert!(statuses.iter().any(|found| found == status), "no {status}: {statuses:?}");
        }
    }
    let store = FileStore::open(&folder.join("shop.db")).expect("the journal is whole");
    for key in
        addresses.map(|address| [address.to_owned(), format!("{address} ada@example.org")]).concat()
    {
        let row = store.load(&GUESS, &key).expect("it is read").found().expect("it is kept");
        assert_eq!(row.get("count"), Some(&0.into()), "{key}: {row:?}");
    }
}

#[test]
fn guesses_at_once_are_counted_one_by_one_and_hashed_two_at_a_time() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-d", &login("ada"), "$B/shop/login"]);
    let wrong = "name=ada&email=ada@example.org&password=wrong";
    let answers = at_once(40, || post(&carafe, "", "/shop/login", wrong));
    let count = |status: &str| answers.iter().filter(|answer| outcome(answer).0 == status).count();
    // Ten are hashed, one of which is the tenth; those who came when it was crowded were told so.
    assert!(count("403") <= 9 && count("429") > 0, "{} times 403", count("403"));
    assert_eq!(count("403") + count("429") + count("503"), 40);

    // So many that they come faster than two at a time are hashed, on any machine.
    let others: Vec<String> = (0..80).map(|number| login(&format!("guest{number}"))).collect();
    let answers = thread::scope(|scope| {
        let carafe = &carafe;
        let started: Vec<_> = others
            .iter()
            .map(|form| scope.spawn(move || post(carafe, "", "/shop/login", form)))
            .collect();
        assert_eq!(carafe.curl(&["$B/hello"]), "Hello, World!\n", "everybody else is served");
        started
            .into_iter()
            .map(|thread| thread.join().expect("the thread ends"))
            .collect::<Vec<_>>()
    });
    let count = |status: &str| answers.iter().filter(|answer| outcome(answer).0 == status).count();
    assert!(
        count("303") >= 2 && count("503") >= 1,
        "{} times 303, {} times 503",
        count("303"),
        count("503")
    );
    assert_eq!(count("303") + count("503"), 80, "{answers:?}");
    let refused =
        answers.iter().find(|answer| outcome(answer).0 == "503").expect("one was refused");
    assert!(header(refused, "Retry-After").is_some(), "{refused}");
}

#[test]
fn one_account_or_order_too_many_is_refused_and_the_others_stay() {
    let folder = empty_folder();
    let store = FileStore::open(&folder.join("shop.db")).expect("the journal is new");
    fill(&store, "account", 9_999);
    fill(&store, "order", 9_999);
    store.flush().expect("the rows are on the disk");
    drop(store);
    let carafe = Carafe::start_in(&folder, &["--store", "file:shop.db", "--log", "off"]);
    assert_eq!(
        outcome(&carafe.curl(&["-i", "-c", "j", "-d", &login("ada"), "$B/shop/login"])),
        see("/shop")
    );
    let answer = carafe.curl(&["-i", "-d", &login("bob"), "$B/shop/login"]);
    assert_eq!(outcome(&answer).0, "503", "{answer}");
    assert!(
        answer.contains("there are 10000 rows of kind account, and no room for more"),
        "{answer}"
    );
    assert_eq!(
        outcome(&carafe.curl(&["-i", "-d", &login("ada"), "$B/shop/login"])),
        see("/shop"),
        "no new account"
    );
    let order = || {
        carafe.curl(&["-b", "j", "-d", "item=3", "$B/shop/cart"]);
        carafe.curl(&[
            "-i",
            "-b",
            "j",
            "-d",
            &format!("token={}", token(&carafe, "j")),
            "$B/shop/checkout",
        ])
    };
    assert_eq!(outcome(&order()), see("/shop/order/1001"));
    let journal = || std::fs::read_to_string(folder.join("shop.db")).expect("the journal is text");
    let numbers = |text: &str| text.matches("\"kind\":\"till\"").count();
    let given = numbers(&journal());
    let answer = order();
    assert_eq!((outcome(&answer).0.as_str(), numbers(&journal())), ("503", given), "{answer}");
    assert!(
        answer.contains("there are 10000 rows of kind order, and no room for more"),
        "{answer}"
    );
    let stranger =
        carafe.curl(&["-i", "-H", "Host: a.example", "-d", &login("eve"), "$B/shop/login"]);
    assert!(stranger.starts_with("HTTP/1.1 503") && !stranger.contains("10000"), "{stranger}");
    assert!(
        carafe.curl(&["-b", "j", "$B/shop/cart"]).starts_with("1 item\n"),
        "what could not be ordered stays"
    );
    assert_eq!(carafe.status(&["-b", "j", "$B/shop/order/1001"]), "200");
}
