//! The peer on tiny_http: a thread for each connection behind a queue, and four that take requests
//! from it.

use peers::{Counters, Page};
use std::fs::File;
use std::sync::Arc;
use tiny_http::{Header, Request, Response, Server};

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("it is a header")
}

struct Shared {
    page: Page,
    counters: Counters,
    files: String,
    headers: Vec<Header>,
}

impl Shared {
    fn answer(&self, request: Request) {
        let add = |mut response: Response<std::io::Cursor<Vec<u8>>>, kind: &str| {
            response.add_header(header("Content-Type", kind));
            for header in &self.headers {
                response.add_header(header.clone());
            }
            response
        };
        let text = "text/plain; charset=utf-8";
        let _ = match request.url() {
            "/hello" => request.respond(add(Response::from_string("Hello, World!\n"), text)),
            "/page" => request.respond(add(Response::from_string(self.page.render()), "text/html; charset=utf-8")),
            "/count" => {
                let sent = request.headers().iter().find(|header| header.field.equiv("Cookie"));
                let (body, cookie) = self.counters.visit(sent.map(|header| header.value.as_str()));
                let mut response = add(Response::from_string(body), text);
                if let Some(cookie) = cookie {
                    response.add_header(header("Set-Cookie", &cookie));
                }
                request.respond(response)
            }
            path => match path.strip_prefix("/static/").map(|name| File::open(format!("{}/{name}", self.files))) {
                Some(Ok(file)) => request.respond(Response::from_file(file)),
                _ => request.respond(Response::from_string("not found").with_status_code(404)),
            },
        };
    }
}

fn main() {
    let arguments = peers::arguments();
    let server = Arc::new(Server::http(arguments.address).expect("the port is free"));
    let shared = Arc::new(Shared {
        page: Page::new(&arguments.templates),
        counters: Counters::default(),
        files: arguments.files,
        headers: peers::headers().iter().map(|(name, value)| header(name, value)).collect(),
    });
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (server, shared) = (Arc::clone(&server), Arc::clone(&shared));
            std::thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    shared.answer(request);
                }
            })
        })
        .collect();
    for thread in threads {
        let _ = thread.join();
    }
}
