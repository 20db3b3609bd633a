//! Deeper: `url_for`, the way back from the name of a route to its path.
//!
//! The rules are Flask's:
//!
//! * A value for which the pattern has no parameter becomes a field of the query. A list becomes
//!   several fields, and none is left out.
//! * `_anchor='end'` adds `#end`, and `_external=true` adds the scheme and the host in front.
//! * If several routes have the name, those come first that answer the method of this request. Of
//!   these the one with the most parameters is used whose parameters all have a value, and of
//!   several such ones the one that was registered first.
//! * In a blueprint, `.index` is the route `index` of this blueprint. `index` alone is not.
//! * A folder of files has the name of its path: `/static` is `static`, and in the blueprint `adm`
//!   `/files` is `adm.files`. If nothing is called `static`, the first folder answers to it, rather
//!   one outside of a blueprint: `url_for('static', filename='css/site.css')`.

use super::pattern::{ParamKind, Part, Pattern};
use super::route::Route;
use super::site::Site;
use crate::http::fields::percent_encode;
use crate::http::{Fields, Request};
use crate::json;
use crate::near;
use crate::value::Value;
use std::cmp::Reverse;
use std::fmt;

/// Why there is no such URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlError(pub String);

impl fmt::Display for UrlError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for UrlError {}

impl Site {
    /// As [`Context::url_for`](super::context::Context::url_for). With `_external=true` the path
    /// begins with the address by which this request has reached the server. If a route of the
    /// blueprint `admin` answers, `.name` is `admin.name`.
    pub(super) fn url_for(
        &self,
        request: &Request,
        route: Option<&Route>,
        name: &str,
        values: &[(&str, Value)],
    ) -> Result<String, UrlError> {
        let blueprint = route.map_or("", |route| &route.blueprint);
        let own = name.strip_prefix('.').map(|own| format!("{blueprint}{own}"));
        let (name, known) = (own.as_deref().unwrap_or(name), self.router.routes());
        let params =
            |route: &Route| route.pattern.parts.iter().filter(|it| it.param.is_some()).count();
        // The handlers are numbered in the order in which they were registered.
        // Not sorted: mostly the first one is taken.
        let rank = |it: &Route| (!it.answers(&request.method), Reverse(params(it)), it.handler);
        let mut routes: Vec<&Route> = known.iter().filter(|route| &*route.name == name).collect();
        if routes.is_empty() && name == "static" {
            let folders = known.iter().filter(|route| route.is_files);
            routes.extend(folders.min_by_key(|it| (!it.blueprint.is_empty(), it.handler)));
        }
        let is_external =
            values.iter().any(|(name, value)| *name == "_external" && value.is_true());
        let address = if is_external { self.address_for(request) } else { String::new() };
        let mut failed = None;
        while let Some(best) = (0..routes.len()).min_by_key(|at| rank(routes[*at])) {
            match build(&routes.swap_remove(best).pattern, values) {
                Ok(path) => return Ok(address + &self.prefix + &path),
                Err(why) => failed = Some(why),
            }
        }
        Err(UrlError(failed.unwrap_or_else(|| {
            let mut names = known.iter().map(|route| &*route.name);
            let is_its =
                |known: &&str| known.strip_suffix(name).is_some_and(|it| it.ends_with('.'));
            let near = names.clone().find(is_its).or_else(|| near::nearest(name, &mut names));
            let hint = near.map_or(String::new(), |near| format!("; there is {near:?}"));
            format!("no route is called {name:?}{hint}")
        })))
    }
}

/// How parts of a path and an anchor are written: these stand for themselves.
const LITERAL: &str = "-._~!$&'()*+,;=:@";

/// No query is made that has more bytes before it is encoded: a list could be a field many times.
const LONGEST_QUERY: usize = 1 << 20;

/// The path with these values for its parameters, and the others after it.
fn build(pattern: &Pattern, values: &[(&str, Value)]) -> Result<String, String> {
    let (text, mut path, mut used) = (&pattern.text, String::new(), vec!["_anchor", "_external"]);
    // Flask's other two would become fields of the query, and nobody would see it.
    if let Some((name, _)) = values.iter().find(|it| matches!(it.0, "_scheme" | "_method")) {
        return Err(format!("found {name:?}, expected a field of the query, _anchor or _external"));
    }
    for Part { before, param, after } in &pattern.parts {
        path = path + "/" + &percent_encode(before, LITERAL);
        if let Some((kind, name)) = param {
            let given = values.iter().find(|(known, _)| known == name);
            let value = given.and_then(|(_, value)| text_of(value));
            let mut value = value.ok_or_else(|| format!("{text} needs a value for {name:?}"))?;
            if *kind == ParamKind::Int {
                value = kind.read(&value).ok_or_else(|| {
                    format!("{text}: found {value:?} for {name:?}, expected a number it takes")
                })?;
            }
            if *kind == ParamKind::Path && value.contains(['\\', '\0']) {
                return Err(format!("{text}: found {value:?} for {name:?}, expected no \\"));
            }
            let kept = if *kind == ParamKind::Path { "-._~/" } else { "-._~" };
            path = path + &percent_encode(&value, kept) + &percent_encode(after, LITERAL);
            used.push(name);
        }
    }
    // As in Flask: a browser reads `//evil.example` as another host.
    path = format!("/{}", path.trim_start_matches('/'));
    let (mut query, mut bytes) = (Fields::default(), 0);
    for (name, value) in values.iter().filter(|(name, _)| !used.contains(name)) {
        let items = value.as_list().unwrap_or(std::slice::from_ref(value));
        for text in items.iter().filter_map(text_of) {
            bytes += name.len() + text.len();
            if bytes > LONGEST_QUERY {
                return Err(format!("{name:?} makes the query longer than {LONGEST_QUERY} bytes"));
            }
            query.append(*name, text);
        }
    }
    if !query.is_empty() {
        path = path + "?" + &query.encode();
    }
    let anchor = values.iter().find(|(name, _)| *name == "_anchor");
    if let Some(anchor) = anchor.and_then(|(_, value)| text_of(value)) {
        path = path + "#" + &percent_encode(&anchor, &format!("{LITERAL}/?"));
    }
    Ok(path)
}

/// The value as text, as Python's `str` makes it; none is left out.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Undefined => None,
        Value::Bool(truth) => Some(if *truth { "True" } else { "False" }.to_owned()),
        other => Some(other.as_str().map_or_else(|| json::write(other), str::to_owned)),
    }
}
