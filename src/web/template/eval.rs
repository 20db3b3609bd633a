//! From a tree and variables to a page.
//!
//! The tree is walked from front to back, and what it prints is appended to one string. `{% extends
//! %}` changes the rest of the walk: the template goes on without printing, then the walk starts
//! again in the layout, where the place of each block is filled by the version that is furthest
//! from the layout.
//!
//! Left out: asynchronous pages, and pages sent before they are whole. A page with an error in its
//! last line is an error page, not half a page.

use super::datum::{Datum, Loop, Text};
use super::family::Shelf;
use super::items::Items;
use super::names::Names;
use super::print::print_into;
use super::tree::{CAPTURED, Capture, Expression, For, Node, Target, Tree};
use super::{Globals, LONGEST, Rendered, TemplateError, Templates, Unavailable};
use crate::value::Map;
use std::cell::Cell;
use std::rc::Rc;

/// How deep loops, blocks, includes and expressions together may lie in one another: each level
/// costs stack.
const DEPTH: usize = 56;

/// How deep lists and dicts that a template makes may lie in one another.
const DEEPEST_DATA: usize = 20;

/// How many turns all loops of a page together may take.
const MOST_TURNS: usize = 5_000_000;

/// Nothing, or the error that ends the page. In a box, for nearly every step returns one.
pub type Step<T = ()> = Result<T, Box<TemplateError>>;

/// Makes a page.
pub fn render(
    templates: &Templates,
    name: &str,
    variables: &Map,
    globals: &dyn Globals,
) -> Step<Rendered> {
    let shelf = Shelf::new(templates);
    let tree = shelf.tree(name).map_err(|unavailable| match unavailable {
        Unavailable::Missing(missing) => Box::new(TemplateError {
            template: name.to_owned(),
            line: 0,
            column: 0,
            message: missing.message,
        }),
        Unavailable::Broken(error) => error,
    })?;
    let mut page = Page {
        out: String::with_capacity(1024),
        names: Names::new(variables, globals),
        shelf: &shelf,
        tree,
        family: Vec::new(),
        block: None,
        silent: false,
        depth: 0,
        turns: 0,
    };
    page.template(tree)?;
    Ok(Rendered { warnings: page.names.take_warnings(), text: page.out })
}

/// A page being made.
pub struct Page<'a> {
    /// What has been printed.
    pub out: String,
    /// The names that can be seen.
    pub names: Names<'a>,
    /// The templates that this page is made of.
    pub(super) shelf: &'a Shelf<'a>,
    /// The template in which the walk is: messages name it.
    pub tree: &'a Tree,
    /// The template that was asked for, the one it extends, and so on up to the layout.
    pub(super) family: Vec<&'a Tree>,
    /// The block in which the walk is, and whose version: a place in `family`.
    pub(super) block: Option<(&'a str, usize)>,
    /// True between an `extends` and the end of its template: there only blocks count, and they
    /// come later.
    pub(super) silent: bool,
    depth: usize,
    turns: usize,
}

impl<'a> Page<'a> {
    /// An error at a place of the template in which the walk is.
    pub fn error(&self, at: usize, message: impl Into<String>) -> Box<TemplateError> {
        TemplateError::at(self.tree, at, message.into())
    }

    /// One level further in; [`Page::leave`] goes back.
    pub fn enter(&mut self, at: usize) -> Step {
        self.depth += 1;
        if self.depth > DEPTH {
            Err(self.error(at, "tags and expressions lie too deep in one another"))
        } else {
            Ok(())
        }
    }

    /// Undoes [`Page::enter`].
    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn nodes(&mut self, nodes: &'a [Node]) -> Step {
        for node in nodes {
            match node {
                Node::Text(text) if !self.silent => self.out.push_str(text),
                Node::Print(expression) if !self.silent => self.print(expression)?,
                Node::Text(_) | Node::Print(_) => {}
                Node::If(branches, otherwise) => {
                    let mut chosen = otherwise;
                    for (test, body) in branches {
                        if self.compute(test)?.is_true() {
                            chosen = body;
                            break;
                        }
                    }
                    self.inner(chosen, 0)?;
                }
                Node::For(parts) => self.walk(parts)?,
                Node::Set(target, expression) => {
                    let datum = self.kept(expression)?;
                    self.assign(target, datum)?;
                }
                Node::Capture(parts) => self.capture_tag(parts)?,
                Node::With(bindings, body) => self.with(bindings, body)?,
                Node::Include(parts) => self.include(parts)?,
                Node::Extends(name) => self.extends(name)?,
                // In a template that extends another, blocks stand where the layout has them. As in
                // Jinja, those inside of a loop or a `with` stand here too.
                Node::Block(number) if !self.silent || !self.names.is_at_top() => {
                    let block = &self.tree.blocks[*number];
                    self.block(&block.name, 0, block.scoped)?;
                }
                Node::Block(_) => {}
            }
        }
        if self.out.len() > LONGEST {
            return Err(self.error(0, format!("the page is longer than {LONGEST} bytes")));
        }
        Ok(())
    }

