//! Deeper: which value a name has at a place of a template.
//!
//! What is set outside of loops, `with`s, blocks and macros belongs to the page; what is set inside
//! of them is on a stack. Both are searched from the end, so an inner name hides an outer one, then
//! the variables of the handler, then what the application lends: `request`, `session`, `g`.
//!
//! A block sees only the names of its page, not those of the loops around it. A macro sees what the
//! scope sees in which it stands, also what that scope sets later. What the template itself sets at
//! its top hides what its layout sets.

use super::function::{Outcome, hint};
use super::methods::DICT_METHODS;
use super::mistake::locate;
use super::tree::{Expression, Term, Tree};
use crate::value::{Local, Map, Text, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// What is missing below these is no mistake of the author: a client may leave it out.
const SENT: [&str; 4] = ["request.args", "request.form", "request.cookies", "request.headers"];

/// How many warnings one page adds at most.
const MOST_WARNINGS: usize = 50;

/// What an application lends to every page beside the page's own variables: Flask's `request`,
/// `session` and `g`, `url_for` and `get_flashed_messages`.
///
/// Nothing is asked for before a template names it.
pub trait Globals {
    /// The value of a name, if the application has one.
    fn variable(&self, _name: &str) -> Option<Value> {
        None
    }

    /// The result of calling a function, if the application has one of that name, or a method,
    /// whose name is the way to it, `request.args.getlist`; `Err` becomes a
    /// [`TemplateError`](super::TemplateError) at the place of the call.
    fn call(&self, _name: &str, _arguments: &[Value], _named: &Map) -> Option<Outcome> {
        None
    }

    /// The names of all variables and functions, for hints: `there is "session"`.
    fn names(&self) -> &[&str] {
        &[]
    }
}

/// Nothing beside the page's own variables.
impl Globals for () {}

/// What a name stands for.
#[derive(Clone)]
pub enum Bound {
    Value(Value),
    /// The item of a turn of a loop: the list, and the index of the turn.
    Item(Arc<Vec<Value>>, usize),
}

/// Names and what they stand for, the innermost last.
pub type Bindings<'a> = Vec<(&'a Text, Bound)>;

/// The names after `loop.` that have a value.
pub const LOOP_NAMES: [&str; 7] =
    ["index", "index0", "revindex", "revindex0", "first", "last", "length"];

/// The names that the templates of a page can see, and what the author should know of them.
pub struct Names<'a> {
    /// The place of the renderer.
    pub scope: Scope<'a>,
    /// That of the page itself, and those of all that it includes and imports.
    pub families: Vec<Family<'a>>,
    /// What was set inside of loops, `with`s, blocks and macros.
    pub stack: Bindings<'a>,
    /// For each scope that was opened since the first macro was defined: where its names begin on
    /// the stack. A call of a macro needs it.
    pub frames: Vec<usize>,
    pub warnings: Vec<String>,
    /// The template and the place of each warning.
    warned: Vec<(&'a str, usize)>,
    pub globals: &'a dyn Globals,
    /// What the application lent so far, so that it is asked once.
    lent: Vec<(&'a Text, Value)>,
}

/// Where in the templates the renderer is, and which names it sees there.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The template: messages name it.
    pub tree: &'a Tree,
    /// An index of [`Names::families`].
    pub family: usize,
    /// Which template of the family: its index.
    pub generation: usize,
    /// The name of the block.
    pub block: Option<&'a Text>,
    /// True from an `extends` to the end of its template: there nothing is printed.
    pub silent: bool,
    /// True outside of loops, `with`s, blocks and macros: what is set belongs to the family.
    pub at_top: bool,
    /// The first name on the stack that is seen.
    pub floor: usize,
}

/// A template with those that it extends, and the names that were set at their tops.
pub struct Family<'a> {
    /// The template that was asked for, the one it extends, the one that this extends, and so on;
    /// and where the names of each begin.
    pub templates: Vec<(&'a Tree, usize)>,
    pub names: Bindings<'a>,
    pub variables: Option<&'a Map>,
}

