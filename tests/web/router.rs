//! Patterns, their order, and the way back from a name to a path.

use carafe::http::{Method, Request, Response};
use carafe::web::client::Client;
use carafe::{App, Context, Error, Value};

fn app() -> App {
    let mut app = App::new();
    app.get("/", home);
    app.get("/thé!", home);
    app.get("/hello", hello);
    app.get("/hello/<name>", hello_name);
    app.get("/hello/Ada", hello_ada);
    app.get("/item/<int:id>", item);
    app.get("/item/<name>/", item_name);
    app.get("/files/<path:file>", file);
    app.post("/hello", post_hello);
    app.delete("/item/<int:id>", delete_item);
    app
}

fn home(_: &mut Context) -> &'static str {
    "home"
}
fn hello(_: &mut Context) -> &'static str {
    "hello"
}
fn hello_name(ctx: &mut Context) -> String {
    format!("name {}", ctx.param("name"))
}
fn hello_ada(_: &mut Context) -> &'static str {
    "the very Ada"
}
fn item(ctx: &mut Context) -> String {
    format!("item {}", ctx.param("id"))
}
fn item_name(ctx: &mut Context) -> String {
    format!("item called {}", ctx.param("name"))
}
fn file(ctx: &mut Context) -> String {
    format!("file {}", ctx.param("file"))
}
fn post_hello(_: &mut Context) -> &'static str {
    "posted"
}
fn delete_item(_: &mut Context) -> &'static str {
    "deleted"
}

#[test]
fn the_most_exact_route_answers_and_values_are_decoded_after_the_split() {
    let app = app();
    for (path, expected) in [
        ("/", "home"),
        ("/hello", "hello"),
        ("/hello?x=1", "hello"),
        ("/h%65llo", "hello"),
        ("/th%C3%A9!", "home"),
        ("/th%c3%a9%21", "home"),
        ("/hello/Ada", "the very Ada"),
        ("/hello/Bo", "name Bo"),
        ("/hello/a%2Fb", "name a/b"),
        ("/hello/%3Cb%3E", "name <b>"),
        ("/hello/caf%C3%A9", "name café"),
        ("/item/7", "item 7"),
        // As in Flask, the value is the number.
        ("/item/007", "item 7"),
        ("/item/00", "item 0"),
        ("/item/00000000000000000000000000000000000001", "item 1"),
        ("/item/7/", "item called 7"),
        ("/files/a/b%20c/d", "file a/b c/d"),
    ] {
        assert_eq!(Client::new(&app).get(path).text(), expected, "{path}");
    }
}

#[test]
fn a_stray_slash_is_a_308_that_keeps_the_query_and_never_leads_to_another_host() {
    let app = app();
    for (path, location) in [
        ("/hello/?q=1", "/hello?q=1"),
        ("/item/seven?a", "/item/seven/?a"),
        ("//hello", "/hello"),
        ("/hello///Ada?q=//", "/hello/Ada?q=//"),
        ("/item//seven", "/item/seven/"),
        ("/item/seven//", "/item/seven/"),
        ("//", "/"),
    ] {
        let answer = Client::new(&app).get(path);
        assert_eq!((answer.status(), answer.header("Location")), (308, Some(location)), "{path}");
    }
    // Of a path that ends in `.` or `..` clients make another one.
    for path in [
        "//evil.example/..",
        "/hello/%2E/",
        "/hello//..",
        "/item//",
        "/files/",
        "/files//",
        "/hello/Ada/x",
    ] {
        assert_eq!(Client::new(&app).get(path).status(), 404, "{path}");
    }
    for path in ["/item/7x/y", "/item/99999999999999999999/x"] {
        assert_eq!(Client::new(&app).get(path).status(), 404, "{path}");
    }
}

#[test]
fn a_stray_slash_leads_only_to_where_the_method_is_answered() {
    let mut app = app();
    app.get("/a/", home);
    app.post("/a", hello);
    for (method, path, status) in [
        (Method::Get, "/a", 308),
        (Method::Head, "/a", 308),
        (Method::Post, "/a", 200),
        (Method::Delete, "/a", 405),
        (Method::Post, "/a/", 308),
        (Method::Delete, "/hello/", 404),
        (Method::Post, "/hello/", 308),
        (Method::Options, "/a", 204),
        (Method::Options, "/hello/", 308),
    ] {
        let answer = Client::new(&app).send(Request::new(method.clone(), path));
        assert_eq!(answer.status(), status, "{method} {path}");
    }
}

