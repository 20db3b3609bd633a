//! Deeper: Client: a browser for tests, without sockets, that keeps its cookies.
//!
//! Flask calls it the test client. It hands requests to an application and gives back the answers.
//! It is the only `Client` of the library; to ask a server over a network, a program needs another.
//!
//! Left out: following redirects. A test should see each step.

use crate::Service;
use crate::cycle::Cycle;
use crate::http::{Body, Fields, Method, Request, Response};
use std::net::{Ipv4Addr, SocketAddr};

/// A visitor of an application, with cookies.
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
    service: &'a dyn Service,
    cookies: Vec<(String, String)>,
}

/// An answer, and the warnings that the log would show.
pub struct Answer {
    /// The answer as the application made it.
    pub response: Response,
    /// The lines for the log.
    pub warnings: Vec<String>,
}

impl Answer {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.response.status.0
    }

    /// The body as text; empty if it is not in memory.
    pub fn text(&self) -> String {
        let bytes = match &self.response.body {
            Body::Bytes(bytes) => bytes,
            Body::Shared(bytes, part) => &bytes[part.clone()],
            _ => &[][..],
        };
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers.get(name)
    }
}

impl<'a> Client<'a> {
    /// A new visitor on this machine.
    pub fn new(service: &'a dyn Service) -> Client<'a> {
        Client { service, cookies: Vec::new() }
    }

    /// Asks for a path.
    pub fn get(&mut self, target: &str) -> Answer {
        self.send(Request::new(Method::Get, target))
    }

    /// Posts a form.
    pub fn post(&mut self, target: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = Fields::default();
        fields.iter().for_each(|(name, value)| form.append(*name, *value));
        let mut request = Request::new(Method::Post, target);
        request.headers.set("Content-Type", "application/x-www-form-urlencoded");
        request.body = form.encode().into_bytes();
        self.send(request)
    }

    /// Sends any request, with the cookies.
    pub fn send(&mut self, mut request: Request) -> Answer {
        request.peer.get_or_insert(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
        if !self.cookies.is_empty() {
            let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
            request.headers.append("Cookie", pairs.collect::<Vec<_>>().join("; "));
        }
        let mut cycle = Cycle::default();
        let response = self.service.call(&mut request, &mut cycle);
        for line in response.headers.get_all("Set-Cookie") {
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            self.cookies.retain(|(known, _)| known != name);
            if !attributes.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Answer { response, warnings: cycle.warnings().to_vec() }
    }
}
