//! What a handler is given, and what every page sees.
//!
//! Flask keeps the current request in a global that is not one; here it is an argument.
//! `ctx.request` is Flask's `request`, `ctx.session` its `session`, and the methods are `flash`,
//! `render_template` and `url_for`.

use super::app::App;
use super::error::Error;
use super::flash;
use super::router::Params;
use super::session::Session;
use super::store::{Noting, Store};
use super::template::Globals;
use crate::cycle::{Cycle, Detail, Recorder};
use crate::http::{Headers, Method, Request, Response, Status};
use crate::value::{Map, Value};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::panic::Location;

/// One request, and what the server knows about its visitor.
pub struct Context<'a> {
    /// What the client asked.
    pub request: Request,
    /// The visitor's row.
    pub session: Session<'a>,
    pub(super) params: Params,
    pub(super) app: &'a App,
    pub(super) cycle: &'a mut Cycle,
    /// The flashed messages, once they have been taken: a page may ask twice.
    pub(super) taken: Option<Vec<(String, String)>>,
    pub(super) store: Noting<'a>,
    /// The line that asked for the store last, once one did: what was changed must be safe before
    /// the answer leaves.
    pub(super) used_store: Cell<Option<&'static Location<'static>>>,
}

impl Context<'_> {
    /// The value that the route captured under this name, decoded; empty if the pattern has no such
    /// name.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Leaves a message for the next page.
    #[track_caller]
    pub fn flash(&mut self, message: impl AsRef<str>) {
        self.flash_as(flash::CATEGORY, message);
    }

    /// The same, in a category: `error`, `info`.
    #[track_caller]
    pub fn flash_as(&mut self, category: &str, message: impl AsRef<str>) {
        self.cycle
            .step("flashed", || Detail::Flash(category.to_owned(), message.as_ref().to_owned()));
        flash::put(&mut self.session, category, message.as_ref());
    }

    /// The body of the request, which is what its `Content-Type` says. (`ctx.request.body` is what
    /// came, coded or not.)
    ///
    /// # Errors
    ///
    /// 415 if it is compressed: a few bytes could become gigabytes, so nothing here decompresses.
    pub fn body(&self) -> Result<&[u8], Error> {
        let codings =
            self.request.headers.get_all("Content-Encoding").flat_map(|list| list.split(','));
        let mut codings = codings.map(str::trim).filter(|coding| !coding.is_empty());
        let Some(coding) = codings.find(|coding| !coding.eq_ignore_ascii_case("identity")) else {
            return Ok(&self.request.body);
        };
        // RFC 9110 §15.5.16: "the Accept-Encoding response header field ought to be used".
        let mut headers = Headers::new();
        headers.append("Accept-Encoding", "identity");
        let why =
            format!("found Content-Encoding: {coding}, expected a body that is not compressed");
        Err(Error::Status(Status::UNSUPPORTED_MEDIA_TYPE, why, headers))
    }

    /// The store for rows of all kinds but sessions. What is changed in it is safe before the
    /// answer leaves; no handler needs to [`flush`](Store::flush).
    #[track_caller]
    pub fn store(&self) -> &dyn Store {
        self.used_store.set(Some(Location::caller()));
        &self.store
    }

    /// The key to sign with: Flask's `app.secret_key`.
    pub fn secret_key(&self) -> &[u8] {
        &self.app.secret_key
    }

    /// The application, for its routes.
    pub fn app(&self) -> &App {
        self.app
    }

    /// The path of the route of this name.
    ///
    /// # Errors
    ///
    /// A sentence, if there is no such route or a value is missing.
    pub fn url_for(&self, name: &str, values: &[(&str, String)]) -> Result<String, String> {
        self.app.url_for(name, values)
    }

    /// Refuses whoever may not see what goes on inside: see [`Inside`](super::inside::Inside).
    ///
    /// # Errors
    ///
    /// 403, and why.
    pub fn check_inside(&self) -> Result<(), Error> {
        let refused =
            |why| Error::Forbidden(format!("this is for whoever sits at this machine: {why}"));
        self.app.inside.check(&self.request).map_err(refused)
    }

    /// The cycles so far; `None` if they are not recorded. This one joins them when its answer has
    /// left.
    pub fn recorder(&self) -> Option<&Recorder> {
        self.app.recorder.as_deref()
    }

    /// Takes this cycle out of the record: a page that shows cycles is none of them.
    pub fn unrecorded(&mut self) {
        self.cycle.discard();
    }

    /// The address that the client reached this server by: `http://127.0.0.1:8000`, or the `https`
    /// one of a trusted proxy.
    pub fn base(&self) -> String {
        format!(
            "{}://{}",
            self.request.scheme(),
            self.request.headers.get("Host").unwrap_or("127.0.0.1")
        )
    }

    /// Makes a page of a template.
    ///
    /// # Errors
    ///
    /// What the template engine says: 500.
    #[track_caller]
    pub fn render(&mut self, template: &str, variables: impl Into<Map>) -> Result<Response, Error> {
        let variables = variables.into();
        let had_taken = self.taken.is_some();
        let page = Page {
            app: self.app,
            request: &self.request,
            session: RefCell::new(&mut self.session),
            taken: RefCell::new(&mut self.taken),
        };
        let rendered = self.app.templates.render(template, &variables, &page);
        self.cycle.step("rendered", || Detail::Template { name: template.to_owned(), variables });
        if let (false, Some(taken)) =
            (had_taken, self.taken.as_ref().filter(|taken| !taken.is_empty()))
        {
            self.cycle.step("flashed", || Detail::Taken(taken.clone()));
        }
        let rendered = rendered?;
        for warning in rendered.warnings {
            self.cycle.warn(warning);
        }
        Ok(Response::html(rendered.text))
    }
}

