//! What works instead: the command that an error page offers.
//!
//! Somebody who got an error has typed something; what helps is a line that they can type now. It
//! is made of what the program registered, never of the path that came: that may be anything, and a
//! command is pasted into a shell.
//!
//! * A route offers its own example: the one that it was given, or its path if it is a GET without
//!   places to fill.
//! * If it has none, the GET route above it does: of `/things/<int:id>`, which may be there or not,
//!   `/things`.
//! * Where neither is sure to answer, it is the home page; and where there is none, no command at
//!   all.
//!
//! Left out: whether it worked the last time. A test asks every example.

use super::router::{Found, Route, Router};
use crate::http::{Method, Request, Status};

/// A line for a shell that gets an ordinary answer; `near` are the routes that came near a path
/// that nobody knows.
pub fn command(
    router: &Router,
    request: &Request,
    status: Status,
    near: &[&Route],
    base: &str,
) -> Option<String> {
    // A Host may hold what means something to a shell; and where none came, nobody knows under
    // which name to ask.
    let host = request.headers.get("Host")?;
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:[]".contains(&byte)) {
        return None;
    }
    let found = router.find(&request.method, &request.path);
    let asked = if let Found::Route(route, _) = &found { Some(*route) } else { None };
    let mut candidates: Vec<&Route> = match found {
        Found::Route(route, _) if is_about_the_request(status, &route.method) => {
            std::iter::once(route).chain(above(router, route)).collect()
        }
        // Forbidden, or failed: what lies beside it may be as well.
        Found::Route(..) => Vec::new(),
        Found::WrongMethod { .. } => {
            let mut known = router.of_path(&request.path);
            known.sort_by_key(|route| route.method != Method::Get);
            let above: Vec<&Route> =
                known.first().map(|route| above(router, route).collect()).unwrap_or_default();
            known.into_iter().chain(above).collect()
        }
        Found::Moved(_) | Found::Nothing => near.to_vec(),
    };
    candidates.extend(router.of_path("/").into_iter().filter(|route| route.method == Method::Get));
    // The very request that failed is no help.
    let is_same = |route: &Route| {
        let example = route.example.as_ref().map(|example| example.path.as_str());
        asked.is_some_and(|asked| std::ptr::eq(asked, route))
            && (example == Some(request.path.as_str())
                && request.query.is_empty()
                && request.body.is_empty())
    };
    let route = candidates.into_iter().find(|route| route.example.is_some() && !is_same(route))?;
    let example = route.example.as_ref()?;
    // What other letters mean to a shell differs from one to the next; within quotes, nothing.
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~/:=@%+,".contains(letter);
    let quoted =
        |word: &str| if word.chars().all(is_plain) { word.to_owned() } else { format!("'{word}'") };
    let url = quoted(&format!("{base}{}", example.path));
    Some(if example.form.is_empty() {
        format!("curl {url}")
    } else {
        format!("curl -d {} {url}", quoted(&example.form))
    })
}

/// True if the same route answers another request better. It is forbidden to everybody else as
/// well, unless it was the page of another site that asked, which a form alone is refused for.
fn is_about_the_request(status: Status, method: &Method) -> bool {
    match status {
        Status::FORBIDDEN => !method.is_safe(),
        Status::TOO_MANY_REQUESTS => false,
        Status(code) => code / 100 == 4,
    }
}

/// The GET routes of the same pattern and of those above it: of `/shop/order/<int:id>`,
/// `/shop/order` and `/shop`.
fn above<'r>(router: &'r Router, route: &Route) -> impl Iterator<Item = &'r Route> {
    let text = route.pattern.text();
    let ends = text.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0).chain([text.len()]);
    let patterns: Vec<String> = ends.map(|end| text[..end].to_owned()).rev().collect();
    let is_get = |route: &&Route| route.method == Method::Get;
    patterns.into_iter().flat_map(move |pattern| {
        router.routes().iter().filter(is_get).filter(move |route| *route.pattern.text() == *pattern)
    })
}
