//! Deeper: which value a name has at a place of a template.
//!
//! What is set outside of loops, `with`s, blocks and macros belongs to the page; what is set inside
//! of them is on a stack. Both are searched from the end, so an inner name hides an outer one, then
//! the variables of the handler, then what the application lends: `request`, `session`, `g`.
//!
//! A block or a macro sees only the names of its page, not those of the loops around it.

use super::function::{Outcome, hint};
use super::methods::DICT_METHODS;
use super::mistake::locate;
use super::tree::{Expression, ExpressionKind as Kind, Name, Tree};
use crate::value::{Local, Map, Value};

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

/// A value, or an item of a list: a loop changes only the index. An item of an undefined value is a
/// name that is set later.
pub type Bound = (Value, Option<usize>);

/// What `loop` knows in one turn: the values of [`LOOP_NAMES`].
pub struct Loop([Value; 7]);

/// The names behind `loop.` that have a value.
pub const LOOP_NAMES: [&str; 7] =
    ["index", "index0", "revindex", "revindex0", "first", "last", "length"];

impl Loop {
    /// The first turn of a loop with this number of items.
    pub fn new(length: usize) -> Loop {
        let length = length as i64;
        let [index, index0, revindex, revindex0] = [1, 0, length, length - 1].map(Value::Int);
        let [first, last] = [true, length == 1].map(Value::Bool);
        Loop([index, index0, revindex, revindex0, first, last, Value::Int(length)])
    }

    /// Goes on to the next turn.
    fn advance(&mut self) {
        let is_last = matches!(self.0[3], Value::Int(1));
        for (value, step) in self.0.iter_mut().zip([1, 1, -1, -1]) {
            if let Value::Int(number) = value {
                *number += step;
            }
        }
        self.0[4] = Value::Bool(false);
        self.0[5] = Value::Bool(is_last);
    }

    /// The value of `loop.name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        LOOP_NAMES.iter().position(|known| *known == name).map(|at| &self.0[at])
    }
}

