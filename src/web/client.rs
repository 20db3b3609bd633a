//! A browser for tests: no sockets, and it keeps its cookies.
//!
//! What Flask calls the test client. It hands requests straight to an application and gives back
//! what that answers.
//!
//! Left out: following redirects. A test should see each step.

use super::app::App;
use crate::Service;
use crate::cycle::Cycle;
use crate::http::{Body, Fields, Method, Request, Response};
use std::net::{Ipv4Addr, SocketAddr};

/// A visitor of an application, with a cookie jar of its own.
///
/// ```
/// use carafe::{App, Context};
/// use carafe::web::client::Client;
///
/// let mut app = App::new();
/// app.get("/hello/<name>", |ctx: &mut Context| format!("Hello {}!", ctx.param("name")));
/// let mut client = Client::new(&app);
/// assert_eq!(client.get("/hello/a%2Fb").text(), "Hello a/b!");
/// ```
pub struct Client<'a> {
    app: &'a App,
    cookies: Vec<(String, String)>,
}

/// An answer, and the warnings that the log would show.
pub struct Answer {
    /// The answer as the server would be given it.
    pub response: Response,
    /// What was noticed on the way.
    pub warnings: Vec<String>,
}

impl Answer {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.response.status.0
    }

    /// The body as text; empty if it is not in memory.
    pub fn text(&self) -> String {
        match &self.response.body {
            Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Body::Shared(bytes, part) => String::from_utf8_lossy(&bytes[part.clone()]).into_owned(),
            _ => String::new(),
        }
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers.get(name)
    }
}

impl<'a> Client<'a> {
    /// A visitor who has never been here, at this very machine.
    pub fn new(app: &'a App) -> Client<'a> {
        Client { app, cookies: Vec::new() }
    }

    /// Asks for a path.
    pub fn get(&mut self, target: &str) -> Answer {
        self.send(Request::new(Method::Get, target))
    }

    /// Posts a form.
    pub fn post(&mut self, target: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = Fields::default();
        for (name, value) in fields {
            form.append(*name, *value);
        }
        let mut request = Request::new(Method::Post, target);
        request.headers.set("Content-Type", "application/x-www-form-urlencoded");
        request.body = form.encode().into_bytes();
        self.send(request)
    }

    /// Sends any request, with the cookies of the jar.
    pub fn send(&mut self, mut request: Request) -> Answer {
        request.peer.get_or_insert(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request.headers.append("Cookie", pairs.join("; "));
        }
        let mut cycle = Cycle::default();
        let response = self.app.call(request, &mut cycle);
        for line in response.headers.get_all("Set-Cookie") {
            self.keep(line);
        }
        Answer { response, warnings: cycle.warnings().to_vec() }
    }

    /// Does what a `Set-Cookie` asks for.
    fn keep(&mut self, line: &str) {
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        let Some((name, value)) = pair.split_once('=') else { return };
        self.cookies.retain(|(known, _)| known != name);
        if !attributes.contains("Max-Age=0") {
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }
}
