//! Router: which route takes a method and a path.
//!
//! * Of two patterns that fit, the more exact one wins: text before `<int:…>`, before `<name>`,
//!   before `<path:…>`.
//! * A path that is known with other methods only is a 405, and the answer lists these methods.
//! * A path with one slash too many or too few is a 308 to the right one. A 308 keeps the method
//!   and the body.
//!
//! The router knows its routes and not their handlers: it gives back a [`Route`], and the
//! application keeps the handlers.

use super::pattern::{Params, Pattern};
use crate::http::Method;
use crate::http::fields::percent_decode;
use crate::near;
use std::panic::Location;

/// A method and a pattern, and what is known about who answers.
pub struct Route {
    /// The method. A GET route answers HEAD too.
    pub method: Method,
    /// Which paths it takes.
    pub pattern: Pattern,
    /// The handler's name: `hello`. `url_for` finds the route by it.
    pub name: &'static str,
    /// The line that registered it.
    pub source: &'static Location<'static>,
    /// A request that this route answers, for a client that got an error instead.
    pub example: Option<RouteExample>,
    /// The place of its handler in the application's list.
    pub(super) handler: usize,
}

/// A request that a route answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteExample {
    /// The path, with a value in each place.
    pub path: String,
    /// The fields of a POST, encoded as they are sent; empty for a GET.
    pub form: String,
}

impl Route {
    /// Gives the route of a closure a name. The route of a function has the function's name.
    pub fn name(&mut self, name: &'static str) -> &mut Route {
        self.name = name;
        self
    }

    /// Sets the request that error pages show as a command. A GET route without places has one
    /// already: its path.
    ///
    /// ```
    /// # use carafe::{App, Context};
    /// # fn save(_: &mut Context) -> &'static str { "saved" }
    /// # let mut app = App::new();
    /// app.post("/profile", save).example("/profile", "name=Ada");
    /// ```
    pub fn example(&mut self, path: &str, form: &str) {
        self.example = Some(RouteExample { path: path.to_owned(), form: form.to_owned() });
    }

    /// Says that no request is sure to be answered here.
    pub fn no_example(&mut self) {
        self.example = None;
    }

    /// Its method and pattern, for a record.
    pub fn line(&self) -> (Method, String) {
        (self.method.clone(), self.pattern.to_string())
    }

    /// True if every request that fits one of the two fits the other.
    fn takes_the_same(&self, other: &Route) -> bool {
        let (one, other_parts) = (&self.pattern.segments, &other.pattern.segments);
        self.method == other.method
            && one.len() == other_parts.len()
            && one.iter().zip(other_parts).all(|(one, other)| one.takes_the_same(other))
    }
}

/// What a method and a path lead to.
pub enum FoundRoute<'r> {
    /// A route, and the values it captured.
    Route(&'r Route, Params),
    /// The path is known, but with other methods only: these. GET implies HEAD, and OPTIONS is
    /// always among them.
    WrongMethod(Vec<Method>),
    /// The path is known with one slash more or less: this path.
    Moved(String),
    /// No route takes this path.
    Nothing,
}

/// All routes, the most exact first.
#[derive(Default)]
pub struct Router {
    routes: Vec<Route>,
    /// How many of them begin with a text. They come first.
    texts: usize,
}

impl Router {
    /// Adds a route, and gives it back.
    ///
    /// # Panics
    ///
    /// If there is a route that takes the same requests. The message names both lines.
    pub fn add(&mut self, route: Route) -> &mut Route {
        if let Some(known) = self.routes.iter().find(|known| known.takes_the_same(&route)) {
            panic!(
                "{} {} is registered twice: {} and {}",
                route.method, route.pattern, known.source, route.source
            );
        }
        let segments = &route.pattern.segments;
        let at = self.routes.partition_point(|known| known.pattern.segments <= *segments);
        self.texts += usize::from(route.pattern.first_text().is_some());
        self.routes.insert(at, route);
        &mut self.routes[at]
    }

