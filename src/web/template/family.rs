//! Pages of several templates: `extends`, `block`, `super()`, `include`, `macro` and `import`.
//!
//! A page and the layouts above it are a family: the page first, the layout that extends nothing
//! last. Their bodies run in that order; all but the last print nothing. Where the last one has a
//! block, the first of the family that has a block of that name fills it in, and `super()` asks the
//! next.
//!
//! An included template has a family of its own, and sees the names of the page around it. An
//! imported template is run once for its macros.
//!
//! Left out: `self.name()`, which repeats a block.

use super::function::{bind, unknown};
use super::mistake::Rendering;
use super::names::{Bound, PageNames};
use super::renderer::{Definition, Position, Renderer};
use super::tree::{Expression, Import, Imported, Macro, Tree};
use crate::value::{Local, Map, Value};

impl<'a> Renderer<'a> {
    /// A whole template: its own body, then those of the templates that it extends.
    pub fn template(&mut self) -> Rendering {
        let mut generation = 0;
        while let Some(tree) = self.position.family.get(generation).copied() {
            (self.position.tree, self.position.silent) = (tree, false);
            self.nodes(&tree.body)?;
            generation += 1;
        }
        Ok(())
    }

    /// The block of this name, in the version of the first template of the family from `generation`
    /// on that has one; false if none has.
    pub fn block(&mut self, name: &'a str, generation: usize) -> Rendering<bool> {
        let block_in = |tree: &'a Tree| tree.blocks.iter().find(|block| block.name == name);
        let mut found = self.position.family.iter().enumerate().skip(generation);
        let found = found.find_map(|(at, tree)| Some((at, *tree, block_in(tree)?)));
        let Some((generation, tree, block)) = found else { return Ok(false) };
        let position = &mut self.position;
        let outer = (position.tree, position.block, position.silent);
        (position.tree, position.block, position.silent) = (tree, Some((name, generation)), false);
        let scope = self.names.open_apart();
        self.inner(&block.body, 0)?;
        self.names.close(scope);
        (self.position.tree, self.position.block, self.position.silent) = outer;
        Ok(true)
    }

    /// What `super()` stands for: this block in the next template of the family that has one.
    pub fn super_block(&mut self, at: usize) -> Rendering<Value> {
        let Some((name, generation)) = self.position.block else {
            return self.error(at, "found super() outside of a block");
        };
        let start = self.out.len();
        match self.block(name, generation + 1)? {
            true => Ok(self.cut_off(start)),
            false => {
                self.error(at, format!("found super(), but no template above has a block {name}"))
            }
        }
    }

    #[inline(never)]
    pub(super) fn extends(&mut self, name: &'a Expression) -> Rendering {
        if self.position.silent {
            return self.error(name.at, "found a second {% extends %}, expected one at most");
        }
        let tree = self.named_template(name)?;
        if self.position.family.iter().any(|known| known.name == tree.name) {
            return self.error(name.at, format!("{} extends itself", tree.name));
        }
        self.position.family.push(tree);
        self.position.silent = true;
        Ok(())
    }

    #[inline(never)]
    pub(super) fn include(&mut self, name: &'a Expression) -> Rendering {
        let tree = self.named_template(name)?;
        let scope = self.names.open_page();
        self.other_template(tree, name.at)?;
        self.names.close(scope);
        Ok(())
    }

    /// Runs a template at this place.
    fn other_template(&mut self, tree: &'a Tree, at: usize) -> Rendering {
        self.enter(at)?;
        let outer = std::mem::replace(&mut self.position, Position::start(tree));
        self.template()?;
        self.position = outer;
        self.leave();
        Ok(())
    }

