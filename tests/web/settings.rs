//! What a program sets besides its routes.

use carafe::http::{Method, Request, Response};
use carafe::web::client::Client;
use carafe::web::static_files::StaticFiles;
use carafe::{App, Context, Error};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

static FILES: &[(&str, &[u8])] = &[("a.txt", b"a")];

#[test]
fn a_site_below_a_path_is_found_only_there() {
    let mut app = App::new();
    app.prefix("/app");
    app.files("/static", StaticFiles::embedded(FILES));
    app.get("/", |ctx: &mut Context| ctx.url_for("home", &[])).name("home");
    app.get("/set", |ctx: &mut Context| {
        ctx.session.set("user", "Ada");
        ctx.request.path.clone()
    });
    app.get("/a/", |_: &mut Context| "a");
    let mut client = Client::new(&app);
    assert_eq!(client.get("/app/").text(), "/app/");
    assert_eq!(client.get("/app/static/a.txt").text(), "a");
    assert_eq!(client.get("/app/a?x").header("Location"), Some("/app/a/?x"));
    let answer = client.get("/app/set");
    assert_eq!(answer.text(), "/set");
    assert!(answer.header("Set-Cookie").is_some_and(|line| line.ends_with("Path=/app")));
    // A hint names paths as a client has to ask for them.
    let hint = client.get("/app/st").text();
    assert!(hint.contains("did you mean GET /app/set?"), "{hint}");
    for path in ["/", "/set", "/static/a.txt", "/application/", "/apps/set"] {
        assert_eq!(client.get(path).status(), 404, "{path}");
    }
    assert_eq!(client.get("/app").header("Location"), Some("/app/"));
    assert_eq!(client.get("/app//set").header("Location"), Some("/app/set"));
    let mut no_home = App::new();
    no_home.prefix("/app");
    assert_eq!(Client::new(&no_home).get("/app").status(), 404, "there is nothing at its slash");
}

#[test]
fn the_path_of_the_sessions_cookie_is_the_programs_or_else_the_sites() {
    let prefix = |app: &mut App| app.prefix("/app");
    let path = |app: &mut App| app.session_cookie("sid", "/app/shop");
    let name = |app: &mut App| app.session_cookie("sid", "");
    for (settings, asked, expected) in [
        (&[&name as &dyn Fn(&mut App)][..], "/", "Path=/"),
        (&[&prefix, &name], "/app/", "Path=/app"),
        (&[&name, &prefix], "/app/", "Path=/app"),
        (&[&prefix, &path], "/app/", "Path=/app/shop"),
        (&[&path, &prefix], "/app/", "Path=/app/shop"),
    ] {
        let mut app = App::new();
        settings.iter().for_each(|set| set(&mut app));
        app.get("/", |ctx: &mut Context| {
            ctx.session.set("user", "Ada");
            "set"
        });
        let answer = Client::new(&app).get(asked);
        assert!(answer.header("Set-Cookie").is_some_and(|it| it.ends_with(expected)), "{expected}");
    }
}

#[test]
fn a_prefix_that_browsers_would_shorten_is_a_panic() {
    for prefix in ["/../x", "/a//b", "/./x", "//x", "/x/.."] {
        let panic = std::panic::catch_unwind(|| App::new().prefix(prefix)).expect_err(prefix);
        let message = panic.downcast::<String>().expect("a message");
        assert!(message.contains(&format!("found the prefix {prefix:?}, expected")), "{message}");
    }
}

