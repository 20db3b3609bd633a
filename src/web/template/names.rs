//! Deeper: which value a name has at a place of a template.
//!
//! The names that templates set are on a stack and are searched from its top, so an inner name
//! hides an outer one. Below the stack are, in this order, the variables of the handler and what
//! the application lends to every page: `request`, `session`, `g`.
//!
//! What is set outside of loops, `with`s, blocks and macros belongs to the whole page: it is the
//! lower part of the stack, up to `top`. A block or a macro sees only that part, so the names above
//! it are put aside while it runs.

use super::function::hint;
use super::methods::DICT_METHODS;
use super::mistake::locate;
use super::tree::{Expression, ExpressionKind as Kind, Tree};
use crate::value::{Map, Value};

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

    /// The result of calling a function, if the application has one of that name; `Err` becomes a
    /// [`TemplateError`](super::TemplateError) at the place of the call.
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

/// What a name on the stack stands for.
#[derive(Clone)]
pub enum Bound {
    /// A value.
    Value(Value),
    /// An item of a list: a loop changes only the index.
    Item(Value, usize),
}

impl Bound {
    fn value(&self) -> Option<&Value> {
        match self {
            Bound::Value(value) => Some(value),
            Bound::Item(list, index) => list.as_list()?.get(*index),
        }
    }
}

