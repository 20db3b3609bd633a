//! Router: which route takes a method and a path.
//!
//! * Of two patterns that fit, the more exact one wins: text before `<int:…>`, before `<name>`,
//!   before `<path:…>`.
//! * A path that is known with other methods only is a 405, and the answer lists these methods.
//! * A path with one slash too many or too few is a 308 to the right one, if that answers this
//!   method. A 308 keeps the method and the body.
//!
//! The router knows its routes and not their handlers: it gives back a [`Route`], and the
//! application keeps the handlers.

use super::pattern::Params;
use super::route::Route;
use crate::http::Method;
use crate::http::fields::percent_decode;
use std::borrow::Cow;
use std::collections::HashMap;

/// The route that was found for a request.
#[derive(Default)]
pub struct Matched<'r> {
    /// Its name: Flask's `request.endpoint`. Empty if there is no route, or no name.
    pub name: &'r str,
    /// The values that it captured.
    pub params: Params<'r>,
}

/// What a method and a path lead to.
pub enum FoundRoute<'r> {
    /// A route, and the values it captured.
    Route(&'r Route, Params<'r>),
    /// The path is known, but with other methods only: these. GET implies HEAD, and OPTIONS is
    /// always among them.
    WrongMethod(Vec<Method>),
    /// The path is known with one slash more or less: this path.
    Moved(String),
    /// No route takes this path.
    Nothing,
}

/// All routes: those without places in the order of their paths, then the others, the most exact
/// first.
#[derive(Default)]
pub struct Router {
    routes: Vec<Route>,
    /// How many have no place.
    plain: usize,
}

impl Router {
    /// Adds a route, and gives it back.
    ///
    /// # Panics
    ///
    /// If there is a route that takes the same requests. The message names both lines.
    #[track_caller]
    pub fn add(&mut self, route: Route) -> &mut Route {
        let is_same = |known: &&Route| {
            known.pattern.takes_the_same(&route.pattern)
                && known.methods.iter().any(|method| route.methods.contains(method))
        };
        if let Some(known) = self.routes.iter().find(is_same) {
            panic!("{} is registered twice: {} and {}", route.pattern, known.source, route.source);
        }
        let (plain, others) = self.routes.split_at(self.plain);
        let at = if route.pattern.has_places() {
            let exactness = route.pattern.exactness();
            self.plain + others.partition_point(|known| known.pattern.exactness() <= exactness)
        } else {
            self.plain += 1;
            plain.partition_point(|known| known.pattern.text() <= route.pattern.text())
        };
        self.routes.insert(at, route);
        &mut self.routes[at]
    }

    /// All routes, in the order in which they are tried.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Refuses two handlers of one name, because `url_for` could not tell them apart.
    ///
    /// # Panics
    ///
    /// If there are two. The message names both lines.
    pub fn check_names(&self) {
        let mut known: HashMap<&str, &Route> = HashMap::new();
        for route in self.routes.iter().filter(|route| !route.name.is_empty()) {
            let first = known.entry(&route.name).or_insert(route);
            assert!(
                first.handler_type == route.handler_type,
                "two handlers are called {:?}: {} and {}; give one another .name(…)",
                route.name,
                first.source,
                route.source
            );
        }
    }

    /// Finds the route of a request. The path is still percent-encoded.
    pub fn find(&self, method: &Method, path: &str) -> FoundRoute<'_> {
        let mut known = Vec::new();
        for (route, params) in self.of_path(path) {
            if route.answers(method) {
                return FoundRoute::Route(route, params);
            }
            known.push(route);
        }
        // Never to `//host`: that would be a path on another site.
        let other = match path.strip_suffix('/') {
            Some(shorter) => shorter.to_owned(),
            None => format!("{path}/"),
        };
        let is_any = known.is_empty() && *method == Method::Options;
        let is_asked = |route: &Route| route.answers(method) || is_any;
        if !other.starts_with("//") && self.of_path(&other).any(|(route, _)| is_asked(route)) {
            return FoundRoute::Moved(other);
        }
        if known.is_empty() {
            return FoundRoute::Nothing;
        }
        let mut allow = vec![Method::Options];
        allow.extend(known.iter().flat_map(|route| route.methods.iter().cloned()));
        if allow.contains(&Method::Get) {
            allow.push(Method::Head);
        }
        allow.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        allow.dedup();
        FoundRoute::WrongMethod(allow)
    }

    /// The routes of this path, whatever their method, each with the values it captures.
    ///
    /// The routes without places are sorted, so a search finds them by the whole path.
    pub fn of_path<'r>(&'r self, path: &str) -> impl Iterator<Item = (&'r Route, Params<'r>)> {
        let mut spelt = percent_decode(path);
        if matches!(spelt, Cow::Owned(_)) && slashes(&spelt) != slashes(path) {
            // A slash that was encoded is part of a value, and no text of a pattern has one.
            spelt = Cow::Borrowed("");
        }
        let (plain, others) = self.routes.split_at(self.plain);
        let from = plain.partition_point(|route| route.pattern.text() < &*spelt);
        let is_same = move |route: &&Route| route.pattern.text() == &*spelt;
        let same = plain[from..].iter().take_while(is_same).map(|route| (route, Params::new()));
        same.chain(others.iter().filter_map(|route| Some((route, route.pattern.captures(path)?))))
    }
}

fn slashes(path: &str) -> usize {
    path.bytes().filter(|byte| *byte == b'/').count()
}