/// A handler that joins the value to a folder would leave the folder: `Path::join` does.
#[test]
fn the_rest_of_a_path_never_begins_with_a_slash() {
    let mut app = App::new();
    app.get("/f/<path:file>", file);
    app.get("/v-<path:file>", file);
    app.get("/<int:n>/<path:file>", file);
    for (path, location) in [
        ("/f//etc/hostname", "/f/etc/hostname"),
        ("/f///etc//hostname", "/f/etc/hostname"),
        ("/f//a%20b", "/f/a%20b"),
        ("/7//etc", "/7/etc"),
    ] {
        let answer = Client::new(&app).get(path);
        assert_eq!((answer.status(), answer.header("Location")), (308, Some(location)), "{path}");
    }
    for path in ["/f//", "/f/%2Fetc", "/v-/etc", "/v-//etc", "/v-%2Fetc", "/7//", "/7//%2Fetc"] {
        assert_eq!(Client::new(&app).get(path).status(), 404, "{path}");
    }
    assert_eq!(Client::new(&app).get("/f/a/b/").text(), "file a/b/");
}

#[test]
fn a_check_of_a_path_cannot_be_walked_around_by_empty_parts_or_dots() {
    let mut app = App::new();
    app.get("/docs/<path:file>", file);
    app.blueprint("team", "/docs/a/team", |team| {
        team.before(|_| Err::<Option<Response>, _>(Error::Forbidden("no".into())));
    });
    let client = || Client::new(&app);
    assert_eq!(client().get("/docs/a/b").text(), "file a/b");
    assert_eq!(client().get("/docs/a/team/x").status(), 403);
    let moved = client().get("/docs/a//team/x");
    assert_eq!((moved.status(), moved.header("Location")), (308, Some("/docs/a/team/x")));
    for path in ["/docs/a/./team/x", "/docs/./a/team/x", "/docs/a/%2e/team/x"] {
        assert_eq!(client().get(path).status(), 404, "{path}");
    }
}

#[test]
fn text_and_a_place_may_share_a_part() {
    let mut app = App::new();
    app.get("/user-<name>.txt", hello_name);
    app.get("/user-me.txt", hello);
    app.get("/<name>", |_: &mut Context| "any");
    app.route([Method::Put, Method::Patch], "/user-<int:id>", |ctx: &mut Context| {
        ctx.param("id").to_owned()
    });
    for (method, path, expected) in [
        (Method::Get, "/user-Ada.txt", "name Ada"),
        (Method::Get, "/user-a%2Fb.txt", "name a/b"),
        (Method::Get, "/user-me.txt", "hello"),
        (Method::Get, "/user-.txt", "any"),
        (Method::Put, "/user-7", "7"),
        (Method::Patch, "/user-8", "8"),
    ] {
        assert_eq!(Client::new(&app).send(Request::new(method, path)).text(), expected, "{path}");
    }
}

#[test]
fn another_method_is_a_405_that_lists_them() {
    let app = app();
    let answer = Client::new(&app).post("/item/7", &[]);
    assert_eq!(
        (answer.status(), answer.header("Allow")),
        (405, Some("DELETE, GET, HEAD, OPTIONS"))
    );
    let answer = Client::new(&app).post("/hello", &[]);
    assert_eq!(answer.text(), "posted");
}

