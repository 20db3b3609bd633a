//! A panic in every place that a handler can reach: one answer or one connection is lost, nothing
//! else.

use crate::common::{DEADLINE, wait_until};
use ::carafe::http::{Request, Response};
use ::carafe::web::store::{Kind, Lookup, Store, StoreError, Updated};
use ::carafe::web::template::Templates;
use ::carafe::{App, Context, Error, Map, Server, Value};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;

/// Panics when it is dropped, unless a panic is under way already: that would end the process, by
/// Rust's rules.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "dropped on purpose");
    }
}

/// A store that panics wherever it is asked for `bad`.
struct Moody(::carafe::web::store::MemoryStore);

impl Store for Moody {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        assert!(!key.starts_with("bad"), "the store fails on purpose");
        self.0.load(kind, key)
    }
    fn update(
        &self,
        kind: &Kind,
        key: &str,
        change: &mut dyn FnMut(&mut Option<Map>),
    ) -> Result<Updated, StoreError> {
        self.0.update(kind, key, change)
    }
}

fn fail<T>() -> T {
    panic!("on purpose")
}

fn app() -> App {
    static PAGES: &[(&str, &str)] =
        &[("page.html", "before {{ 1|fails }}"), ("good.html", "{{ session.count }}")];
    let mut app = App::new();
    let mut templates = Templates::embedded(PAGES);
    templates.filter("fails", |_: &Value, _: &[Value]| -> Result<Value, String> { fail() });
    app.templates(templates);
    app.store(Arc::new(Moody(::carafe::web::store::MemoryStore::new())));
    app.get("/good", |ctx: &mut Context| {
        ctx.session.update("count", |count| {
            (count.and_then(|count| count.as_int()).unwrap_or(0) + 1).into()
        });
        ctx.render("good.html", Map::new())
    });
    app.get("/handler", |_: &mut Context| -> &str { fail() });
    app.get("/update", |ctx: &mut Context| -> String {
        format!("{:?}", ctx.session.update("count", |_| fail()))
    });
    app.get("/change", |ctx: &mut Context| -> String { ctx.session.change(|_| fail()) });
    app.get("/half-way", |ctx: &mut Context| -> String {
        ctx.session.set("count", 41);
        fail()
    });
    app.get("/store", |ctx: &mut Context| -> String {
        format!("{:?}", ctx.store().load(&Kind::kept("x", 9), "bad"))
    });
    app.get("/filter", |ctx: &mut Context| ctx.render("page.html", Map::new()));
    app.get("/stream", |_: &mut Context| Response::stream("text/plain", |_| fail()));
    app.get("/stream-later", |_: &mut Context| {
        Response::stream("text/plain", |out| {
            out.write_all(b"some")?;
            fail()
        })
    });
    app.get("/drop", |_: &mut Context| -> Result<Response, Error> {
        let _bomb = Bomb;
        Ok(Response::text("never sent"))
    });
    app.get("/drop-stream", |_: &mut Context| {
        let bomb = Bomb;
        Response::stream("text/plain", move |out| {
            let _kept = &bomb;
            out.write_all(b"some")
        })
    });
    app
}

/// The answer; asked again while no worker is free. One that has just answered may not be back yet,
/// and one that has died never will be.
fn ask(address: SocketAddr, request: &str) -> String {
    let mut answer = String::new();
    let mut is_served = || {
        answer = ask_once(address, request);
        !answer.starts_with("HTTP/1.1 503 ")
    };
    wait_until!(is_served(), "no worker is free");
    answer
}

fn ask_once(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
    stream.write_all(request.as_bytes()).expect("it is sent");
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn a_panic_anywhere_costs_one_answer_and_nothing_else() {
    let server = Server::bind("127.0.0.1:0").expect("a port is free").quiet().workers(4);
    let (address, stopper) = (server.local_addr().expect("it has an address"), server.stopper());
    let running = std::thread::spawn(move || server.run(app()));
    // One visitor all along: a row that a panic has met stays usable.
    let first = ask(address, "GET /good HTTP/1.1\r\nHost: x\r\n\r\n");
    let cookie =
        first.lines().find_map(|line| line.strip_prefix("Set-Cookie: ")).expect("it has a cookie");
    let cookie = cookie.split(';').next().expect("a pair").to_owned();
    let mut count = 1;
    for (path, method, expected) in [
        ("/handler", "GET", "HTTP/1.1 500 "),
        ("/update", "GET", "HTTP/1.1 500 "),
        ("/change", "GET", "HTTP/1.1 500 "),
        ("/half-way", "GET", "HTTP/1.1 500 "),
        ("/store", "GET", "HTTP/1.1 500 "),
        ("/filter", "GET", "HTTP/1.1 500 "),
        ("/drop", "GET", "HTTP/1.1 500 "),
        // The head has left already; the missing last chunk says that the body is not whole.
        ("/stream", "GET", "HTTP/1.1 200 "),
        ("/stream-later", "GET", "HTTP/1.1 200 "),
        ("/drop-stream", "GET", "HTTP/1.1 200 "),
        // What was never written is dropped where only the connection can be given up.
        ("/drop-stream", "HEAD", ""),
    ] {
        // More often than there are workers.
        for _ in 0..6 {
            let answer = ask(
                address,
                &format!("{method} {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n"),
            );
            assert!(answer.starts_with(expected), "{method} {path}: {answer}");
            assert!(
                !answer.ends_with("\r\n0\r\n\r\n"),
                "{method} {path}: it says that it is whole"
            );
        }
        count = if path == "/half-way" { 42 } else { count + 1 };
        let answer =
            ask(address, &format!("GET /good HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n"));
        assert!(answer.ends_with(&format!("\r\n\r\n{count}")), "after {method} {path}: {answer}");
    }
    stopper.stop();
    running.join().expect("it did not panic").expect("it ended well");
}

#[test]
fn a_service_without_a_framework_may_panic_too() {
    let server = Server::bind("127.0.0.1:0").expect("a port is free").quiet().workers(3);
    let (address, stopper) = (server.local_addr().expect("it has an address"), server.stopper());
    let service =
        |request: Request| if request.path == "/" { Response::text("fine") } else { fail() };
    let running = std::thread::spawn(move || server.run(service));
    for _ in 0..10 {
        assert!(ask(address, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 500 "));
        assert!(ask(address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("fine"));
    }
    stopper.stop();
    running.join().expect("it did not panic").expect("it ended well");
}
