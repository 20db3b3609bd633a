//! Deeper: Page globals: what a page may ask for besides its own variables.
//!
//! The names are Flask's. Nothing is looked up before a template names it, so a page that does not
//! ask for the session does not touch it.

use super::context::Context;
use super::flash;
use super::form::Form;
use super::template::{Globals, bind};
use crate::http::cookie::cookies;
use crate::http::fields::percent_decode;
use crate::http::{Method, Request};
use crate::value::{Map, Value};
use std::cell::{OnceCell, RefCell};

/// One page's view of the request, the visitor and the site.
pub(super) struct PageGlobals<'p, 'c> {
    ctx: RefCell<&'p mut Context<'c>>,
    /// What is in the body, once the page has asked for it.
    form: OnceCell<Form>,
}

impl<'p, 'c> PageGlobals<'p, 'c> {
    /// Those of a page that begins.
    pub fn of(ctx: &'p mut Context<'c>) -> Self {
        PageGlobals { ctx: RefCell::new(ctx), form: OnceCell::new() }
    }

    /// The form. Where there is no room for a copy of the body, the form is empty.
    fn form(&self, request: &Request) -> &Form {
        self.form.get_or_init(|| {
            let room = request.memory.add(2 * request.body.len()).ok();
            room.and_then(|()| Form::read(request).ok()).unwrap_or_default()
        })
    }

    /// `request.args.getlist('q')`, and the same of the others: all values of one name.
    fn all_values(
        &self,
        request: &Request,
        path: &str,
        arguments: &[Value],
    ) -> Option<Result<Value, String>> {
        let name = arguments.first().and_then(Value::as_str).unwrap_or_default();
        Some(Ok(match path {
            "request.args.getlist" => request.query.get_all(name).collect(),
            "request.form.getlist" => self.form(request).fields().get_all(name).collect(),
            "request.headers.getlist" => request.headers.get_all(name).collect(),
            "request.cookies.getlist" => {
                let same = cookies(&request.headers).filter(|(known, _)| *known == name);
                same.map(|(_, value)| value).collect()
            }
            _ => return None,
        }))
    }
}

impl Globals for PageGlobals<'_, '_> {
    fn variable(&self, name: &str) -> Option<Value> {
        let ctx = self.ctx.borrow();
        Some(match name {
            "request" => request_value(&ctx, self.form(ctx.request)),
            "session" => {
                let mut values = ctx.session.values().clone();
                values.remove(flash::NAME);
                values.into()
            }
            "g" => ctx.g.clone().into(),
            _ => return None,
        })
    }

    fn call(&self, name: &str, arguments: &[Value], named: &Map) -> Option<Result<Value, String>> {
        let ctx = &mut **self.ctx.borrow_mut();
        match name {
            "url_for" => Some(url_for(ctx, arguments, named)),
            "get_flashed_messages" => Some(flashed(ctx, arguments, named)),
            _ => self.all_values(ctx.request, name, arguments),
        }
    }

    fn names(&self) -> &[&str] {
        &["request", "session", "g", "url_for", "get_flashed_messages"]
    }
}

fn url_for(ctx: &Context, arguments: &[Value], named: &Map) -> Result<Value, String> {
    let [Value::Str(name)] = arguments else {
        return Err("url_for needs one name: url_for('hello', name='Ada')".into());
    };
    let values: Vec<(&str, Value)> =
        named.iter().map(|(name, value)| (name, value.clone())).collect();
    ctx.url_for(name, &values).map(Value::from).map_err(|error| error.to_string())
}

/// Flask's `get_flashed_messages(with_categories=False, category_filter=())`.
fn flashed(ctx: &mut Context, arguments: &[Value], named: &Map) -> Result<Value, String> {
    let names = ["with_categories", "category_filter"];
    let bound = bind("get_flashed_messages", &names, arguments.to_vec(), named)?;
    let given = |at: usize| bound[at].as_ref().filter(|value| value.is_true());
    let with_categories = given(0).is_some();
    // A text is one category. (In Flask it is a list of letters, which nobody wants.)
    let wanted = given(1).map(|it| it.as_list().unwrap_or(std::slice::from_ref(it)));
    let messages = ctx.taken_messages.get_or_insert_with(|| match ctx.request.method {
        // The answer to HEAD shows no message, so HEAD must not take one.
        Method::Head => flash::peek(&ctx.session),
        _ => flash::take(&mut ctx.session),
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
fn request_value(ctx: &Context, form: &Form) -> Value {
    let request = ctx.request;
    let endpoint = ctx.matched.map(|found| &*found.route.name).filter(|name| !name.is_empty());
    let path = percent_decode(&request.path).into_owned();
    let query = request.target.find('?').map_or("", |at| &request.target[at..]);
    let base_url = ctx.site.address_for(request) + &ctx.site.prefix + &request.path;
    Map::from([
        ("method", Value::from(request.method.as_str())),
        ("full_path", format!("{path}{}", if query.is_empty() { "?" } else { query }).into()),
        ("url", format!("{base_url}{query}").into()),
        ("base_url", base_url.into()),
        ("path", path.into()),
        ("args", first_values(Map::new(), request.query.iter())),
        ("form", first_values(Map::new(), form.fields().iter())),
        ("cookies", first_values(Map::new(), cookies(&request.headers))),
        ("headers", first_values(Map::in_any_case(), request.headers.iter())),
        ("endpoint", endpoint.into()),
        ("host", request.headers.get("Host").unwrap_or("").into()),
        ("scheme", request.scheme().into()),
        ("remote_addr", request.peer.map(|peer| peer.ip().to_canonical().to_string()).into()),
    ])
    .into()
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