#[test]
fn a_route_may_be_for_head_alone_and_for_methods_of_any_name() {
    let answers = |word| move |_: &mut Context| Response::text("").with_header("X-Is", word);
    let report = || Method::Other("REPORT".into());
    let mut app = App::new();
    app.route([Method::Head], "/head", answers("head"));
    app.route([report(), Method::Other("PUT".into())], "/report", answers("report"));
    app.get("/both", answers("get"));
    app.route([Method::Head], "/both", answers("head"));
    app.get("/both/<name>", answers("get"));
    app.route([Method::Head], "/both/<name>", answers("head"));
    for (method, path, status, text) in [
        (Method::Head, "/head", 200, "head"),
        (Method::Get, "/head", 405, "HEAD, OPTIONS"),
        (report(), "/report", 200, "report"),
        (Method::Put, "/report", 200, "report"),
        (report(), "/head", 405, "HEAD, OPTIONS"),
        (report(), "/nowhere", 404, ""),
        (Method::Other("BREW".into()), "/report", 501, ""),
        (Method::Get, "/both", 200, "get"),
        (Method::Head, "/both", 200, "head"),
        (Method::Get, "/both/x", 200, "get"),
        (Method::Head, "/both/x", 200, "head"),
    ] {
        let answer = Client::new(&app).send(Request::new(method.clone(), path));
        assert_eq!(answer.status(), status, "{method} {path}");
        let said = answer.header("X-Is").map_or_else(|| answer.text(), str::to_owned);
        assert!(said.contains(text), "{method} {path}: {said}");
    }
}

#[test]
fn a_name_leads_back_to_its_path() {
    let app = app();
    let value = |name: &'static str, value: &str| (name, Value::from(value));
    for (name, values, expected) in [
        ("home", &[][..], Ok("/")),
        ("hello_name", &[value("name", "a/b é")], Ok("/hello/a%2Fb%20%C3%A9")),
        ("file", &[value("file", "a/b c")], Ok("/files/a/b%20c")),
        ("item", &[value("id", "7"), value("q", "a&b")], Ok("/item/7?q=a%26b")),
        ("item", &[], Err("/item/<int:id> needs a value for \"id\"")),
        ("helo", &[], Err("no route is called \"helo\"; there is \"hello\"")),
    ] {
        assert_eq!(
            app.url_for(name, values).as_deref().map_err(|error| error.0.as_str()),
            expected,
            "{name}"
        );
    }
}

#[test]
fn a_programmers_mistake_is_named_at_the_start() {
    for (pattern, expected) in [
        ("hello", "must start with a slash"),
        ("", "must start with a slash"),
        ("/a/<float:x>", "expected string, int or path before the colon (others are left out)"),
        ("/a/<>", "expected a name"),
        ("/a/x<y", "expected text and at most one parameter <name>"),
        ("/a/x>y", "expected text and at most one parameter <name>"),
        ("/a/<x><y>", "expected text and at most one parameter <name>"),
        ("/a/<x>-<y>", "expected text and at most one parameter"),
        ("/<path:a>/b", "must be the last part"),
        ("/caf%C3%A9", "expected it decoded: \"/café\""),
        ("/<a>/<a>", "two parameters are called \"a\""),
    ] {
        let caught = std::panic::catch_unwind(|| {
            App::new().get(pattern, home);
        })
        .expect_err(pattern);
        let message = caught.downcast_ref::<String>().expect("a message");
        assert!(message.contains(expected), "{pattern}: {message}");
    }
    let twice = std::panic::catch_unwind(|| {
        let mut app = App::new();
        app.get("/a/<x>", home);
        app.get("/a/<y>", hello);
    });
    let caught = twice.expect_err("the same paths twice");
    let message = caught.downcast_ref::<String>().expect("a message");
    assert_eq!(message.matches("tests/web/router.rs:").count(), 2, "both lines: {message}");
}

#[test]
fn a_redirect_comes_back_to_the_route_that_was_meant() {
    let mut app = App::new();
    app.get("/hello/<name>", hello_name);
    app.get("/to", |ctx: &mut Context| {
        Response::redirect(&format!("/hello/{}", ctx.request.query.get("name").unwrap_or("")))
    });
    for name in ["<b>", "100%", "a\"b'c", "{}", "a\\b", "^`|", "é 李", "100%25"] {
        let mut request = Request::new(Method::Get, "/to");
        request.query.append("name", name);
        let mut client = Client::new(&app);
        let answer = client.send(request);
        let location = answer.header("Location").unwrap();
        let is_url = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
        assert!(location.bytes().all(is_url), "{location}");
        let meant = name.replace("%25", "%");
        assert_eq!(client.get(location).text(), format!("name {meant}"));
    }
}
