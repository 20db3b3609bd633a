//! Route: which handler answers a method and a path.
//!
//! Patterns are Flask's: `/hello/<name>`, `/things/<int:id>`, `/static/<path:file>`. A path is
//! split at its slashes first and each part decoded then, so that `/hello/a%2Fb` greets `a/b`.
//!
//! * Of two patterns that fit, the more exact one wins: text before `<int:…>`, before `<name>`,
//!   before `<path:…>`.
//! * A path that fits with another method is 405, and the answer lists the methods that do.
//! * A slash too many or too few is a 308, so that a posted body survives.
//!
//! Left out: converters of one's own, and host names in patterns.

use super::handler::Handler;
use crate::http::Method;
use crate::http::fields::{percent_decode, percent_encode};
use crate::near;
use std::panic::Location;

/// A method and a pattern, and who answers.
pub struct Route {
    /// The method; a GET route answers HEAD too.
    pub method: Method,
    /// Which paths it takes.
    pub pattern: Pattern,
    /// Who answers.
    pub handler: Handler,
    /// The handler's name: `hello`. `url_for` knows the route by it.
    pub name: &'static str,
    /// The line that registered it.
    pub source: &'static Location<'static>,
    /// A request that it answers as a rule, to be shown to whoever got an error instead.
    pub example: Option<Example>,
}

/// A request that a route answers as a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// With every place filled.
    pub path: String,
    /// The fields of a POST, encoded as they go over the wire; empty for a GET.
    pub form: String,
}

impl Route {
    /// Says with which path and which form it answers: error pages show it as a command. Defaults
    /// to the path alone, for a GET without places to fill.
    ///
    /// ```
    /// # use carafe::{App, Context};
    /// # fn save(_: &mut Context) -> &'static str { "saved" }
    /// # let mut app = App::new();
    /// app.post("/profile", save).example("/profile", "name=Ada");
    /// ```
    pub fn example(&mut self, path: &str, form: &str) {
        self.example = Some(Example { path: path.to_owned(), form: form.to_owned() });
    }

    /// Says that there is no request of which one can be sure that it is answered.
    pub fn no_example(&mut self) {
        self.example = None;
    }

    /// Its method and pattern, for a record.
    pub fn line(&self) -> (Method, String) {
        (self.method.clone(), self.pattern.to_string())
    }
}

/// Captured values by name, decoded, in the order of the pattern.
pub type Params = Vec<(String, String)>;

/// A path with places for values.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: &'static str,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// This very text. The order of the variants is the order in which routes are tried.
    Text(String),
    /// Digits: `<int:id>`.
    Int(String),
    /// Anything but a slash: `<name>`.
    Any(String),
    /// All that is left, slashes too: `<path:file>`. The last part.
    Path(String),
}

impl Pattern {
    /// Reads a pattern in Flask's writing.
    ///
    /// # Panics
    ///
    /// If it breaks the grammar: a programmer's mistake, found at start.
    pub fn parse(text: &'static str) -> Pattern {
        let inside = text.strip_prefix('/');
        let inside =
            inside.unwrap_or_else(|| panic!("the pattern {text:?} must start with a slash"));
        let parts: Vec<Part> = inside.split('/').map(|part| parse_part(part, text)).collect();
        let early = parts.iter().rev().skip(1).any(|part| matches!(part, Part::Path(_)));
        assert!(!early, "in the pattern {text:?}, <path:…> must be the last part");
        Pattern { text, parts }
    }

    /// The values of a path that fits; `parts` are the path's parts, still encoded.
    fn captures(&self, parts: &[&str]) -> Option<Params> {
        let mut params = Params::new();
        for (at, part) in self.parts.iter().enumerate() {
            let found = parts.get(at)?;
            match part {
                Part::Text(text) if is_spelt(text, found) => {}
                Part::Int(name) if is_number(found) => {
                    params.push((name.clone(), (*found).to_owned()))
                }
                Part::Any(name) if !found.is_empty() => {
                    params.push((name.clone(), percent_decode(found).into_owned()))
                }
                Part::Path(name) => {
                    let rest = parts[at..].join("/");
                    let value = percent_decode(&rest).into_owned();
                    return (!value.is_empty()).then(|| {
                        params.push((name.clone(), value));
                        params
                    });
                }
                _ => return None,
            }
        }
        (parts.len() == self.parts.len()).then_some(params)
    }

