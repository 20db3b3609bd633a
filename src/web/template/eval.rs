//! From a tree and variables to a page.
//!
//! The tree is walked from front to back, and what it prints is appended to one string. `{% extends %}` changes the
//! rest of the walk: the template goes on without printing, then the walk starts again in the layout, where the place
//! of each block is filled by the version that is furthest from the layout.
//!
//! Left out: asynchronous pages, and pages sent before they are whole. A page with an error in its last line is an
//! error page, not half a page.

use super::datum::{Datum, Items, Loop, Text};
use super::names::Names;
use super::print::print_into;
use super::tree::{CAPTURED, Capture, Expression, For, Include, Node, Target, Tree};
use super::{Globals, LONGEST, Rendered, TemplateError, Templates, Unavailable};
use crate::value::Map;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::sync::Arc;

/// How deep loops, blocks, includes and expressions together may lie in one another: each level costs stack.
const DEPTH: usize = 120;

/// How many turns all loops of a page together may take.
const MOST_TURNS: usize = 5_000_000;

/// How many templates one page may be made of.
const MOST_TEMPLATES: usize = 200;

/// Nothing, or the error that ends the page. In a box, for nearly every step returns one.
pub type Step<T = ()> = Result<T, Box<TemplateError>>;

static NO_VARIABLES: Map = Map::new();

