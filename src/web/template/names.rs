//! Which value a name has at a place of a template.
//!
//! Looked at in this order, the first that knows the name wins:
//!
//! 1. the names of the loops, `with`s and `set`s around the place, from the inside out;
//! 2. what the templates of this page set at their top;
//! 3. the variables that the handler gave;
//! 4. what the application lends to every page: `request`, `session`, `g`.
//!
//! A block sees none of the first kind from outside of it, unless it is `scoped`: it may be
//! replaced by a template that knows nothing of the loop. An included template sees all, and leaves
//! nothing behind.

use super::Globals;
use super::datum::{Datum, Missing};
use super::tree::{CAPTURED, Expression, Tree};
use crate::near::nearest;
use crate::value::Map;
use std::borrow::Cow;
use std::rc::Rc;

/// More warnings about one page help nobody.
const MOST_WARNINGS: usize = 50;

/// The names that a template can see, and where new ones go.
pub struct Names<'a> {
    /// What the handler gave.
    variables: &'a Map,
    /// What the application lends.
    pub globals: &'a dyn Globals,
    /// Values that the application made for this page, so that they are made once.
    made: Vec<(&'a str, Datum<'a>)>,
    /// Names of loops, `with`s and blocks, innermost last.
    local: Vec<(&'a str, Datum<'a>)>,
    /// Only names from here on in `local` can be seen.
    visible: usize,
    /// What was set at the top of a template.
    top: Vec<(&'a str, Datum<'a>)>,
    /// True while what is set goes to `top`.
    at_top: bool,
    warnings: Vec<String>,
}

/// How things stood before a scope was opened.
pub struct Before<'a> {
    length: usize,
    visible: usize,
    at_top: bool,
    top: Option<Vec<(&'a str, Datum<'a>)>>,
}

impl<'a> Names<'a> {
    /// The names of a page before its template is looked at.
    pub fn new(variables: &'a Map, globals: &'a dyn Globals) -> Names<'a> {
        let (made, local, top, warnings) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Names { variables, globals, made, local, visible: 0, top, at_top: true, warnings }
    }

    /// The value of a name, or what makes it undefined.
    pub fn get(&mut self, name: &'a str, tree: &'a Tree, expression: &'a Expression) -> Datum<'a> {
        self.find(name).unwrap_or_else(|| {
            Datum::Undefined(Some(Rc::new(Missing { tree, expression, inside: None })))
        })
    }

    fn find(&mut self, name: &'a str) -> Option<Datum<'a>> {
        let known = |entries: &[(&'a str, Datum<'a>)]| {
            entries.iter().rev().find(|(known, _)| *known == name).map(|(_, datum)| datum.clone())
        };
        if let Some(datum) = known(&self.local[self.visible..]).or_else(|| known(&self.top)) {
            return Some(datum);
        }
        if let Some(value) = self.variables.get(name) {
            return Some(Datum::lent(value));
        }
        if let Some(datum) = known(&self.made) {
            return Some(datum);
        }
        match self.globals.variable(name)? {
            Cow::Borrowed(value) => Some(Datum::lent(value)),
            Cow::Owned(value) => {
                let datum = Datum::made(&value);
                self.made.push((name, datum.clone()));
                Some(datum)
            }
        }
    }

    /// True outside of loops, `with`s and blocks.
    pub fn is_at_top(&self) -> bool {
        self.at_top
    }

    /// Gives a name a value until the innermost scope closes.
    pub fn set(&mut self, name: &'a str, datum: Datum<'a>) {
        if !self.at_top {
            self.local.push((name, datum));
        } else if let Some(entry) = self.top.iter_mut().find(|(known, _)| *known == name) {
            entry.1 = datum;
        } else {
            self.top.push((name, datum));
        }
    }

    /// Opens a scope: what is set in it ends with it.
    pub fn open(&mut self) -> Before<'a> {
        let before = Before {
            length: self.local.len(),
            visible: self.visible,
            at_top: self.at_top,
            top: None,
        };
        self.at_top = false;
        before
    }

    /// Opens the scope of a block: without `scoped` it does not see the scopes around it.
    pub fn open_block(&mut self, scoped: bool) -> Before<'a> {
        let mut before = self.open();
        if scoped {
            // What is around becomes what is above, so that `super()` sees it too.
            let mut top = self.top.clone();
            top.extend_from_slice(&self.local[self.visible..]);
            before.top = Some(std::mem::replace(&mut self.top, top));
        }
        self.visible = self.local.len();
        before
    }

    /// Opens the scope of an included template: it sees everything, or with `context` false only
    /// what every page sees, and has a top of its own.
    pub fn open_include(&mut self, context: bool) -> Before<'a> {
        let mut top = Vec::new();
        if context {
            top.extend(self.top.iter().chain(&self.local[self.visible..]).cloned());
        }
        let mut before = self.open();
        before.top = Some(std::mem::replace(&mut self.top, top));
        self.visible = self.local.len();
        self.at_top = true;
        before
    }

    /// Closes a scope.
    pub fn close(&mut self, before: Before<'a>) {
        self.local.truncate(before.length);
        self.visible = before.visible;
        self.at_top = before.at_top;
        if let Some(top) = before.top {
            self.top = top;
        }
    }

    /// How many names of inner scopes there are: what to give to [`Names::again`].
    pub fn count(&self) -> usize {
        self.local.len()
    }

    /// Forgets what was set since then, and leaves the scope open: the next turn of a loop begins.
    pub fn again(&mut self, count: usize) {
        self.local.truncate(count);
    }

    /// Hides the handler's variables, or shows them again.
    pub fn swap_variables(&mut self, variables: &'a Map) -> &'a Map {
        std::mem::replace(&mut self.variables, variables)
    }

    /// Notes that an undefined value was used where a value was probably meant.
    pub fn warn(&mut self, missing: Option<&Rc<Missing<'a>>>) {
        let Some(missing) = missing else { return };
        let (line, column) = super::locate(&missing.tree.source, missing.expression.at);
        let warning = format!("{}:{line}:{column}: {}", missing.tree.name, self.describe(missing));
        if self.warnings.len() < MOST_WARNINGS && !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// `"nmae" is undefined; there is "name"`
    pub fn describe(&self, missing: &Missing<'a>) -> String {
        let path = missing.expression.path();
        let near = match &missing.inside {
            Some(inside) => {
                let pairs = inside.pairs().unwrap_or_default();
                let keys = pairs.iter().filter_map(|(key, _)| key.as_text().map(|text| &**text));
                let name = path.rsplit('.').next().unwrap_or_default();
                nearest(name, keys).map(str::to_owned)
            }
            None => {
                let set = self.local[self.visible..].iter().chain(&self.top).map(|(name, _)| *name);
                let given = self.variables.iter().map(|(name, _)| name);
                let lent = self.globals.names().iter().copied();
                nearest(&path, set.chain(given).chain(lent).filter(|name| *name != CAPTURED))
                    .map(str::to_owned)
            }
        };
        let hint = near.map(|near| format!("; there is \"{near}\"")).unwrap_or_default();
        format!("\"{path}\" is undefined{hint}")
    }

    /// The warnings so far, taken out.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }
}
