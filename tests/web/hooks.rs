//! Hooks: what runs before and behind the handlers, and for which paths.

use carafe::cycle::Cycle;
use carafe::http::{Headers, Limits, Method, Request, Status, parse_head};
use carafe::web::client::Client;
use carafe::web::static_files::StaticFiles;
use carafe::web::store::{MemoryStore, Store};
use carafe::{App, Context, Error, Response, Service};
use std::sync::{Arc, Mutex};
use std::time::Duration;

static FILES: &[(&str, &[u8])] = &[("a.txt", b"a")];

fn guarded() -> App {
    let mut app = App::new();
    app.files("/static", StaticFiles::embedded(FILES));
    app.get("/", |_: &mut Context| "home");
    app.get("/moved/", |_: &mut Context| "moved");
    app.blueprint("admin", "/admin", |admin| {
        admin.get("/", index);
        admin.get("/<name>", |ctx: &mut Context| ctx.param("name").to_owned()).name("one");
        admin.before(|ctx: &mut Context| match ctx.request.headers.get("X-Key") {
            Some("open") => Ok(None),
            _ => Err(Error::Forbidden("no key".into())),
        });
        admin.after(|_: &mut Context, response: &mut Response| {
            response.headers.append("X-Order", "admin");
        });
    });
    app.blueprint("tea", "/thé!", |tea| {
        tea.get("/", index);
        tea.before(|_: &mut Context| Err(Error::Forbidden("closed".into())));
    });
    app.before(|_: &mut Context| Ok(None));
    app.after(|_: &mut Context, response: &mut Response| {
        response.headers.append("X-Order", "app");
    });
    app
}

fn index(_: &mut Context) -> &'static str {
    "index"
}

#[test]
fn no_path_walks_around_a_check_before_the_handler() {
    let app = guarded();
    for path in ["/admin/", "/admin", "/%61dmin/", "/admin/x", "/admin/x/y/z", "/admin/%41"] {
        let mut request = Request::new(Method::Get, path);
        assert_eq!(Client::new(&app).send(request.clone()).status(), 403, "{path}");
        request.method = Method::Delete;
        assert_eq!(Client::new(&app).send(request.clone()).status(), 403, "DELETE {path}");
        request.method = Method::Get;
        request.headers.append("X-Key", "open");
        assert_ne!(Client::new(&app).send(request).status(), 403, "{path}");
    }
    // A client sends `é` encoded, and so does the one of the tests.
    for path in ["/th%C3%A9!/", "/th%c3%a9%21/", "/th%C3%A9%21", "/thé!/"] {
        assert!(Request::new(Method::Get, path).path.starts_with("/th%C3%A9"), "{path}");
        assert_eq!(Client::new(&app).get(path).status(), 403, "{path}");
    }
    assert_eq!(Client::new(&app).get("/administer").status(), 404);
}

#[test]
fn no_spelling_of_a_path_walks_around_a_check_of_its_text() {
    static SECRETS: &[(&str, &[u8])] = &[("private/a!.txt", b"a"), ("a.txt", b"a")];
    let mut app = App::new();
    app.files("/", StaticFiles::embedded(SECRETS));
    app.get("/docs/<path:page>", |ctx: &mut Context| ctx.param("page").to_owned());
    app.get("/book-<name>/<path:page>", |ctx: &mut Context| ctx.param("page").to_owned());
    app.before(|ctx: &mut Context| {
        let closed = ["/private/a!.txt", "/docs/private!/", "/book-1/private/"];
        match closed.iter().any(|front| ctx.request.path.starts_with(front)) {
            true => Err(Error::Forbidden("closed".into())),
            false => Ok(None),
        }
    });
    for (path, status) in [
        ("/a.txt", 200),
        ("/private/a!.txt", 403),
        ("/priv%61te/a%21.txt", 403),
        ("/private%2Fa!.txt", 404),
        ("/private%2fa!.txt", 404),
        ("/private%5Ca!.txt", 404),
        ("/docs/private!/x", 403),
        ("/docs/private%21/x", 403),
        ("/docs/private!%2Fx", 404),
        ("/docs/private!%5cx", 404),
        ("/docs/private!%00/x", 404),
        ("/docs/a%20b/c", 200),
        ("/book-1/private/x", 403),
        ("/book-1/private%2Fx", 404),
        ("/book-a%2Fb/x", 200),
    ] {
        assert_eq!(Client::new(&app).get(path).status(), status, "{path}");
    }
}

