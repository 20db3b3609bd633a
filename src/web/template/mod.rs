//! Template: text with places for data, in the Jinja that Flask courses use.
//!
//! `Hello {{ name }}!` and `{"name": "Ada"}` make `Hello Ada!`. The way there, one file for each
//! step:
//!
//! * `folder`: where templates come from, and why a name cannot lead out of there.
//! * `scan` and `literals`: text to tokens. `parse`, `expression` and `postfix`, over `cursor`:
//!   tokens to a `tree`, once for each version of a file.
//! * `eval` and `family`: tree and variables to a page. `names`: which value a name has. `compute`,
//!   `arithmetic`, `methods`: what expressions come to, as `datum` and `items`. `print`: how that
//!   looks on the page.
//! * `filters`, with `lists`, `numbers` and `format`: `{{ name|upper }}`. `is`: `{% if name is
//!   defined %}`.
//!
//! A name that is not defined prints nothing, as in Jinja, but leaves a warning. What is printed is
//! escaped, unless `|safe` says that it is HTML already: **whoever writes `|safe` vouches for every
//! character**.
//!
//! Left out: macros, imports, template inheritance by objects, line statements, translations. Jinja
//! has them.

mod arithmetic;
mod compute;
mod cursor;
mod datum;
mod eval;
mod expression;
mod family;
mod filters;
mod folder;
mod format;
mod is;
mod items;
mod lists;
mod literals;
mod methods;
mod names;
mod numbers;
mod parse;
mod postfix;
mod print;
mod scan;

mod tree;

pub use filters::CustomFilter;
use folder::{Missing, Source};
use scan::Mistake;
use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use tree::{Tree, locate};

use super::file_cache::FileCache;
use crate::value::{Map, Value};

/// How many parsed templates are kept, once for each stripe of the cache.
const TEMPLATES: usize = 512;

/// No page and no string in one is longer than this, in bytes.
const LONGEST: usize = 16 << 20;

/// Templates from a folder or from the binary, parsed when first asked for.
///
/// ```
/// use carafe::{Map, web::template::Templates};
///
/// let templates = Templates::embedded(&[("hello.html", "<h1>Hello {{ name }}!</h1>\n")]);
/// let page = templates.render("hello.html", &Map::from([("name", "<b>Ada")]), &()).unwrap();
/// assert_eq!(page.text, "<h1>Hello &lt;b&gt;Ada!</h1>");
/// ```
#[derive(Debug)]
pub struct Templates {
    source: Source,
    filters: Vec<(String, CustomFilter)>,
    cache: FileCache<Cached>,
}

/// A parsed template, and the version of the file from which it came.
#[derive(Debug)]
struct Cached {
    tree: Tree,
    version: folder::Version,
}

/// A page that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The page.
    pub text: String,
    /// What its author should know: `hello.html:4:9: "nmae" is undefined; there is "name"`.
    pub warnings: Vec<String>,
}

/// Why a page could not be made, and where its template is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The template.
    pub template: String,
    /// The line, counted from 1; 0 if the template itself is not to be had.
    pub line: usize,
    /// The column in characters, counted from 1; 0 likewise.
    pub column: usize,
    /// What was met and what was expected.
    pub message: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A name may come from a request: no control character of it reaches a terminal or splits a
        // line of the log.
        for character in self.template.chars() {
            if character.is_control() {
                write!(f, "{}", character.escape_debug())?
            } else {
                write!(f, "{character}")?
            }
        }
        match self.line {
            0 => write!(f, ": {}", self.message),
            _ => write!(f, ":{}:{}: {}", self.line, self.column, self.message),
        }
    }
}

impl std::error::Error for TemplateError {}

impl TemplateError {
    fn at(tree: &Tree, at: usize, message: String) -> Box<TemplateError> {
        let (line, column) = locate(&tree.source, at);
        Box::new(TemplateError { template: tree.name.clone(), line, column, message })
    }
}

/// What an application lends to every page beside the page's own variables: Flask's `request`,
/// `session` and `g`, `url_for` and `get_flashed_messages`.
///
/// Nothing is asked for before a template names it.
pub trait Globals {
    /// The value of a name, if the application has one; borrowed where that is possible.
    fn variable(&self, _name: &str) -> Option<Cow<'_, Value>> {
        None
    }

    /// The result of calling a function, if the application has one of that name; `Err` becomes a
    /// [`TemplateError`] at the place of the call.
    fn call(
        &self,
        _name: &str,
        _arguments: &[Value],
        _named: &Map,
    ) -> Option<Result<Value, String>> {
        None
    }

    /// The names of all variables and functions, for hints: `there is "session"`.
    fn names(&self) -> &[&str] {
        &[]
    }
}

/// Nothing beside the page's own variables.
impl Globals for () {}

impl Templates {
    /// The templates of a folder. Each is read again when its file has changed, at most a
    /// millisecond later.
    pub fn from_dir(dir: impl Into<PathBuf>) -> Templates {
        Templates::new(Source::Folder(dir.into()))
    }

    /// Templates that are part of the program: names and texts.
    pub fn embedded(files: &'static [(&'static str, &'static str)]) -> Templates {
        Templates::new(Source::Embedded(files))
    }

    fn new(source: Source) -> Templates {
        Templates { source, filters: Vec::new(), cache: FileCache::new(TEMPLATES) }
    }

    /// Adds a filter: `{{ price|euros }}` calls it with the price. It takes the place of a filter
    /// with the same name.
    pub fn filter(&mut self, name: &str, filter: CustomFilter) {
        self.filters.retain(|(known, _)| known != name);
        self.filters.push((name.to_owned(), filter));
        // What was parsed before knows the filters of then.
        self.cache.clear();
    }

    /// Makes a page.
    ///
    /// # Errors
    ///
    /// A template that is not there, cannot be read, is not well formed, or asks for what cannot be
    /// done.
    pub fn render(
        &self,
        name: &str,
        variables: &Map,
        globals: &dyn Globals,
    ) -> Result<Rendered, TemplateError> {
        eval::render(self, name, variables, globals).map_err(|error| *error)
    }

    /// The tree of a template, from the cache if its file has not changed since.
    fn tree(&self, name: &str) -> Result<Arc<Cached>, Unavailable> {
        let is_current = |cached: &Cached| self.source.is_current(&cached.version);
        if let Some(cached) = self.cache.get(name, is_current) {
            return Ok(cached);
        }
        let (text, version) = self.source.read(name)?;
        // Jinja's pages have \n for every line end, whatever the template was written with.
        let text =
            if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
        let tree = match parse::parse(name, text, &self.filters) {
            Ok(tree) => tree,
            Err((Mistake { at, message }, source)) => {
                let (line, column) = locate(&source, at);
                let template = name.to_owned();
                return Err(Unavailable::Broken(Box::new(TemplateError {
                    template,
                    line,
                    column,
                    message,
                })));
            }
        };
        Ok(self.cache.keep(name, Cached { tree, version }))
    }
}

/// Why there is no tree.
#[derive(Debug)]
enum Unavailable {
    /// No such template: the place that asks for it says where it looked.
    Missing(Missing),
    /// It is there, and it is wrong.
    Broken(Box<TemplateError>),
}

impl From<Missing> for Unavailable {
    fn from(missing: Missing) -> Unavailable {
        Unavailable::Missing(missing)
    }
}
