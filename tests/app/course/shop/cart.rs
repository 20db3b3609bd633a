//! The cart: its bounds, and a hundred changes at once.

use super::{HTML, at_once, id_in, outcome, post, see, token};
use crate::carafe::{Carafe, header};
use crate::common::empty_folder;
use crate::redis_server::Redis;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn a_cart_can_be_changed_and_has_bounds() {
    let carafe = Carafe::start(&["--no-cycles", "--log", "off"]);
    let change =
        |form: &str| carafe.curl(&["-i", "-c", "j", "-b", "j", "-d", form, "$B/shop/cart"]);
    let cart = || carafe.curl(&["-b", "j", "$B/shop/cart"]);
    let answer = change("item=3&quantity=0");
    assert_eq!(
        (outcome(&answer), header(&answer, "Set-Cookie")),
        (see("/shop/cart"), None),
        "nothing to remember"
    );
    change("item=3");
    change("item=3");
    change("item=10");
    assert!(cart().contains("3 items\n") && cart().contains("total €64.50\n"), "{}", cart());
    change("item=3&quantity=5");
    assert!(cart().contains("6 items\n"), "{}", cart());
    let token = token(&carafe, "j");
    change("item=3&quantity=0");
    assert!(
        cart().contains("1 item\n") && cart().contains(&format!("token: {token}\n")),
        "{}",
        cart()
    );
    change("item=10&quantity=999");
    let answer = change("item=10");
    assert!(
        answer.starts_with("HTTP/1.1 400")
            && answer.contains("found 1000 of item 10, expected at most 999")
    );
    assert!(cart().contains("999 items\n"), "{}", cart());
    change("item=10&quantity=0");
    assert!(cart().starts_with("0 items\n") && !cart().contains("token"), "{}", cart());
}

#[test]
fn a_hundred_posts_at_once_leave_a_hundred_items() {
    for store in ["memory", "file:shop.db"] {
        let carafe = Carafe::start(&["--store", store, "--log", "off"]);
        a_hundred_posts(&carafe, &carafe);
    }
}

#[test]
fn a_hundred_posts_to_two_servers_at_once_leave_a_hundred_items() {
    let folder = empty_folder();
    let redis = Redis::start(&[]);
    for store in
        [Some(format!("file:{}", folder.join("shop.db").display())), redis.as_ref().map(Redis::url)]
    {
        let Some(store) = store else { continue };
        let arguments = ["--store", store.as_str(), "--log", "off"];
        a_hundred_posts(&Carafe::start(&arguments), &Carafe::start(&arguments));
    }
    let _ = std::fs::remove_dir_all(folder);
}

/// A hundred at once, to the one server and the other in turn.
fn a_hundred_posts(carafe: &Carafe, other: &Carafe) {
    carafe.curl(&["-c", "j", "$B/shop/item/3"]);
    let id = id_in(carafe, "j");
    let turn = AtomicUsize::new(0);
    let answers = at_once(100, || {
        let server = [carafe, other][turn.fetch_add(1, Ordering::Relaxed) % 2];
        post(server, &id, "/shop/cart", "item=3")
    });
    assert!(answers.iter().all(|answer| outcome(answer) == see("/shop/cart")), "{answers:?}");
    let cart = carafe.curl(&["-b", "j", "$B/shop/cart"]);
    assert!(cart.starts_with("100 items\n"), "{cart}");
    assert_eq!(cart.matches("token: ").count(), 1, "{cart}");
    let page = carafe.curl(&["-b", "j", "-H", HTML, "$B/shop/cart"]);
    assert!(page.contains("100 items"), "{page}");
}

#[test]
fn amnesia_between_the_cart_and_the_checkout() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "-d", "item=3", "$B/shop/cart"]);
    let form = format!("token={}", token(&carafe, "j"));
    let page = carafe.curl(&["-b", "j", "-H", HTML, "$B/shop/cart"]);
    assert!(page.contains("action=\"/forget\""), "{page}");
    let elsewhere = carafe.curl(&["-H", "Host: shop.example", "-H", HTML, "$B/shop/cart"]);
    assert!(elsewhere.contains("Cart") && !elsewhere.contains("/forget"), "{elsewhere}");
    carafe.curl(&["-X", "POST", "$B/forget"]);
    let answer = carafe.curl(&["-i", "-b", "j", "-d", &form, "$B/shop/checkout"]);
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("I have never met you"),
        "{answer}"
    );
    let cycle = carafe.curl(&["$B/cycles/last"]);
    assert!(cycle.contains("no row of that id is known here"), "{cycle}");
    let page = carafe.curl(&["-b", "j", "-H", HTML, "$B/shop/cart"]);
    assert!(page.contains("0 items") && !page.contains(": done</span>"), "{page}");
    assert!(
        page.contains("Your browser sent a cookie, but no row of that id is known here"),
        "{page}"
    );
}
