//! Deeper: Pattern: a path with parameters, such as `/hello/<name>`.
//!
//! The grammar is Flask's. A pattern begins with a slash. Between two slashes stands a **part**:
//!
//! | written | takes |
//! |---|---|
//! | `hello` | this text |
//! | `<int:id>` | digits that fit an `i64`; the value has no zeros in front |
//! | `<name>` | any text without a slash, at least one character |
//! | `<path:file>` | the rest of the path, no part empty or `.`; only as the last part |
//! | `user-<name>` | `user-`, and after it a name |
//!
//! A path is split at its slashes first, and each part is decoded after that. So `/hello/a%2Fb`
//! fits `/hello/<name>`, and the value is `a/b`: check it before you use it as the name of a file,
//! because `%2Fetc` is `/etc`. A `<path:…>` takes no encoded slash: one value would have two paths,
//! and a check of the path would know only one of them.
//!
//! Left out: two parameters in one part, Flask's `float`, `uuid` and `any`, arguments of a kind, as
//! in `<int(min=1):id>`, kinds of values that a program defines, and host names in patterns.

use crate::http::fields::percent_decode;
use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

/// Captured values by the names of the parameters, decoded, in the order of the pattern.
pub type Params<'p> = Vec<(&'p str, String)>;

/// A path with parameters.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub(super) text: Arc<str>,
    pub(super) parts: Vec<Part>,
    /// What stands before its only parameter, and the name of this parameter, if it takes the rest.
    folder: Option<(String, String)>,
}

/// What stands between two slashes: a text, and perhaps a parameter with a text after it.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub before: String,
    /// Which values it takes, and its name.
    pub param: Option<(ParamKind, String)>,
    pub after: String,
}

/// Which values a parameter takes. The order is the order in which routes are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ParamKind {
    /// `<int:id>`
    Int,
    /// `<name>`
    Text,
    /// `<path:file>`
    Path,
}

impl ParamKind {
    /// The value that a parameter of this kind takes from this text: of `007` the number 7.
    pub fn read(self, text: &str) -> Option<String> {
        match self {
            ParamKind::Int if !text.bytes().all(|byte| byte.is_ascii_digit()) => None,
            ParamKind::Int => Some(text.parse::<i64>().ok()?.to_string()),
            // One value has one path, because a check of paths knows only one. And a slash in front
            // would leave a folder to which a program joins it. So would `..`: see `StaticFiles`.
            ParamKind::Path => {
                let text_or_folder = text.strip_suffix('/').unwrap_or(text);
                let mut parts = text_or_folder.as_bytes().split(|byte| *byte == b'/');
                (!parts.any(|part| matches!(part, b"" | b"."))).then(|| text.to_owned())
            }
            ParamKind::Text => Some(text.to_owned()).filter(|it| !it.is_empty()),
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
        let parts: Result<Vec<Part>, String> = inside.split('/').map(Part::parse).collect();
        let parts = parts.map_err(|why| format!("in the pattern {text:?}, {why}"))?;
        let decoded = percent_decode(text);
        if decoded != text {
            return Err(format!("found the pattern {text:?}, expected it decoded: {decoded:?}"));
        }
        if parts.iter().rev().skip(1).any(Part::is_path) {
            return Err(format!("in the pattern {text:?}, <path:…> must be the last part"));
        }
        let mut params = parts.iter().filter_map(|part| part.param.as_ref());
        while let Some((_, name)) = params.next() {
            if params.clone().any(|(_, other)| other == name) {
                return Err(format!("in the pattern {text:?}, two parameters are called {name:?}"));
            }
        }
        let folder = text.strip_suffix('>').and_then(|text| text.split_once("<path:"));
        let folder = folder.filter(|(front, name)| !front.contains('<') && !name.contains('<'));
        let folder = folder.map(|(front, name)| (front.to_owned(), name.to_owned()));
        Ok(Pattern { text: text.into(), parts, folder })
    }

    /// The pattern as it was registered.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True if there is a parameter in it.
    pub fn has_params(&self) -> bool {
        self.parts.iter().any(|part| part.param.is_some())
    }

    /// The values of a path that fits. The path is still encoded.
    pub(super) fn captures(&self, path: &str) -> Option<Params<'_>> {
        // A folder of files is found by a comparison, because pages ask for many files.
        if let Some((front, name)) = &self.folder
            && let Some(rest) = path.strip_prefix(&**front)
        {
            return Some(vec![(&**name, ParamKind::Path.read(&decode_rest(rest)?)?)]);
        }
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
        let is_encoded = path.contains('%');
        for part in &self.parts {
            let text = rest?;
            let slash = text.bytes().position(|byte| byte == b'/' && !part.is_path());
            let found = &text[..slash.unwrap_or(text.len())];
            let found = match is_encoded {
                true if part.is_path() => decode_rest(found)?,
                true => percent_decode(found),
                false => found.into(),
            };
            let value = found.strip_prefix(&*part.before)?.strip_suffix(&*part.after)?;
            match &part.param {
                None if value.is_empty() => {}
                None => return None,
                Some((kind, name)) => params.push((name, kind.read(value)?)),
            }
            rest = slash.map(|at| &text[at + 1..]);
        }
        Some((params, rest))
    }

