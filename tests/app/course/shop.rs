//! The shop: its eight steps, what each of them must remember, and what nobody may do to it.

use crate::carafe::{Carafe, empty_folder, header};
use crate::redis_server::Redis;
use carafe::Map;
use carafe::web::store::{FileStore, Kind, Store};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const HTML: &str = "Accept: text/html";

/// A login's form.
fn login(name: &str) -> String {
    format!("name={name}&email={name}@example.org&password=tea+for+{name}")
}

/// The token that the text of the cart names.
fn token(carafe: &Carafe, jar: &str) -> String {
    let cart = carafe.curl(&["-b", jar, "$B/shop/cart"]);
    let token = cart.lines().find_map(|line| line.strip_prefix("token: "));
    token.unwrap_or_else(|| panic!("no token in {cart}")).to_owned()
}

/// Status and Location of an answer.
fn outcome(answer: &str) -> (String, String) {
    let status = answer.split(' ').nth(1).unwrap_or("").to_owned();
    (status, header(answer, "Location").unwrap_or("").to_owned())
}

fn see(location: &str) -> (String, String) {
    ("303".to_owned(), location.to_owned())
}

/// The session's id in a jar.
fn id_in(carafe: &Carafe, jar: &str) -> String {
    let jar = std::fs::read_to_string(carafe.folder.join(jar)).expect("the jar was written");
    let line = jar.lines().find(|line| line.contains("carafe_sid")).expect("the jar holds the id");
    line.split_whitespace().last().expect("the id is the last word").to_owned()
}

/// A POST over a connection of its own; what came back.
fn post(carafe: &Carafe, id: &str, path: &str, form: &str) -> String {
    let length = form.len();
    carafe.raw(
        format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nCookie: carafe_sid={id}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
        )
        .as_bytes(),
    )
}

/// Does the same thing so many times at once.
fn at_once<T: Send>(times: usize, deed: impl Fn() -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let started: Vec<_> = (0..times).map(|_| scope.spawn(&deed)).collect();
        started.into_iter().map(|thread| thread.join().expect("the thread ends")).collect()
    })
}

#[test]
fn eight_steps_are_ten_cycles_on_every_store() {
    let redis = Redis::start(&[]);
    let redis_url = redis.as_ref().map(Redis::url);
    for store in ["memory", "cookie", "file:shop.db"].into_iter().chain(redis_url.as_deref()) {
        eight_steps(&Carafe::start(&["--store", store, "--log", "off"]));
    }
}

fn eight_steps(carafe: &Carafe) {
    let jar = ["-i", "-c", "j", "-b", "j"];
    let ask = |arguments: &[&str]| carafe.curl(&[&jar[..], arguments].concat());
    let home = ask(&["$B/shop"]);
    assert!(home.contains("Welcome, stranger"), "{home}");
    assert_eq!(header(&home, "Set-Cookie"), None, "there is nothing to remember yet");

    let answer = ask(&["-d", "name=Ada&email=ada@example.org&password=kettle", "$B/shop/login"]);
    assert_eq!(outcome(&answer), see("/shop"));
    let cookie = header(&answer, "Set-Cookie").expect("a fresh id");
    assert!(
        cookie.starts_with("carafe_sid=") && cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/"),
        "{cookie}"
    );
    assert!(ask(&["$B/shop"]).contains("\r\n\r\nWelcome, Ada\n"));

    assert_eq!(outcome(&ask(&["$B/shop/search?q=jee"])), see("/shop/results"));
    let results = ask(&["$B/shop/results"]);
    assert!(results.contains("Results for 'jee'") && results.contains("Tin jeep"), "{results}");

    let details = ask(&["$B/shop/item/3"]);
    assert!(details.contains("Tin jeep") && details.contains("€24.00"), "{details}");

    assert_eq!(outcome(&ask(&["-d", "item=3", "$B/shop/cart"])), see("/shop/cart"));
    let cart = ask(&["$B/shop/cart"]);
    assert!(cart.contains("1 item\n") && cart.contains("token: "), "{cart}");
    let token = cart.lines().find_map(|line| line.strip_prefix("token: ")).expect("a token");

    assert_eq!(
        outcome(&ask(&["-d", &format!("token={token}"), "$B/shop/checkout"])),
        see("/shop/order/1001")
    );
    let order = ask(&["$B/shop/order/1001"]);
    assert!(
        order.starts_with("HTTP/1.1 200") && order.contains("\r\n\r\nThank you, Ada\n"),
        "{order}"
    );

    // Eight steps and two pages that redirects led to; and the shop has counted along.
    let cycles = carafe.curl(&["$B/cycles"]);
    assert_eq!(cycles.lines().filter(|line| line.contains(" 303 ")).count(), 4, "{cycles}");
    assert_eq!(cycles.lines().count(), 10, "{cycles}");
    let page = carafe.curl(&["-b", "j", "-H", HTML, "$B/shop"]);
    assert!(page.contains("11 cycles so far"), "{page}");
    assert!(page.contains("The first came from a stranger"), "{page}");
    assert_eq!(page.matches(": done</span>").count(), 8, "{page}");
}

