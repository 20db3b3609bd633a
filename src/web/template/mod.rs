//! Deeper: Template: text with places for values, in the Jinja that Flask courses use.
//!
//! A name that is not known, `{{ nmae }}`, prints nothing, as in Jinja, but adds a warning. The
//! server's log shows it if it has a line for every answer (`Log::Line`), and so does the cycle.
//!
//! `loader` finds a template. `scan` cuts it into tokens, and `tags` and `expressions`, over
//! `cursor`, make a `tree` of them. `renderer` and `family` follow the tree, `evaluate` computes
//! its values, `names` knows the names. Each row of the tables `filters`, `methods` and `operators`
//! is a `Function` of `function`; they call `strings`, `lists`, `numbers`, `printf`, `kinds` and
//! `print`. `mistake` is the form of errors, `reference.txt` the page of `carafe help templates`.
//!
//! Left out: line statements, translations, `call` blocks, and templates sent in pieces.

mod cursor;
mod evaluate;
mod expressions;
mod family;
mod filters;
mod function;
mod kinds;
mod lists;
mod loader;
mod methods;
mod mistake;
mod names;
mod numbers;
mod operators;
mod print;
mod printf;
mod renderer;
mod scan;
mod strings;
mod tags;
mod tree;

pub(super) use function::bind;
pub use function::{CustomFilter, REFERENCE};
pub use loader::Templates;
pub use mistake::TemplateError;
pub use names::Globals;

use crate::value::Map;
use loader::Shelf;
use names::Names;
use print::text_of;
use renderer::Renderer;

/// A page that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The page.
    pub text: String,
    /// What its author should know: `hello.html:4:9: "nmae" is undefined; there is "name"`.
    pub warnings: Vec<String>,
}

impl Templates {
    /// Makes a page.
    ///
    /// # Errors
    ///
    /// A template that is not there or not well formed, or asks for what cannot be done.
    pub fn render(
        &self,
        name: &str,
        variables: &Map,
        globals: &dyn Globals,
    ) -> Result<Rendered, TemplateError> {
        let (text, warnings) = self.page(name, variables, globals)?;
        Ok(Rendered { text: text_of(text), warnings })
    }

    /// The page as bytes, which is quicker, and its warnings.
    pub(crate) fn page(
        &self,
        name: &str,
        variables: &Map,
        globals: &dyn Globals,
    ) -> Result<(Vec<u8>, Vec<String>), TemplateError> {
        let shelf = Shelf::of_page(self, name);
        let tree = shelf.tree(name).map_err(|error| match error.template.is_empty() {
            true => TemplateError { template: name.to_owned(), ..*error },
            false => *error,
        })?;
        let mut renderer = Renderer::new(&shelf, Names::new(tree, variables, globals));
        renderer.template().map_err(|error| *error)?;
        shelf.keep(name);
        Ok((renderer.out, renderer.names.warnings))
    }
}