#[test]
fn a_prefix_may_have_any_letters_and_its_hooks_do_not_see_what_is_outside() {
    for (prefix, encoded) in [("/app", "/app"), ("/café/a b!/", "/caf%C3%A9/a%20b!")] {
        let mut app = App::new();
        app.prefix(prefix);
        app.get("/", |ctx: &mut Context| ctx.url_for("home", &[])).name("home");
        app.get("/item", |ctx: &mut Context| ctx.request.path.clone());
        app.before(|ctx: &mut Context| {
            assert!(ctx.request.path.starts_with('/'));
            Ok((ctx.request.path == "/health").then(|| Response::text("well")))
        });
        app.after(|ctx: &mut Context, response: &mut Response| {
            response.headers.set("X-Path", &ctx.request.path);
        });
        app.blueprint("part", "/", |part| {
            part.get("/part", |_: &mut Context| "part");
            part.after(|_: &mut Context, response: &mut Response| {
                response.headers.set("X-Part", "1");
            });
        });
        app.blueprint("own", "/own", |own| {
            own.get("/x", |_: &mut Context| "own");
            own.after(|_: &mut Context, response: &mut Response| {
                response.headers.set("X-Part", "own");
            });
            own.on_error(|_: &mut Context, _: &Error| Some(Response::text("own")));
        });
        let mut client = Client::new(&app);
        let own = client.get(&format!("{encoded}/own/x"));
        assert_eq!((own.status(), own.header("X-Part")), (200, Some("own")));
        let small = encoded.to_ascii_lowercase().replace('!', "%21");
        for (path, status, text) in [
            (format!("{encoded}/"), 200, format!("{encoded}/")),
            (format!("{small}/item"), 200, "/item".into()),
            (format!("{encoded}/health"), 200, "well".into()),
            ("/health".into(), 404, "404 Not Found\n".into()),
            ("/item".into(), 404, "404 Not Found\n".into()),
            ("/part".into(), 404, "404 Not Found\n".into()),
            ("/own/x".into(), 404, "404 Not Found\n".into()),
            (format!("{encoded}%2Fitem"), 404, "404 Not Found\n".into()),
        ] {
            let answer = client.get(&path);
            assert_eq!(answer.status(), status, "{path}");
            assert!(answer.text().starts_with(&text), "{path}: {}", answer.text());
            assert!(answer.header("X-Path").is_some_and(|path| path.starts_with('/')));
            assert_eq!(answer.header("X-Part"), None, "{path}");
        }
        let answer = client.get(&format!("{encoded}?a=1"));
        let location = format!("{encoded}/?a=1");
        assert_eq!((answer.status(), answer.header("Location")), (308, Some(&*location)));
    }
}

#[test]
fn the_sessions_cookie_has_a_name_and_a_path_and_may_outlive_the_browser() {
    let mut app = App::new();
    app.session_cookie("shop", "/shop");
    app.get("/shop/stay", |ctx: &mut Context| {
        ctx.session.set("user", "Ada");
        ctx.session.set("visits", 3);
        ctx.session.permanent(Duration::from_secs(86_400));
        "kept"
    });
    app.get("/<path:read>", |ctx: &mut Context| {
        format!("{:?} {:?}", ctx.session.text("user"), ctx.session.int("visits"))
    });
    let mut client = Client::new(&app);
    let line = client.get("/shop/stay").header("Set-Cookie").unwrap().to_owned();
    assert!(line.starts_with("shop=") && line.contains("Max-Age=86400"), "{line}");
    assert!(line.ends_with("Path=/shop"), "{line}");
    assert_eq!(client.get("/shop/read").text(), "Some(\"Ada\") Some(3)");
    assert_eq!(client.get("/read").text(), "None None", "the client sends it there alone");
}

/// An answer with a cookie must not be kept, and each page would load all its files again.
#[test]
fn the_time_of_a_permanent_session_begins_again_with_pages_and_not_with_files() {
    let mut app = App::new();
    app.files("/static", StaticFiles::embedded(FILES));
    app.before(|ctx: &mut Context| {
        ctx.g.insert("user", ctx.session.text("user"));
        Ok(None)
    });
    app.get("/page", |_: &mut Context| "page");
    app.get("/login", |ctx: &mut Context| {
        ctx.session.set("user", "Ada");
        ctx.session.permanent(Duration::from_secs(86_400));
        Response::text("in").with_header("ETag", "\"1\"")
    });
    let mut client = Client::new(&app);
    assert!(client.get("/login").header("Set-Cookie").is_some(), "it is changed here");
    let page = client.get("/page");
    assert!(page.header("Set-Cookie").is_some_and(|line| line.contains("Max-Age=86400")));
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    let file = client.get("/static/a.txt");
    assert_eq!((file.header("Set-Cookie"), file.header("Vary")), (None, Some("Cookie")));
    assert_eq!(file.header("Cache-Control"), Some("no-cache"));
}

#[test]
fn a_session_may_be_as_large_as_the_program_says() {
    let mut app = App::new();
    app.session_bytes(30_000);
    app.get("/<int:bytes>", |ctx: &mut Context| {
        let bytes = ctx.param("bytes").parse().unwrap_or(0);
        ctx.session.set("text", "x".repeat(bytes));
        "kept"
    });
    for (bytes, status) in [(20_000, 200), (29_980, 200), (30_001, 413)] {
        assert_eq!(Client::new(&app).get(&format!("/{bytes}")).status(), status, "{bytes}");
    }
}

