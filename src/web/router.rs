//! Router: which route takes a method and a path.
//!
//! A pattern is a path that may have parameters, such as `<name>` in `/hello/<name>`. A parameter
//! takes a value from the path. Of two patterns that fit, the more exact one wins: text before
//! `<int:…>`, before `<name>`, before `<path:…>`. What is answered if none fits is in `no_route`.
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
    /// The values that its parameters took from the path.
    pub params: Params<'r>,
}

/// All routes: those without parameters in the order of their paths, then the others, the most
/// exact first.
#[derive(Default)]
pub struct Router {
    pub(super) routes: Vec<Route>,
    /// How many have no parameter.
    pub(super) plain_count: usize,
}

impl Router {
    /// Finds the route of a request. The path is still percent-encoded.
    ///
    /// A route without parameters is found by a search for the whole path. The others are asked one
    /// after the other: `captures` compares the path part by part, and gives the values.
    pub fn find(&self, method: &Method, path: &str) -> Option<Matched<'_>> {
        match self.without_params(path).find(|route| route.answers(method)) {
            Some(route) => Some(Matched { route, params: Params::new() }),
            None => self.with_params(path).find(|found| found.route.answers(method)),
        }
    }

    /// The routes of this path, whatever their method, in the order in which they are tried.
    pub fn of_path<'r>(&'r self, path: &str) -> impl Iterator<Item = &'r Route> {
        self.without_params(path).chain(self.with_params(path).map(|found| found.route))
    }

    fn without_params<'r>(&'r self, path: &str) -> impl Iterator<Item = &'r Route> {
        let slashes = |path: &str| path.matches('/').count();
        let text = match percent_decode(path) {
            // `/a%2Fb` is one part, the value `a/b`. No pattern has this text: find none.
            Cow::Owned(text) if slashes(&text) != slashes(path) => Cow::Borrowed(""),
            text => text,
        };
        let plain = &self.routes[..self.plain_count];
        let searched: &str = &text;
        let from = plain.partition_point(|route| route.pattern.text() < searched);
        plain[from..].iter().take_while(move |route| *route.pattern.text() == *text)
    }

    fn with_params<'r>(&'r self, path: &str) -> impl Iterator<Item = Matched<'r>> {
        self.routes[self.plain_count..]
            .iter()
            .filter_map(move |route| Some(Matched { route, params: route.pattern.captures(path)? }))
    }
}
