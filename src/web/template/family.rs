//! Pages of several templates: `extends`, `block`, `super()` and `include`.
//!
//! A page and the layouts above it are a family: the page first, the layout that extends nothing
//! last. The walk goes through the bodies in that order; all but the last print nothing on their
//! own. Where the last one has a block, the first in the family that has a block of that name fills
//! it in, and `super()` asks the next.
//!
//! An included template is a page of its own, with a family of its own, that sees the names of the
//! page around it.

use super::datum::{Datum, Text};
use super::eval::{Page, Step};
use super::tree::{Expression, Include, Tree};
use super::{Cached, Templates, Unavailable};
use crate::value::Map;
use std::cell::OnceCell;
use std::sync::Arc;

/// How many templates one page may be made of.
const MOST_TEMPLATES: usize = 200;

static NO_VARIABLES: Map = Map::new();

impl<'a> Page<'a> {
    /// A whole template: its own body, then those that it extends.
    pub(super) fn template(&mut self, tree: &'a Tree) -> Step {
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

    /// The block of this name, in the version of the first template of the family from `generation`
    /// on that has one.
    pub(super) fn block(&mut self, name: &'a str, generation: usize, scoped: bool) -> Step {
        let found = self.family.iter().enumerate().skip(generation);
        let found = found
            .filter_map(|(generation, tree)| Some((generation, *tree, tree.block(name)?)))
            .next();
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
            return Err(
                self.error(at, format!("found super(), but no template above has a block {name}"))
            );
        }
        self.block_text(name, generation + 1, at)
    }

    /// What `self.name()` stands for: that block once more.
    pub fn self_block(&mut self, name: &'a str, at: usize) -> Step<Datum<'a>> {
        if !self.family.iter().any(|tree| tree.block(name).is_some()) {
            return Err(
                self.error(at, format!("found self.{name}(), but there is no block {name}"))
            );
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

    #[inline(never)]
    pub(super) fn extends(&mut self, name: &'a Expression) -> Step {
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

    #[inline(never)]
    pub(super) fn include(&mut self, parts: &'a Include) -> Step {
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
        let hidden =
            if parts.context { None } else { Some(self.names.swap_variables(&NO_VARIABLES)) };
        self.template(tree)?;
        if let Some(variables) = hidden {
            self.names.swap_variables(variables);
        }
        self.names.close(before);
        (self.tree, self.family, self.block, self.silent) = outer;
        self.leave();
        Ok(())
    }

    /// The first of these templates that is there, or else the sentence that says where it was
    /// looked for.
    fn find(&mut self, names: &[Datum<'a>], at: usize) -> Step<Result<&'a Tree, String>> {
        let mut first = None;
        for name in names {
            let Some(text) = name.as_text() else {
                return Err(self.error(
                    at,
                    format!("found {}, expected the name of a template", name.type_name()),
                ));
            };
            match self.shelf.tree(text) {
                Ok(tree) => return Ok(Ok(tree)),
                Err(Unavailable::Broken(error)) => return Err(error),
                Err(Unavailable::Missing(missing)) if !missing.absent => {
                    return Err(self.error(at, missing.message));
                }
                Err(Unavailable::Missing(missing)) => _ = first.get_or_insert(missing.message),
            }
        }
        Ok(Err(first.unwrap_or_else(|| "found no name of a template".to_owned())))
    }
}

/// The trees that this page is made of: each is looked up once a page, and lives as long as the
/// page is being made.
///
/// A list that only grows: what was put on it can be borrowed while more is put on.
pub struct Shelf<'t> {
    templates: &'t Templates,
    first: OnceCell<Box<Shelved>>,
}

struct Shelved {
    cached: Arc<Cached>,
    next: OnceCell<Box<Shelved>>,
}

impl<'t> Shelf<'t> {
    /// An empty shelf.
    pub fn new(templates: &'t Templates) -> Shelf<'t> {
        Shelf { templates, first: OnceCell::new() }
    }

    /// The template of this name.
    pub fn tree(&self, name: &str) -> Result<&Tree, Unavailable> {
        let mut place = &self.first;
        let mut count = 0;
        while let Some(shelved) = place.get() {
            let tree = &shelved.cached.tree;
            if tree.name == name {
                return Ok(tree);
            }
            place = &shelved.next;
            count += 1;
        }
        if count == MOST_TEMPLATES {
            let message = format!("the page is made of more than {MOST_TEMPLATES} templates");
            return Err(Unavailable::Missing(super::Missing { message, absent: false }));
        }
        let cached = self.templates.tree(name)?;
        Ok(&place.get_or_init(|| Box::new(Shelved { cached, next: OnceCell::new() })).cached.tree)
    }
}
