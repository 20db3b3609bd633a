//! One request through the rooms: what becomes of errors, panics, sessions and stores that fail.

use carafe::cycle::Cycle;
use carafe::http::{Method, Request, Response, Status};
use carafe::web::client::Client;
use carafe::web::store::{Kind, Lookup, MemoryStore, Store, StoreError, Updated};
use carafe::web::template::Templates;
use carafe::{App, Context, Error, Map, Service};
use std::sync::Arc;
use std::time::Duration;

static TEMPLATES: &[(&str, &str)] = &[
    (
        "page.html",
        "{{ request.method }} {{ request.path }} {{ request.args.q }} {{ session.user }} {{ x }}{% for m in get_flashed_messages() %} {{ m }}{% endfor %}",
    ),
    (
        "twice.html",
        "{{ get_flashed_messages(with_categories=true) }}{{ get_flashed_messages(category_filter=['bad']) }}",
    ),
    ("broken.html", "\n {{ 1 / 0 }}"),
];

fn app() -> App {
    let mut app = App::new();
    app.templates(Templates::embedded(TEMPLATES));
    app.get("/page/<x>", |ctx: &mut Context| {
        let x = ctx.param("x").to_owned();
        ctx.render("page.html", [("x", x)])
    });
    app.get("/twice", |ctx: &mut Context| ctx.render("twice.html", Map::new()));
    app.get("/broken", |ctx: &mut Context| ctx.render("broken.html", Map::new()));
    app.get("/missing", |ctx: &mut Context| ctx.render("pgae.html", Map::new()));
    app.get("/panic", |_: &mut Context| -> &str { panic!("with a secret") });
    app.get("/abort", |_: &mut Context| -> Result<Response, Error> {
        Err(Error::Forbidden("not you".into()))
    });
    app.post("/login", |ctx: &mut Context| -> Result<Response, Error> {
        let form = ctx.form()?;
        ctx.session.set("user", form.required("user")?);
        ctx.flash("welcome");
        ctx.flash_as("bad", "really?");
        Ok(Response::redirect("/page/1"))
    });
    app.get("/logout", |ctx: &mut Context| {
        ctx.session.clear();
        "gone"
    });
    app
}

#[test]
fn a_page_sees_request_session_and_flashed_messages() {
    let app = app();
    let mut client = Client::new(&app);
    assert_eq!(client.post("/login", &[("user", "Ada & Bo")]).status(), 303);
    assert_eq!(
        client.get("/page/%3Cb%3E?q=tea").text(),
        "GET /page/<b> tea Ada &amp; Bo &lt;b&gt; welcome really?"
            .replace("/page/<b>", "/page/&lt;b&gt;")
    );
    assert_eq!(
        client.get("/page/2").text(),
        "GET /page/2  Ada &amp; Bo 2",
        "each message is shown once"
    );
    assert_eq!(
        client.get("/logout").header("Set-Cookie").map(|line| line.contains("Max-Age=0")),
        Some(true)
    );
    assert_eq!(client.get("/page/2").text(), "GET /page/2   2");
}

#[test]
fn a_page_may_ask_for_its_messages_twice() {
    let app = app();
    let mut client = Client::new(&app);
    client.post("/login", &[("user", "Ada")]);
    let page = client.get("/twice").text();
    assert_eq!(
        page,
        "[[&#39;message&#39;, &#39;welcome&#39;], [&#39;bad&#39;, &#39;really?&#39;]][&#39;really?&#39;]"
    );
}

#[test]
fn an_error_is_a_page_that_says_what_and_why() {
    let mut app = app();
    // Where nothing is sure to answer, no command is offered.
    assert!(!Client::new(&app).get("/nowhere").text().contains("this works"));
    app.get("/", |_: &mut Context| "home");
    for (path, status, expected) in [
        ("/broken", 500, "broken.html:2:"),
        ("/missing", 500, "page.html"),
        ("/panic", 500, "with a secret"),
        ("/abort", 403, "not you"),
        ("/nowhere", 404, "GET /nowhere"),
    ] {
        let answer = Client::new(&app).get(path);
        assert_eq!(answer.status(), status, "{path}");
        assert!(answer.text().contains(expected), "{path}: {}", answer.text());
        assert!(answer.text().contains("this works: curl http://localhost/"), "{path}");
        assert_eq!(status == 500, !answer.warnings.is_empty(), "{path}: the log knows of failures");
    }
    for path in ["/broken", "/missing", "/panic"] {
        let mut request = Request::new(Method::Get, path);
        request.headers.set("Host", "shop.example");
        let text = Client::new(&app).send(request).text();
        let internal = ["broken.html", "page.html", "with a secret", "/ 0"];
        assert!(!internal.iter().any(|word| text.contains(word)), "{path}: {text}");
    }
}