#[test]
fn a_cycle_shows_what_each_step_remembers() {
    let carafe = Carafe::start(&["--log", "off"]);
    let changed = |arguments: &[&str]| {
        carafe.curl(&[&["-c", "j", "-b", "j"], arguments].concat());
        carafe.curl(&["$B/cycles/last"])
    };
    assert!(changed(&["$B/shop"]).contains("still knows: nothing about this visitor"));
    let cycle = changed(&["-d", &login("ada"), "$B/shop/login"]);
    assert!(cycle.contains("+ added: account = "), "{cycle}");
    assert!(!cycle.contains("tea+for+ada") && !cycle.contains("tea for ada"), "{cycle}");
    assert!(changed(&["$B/shop/search?q=jee"]).contains("+ added: search = 'jee'"));
    assert!(changed(&["$B/shop/item/3"]).contains("+ added: viewed = [3]"));
    let cycle = changed(&["-d", "item=3", "$B/shop/cart"]);
    assert!(
        cycle.contains("+ added: cart = {\"3\":1}") && cycle.contains("+ added: token = "),
        "{cycle}"
    );
    let cycle = changed(&["-d", &format!("token={}", token(&carafe, "j")), "$B/shop/checkout"]);
    assert!(
        cycle.contains("+ added: orders = [1001]") && cycle.contains("- removed: cart = "),
        "{cycle}"
    );
}

#[test]
fn a_browser_finds_the_same_facts_as_pages() {
    let carafe = Carafe::start(&["--log", "off"]);
    let page =
        |path: &str| carafe.curl(&["-i", "-c", "j", "-b", "j", "-H", HTML, &format!("$B{path}")]);
    let home = page("/shop");
    assert!(
        home.contains("Content-Type: text/html") && header(&home, "Set-Cookie").is_none(),
        "{home}"
    );
    assert!(header(&home, "Vary").is_some_and(|vary| vary.contains("Accept")), "{home}");
    carafe.curl(&["-c", "j", "-d", "item=3", "$B/shop/cart"]);
    carafe.curl(&["-b", "j", "-d", "item=10", "$B/shop/cart"]);
    let cart = page("/shop/cart");
    let token = token(&carafe, "j");
    assert!(cart.contains("2 items"), "{cart}");
    assert!(
        cart.contains(&format!("<input type=\"hidden\" name=\"token\" value=\"{token}\">")),
        "{cart}"
    );
    page("/shop/search?q=tin+jeep");
    assert!(page("/shop/results").contains("Results for 'tin jeep'"));
    assert!(page("/shop/item/3").contains("<h1>Tin jeep</h1>"));
    for path in ["/shop", "/shop/login", "/shop/results", "/shop/item/3", "/shop/cart"] {
        let page = page(path);
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("Eight steps"), "{path}: {page}");
        // default-src 'self' forbids what is written into the page, and every image has an alt of
        // its own.
        assert!(!page.contains("style=") && !page.contains("<script>"), "{path}");
        assert!(
            !page.split_whitespace().any(|word| word.starts_with("on") && word.contains("=\"")),
            "{path}"
        );
        assert_eq!(page.matches("<img").count(), page.matches(" alt=").count(), "{path}");
    }
}

#[test]
fn every_shelf_and_every_picture_is_there() {
    let carafe = Carafe::start(&["--no-cycles", "--log", "off"]);
    let mut seen = 0;
    for shelf in ["pots", "cups", "table", "toys"] {
        let page = carafe.curl(&["-H", HTML, &format!("$B/shop?shelf={shelf}")]);
        for picture in page.split("<img src=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            seen += 1;
            let answer = carafe.curl(&["-i", &format!("$B{picture}")]);
            assert!(
                answer.starts_with("HTTP/1.1 200") && answer.contains("image/svg+xml"),
                "{picture}: {answer}"
            );
            assert!(answer.contains("<title>"), "{picture}");
        }
    }
    assert_eq!(seen, 32);
    assert!(
        !carafe.curl(&["-H", HTML, "$B/shop"]).contains("so far"),
        "what is not recorded is not counted"
    );
}