#[test]
fn what_runs_behind_sees_every_answer_the_inner_hooks_first() {
    let app = guarded();
    for (method, path, status, order) in [
        (Method::Get, "/", 200, &["app"][..]),
        (Method::Get, "/moved", 308, &["app"]),
        (Method::Get, "/nowhere", 404, &["app"]),
        (Method::Put, "/", 405, &["app"]),
        (Method::Options, "*", 204, &["app"]),
        (Method::Get, "/static/a.txt", 200, &["app"]),
        (Method::Get, "/static/b.txt", 404, &["app"]),
        (Method::Get, "/admin/x", 403, &["admin", "app"]),
    ] {
        let answer = Client::new(&app).send(Request::new(method, path));
        let seen: Vec<&str> = answer.response.headers.get_all("X-Order").collect();
        assert_eq!((answer.status(), &seen[..]), (status, order), "{path}");
    }
}

#[test]
fn a_blueprint_without_a_path_is_inside_of_the_other_also_if_its_hooks_come_first() {
    let add = |app: &mut App, name: &'static str| {
        app.after(move |_: &mut Context, response: &mut Response| {
            response.headers.append("X-Order", name);
        });
    };
    let mut app = App::new();
    app.blueprint("outer", "/shop", |app| {
        app.blueprint("inner", "", |app| {
            app.get("/tea", index);
            add(app, "inner");
        });
        add(app, "outer");
    });
    let answer = Client::new(&app).get("/shop/tea");
    let seen: Vec<&str> = answer.response.headers.get_all("X-Order").collect();
    assert_eq!(seen, ["inner", "outer"]);
}

#[test]
fn a_blueprint_without_a_path_of_its_own_has_hooks_for_its_routes_alone() {
    for prefix in ["", "/"] {
        let mut app = App::new();
        app.get("/open", |_: &mut Context| "open");
        app.blueprint("auth", prefix, |auth| {
            auth.before(|_: &mut Context| Err(Error::Forbidden("no key".into())));
            auth.get("/me", |_: &mut Context| "me");
            auth.files("/static", StaticFiles::embedded(FILES));
            auth.blueprint("inner", "", |inner| {
                inner.get("/inner", index);
            });
        });
        app.blueprint("author", prefix, |author| {
            author.get("/author", index);
        });
        for (path, status) in [
            ("/open", 200),
            ("/me", 403),
            ("/%6de", 403),
            ("/inner", 403),
            ("/static/a.txt", 403),
            ("/author", 200),
            ("/nowhere", 404),
        ] {
            assert_eq!(Client::new(&app).get(path).status(), status, "{prefix:?} {path}");
        }
    }
}

/// Otherwise a blueprint for `/<lang>` would rule over each route of the site.
#[test]
fn a_prefix_with_a_place_is_not_the_prefix_of_routes_outside_of_the_blueprint() {
    let mut app = App::new();
    app.files("/static", StaticFiles::embedded(FILES));
    app.get("/login", |_: &mut Context| "login");
    app.blueprint("lang", "/<lang>", |lang| {
        lang.get("/hi", |ctx: &mut Context| ctx.param("lang").to_owned());
        lang.before(|ctx: &mut Context| match ctx.param("lang") {
            "de" => Ok(None),
            _ => Err(Error::Forbidden("no such language".into())),
        });
    });
    for (path, status) in [
        ("/login", 200),
        ("/static/a.txt", 200),
        ("/de/hi", 200),
        ("/fr/hi", 403),
        // No route is there: the hook is asked.
        ("/fr/x", 403),
    ] {
        assert_eq!(Client::new(&app).get(path).status(), status, "{path}");
    }
}