#[test]
fn an_allowed_origin_may_ask_and_is_asked_before_the_hooks() {
    let mut app = App::new();
    app.allow_origin("https://friend.example");
    app.before(|_: &mut Context| Ok(Some(Response::text("hook"))));
    app.put("/thing", |_: &mut Context| "changed");
    for (method, origin, status, allowed) in [
        (Method::Options, "https://friend.example", 204, true),
        (Method::Put, "https://friend.example", 200, true),
        (Method::Options, "https://evil.example", 200, false),
        (Method::Put, "https://evil.example", 200, false),
    ] {
        let mut request = Request::new(method, "/thing");
        request.headers.append("Origin", origin);
        request.headers.append("Access-Control-Request-Method", "PUT");
        let answer = Client::new(&app).send(request);
        let header = answer.header("Access-Control-Allow-Origin");
        assert_eq!((answer.status(), header), (status, allowed.then_some(origin)), "{origin}");
        assert_eq!(answer.header("Vary"), Some("Origin"));
        assert_eq!(answer.header("Access-Control-Allow-Credentials"), None);
        // Without it, scripts cannot read an ETag or a Location (Fetch standard).
        let exposed = answer.header("Access-Control-Expose-Headers");
        assert_eq!(exposed, allowed.then_some("*"), "{origin}");
    }
}

#[test]
fn an_allowed_origin_may_be_written_with_its_port_and_in_capital_letters() {
    for written in ["https://shop.example:443", "HTTPS://Shop.Example/", "https://shop.example"] {
        let mut app = App::new();
        app.allow_origin(written);
        app.put("/", |_: &mut Context| "changed");
        let mut request = Request::new(Method::Put, "/");
        request.headers.append("Origin", "https://shop.example");
        assert_eq!(Client::new(&app).send(request).status(), 200, "{written}");
    }
}

#[test]
fn an_allowed_origin_is_a_stranger_also_if_the_browser_sends_the_cookie() {
    let mut app = App::new();
    app.allow_origin("https://Friend.example/");
    app.post("/name", |ctx: &mut Context| {
        let before = ctx.session.text("name").unwrap_or_default();
        ctx.session.set("name", "Ada");
        before
    });
    let mut visitor = Client::new(&app);
    let ask = |visitor: &mut Client, origin: Option<&str>| {
        let mut request = Request::new(Method::Post, "/name");
        origin.iter().for_each(|origin| request.headers.append("Origin", *origin));
        let answer = visitor.send(request);
        (answer.text(), answer.header("Set-Cookie").is_some())
    };
    assert_eq!(ask(&mut visitor, None), (String::new(), true));
    assert_eq!(ask(&mut visitor, Some("https://friend.example")), (String::new(), false));
    assert_eq!(ask(&mut visitor, Some("http://localhost")), ("Ada".into(), false));
    // Nor is it a visitor to a hook of a request that is refused, or if it says its origin twice.
    app.before(|ctx: &mut Context| match ctx.request.method {
        Method::Post => Ok(None),
        _ => Ok(Some(Response::text(ctx.cookie("carafe_sid").unwrap_or_default().into_owned()))),
    });
    let mut visitor = Client::new(&app);
    assert_eq!(ask(&mut visitor, None), (String::new(), true));
    let other = Method::Other("BREW".into());
    for (method, times, origin) in [
        (Method::Put, 2, "https://friend.example"),
        (Method::Put, 1, "https://evil.example"),
        (other, 1, "https://friend.example"),
    ] {
        let mut request = Request::new(method, "/name");
        (0..times).for_each(|_| request.headers.append("Origin", origin));
        assert_eq!(visitor.send(request).text(), "", "{origin} {times}");
    }
    assert_eq!(visitor.send(Request::new(Method::Put, "/name")).text().len(), 32, "our own page");
    // An origin that is allowed and our own keeps its cookie.
    app.allow_origin("http://localhost");
    let mut visitor = Client::new(&app);
    assert_eq!(ask(&mut visitor, None), (String::new(), true));
    assert_eq!(ask(&mut visitor, Some("http://localhost")), ("Ada".into(), false));
}

#[test]
fn a_script_of_an_allowed_origin_is_not_told_what_is_inside() {
    let mut app = App::new();
    app.allow_origin("https://friend.example");
    app.get("/", |_: &mut Context| Err::<&str, _>(Error::Failed("a secret".into())));
    app.get("/inside", |ctx: &mut Context| ctx.check_inside().map(|()| "inside"));
    for (origin, is_told) in [("https://friend.example", false), ("http://localhost", true)] {
        for (path, told) in [("/", "a secret"), ("/inside", "inside"), ("/insdie", "did you mean")]
        {
            let answer = Client::new(&app).header("Origin", origin).get(path);
            let is_found = answer.text().contains(told) && answer.status() != 403;
            assert_eq!(is_found, is_told, "{origin} {path}: {}", answer.text());
        }
    }
}

#[test]
fn the_policy_of_the_program_takes_the_place_of_the_mild_one() {
    let mut app = App::new();
    app.policy("default-src 'self'");
    let answer = Client::new(&app).get("/");
    assert_eq!(answer.header("Content-Security-Policy"), Some("default-src 'self'"));
}

/// What a panic says.
fn mistake(make: impl FnOnce(&mut App)) -> String {
    let mut app = App::new();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        make(&mut app);
        Client::new(&app);
    }));
    *caught.expect_err("it is a mistake").downcast::<String>().expect("a message")
}

