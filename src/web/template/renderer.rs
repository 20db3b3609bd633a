//! Deeper: from a tree and values to a page: the tags.
//!
//! The tree is followed from front to back, and what it prints is appended to one string. Text that
//! is wanted as a value (`super()`, a macro, `{% set %}` with a body) is printed there too, and is
//! then cut off the end.
//!
//! Left out: pages that are sent before they are complete.

use super::function::Outcome;
use super::kinds::LONGEST;
use super::loader::Shelf;
use super::mistake::{Rendering, TemplateError, locate};
use super::names::{Bound, Names, Scope};
use super::print::{print_into, text_of};
use super::tree::{Expression, For, Macro, Node, Term};
use crate::value::{Local, Text, Value};
use std::sync::Arc;

/// How many levels of loops, blocks, includes and expressions a page may have: each needs stack,
/// up to 2 KiB, and 3.4 KiB in a program without optimisation.
const DEPTH: usize = 220;
/// How many turns all loops of a page together may take. An item of a list that is made is a turn.
const MOST_TURNS: usize = 5_000_000;
/// How many bytes the texts may have in sum that a page makes on its way.
const MOST_TEXT: usize = 8 * LONGEST;

/// A page that is being made.
pub struct Renderer<'a> {
    /// What has been printed.
    pub out: Vec<u8>,
    /// The names that can be seen.
    pub names: Names<'a>,
    /// The templates that this page is made of.
    pub shelf: &'a Shelf<'a>,
    /// The macros so far, which are values by their number: each with the scope in which it stands,
    /// and the number of frames there.
    pub macros: Vec<(&'a Macro, Scope<'a>, usize)>,
    /// How many scopes and expressions are around.
    pub depth: usize,
    turns: usize,
    text: usize,
}