#[test]
fn a_hook_behind_that_panics_leaves_the_error_to_the_others() {
    let mut app = App::new();
    app.get("/", |_: &mut Context| "home");
    app.after(|_: &mut Context, response: &mut Response| response.headers.append("X-Outer", "1"));
    app.after(|_: &mut Context, _: &mut Response| panic!("this hook panics on purpose"));
    app.after(|_: &mut Context, response: &mut Response| response.headers.append("X-Inner", "1"));
    let answer = Client::new(&app).get("/");
    let seen = (answer.header("X-Inner"), answer.header("X-Outer"));
    assert_eq!((answer.status(), seen), (500, (Some("1"), Some("1"))));
    assert_eq!(answer.warnings.len(), 1, "{:?}", answer.warnings);
}

#[test]
fn a_hook_behind_changes_what_every_answer_says_and_cannot_forget_it() {
    let mut app = App::new();
    app.after(|_: &mut Context, response: &mut Response| {
        *response = Response::text("new").with_header("Referrer-Policy", "no-referrer");
    });
    let answer = Client::new(&app).get("/");
    assert_eq!(answer.header("Referrer-Policy"), Some("no-referrer"));
    assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"));
}

#[test]
fn the_first_answer_wins_and_no_handler_runs() {
    let mut app = App::new();
    app.get("/", |_: &mut Context| -> &str { panic!("it must not run") });
    app.before(|_: &mut Context| Ok(None));
    app.before(|_: &mut Context| Ok(Some(Response::text("first"))));
    app.before(|_: &mut Context| Ok(Some(Response::text("second"))));
    assert_eq!(Client::new(&app).get("/").text(), "first");
}

#[test]
fn a_hook_that_panics_is_a_500() {
    let mut app = App::new();
    app.get("/", |_: &mut Context| "home");
    app.get("/fails", |_: &mut Context| {
        let status = Status::INTERNAL_SERVER_ERROR;
        Err::<&str, _>(Error::with_header(status, "x", "Retry-After", "9"))
    });
    let on = |ctx: &Context, word| ctx.request.query.get("in") == Some(word);
    app.before(move |ctx: &mut Context| if on(ctx, "before") { panic!("b") } else { Ok(None) });
    app.after(move |ctx: &mut Context, _: &mut Response| assert!(!on(ctx, "after")));
    app.on_error(|_: &mut Context, error: &Error| match error {
        Error::NotFound | Error::Status(..) => panic!("e"),
        _ => None,
    });
    for path in ["/?in=before", "/?in=after", "/nowhere", "/fails"] {
        let answer = Client::new(&app).get(path);
        // The header of an error belongs to no other error.
        assert_eq!((answer.status(), answer.header("Retry-After")), (500, None), "{path}");
        assert!(answer.warnings.iter().any(|line| line.contains("a hook panicked")), "{path}");
    }
    assert_eq!(Client::new(&app).get("/").status(), 200);
}

#[test]
fn an_answer_to_an_error_keeps_what_the_error_must_carry() {
    let mut app = App::new();
    app.get("/", |_: &mut Context| "home");
    app.on_error(|_: &mut Context, error: &Error| {
        Some(Response::text("own").with_status(error.status()))
    });
    let answer = Client::new(&app).send(Request::new(Method::Put, "/"));
    assert_eq!(
        (answer.text().as_str(), answer.header("Allow")),
        ("own", Some("GET, HEAD, OPTIONS"))
    );
}

#[test]
fn each_header_of_an_error_is_kept_also_if_it_is_repeated() {
    let mut app = App::new();
    app.get("/", |_: &mut Context| -> Result<&str, Error> {
        let mut headers = Headers::new();
        headers.append("WWW-Authenticate", "Basic realm=\"x\"");
        headers.append("WWW-Authenticate", "Bearer");
        Err(Error::Status(Status::UNAUTHORIZED, "who?".into(), headers))
    });
    app.on_error(|ctx: &mut Context, error: &Error| {
        let own = Response::text("own").with_status(error.status());
        let is_asked = ctx.request.query.get("own").is_some();
        is_asked.then(|| own.with_header("WWW-Authenticate", "none"))
    });
    for path in ["/", "/?own=1"] {
        let answer = Client::new(&app).get(path);
        let kinds: Vec<&str> = answer.response.headers.get_all("WWW-Authenticate").collect();
        assert_eq!(kinds, ["Basic realm=\"x\"", "Bearer"], "{path}");
    }
}

