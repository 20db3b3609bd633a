//! The requests: what each program answers, and that both answer the same.

use crate::common::of_python;
use crate::site::{Reply, Site, empty_folder, root};
use crate::{api, flaskr, shortener};
use carafe::{Map, Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Asks the port, and the Flask program if it is installed: what each shows must be equal.
fn compare(ours: Site, theirs: Option<Site>, ask: fn(&Site) -> Vec<String>) {
    let shown = ask(&ours);
    if let Some(theirs) = theirs {
        assert_eq!(shown, ask(&theirs), "carafe on the left, Flask on the right");
    }
}

/// What matters of an answer of the API, on one line. The words of an error may differ.
fn api_line(reply: &Reply) -> String {
    let mut line = reply.status().to_string();
    for name in ["Location", "Access-Control-Allow-Origin"] {
        let value = reply.header(name);
        if !value.is_empty() {
            line += &format!(" {name}: {value}");
        }
    }
    let mut allowed: Vec<String> = reply.header("Allow").split(", ").map(str::to_owned).collect();
    allowed.sort();
    if reply.status() == 405 {
        line += &format!(" Allow: {}", allowed.join(", "));
    }
    if reply.body.is_empty() {
        return line;
    }
    let value = json::parse(reply.body.as_bytes()).expect("JSON");
    let map = value.as_map().expect("a map");
    assert_eq!(reply.header("Content-Type"), "application/json", "{}", reply.body);
    assert!(map.get("error").is_none_or(|error| error.as_str().is_some()));
    let mut names: Vec<&str> =
        map.iter().map(|(name, _)| name).filter(|it| *it != "error").collect();
    names.sort_unstable();
    let sorted: Map =
        names.into_iter().map(|name| (name, shown(&map.get(name).cloned()))).collect();
    line + " " + &json::write(&sorted.into())
}

/// Lists of items as their numbers, and everything else as it is.
fn shown(value: &Option<Value>) -> Value {
    let value = value.clone().unwrap_or_default();
    match value.as_list() {
        Some(items) => {
            items.iter().map(|item| item.get("id").cloned().unwrap_or_default()).collect()
        }
        None => value,
    }
}

fn ask_api(site: &Site) -> Vec<String> {
    const KEY: &str = "X-Key: secret";
    const JSON: &str = "Content-Type: application/json";
    const ITEM: &str = r#"{"name": "kettle", "price": 30, "colour": "red"}"#;
    let send = |method, path, body| -> Reply {
        site.curl(&["-X", method, "-H", KEY, "-H", JSON, "-d", body, path])
    };
    let get = |path| site.curl(&["-H", KEY, path]);
    let of_shop = "Origin: https://shop.example";
    let wants_put = "Access-Control-Request-Method: PUT";
    let red =
        |number: i64| format!(r#"{{"colour":"red","id":{number},"name":"kettle","price":30}}"#);
    let too_long = "Content-Length: 2000000";
    let rows = [
        (site.curl(&["B/api/items"]), "401 {\"status\":401}".to_owned()),
        // Without the key nobody learns which paths there are.
        (site.curl(&["B/nowhere"]), "401 {\"status\":401}".to_owned()),
        (site.curl(&["-X", "PATCH", "B/api/items"]), "401 {\"status\":401}".to_owned()),
        (get("B/nowhere"), "404 {\"status\":404}".to_owned()),
        (get("B/api/average"), "500 {\"status\":500}".to_owned()),
        (send("POST", "B/api/items", ITEM), format!("201 Location: /api/items/1 {}", red(1))),
        (
            send("POST", "B/api/items", r#"{"name": "cup", "price": 2}"#),
            "201 Location: /api/items/2 {\"colour\":null,\"id\":2,\"name\":\"cup\",\"price\":2}"
                .to_owned(),
        ),
        (send("POST", "B/api/items", ITEM), format!("201 Location: /api/items/3 {}", red(3))),
        (send("POST", "B/api/items", ITEM), format!("201 Location: /api/items/4 {}", red(4))),
        (get("B/api/average"), "200 {\"average\":23}".to_owned()),
        (
            get("B/api/items?colour=red"),
            r#"200 {"items":[1,3],"next":"/api/items?colour=red&page=2","total":3}"#.to_owned(),
        ),
        (
            get("B/api/items?colour=red&page=2"),
            r#"200 {"items":[4],"next":null,"total":3}"#.to_owned(),
        ),
        (
            get("B/api/items?page=x"),
            r#"200 {"items":[1,2],"next":"/api/items?page=2","total":4}"#.to_owned(),
        ),
        (get("B/api/items/3"), format!("200 {}", red(3))),
        (get("B/api/%69tems/%33"), format!("200 {}", red(3))),
        (get("B/api/items/9"), "404 {\"status\":404}".to_owned()),
        (get("B/api/items/x"), "404 {\"status\":404}".to_owned()),
        (send("POST", "B/api/items", r#"{"name": 1}"#), "422 {\"status\":422}".to_owned()),
        (send("POST", "B/api/items", "{"), "400 {\"status\":400}".to_owned()),
        (
            site.curl(&["-H", KEY, "-H", "Content-Type: text/plain", "-d", ITEM, "B/api/items"]),
            "415 {\"status\":415}".to_owned(),
        ),
        (
            site.curl(&["-H", KEY, "-H", JSON, "-H", too_long, "-d", ITEM, "B/api/items"]),
            "413 {\"status\":413}".to_owned(),
        ),
        (send("PUT", "B/api/items/2", ITEM), format!("200 {}", red(2))),
        (send("PUT", "B/api/items/9", ITEM), "404 {\"status\":404}".to_owned()),
        (
            send("PATCH", "B/api/items/2", ITEM),
            "405 Allow: DELETE, GET, HEAD, OPTIONS, PUT {\"status\":405}".to_owned(),
        ),
        (send("DELETE", "B/api/items/2", ""), "204".to_owned()),
        (send("DELETE", "B/api/items/2", ""), "404 {\"status\":404}".to_owned()),
        // A browser asks before it lets a page of the shop send a key.
        (
            site.curl(&["-X", "OPTIONS", "-H", of_shop, "-H", wants_put, "B/api/items/1"]),
            "204 Access-Control-Allow-Origin: https://shop.example".to_owned(),
        ),
        (
            site.curl(&["-H", KEY, "-H", of_shop, "B/api/items/1"]),
            format!("200 Access-Control-Allow-Origin: https://shop.example {}", red(1)),
        ),
        (
            site.curl(&["-H", KEY, "-H", "Origin: https://evil.example", "B/api/items/1"]),
            format!("200 {}", red(1)),
        ),
    ];
    let check = |(reply, expected): (Reply, String)| {
        let line = api_line(&reply);
        assert_eq!(line, expected, "{}\n{}", reply.head, reply.body);
        let time = reply.header("X-Time").parse::<f64>();
        assert!(matches!(time, Ok(0.0..10.0)), "{time:?} in {}", reply.head);
        assert!(reply.header("Vary").contains("Origin"), "{}", reply.head);
        line
    };
    rows.into_iter().map(check).collect()
}

#[test]
fn the_api_answers_as_in_flask() {
    let flask = Site::flask(&root().join("tests/ports"), "api");
    compare(Site::carafe(api::app()), flask, ask_api);
}

fn ask_shortener(site: &Site) -> Vec<String> {
    let mut events = site.stream("B/events", "data: 0\n\n");
    let table = |last: &str| {
        let index = site.curl(&["B/"]).body;
        let line = index.lines().next().expect("a line about the last link").to_owned();
        assert!(line == "your last link: none" || line.ends_with(last), "{index}");
        index
    };
    let created = site.curl(&["-d", "url=https://example.org/a?b=1", "B/"]);
    let cookie = created.header("Set-Cookie");
    let code = cookie.strip_prefix("last=").and_then(|rest| rest.get(..8)).expect("a code");
    let index = table(code);
    let mut shown = vec![
        format!("{} {}", created.status(), created.header("Location")),
        index.replace(code, "CODE"),
        site.curl(&["-d", "url=ftp://x", "B/"]).status().to_string(),
        site.curl(&["-d", "uri=http://x", "B/"]).status().to_string(),
    ];
    for _ in 0..2 {
        let followed = site.curl(&[&format!("B/{code}")]);
        shown.push(format!("{} {}", followed.status(), followed.header("Location")));
    }
    events.read_until("data: 2\n\n");
    shown.push(site.curl(&["B/unknown"]).status().to_string());
    shown.push(table(code).replace(code, "CODE"));
    // A file of URLs, as curl sends it.
    let folder = empty_folder("shortener");
    let file = folder.join("li\"st é.txt");
    fs::write(&file, "http://x.example/1\nhttp://x.example/2\n").expect("a file can be written");
    let quoted = file.display().to_string().replace('"', "\\\"");
    let uploaded = site.curl(&["-F", &format!("list=@\"{quoted}\""), "B/upload"]);
    let codes: Vec<&str> = uploaded.body.lines().collect();
    shown.push(format!("{} {}", uploaded.status(), codes.len()));
    shown.push(site.curl(&["-F", "other=1", "B/upload"]).status().to_string());
    let followed = site.curl(&[&format!("B/{}", codes[1])]);
    shown.push(format!("{} {}", followed.status(), followed.header("Location")));
    // A table to keep, under a name that is not ASCII.
    let table = site.curl(&["B/links.csv"]);
    let disposition = table.header("Content-Disposition");
    assert!(disposition.starts_with("attachment"), "{disposition}");
    assert!(disposition.contains("filename*=UTF-8''links%E2%80%93today.csv"), "{disposition}");
    let mut lines: Vec<&str> = table.body.lines().map(|line| &line[8..]).collect();
    lines.sort_unstable();
    shown.push(format!("{} {lines:?}", table.header("Content-Type")));
    let forgot = site.curl(&["-X", "POST", "B/forget"]);
    shown.push(format!("{} {}", forgot.status(), forgot.header("Location")));
    shown.push(site.curl(&["B/"]).body.lines().next().unwrap_or_default().to_owned());
    shown
}

#[test]
fn the_shortener_answers_as_in_flask() {
    let flask = Site::flask(&root().join("tests/ports"), "shortener");
    compare(Site::carafe(shortener::app()), flask, ask_shortener);
}

/// Copies a folder; `change` may change the text of a file.
fn copy(from: &Path, to: &Path, change: fn(String) -> String) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target, change);
        } else if let Ok(text) = fs::read_to_string(&path) {
            fs::write(target, change(text)).expect("a file can be written");
        }
    }
}

/// A page without blank lines and dates, or where else to look.
fn flaskr_line(reply: &Reply) -> String {
    let without_date = |line: &str| match line.trim().split_once(" on ") {
        Some((author, _)) if line.contains("class=\"about\"") => author.to_owned(),
        _ => line.trim().to_owned(),
    };
    match reply.status() {
        200 => reply.body.lines().map(without_date).filter(|line| !line.is_empty()).collect(),
        302 | 303 => format!("see {}", reply.header("Location")),
        status => status.to_string(),
    }
}

fn ask_flaskr(site: &Site) -> Vec<String> {
    let rows = [
        ("", "B/", "<title>Posts - Flaskr</title>"),
        ("", "B/", "<a href=\"/auth/login\">Log In</a>"),
        ("", "B/static/style.css", "html {font-family"),
        ("", "B/hello", "Hello, World!"),
        ("", "B/create", "see /auth/login"),
        ("", "B/1/update", "see /auth/login"),
        ("title=a&body=b", "B/create", "see /auth/login"),
        ("password=x", "B/auth/register", "400"),
        (
            "username=&password=x",
            "B/auth/register",
            "<div class=\"flash\">Username is required.</div>",
        ),
        ("username=ada&password=", "B/auth/register", "<div class=\"flash\">Password is required."),
        ("username=ada&password=secret", "B/auth/register", "see /auth/login"),
        ("username=ada&password=x", "B/auth/register", "User ada is already registered."),
        ("username=bob&password=secret", "B/auth/register", "see /auth/login"),
        ("username=eve&password=secret", "B/auth/login", "Incorrect username."),
        ("username=ada&password=Secret", "B/auth/login", "Incorrect password."),
        ("username=ada&password=secret", "B/auth/login", "see /"),
        ("", "B/", "<li><span>ada</span><li><a href=\"/auth/logout\">Log Out</a>"),
        ("", "B/", "<a class=\"action\" href=\"/create\">New</a>"),
        ("title=&body=a+%3C+b", "B/create", "Title is required."),
        (
            "title=&body=a+%3C+b",
            "B/create",
            "<textarea name=\"body\" id=\"body\">a &lt; b</textarea>",
        ),
        ("title=%3Cb%3E&body=one", "B/create", "see /"),
        ("title=second&body=two", "B/create", "see /"),
        ("", "B/", "<h1>second</h1><div class=\"about\">by ada</div>"),
        ("", "B/", "<h1>&lt;b&gt;</h1>"),
        ("", "B/", "<a class=\"action\" href=\"/1/update\">Edit</a>"),
        ("", "B/1/update", "<title>Edit \"&lt;b&gt;\" - Flaskr</title>"),
        ("", "B/1/update", "onclick=\"return confirm('Are you sure?');\""),
        ("title=&body=x", "B/1/update", "Title is required."),
        ("title=first&body=1", "B/1/update", "see /"),
        ("", "B/", "<h1>first</h1>"),
        ("", "B/3/update", "404"),
        ("", "B/x/update", "404"),
        ("", "B/1/delete", "405"),
        ("", "B/auth/logout", "see /"),
        ("username=bob&password=secret", "B/auth/login", "see /"),
        ("", "B/", "<li><span>bob</span>"),
        ("", "B/1/update", "403"),
        ("title=x&body=x", "B/1/update", "403"),
        ("x=", "B/1/delete", "403"),
        ("", "B/auth/logout", "see /"),
        ("username=ada&password=secret", "B/auth/login", "see /"),
        ("x=", "B/1/delete", "see /"),
        ("", "B/", "<h1>second</h1>"),
        ("", "B/1/update", "404"),
        ("", "B/auth/logout", "see /"),
        ("x=", "B/2/delete", "see /auth/login"),
        ("", "B/", "<h1>second</h1>"),
    ];
    let ask = |(form, path, expected): (&str, &str, &str)| {
        let reply =
            if form.is_empty() { site.curl(&[path]) } else { site.curl(&["-d", form, path]) };
        let line = flaskr_line(&reply);
        assert!(line.contains(expected), "{form} {path}: {expected:?} is not in {line}");
        line
    };
    rows.into_iter().map(ask).collect()
}

#[test]
fn flaskr_shows_the_same_pages_as_in_flask() {
    let source = root().join("target/flaskr");
    let Some(python) = of_python("python") else { return };
    let folder = empty_folder("flaskr");
    // Posts of the same second have no order in Flaskr.
    copy(&source, &folder.join("flask/flaskr"), |text| {
        text.replace("ORDER BY created DESC", "ORDER BY p.id DESC")
    });
    copy(&source, &folder.join("carafe"), |text| text.replace(".strftime('%Y-%m-%d')", ""));
    let mut made = Command::new(python);
    made.args(["-m", "flask", "--app", "flaskr", "init-db"]).current_dir(folder.join("flask"));
    assert!(made.output().expect("Python runs").status.success());
    let flask = Site::flask(&folder.join("flask"), "flaskr");
    compare(Site::carafe(flaskr::app(&folder.join("carafe"))), flask, ask_flaskr);
}
