//! Router: which route takes a method and a path.
//!
//! A pattern is a path that may have places for values, such as `/hello/<name>`. Of two patterns
//! that fit, the more exact one wins: text before `<int:…>`, before `<name>`, before `<path:…>`.
//! What is answered if no route fits is in `no_route`.
//!
//! A [`Route`] says which handler of the application answers; the router does not know handlers.

use super::pattern::Params;
use super::route::Route;
use crate::http::Method;
use crate::http::fields::percent_decode;
use std::borrow::Cow;

/// A route that takes a path.
pub struct Matched<'r> {
    /// The route.
    pub route: &'r Route,
    /// The values that its places took from the path.
    pub params: Params<'r>,
}

/// All routes: those without places in the order of their paths, then the others, the most exact
/// first.
#[derive(Default)]
pub struct Router {
    pub(super) routes: Vec<Route>,
    /// How many have no place.
    pub(super) plain_count: usize,
}

impl Router {
    /// Finds the route of a request. The path is still percent-encoded.
    ///
    /// A route without places is found by a search for the whole path. Of the others each is asked:
    /// `captures` compares the path part by part, and gives the values of the places.
    pub fn find(&self, method: &Method, path: &str) -> Option<Matched<'_>> {
        match self.without_places(path).find(|route| route.answers(method)) {
            Some(route) => Some(Matched { route, params: Params::new() }),
            None => self.with_places(path).find(|found| found.route.answers(method)),
        }
    }

    /// The routes of this path, whatever their method, in the order in which they are tried.
    pub fn of_path<'r>(&'r self, path: &str) -> impl Iterator<Item = &'r Route> {
        self.without_places(path).chain(self.with_places(path).map(|found| found.route))
    }

    fn without_places<'r>(&'r self, path: &str) -> impl Iterator<Item = &'r Route> {
        let slashes = |path: &str| path.matches('/').count();
        let text = match percent_decode(path) {
            // A slash that was encoded is part of a value, and no text of a pattern has one.
            Cow::Owned(text) if slashes(&text) != slashes(path) => Cow::Borrowed(""),
            text => text,
        };
        let plain = &self.routes[..self.plain_count];
        let searched: &str = &text;
        let from = plain.partition_point(|route| route.pattern.text() < searched);
        plain[from..].iter().take_while(move |route| *route.pattern.text() == *text)
    }

    fn with_places<'r>(&'r self, path: &str) -> impl Iterator<Item = Matched<'r>> {
        self.routes[self.plain_count..]
            .iter()
            .filter_map(move |route| Some(Matched { route, params: route.pattern.captures(path)? }))
    }
}