impl<'a> Family<'a> {
    /// A family before its first template runs.
    pub fn new(tree: &'a Tree, names: Bindings<'a>, variables: Option<&'a Map>) -> Self {
        let mut templates = Vec::with_capacity(4);
        templates.push((tree, 0));
        Family { templates, names, variables }
    }

    /// The names that this template of the family has set.
    fn own(&self, generation: usize) -> &[(&'a Text, Bound)] {
        let next = self.templates.get(generation + 1).map_or(usize::MAX, |(_, start)| *start);
        &self.names[self.templates[generation].1..next.min(self.names.len())]
    }
}

impl<'a> Names<'a> {
    /// The names of a page before its template runs.
    pub fn new(tree: &'a Tree, variables: &'a Map, globals: &'a dyn Globals) -> Names<'a> {
        let (block, silent, at_top) = (None, false, true);
        let scope = Scope { tree, family: 0, generation: 0, block, silent, at_top, floor: 0 };
        let families = vec![Family::new(tree, Vec::new(), Some(variables))];
        let (stack, frames) = (Vec::with_capacity(8), Vec::new());
        let (lent, warnings, warned) = (Vec::new(), Vec::new(), Vec::new());
        Names { scope, families, stack, frames, warnings, warned, globals, lent }
    }

    /// The value of a name, an attribute or an item, if nothing has to be computed for it, and the
    /// application has not to be asked. It is borrowed, but for the numbers of a loop.
    #[inline]
    pub fn peek<'s>(&'s self, expression: &'s Expression) -> Option<Cow<'s, Value>> {
        if let Term::Item(parts, _) = &expression.kind
            && let Value::Local(Local::Loop(number)) = self.borrow(&parts[0])?
        {
            return self.in_loop(*number, parts[1].text_bytes()).map(Cow::Owned);
        }
        self.borrow(expression).map(Cow::Borrowed)
    }

    fn borrow<'s>(&'s self, expression: &'s Expression) -> Option<&'s Value> {
        match &expression.kind {
            Term::Constant(value) => Some(value),
            Term::Name(name) => self.find(name),
            Term::Item(parts, is_name) => self.borrow_item(parts, *is_name),
            _ => None,
        }
    }

    /// An attribute or an item. A function of its own, so that names, which are printed most often,
    /// stay quick.
    #[inline(never)]
    fn borrow_item<'s>(&'s self, parts: &'s [Expression; 2], is_name: bool) -> Option<&'s Value> {
        // As in Jinja, `d.items` is the method, even if the dict has a key of that name.
        match is_name && is_method(parts[1].text_bytes()) {
            true => None,
            false => self.borrow(&parts[0])?.under(self.borrow(&parts[1])?),
        }
    }

    /// The items and the turn of the loop that has this place on the stack; none if it is over.
    pub fn turn(&self, place: usize) -> Option<(&[Value], usize)> {
        match &self.stack.get(place)?.1 {
            Bound::Item(items, index) => Some((items, *index)),
            _ => None,
        }
    }

    /// What `loop` knows in this turn, under one of [`LOOP_NAMES`].
    pub fn in_loop(&self, number: usize, name: &[u8]) -> Option<Value> {
        let (items, index) = self.turn(number)?;
        let left = items.len() - index;
        Some(match name {
            b"index" => (index + 1).into(),
            b"index0" => index.into(),
            b"revindex" => left.into(),
            b"revindex0" => (left - 1).into(),
            b"first" => (index == 0).into(),
            b"last" => (left == 1).into(),
            b"length" => (index + left).into(),
            _ => return None,
        })
    }

    fn find(&self, name: &Text) -> Option<&Value> {
        let is_same = |(known, _): &&(&Text, Bound)| *known == name;
        match self.stack[self.scope.floor..].iter().rev().find(is_same) {
            Some((_, bound)) => self.value_of(bound),
            None => self.find_in_family(name),
        }
    }

    /// The value, unless the loop is over.
    pub fn value_of<'s>(&'s self, bound: &'s Bound) -> Option<&'s Value> {
        match bound {
            Bound::Value(value) => Some(value),
            Bound::Item(items, index) => items.get(*index),
        }
    }

    #[inline(never)]
    fn find_in_family(&self, name: &Text) -> Option<&Value> {
        let family = &self.families[self.scope.family];
        let is_same = |(known, _): &&(&Text, Bound)| *known == name;
        let own = if self.scope.block.is_none() { family.own(self.scope.generation) } else { &[] };
        let set = own.iter().rev().find(is_same);
        if let Some((_, bound)) = set.or_else(|| family.names.iter().rev().find(is_same)) {
            return self.value_of(bound);
        }
        let lent = || self.lent.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        family.variables.and_then(|variables| variables.under(name.as_bytes())).or_else(lent)
    }

    /// What templates have set and this place sees, the innermost last.
    pub fn visible(&self) -> impl Iterator<Item = &(&'a Text, Bound)> {
        self.families[self.scope.family].names.iter().chain(&self.stack[self.scope.floor..])
    }

    /// The value of a name that [`Names::peek`] did not find: the application is asked.
    pub fn ask(&mut self, name: &'a Text) -> Value {
        let Some(value) = self.globals.variable(name) else { return Value::Undefined };
        self.lent.push((name, value.clone()));
        value
    }

    /// Gives a name a value until the scope closes.
    pub fn set(&mut self, name: &'a Text, value: Value) {
        self.bind(name, Bound::Value(value));
    }

    /// Says what a name stands for until the scope closes.
    pub fn bind(&mut self, name: &'a Text, bound: Bound) {
        match self.scope.at_top {
            true => self.families[self.scope.family].names.push((name, bound)),
            false => self.stack.push((name, bound)),
        }
    }

    /// A scope like this one, but what is set in it ends with it.
    pub fn inner(&self) -> Scope<'a> {
        Scope { at_top: false, ..self.scope }
    }

