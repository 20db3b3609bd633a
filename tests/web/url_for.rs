//! The way back from a name to a path.

use carafe::http::{Method, Request};
use carafe::web::client::Client;
use carafe::web::static_files::StaticFiles;
use carafe::{App, Context, Value};

fn app() -> App {
    let mut app = App::new();
    app.get("/item/<int:id>", |_: &mut Context| "item").name("item");
    app.get("/user-<name>", |ctx: &mut Context| ctx.param("name").to_owned()).name("user");
    app.get("/<path:page>", |_: &mut Context| "page").name("page");
    app.get("/<a>/<b>", |_: &mut Context| "two").name("two");
    // Two paths of one handler: the first is the one for links.
    app.get("/news", news);
    app.get("/aktuell", news);
    // No folder has the path `/static`, so the first one outside of a blueprint answers to this name.
    app.blueprint("shelf", "/shelf", |shelf| {
        shelf.files("/files", StaticFiles::embedded(&[]));
        shelf.get("/tea", |_: &mut Context| "tea").name("tea");
    });
    app.files("/z", StaticFiles::embedded(&[]));
    app.files("/media", StaticFiles::embedded(&[]));
    app.get("/hello/", hello);
    app.get("/hello/<name>", hello);
    app.get("/hello/<name>/<int:times>", hello);
    app.get("/greet/<name>/<word>", greet);
    app.get("/greet/<name>", greet);
    app
}

fn news(_: &mut Context) -> &'static str {
    "news"
}

fn hello(_: &mut Context) -> &'static str {
    "hello"
}

fn greet(_: &mut Context) -> &'static str {
    "greet"
}

#[test]
fn a_route_that_answers_the_method_of_the_request_comes_first() {
    let mut app = App::new();
    let route = |ctx: &mut Context| ctx.url_for("f", &[("c", "x".into())]);
    app.route([Method::Post, Method::Put], "/post/<c>", route).name("f");
    app.get("/get", route).name("f");
    app.get("/early", |ctx: &mut Context| ctx.url_for("g", &[])).name("early");
    app.post("/late", news).name("g");
    for (method, path, expected) in [
        (Method::Get, "/get", "/get?c=x"),
        (Method::Put, "/post/y", "/post/x"),
        // There is no other.
        (Method::Get, "/early", "/late"),
    ] {
        let answer = Client::new(&app).send(Request::new(method.clone(), path));
        assert_eq!(answer.text(), expected, "{method} {path}");
    }
    assert_eq!(app.url_for("f", &[("c", "x".into())]).as_deref(), Ok("/get?c=x"));
}

#[test]
fn values_become_parts_of_the_path_and_the_query_as_in_flask() {
    let app = app();
    let list = Value::from(["a", "b"]);
    let file = ("filename", Value::from("css/a b.css"));
    for (name, values, expected) in [
        ("item", vec![("id", 7.into()), ("q", list)], "/item/7?q=a&q=b"),
        ("item", vec![("id", "7".into()), ("q", Value::Null)], "/item/7"),
        ("item", vec![("id", "007".into())], "/item/7"),
        ("news", vec![], "/news"),
        ("item", vec![("id", "00".into())], "/item/0"),
        ("item", vec![("id", 7.into()), ("all", true.into())], "/item/7?all=True"),
        ("item", vec![("id", 7.into()), ("_anchor", "a b".into())], "/item/7#a%20b"),
        ("item", vec![("id", 7.into()), ("_external", true.into())], "http://localhost/item/7"),
        ("item", vec![("id", 7.into()), ("_external", 1.into())], "http://localhost/item/7"),
        ("item", vec![("id", 7.into()), ("_external", false.into())], "/item/7"),
        ("user", vec![("name", "Ada".into())], "/user-Ada"),
        ("user", vec![("name", "a/b".into())], "/user-a%2Fb"),
        // Never a path that begins with two slashes: a browser reads it as another host.
        ("page", vec![("page", "/evil.example".into())], "/evil.example"),
        ("two", vec![("a", "".into()), ("b", "evil.example".into())], "/evil.example"),
        ("static", vec![file.clone(), ("v", 2.into())], "/z/css/a%20b.css?v=2"),
        // Of several patterns, the one that uses most of the values.
        ("hello", vec![("q", 1.into())], "/hello/?q=1"),
        ("hello", vec![("name", "Ada".into())], "/hello/Ada"),
        ("hello", vec![("name", Value::Null)], "/hello/"),
        ("hello", vec![("times", 2.into()), ("name", "Ada".into())], "/hello/Ada/2"),
        ("hello", vec![("times", "x".into()), ("name", "Ada".into())], "/hello/Ada?times=x"),
        ("media", vec![file], "/media/css/a%20b.css"),
    ] {
        assert_eq!(app.url_for(name, &values).as_deref(), Ok(expected));
    }
    for (name, values, expected) in [
        ("item", vec![("id", "seven".into())], "found \"seven\" for \"id\""),
        ("item", vec![("id", (-7).into())], "found \"-7\" for \"id\""),
        // No request reaches such a path.
        ("page", vec![("page", "a\\b".into())], "found \"a\\\\b\" for \"page\""),
        ("item", vec![("id", Value::Null)], "needs a value for \"id\""),
        ("greet", vec![("word", "you".into())], "/greet/<name> needs a value for \"name\""),
        ("itme", vec![], "there is \"item\""),
        ("tea", vec![], "no route is called \"tea\"; there is \"shelf.tea\""),
        ("page", vec![("page", "a".into()), ("_scheme", "https".into())], "found \"_scheme\""),
        ("user", vec![("name", "Ada".into()), ("_method", "POST".into())], "_anchor or _external"),
        ("hello", vec![("q", vec!["a".repeat(1_000); 2_000].into())], "longer than 1048576 bytes"),
    ] {
        let refused = app.url_for(name, &values).expect_err(name);
        assert!(refused.to_string().contains(expected), "{refused}");
    }
}
