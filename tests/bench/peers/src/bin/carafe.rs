//! The peer that is carafe itself, as a library: the same four routes.

use carafe::cycle::Recorder;
use carafe::web::static_files::StaticFiles;
use carafe::web::store::{Kind, MemoryStore, Store};
use carafe::web::template::Templates;
use carafe::{App, Context, Error, Map, Response, Server, Value, random};
use std::sync::Arc;
use std::time::Duration;

fn hello(_: &mut Context) -> &'static str {
    "Hello, World!\n"
}

fn page(ctx: &mut Context) -> Result<Response, Error> {
    let items: Vec<Value> = peers::ITEMS.iter().map(|item| Value::from(*item)).collect();
    ctx.render("page.html", Map::from([("name", Value::from(peers::NAME)), ("items", items.into())]))
}

fn count(ctx: &mut Context) -> String {
    let visits = ctx.session.update("visits", |old| Value::Int(old.and_then(|old| old.as_int()).unwrap_or(0) + 1));
    format!("visit {}\n", visits.as_int().unwrap_or(0))
}

/// Further words: `record`, as the shipped program does unless told not to, or `quiet`; how many
/// other sessions there are; how many seconds they live.
fn main() -> std::io::Result<()> {
    let arguments = peers::arguments();
    let further: Vec<String> = std::env::args().skip(4).collect();
    let number = |at: usize| further.get(at).and_then(|word| word.parse().ok());
    let mut app = App::new();
    app.get("/hello", hello);
    app.get("/page", page);
    app.get("/count", count);
    app.templates(Templates::from_dir(arguments.templates));
    app.files("/static", StaticFiles::from_dir(arguments.files));
    let store = Arc::new(MemoryStore::new());
    let (lifetime, most) = (Duration::from_secs(number(2).unwrap_or(1800)), 2_000_000);
    for _ in 0..number(1).unwrap_or(0) {
        let filled = store.update(&Kind::session(lifetime, most), &random::hex_id(), &mut |row| {
            *row = Some(Map::from([("visits", Value::Int(1))]));
        });
        filled.map_err(std::io::Error::other)?;
    }
    app.sessions(store, lifetime, most);
    let server = Server::bind(arguments.address)?;
    match further.first().map(String::as_str) {
        Some("record") => server.recorder(Arc::new(Recorder::default())).run(app),
        _ => server.run(app),
    }
}