#[test]
fn a_form_says_what_is_wrong_with_it() {
    let app = app();
    let many = vec![("a", "b"); 1001];
    let mut json = Request::new(Method::Post, "/login");
    json.headers.set("Content-Type", "application/json");
    json.body = b"{}".to_vec();
    let mut latin = Request::new(Method::Post, "/login");
    latin.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=latin1");
    latin.body = b"user=\xe9".to_vec();
    let mut untyped = Request::new(Method::Post, "/login");
    untyped.headers.set("Content-Type", "");
    untyped.body = b"user=x".to_vec();
    // A `&` more is no field more.
    let mut just_enough = Request::new(Method::Post, "/login");
    just_enough.headers.set("Content-Type", "application/x-www-form-urlencoded");
    just_enough.body = "a=b&".repeat(1000).into_bytes();
    let mut client = Client::new(&app);
    for (answer, status, expected) in [
        (client.send(just_enough), 400, "missing form field \"user\"; the form has: a\n"),
        (
            client.post("/login", &[("usr", "x")]),
            400,
            "missing form field \"user\"; the form has: usr",
        ),
        (client.post("/login", &[]), 400, "the form has: no fields"),
        (client.post("/login", &many), 413, "found 1001 fields"),
        (client.send(json), 415, "found application/json"),
        (client.send(latin), 400, "not UTF-8"),
        (client.send(untyped), 415, "found a body without Content-Type, expected"),
    ] {
        assert_eq!(answer.status(), status, "{expected}");
        assert!(answer.text().contains(expected), "{}", answer.text());
        assert_eq!(answer.header("Set-Cookie"), None, "there is nothing to keep");
    }
}

/// A store that is not there.
struct Gone;

impl Store for Gone {
    fn load(&self, _: &Kind, _: &str) -> Result<Lookup, StoreError> {
        Err(StoreError::Unreachable("it is not there".into()))
    }
    fn update(
        &self,
        _: &Kind,
        _: &str,
        _: &mut dyn FnMut(&mut Option<Map>),
    ) -> Result<Updated, StoreError> {
        Err(StoreError::Unreachable("it is not there".into()))
    }
}

#[test]
fn a_store_that_failed_takes_the_place_of_the_answer_and_other_pages_go_on() {
    let mut app = app();
    app.get("/plain", |_: &mut Context| "plain");
    app.sessions(Arc::new(Gone), Duration::from_secs(60), 10);
    let mut client = Client::new(&app);
    let answer = client.post("/login", &[("user", "Ada")]);
    assert_eq!((answer.status(), answer.header("Retry-After")), (503, Some("1")));
    assert_eq!(answer.header("Set-Cookie"), None);
    let mut request = Request::new(Method::Get, "/plain");
    request.headers.append("Cookie", "carafe_sid=00000000000000000000000000000000");
    assert_eq!(client.send(request).text(), "plain");
}

/// A store that takes changes but cannot make them safe: a disk that is full.
struct Unsafe(MemoryStore);

impl Store for Unsafe {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        self.0.load(kind, key)
    }
    fn update(
        &self,
        kind: &Kind,
        key: &str,
        change: &mut dyn FnMut(&mut Option<Map>),
    ) -> Result<Updated, StoreError> {
        self.0.update(kind, key, change)
    }
    fn flush(&self) -> Result<(), StoreError> {
        Err(StoreError::Unreachable("the disk is full".into()))
    }
}

#[test]
fn no_answer_promises_a_row_that_is_not_safe_and_pages_without_rows_go_on() {
    const TEA: Kind = Kind::kept("tea", 10);
    let mut app = app();
    app.store(Arc::new(Unsafe(MemoryStore::new())));
    app.post("/tea", |ctx: &mut Context| -> Result<&str, Error> {
        ctx.store().update(&TEA, "pot", &mut |row| *row = Some(Map::new()))?;
        Ok("kept")
    });
    let mut client = Client::new(&app);
    let answer = client.post("/tea", &[]);
    assert_eq!((answer.status(), answer.header("Retry-After")), (503, Some("1")));
    assert!(
        answer.text().contains("the store cannot be reached: the disk is full"),
        "{}",
        answer.text()
    );
    // Sessions are kept elsewhere, and go on.
    assert_eq!(client.post("/login", &[("user", "Ada")]).status(), 303);
}

#[test]
fn an_error_of_a_store_is_a_page_by_itself() {
    const TEA: Kind = Kind::kept("tea", 1);
    let mut app = app();
    app.get("/fill", |ctx: &mut Context| -> Result<&str, Error> {
        for key in ["one", "two"] {
            ctx.store().update(&TEA, key, &mut |row| *row = Some(Map::new()))?;
        }
        Ok("filled")
    });
    let answer = Client::new(&app).get("/fill");
    assert_eq!((answer.status(), answer.header("Retry-After")), (503, Some("1")));
    assert!(
        answer.text().contains("there are 1 rows of kind tea, and no room for more"),
        "{}",
        answer.text()
    );
}