/// The names that the templates of a page can see, and what the author should know of them.
pub struct Names<'a> {
    /// The place of the renderer.
    pub scope: Scope<'a>,
    /// The page itself, and all that it includes and imports.
    pub pages: Vec<TemplatePage<'a>>,
    pub warnings: Vec<String>,
    /// What was set inside of loops, `with`s, blocks and macros.
    stack: Vec<(&'a Name, Bound)>,
    variables: &'a Map,
    globals: &'a dyn Globals,
    /// What the application lent so far, so that it is asked once.
    lent: Vec<(&'a Name, Value)>,
    /// The loops around this place, which are values by their number.
    pub loops: Vec<Loop>,
}

/// Where in the templates the renderer is, and which names it sees there.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The template: messages name it.
    pub tree: &'a Tree,
    /// An index of [`Names::pages`].
    pub page: usize,
    /// The name of the block, and whose version it is: an index of the page's family.
    pub block: Option<(&'a str, usize)>,
    /// True from an `extends` to the end of its template: there nothing is printed.
    pub silent: bool,
    /// True outside of loops, `with`s, blocks and macros: what is set belongs to the page.
    pub at_top: bool,
    /// How many scopes and expressions are around.
    pub depth: usize,
    /// The first name on the stack that is seen, and the first that was set in this scope.
    seen: usize,
    own: usize,
}

/// A template with those that it extends, and the names that were set at its top.
pub struct TemplatePage<'a> {
    /// The template that was asked for, the one it extends, and so on up to the layout.
    pub family: Vec<&'a Tree>,
    names: Vec<(&'a Name, Bound)>,
    /// How many of the names it was given.
    given: usize,
    sees_variables: bool,
}

impl<'a> Names<'a> {
    /// The names of a page before its template runs.
    pub fn new(tree: &'a Tree, variables: &'a Map, globals: &'a dyn Globals) -> Names<'a> {
        let (block, silent, at_top, depth) = (None, false, true, 0);
        let scope = Scope { tree, page: 0, block, silent, at_top, depth, seen: 0, own: 0 };
        let (names, mut family) = (Vec::new(), Vec::with_capacity(4));
        family.push(tree);
        let pages = vec![TemplatePage { family, names, given: 0, sees_variables: true }];
        let (stack, lent, loops, warnings) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Names { scope, pages, warnings, stack, variables, globals, lent, loops }
    }

    /// The value of a name, an attribute or an item, if it can be borrowed. Nothing is computed,
    /// and the application is not asked.
    pub fn peek<'s>(&'s self, expression: &'s Expression) -> Option<&'s Value> {
        match &expression.kind {
            Kind::Constant(value) => Some(value),
            Kind::Name(name) => self.find(name),
            Kind::Attribute(of, name) => match self.peek(of)? {
                // As in Jinja, `d.items` is the method, even if the dict has a key of that name.
                Value::Map(map) if DICT_METHODS.iter().all(|method| method.name != **name) => {
                    map.get(name)
                }
                Value::Local(Local::Loop(number)) => self.loops.get(*number)?.get(name),
                _ => None,
            },
            Kind::Index(parts) => self.peek(&parts[0])?.under(self.peek(&parts[1])?),
            _ => None,
        }
    }

    fn find(&self, name: &Name) -> Option<&Value> {
        let last =
            |names: &'_ [(&Name, Bound)]| names.iter().rposition(|(known, _)| *known == name);
        let own = &self.stack[self.scope.seen..];
        if let Some(at) = last(own) {
            return borrowed(&own[at].1);
        }
        let top = &self.pages[self.scope.page].names;
        // A block does not know that the page will set a name.
        let found = last(top).filter(|at| self.scope.block.is_none() || !is_late(&top[*at].1));
        if let Some(at) = found {
            return borrowed(&top[at].1);
        }
        let lent = || self.lent.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        self.given().get(name.as_ref()).or_else(lent)
    }

    /// What templates have set and this place sees, the innermost last.
    fn visible(&self) -> impl Iterator<Item = &(&'a Name, Bound)> {
        self.pages[self.scope.page].names.iter().chain(&self.stack[self.scope.seen..])
    }

    /// The variables of the handler, which a template does not see that is imported.
    fn given(&self) -> &'a Map {
        static NONE: Map = Map::new();
        if self.pages[self.scope.page].sees_variables { self.variables } else { &NONE }
    }

    /// The value of a name that [`Names::peek`] did not find: the application is asked.
    pub fn ask(&mut self, name: &'a Name) -> Value {
        let Some(value) = self.globals.variable(name.as_ref()) else { return Value::Undefined };
        self.lent.push((name, value.clone()));
        value
    }

    /// Calls a function of the application, if it has one of this name.
    pub fn call(&self, name: &str, placed: &[Value], named: &Map) -> Option<Outcome> {
        self.globals.call(name, placed, named)
    }

    /// Gives a name a value until the scope closes.
    pub fn set(&mut self, name: &'a Name, value: Value) {
        self.bind(name, (value, None));
    }

    /// Makes a name undefined until it is set.
    pub fn set_late(&mut self, name: &'a Name) {
        self.bind(name, (Value::Undefined, Some(0)));
    }

    /// Gives a name a value, or an item of a list.
    pub fn bind(&mut self, name: &'a Name, bound: Bound) {
        match self.scope.at_top {
            true => self.pages[self.scope.page].names.push((name, bound)),
            false => self.stack.push((name, bound)),
        }
    }

    /// Begins a turn of a loop: forgets what was set in it behind the first `count` names, and
    /// what its `loop` was, if it has one. The last of these names stands for the item of this
    /// turn from now on, if it stands for an item.
    pub fn begin_turn(&mut self, count: usize, number: usize, turn: usize) {
        self.stack.truncate(self.scope.own + count);
        if let Some(state) = self.loops.get_mut(number).filter(|_| turn > 0) {
            state.advance();
        }
        if let Some((_, (_, Some(index)))) = self.stack[self.scope.own..].last_mut() {
            *index = turn;
        }
    }

    /// A scope like this one, but what is set in it ends with it.
    pub fn inner(&self) -> Scope<'a> {
        Scope { at_top: false, own: self.stack.len(), ..self.scope }
    }

    /// The scope of a block or a macro, which sees only what was set at the top of a page.
    pub fn apart(&self, tree: &'a Tree, page: usize) -> Scope<'a> {
        Scope { tree, page, block: None, silent: false, seen: self.stack.len(), ..self.inner() }
    }

    /// Goes back to an outer scope.
    pub fn close(&mut self, outer: Scope<'a>) {
        self.stack.truncate(self.scope.own);
        self.scope = outer;
    }

    /// Adds a page that sees all names of this place, or none.
    pub fn add_page(&mut self, tree: &'a Tree, with_context: bool) -> usize {
        let seen = self.visible().filter(|(_, bound)| with_context && !is_late(bound));
        let names: Vec<_> = seen.cloned().collect();
        let sees_variables = with_context && self.pages[self.scope.page].sees_variables;
        let (family, given) = (vec![tree], names.len());
        self.pages.push(TemplatePage { family, names, given, sees_variables });
        self.pages.len() - 1
    }

    /// What a page has set. As in Jinja, names that begin with an underscore are private.
    pub fn public(&self, page: usize) -> Map {
        let TemplatePage { names, given, .. } = &self.pages[page];
        let is_public =
            |(name, bound): &&(&Name, Bound)| !name.as_ref().starts_with('_') && !is_late(bound);
        let public = names[*given..].iter().filter(is_public);
        public.filter_map(|(name, bound)| Some((name.as_ref(), borrowed(bound)?.clone()))).collect()
    }

    /// Adds a warning if the value is undefined where a defined one was probably meant.
    pub fn warn(&mut self, value: &Value, expression: &Expression) {
        let Some(part) = expression.undefined_part().filter(|_| value.is_undefined()) else {
            return;
        };
        let owner = match &part.kind {
            Kind::Attribute(of, _) => of.path(),
            Kind::Index(parts) => parts[0].path(),
            _ => String::new(),
        };
        if SENT.contains(&&*owner) {
            return;
        }
        let tree = self.scope.tree;
        let (line, column) = locate(&tree.source, part.at);
        let warning = format!("{}:{line}:{column}: {}", tree.name, self.describe(part));
        if self.warnings.len() < MOST_WARNINGS && !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// `"nmae" is undefined; there is "name"`
    pub fn describe(&self, expression: &Expression) -> String {
        let near = match &expression.kind {
            Kind::Name(name) => self.hint(name.as_ref(), &[]),
            Kind::Attribute(of, name) => match self.peek(of).and_then(Value::as_map) {
                Some(map) => hint(name, map.iter().map(|(name, _)| name)),
                None => String::new(),
            },
            _ => String::new(),
        };
        format!("\"{}\" is undefined{near}", expression.path())
    }

    /// `; there is "name"`, or nothing if no name of the page is near.
    pub fn hint(&self, name: &str, more: &[&str]) -> String {
        let set = self.visible().map(|(name, _)| name.as_ref());
        let given = self.given().iter().map(|(name, _)| name);
        let lent = self.globals.names().iter().chain(more).copied();
        hint(name, set.chain(given).chain(lent))
    }
}

/// What a name on the stack stands for.
fn borrowed((value, index): &Bound) -> Option<&Value> {
    match (index, value) {
        (None, _) | (_, Value::Undefined) => Some(value),
        (Some(index), _) => value.as_list()?.get(*index),
    }
}

/// True for a name that is set later.
fn is_late(bound: &Bound) -> bool {
    matches!(bound, (Value::Undefined, Some(_)))
}
