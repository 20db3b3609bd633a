//! Orders: one for each token, and shown to their owner alone.

use super::{at_once, id_in, login, outcome, post, see, token};
use crate::carafe::Carafe;
use crate::common::empty_folder;
use crate::redis_server::Redis;

#[test]
fn one_token_is_one_order_however_often_it_is_sent() {
    let redis = Redis::start(&[]);
    let redis_url = redis.as_ref().map(Redis::url);
    for store in ["memory", "file:shop.db"].into_iter().chain(redis_url.as_deref()) {
        one_token(&Carafe::start(&["--store", store, "--log", "off"]));
    }
}

fn one_token(carafe: &Carafe) {
    let mut id = String::new();
    for expected in 1001..=1020 {
        carafe.curl(&["-c", "j", "-b", "j", "-d", "item=3", "$B/shop/cart"]);
        id = id_in(carafe, "j");
        let form = format!("token={}", token(carafe, "j"));
        let location = format!("/shop/order/{expected}");
        // At once, and one after the other.
        let mut answers = at_once(3, || post(carafe, &id, "/shop/checkout", &form));
        answers.push(post(carafe, &id, "/shop/checkout", &form));
        for answer in answers {
            assert_eq!(outcome(&answer), see(&location), "{answer}");
        }
        assert!(carafe.curl(&["-b", "j", "$B/shop/cart"]).starts_with("0 items\n"));
        let order = carafe.curl(&["-b", "j", &format!("$B{location}")]);
        assert!(order.contains("1 x") && order.contains("total €24.00"), "{order}");
    }
    let order = carafe.curl(&["-b", "j", "$B/shop/order/1020"]);
    assert!(order.starts_with("Thank you\n"), "a guest has no name: {order}");
    // What came into the cart after the form was made, and before it was sent again, stays there.
    post(carafe, &id, "/shop/cart", "item=5");
    let again = carafe.curl(&["-b", "j", "$B/shop/cart"]);
    assert!(again.starts_with("1 item\n"), "{again}");
}

#[test]
fn an_order_is_shown_to_its_owner_alone() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "ada", "-d", &login("ada"), "$B/shop/login"]);
    carafe.curl(&["-b", "ada", "-d", "item=3", "$B/shop/cart"]);
    let form = format!("token={}", token(&carafe, "ada"));
    let answer = carafe.curl(&["-i", "-b", "ada", "-d", &form, "$B/shop/checkout"]);
    assert_eq!(outcome(&answer), see("/shop/order/1001"));
    carafe.curl(&["-c", "bob", "-d", &login("bob"), "$B/shop/login"]);
    carafe.curl(&["-b", "bob", "-d", "item=3", "$B/shop/cart"]);
    for (who, status) in [("ada", "200"), ("bob", "404"), ("nobody", "404")] {
        assert_eq!(carafe.status(&["-b", who, "$B/shop/order/1001"]), status, "{who}");
        assert_eq!(
            carafe.status(&["-b", who, "$B/shop/order/1002"]),
            "404",
            "{who}: as if there were none"
        );
    }
    assert_eq!(
        carafe.status(&["-b", "bob", "-d", &form, "$B/shop/checkout"]),
        "400",
        "a stolen token is none"
    );
    // The same account at another browser; then another customer at that browser.
    carafe.curl(&["-c", "phone", "-d", &login("ada"), "$B/shop/login"]);
    assert_eq!(carafe.status(&["-b", "phone", "$B/shop/order/1001"]), "200");
    carafe.curl(&["-b", "phone", "-d", "item=3", "$B/shop/cart"]);
    carafe.curl(&["-c", "phone", "-b", "phone", "-d", &login("bob"), "$B/shop/login"]);
    assert_eq!(carafe.status(&["-b", "phone", "$B/shop/order/1001"]), "404");
    assert!(carafe.curl(&["-b", "phone", "$B/shop/cart"]).starts_with("0 items\n"));
    assert_eq!(
        outcome(&carafe.curl(&["-i", "-b", "ada", "-c", "ada", "-d", "", "$B/shop/logout"])),
        see("/shop")
    );
    assert_eq!(carafe.status(&["-b", "ada", "$B/shop/order/1001"]), "404");
    assert!(carafe.curl(&["-b", "ada", "$B/shop"]).starts_with("Welcome, stranger\n"));
}

