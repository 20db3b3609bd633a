//! Deeper: suggestion, the command on an error page that gets an ordinary answer.
//!
//! The command is made of what the program registered, never of the path that came. A path may hold
//! anything, and people paste a command into a shell.
//!
//! * A route suggests its own example: the one that it was given, or its path if it is a GET route
//!   without places.
//! * A route without an example suggests the GET route above it: for `/things/<int:id>` this is
//!   `/things`.
//! * If neither exists, the suggestion is the home page. Without a home page there is none.
//!
//! Left out: whether the command worked the last time. A test runs every example.

use super::route::{Route, RouteExample};
use super::router::{FoundRoute, Router};
use crate::http::{Method, Request, Status};
use crate::near;

/// The routes whose paths are similar to one that no route takes, the most similar first; three at
/// most.
pub fn near<'r>(router: &'r Router, path: &str) -> Vec<&'r Route> {
    let distance = |route: &Route| near::distance(path, &route.pattern.filled(path));
    let mut near: Vec<(usize, &Route)> =
        router.routes().iter().filter_map(|route| Some((distance(route)?, route))).collect();
    near.sort_by_key(|(slips, _)| *slips);
    near.dedup_by_key(|(_, route)| route.pattern.text());
    near.into_iter().map(|(_, route)| route).take(3).collect()
}

/// A command for a request that failed with this status; `near` are the routes whose paths are
/// similar, and `base` is the address of the site.
pub fn command(
    router: &Router,
    request: &Request,
    status: Status,
    near: &[&Route],
    base: &str,
) -> Option<String> {
    // `base` is made of Host, which may hold what means something to a shell.
    let host = request.headers.get("Host")?;
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:[]".contains(&byte)) {
        return None;
    }
    let mut asked = None;
    let mut candidates: Vec<&Route> = match router.find(&request.method, &request.path) {
        FoundRoute::Route(route, _) => {
            asked = Some(route);
            if may_help(status, &request.method) { with_above(router, route) } else { Vec::new() }
        }
        FoundRoute::WrongMethod(_) => {
            let mut known: Vec<&Route> =
                router.of_path(&request.path).map(|(route, _)| route).collect();
            known.sort_by_key(|route| !route.answers(&Method::Get));
            let above = known.first().map(|route| with_above(router, route));
            known.extend(above.into_iter().flatten());
            known
        }
        FoundRoute::Moved(_) | FoundRoute::Nothing => near.to_vec(),
    };
    let home = router.of_path("/").map(|(route, _)| route);
    candidates.extend(home.filter(|route| route.answers(&Method::Get)));
    // The request that has just failed is no help.
    let is_plain = request.query.is_empty() && request.body.is_empty();
    let example = candidates.into_iter().find_map(|route| {
        let is_asked = asked.is_some_and(|asked| std::ptr::eq(asked, route));
        let has_failed =
            |example: &&RouteExample| is_asked && is_plain && example.path == request.path;
        route.example.as_ref().filter(|example| !has_failed(example))
    })?;
    let form = match &example.form {
        form if form.is_empty() => String::new(),
        form => format!("-d {} ", quoted(form.clone())),
    };
    Some(format!("curl {form}{}", quoted(format!("{base}{}", example.path))))
}

/// The word in quotes, if a shell could read it as something else.
fn quoted(word: String) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~/:=@%+,".contains(letter);
    if word.chars().all(is_plain) { word } else { format!("'{word}'") }
}

/// True if another request to the same route may succeed. A 403 to a GET is a 403 for every such
/// request; a 403 to a form may be the fault of the page of another site that sent it.
fn may_help(status: Status, method: &Method) -> bool {
    match status {
        Status::FORBIDDEN => !method.is_safe(),
        Status::TOO_MANY_REQUESTS => false,
        Status(code) => code / 100 == 4,
    }
}

/// A route, the GET route of its pattern, and those above it: for `/shop/order/<int:id>` those of
/// `/shop/order` and `/shop`.
fn with_above<'r>(router: &'r Router, route: &'r Route) -> Vec<&'r Route> {
    let text = route.pattern.text();
    let slashes = text.rmatch_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
    let above = [text.len()].into_iter().chain(slashes).filter_map(|end| {
        let is_it =
            |known: &&Route| known.answers(&Method::Get) && known.pattern.text() == &text[..end];
        router.routes().iter().find(is_it)
    });
    [route].into_iter().chain(above).collect()
}