    /// The pattern with the parts of this path as values: the path that was meant, if only its text
    /// is misspelt.
    pub(super) fn filled(&self, path: &str) -> String {
        let given: Vec<&str> = path.split('/').skip(1).collect();
        let fill = |(at, part): (usize, &Part)| match part.param {
            None => format!("/{}", part.before),
            Some(_) if part.is_path() => format!("/{}", given.get(at..).unwrap_or(&[]).join("/")),
            Some(_) => format!("/{}", given.get(at).copied().unwrap_or("")),
        };
        self.parts.iter().enumerate().map(fill).collect()
    }

    /// Which of two patterns with parameters is tried first, the more exact one: text comes before
    /// a parameter with text around it, and this comes before a bare one. Patterns that take the
    /// same paths are equal.
    pub(super) fn by_exactness(&self, other: &Pattern) -> Ordering {
        fn of_part(Part { before, param, after }: &Part) -> impl Ord {
            let kind = param.as_ref().map(|(kind, _)| *kind);
            (kind.map(|_| Reverse(before.len() + after.len())), kind, before, after)
        }
        self.parts.iter().map(of_part).cmp(other.parts.iter().map(of_part))
    }
}

impl Part {
    /// `part = text [ "<" [ kind ":" ] name ">" text ]`
    fn parse(part: &str) -> Result<Part, String> {
        const FORM: &str = "text and at most one parameter <name>";
        let wrong = |expected| format!("found {part:?}, expected {expected}");
        let (mut before, mut param, mut after) = (part, None, "");
        if let Some((front, behind)) = part.split_once('<') {
            let (inside, rest) = behind.split_once('>').ok_or_else(|| wrong(FORM))?;
            param = Some(param_of(inside).map_err(wrong)?);
            (before, after) = (front, rest);
        }
        if before.contains('>') || after.contains(['<', '>']) {
            return Err(wrong(FORM));
        }
        Ok(Part { before: before.to_owned(), param, after: after.to_owned() })
    }

    fn is_path(&self) -> bool {
        matches!(self.param, Some((ParamKind::Path, _)))
    }
}

/// Decodes the rest of a path. `None` if a code in it is a slash, or what some systems take for one
/// in the name of a file, or for its end.
fn decode_rest(rest: &str) -> Option<Cow<'_, str>> {
    let value = percent_decode(rest);
    let count = |text: &str| text.bytes().filter(|byte| b"/\\\0".contains(byte)).count();
    (matches!(value, Cow::Borrowed(_)) || count(&value) == count(rest)).then_some(value)
}

/// Reads what stands between `<` and `>`, or says what was expected.
fn param_of(inside: &str) -> Result<(ParamKind, String), &'static str> {
    let (kind, name) = inside.split_once(':').unwrap_or(("string", inside));
    let kind = match kind {
        "string" => ParamKind::Text,
        "int" => ParamKind::Int,
        "path" => ParamKind::Path,
        _ => return Err("string, int or path before the colon (others are left out)"),
    };
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || !name.bytes().all(is_letter) {
        return Err("a name of letters, digits and underscores");
    }
    Ok((kind, name.to_owned()))
}
