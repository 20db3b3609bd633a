//! A JSON API: a key is checked before each request, and every error is JSON, too.
//!
//! `cargo run --example json_api`, then
//! `curl -H 'X-Key: secret' --json '{"name": "kettle"}' http://127.0.0.1:8000/things`.

use carafe::http::Status;
use carafe::{App, Context, Error, Map, Response, Server, Value, stop_on_signals};
use std::sync::Mutex;

type Things = Mutex<Vec<Value>>;

fn create(ctx: &mut Context) -> Result<(Status, Value), Error> {
    let thing = ctx.json()?;
    thing.get("name").ok_or(Error::BadRequest("expected a name".into()))?;
    ctx.state::<Things>().lock().unwrap().push(thing.clone());
    Ok((Status::CREATED, thing))
}

fn list(ctx: &mut Context) -> Value {
    Value::from(ctx.state::<Things>().lock().unwrap().clone())
}

fn main() -> std::io::Result<()> {
    let mut app = App::new();
    app.state(Things::default());
    app.get("/things", list);
    app.post("/things", create);
    app.before(|ctx: &mut Context| match ctx.request.headers.get("X-Key") {
        Some("secret") => Ok(None),
        _ => Err(Error::abort(Status::UNAUTHORIZED, "expected the header X-Key")),
    });
    app.on_error(|_: &mut Context, error: &Error| {
        let why = if error.public().is_empty() { error.status().reason() } else { error.public() };
        Some(Response::json(&Map::from([("error", why)]).into()).with_status(error.status()))
    });
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let server = Server::bind(address)?;
    stop_on_signals(&server.stopper())?;
    server.run(app)
}
