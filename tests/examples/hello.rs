//! The smallest site: two pages, and an end on Ctrl-C.
//!
//! `cargo run --example hello`, and in a second terminal `curl http://127.0.0.1:8000/hello/Ada`.
//! Another address may follow: `cargo run --example hello 127.0.0.1:8080`.

use carafe::{App, Context, Server, stop_on_signals};

fn index(_: &mut Context) -> &'static str {
    "Hello, World!\n"
}

fn hello(ctx: &mut Context) -> String {
    format!("Hello {}!\n", ctx.param("name"))
}

fn main() -> std::io::Result<()> {
    let mut app = App::new();
    app.get("/", index);
    app.get("/hello/<name>", hello);
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let server = Server::bind(address)?;
    stop_on_signals(&server.stopper())?;
    server.run(app)
}