    /// The text of the first part, if that is a text.
    fn first_text(&self) -> Option<&str> {
        if let Some(Part::Text(text)) = self.parts.first() { Some(text) } else { None }
    }

    /// As it was registered.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// The pattern with what the path has in each of its places: what would have been meant, slips
    /// apart.
    fn filled(&self, given: &[&str]) -> String {
        let fill = |(at, part): (usize, &Part)| match part {
            Part::Text(text) => format!("/{text}"),
            Part::Int(_) | Part::Any(_) => format!("/{}", given.get(at).copied().unwrap_or("")),
            Part::Path(_) => format!("/{}", given.get(at..).unwrap_or(&[]).join("/")),
        };
        self.parts.iter().enumerate().map(fill).collect()
    }

    /// The path with these values in its places; a value without a place becomes a field of the
    /// query, as in Flask.
    fn build(&self, values: &[(&str, String)]) -> Result<String, String> {
        let mut path = String::new();
        for part in &self.parts {
            path.push('/');
            let (Part::Int(name) | Part::Any(name) | Part::Path(name)) = part else {
                if let Part::Text(text) = part {
                    path.push_str(&percent_encode(text, "-._~!$&'()*+,;=:@"));
                }
                continue;
            };
            let value = values.iter().find(|(known, _)| known == name);
            let (_, value) =
                value.ok_or_else(|| format!("{} needs a value for {name:?}", self.text))?;
            let kept = if matches!(part, Part::Path(_)) { "-._~/" } else { "-._~" };
            path.push_str(&percent_encode(value, kept));
        }
        let placed = |name: &str| {
            self.parts.iter().any(|part| !matches!(part, Part::Text(_)) && part.name() == name)
        };
        let mut query = crate::http::Fields::default();
        for (name, value) in values.iter().filter(|(name, _)| !placed(name)) {
            query.append(*name, value.clone());
        }
        Ok(if query.is_empty() { path } else { format!("{path}?{}", query.encode()) })
    }
}

impl Part {
    fn name(&self) -> &str {
        match self {
            Part::Text(name) | Part::Int(name) | Part::Any(name) | Part::Path(name) => name,
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.text)
    }
}

/// `<name>`, `<int:name>`, `<path:name>`, or text.
fn parse_part(part: &str, whole: &str) -> Part {
    let Some(inside) = part.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else {
        assert!(
            !part.contains(['<', '>']),
            "in the pattern {whole:?}, found {part:?}, expected text or one <name>"
        );
        return Part::Text(part.to_owned());
    };
    let (converter, name) = inside.split_once(':').unwrap_or(("string", inside));
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    assert!(
        is_name,
        "in the pattern {whole:?}, found {part:?}, expected a name of letters, digits and underscores"
    );
    match converter {
        "string" => Part::Any(name.to_owned()),
        "int" => Part::Int(name.to_owned()),
        "path" => Part::Path(name.to_owned()),
        _ => panic!(
            "in the pattern {whole:?}, found the converter {converter:?}, expected string, int or path"
        ),
    }
}

/// True if a part of a path says this text. Each request asks it of every route, and hardly a path
/// has anything to decode.
fn is_spelt(text: &str, part: &str) -> bool {
    if part.contains('%') { text == percent_decode(part) } else { text == part }
}

/// Digits that fit an `i64`.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<i64>().is_ok()
}