/// The names that a template can see.
pub struct Names<'a> {
    stack: Vec<(&'a str, Bound)>,
    /// How much of the stack belongs to the whole page.
    top: usize,
    /// True outside of loops, `with`s, blocks and macros.
    at_top: bool,
    variables: &'a Map,
    globals: &'a dyn Globals,
    /// What the application lent so far, so that it is asked once.
    lent: Vec<(&'a str, Value)>,
    warnings: Vec<String>,
}

/// The state before a scope was opened.
pub struct Scope<'a> {
    length: usize,
    top: usize,
    at_top: bool,
    aside: Vec<(&'a str, Bound)>,
}

impl<'a> Names<'a> {
    /// The names of a page before its template runs.
    pub fn new(variables: &'a Map, globals: &'a dyn Globals) -> Names<'a> {
        let (stack, lent, warnings) = (Vec::new(), Vec::new(), Vec::new());
        Names { stack, top: 0, at_top: true, variables, globals, lent, warnings }
    }

    /// The value of a name, an attribute or an item, if it can be borrowed. Nothing is computed,
    /// and the application is not asked.
    pub fn peek<'s>(&'s self, expression: &'s Expression) -> Option<&'s Value> {
        match &expression.kind {
            Kind::Constant(value) => Some(value),
            Kind::Name(name) => self.find(name),
            Kind::Attribute(of, name) => match self.peek(of)? {
                // As in Jinja, `d.items` is the method, even if the dict has a key of that name.
                Value::Map(map) if DICT_METHODS.iter().all(|method| method.name != name) => {
                    map.get(name)
                }
                _ => None,
            },
            Kind::Index(of, index) => self.peek(of)?.under(self.peek(index)?),
            _ => None,
        }
    }

    fn find(&self, name: &str) -> Option<&Value> {
        let set = self.stack.iter().rev().find(|(known, _)| *known == name);
        if let Some((_, bound)) = set {
            return bound.value();
        }
        self.variables
            .get(name)
            .or_else(|| self.lent.iter().find(|(known, _)| *known == name).map(|(_, value)| value))
    }

    /// The value of a name that [`Names::peek`] did not find: the application is asked.
    pub fn ask(&mut self, name: &'a str) -> Value {
        let Some(value) = self.globals.variable(name) else {
            return Value::Undefined;
        };
        self.lent.push((name, value.clone()));
        value
    }

    /// Calls a function of the application, if it has one of this name.
    pub fn call(
        &self,
        name: &str,
        arguments: &[Value],
        named: &Map,
    ) -> Option<Result<Value, String>> {
        self.globals.call(name, arguments, named)
    }

    /// True outside of loops, `with`s, blocks and macros.
    pub fn is_at_top(&self) -> bool {
        self.at_top
    }

    /// Gives a name a value until the innermost scope closes.
    pub fn set(&mut self, name: &'a str, bound: Bound) {
        self.stack.push((name, bound));
        if self.at_top {
            self.top = self.stack.len();
        }
    }

    /// How many names there are: what to give to [`Names::next_turn`].
    pub fn count(&self) -> usize {
        self.stack.len()
    }

    /// Begins the next turn of a loop: forgets what was set from there on. If the loop's own name
    /// stands before that, it stands for the item of this `turn` from now on.
    pub fn next_turn(&mut self, count: usize, turn: Option<usize>) {
        self.stack.truncate(count);
        if let (Some(turn), Some((_, Bound::Item(_, index)))) = (turn, self.stack.last_mut()) {
            *index = turn;
        }
    }

    /// Opens a scope: what is set in it ends with it.
    pub fn open(&mut self) -> Scope<'a> {
        let scope = Scope {
            length: self.stack.len(),
            top: self.top,
            at_top: self.at_top,
            aside: Vec::new(),
        };
        self.at_top = false;
        scope
    }

    /// Opens the scope of a block or a macro, which sees only what belongs to the whole page.
    pub fn open_apart(&mut self) -> Scope<'a> {
        let mut scope = self.open();
        scope.aside = self.stack.split_off(self.top);
        scope
    }

    /// Opens the scope of an included template: all it sees is the top of its page.
    pub fn open_page(&mut self) -> Scope<'a> {
        let scope = self.open();
        (self.top, self.at_top) = (self.stack.len(), true);
        scope
    }

    /// Closes a scope.
    pub fn close(&mut self, scope: Scope<'a>) {
        (self.top, self.at_top) = (scope.top, scope.at_top);
        self.stack.truncate(scope.length - scope.aside.len());
        self.stack.extend(scope.aside);
    }

    /// Exchanges the names of this page for those of another one.
    pub fn swap(&mut self, other: &mut PageNames<'a>) {
        std::mem::swap(&mut self.stack, &mut other.stack);
        std::mem::swap(&mut self.variables, &mut other.variables);
        std::mem::swap(&mut self.top, &mut other.top);
        std::mem::swap(&mut self.at_top, &mut other.at_top);
    }

    /// All names of this page, for an import `with context`.
    pub fn snapshot(&self) -> PageNames<'a> {
        let (stack, variables) = (self.stack.clone(), self.variables);
        PageNames { top: stack.len(), at_top: true, stack, variables }
    }

    /// Adds a warning that an undefined value was used where a value was probably meant.
    pub fn warn(&mut self, tree: &Tree, expression: &Expression) {
        let Some(part) = expression.undefined_part() else {
            return;
        };
        let (line, column) = locate(&tree.source, part.at);
        let warning = format!("{}:{line}:{column}: {}", tree.name, self.describe(part));
        if self.warnings.len() < MOST_WARNINGS && !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// `"nmae" is undefined; there is "name"`
    pub fn describe(&self, expression: &Expression) -> String {
        let near = match &expression.kind {
            Kind::Name(name) => self.hint(name, []),
            Kind::Attribute(of, name) => match self.peek(of).and_then(Value::as_map) {
                Some(map) => hint(name, map.iter().map(|(name, _)| name)),
                None => String::new(),
            },
            _ => String::new(),
        };
        format!("\"{}\" is undefined{near}", expression.path())
    }

    /// `; there is "name"`, or nothing if no name of the page is near.
    pub fn hint<const COUNT: usize>(&self, name: &str, more: [&str; COUNT]) -> String {
        let set = self.stack.iter().map(|(name, _)| *name);
        let given = self.variables.iter().map(|(name, _)| name);
        let lent = self.globals.names().iter().copied();
        hint(name, set.chain(given).chain(lent).chain(more))
    }

    /// The warnings so far, taken out.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }
}

/// The names of a page that does not run now: of an imported template between two calls of its
/// macros, or of the page while such a macro runs.
pub struct PageNames<'a> {
    stack: Vec<(&'a str, Bound)>,
    top: usize,
    at_top: bool,
    variables: &'a Map,
}

static NO_VARIABLES: Map = Map::new();

impl<'a> PageNames<'a> {
    /// No names: what a template sees that is imported without context.
    pub fn empty() -> PageNames<'a> {
        PageNames { stack: Vec::new(), top: 0, at_top: true, variables: &NO_VARIABLES }
    }

    /// How many names there are.
    pub fn count(&self) -> usize {
        self.stack.len()
    }

    /// The names from there on with their values. As in Jinja, those that begin with an underscore
    /// are private.
    pub fn public_from(&self, count: usize) -> Map {
        let public = self.stack.iter().skip(count).filter(|(name, _)| !name.starts_with('_'));
        public.filter_map(|(name, bound)| Some((*name, bound.value()?.clone()))).collect()
    }
}