    /// The template that the expression names: with a list of names, the first that is there.
    fn named_template(&mut self, expression: &'a Expression) -> Rendering<&'a Tree> {
        let (value, at) = (self.evaluate(expression)?, expression.at);
        let names = match value.as_list() {
            Some(names) => names,
            None => std::slice::from_ref(&value),
        };
        let mut problem = "found no name of a template".to_owned();
        for name in names {
            let Some(name) = name.as_str() else {
                let found = name.type_name();
                return self.error(at, format!("found {found}, expected the name of a template"));
            };
            match self.shelf.tree(name)? {
                Ok(tree) => return Ok(tree),
                Err(missing) if missing.is_absent => problem = missing.message,
                Err(missing) => return self.error(at, missing.message),
            }
        }
        self.error(at, problem)
    }

    /// `{% macro name(…) %}`: the macro becomes a value.
    pub(super) fn define(&mut self, parts: &'a Macro) {
        let same =
            |known: &Definition| std::ptr::eq(known.parts, parts) && known.page == self.running;
        let number = self.macros.iter().position(same).unwrap_or(self.macros.len());
        if number == self.macros.len() {
            let (tree, page) = (self.position.tree, self.running);
            self.macros.push(Definition { parts, tree, page });
        }
        self.names.set(&parts.name, Bound::Value(Value::Local(Local::Macro(number))));
    }

    /// What a macro prints. It sees what its template has set at the top, and its parameters.
    #[inline(never)]
    pub(super) fn call_macro(
        &mut self,
        number: usize,
        placed: Vec<Value>,
        named: &Map,
        at: usize,
    ) -> Rendering<Value> {
        let Some(Definition { parts, tree, page }) = self.macros.get(number) else {
            return self.error(at, "this macro belongs to another page");
        };
        let (parts, tree, page) = (*parts, *tree, *page);
        let what = format!("the macro {}", parts.name);
        let values = self.placed(at, bind(&what, &parts.parameters, placed, named))?;
        self.enter(at)?;
        let (start, caller) = (self.out.len(), self.switch_to(page));
        let outer = std::mem::replace(&mut self.position, Position::start(tree));
        let scope = self.names.open_apart();
        let first_default = parts.parameters.len() - parts.defaults.len();
        for (at, name) in parts.parameters.iter().enumerate() {
            let default = at.checked_sub(first_default).and_then(|at| parts.defaults.get(at));
            let value = match (values.get(at), default) {
                (None | Some(Value::Undefined), Some(default)) => self.kept(default)?,
                (value, _) => value.cloned().unwrap_or(Value::Undefined),
            };
            self.names.set(name, Bound::Value(value));
        }
        self.nodes(&parts.body)?;
        self.names.close(scope);
        self.position = outer;
        self.switch_to(caller);
        self.leave();
        Ok(self.cut_off(start))
    }

    /// Exchanges the names of the page that runs for those of another; the number of the one that
    /// ran until now is returned.
    fn switch_to(&mut self, page: usize) -> usize {
        let before = std::mem::replace(&mut self.running, page);
        self.names.swap(&mut self.pages[before]);
        self.names.swap(&mut self.pages[page]);
        before
    }

    #[inline(never)]
    pub(super) fn import(&mut self, parts: &'a Import) -> Rendering {
        let at = parts.template.at;
        let tree = self.named_template(&parts.template)?;
        let seen = if parts.with_context { self.names.snapshot() } else { PageNames::empty() };
        let (count, page, start) = (seen.count(), self.pages.len(), self.out.len());
        self.pages.push(seen);
        let importer = self.switch_to(page);
        self.other_template(tree, at)?;
        self.switch_to(importer);
        self.out.truncate(start);
        let public = self.pages[page].public_from(count);
        match &parts.names {
            Imported::Whole(name) => self.names.set(name, Bound::Value(public.into())),
            Imported::Some(names) => {
                for (there, here, at) in names {
                    let Some(value) = public.get(there) else {
                        let known = public.iter().map(|(name, _)| name);
                        let what = format!("name in {}", tree.name);
                        return self.error(*at, unknown(&what, there, known));
                    };
                    self.names.set(here, Bound::Value(value.clone()));
                }
            }
        }
        Ok(())
    }
}
