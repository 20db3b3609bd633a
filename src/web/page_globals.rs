//! Deeper: What every page may ask for besides its own variables.
//!
//! The names are Flask's: `request`, `session`, `g`, `url_for` and `get_flashed_messages`. Nothing
//! is looked up before a template names it, so a page that does not ask for the session does not
//! touch it.

use super::flash;
use super::session::Session;
use super::site::Site;
use super::template::Globals;
use crate::http::{Method, Request, fields};
use crate::json;
use crate::value::{Map, Value};
use std::cell::RefCell;

/// One page's view of the request, the visitor and the site.
pub struct PageGlobals<'p, 's> {
    /// For `url_for`.
    pub site: &'p Site,
    /// For `request`.
    pub request: &'p Request,
    /// For `session`, and for the messages that wait in it.
    pub session: RefCell<&'p mut Session<'s>>,
    /// The messages that this request has taken, once it has: a page may ask twice.
    pub taken: RefCell<&'p mut Option<Vec<(String, String)>>>,
}

impl Globals for PageGlobals<'_, '_> {
    fn variable(&self, name: &str) -> Option<Value> {
        Some(match name {
            "request" => request_value(self.request),
            "session" => {
                let mut values = self.session.borrow().values().clone();
                values.remove(flash::NAME);
                values.into()
            }
            "g" => Map::new().into(),
            _ => return None,
        })
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

impl PageGlobals<'_, '_> {
    fn url_for(&self, arguments: &[Value], named: &Map) -> Result<Value, String> {
        let [Value::Str(name)] = arguments else {
            return Err("url_for needs one name: url_for('hello', name='Ada')".into());
        };
        let text = |value: &Value| value.as_str().map_or_else(|| json::write(value), str::to_owned);
        let values: Vec<(&str, String)> =
            named.iter().map(|(name, value)| (name, text(value))).collect();
        self.site.url_for(name, &values).map(Value::from)
    }

    fn flashed(&self, named: &Map) -> Value {
        let mut taken = self.taken.borrow_mut();
        let messages = taken.get_or_insert_with(|| {
            let mut session = self.session.borrow_mut();
            match self.request.method {
                // The answer to HEAD shows no message, so HEAD must not take one.
                Method::Head => flash::peek(&session),
                _ => flash::take(&mut session),
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

/// What a page may read of the request, under Flask's names.
fn request_value(request: &Request) -> Value {
    let args: Map = request.query.iter().collect();
    Map::from([
        ("method", Value::from(request.method.as_str())),
        ("path", fields::percent_decode(&request.path).into_owned().into()),
        ("args", args.into()),
        ("host", request.headers.get("Host").unwrap_or("").into()),
    ])
    .into()
}
