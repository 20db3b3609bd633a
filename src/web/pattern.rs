//! Deeper: Pattern: a path with places for values, such as `/hello/<name>`.
//!
//! The grammar is Flask's. A pattern begins with a slash, and each part between two slashes is one
//! of these:
//!
//! | written | takes |
//! |---|---|
//! | `hello` | this text |
//! | `<int:id>` | digits that fit an `i64` |
//! | `<name>` | any text without a slash, at least one character |
//! | `<path:file>` | the rest of the path with its slashes; only as the last part |
//!
//! A path is split at its slashes first, and each part is decoded after that. So `/hello/a%2Fb`
//! fits `/hello/<name>`, and the value is `a/b`.
//!
//! Left out: kinds of values that a program defines, and host names in patterns.

use crate::http::Fields;
use crate::http::fields::{percent_decode, percent_encode};

/// Captured values by name, decoded, in the order of the pattern.
pub type Params = Vec<(String, String)>;

/// A path with places for values.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: &'static str,
    pub(super) segments: Vec<Segment>,
}

/// What stands between two slashes of a pattern. The order of the variants is the order in which
/// routes are tried.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Segment {
    /// This text.
    Text(String),
    /// Digits: `<int:id>`.
    Int(String),
    /// Anything but a slash: `<name>`.
    Any(String),
    /// All that is left: `<path:file>`.
    Path(String),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Panics
    ///
    /// If the pattern breaks the grammar. This is a programmer's mistake, found at start.
    pub fn parse(text: &'static str) -> Pattern {
        let Some(inside) = text.strip_prefix('/') else {
            panic!("the pattern {text:?} must start with a slash");
        };
        let segments: Vec<Segment> =
            inside.split('/').map(|segment| Segment::parse(segment, text)).collect();
        let early = segments.iter().rev().skip(1).any(|part| matches!(part, Segment::Path(_)));
        assert!(!early, "in the pattern {text:?}, <path:…> must be the last part");
        Pattern { text, segments }
    }

    /// The pattern as it was registered.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// The values of a path that fits; `parts` are the parts of the path, still encoded.
    pub(super) fn captures(&self, parts: &[&str]) -> Option<Params> {
        let mut params = Params::new();
        for (at, segment) in self.segments.iter().enumerate() {
            let found = *parts.get(at)?;
            let (name, value) = match segment {
                Segment::Text(text) if is_spelt(text, found) => continue,
                Segment::Int(name) if is_number(found) => (name, found.to_owned()),
                Segment::Any(name) if !found.is_empty() => {
                    (name, percent_decode(found).into_owned())
                }
                Segment::Path(name) if parts[at..] != [""] => {
                    let rest = percent_decode(&parts[at..].join("/")).into_owned();
                    params.push((name.clone(), rest));
                    return Some(params);
                }
                _ => return None,
            };
            params.push((name.clone(), value));
        }
        (parts.len() == self.segments.len()).then_some(params)
    }

    /// The text of the first part, if the first part is a text.
    pub(super) fn first_text(&self) -> Option<&str> {
        if let Some(Segment::Text(text)) = self.segments.first() { Some(text) } else { None }
    }

    /// The pattern with the parts of this path in its places: the path that was meant, if only the
    /// texts are misspelt.
    pub(super) fn filled(&self, given: &[&str]) -> String {
        let fill = |(at, segment): (usize, &Segment)| match segment {
            Segment::Text(text) => format!("/{text}"),
            Segment::Path(_) => format!("/{}", given.get(at..).unwrap_or(&[]).join("/")),
            _ => format!("/{}", given.get(at).copied().unwrap_or("")),
        };
        self.segments.iter().enumerate().map(fill).collect()
    }

    /// The path with these values in its places. A value that has no place becomes a field of the
    /// query, as in Flask.
    ///
    /// # Errors
    ///
    /// A sentence that names the value that is missing.
    pub(super) fn build(&self, values: &[(&str, String)]) -> Result<String, String> {
        let (mut path, mut query) = (String::new(), Fields::default());
        let mut names = Vec::new();
        for segment in &self.segments {
            let (name, allowed) = match segment {
                Segment::Text(text) => {
                    path = path + "/" + &percent_encode(text, "-._~!$&'()*+,;=:@");
                    continue;
                }
                Segment::Int(name) | Segment::Any(name) => (name, "-._~"),
                Segment::Path(name) => (name, "-._~/"),
            };
            let value = values.iter().find(|(known, _)| known == name);
            let missing = || format!("{} needs a value for {name:?}", self.text);
            path = path + "/" + &percent_encode(&value.ok_or_else(missing)?.1, allowed);
            names.push(name.as_str());
        }
        for (name, value) in values.iter().filter(|(name, _)| !names.contains(name)) {
            query.append(*name, value.as_str());
        }
        Ok(if query.is_empty() { path } else { path + "?" + &query.encode() })
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.text)
    }
}

impl Segment {
    /// Reads one part of the pattern `whole`.
    fn parse(part: &str, whole: &str) -> Segment {
        let Some(inside) = part.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else {
            assert!(
                !part.contains(['<', '>']),
                "in the pattern {whole:?}, found {part:?}, expected text or one <name>"
            );
            return Segment::Text(part.to_owned());
        };
        let (converter, name) = inside.split_once(':').unwrap_or(("string", inside));
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        assert!(
            !name.is_empty() && name.bytes().all(is_letter),
            "in the pattern {whole:?}, found {part:?}, expected a name of letters, digits and \
             underscores"
        );
        match converter {
            "string" => Segment::Any(name.to_owned()),
            "int" => Segment::Int(name.to_owned()),
            "path" => Segment::Path(name.to_owned()),
            _ => panic!(
                "in the pattern {whole:?}, found the converter {converter:?}, expected string, \
                 int or path"
            ),
        }
    }

    /// True if both take the same texts, whatever their values are called.
    pub(super) fn takes_the_same(&self, other: &Segment) -> bool {
        match (self, other) {
            (Segment::Text(one), Segment::Text(other)) => one == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// True if a part of a path spells this text. Every request asks this of many routes, and almost no
/// path has anything to decode.
fn is_spelt(text: &str, part: &str) -> bool {
    if part.contains('%') { text == percent_decode(part) } else { text == part }
}

/// True for digits that fit an `i64`.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<i64>().is_ok()
}
