//! Deeper: Client: a browser for tests, without sockets, that keeps its cookies.
//!
//! Flask calls it the test client. It hands requests to an application and gives back the answers.
//!
//! Left out: following redirects, because a test should see each step; asking over a network, and
//! so what the server refuses before the application sees it (`Limits`: 413, 414, 431).

use super::error::Error;
use super::hooks::caught;
use crate::Service;
use crate::cycle::Cycle;
use crate::http::{Body, CookieJar, Fields, Headers, Method, Request, Response, Status};
use crate::json;
use crate::value::Value;
use std::io::{Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, SocketAddr};

/// A visitor of an application, with cookies. It knows no [`Limits`](crate::http::Limits) of a
/// server. A stream is read to its end: if it has none, the call never returns.
///
/// ```
/// use carafe::{App, Context, web::client::Client};
///
/// let mut app = App::new();
/// app.get("/hello/<name>", |ctx: &mut Context| format!("Hello {}!", ctx.param("name")));
/// let mut client = Client::new(&app);
/// assert_eq!(client.get("/hello/a%2Fb").text(), "Hello a/b!");
/// ```
pub struct Client<'a> {
    service: &'a dyn Service,
    jar: CookieJar,
    headers: Headers,
}

/// An answer, and the warnings that the log would show.
pub struct Answer {
    /// The answer as the application made it, with the body that would be sent in memory, also of a
    /// file or stream.
    pub response: Response,
    /// The lines for the log.
    pub warnings: Vec<String>,
}

impl Answer {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.response.status.0
    }

    /// The body.
    pub fn bytes(&self) -> &[u8] {
        match &self.response.body {
            Body::Bytes(bytes) => bytes,
            Body::Shared(bytes, part) => &bytes[part.clone()],
            _ => &[],
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    /// The body, which is JSON. Panics if it is not: a test fails then.
    #[track_caller]
    pub fn json(&self) -> Value {
        json::parse(self.bytes()).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers.get(name)
    }
}

impl<'a> Client<'a> {
    /// A new visitor on this machine. Panics as a server would at its start.
    pub fn new(service: &'a dyn Service) -> Client<'a> {
        service.start();
        Client { service, jar: CookieJar::secure(), headers: Headers::new() }
    }

    /// Sends this header with every request from now on; [`send`](Client::send) has an example of
    /// one request.
    pub fn header(&mut self, name: &str, value: &str) -> &mut Self {
        self.headers.set(name, value);
        self
    }

    /// Asks for a path.
    pub fn get(&mut self, target: &str) -> Answer {
        self.send(Request::new(Method::Get, target))
    }

    /// Posts a form.
    pub fn post(&mut self, target: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = Fields::default();
        fields.iter().for_each(|(name, value)| form.append(*name, *value));
        let kind = "application/x-www-form-urlencoded";
        self.send_body(Method::Post, target, kind, form.encode())
    }

    /// Sends JSON.
    pub fn send_json(&mut self, method: Method, target: &str, value: impl Into<Value>) -> Answer {
        self.send_body(method, target, "application/json", json::write(&value.into()))
    }

    /// Sends a body of any media type. A form with a file:
    ///
    /// ```
    /// # use carafe::{App, Context, Error, http::Method, web::client::Client};
    /// # let mut app = App::new();
    /// # app.post("/photo", |ctx: &mut Context| -> Result<String, Error> {
    /// #     Ok(ctx.form()?.file("photo")?.bytes.len().to_string())
    /// # });
    /// let head = "Content-Disposition: form-data; name=\"photo\"; filename=\"me.png\"";
    /// let body = format!("--X\r\n{head}\r\n\r\nbytes\r\n--X--\r\n");
    /// let kind = "multipart/form-data; boundary=X";
    /// assert_eq!(Client::new(&app).send_body(Method::Post, "/photo", kind, body).text(), "5");
    /// ```
    pub fn send_body(
        &mut self,
        method: Method,
        target: &str,
        content_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let mut request = Request::new(method, target);
        request.headers.set("Content-Type", content_type);
        request.body = body.into();
        self.send(request)
    }

    /// Sends any request, with the cookies, and the headers in the place of the request's own:
    ///
    /// ```
    /// # use carafe::{App, Context, http::{Method, Request}, web::client::Client};
    /// # let mut app = App::new();
    /// # let wanted = |ctx: &mut Context| ctx.request.headers.get("If-Match").map(str::to_owned);
    /// # app.put("/page", wanted);
    /// let mut request = Request::new(Method::Put, "/page");
    /// request.headers.set("If-Match", "\"1\"");
    /// request.body = b"new".to_vec();
    /// assert_eq!(Client::new(&app).send(request).text(), "\"1\"");
    /// ```
    pub fn send(&mut self, mut request: Request) -> Answer {
        request.peer.get_or_insert(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
        self.headers.iter().for_each(|(name, value)| request.headers.set(name, value));
        // The application may change the path.
        let path = request.path.clone();
        if let Some(cookies) = self.jar.header(&path) {
            request.headers.append("Cookie", cookies);
        }
        let (mut cycle, is_head) = (Cycle::default(), request.method == Method::Head);
        let mut response = self.service.call(&mut request, &mut cycle);
        let status = response.status;
        response.body = match is_head || status.has_no_body() || status == Status::RESET_CONTENT {
            true => Body::Empty,
            false => in_memory(response.body, &mut cycle),
        };
        for line in response.headers.get_all("Set-Cookie") {
            self.jar.keep(line, &path);
        }
        Answer { response, warnings: cycle.warnings().to_vec() }
    }
}

/// The same body in memory. Of a stream or a file that fails there is what came before.
fn in_memory(body: Body, cycle: &mut Cycle) -> Body {
    let mut bytes = Vec::new();
    let written = match body {
        Body::Stream(write) => caught("it", || write(&mut bytes)).and_then(|done| Ok(done?)),
        Body::File { mut file, range } => file
            .seek(SeekFrom::Start(range.start))
            .and_then(|_| (&file).take(range.end - range.start).read_to_end(&mut bytes))
            .map_or_else(|error| Err(Error::from(error)), |_| Ok(())),
        other => return other,
    };
    if let Err(why) = written {
        cycle.warn(format!("the body broke off: {why}"));
    }
    Body::Bytes(bytes)
}
