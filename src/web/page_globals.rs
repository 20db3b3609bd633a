//! Deeper: What every page may ask for besides its own variables.
//!
//! The names are Flask's. Nothing is looked up before a template names it, so a page that does not
//! ask for the session does not touch it.

use super::flash;
use super::form::Form;
use super::session::Session;
use super::site::{Site, address_of};
use super::template::Globals;
use crate::http::cookie::cookies;
use crate::http::fields::percent_decode;
use crate::http::{Method, Request};
use crate::value::{Map, Value};
use std::cell::RefCell;

/// One page's view of the request, the visitor and the site.
pub struct PageGlobals<'p, 's> {
    /// For `url_for`.
    pub site: &'p Site,
    /// For `request`.
    pub request: &'p Request,
    /// The name of the route that answers; empty if there is none.
    pub endpoint: &'p str,
    /// What the hooks and the handler have left for this request.
    pub g: &'p Map,
    /// For `session`, and for the messages that wait in it.
    pub session: RefCell<&'p mut Session<'s>>,
    /// The messages that this request has taken, once it has: a page may ask twice.
    pub taken: RefCell<&'p mut Option<Vec<(String, String)>>>,
}

impl Globals for PageGlobals<'_, '_> {
    fn variable(&self, name: &str) -> Option<Value> {
        Some(match name {
            "request" => self.request_value(),
            "session" => {
                let mut values = self.session.borrow().values().clone();
                values.remove(flash::NAME);
                values.into()
            }
            "g" => self.g.clone().into(),
            _ => return None,
        })
    }

    fn call(&self, name: &str, arguments: &[Value], named: &Map) -> Option<Result<Value, String>> {
        match name {
            "url_for" => Some(self.url_for(arguments, named)),
            "get_flashed_messages" => Some(self.flashed(arguments, named)),
            _ => self.all_values(name, arguments),
        }
    }

    fn names(&self) -> &[&str] {
        &["request", "session", "g", "url_for", "get_flashed_messages"]
    }
}

impl PageGlobals<'_, '_> {
    fn url_for(&self, arguments: &[Value], named: &Map) -> Result<Value, String> {
        let [Value::Str(name)] = arguments else {
            return Err("url_for needs one name: url_for('hello', name='Ada')".into());
        };
        let values: Vec<(&str, Value)> =
            named.iter().map(|(name, value)| (name, value.clone())).collect();
        let url = self.site.url_for(self.request, name, &values);
        url.map(Value::from).map_err(|error| error.to_string())
    }

    /// `request.args.getlist('q')`, and the same of `form` and `headers`: all values of one name.
    fn all_values(&self, path: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
        let name = arguments.first().and_then(Value::as_str).unwrap_or_default();
        Some(Ok(match path {
            "request.args.getlist" => self.request.query.get_all(name).collect(),
            "request.headers.getlist" => self.request.headers.get_all(name).collect(),
            "request.form.getlist" => {
                Form::read(self.request).unwrap_or_default().fields().get_all(name).collect()
            }
            _ => return None,
        }))
    }

    /// Flask's `get_flashed_messages(with_categories=False, category_filter=())`.
    fn flashed(&self, arguments: &[Value], named: &Map) -> Result<Value, String> {
        let known = ["with_categories", "category_filter"];
        let unknown = named.iter().map(|(name, _)| name).find(|name| !known.contains(name));
        if arguments.len() > known.len() || unknown.is_some() {
            let met = unknown.map_or("too many values".to_owned(), |name| format!("{name:?}"));
            return Err(format!("found {met}, expected with_categories and category_filter"));
        }
        let given =
            |at: usize| named.get(known[at]).or(arguments.get(at)).filter(|value| value.is_true());
        let with_categories = given(0).is_some();
        // A text is one category. (In Flask it is a list of letters, which nobody wants.)
        let wanted = given(1).map(|it| it.as_list().unwrap_or(std::slice::from_ref(it)));
        let mut taken = self.taken.borrow_mut();
        let messages = taken.get_or_insert_with(|| {
            let mut session = self.session.borrow_mut();
            match self.request.method {
                // The answer to HEAD shows no message, so HEAD must not take one.
                Method::Head => flash::peek(&session),
                _ => flash::take(&mut session),
            }
        });
        let shown = messages.iter().filter(|(category, _)| {
            wanted.is_none_or(|wanted| wanted.iter().any(|name| name.as_str() == Some(category)))
        });
        let values = shown.map(|(category, message)| match with_categories {
            true => Value::from([category.as_str(), message.as_str()]),
            false => message.as_str().into(),
        });
        Ok(values.collect())
    }

    /// What a page may read of the request, under Flask's names.
    fn request_value(&self) -> Value {
        let request = self.request;
        // A copy of the body counts. Where there is no room for it, the page has an empty form.
        let room = request.share.add(2 * request.body.len()).ok();
        let form = room.and_then(|()| Form::read(request).ok()).unwrap_or_default();
        let path = percent_decode(&request.path).into_owned();
        let query = request.target.split_once('?').map_or("", |(_, query)| query);
        let base = address_of(request);
        Map::from([
            ("method", Value::from(request.method.as_str())),
            ("full_path", format!("{path}?{query}").into()),
            ("url", format!("{base}{}", request.target).into()),
            ("base_url", format!("{base}{}{}", self.site.prefix, request.path).into()),
            ("path", path.into()),
            ("args", first_values(Map::new(), request.query.iter())),
            ("form", first_values(Map::new(), form.fields().iter())),
            ("cookies", first_values(Map::new(), cookies(&request.headers))),
            ("headers", first_values(Map::in_any_case(), request.headers.iter())),
            ("endpoint", Some(self.endpoint).filter(|name| !name.is_empty()).into()),
            ("host", request.headers.get("Host").unwrap_or("").into()),
        ])
        .into()
    }
}

/// The first value of each name.
fn first_values<'f, T: AsRef<str>>(
    mut first: Map,
    fields: impl Iterator<Item = (&'f str, T)>,
) -> Value {
    for (name, value) in fields {
        if first.get(name).is_none() {
            first.insert(name, value.as_ref());
        }
    }
    first.into()
}