#[test]
fn the_steps_of_a_cycle_stand_in_the_order_in_which_they_happened() {
    let mut app = app();
    app.get("/look/<x>", |ctx: &mut Context| {
        ctx.session.get("user");
        ctx.render("page.html", [("x", "1")])
    });
    app.get("/plain", |_: &mut Context| "plain");
    let names = |path: &str, cookie: &str| -> Vec<&str> {
        let mut request = Request::new(Method::Get, path);
        request.headers.append("Cookie", cookie);
        let mut cycle = Cycle::default();
        cycle.start(true, true);
        let response = app.call(&mut request, &mut cycle);
        // What the record alone has looked up, the answer does not depend on.
        let vary = response.headers.get("Vary");
        assert_eq!(vary, (path != "/plain").then_some("Cookie"), "{path}");
        let steps = cycle.steps();
        assert!(steps.is_sorted_by_key(|step| step.at), "{path}");
        steps.iter().map(|step| step.name).collect()
    };
    let mut client = Client::new(&app);
    let login = client.post("/login", &[("user", "Ada")]);
    let cookie = login.header("Set-Cookie").unwrap().split(';').next().unwrap();
    for (path, expected) in [
        ("/look/1", &["routed", "opened", "rendered", "flashed", "saved"][..]),
        // Only the page asks for the session, while it is made.
        ("/page/1", &["routed", "opened", "rendered", "saved"]),
        // The record looks the visitor up, after the handler.
        ("/plain", &["routed", "opened", "saved"]),
    ] {
        assert_eq!(names(path, cookie), expected, "{path}");
    }
}

#[test]
fn a_page_may_ask_for_what_the_client_sent_under_flasks_names() {
    let asks = "{{ request.args.getlist('q')|join('+') }} {{ request.form['name'] }} \
                {{ request.form.getlist('name')|join('+') }} {{ request.form['nothing'] }}\
                {{ request.cookies.theme }} {{ request.cookies.getlist('theme')|join('+') }} \
                {{ request.headers['User-Agent'] }} \
                {{ request.headers['user-AGENT'] }} {{ request.headers.get('x-one', '-') }} \
                {{ request.headers.get('X-None', '-') }} {{ request.full_path }} {{ request.url }} {{ request.endpoint }} \
                {{ request.scheme }} {{ request.remote_addr }}";
    let mut app = App::new();
    app.templates(Templates::embedded(Vec::from([("p.html", &*asks.to_owned().leak())]).leak()));
    app.post("/asks/<it>", |ctx: &mut Context| ctx.render("p.html", Map::new())).name("asks");
    let mut request = Request::new(Method::Post, "/asks/a%20b?q=1&q=2");
    // A target may be a whole URL.
    request.target.insert_str(0, "http://localhost");
    request.body = b"name=Ada&name=Bo".to_vec();
    for (name, value) in [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("user-agent", "curl"),
        ("X-ONE", "1"),
        ("Cookie", "theme=dark; a=1; theme=z"),
    ] {
        request.headers.set(name, value);
    }
    let answer = Client::new(&app).send(request);
    let (sent, url) = ("1+2 Ada Ada+Bo dark dark+z curl curl 1 -", "http://localhost/asks/a%20b");
    let expected = format!("{sent} /asks/a b?q=1&amp;q=2 {url}?q=1&amp;q=2 asks http 127.0.0.1");
    assert_eq!(answer.text(), expected);
    assert_eq!(answer.warnings, [""; 0], "what a client leaves out is no mistake of the page");
}

#[test]
fn an_error_page_that_cannot_be_made_is_a_warning_and_the_error_is_text() {
    let mut app = App::new();
    app.templates(Templates::embedded(&[("error.html", "\n{{ status.x.y }}")]));
    let mut request = Request::new(Method::Get, "/nowhere");
    request.headers.set("Accept", "text/html");
    let answer = Client::new(&app).send(request);
    assert_eq!(answer.status(), 404);
    assert!(answer.text().starts_with("404 Not Found\n"), "{}", answer.text());
    let warned = answer.warnings.join("\n");
    assert!(warned.contains("error.html:2:11:"), "{warned}");
    // The program's own page for it, as README has it.
    app.on_error(|ctx: &mut Context, _: &Error| {
        let page = ctx.render("404.html", ()).map(|page| page.with_status(Status::NOT_FOUND));
        page.map_err(|why| ctx.warn(why.to_string())).ok()
    });
    let answer = Client::new(&app).get("/nowhere");
    assert!(answer.text().starts_with("404 Not Found\n"), "{}", answer.text());
    assert!(answer.warnings.join("\n").contains("404.html"), "{:?}", answer.warnings);
    app.templates(Templates::embedded(&[("404.html", "Lost?")]));
    let answer = Client::new(&app).get("/nowhere");
    assert_eq!((answer.status(), answer.text().as_str()), (404, "Lost?"));
}

#[test]
fn json_whose_values_would_take_much_more_memory_than_its_text_is_refused() {
    let mut app = App::new();
    app.post("/json", |ctx: &mut Context| ctx.json().map(|_| "read"));
    let mut client = Client::new(&app);
    for (body, status) in [
        (format!("{{\"name\":[{}[0]]}}", "[0],".repeat(250_000)), 413),
        (format!("{{\"name\":[{}[0]]}}", "[0],".repeat(1_000)), 200),
        (format!("[\"{}\"]", "a".repeat(1_000_000)), 200),
        ("[".to_owned(), 400),
    ] {
        let answer = client.send_body(Method::Post, "/json", "application/json", body);
        assert_eq!(answer.status(), status, "{:.100}", answer.text());
    }
}
