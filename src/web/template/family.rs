//! Deeper: pages of several templates: `extends`, `block`, `super()`, `include` and `import`.
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

use super::function::unknown;
use super::mistake::Rendering;
use super::names::Bound;
use super::renderer::Renderer;
use super::tree::{Expression, Import, Imported, Tree};
use crate::value::Value;

impl<'a> Renderer<'a> {
    /// A whole template: its own body, then those of the templates that it extends.
    pub fn template(&mut self) -> Rendering {
        let mut generation = 0;
        while let Some(tree) = self.family().get(generation).copied() {
            (self.names.scope.tree, self.names.scope.silent) = (tree, false);
            self.nodes(&tree.body)?;
            generation += 1;
        }
        Ok(())
    }

    fn family(&mut self) -> &mut Vec<&'a Tree> {
        &mut self.names.pages[self.names.scope.page].family
    }

    /// The block of this name, in the version of the first template of the family from `generation`
    /// on that has one; false if none has.
    pub fn block(&mut self, name: &'a str, generation: usize) -> Rendering<bool> {
        let block_in = |tree: &'a Tree| tree.blocks.iter().find(|block| block.name == name);
        let mut found = self.family().iter().enumerate().skip(generation);
        let found = found.find_map(|(at, tree)| Some((at, *tree, block_in(tree)?)));
        let Some((generation, tree, block)) = found else {
            return Ok(false);
        };
        let mut scope = self.names.apart(tree, self.names.scope.page);
        scope.block = Some((name, generation));
        self.inside(scope, &block.body, 0)?;
        Ok(true)
    }

    /// What `super()` stands for: this block in the next template of the family that has one.
    pub fn super_block(&mut self, at: usize) -> Rendering<Value> {
        let Some((name, generation)) = self.names.scope.block else {
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

    /// `extends`: the template goes on without printing, and the other one comes after it.
    #[inline(never)]
    pub(super) fn extends(&mut self, name: &'a Expression) -> Rendering {
        if self.names.scope.silent {
            return self.error(name.at, "found a second {% extends %}, expected one at most");
        }
        let tree = self.named_template(name)?;
        if self.family().iter().any(|known| known.name == tree.name) {
            return self.error(name.at, format!("{} extends itself", tree.name));
        }
        self.family().push(tree);
        self.names.scope.silent = true;
        Ok(())
    }

    /// `include`: the other template prints at this place. What it sets ends with it.
    #[inline(never)]
    pub(super) fn include(&mut self, name: &'a Expression) -> Rendering {
        let tree = self.named_template(name)?;
        let page = self.other_template(tree, name.at, true)?;
        self.names.pages.truncate(page);
        Ok(())
    }

    /// Runs a template at this place, as a page of its own, whose number is returned.
    fn other_template(&mut self, tree: &'a Tree, at: usize, context: bool) -> Rendering<usize> {
        let page = self.names.add_page(tree, context);
        let mut scope = self.names.apart(tree, page);
        scope.at_top = true;
        let outer = self.open(scope, at)?;
        self.template()?;
        self.names.close(outer);
        Ok(page)
    }

    /// The template that the expression names: with a list of names, the first that is there.
    fn named_template(&mut self, expression: &'a Expression) -> Rendering<&'a Tree> {
        let (value, at) = (self.evaluate(expression)?, expression.at);
        let names = match value.as_list() {
            Some(names) => names,
            None => std::slice::from_ref(&value),
        };
        let mut problem = None;
        for name in names {
            let Some(name) = name.as_str() else {
                let found = name.type_name();
                return self.error(at, format!("found {found}, expected the name of a template"));
            };
            match self.shelf.tree(name)? {
                Ok(tree) => return Ok(tree),
                Err(missing) => _ = problem.get_or_insert(missing),
            }
        }
        self.error(at, problem.unwrap_or_else(|| "found no name of a template".to_owned()))
    }

    /// `import` and `from … import`: runs the other template, drops what it prints, and gives names
    /// to what it has set.
    #[inline(never)]
    pub(super) fn import(&mut self, parts: &'a Import) -> Rendering {
        let tree = self.named_template(&parts.template)?;
        let start = self.out.len();
        let page = self.other_template(tree, parts.template.at, parts.with_context)?;
        self.out.truncate(start);
        let public = self.names.public(page);
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