#[test]
fn without_a_store_eight_strangers_walk_through() {
    let carafe = Carafe::start(&["--store", "none", "--log", "off"]);
    let ask =
        |arguments: &[&str]| carafe.curl(&[&["-i", "-c", "j", "-b", "j"], arguments].concat());
    assert!(ask(&["$B/shop"]).contains("Welcome, stranger"));
    let answer = ask(&["-d", &login("ada"), "$B/shop/login"]);
    assert_eq!(outcome(&answer), see("/shop"));
    assert!(!answer.contains("carafe_sid"), "{answer}");
    assert!(ask(&["$B/shop"]).contains("Welcome, stranger"));
    assert_eq!(outcome(&ask(&["$B/shop/search?q=jee"])), see("/shop/results"));
    assert!(ask(&["$B/shop/results"]).contains("Results for what? I have never met you."));
    assert!(ask(&["$B/shop/item/3"]).contains("Tin jeep"));
    assert_eq!(outcome(&ask(&["-d", "item=3", "$B/shop/cart"])), see("/shop/cart"));
    assert!(ask(&["$B/shop/cart"]).contains("0 items"));
    let answer = ask(&["-d", "token=1", "$B/shop/checkout"]);
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("I have never met you"),
        "{answer}"
    );
    assert_eq!(outcome(&ask(&["$B/shop/order/1001"])).0, "404");
    let page = ask(&["-H", HTML, "$B/shop"]);
    assert!(page.contains("All of them came from a stranger"), "{page}");
}

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
fn what_is_wrong_with_a_form_is_said() {
    let carafe = Carafe::start(&["--no-cycles", "--log", "off"]);
    carafe.curl(&["-c", "j", "-d", "item=3", "$B/shop/cart"]);
    let long = |bytes: usize| "x".repeat(bytes);
    for (path, form, status, expected) in [
        ("cart", "", 400, "missing form field \"item\"; the form has: no fields"),
        ("cart", "itme=3", 400, "missing form field \"item\"; the form has: itme"),
        ("cart", "item=jeep", 400, "item: found \"jeep\", expected a number from 1 to 32"),
        ("cart", "item=", 400, "item: found \"\", expected a number"),
        ("cart", "item=0", 404, "there is no item 0; there are 1 to 32"),
        ("cart", "item=33", 404, "there is no item 33"),
        ("cart", "item=-1", 404, "there is no item -1"),
        ("cart", "item=99999999999999999999", 400, "expected a number from 1 to 32"),
        (
            "cart",
            "item=3&quantity=many",
            400,
            "quantity: found \"many\", expected a number from 0 to 999",
        ),
        ("cart", "item=3&quantity=-1", 400, "quantity: found \"-1\""),
        ("cart", "item=3&quantity=1000", 400, "quantity: found \"1000\""),
        ("checkout", "", 400, "missing form field \"token\""),
        ("checkout", "token=", 400, "this token is not yours"),
        ("checkout", "token=1234", 400, "this token is not yours"),
        ("checkout", &format!("token={}", long(300)), 400, "this token is not yours"),
        ("login", "", 400, "missing form field \"email\""),
        ("login", "email=a@b", 400, "missing form field \"name\""),
        ("login", "name=A&email=a@b", 400, "missing form field \"password\""),
        ("login", "name=A&email=a@b&password=", 400, "password: found 0 bytes, expected 1 to 1000"),
        ("login", &format!("name=A&email=a@b&password={}", long(1001)), 400, "found 1001 bytes"),
        (
            "login",
            "name=A&email=ada&password=x",
            400,
            "email: found \"ada\", expected one such as ada@example.org",
        ),
        ("login", "name=A&email=@b&password=x", 400, "email: found \"@b\""),
        ("login", "name=A&email=a@b@c&password=x", 400, "email: found"),
        ("login", "name=A&email=a+b@c&password=x", 400, "email: found"),
        (
            "login",
            &format!("name=A&email={}@b&password=x", long(200)),
            400,
            "email: found 202 bytes, expected at most 200",
        ),
        (
            "login",
            &format!("name={}&email=a@b&password=x", long(101)),
            400,
            "name: found 101 bytes",
        ),
        ("login", "name=A%00&email=a@b&password=x", 400, "name: found a control character"),
        (
            "login",
            "name=&email=new@b&password=x",
            400,
            "there is no account of this e-mail address; with a name",
        ),
    ] {
        let answer = carafe.curl(&["-i", "-b", "j", "-d", form, &format!("$B/shop/{path}")]);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(expected),
            "{form}: {answer}"
        );
    }
    for (path, expected) in [
        ("search", "expected ?q= and a word"),
        ("search?q=", "expected ?q= and a word"),
        ("search?q=+", "expected ?q= and a word"),
        (&format!("search?q={}", long(101)), "q: found 101 characters, expected at most 100"),
    ] {
        let answer = carafe.curl(&["-i", "-b", "j", &format!("$B/shop/{path}")]);
        assert!(
            answer.starts_with("HTTP/1.1 400 ") && answer.contains(expected),
            "{path}: {answer}"
        );
    }
    assert!(
        carafe
            .curl(&["$B/shop?shelf=attic"])
            .contains("shelf: found \"attic\", expected one of pots, cups, table, toys")
    );
    for path in [
        "/shop/item/0",
        "/shop/item/33",
        "/shop/item/x",
        "/shop/order/1001",
        "/shop/order/99999999999999999999",
    ] {
        let status = carafe.status(&["-b", "j", &format!("$B{path}")]);
        assert!(matches!(status.as_str(), "400" | "404"), "{path}: {status}");
    }
    let json = ["-H", "Content-Type: application/json", "-d", "{}"];
    for path in ["cart", "checkout", "login"] {
        assert_eq!(
            carafe.status(&[&json[..], &[&format!("$B/shop/{path}")]].concat()),
            "415",
            "{path}"
        );
    }
    assert!(
        carafe.curl(&["-b", "j", "$B/shop/cart"]).starts_with("1 item\n"),
        "and nothing has changed"
    );
    let empty = carafe.curl(&["-i", "-c", "k", "$B/shop/item/3"]);
    assert!(empty.starts_with("HTTP/1.1 200"));
    let answer = carafe.curl(&["-b", "k", "-d", "token=1", "$B/shop/checkout"]);
    assert!(answer.contains("your cart is empty"), "{answer}");
    // A browser gets the form again, filled in.
    let page = carafe.curl(&[
        "-i",
        "-H",
        HTML,
        "-d",
        "name=Ada&email=ada&password=secret1",
        "$B/shop/login",
    ]);
    assert!(
        page.starts_with("HTTP/1.1 400")
            && page.contains("value=\"Ada\"")
            && page.contains("role=\"alert\""),
        "{page}"
    );
    assert!(!page.contains("secret1"), "{page}");
}

