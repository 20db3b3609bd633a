//! Deeper: from a tree and values to a page: the tags.
//!
//! The tree is followed from front to back, and what it prints is appended to one string. Text that
//! is wanted as a value (`super()`, a macro, `{% set %}` with a body) is printed there too, and is
//! then cut off the end.
//!
//! Left out: pages that are sent before they are complete.

use super::kinds::LONGEST;
use super::loader::Shelf;
use super::mistake::{Rendering, TemplateError};
use super::names::{Bound, Names, PageNames};
use super::print::print_into;
use super::tree::{Expression, ExpressionKind, For, Macro, NameTarget, Node, Tree};
use crate::value::{Local, Value};

/// How many levels of loops, blocks, includes and expressions a page may have: each needs stack.
const DEPTH: usize = 56;
/// How many levels the lists and dicts may have that a template makes.
const DEEPEST_VALUE: usize = 20;
/// How many turns all loops of a page together may take.
const MOST_TURNS: usize = 5_000_000;

/// A page that is being made.
pub struct Renderer<'a> {
    /// What has been printed.
    pub out: String,
    /// The names that can be seen.
    pub names: Names<'a>,
    /// The templates that this page is made of.
    pub shelf: &'a Shelf<'a>,
    /// Where in these templates the renderer is.
    pub position: Position<'a>,
    /// The macros so far, which are values by their number.
    pub macros: Vec<Definition<'a>>,
    /// The names of all pages that do not run; 0 is the page itself.
    pub pages: Vec<PageNames<'a>>,
    /// The number of the page that runs.
    pub running: usize,
    /// The loops around this place that use `loop`, which is a value by its number.
    pub loops: Vec<LoopState>,
    depth: usize,
    turns: usize,
}

/// Where in the templates of a page the renderer is.
pub struct Position<'a> {
    /// The template: messages name it.
    pub tree: &'a Tree,
    /// The template that was asked for, the one it extends, and so on up to the layout.
    pub family: Vec<&'a Tree>,
    /// The name of the block, and whose version it is: an index of `family`.
    pub block: Option<(&'a str, usize)>,
    /// True from an `extends` to the end of its template: there nothing is printed.
    pub silent: bool,
}

impl<'a> Position<'a> {
    /// The start of a template.
    pub fn start(tree: &'a Tree) -> Position<'a> {
        Position { tree, family: vec![tree], block: None, silent: false }
    }
}

/// A macro that was defined.
#[derive(Clone, Copy)]
pub struct Definition<'a> {
    /// What it is made of.
    pub parts: &'a Macro,
    /// The template that defines it.
    pub tree: &'a Tree,
    /// The number of the page whose names it sees.
    pub page: usize,
}

/// How far a loop is.
pub struct LoopState {
    /// Counted from 0.
    pub index: usize,
    /// How many items there are.
    pub length: usize,
}

