//! Deeper: Pattern: a path with places for values, such as `/hello/<name>`.
//!
//! The grammar is Flask's. A pattern begins with a slash. Between two slashes stands a text, or one
//! place, also with text around it:
//!
//! | written | takes |
//! |---|---|
//! | `hello` | this text |
//! | `<int:id>` | digits that fit an `i64` |
//! | `<name>` | any text without a slash, at least one character |
//! | `<path:file>` | the rest of the path with its slashes; only as the last part |
//! | `user-<name>` | `user-`, and behind it a name |
//!
//! A path is split at its slashes first, and each part is decoded after that. So `/hello/a%2Fb`
//! fits `/hello/<name>`, and the value is `a/b`.
//!
//! Left out: kinds of values that a program defines, and host names in patterns.

use crate::http::fields::percent_decode;
use std::cmp::Reverse;
use std::sync::Arc;

/// Captured values by the names of the places, decoded, in the order of the pattern.
pub type Params<'p> = Vec<(&'p str, String)>;

/// A path with places for values.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Arc<str>,
    pub(super) parts: Vec<Part>,
}

/// What stands between two slashes: a text, or a place with text around it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    /// The text before the place; all of it if there is no place.
    pub before: String,
    pub place: Option<PatternPlace>,
    /// The text behind the place.
    pub after: String,
}

/// A place for a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PatternPlace {
    pub kind: PlaceKind,
    pub name: String,
}

/// Which values a place takes. The order is the order in which routes are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PlaceKind {
    /// `<int:id>`
    Int,
    /// `<name>`
    Text,
    /// `<path:file>`
    Path,
}

impl PlaceKind {
    /// True if a place of this kind takes this text.
    pub fn takes(self, text: &str) -> bool {
        match self {
            PlaceKind::Int => {
                text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<i64>().is_ok()
            }
            PlaceKind::Text | PlaceKind::Path => !text.is_empty(),
        }
    }
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// What was found and what was expected, if the pattern breaks the grammar.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let inside = text.strip_prefix('/');
        let inside = inside.ok_or(format!("the pattern {text:?} must start with a slash"))?;
        let mut parts = Vec::new();
        for part in inside.split('/') {
            let part = Part::parse(part);
            parts.push(part.map_err(|why| format!("in the pattern {text:?}, {why}"))?);
        }
        let is_path =
            |part: &Part| part.place.as_ref().is_some_and(|it| it.kind == PlaceKind::Path);
        if parts.iter().rev().skip(1).any(is_path) {
            return Err(format!("in the pattern {text:?}, <path:…> must be the last part"));
        }
        Ok(Pattern { text: text.into(), parts })
    }

    /// The pattern as it was registered.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same, to be shared.
    pub(super) fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// True if there is a place in it.
    pub fn has_places(&self) -> bool {
        self.parts.iter().any(|part| part.place.is_some())
    }

    /// The values of a path that fits. The path is still encoded.
    pub(super) fn captures(&self, path: &str) -> Option<Params<'_>> {
        let (params, rest) = self.captures_front(path)?;
        rest.is_none().then_some(params)
    }

    /// True for this path and every path below it.
    pub(super) fn covers(&self, path: &str) -> bool {
        self.captures_front(path).is_some()
    }

    /// The values of a path whose first parts fit, and what is left of the path.
    fn captures_front<'r>(&self, path: &'r str) -> Option<(Params<'_>, Option<&'r str>)> {
        let mut params = Params::new();
        let mut rest = path.strip_prefix('/');
        for part in &self.parts {
            let (found, behind) = match (rest?, &part.place) {
                (all, Some(PatternPlace { kind: PlaceKind::Path, .. })) => (all, None),
                (all, _) => all.split_once('/').map_or((all, None), |(it, rest)| (it, Some(rest))),
            };
            rest = behind;
            let found = percent_decode(found);
            match &part.place {
                None if *found == part.before => {}
                None => return None,
                Some(PatternPlace { kind, name }) => {
                    let value = found.strip_prefix(&*part.before)?.strip_suffix(&*part.after)?;
                    if !kind.takes(value) {
                        return None;
                    }
                    params.push((name.as_str(), value.to_owned()));
                }
            }
        }
        Some((params, rest))
    }

    /// The pattern with the parts of this path in its places: the path that was meant, if only the
    /// texts are misspelt.
    pub(super) fn filled(&self, path: &str) -> String {
        let given: Vec<&str> = path.split('/').skip(1).collect();
        let fill = |(at, part): (usize, &Part)| match &part.place {
            None => format!("/{}", part.before),
            Some(PatternPlace { kind: PlaceKind::Path, .. }) => {
                format!("/{}", given.get(at..).unwrap_or(&[]).join("/"))
            }
            Some(_) => format!("/{}", given.get(at).copied().unwrap_or("")),
        };
        self.parts.iter().enumerate().map(fill).collect()
    }

    /// True if both take the same paths, whatever their places are called.
    pub(super) fn takes_the_same(&self, other: &Pattern) -> bool {
        let form = |part: &Part| {
            let kind = part.place.as_ref().map(|place| place.kind);
            (part.before.clone(), kind, part.after.clone())
        };
        self.parts.iter().map(form).eq(other.parts.iter().map(form))
    }

    /// What orders the patterns with places, the most exact first.
    pub(super) fn exactness(&self) -> Vec<impl Ord + use<>> {
        // Text comes before a place with text around it, and this comes before a bare place.
        let of_part = |part: &Part| {
            let literal = part.before.len() + part.after.len();
            let rank = if part.place.is_none() { 0 } else { 1 + u8::from(literal == 0) };
            (rank, Reverse(if rank == 1 { literal } else { 0 }), part.place.clone(), part.clone())
        };
        self.parts.iter().map(of_part).collect()
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.text)
    }
}

impl Part {
    fn parse(part: &str) -> Result<Part, String> {
        let Some((before, rest)) = part.split_once('<') else {
            if part.contains('>') {
                return Err(format!("found {part:?}, expected text and at most one <name>"));
            }
            return Ok(Part { before: part.to_owned(), place: None, after: String::new() });
        };
        let (inside, after) = rest.split_once('>').unwrap_or((rest, ">"));
        if after.contains(['<', '>']) {
            return Err(format!("found {part:?}, expected text and at most one <name>"));
        }
        let (converter, name) = inside.split_once(':').unwrap_or(("string", inside));
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_letter) {
            let expected = "a name of letters, digits and underscores";
            return Err(format!("found {part:?}, expected {expected}"));
        }
        let kind = match converter {
            "string" => PlaceKind::Text,
            "int" => PlaceKind::Int,
            "path" => PlaceKind::Path,
            _ => {
                let expected = "string, int or path";
                return Err(format!("found the converter {converter:?}, expected {expected}"));
            }
        };
        let place = Some(PatternPlace { kind, name: name.to_owned() });
        Ok(Part { before: before.to_owned(), place, after: after.to_owned() })
    }
}