/// What a method and a path lead to.
pub enum Found<'r> {
    /// A route, and the values it captured.
    Route(&'r Route, Params),
    /// The path is known, with these methods only.
    WrongMethod {
        /// GET implies HEAD, and OPTIONS is always there.
        allow: Vec<Method>,
    },
    /// The path is known with its slash put right.
    Moved(String),
    /// Nobody answers here.
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
    /// If a route of the same method takes the same paths: the message names both lines.
    pub fn add(&mut self, route: Route) -> &mut Route {
        let shape = |route: &Route| -> Vec<String> {
            let parts = route.pattern.parts.iter();
            parts
                .map(|part| {
                    if let Part::Text(text) = part {
                        text.clone()
                    } else {
                        format!("<{:?}", std::mem::discriminant(part))
                    }
                })
                .collect()
        };
        let twin = self
            .routes
            .iter()
            .find(|known| known.method == route.method && shape(known) == shape(&route));
        if let Some(known) = twin {
            panic!(
                "{} {} is registered twice: {} and {}",
                route.method, route.pattern, known.source, route.source
            );
        }
        let at = self.routes.partition_point(|known| known.pattern.parts <= route.pattern.parts);
        self.texts += usize::from(route.pattern.first_text().is_some());
        self.routes.insert(at, route);
        &mut self.routes[at]
    }

    /// All routes, in the order in which they are tried.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Finds who answers. The path is still percent-encoded.
    pub fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let Some(inside) = path.strip_prefix('/') else { return Found::Nothing };
        let routes = self.beginning_with(&percent_decode(inside.split('/').next().unwrap_or("")));
        // Most of these are the paths of files.
        if routes.iter().all(|part| part.is_empty()) {
            return Found::Nothing;
        }
        if let Some(found) = exact(routes, method, path) {
            return found;
        }
        // A slash too many or too few, as Flask mends it. Never `//host`: that would lead to
        // another site.
        let other = match path.strip_suffix('/') {
            Some(shorter) => shorter.to_owned(),
            None => format!("{path}/"),
        };
        let leads_on = !other.is_empty()
            && !other.starts_with("//")
            && exact(routes, method, &other).is_some();
        if leads_on { Found::Moved(other) } else { Found::Nothing }
    }

    /// The routes that a path with this first part may fit: those that begin with this very text,
    /// and those that begin with a place for a value. In the order of the routes equal texts stand
    /// together, so they are found by halving, and the other routes are not even looked at.
    fn beginning_with(&self, part: &str) -> [&[Route]; 2] {
        let (texts, places) = self.routes.split_at(self.texts);
        let from = texts.partition_point(|route| route.pattern.first_text() < Some(part));
        let same = texts[from..]
            .iter()
            .take_while(|route| route.pattern.first_text() == Some(part))
            .count();
        [&texts[from..from + same], places]
    }

    /// The routes of this path, whatever their method.
    pub fn of_path(&self, path: &str) -> Vec<&Route> {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        self.routes.iter().filter(|route| route.pattern.captures(&parts).is_some()).collect()
    }

    /// The routes whose paths are near one that nobody answers, the nearest first; three at most.
    pub fn near(&self, path: &str) -> Vec<&Route> {
        let given: Vec<&str> = path.split('/').skip(1).collect();
        let distance = |route: &Route| near::distance(path, &route.pattern.filled(&given));
        let mut near: Vec<(usize, &Route)> =
            self.routes.iter().filter_map(|route| Some((distance(route)?, route))).collect();
        near.sort_by_key(|(slips, _)| *slips);
        near.dedup_by_key(|(_, route)| route.pattern.text);
        near.into_iter().map(|(_, route)| route).take(3).collect()
    }

    /// The path of the route of this name; Flask's `url_for`.
    ///
    /// # Errors
    ///
    /// A sentence, if there is no such route or a value is missing.
    pub fn url_for(&self, name: &str, values: &[(&str, String)]) -> Result<String, String> {
        let mut of_name = self.routes.iter().filter(|route| route.name == name).peekable();
        if of_name.peek().is_none() {
            let near = near::nearest(name, self.routes.iter().map(|route| route.name));
            let hint = near.map_or(String::new(), |near| format!("; there is {near:?}"));
            return Err(format!("no route is called {name:?}{hint}"));
        }
        let mut built = of_name.map(|route| route.pattern.build(values));
        let first = built.next().expect("one was seen");
        if first.is_ok() { first } else { built.find(Result::is_ok).unwrap_or(first) }
    }
}

/// Of these routes the first that fits; if the path is known with other methods only, those.
fn exact<'r>(routes: [&'r [Route]; 2], method: &Method, path: &str) -> Option<Found<'r>> {
    let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let wanted = if *method == Method::Head { &Method::Get } else { method };
    let mut allow = Vec::new();
    for route in routes.into_iter().flatten() {
        let Some(params) = route.pattern.captures(&parts) else { continue };
        if route.method == *wanted {
            return Some(Found::Route(route, params));
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
    Some(Found::WrongMethod { allow })
}