#[test]
fn the_file_of_a_hook_is_sent_in_part_or_not_at_all_as_that_of_a_handler() {
    let mut app = App::new();
    app.before(|_: &mut Context| Ok(Some(Response::file("Cargo.toml")?)));
    let ask = |name: &str, value: &str| {
        let mut request = Request::new(Method::Get, "/");
        request.headers.append(name, value);
        Client::new(&app).send(request)
    };
    let part = ask("Range", "bytes=0-8");
    assert_eq!((part.status(), part.text().as_str()), (206, "[package]"));
    let etag = part.header("ETag").expect("it has a version").to_owned();
    assert_eq!(ask("If-None-Match", &etag).status(), 304);
}

#[test]
fn a_refused_message_has_a_method_and_a_path_and_no_visitor() {
    let store = Arc::new(MemoryStore::new());
    let mut app = App::new();
    app.sessions(store.clone(), Duration::from_secs(60), 100);
    app.allow_origin("https://friend.example");
    let told = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&told);
    app.get("/login", |ctx: &mut Context| {
        ctx.session.set("user", "Ada");
        "in"
    });
    app.get("/read", |ctx: &mut Context| format!("{:?}", ctx.session.values()));
    app.on_error(move |ctx: &mut Context, error: &Error| {
        ctx.flash("refused");
        let Request { method, path, query, headers, .. } = ctx.request;
        let names: Vec<&str> = headers.iter().map(|(name, _)| name).collect();
        let user = ctx.session.text("user");
        let line = format!("{method} {path} {} {names:?} {user:?}", query.iter().len());
        hears.lock().unwrap().push(line);
        Some(Response::redirect("/").with_status(error.status()))
    });
    let mut visitor = Client::new(&app);
    let cookie = visitor.get("/login").header("Set-Cookie").unwrap().to_owned();
    let before = visitor.get("/read").text();
    let (wrong, limits) = (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", Limits::default());
    let error = parse_head(wrong, &limits, &mut Request::default()).unwrap_err();
    let mut request = Request::new(Method::Post, "/up?key=1");
    request.headers.append("Accept", "text/html");
    request.headers.append("Cookie", cookie.split(';').next().unwrap());
    request.headers.append("Origin", "https://friend.example");
    request.body = b"a=1".to_vec();
    let answer = app.refused(&request, &error, &mut Cycle::default()).expect("the hook answers");
    assert_eq!((answer.status.0, answer.headers.get("Set-Cookie")), (400, None));
    // A script of the allowed origin may read why.
    let reader = answer.headers.get("Access-Control-Allow-Origin");
    assert_eq!(reader, Some("https://friend.example"));
    assert_eq!(*told.lock().unwrap(), ["POST /up 0 [\"Accept\"] None"]);
    assert_eq!(visitor.get("/read").text(), before);
    let mut rows = 0;
    store.inspect(&mut |_| rows += 1);
    assert_eq!(rows, 1, "no row for a stranger");
}

#[test]
fn a_blueprint_has_names_of_its_own() {
    let app = guarded();
    for (name, expected) in [("admin.index", "/admin/"), ("admin.one", "/admin/x")] {
        let values = [("name", "x".into())];
        let url = app.url_for(name, if name == "admin.one" { &values } else { &[] });
        assert_eq!(url.as_deref(), Ok(expected));
    }
    // A point alone means the blueprint whose route answers; in Flask, too.
    let own = |ctx: &mut Context| ctx.url_for(".index", &[]);
    let mut app = App::new();
    app.get("/", own).name("index");
    app.blueprint("admin", "/admin", |admin| {
        admin.get("/", own).name("index");
        admin.get("", |_: &mut Context| "the prefix").name("root");
        admin.blueprint("users", "/users", |users| {
            users.get("/", own).name("index");
        });
    });
    let mut visitor = Client::new(&app);
    for (path, expected) in [
        ("/", "/"),
        ("/admin", "the prefix"),
        ("/admin/", "/admin/"),
        ("/admin/users/", "/admin/users/"),
    ] {
        assert_eq!(visitor.get(path).text(), expected);
    }
    assert_eq!(app.url_for(".index", &[]).as_deref(), Ok("/"));
    assert_eq!(app.url_for("admin.root", &[]).as_deref(), Ok("/admin"));
}