#[test]
fn a_file_keeps_accounts_and_orders_over_a_kill() {
    let folder = empty_folder();
    let arguments = ["--store", "file:shop.db", "--log", "off"];
    let carafe = Carafe::start_in(&folder, &arguments);
    carafe.curl(&["-c", "j", "-d", &login("ada"), "$B/shop/login"]);
    carafe.curl(&["-b", "j", "-d", "item=3", "$B/shop/cart"]);
    let form = format!("token={}", token(&carafe, "j"));
    carafe.curl(&["-b", "j", "-d", &form, "$B/shop/checkout"]);
    carafe.curl(&["-b", "j", "-d", "item=10", "$B/shop/cart"]);
    carafe.signal("-KILL");
    let keep = empty_folder();
    for name in ["shop.db", "j"] {
        std::fs::copy(folder.join(name), keep.join(name)).expect("the file can be copied");
    }
    let journal = std::fs::read_to_string(keep.join("shop.db")).expect("the journal is text");
    assert!(
        !journal.contains("tea for ada") && !journal.contains(&id_in(&carafe, "j")),
        "no secret stands in it"
    );

    let carafe = Carafe::start_in(&keep, &arguments);
    assert!(carafe.curl(&["-b", "j", "$B/shop"]).starts_with("Welcome, ada\n"));
    assert!(carafe.curl(&["-b", "j", "$B/shop/cart"]).starts_with("1 item\n"));
    assert!(carafe.curl(&["-b", "j", "$B/shop/order/1001"]).starts_with("Thank you, ada\n"));
    assert_eq!(
        outcome(&carafe.curl(&["-i", "-b", "j", "-d", &form, "$B/shop/checkout"])),
        see("/shop/order/1001")
    );
    let form = format!("token={}", token(&carafe, "j"));
    assert_eq!(
        outcome(&carafe.curl(&["-i", "-b", "j", "-d", &form, "$B/shop/checkout"])),
        see("/shop/order/1002")
    );
    let wrong = "name=x&email=ada@example.org&password=wrong";
    assert_eq!(carafe.status(&["-d", wrong, "$B/shop/login"]), "403", "the account is the same");
}

/// The cookie store's sessions outlive the accounts and the orders, which are in memory. Numbers and
/// addresses come again then, and are another customer's.
#[test]
fn an_order_of_before_a_restart_or_a_forget_shows_no_order_of_after_it() {
    let folder = empty_folder();
    let arguments = ["--store", "cookie", "--log", "off"];
    let key = [("CARAFE_SECRET_KEY", "0123456789abcdef0123456789abcdef")];
    let order = |carafe: &Carafe, jar: &str| {
        carafe.curl(&["-b", jar, "-c", jar, "-d", "item=3", "$B/shop/cart"]);
        carafe.curl(&["-b", jar, "-c", jar, "$B/shop/cart"]);
        let form = format!("token={}", token(carafe, jar));
        carafe.curl(&["-b", jar, "-c", jar, "-d", &form, "$B/shop/checkout"]);
    };
    let carafe = Carafe::start_with(&folder, &arguments, &key);
    order(&carafe, "guest");
    // Somebody has taken the address that is another customer's after the restart.
    carafe.curl(&["-c", "taker", "-d", &login("vera"), "$B/shop/login"]);
    assert_eq!(carafe.status(&["-b", "guest", "$B/shop/order/1001"]), "200");
    let jars = ["guest", "taker"].map(|jar| (jar, carafe.folder.join(jar)));
    let keep = empty_folder();
    for (name, path) in jars {
        std::fs::copy(path, keep.join(name)).expect("the jar can be copied");
    }
    carafe.log(); // stops it

    let carafe = Carafe::start_with(&keep, &arguments, &key);
    for forgets in [false, true] {
        if forgets {
            carafe.curl(&["-X", "POST", "$B/forget"]);
        }
        carafe.curl(&["-c", "owner", "-d", &login("vera"), "$B/shop/login"]);
        order(&carafe, "owner");
        assert_eq!(carafe.status(&["-b", "owner", "$B/shop/order/1001"]), "200");
        for other in ["guest", "taker"] {
            assert_eq!(carafe.status(&["-b", other, "$B/shop/order/1001"]), "404", "{other}");
        }
    }
}