    /// Nodes inside of a tag.
    pub(super) fn inner(&mut self, nodes: &'a [Node], at: usize) -> Step {
        self.enter(at)?;
        self.nodes(nodes)?;
        self.leave();
        Ok(())
    }

    #[inline(never)]
    fn print(&mut self, expression: &'a Expression) -> Step {
        let datum = self.compute(expression)?;
        if let Datum::Undefined(missing) = &datum {
            self.names.warn(missing.as_ref());
        }
        print_into(&mut self.out, &datum);
        Ok(())
    }

    /// What the nodes print, as text of its own.
    fn captured(&mut self, nodes: &'a [Node], at: usize) -> Step<String> {
        let (outer, silent) = (std::mem::take(&mut self.out), std::mem::take(&mut self.silent));
        self.inner(nodes, at)?;
        self.silent = silent;
        Ok(std::mem::replace(&mut self.out, outer))
    }

    /// The data of an expression that is given a name. Names are how lists could grow into one
    /// another without end: `{% set a = [a] %}`, written a thousand times, would be a list a
    /// thousand levels deep.
    fn kept(&mut self, expression: &'a Expression) -> Step<Datum<'a>> {
        let datum = self.compute(expression)?;
        if let Datum::Many(..) | Datum::Dict(_) = &datum {
            let Some(parts) = datum.parts(DEEPEST_DATA) else {
                return Err(self.error(
                    expression.at,
                    format!("the data is more than {DEEPEST_DATA} levels deep"),
                ));
            };
            self.turns += parts;
            self.turn(expression.at)?;
        }
        Ok(datum)
    }

    /// Gives the names of a target their values.
    #[inline(never)]
    fn assign(&mut self, target: &'a Target, datum: Datum<'a>) -> Step {
        let (targets, at) = match target {
            Target::Name(name) => {
                self.names.set(name, datum);
                return Ok(());
            }
            Target::Several(targets, at) => (targets, *at),
        };
        let items = datum.items().map_err(|_| {
            self.error(
                at,
                format!(
                    "found {}, expected {} values to take apart",
                    datum.type_name(),
                    targets.len()
                ),
            )
        })?;
        if items.len() != targets.len() {
            return Err(
                self.error(at, format!("found {} values, expected {}", items.len(), targets.len()))
            );
        }
        for (target, item) in targets.iter().zip(items) {
            self.assign(target, item)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn walk(&mut self, parts: &'a For) -> Step {
        let at = parts.over.at;
        let over = self.compute(&parts.over)?;
        if let Datum::Undefined(missing) = &over {
            self.names.warn(missing.as_ref());
        }
        let mut items = over.items().map_err(|message| self.error(at, message))?;
        let before = self.names.open();
        let count = self.names.count();
        if let Some(filter) = &parts.filter {
            let mut kept = Vec::new();
            for item in items {
                self.turn(at)?;
                self.assign(&parts.target, item.clone())?;
                if self.compute(filter)?.is_true() {
                    kept.push(item);
                }
                self.names.again(count);
            }
            items = Items::Made(kept.into());
        }
        let length = items.len();
        // Set once for all turns, below what each of them sets.
        let state = parts.uses_loop.then(|| Rc::new(Loop { index: Cell::new(0), length }));
        if let Some(state) = state.as_ref().filter(|_| length > 0) {
            self.names.set("loop", Datum::Loop(Rc::clone(state)));
        }
        let count = self.names.count();
        for index in 0..length {
            self.turn(at)?;
            if let Some(state) = &state {
                state.index.set(index);
            }
            self.assign(&parts.target, items.at(index))?;
            self.inner(&parts.body, at)?;
            self.names.again(count);
        }
        if length == 0 {
            self.inner(&parts.otherwise, at)?;
        }
        self.names.close(before);
        Ok(())
    }

    fn turn(&mut self, at: usize) -> Step {
        self.turns += 1;
        if self.turns > MOST_TURNS {
            return Err(
                self.error(at, format!("the loops of this page take more than {MOST_TURNS} turns"))
            );
        }
        Ok(())
    }

    #[inline(never)]
    fn capture_tag(&mut self, parts: &'a Capture) -> Step {
        let at = parts.filtered.at;
        let before = self.names.open();
        let text = self.captured(&parts.body, at)?;
        // What was printed is escaped already.
        self.names.set(CAPTURED, Datum::Safe(Text::Made(text.into())));
        let datum = self.compute(&parts.filtered)?;
        self.names.close(before);
        self.names.set(&parts.name, datum);
        Ok(())
    }

    #[inline(never)]
    fn with(&mut self, bindings: &'a [(Target, Expression)], body: &'a [Node]) -> Step {
        // All values are computed before the first name is bound: in `with a = 1, b = a` the a is
        // an outer one.
        let mut computed = Vec::with_capacity(bindings.len());
        for (target, expression) in bindings {
            computed.push((target, self.kept(expression)?));
        }
        let before = self.names.open();
        for (target, datum) in computed {
            self.assign(target, datum)?;
        }
        self.inner(body, 0)?;
        self.names.close(before);
        Ok(())
    }
}
