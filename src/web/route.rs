//! Deeper: Route: what a program has registered for a pattern.

use super::pattern::{Params, Pattern};
use crate::cycle::Detail;
use crate::http::Method;
use std::any::TypeId;
use std::fmt::Display;
use std::panic::Location;
use std::sync::Arc;

/// Methods and a pattern, and what is known about who answers.
pub struct Route {
    /// The methods. GET answers HEAD too.
    pub methods: Vec<Method>,
    /// Which paths it takes.
    pub pattern: Pattern,
    /// The handler's name: `hello`. `url_for` finds the route by it. A closure has none.
    pub name: Arc<str>,
    /// The line that registered it.
    pub source: &'static Location<'static>,
    /// The path of a request that this route answers, for a client that got an error instead, and
    /// the encoded fields of its form.
    pub(super) example: Option<(String, String)>,
    /// The index of its handler in the application's list.
    pub(super) handler: usize,
    /// Tells one handler from another.
    pub(super) handler_type: TypeId,
    /// The name of its blueprint and a point, which stand before the name: `admin.`.
    pub(super) blueprint: String,
    /// True if the handler serves a folder of files.
    pub(super) is_files: bool,
}

/// What stands before the paths and the names of the routes that are registered now.
#[derive(Clone, Default)]
pub struct Blueprint {
    /// The prefix of the paths, without a slash at its end: `/admin`. Empty for the application.
    pub prefix: String,
    /// The name with a point: `admin.`. Empty for the application.
    pub name: String,
    /// The prefix as a pattern, if the blueprint has a path of its own.
    pub path: Option<Pattern>,
}

impl Blueprint {
    /// True if its hooks run for a request for this path, which this route takes.
    pub fn covers(&self, path: &str, route: Option<&Route>) -> bool {
        let is_in = |route: &Route| route.blueprint.starts_with(&self.name);
        match &self.path {
            Some(own) if own.has_params() => own.covers(path) && route.is_none_or(is_in),
            Some(own) => own.covers(path),
            None if self.name.is_empty() => true,
            None => route.is_some_and(is_in),
        }
    }
}

impl Route {
    /// The route of the handler with this index. It has the name of the function.
    ///
    /// # Panics
    ///
    /// If the pattern breaks the grammar, or no method is given.
    #[track_caller]
    pub(super) fn new(
        methods: &[Method],
        blueprint: &Blueprint,
        pattern: &str,
        handler: usize,
        (handler_type, type_name): (TypeId, &str),
    ) -> Route {
        // `Other("GET")` is GET, as a request has it.
        let known = |method: &Method| Method::from_bytes(method.as_str().as_bytes());
        let methods: Vec<Method> = methods.iter().filter_map(known).collect();
        assert!(!methods.is_empty(), "found no method for {pattern}, expected at least one");
        // The pattern is read alone first, because each one must begin with a slash. An empty one
        // is the prefix of its blueprint.
        let whole = format!("{}{pattern}", blueprint.prefix);
        let alone = if pattern.is_empty() { &whole } else { pattern };
        let pattern = right(Pattern::parse(alone).and_then(|_| Pattern::parse(&whole)));
        let is_plain = methods.contains(&Method::Get) && !pattern.has_params();
        let path = pattern.text().to_owned();
        let name = function_name(type_name).map(|name| blueprint.name.clone() + &name);
        Route {
            methods,
            pattern,
            name: name.unwrap_or_default().into(),
            source: Location::caller(),
            example: is_plain.then(|| (path, String::new())),
            handler,
            handler_type,
            blueprint: blueprint.name.clone(),
            is_files: false,
        }
    }

    /// Gives the route a name instead of the function's. Two handlers of one name are a panic
    /// at the start, but only if their types differ: two closures that one function makes have the
    /// same type, and so have two function pointers.
    pub fn name(&mut self, name: &str) -> &mut Route {
        self.name = format!("{}{name}", self.blueprint).into();
        self
    }

    /// Sets the request that error pages show as a command: a path, and the fields of a form, such
    /// as `name=Ada`. A GET route without parameters has one already: its path. If no request is
    /// sure to be answered, name the path of another route.
    pub fn example(&mut self, path: &str, form: &str) -> &mut Route {
        self.example = Some((path.to_owned(), form.to_owned()));
        self
    }

    /// True if it answers this method.
    #[inline]
    pub fn answers(&self, method: &Method) -> bool {
        self.method_for(method).is_some()
    }

    /// True if it is tried before `other`: first those without parameters by their text, then the
    /// more exact pattern, and of equal ones the route for HEAD, which GET answers too.
    pub(super) fn comes_before(&self, other: &Route) -> bool {
        let by_pattern = match (self.pattern.has_params(), other.pattern.has_params()) {
            (true, true) => self.pattern.by_exactness(&other.pattern),
            (false, false) => self.pattern.text().cmp(other.pattern.text()),
            (own, others) => own.cmp(&others),
        };
        let is_behind = |route: &Route| !route.methods.contains(&Method::Head);
        by_pattern.then(is_behind(self).cmp(&is_behind(other))).is_le()
    }

    /// Which of its methods answers this one: GET answers HEAD too, and the server leaves out the
    /// body.
    #[inline]
    fn method_for(&self, asked: &Method) -> Option<&Method> {
        let is_head = *asked == Method::Head;
        self.methods.iter().find(|known| *known == asked || is_head && **known == Method::Get)
    }

    /// True if another route takes requests that this one takes.
    pub(super) fn overlaps(&self, other: &Route) -> bool {
        self.pattern.by_exactness(&other.pattern).is_eq()
            && self.methods.iter().any(|method| other.methods.contains(method))
    }

    /// What a record says of a request that this route takes.
    pub(super) fn detail(&self, method: &Method, params: &Params) -> Detail {
        let own = |(name, value): &(&str, String)| ((*name).to_owned(), value.clone());
        match params.last() {
            Some((_, path)) if self.is_files => Detail::File(path.clone()),
            _ => Detail::Route {
                method: self.method_for(method).unwrap_or(method).clone(),
                pattern: Arc::clone(&self.pattern.text),
                handler: Arc::clone(&self.name),
                registered: self.source,
                params: params.iter().map(own).collect(),
            },
        }
    }

    /// Its first method and its pattern, for a record.
    pub fn line(&self) -> (Method, String) {
        (self.methods[0].clone(), self.pattern.text().to_owned())
    }
}

/// What a program has said, if it is right.
///
/// # Panics
///
/// If it is wrong, with the line that said it.
#[track_caller]
pub(super) fn right<T>(said: Result<T, impl Display>) -> T {
    match said {
        Ok(it) => it,
        Err(why) => panic!("{why}"),
    }
}

/// The name of a function in the name of its type: `hello` in `site::pages::hello::<Text>`. A
/// closure and a pointer have none.
fn function_name(path: &str) -> Option<String> {
    let mut depth = 0;
    let is_outside = |letter: &char| {
        depth += i32::from(*letter == '<');
        let is_outside = depth == 0;
        depth -= i32::from(*letter == '>');
        is_outside
    };
    // The arrow of a function's type is no bracket.
    let plain: String = path.replace("->", "").chars().filter(is_outside).collect();
    let name = plain.trim_end_matches(':').rsplit("::").next()?;
    let is_word = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    Some(name.to_owned()).filter(|name| is_word && !name.is_empty())
}
