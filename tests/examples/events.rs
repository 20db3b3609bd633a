//! Events: a page that shows a number as it changes, without asking again.
//!
//! `cargo run --example events`, then `curl -N http://127.0.0.1:8000/events`, and in another
//! terminal `curl -X POST http://127.0.0.1:8000`.

use carafe::{App, Context, Response, Server, stop_on_signals};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

static COUNT: Mutex<u64> = Mutex::new(0);
static CHANGED: Condvar = Condvar::new();

fn add_one(_: &mut Context) -> &'static str {
    *COUNT.lock().unwrap() += 1;
    CHANGED.notify_all();
    "added\n"
}

fn events(_: &mut Context) -> Response {
    Response::stream("text/event-stream", |out| {
        let mut seen = None;
        loop {
            // A stream that writes once a second notices when its client has gone.
            let (count, second) = (COUNT.lock().unwrap(), Duration::from_secs(1));
            let count = CHANGED.wait_timeout_while(count, second, |count| Some(*count) == seen);
            write!(out, "data: {}\n\n", seen.insert(*count.unwrap().0))?;
            out.flush()?;
        }
    })
}

fn main() -> std::io::Result<()> {
    let mut app = App::new();
    app.post("/", add_one);
    app.get("/events", events);
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let server = Server::bind(address)?;
    stop_on_signals(&server.stopper())?;
    server.run(app)
}