fn index(_: &mut Context) -> &'static str {
    "index"
}

mod other {
    pub fn index(_: &mut carafe::Context) -> &'static str {
        "another"
    }
}

#[test]
fn mistakes_are_said_at_the_start() {
    let files = || StaticFiles::embedded(FILES);
    assert!(mistake(|app| app.files("static", files())).contains("must start with a slash"));
    let twice = mistake(|app| {
        app.files("/static", files());
        app.files("/static/", files());
    });
    assert_eq!(twice.matches("tests/web/settings.rs:").count(), 2, "{twice}");
    for origin in [
        "friend.example",
        "null",
        "ftp://friend.example",
        "https://friend.example/a",
        "https://bücher.example",
        "https://ada@friend.example",
        "https://",
    ] {
        let no_origin = mistake(|app| app.allow_origin(origin));
        assert!(no_origin.contains("expected http:// or https:// and a host"), "{no_origin}");
    }
    let cookie = mistake(|app| app.session_cookie("my shop", "/"));
    assert!(cookie.contains("the cookie name \"my shop\""), "{cookie}");
    for path in ["shop", "/shop; Secure", "/a\n", "/thé"] {
        let cookie = mistake(|app| app.session_cookie("sid", path));
        assert!(cookie.contains(&format!("found the path {path:?}")), "{cookie}");
    }
    let apart = mistake(|app| {
        app.prefix("/app");
        app.session_cookie("sid", "/apps/shop/");
        Client::new(app);
    });
    assert!(apart.contains("\"/apps/shop\" and the prefix \"/app\""), "{apart}");
    let register = |part: &mut App| {
        part.get("", index);
    };
    let empty = mistake(|app| app.blueprint("a", "/", register));
    assert!(empty.contains("must start with a slash"), "{empty}");
    let place = mistake(|app| app.blueprint("a", "/<float:x>", |_| {}));
    assert!(place.contains("expected string, int or path"), "{place}");
    for wrong in ["/<x>", "/a;b", "/app; Domain=evil.example"] {
        let prefix = mistake(|app| app.prefix(wrong));
        assert!(prefix.contains("expected none with a parameter or a ;"), "{prefix}");
    }
    let no_method = mistake(|app| {
        app.route([], "/a", index);
    });
    assert!(no_method.contains("expected at least one"), "{no_method}");
    let names = mistake(|app| {
        app.get("/a", index);
        app.get("/b", other::index);
    });
    assert!(names.contains("two handlers are called \"index\""), "{names}");
    assert_eq!(names.matches("tests/web/settings.rs:").count(), 2, "{names}");
    // The same handler may have several patterns, closures have no name, and a name may be given.
    let mut app = App::new();
    app.get("/a", index);
    app.post("/a", index);
    app.get(format!("/{}", "computed"), other::index).name("other");
    app.get("/c", |_: &mut Context| "c");
    app.get("/d", |_: &mut Context| "d");
    app.get("/e", generic::<u8>);
    app.get("/f", of_function::<fn(i32) -> i32>);
    Client::new(&app);
    assert_eq!(app.url_for("generic", &[]).as_deref(), Ok("/e"));
    assert_eq!(app.url_for("of_function", &[]).as_deref(), Ok("/f"));
}

fn of_function<F>(_: &mut Context) -> &'static str {
    std::any::type_name::<F>()
}

fn generic<T: Default + ToString>(_: &mut Context) -> String {
    T::default().to_string()
}

#[test]
fn files_win_over_patterns_that_begin_with_a_place() {
    let mut app = App::new();
    app.get("/<folder>/<name>", |_: &mut Context| "pattern");
    app.files("/static", StaticFiles::embedded(FILES));
    assert_eq!(Client::new(&app).get("/static/a.txt").text(), "a");
    assert_eq!(Client::new(&app).get("/static/b.txt").status(), 404);
    assert_eq!(Client::new(&app).get("/other/b.txt").text(), "pattern");
}

#[test]
fn a_full_address_has_the_port_also_for_a_client_that_names_no_host() {
    let mut app = App::new();
    app.address("127.0.0.1:8123");
    app.get("/", |ctx: &mut Context| ctx.url_for("home", &[("_external", true.into())]))
        .name("home");
    let mut request = Request::new(Method::Get, "/");
    request.headers.remove("Host");
    assert_eq!(Client::new(&app).send(request).text(), "http://127.0.0.1:8123/");
}

#[test]
fn the_trait_of_the_server_hides_no_name_of_the_application() {
    #[allow(unused_imports)]
    use carafe::Service;
    let mut app = App::new();
    app.prefix("/app");
    app.get("/", index);
    assert_eq!(app.url_for("index", &[]).as_deref(), Ok("/app/"));
}