    /// All routes, in the order in which they are tried.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Finds the route of a request. The path is still percent-encoded.
    pub fn find(&self, method: &Method, path: &str) -> FoundRoute<'_> {
        let Some(inside) = path.strip_prefix('/') else { return FoundRoute::Nothing };
        let routes = self.beginning_with(&percent_decode(inside.split('/').next().unwrap_or("")));
        // Most of these paths are those of files.
        if routes.iter().all(|part| part.is_empty()) {
            return FoundRoute::Nothing;
        }
        if let Some(found) = exact(routes, method, path) {
            return found;
        }
        // Never to `//host`: that would be a path on another site.
        let other = match path.strip_suffix('/') {
            Some(shorter) => shorter.to_owned(),
            None => format!("{path}/"),
        };
        let is_known = !other.starts_with("//") && exact(routes, method, &other).is_some();
        if is_known { FoundRoute::Moved(other) } else { FoundRoute::Nothing }
    }

    /// The routes that may take a path with this first part: those that begin with this text, and
    /// those that begin with a place for a value. The routes that begin with a text are sorted by
    /// it, so a binary search finds them.
    fn beginning_with(&self, part: &str) -> [&[Route]; 2] {
        let (texts, places) = self.routes.split_at(self.texts);
        let from = texts.partition_point(|route| route.pattern.first_text() < Some(part));
        let is_same = |route: &&Route| route.pattern.first_text() == Some(part);
        let same = texts[from..].iter().take_while(is_same).count();
        [&texts[from..from + same], places]
    }

    /// The routes of this path, whatever their method.
    pub fn of_path(&self, path: &str) -> Vec<&Route> {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        self.routes.iter().filter(|route| route.pattern.captures(&parts).is_some()).collect()
    }

    /// The routes whose paths are similar to one that no route takes, the most similar first; three
    /// at most.
    pub fn near(&self, path: &str) -> Vec<&Route> {
        let given: Vec<&str> = path.split('/').skip(1).collect();
        let distance = |route: &Route| near::distance(path, &route.pattern.filled(&given));
        let mut near: Vec<(usize, &Route)> =
            self.routes.iter().filter_map(|route| Some((distance(route)?, route))).collect();
        near.sort_by_key(|(slips, _)| *slips);
        near.dedup_by_key(|(_, route)| route.pattern.text());
        near.into_iter().map(|(_, route)| route).take(3).collect()
    }

    /// The path of the route of this name; Flask's `url_for`.
    ///
    /// # Errors
    ///
    /// A sentence, if there is no such route or a value is missing.
    pub fn url_for(&self, name: &str, values: &[(&str, String)]) -> Result<String, String> {
        let mut failed = None;
        for route in self.routes.iter().filter(|route| route.name == name) {
            match route.pattern.build(values) {
                Ok(path) => return Ok(path),
                Err(why) => failed = failed.or(Some(why)),
            }
        }
        Err(failed.unwrap_or_else(|| {
            let near = near::nearest(name, self.routes.iter().map(|route| route.name));
            let hint = near.map_or(String::new(), |near| format!("; there is {near:?}"));
            format!("no route is called {name:?}{hint}")
        }))
    }
}

/// The first of these routes that fits. If the path is known with other methods only, these.
fn exact<'r>(routes: [&'r [Route]; 2], method: &Method, path: &str) -> Option<FoundRoute<'r>> {
    let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let wanted = if *method == Method::Head { &Method::Get } else { method };
    let mut allow = Vec::new();
    for route in routes.into_iter().flatten() {
        let Some(params) = route.pattern.captures(&parts) else { continue };
        if route.method == *wanted {
            return Some(FoundRoute::Route(route, params));
        }
        allow.push(route.method.clone());
    }
    if allow.is_empty() {
        return None;
    }
    if allow.contains(&Method::Get) {
        allow.push(Method::Head);
    }
    allow.push(Method::Options);
    allow.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    allow.dedup();
    Some(FoundRoute::WrongMethod(allow))
}
