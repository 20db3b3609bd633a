//! Deeper: pages of several templates: `extends`, `block`, `super()`, `include`, `import`, macros.
//!
//! A page and the layouts above it are a family: the page first, the layout that extends nothing
//! last. Their bodies run in that order; all but the last print nothing. Where the last one has a
//! block, the first of the family that has a block of that name fills it in, and `super()` asks the
//! next.
//!
//! An included template has a family of its own, and sees the names of the page around it. An
//! imported template is run once for its macros. A macro is a value: it may have a name, be in a
//! module, or be given to another macro.
//!
//! Left out: `self.name()`, which repeats a block; `super.super()`; values of a module under the
//! name of a method of dicts, as in `module.values`; printing what a module prints. In
//! Jinja a name that the other template has not is imported as an undefined value; here that is an
//! error, so that a wrong name is found at once.

use super::function::{bind, unknown};
use super::mistake::Rendering;
use super::names::{Family, Names, Scope};
use super::renderer::Renderer;
use super::tree::{Expression, Macro, Term, Tree};
use crate::value::{Local, Map, Text, Value};
use std::borrow::Cow;

impl<'a> Renderer<'a> {
    /// A whole template: its own body, then those of the templates that it extends.
    pub fn template(&mut self) -> Rendering {
        let mut generation = 0;
        while let Some((tree, _)) = self.family().templates.get(generation).copied() {
            self.family().templates[generation].1 = self.family().names.len();
            self.names.scope = Scope { tree, generation, silent: false, ..self.names.scope };
            let result = self.nodes(&tree.body);
            self.placed(tree.source.len(), result)?;
            generation += 1;
        }
        Ok(())
    }

