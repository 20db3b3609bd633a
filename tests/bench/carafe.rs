//! The program that `make bench` measures: four routes on the library.
//!
//! The peers in `peers/` answer the same four with the same bytes. It is an example of the package,
//! so that `make check` builds it. The command line is `PORT TEMPLATES FILES [record|quiet] [SESSIONS]
//! [SECONDS]`: where to listen, where the templates and files are, whether cycles are recorded, how
//! many other sessions there are, and how long a session lives.

use carafe::cycle::Recorder;
use carafe::web::static_files::StaticFiles;
use carafe::web::store::{Kind, MemoryStore, Store};
use carafe::web::template::Templates;
use carafe::{App, Context, Error, Map, Response, Server, Value, random};
use std::sync::Arc;
use std::time::Duration;

/// What the page greets; the `<` shows that it is escaped.
const NAME: &str = "<Ada>";

/// What the page lists.
const ITEMS: [&str; 10] = [
    "kettle",
    "teapot",
    "cup",
    "saucer",
    "spoon",
    "strainer",
    "caddy",
    "tray",
    "sugar bowl",
    "milk jug",
];

fn hello(_: &mut Context) -> &'static str {
    "Hello, World!\n"
}

fn page(ctx: &mut Context) -> Result<Response, Error> {
    let items: Vec<Value> = ITEMS.iter().map(|item| Value::from(*item)).collect();
    ctx.render("page.html", Map::from([("name", Value::from(NAME)), ("items", items.into())]))
}

fn count(ctx: &mut Context) -> String {
    let visits = ctx
        .session
        .update("visits", |old| Value::Int(old.and_then(|old| old.as_int()).unwrap_or(0) + 1));
    format!("visit {}\n", visits.as_int().unwrap_or(0))
}

fn main() -> std::io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [port, templates, files, further @ ..] = &words[..] else {
        return Err(std::io::Error::other("expected PORT TEMPLATES FILES [record|quiet] …"));
    };
    let number = |at: usize| further.get(at).and_then(|word| word.parse().ok());
    let mut app = App::new();
    app.get("/hello", hello);
    app.get("/page", page);
    app.get("/count", count);
    app.templates(Templates::from_dir(templates));
    app.files("/static", StaticFiles::from_dir(files));
    let store = Arc::new(MemoryStore::new());
    let (lifetime, most) = (Duration::from_secs(number(2).unwrap_or(1800)), 2_000_000);
    for _ in 0..number(1).unwrap_or(0) {
        let filled = store.update(&Kind::session(lifetime, most), &random::hex_id(), &mut |row| {
            *row = Some(Map::from([("visits", Value::Int(1))]));
        });
        filled.map_err(std::io::Error::other)?;
    }
    app.sessions(store, lifetime, most);
    let server = Server::bind(format!("127.0.0.1:{port}"))?.quiet();
    match further.first().map(String::as_str) {
        Some("record") => server.recorder(Arc::new(Recorder::default())).run(app),
        _ => server.run(app),
    }
}