#[test]
fn words_of_a_visitor_are_text_on_every_page() {
    let carafe = Carafe::start(&["--no-cycles", "--log", "off"]);
    let form = "name=<b>Ada\"</b>&email=<i>'@example.org&password=x";
    let answer = carafe.curl(&["-i", "-c", "j", "-d", form, "$B/shop/login"]);
    assert_eq!(outcome(&answer), see("/shop"));
    carafe.curl(&[
        "-b",
        "j",
        "-G",
        "--data-urlencode",
        "q=\"><script>alert(1)</script>",
        "$B/shop/search",
    ]);
    carafe.curl(&["-b", "j", "-d", "item=3", "$B/shop/cart"]);
    carafe.curl(&["-b", "j", "-d", &format!("token={}", token(&carafe, "j")), "$B/shop/checkout"]);
    for path in ["", "/results", "/login", "/cart", "/order/1001", "?shelf=<b>"] {
        let page = carafe.curl(&["-b", "j", "-H", HTML, &format!("$B/shop{path}")]);
        assert!(
            !page.contains("<b>") && !page.contains("<i>") && !page.contains("<script>alert"),
            "{path}: {page}"
        );
        assert!(path == "?shelf=<b>" || page.contains("&lt;b&gt;Ada&#34;"), "{path}: {page}");
    }
    let page = carafe.curl(&["-H", HTML, "-d", "name=<b>&email=\"<i>&password=x", "$B/shop/login"]);
    assert!(page.contains("value=\"&#34;&lt;i&gt;\"") && !page.contains("<b>"), "{page}");
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
fn the_longest_name_address_and_password_open_an_account_twice() {
    let carafe = Carafe::start(&["--no-cycles", "--log", "off"]);
    let (name, email, password) = ("n".repeat(100), "e".repeat(198) + "@b", "p".repeat(1000));
    let form = format!("name={name}&email={email}&password={password}");
    for _ in 0..2 {
        let answer = carafe.curl(&["-i", "-c", "j", "-b", "j", "-d", &form, "$B/shop/login"]);
        assert_eq!(outcome(&answer), see("/shop"), "{answer}");
    }
}

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
    let page = carafe.curl(&["-b", "j", "-H", HTML, "$B/shop"]);
    assert!(
        page.contains("4 cycles so far"),
        "cart, login, cart and this one, under two ids: {page}"
    );
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

/// What a login from this address of the machine is answered.
fn log_in_from(carafe: &Carafe, address: &str, email: &str, password: &str) -> String {
    let form = format!("name=Ada&email={email}&password={password}");
    carafe.curl(&["-i", "-m", "60", "--interface", address, "-d", &form, "$B/shop/login"])
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
fn a_hundred_wrong_passwords_a_minute_are_all_that_an_address_has_for_all_accounts() {
    let folder = empty_folder();
    // As after 98 guesses at other accounts.
    let store = FileStore::open(&folder.join("shop.db")).expect("the journal is new");
    let kind = Kind {
        name: "guess",
        lifetime: Some(Duration::from_secs(60)),
        most: 10_000,
        oldest_leaves: true,
        secret: false,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
    let mut insert = |row: &mut Option<Map>| {
        *row = Some(Map::from([("count", 98), ("since", i64::try_from(now).expect("a time"))]));
    };
    store.update(&kind, "127.0.0.2", &mut insert).expect("the row is written");
    store.flush().expect("the row is on the disk");
    drop(store);

    let carafe = Carafe::start_in(&folder, &["--store", "file:shop.db", "--log", "off"]);
    for name in ["ada", "bob", "eve"] {
        carafe.curl(&["-d", &login(name), "$B/shop/login"]);
    }
    for (address, name, password, expected) in [
        ("127.0.0.2", "ada", "wrong", "403"),
        ("127.0.0.2", "ada", "tea+for+ada", "303"),
        ("127.0.0.2", "bob", "wrong", "429"),
        ("127.0.0.2", "eve", "tea+for+eve", "429"),
        ("127.0.0.3", "eve", "tea+for+eve", "303"),
    ] {
        let answer = log_in_from(&carafe, address, &format!("{name}@example.org"), password);
        assert_eq!(outcome(&answer).0, expected, "{address} {name}: {answer}");
    }
    let now =
        SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs() - now;
    assert!(now < 60, "the minute is not over, or this test would prove nothing");
}

#[test]
fn guesses_at_once_are_counted_one_by_one_and_hashed_two_at_a_time() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-d", &login("ada"), "$B/shop/login"]);
    let wrong = "name=ada&email=ada@example.org&password=wrong";
    let answers = at_once(40, || post(&carafe, "", "/shop/login", wrong));
    let count = |status: &str| answers.iter().filter(|answer| outcome(answer).0 == status).count();
    // Ten are hashed, one of which is the tenth; those who came when it was crowded were told so.
    assert!(
        count("403") <= 9 && count("429") >= 30,
        "{} times 403, {} times 429",
        count("403"),
        count("429")
    );
    assert_eq!(count("403") + count("429") + count("503"), 40);

    let others: Vec<String> = (0..30).map(|number| login(&format!("guest{number}"))).collect();
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
    assert_eq!(count("303") + count("503"), 30, "{answers:?}");
    let refused =
        answers.iter().find(|answer| outcome(answer).0 == "503").expect("one was refused");
    assert!(header(refused, "Retry-After").is_some(), "{refused}");
}

/// Fills a journal with so many rows of a kind, as a shop of many years would have.
fn fill(store: &FileStore, kind: &'static str, rows: usize) {
    for number in 0..rows {
        let mut insert = |row: &mut Option<Map>| *row = Some(Map::from([("name", "somebody")]));
        store
            .update(&Kind::kept(kind, rows), &format!("{kind}{number}"), &mut insert)
            .expect("the row is written");
    }
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
    let answer = order();
    assert_eq!(outcome(&answer).0, "503", "{answer}");
    assert!(
        answer.contains("there are 10000 rows of kind order, and no room for more"),
        "{answer}"
    );
    assert!(
        carafe.curl(&["-b", "j", "$B/shop/cart"]).starts_with("1 item\n"),
        "what could not be ordered stays"
    );
    assert_eq!(carafe.status(&["-b", "j", "$B/shop/order/1001"]), "200");
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
    let keep = empty_folder();
    for name in ["shop.db", "j"] {
        std::fs::copy(folder.join(name), keep.join(name)).expect("the file can be copied");
    }
    let journal = std::fs::read_to_string(keep.join("shop.db")).expect("the journal is text");
    assert!(
        !journal.contains("tea for ada") && !journal.contains(&id_in(&carafe, "j")),
        "no secret stands in it"
    );
    carafe.log(); // kills it

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