impl<'a> Renderer<'a> {
    /// A renderer before the first template.
    pub fn new(shelf: &'a Shelf<'a>, names: Names<'a>, tree: &'a Tree) -> Renderer<'a> {
        Renderer {
            out: String::with_capacity(1024),
            names,
            shelf,
            position: Position::start(tree),
            macros: Vec::new(),
            pages: vec![PageNames::empty()],
            running: 0,
            loops: Vec::new(),
            depth: 0,
            turns: 0,
        }
    }

    /// An error at a place of the template in which the renderer is.
    pub fn error<T>(&self, at: usize, message: impl Into<String>) -> Rendering<T> {
        let tree = self.position.tree;
        Err(TemplateError::at(&tree.name, &tree.source, at, message.into()))
    }

    /// The result of a function; its error gets a place.
    pub fn placed<T>(&self, at: usize, result: Result<T, String>) -> Rendering<T> {
        result.or_else(|message| self.error(at, message))
    }

    /// Goes one level in; [`Renderer::leave`] goes back.
    pub fn enter(&mut self, at: usize) -> Rendering {
        self.depth += 1;
        match self.depth > DEPTH {
            true => self.error(at, "tags and expressions are too deep in one another"),
            false => Ok(()),
        }
    }

    /// Undoes [`Renderer::enter`].
    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The steps of a template or of a tag, one after the other.
    pub fn nodes(&mut self, nodes: &'a [Node]) -> Rendering {
        for node in nodes {
            match node {
                Node::Text(text) if !self.position.silent => self.out.push_str(text),
                Node::Print(expression) if !self.position.silent => self.print(expression)?,
                Node::Text(_) | Node::Print(_) => {}
                Node::If(branches, otherwise) => {
                    let mut chosen = otherwise;
                    for (test, body) in branches {
                        if self.truth(test)? {
                            chosen = body;
                            break;
                        }
                    }
                    self.inner(chosen, 0)?;
                }
                Node::For(parts) => self.walk(parts)?,
                Node::Set(target, expression) => {
                    let value = self.kept(expression)?;
                    self.assign(target, &value)?;
                }
                Node::Capture(name, body) => self.capture(name, body)?,
                Node::With(bindings, body) => self.with(bindings, body)?,
                Node::Include(name) => self.include(name)?,
                Node::Extends(name) => self.extends(name)?,
                // In a template that extends another, blocks are printed where the layout has them.
                // As in Jinja, those inside of a loop or a `with` are printed here too.
                Node::Block(number) if !self.position.silent || !self.names.is_at_top() => {
                    self.block(&self.position.tree.blocks[*number].name, 0)?;
                }
                Node::Block(_) => {}
                Node::Macro(parts) => self.define(parts),
                Node::Import(parts) => self.import(parts)?,
            }
        }
        match self.out.len() > LONGEST {
            true => self.error(0, format!("the page is longer than {LONGEST} bytes")),
            false => Ok(()),
        }
    }

    /// The steps inside of a tag.
    pub fn inner(&mut self, nodes: &'a [Node], at: usize) -> Rendering {
        self.enter(at)?;
        self.nodes(nodes)?;
        self.leave();
        Ok(())
    }

    /// `{{ … }}`: most print a name or an attribute, which is borrowed.
    #[inline(never)]
    fn print(&mut self, expression: &'a Expression) -> Rendering {
        let value = match self.names.peek(expression) {
            Some(Value::Undefined) => Value::Undefined,
            Some(value) => {
                print_into(&mut self.out, value);
                return Ok(());
            }
            None => self.make(expression)?,
        };
        self.warn_undefined(&value, expression);
        print_into(&mut self.out, &value);
        Ok(())
    }

    /// Adds a warning if the value is undefined.
    pub fn warn_undefined(&mut self, value: &Value, expression: &'a Expression) {
        if value.is_undefined() {
            self.names.warn(self.position.tree, expression);
        }
    }

    /// What was printed from there on, cut off the page. It is HTML already.
    pub fn cut_off(&mut self, start: usize) -> Value {
        let text = Value::text(&self.out[start..], true);
        self.out.truncate(start);
        text
    }

    /// The value of an expression that gets a name. With names lists could grow without end:
    /// `{% set a = [a] %}`, a thousand times, would be a list a thousand levels deep.
    pub fn kept(&mut self, expression: &'a Expression) -> Rendering<Value> {
        let is_made = !matches!(
            expression.kind,
            ExpressionKind::Name(_) | ExpressionKind::Attribute(..) | ExpressionKind::Constant(_)
        );
        let value = self.evaluate(expression)?;
        if is_made {
            match value.parts(DEEPEST_VALUE) {
                Some(parts) => self.turns(parts - 1, expression.at)?,
                None => {
                    let message = format!("the value is more than {DEEPEST_VALUE} levels deep");
                    return self.error(expression.at, message);
                }
            }
        }
        Ok(value)
    }

    /// Gives the names of a target their values.
    fn assign(&mut self, target: &'a NameTarget, value: &Value) -> Rendering {
        let (targets, at) = match target {
            NameTarget::Name(name) => {
                self.names.set(name, Bound::Value(value.clone()));
                return Ok(());
            }
            NameTarget::Several(targets, at) => (targets, *at),
        };
        let count = targets.len();
        let items = value.to_items().or_else(|_| {
            self.error(at, format!("found {}, expected {count} values", value.type_name()))
        })?;
        if items.len() != count {
            return self.error(at, format!("found {} values, expected {count}", items.len()));
        }
        for (target, item) in targets.iter().zip(&items) {
            self.assign(target, item)?;
        }
        Ok(())
    }

    /// `for`: each turn sees what was before the loop, `loop`, and the item.
    #[inline(never)]
    fn walk(&mut self, parts: &'a For) -> Rendering {
        let at = parts.over.at;
        let over = self.kept(&parts.over)?;
        self.warn_undefined(&over, &parts.over);
        let mut list = self.placed(at, over.items())?;
        if let Some(filter) = &parts.filter {
            list = self.chosen(parts, filter, &list)?;
        }
        let length = list.length().unwrap_or(0);
        let scope = self.names.open();
        let loops = self.loops.len();
        if parts.uses_loop && length > 0 {
            self.loops.push(LoopState { index: 0, length });
            self.names.set("loop", Bound::Value(Value::Local(Local::Loop(loops))));
        }
        if let NameTarget::Name(name) = &parts.target
            && length > 0
        {
            self.names.set(name, Bound::Item(list.clone(), 0));
        }
        let count = self.names.count();
        for (index, item) in list.as_list().unwrap_or_default().iter().enumerate() {
            self.turns(1, at)?;
            // A loop that unpacks its items has several names, and none of them is an item.
            let turn = matches!(parts.target, NameTarget::Name(_)).then_some(index);
            self.names.next_turn(count, turn);
            if let Some(state) = self.loops.get_mut(loops) {
                state.index = index;
            }
            if let NameTarget::Several(..) = parts.target {
                self.assign(&parts.target, item)?;
            }
            self.inner(&parts.body, at)?;
        }
        self.loops.truncate(loops);
        if length == 0 {
            self.inner(&parts.otherwise, at)?;
        }
        self.names.close(scope);
        Ok(())
    }

    /// The items that the `if` of a `for` lets through. It sees the item, but no `loop` of its own.
    #[inline(never)]
    fn chosen(&mut self, parts: &'a For, filter: &'a Expression, list: &Value) -> Rendering<Value> {
        let mut chosen = Vec::new();
        for item in list.as_list().unwrap_or_default() {
            self.turns(1, parts.over.at)?;
            let scope = self.names.open();
            self.assign(&parts.target, item)?;
            if self.truth(filter)? {
                chosen.push(item.clone());
            }
            self.names.close(scope);
        }
        Ok(chosen.into())
    }

    /// Counts turns of loops. No page takes more than [`MOST_TURNS`].
    fn turns(&mut self, count: usize, at: usize) -> Rendering {
        self.turns += count;
        match self.turns > MOST_TURNS {
            true => {
                self.error(at, format!("the loops of this page take more than {MOST_TURNS} turns"))
            }
            false => Ok(()),
        }
    }

    /// `set` with a body: prints the body, cuts it off, and gives it the name.
    #[inline(never)]
    fn capture(&mut self, name: &'a str, body: &'a [Node]) -> Rendering {
        let (start, silent) = (self.out.len(), std::mem::take(&mut self.position.silent));
        let scope = self.names.open();
        self.inner(body, 0)?;
        self.names.close(scope);
        self.position.silent = silent;
        let text = self.cut_off(start);
        self.names.set(name, Bound::Value(text));
        Ok(())
    }

    /// `with`: names that end with the tag.
    #[inline(never)]
    fn with(&mut self, bindings: &'a [(NameTarget, Expression)], body: &'a [Node]) -> Rendering {
        // All values are computed before the first name gets one: in `with a = 1, b = a` the a is
        // an outer one.
        let mut values = Vec::with_capacity(bindings.len());
        for (_, expression) in bindings {
            values.push(self.kept(expression)?);
        }
        let scope = self.names.open();
        for ((target, _), value) in bindings.iter().zip(&values) {
            self.assign(target, value)?;
        }
        self.inner(body, 0)?;
        self.names.close(scope);
        Ok(())
    }
}