/// What every template may name: Flask's `request`, `session`, `g`, `url_for` and
/// `get_flashed_messages`.
struct Page<'p, 's> {
    app: &'p App,
    request: &'p Request,
    session: RefCell<&'p mut Session<'s>>,
    taken: RefCell<&'p mut Option<Vec<(String, String)>>>,
}

impl Globals for Page<'_, '_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        let value = match name {
            "request" => request_value(self.request),
            "session" => {
                let mut values = self.session.borrow().values().clone();
                values.remove("_flashes");
                Value::Map(values)
            }
            "g" => Value::Map(Map::new()),
            _ => return None,
        };
        Some(Cow::Owned(value))
    }

    fn call(&self, name: &str, arguments: &[Value], named: &Map) -> Option<Result<Value, String>> {
        match name {
            "url_for" => Some(self.url_for(arguments, named)),
            "get_flashed_messages" => Some(Ok(self.flashed(named))),
            _ => None,
        }
    }

    fn names(&self) -> &[&str] {
        &["request", "session", "g", "url_for", "get_flashed_messages"]
    }
}

impl Page<'_, '_> {
    fn url_for(&self, arguments: &[Value], named: &Map) -> Result<Value, String> {
        let [Value::Str(name)] = arguments else {
            return Err("url_for needs one name: url_for('hello', name='Ada')".into());
        };
        let text =
            |value: &Value| value.as_str().map_or_else(|| crate::json::write(value), str::to_owned);
        let values: Vec<(&str, String)> =
            named.iter().map(|(name, value)| (name, text(value))).collect();
        self.app.url_for(name, &values).map(Value::from)
    }

    fn flashed(&self, named: &Map) -> Value {
        let mut taken = self.taken.borrow_mut();
        let messages = taken.get_or_insert_with(|| {
            let mut session = self.session.borrow_mut();
            // HEAD shows nobody a message, so it must not eat one.
            if self.request.method == Method::Head {
                flash::peek(&session)
            } else {
                flash::take(&mut session)
            }
        });
        let with_categories =
            !matches!(named.get("with_categories"), None | Some(Value::Bool(false) | Value::Null));
        let wanted =
            named.get("category_filter").and_then(Value::as_list).filter(|list| !list.is_empty());
        let shown = messages.iter().filter(|(category, _)| {
            wanted.is_none_or(|wanted| wanted.iter().any(|name| name.as_str() == Some(category)))
        });
        let values = shown.map(|(category, message)| match with_categories {
            true => Value::from([category.as_str(), message.as_str()]),
            false => message.as_str().into(),
        });
        values.collect()
    }
}

/// What a template may read of the request, under Flask's names.
fn request_value(request: &Request) -> Value {
    let args: Map = request.query.iter().collect();
    Value::Map(Map::from([
        ("method", Value::from(request.method.as_str())),
        ("path", crate::http::fields::percent_decode(&request.path).into_owned().into()),
        ("args", args.into()),
        ("host", request.headers.get("Host").unwrap_or("").into()),
    ]))
}
