//! The shop: its eight steps, what each of them must remember, and what nobody may do to it.

mod account;
mod cart;
mod order;

use crate::carafe::{Carafe, header};
use crate::redis_server::Redis;
use carafe::Map;
use carafe::web::store::{FileStore, Kind, Store};
use std::thread;

pub const HTML: &str = "Accept: text/html";

/// A login's form.
pub fn login(name: &str) -> String {
    format!("name={name}&email={name}@example.org&password=tea+for+{name}")
}

/// The token that the text of the cart names.
pub fn token(carafe: &Carafe, jar: &str) -> String {
    let cart = carafe.curl(&["-b", jar, "$B/shop/cart"]);
    let token = cart.lines().find_map(|line| line.strip_prefix("token: "));
    token.unwrap_or_else(|| panic!("no token in {cart}")).to_owned()
}

/// Status and Location of an answer.
pub fn outcome(answer: &str) -> (String, String) {
    let status = answer.split(' ').nth(1).unwrap_or("").to_owned();
    (status, header(answer, "Location").unwrap_or("").to_owned())
}

pub fn see(location: &str) -> (String, String) {
    ("303".to_owned(), location.to_owned())
}

/// The session's id in a jar.
pub fn id_in(carafe: &Carafe, jar: &str) -> String {
    let jar = std::fs::read_to_string(carafe.folder.join(jar)).expect("the jar was written");
    let line = jar.lines().find(|line| line.contains("carafe_sid")).expect("the jar holds the id");
    line.split_whitespace().last().expect("the id is the last word").to_owned()
}

/// A POST over a connection of its own; what came back.
pub fn post(carafe: &Carafe, id: &str, path: &str, form: &str) -> String {
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
pub fn at_once<T: Send>(times: usize, deed: impl Fn() -> T + Sync) -> Vec<T> {
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
    assert_eq!(cycles.lines().count(), 1 + 10, "{cycles}");
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
    let is_home_done = page("/shop/cart").contains("Visit home</a><span class=\"heard\">: done");
    assert!(is_home_done, "what was done stays done before the login, too");
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
        let first = page.split("<h").find(|rest| rest.starts_with(['1', '2']));
        assert!(first.is_some_and(|it| it.starts_with('1')), "{path}: its title comes first");
    }
}

#[test]
fn every_shelf_and_every_picture_is_there() {
    let carafe = Carafe::start(&["--no-cycles", "--log", "off"]);
    let mut seen = 0;
    let home = carafe.curl(&["-H", HTML, "$B/shop"]);
    for link in home.split("<a href=\"/shop/search").skip(1) {
        let link = format!("$B/shop/search{}", link.split('"').next().unwrap_or(""));
        let page = carafe.curl(&["-L", "-c", "j", "-b", "j", "-H", HTML, &link]);
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
    // Who comes by a link has not been at the first page.
    let page = ask(&["-H", HTML, "$B/shop/item/3"]);
    assert_eq!(page.matches(": done</span>").count(), 1, "{page}");
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
        ("login", "email=a@b&password=x", 400, "with a name, this makes one"),
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
    for (form, wrong) in [
        ("name=Ada&email=password&password=x", &["email"][..]),
        ("name=Ada&email=a@b&password=", &["password"]),
        ("name=A%00&email=a@b&password=x", &["name"]),
        ("email=new@b&password=x", &["name"]),
    ] {
        let page = carafe.curl(&["-H", HTML, "-d", form, "$B/shop/login"]);
        for field in ["name", "email", "password"] {
            let input = page.split("<input ").find(|it| it.contains(&format!("id=\"{field}\"")));
            let input = input.and_then(|it| it.split('>').next()).expect("the field is there");
            let is_told = input.contains("aria-invalid=\"true\"")
                && input.contains("aria-describedby=\"error");
            assert_eq!(is_told, wrong.contains(&field), "{form}: {input}");
        }
    }
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
    for path in ["", "/results", "/login", "/cart", "/order/1001"] {
        let page = carafe.curl(&["-b", "j", "-H", HTML, &format!("$B/shop{path}")]);
        assert!(
            !page.contains("<b>") && !page.contains("<i>") && !page.contains("<script>alert"),
            "{path}: {page}"
        );
        assert!(page.contains("&lt;b&gt;Ada&#34;"), "{path}: {page}");
    }
    let page = carafe.curl(&["-H", HTML, "-d", "name=<b>&email=\"<i>&password=x", "$B/shop/login"]);
    assert!(page.contains("value=\"&#34;&lt;i&gt;\"") && !page.contains("<b>"), "{page}");
}

/// Fills a journal with so many rows of a kind, as a shop of many years would have.
pub fn fill(store: &FileStore, kind: &'static str, rows: usize) {
    for number in 0..rows {
        let mut insert = |row: &mut Option<Map>| *row = Some(Map::from([("name", "somebody")]));
        store
            .update(&Kind::kept(kind, rows), &format!("{kind}{number}"), &mut insert)
            .expect("the row is written");
    }
}