/// Makes a page.
pub fn render(templates: &Templates, name: &str, variables: &Map, globals: &dyn Globals) -> Step<Rendered> {
    let shelf = Shelf { templates, first: OnceCell::new() };
    let tree = shelf.tree(name).map_err(|unavailable| match unavailable {
        Unavailable::Missing(missing) => {
            Box::new(TemplateError { template: name.to_owned(), line: 0, column: 0, message: missing.message })
        }
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
    shelf: &'a Shelf<'a>,
    /// The template in which the walk is: messages name it.
    pub tree: &'a Tree,
    /// The template that was asked for, the one it extends, and so on up to the layout.
    family: Vec<&'a Tree>,
    /// The block in which the walk is, and whose version: a place in `family`.
    block: Option<(&'a str, usize)>,
    /// True between an `extends` and the end of its template: there only blocks count, and they come later.
    silent: bool,
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

    /// A whole template: its own body, then those that it extends.
    fn template(&mut self, tree: &'a Tree) -> Step {
        self.family = vec![tree];
        let mut generation = 0;
        while let Some(tree) = self.family.get(generation).copied() {
            self.tree = tree;
            self.silent = false;
            self.nodes(&tree.body)?;
            generation += 1;
        }
        Ok(())
    }

    fn nodes(&mut self, nodes: &'a [Node]) -> Step {
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
                    let datum = self.compute(expression)?;
                    self.assign(target, datum)?;
                }
                Node::Capture(parts) => self.capture_tag(parts)?,
                Node::With(bindings, body) => self.with(bindings, body)?,
                Node::Include(parts) => self.include(parts)?,
                Node::Extends(name) => self.extends(name)?,
                Node::Block(number) if !self.silent => {
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
    fn inner(&mut self, nodes: &'a [Node], at: usize) -> Step {
        self.enter(at)?;
        self.nodes(nodes)?;
        self.leave();
        Ok(())
    }

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

    /// Gives the names of a target their values.
    fn assign(&mut self, target: &'a Target, datum: Datum<'a>) -> Step {
        let (targets, at) = match target {
            Target::Name(name) => {
                self.names.set(name, datum);
                return Ok(());
            }
            Target::Several(targets, at) => (targets, *at),
        };
        let items = datum.items().map_err(|_| {
            self.error(at, format!("found {}, expected {} values to take apart", datum.type_name(), targets.len()))
        })?;
        if items.len() != targets.len() {
            return Err(self.error(at, format!("found {} values, expected {}", items.len(), targets.len())));
        }
        for (target, item) in targets.iter().zip(items) {
            self.assign(target, item)?;
        }
        Ok(())
    }

    fn walk(&mut self, parts: &'a For) -> Step {
        let at = parts.over.at;
        let over = self.compute(&parts.over)?;
        if let Datum::Undefined(missing) = &over {
            self.names.warn(missing.as_ref());
        }
        let mut items = over.items().map_err(|message| self.error(at, message))?;
        let before = self.names.open();
        if let Some(filter) = &parts.filter {
            let mut kept = Vec::new();
            for item in items {
                self.turn(at)?;
                self.assign(&parts.target, item.clone())?;
                if self.compute(filter)?.is_true() {
                    kept.push(item);
                }
                self.names.again(&before);
            }
            items = Items::Made(kept.into());
        }
        let length = items.len();
        let state = Rc::new(Loop { index: Cell::new(0), length });
        for index in 0..length {
            self.turn(at)?;
            state.index.set(index);
            self.names.set("loop", Datum::Loop(Rc::clone(&state)));
            self.assign(&parts.target, items.at(index))?;
            self.inner(&parts.body, at)?;
            self.names.again(&before);
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
            return Err(self.error(at, format!("the loops of this page take more than {MOST_TURNS} turns")));
        }
        Ok(())
    }

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

    fn with(&mut self, bindings: &'a [(Target, Expression)], body: &'a [Node]) -> Step {
        // All values are computed before the first name is bound: in `with a = 1, b = a` the a is an outer one.
        let mut computed = Vec::with_capacity(bindings.len());
        for (target, expression) in bindings {
            computed.push((target, self.compute(expression)?));
        }
        let before = self.names.open();
        for (target, datum) in computed {
            self.assign(target, datum)?;
        }
        self.inner(body, 0)?;
        self.names.close(before);
        Ok(())
    }

    /// The block of this name, in the version of the first template of the family from `generation` on that has one.
    fn block(&mut self, name: &'a str, generation: usize, scoped: bool) -> Step {
        let found = self.family.iter().enumerate().skip(generation);
        let found = found.filter_map(|(generation, tree)| Some((generation, *tree, tree.block(name)?))).next();
        let Some((generation, tree, block)) = found else { return Ok(()) };
        let outer = (self.tree, self.block.replace((name, generation)), self.silent);
        self.tree = tree;
        self.silent = false;
        let before = self.names.open_block(scoped);
        self.inner(&block.body, 0)?;
        self.names.close(before);
        (self.tree, self.block, self.silent) = outer;
        Ok(())
    }

    /// What `super()` stands for: this block in the next template up that has one.
    pub fn super_block(&mut self, at: usize) -> Step<Datum<'a>> {
        let Some((name, generation)) = self.block else {
            return Err(self.error(at, "found super() outside of a block"));
        };
        if !self.family.iter().skip(generation + 1).any(|tree| tree.block(name).is_some()) {
            return Err(self.error(at, format!("found super(), but no template above has a block {name}")));
        }
        self.block_text(name, generation + 1, at)
    }

    /// What `self.name()` stands for: that block once more.
    pub fn self_block(&mut self, name: &'a str, at: usize) -> Step<Datum<'a>> {
        if !self.family.iter().any(|tree| tree.block(name).is_some()) {
            return Err(self.error(at, format!("found self.{name}(), but there is no block {name}")));
        }
        self.block_text(name, 0, at)
    }

    fn block_text(&mut self, name: &'a str, generation: usize, at: usize) -> Step<Datum<'a>> {
        self.enter(at)?;
        let outer = std::mem::take(&mut self.out);
        self.block(name, generation, false)?;
        let text = std::mem::replace(&mut self.out, outer);
        self.leave();
        Ok(Datum::Safe(Text::Made(text.into())))
    }

    fn extends(&mut self, name: &'a Expression) -> Step {
        if self.silent {
            return Err(self.error(name.at, "found a second {% extends %}, expected one at most"));
        }
        let datum = self.compute(name)?;
        let tree = self.find(&[datum], name.at)?.map_err(|message| self.error(name.at, message))?;
        if self.family.iter().any(|known| known.name == tree.name) {
            return Err(self.error(name.at, format!("{} extends itself", tree.name)));
        }
        self.family.push(tree);
        self.silent = true;
        Ok(())
    }

    fn include(&mut self, parts: &'a Include) -> Step {
        let at = parts.name.at;
        let datum = self.compute(&parts.name)?;
        let names: Vec<Datum> = match datum.as_text() {
            Some(_) => vec![datum],
            None => datum.items().map_err(|message| self.error(at, message))?.into_iter().collect(),
        };
        let tree = match self.find(&names, at)? {
            Ok(tree) => tree,
            Err(_) if parts.ignore_missing => return Ok(()),
            Err(message) => return Err(self.error(at, message)),
        };
        self.enter(at)?;
        let outer = (self.tree, std::mem::take(&mut self.family), self.block.take(), self.silent);
        let before = self.names.open_include(parts.context);
        let hidden = if parts.context { None } else { Some(self.names.swap_variables(&NO_VARIABLES)) };
        self.template(tree)?;
        if let Some(variables) = hidden {
            self.names.swap_variables(variables);
        }
        self.names.close(before);
        (self.tree, self.family, self.block, self.silent) = outer;
        self.leave();
        Ok(())
    }

    /// The first of these templates that is there, or else the sentence that says where it was looked for.
    fn find(&mut self, names: &[Datum<'a>], at: usize) -> Step<Result<&'a Tree, String>> {
        let mut first = None;
        for name in names {
            let Some(text) = name.as_text() else {
                return Err(self.error(at, format!("found {}, expected the name of a template", name.type_name())));
            };
            match self.shelf.tree(text) {
                Ok(tree) => return Ok(Ok(tree)),
                Err(Unavailable::Broken(error)) => return Err(error),
                Err(Unavailable::Missing(missing)) if !missing.absent => return Err(self.error(at, missing.message)),
                Err(Unavailable::Missing(missing)) => _ = first.get_or_insert(missing.message),
            }
        }
        Ok(Err(first.unwrap_or_else(|| "found no name of a template".to_owned())))
    }
}

/// The trees that this page is made of: each is looked up once a page, and lives as long as the page is being made.
///
/// A list that only grows: what was put on it can be borrowed while more is put on.
struct Shelf<'t> {
    templates: &'t Templates,
    first: OnceCell<Box<Shelved>>,
}

struct Shelved {
    tree: Arc<Tree>,
    next: OnceCell<Box<Shelved>>,
}

impl Shelf<'_> {
    fn tree(&self, name: &str) -> Result<&Tree, Unavailable> {
        let mut place = &self.first;
        let mut count = 0;
        while let Some(shelved) = place.get() {
            if shelved.tree.name == name {
                return Ok(&shelved.tree);
            }
            place = &shelved.next;
            count += 1;
        }
        if count == MOST_TEMPLATES {
            let message = format!("the page is made of more than {MOST_TEMPLATES} templates");
            return Err(Unavailable::Missing(super::Missing { message, absent: false }));
        }
        let tree = self.templates.tree(name)?;
        Ok(&place.get_or_init(|| Box::new(Shelved { tree, next: OnceCell::new() })).tree)
    }
}