    /// A scope that sees only what was set at the top of its family.
    pub fn apart(&self, scope: Scope<'a>) -> Scope<'a> {
        Scope { silent: false, at_top: false, floor: self.stack.len(), ..scope }
    }

    /// Adds a warning if the value is undefined where a defined one was probably meant.
    pub fn warn(&mut self, value: &Value, expression: &Expression) {
        let Some(part) = expression.undefined_part().filter(|_| value.is_undefined()) else {
            return;
        };
        if let Term::Item(parts, _) = &part.kind
            && SENT.contains(&&*parts[0].path())
        {
            return;
        }
        // In a loop the same place is met again in each turn.
        let (tree, place) = (self.scope.tree, (&*self.scope.tree.name, part.at));
        if self.warned.len() == MOST_WARNINGS || self.warned.contains(&place) {
            return;
        }
        let (line, column) = locate(&tree.source, part.at);
        self.warned.push(place);
        self.warnings.push(format!("{}:{line}:{column}: {}", tree.name, self.describe(part)));
    }

    /// `"nmae" is undefined; there is "name"`
    pub fn describe(&self, expression: &Expression) -> String {
        let near = match &expression.kind {
            Term::Name(name) => self.hint(name, &[]),
            Term::Item(parts, true) => {
                let map = self.borrow(&parts[0]).and_then(Value::as_map);
                hint(parts[1].text(), map.into_iter().flat_map(Map::iter).map(|(name, _)| name))
            }
            _ => String::new(),
        };
        format!("\"{}\" is undefined{near}", expression.path())
    }

    /// `; there is "name"`, or nothing if no name of the page is near.
    pub fn hint(&self, name: &str, more: &[&str]) -> String {
        let set = self.visible().map(|(name, _)| &***name);
        let variables = self.families[self.scope.family].variables.into_iter().flat_map(Map::iter);
        let lent = self.globals.names().iter().chain(more).copied();
        hint(name, set.chain(variables.map(|(name, _)| name)).chain(lent))
    }
}

/// True for the name of a method of dicts.
fn is_method(name: &[u8]) -> bool {
    DICT_METHODS.iter().any(|method| method.name.as_bytes() == name)
}