    fn family(&mut self) -> &mut Family<'a> {
        &mut self.names.families[self.names.scope.family]
    }

    /// The block of this name, in the version of the first template of the family from `generation`
    /// on that has one; false if none has.
    pub fn block(&mut self, name: &'a Text, generation: usize) -> Rendering<bool> {
        let mut generation = generation;
        while let Some((tree, _)) = self.family().templates.get(generation).copied() {
            if let Some((_, body)) = tree.blocks.iter().find(|(known, _)| known == name) {
                let own = Scope { tree, generation, block: Some(name), ..self.names.scope };
                self.within(self.names.apart(own), |renderer| renderer.nodes(body))?;
                return Ok(true);
            }
            generation += 1;
        }
        Ok(false)
    }

    /// What `super()` stands for: this block in the next template of the family that has one.
    pub fn super_block(&mut self) -> Rendering<Value> {
        let Some(name) = self.names.scope.block else {
            return Err("found super() outside of a block".to_owned().into());
        };
        let start = self.out.len();
        if self.block(name, self.names.scope.generation + 1)? {
            return Ok(self.cut_off(start)?);
        }
        Err(format!("found super(), but no template above has a block {}", &**name).into())
    }

    /// `extends`: the template goes on without printing, and the other one comes after it.
    #[inline(never)]
    pub fn extends(&mut self, name: &'a Expression) -> Rendering {
        if self.names.scope.silent {
            return Err("found a second {% extends %}, expected one at most".to_owned().into());
        }
        let tree = self.named_template(name)?;
        if self.family().templates.iter().any(|(known, _)| known.name == tree.name) {
            return Err(format!("{} extends itself", tree.name).into());
        }
        self.family().templates.push((tree, usize::MAX));
        self.names.scope.silent = true;
        Ok(())
    }

    /// `include`: the other template prints at this place. What it sets ends with it.
    #[inline(never)]
    pub fn include(&mut self, name: &'a Expression) -> Rendering {
        let tree = self.named_template(name)?;
        let number = self.other_template(tree, true)?;
        self.names.families.truncate(number);
        Ok(())
    }

    /// `import` and `from … import`: runs the other template, drops what it prints, and gives names
    /// to what it has set. As in Jinja, names that begin with an underscore are private.
    #[inline(never)]
    pub fn import(
        &mut self,
        name: &'a Expression,
        with_context: bool,
        names: &'a [(Option<String>, Text, usize)],
    ) -> Rendering {
        let start = self.out.len();
        let tree = self.named_template(name)?;
        let number = self.other_template(tree, with_context)?;
        self.out.truncate(start);
        // The names stay as long as the page, because macros see them.
        let kept = self.names.families[number].names.len() + 1;
        self.count(kept, 0)?;
        let family = &self.names.families[number];
        let own = family.names[family.templates[0].1..].iter();
        let own = own.filter_map(|(name, bound)| Some((&***name, self.names.value_of(bound)?)));
        let module: Map = own.filter(|(name, _)| !name.starts_with('_')).collect();
        for (there, here, at) in names {
            let value = match there {
                None => Ok(module.clone().into()),
                Some(there) => module.get(there).cloned().ok_or_else(|| {
                    let what = format!("name in {}", tree.name);
                    Box::from(unknown(&what, there, module.iter().map(|(name, _)| name)))
                }),
            };
            let value = self.placed(*at, value)?;
            self.names.set(here, value);
        }
        Ok(())
    }

    /// Runs a template at this place, as a family of its own, whose number is returned. It sees all
    /// names of this place, or none.
    fn other_template(&mut self, tree: &'a Tree, with_context: bool) -> Rendering<usize> {
        let seen = self.names.visible().filter(|_| with_context);
        let names: Vec<_> = seen.cloned().collect();
        let variables = self.names.families[self.names.scope.family].variables;
        let variables = variables.filter(|_| with_context);
        let family = self.names.families.len();
        self.names.families.push(Family::new(tree, names, variables));
        let own = self.names.apart(Scope { family, block: None, ..self.names.scope });
        self.within(Scope { at_top: true, ..own }, Renderer::template)?;
        Ok(family)
    }

    /// The template whose name this is.
    fn named_template(&mut self, name: &'a Expression) -> Rendering<&'a Tree> {
        let value = match &name.kind {
            Term::Constant(value) => Cow::Borrowed(value),
            _ => Cow::Owned(self.evaluate(name)?),
        };
        let wrong = || format!("found {}, expected the name of a template", value.type_name());
        self.shelf.tree(value.as_str().ok_or_else(wrong)?)
    }

    /// `{% macro name(…) %}`: the macro becomes a value.
    pub fn define(&mut self, parts: &'a Macro) {
        let Names { scope, frames, .. } = &self.names;
        let own = (parts, *scope, frames.len());
        let is_same = |(known, at, frames): &(&Macro, Scope, usize)| {
            std::ptr::eq(*known, parts)
                && (at.family, at.floor, *frames) == (scope.family, scope.floor, own.2)
        };
        let number = self.macros.iter().position(is_same).unwrap_or(self.macros.len());
        if number == self.macros.len() {
            self.macros.push(own);
        }
        self.names.set(&parts.name, Value::Local(Local::Macro(number)));
    }

    /// What a macro prints. It sees what the scope around it sees, and its parameters.
    #[inline(never)]
    pub fn call_macro(
        &mut self,
        number: usize,
        (placed, named): (Vec<Value>, Map),
    ) -> Rendering<Value> {
        let known = self.macros.get(number).copied();
        let (parts, scope, frame) = known.ok_or("this macro belongs to another page".to_owned())?;
        let names: Vec<&str> = parts.parameters.iter().map(|(name, _)| &**name).collect();
        let values = bind(&parts.name, &names, placed, &named)?;
        let start = self.out.len();
        // The scope around a macro is still open, but between it and here there may be others.
        let end = self.names.frames.get(frame).copied().unwrap_or(self.names.stack.len());
        let around = self.names.stack.get(scope.floor..end).filter(|_| !scope.at_top);
        let around = around.unwrap_or_default().to_vec();
        self.within(self.names.apart(scope), |renderer| {
            renderer.names.stack.extend(around);
            for ((name, _), value) in parts.parameters.iter().zip(&values) {
                renderer.names.set(name, value.clone().unwrap_or(Value::Undefined));
            }
            // A default sees all parameters; it and those after it have no value yet.
            for ((name, default), value) in parts.parameters.iter().zip(&values) {
                if let Some(default) = default.as_ref().filter(|_| value.is_none()) {
                    let value = renderer.evaluate(default)?;
                    renderer.names.set(name, value);
                }
            }
            renderer.nodes(&parts.body)?;
            Ok(renderer.cut_off(start)?)
        })
    }
}