impl<'a> Renderer<'a> {
    /// A renderer before the first template.
    pub fn new(shelf: &'a Shelf<'a>, names: Names<'a>) -> Renderer<'a> {
        let (out, macros) = (Vec::with_capacity(1024), Vec::new());
        Renderer { out, names, shelf, macros, depth: 0, turns: 0, text: 0 }
    }

    /// An error at a place of the template in which the renderer is.
    pub fn error<T>(&self, at: usize, message: impl Into<String>) -> Rendering<T> {
        self.placed(at, Err(message.into().into()))
    }

    /// The result; an error that has no place yet gets this one.
    pub fn placed<T>(&self, at: usize, result: Rendering<T>) -> Rendering<T> {
        result.map_err(|error| match error.template.is_empty() {
            true => {
                let tree = self.names.scope.tree;
                let (line, column) = locate(&tree.source, at);
                Box::new(TemplateError { template: tree.name.clone(), line, column, ..*error })
            }
            false => error,
        })
    }

    /// Goes one level in.
    pub fn enter(&mut self) -> Result<(), String> {
        self.depth += 1;
        let why = || "tags, expressions and included pages are too deep in one another".to_owned();
        if self.depth > DEPTH { Err(why()) } else { Ok(()) }
    }

    /// Does something in a scope of its own, one level further in.
    pub fn within<T>(
        &mut self,
        scope: Scope<'a>,
        work: impl FnOnce(&mut Self) -> Rendering<T>,
    ) -> Rendering<T> {
        self.enter()?;
        let (outer, own) = (self.names.scope, self.names.stack.len());
        self.names.scope = scope;
        // Only a macro that was defined before asks where a scope begins.
        let is_noted = !self.macros.is_empty();
        if is_noted {
            self.names.frames.push(own);
        }
        let result = work(self);
        if is_noted {
            self.names.frames.pop();
        }
        self.names.stack.truncate(own);
        self.names.scope = outer;
        self.depth -= 1;
        result
    }

    /// The steps of a template or of a tag, one after the other.
    pub fn nodes(&mut self, nodes: &'a [Node]) -> Rendering {
        for node in nodes {
            if let Err(error) = self.node(node) {
                return self.placed(node.at(), Err(error));
            }
        }
        self.check_page()
    }

    fn node(&mut self, node: &'a Node) -> Rendering {
        let silent = self.names.scope.silent;
        match node {
            Node::Text(text) if !silent => self.out.extend_from_slice(text.as_bytes()),
            Node::Print(text, expression) if !silent => {
                self.out.extend_from_slice(text.as_bytes());
                self.print(expression)?;
            }
            // Behind `extends` nothing is printed.
            Node::Text(_) | Node::Print(..) => {}
            Node::If(branches) => self.choose(branches)?,
            Node::For(parts) => self.walk(parts)?,
            Node::Set(target, expression) => {
                let value = self.evaluate(expression)?;
                self.assign(target, value)?;
            }
            Node::Capture(name, body, _) => self.capture(name, body)?,
            Node::With(bindings, body, _) => self.with(bindings, body)?,
            Node::Include(name) => self.include(name)?,
            Node::Extends(name) => self.extends(name)?,
            // In a template that extends another, blocks are printed where the layout has them.
            // As in Jinja, those inside of a loop or a `with` are printed here too.
            Node::Block(..) if silent && self.names.scope.at_top => {}
            Node::Block(name, _) => _ = self.block(name, 0)?,
            Node::Macro(parts) => self.define(parts),
            Node::Import(name, context, names) => self.import(name, *context, names)?,
        }
        Ok(())
    }

    /// Errors: what was printed is longer than [`LONGEST`].
    fn check_page(&self) -> Rendering {
        if self.out.len() > LONGEST { Err(too_long()) } else { Ok(()) }
    }

    /// `{{ … }}`: most print a name or an attribute, which is borrowed.
    fn print(&mut self, expression: &'a Expression) -> Rendering {
        let escapes = self.names.scope.tree.escapes;
        match self.names.peek(expression) {
            Some(value) if !value.is_undefined() => print_into(&mut self.out, &value, escapes),
            _ => {
                let value = self.evaluate(expression)?;
                self.names.warn(&value, expression);
                print_into(&mut self.out, &value, escapes);
            }
        }
        self.check_page()
    }

    /// What was printed from there on, cut off the page. It is HTML already, if it was escaped.
    pub fn cut_off(&mut self, start: usize) -> Outcome {
        let text = text_of(self.out.split_off(start));
        self.made(Value::text(text, self.names.scope.tree.escapes))
    }

    /// `if`: the first body whose test is true.
    fn choose(&mut self, branches: &'a [(Expression, Vec<Node>)]) -> Rendering {
        for (test, body) in branches {
            if self.truth(test)? {
                self.enter()?;
                self.nodes(body)?;
                self.depth -= 1;
                break;
            }
        }
        Ok(())
    }

    /// Gives the names of a target their values: a tuple takes a list apart.
    fn assign(&mut self, target: &'a Expression, value: Value) -> Rendering {
        let Term::List(targets, _) = &target.kind else {
            if let Term::Name(name) = &target.kind {
                self.names.set(name, value);
            }
            return Ok(());
        };
        let (found, count) = (value.type_name(), targets.len());
        match value.items() {
            Err(_) => self.error(target.at, format!("found {found}, expected {count} values")),
            Ok(items) if items.len() != count => {
                self.error(target.at, format!("found {} values, expected {count}", items.len()))
            }
            Ok(items) => {
                let mut parts = targets.iter().zip(items.iter());
                parts.try_for_each(|(target, item)| self.assign(target, item.clone()))
            }
        }
    }

    /// `for`: each turn sees what was before the loop, `loop`, and the item.
    #[inline(never)]
    fn walk(&mut self, parts: &'a For) -> Rendering {
        let over = self.evaluate(&parts.over)?;
        self.names.warn(&over, &parts.over);
        let mut items = match over {
            Value::List(items) => items,
            _ => Arc::new(over.items()?.into_owned()),
        };
        if let Some(filter) = &parts.filter {
            items = Arc::new(self.chosen(parts, filter, &items)?);
        }
        let scope = self.names.inner();
        if items.is_empty() {
            return self.within(scope, |renderer| renderer.nodes(&parts.otherwise));
        }
        self.within(scope, |renderer| {
            if let Some(name) = &parts.loop_name {
                renderer.names.set(name, Value::Local(Local::Loop(renderer.names.stack.len() + 1)));
            }
            renderer.names.bind(&parts.item, Bound::Item(Arc::clone(&items), 0));
            let fixed = renderer.names.stack.len();
            renderer.count(items.len(), 0)?;
            for (index, item) in items.iter().enumerate() {
                renderer.names.stack.truncate(fixed);
                if let Some((_, Bound::Item(_, turn))) = renderer.names.stack.last_mut() {
                    *turn = index;
                }
                if let Term::List(..) = parts.target.kind {
                    renderer.assign(&parts.target, item.clone())?;
                }
                renderer.nodes(&parts.body)?;
            }
            Ok(())
        })
    }

    /// The items that the `if` of a `for` lets through. It sees the item, but no `loop` of its own.
    #[inline(never)]
    fn chosen(
        &mut self,
        parts: &'a For,
        filter: &'a Expression,
        items: &[Value],
    ) -> Rendering<Vec<Value>> {
        let own = self.names.stack.len();
        self.within(self.names.inner(), |renderer| {
            let mut chosen = Vec::new();
            renderer.count(items.len(), 0)?;
            for item in items {
                renderer.names.stack.truncate(own);
                renderer.assign(&parts.target, item.clone())?;
                chosen.extend(renderer.truth(filter)?.then(|| item.clone()));
            }
            Ok(chosen)
        })
    }

    /// Counts turns of loops and bytes of text that were made.
    /// Errors: more than [`MOST_TURNS`] or [`MOST_TEXT`].
    pub fn count(&mut self, turns: usize, text: usize) -> Result<(), String> {
        (self.turns, self.text) = (self.turns + turns, self.text + text);
        if self.turns > MOST_TURNS {
            return Err(format!(
                "the loops and lists of the page take more than {MOST_TURNS} turns"
            ));
        }
        match self.text > MOST_TEXT {
            true => Err(format!("the texts of the page are longer than {MOST_TEXT} bytes in sum")),
            false => Ok(()),
        }
    }

    /// `set` with a body: what it prints is cut off, and gets the name.
    #[inline(never)]
    fn capture(&mut self, name: &'a Text, body: &'a [Node]) -> Rendering {
        let start = self.out.len();
        let scope = Scope { silent: false, ..self.names.inner() };
        self.within(scope, |renderer| renderer.nodes(body))?;
        let text = self.cut_off(start)?;
        self.names.set(name, text);
        Ok(())
    }

    /// `with`: names that end with the tag.
    #[inline(never)]
    fn with(&mut self, bindings: &'a [(Expression, Expression)], body: &'a [Node]) -> Rendering {
        // All values are computed before the first name gets one: in `with a = 1, b = a` the a is
        // an outer one.
        let values = bindings.iter().map(|(_, expression)| self.evaluate(expression));
        let values: Vec<Value> = values.collect::<Rendering<_>>()?;
        self.within(self.names.inner(), |renderer| {
            for ((target, _), value) in bindings.iter().zip(values) {
                renderer.assign(target, value)?;
            }
            renderer.nodes(body)
        })
    }
}

#[cold]
fn too_long() -> Box<TemplateError> {
    format!("the page is longer than {LONGEST} bytes").into()
}
