//! Deeper: filters, functions, methods and macros: all that has values in brackets.
//!
//! The values are computed first, from left to right, then bound to the parameters by place or by
//! name, then the function is called. A function returns a sentence if it cannot do what it should;
//! here the sentence gets a line and a column.
//!
//! A macro is a value: it may have a name, be in a module, or be given to another macro. As a value
//! it is a number in [`Renderer::macros`].

use super::function::{Function, bind, find};
use super::lists::range;
use super::methods::methods_of;
use super::mistake::Rendering;
use super::names::Bound;
use super::renderer::{Definition, Renderer};
use super::tree::{Arguments, Expression, ExpressionKind, Filter, Macro};
use crate::value::{Local, Map, Value};

impl<'a> Renderer<'a> {
    /// The values of a call: those by place, and those by name.
    #[inline(never)]
    pub(super) fn arguments(&mut self, arguments: &'a Arguments) -> Rendering<(Vec<Value>, Map)> {
        let mut placed = Vec::with_capacity(arguments.placed.len());
        for value in &arguments.placed {
            placed.push(self.kept(value)?);
        }
        let mut named = Map::new();
        for (name, value) in &arguments.named {
            named.insert(&**name, self.kept(value)?);
        }
        Ok((placed, named))
    }

    /// What a filter makes of a value. An undefined value adds a warning, unless the filter is
    /// `default`, which is made for it.
    #[inline(never)]
    pub(super) fn filtered(
        &mut self,
        of: &'a Expression,
        name: &'a str,
        filter: Filter,
        arguments: &'a Arguments,
        at: usize,
    ) -> Rendering<Value> {
        let input = self.evaluate(of)?;
        if !matches!(name, "default" | "d") {
            self.names.warn(&input, of);
        }
        let (mut placed, named) = self.arguments(arguments)?;
        match filter {
            Filter::BuiltIn(row) => self.apply("filter", row, &input, (placed, named), at),
            Filter::Custom(filter) => {
                placed.extend((!named.is_empty()).then_some(named.into()));
                self.placed(at, filter(&input, &placed))
            }
        }
    }

    /// Calls a row of a table of functions.
    pub(super) fn apply(
        &self,
        kind: &str,
        row: &Function,
        value: &Value,
        (placed, named): (Vec<Value>, Map),
        at: usize,
    ) -> Rendering<Value> {
        let values = bind(row.parameters, placed, &named)
            .map_err(|problem| format!("the {kind} {} {problem}", row.name));
        self.placed(at, values.and_then(|values| (row.call)(value, &values)))
    }

    /// A call: of a method if there is a point before the name, else of a macro, else of a function
    /// of the application.
    #[inline(never)]
    pub(super) fn call(
        &mut self,
        callee: &'a Expression,
        arguments: &'a Arguments,
        at: usize,
    ) -> Rendering<Value> {
        let given = self.arguments(arguments)?;
        let name = match &callee.kind {
            ExpressionKind::Attribute(of, name) => return self.method(of, name, given, callee.at),
            ExpressionKind::Name(name) => name,
            _ => return self.error(at, "only a name or a method can be called"),
        };
        match self.names.peek(callee) {
            Some(Value::Local(Local::Macro(number))) => self.call_macro(*number, given, at),
            Some(value) => {
                self.error(at, format!("{name} is {}, not a function", value.type_name()))
            }
            None => self.function(name, &given, at),
        }
    }

    /// A call of a name that is no macro: `range`, `super`, or a function of the application.
    fn function(
        &mut self,
        name: &'a str,
        (placed, named): &(Vec<Value>, Map),
        at: usize,
    ) -> Rendering<Value> {
        match name {
            "range" if named.is_empty() => return self.placed(at, range(placed)),
            "super" if named.is_empty() && placed.is_empty() => return self.super_block(at),
            _ => {}
        }
        match self.names.call(name, placed, named) {
            Some(result) => self.placed(at, result),
            None => {
                let near = self.names.hint(name, ["range", "super"]);
                self.error(at, format!("there is no function \"{name}\"{near}"))
            }
        }
    }

    /// A call of a name behind a point: a macro that was imported, `loop.cycle`, or a row of a
    /// table of methods.
    fn method(
        &mut self,
        of: &'a Expression,
        name: &'a str,
        mut given: (Vec<Value>, Map),
        at: usize,
    ) -> Rendering<Value> {
        let value = self.defined(of)?;
        match (&value, value.get(name)) {
            (_, Some(Value::Local(Local::Macro(number)))) => self.call_macro(*number, given, at),
            (Value::Local(Local::Loop(number)), _) if name == "cycle" && !given.0.is_empty() => {
                let index = self.loops.get(*number).map_or(0, |state| state.index);
                let place = index % given.0.len();
                Ok(given.0.swap_remove(place))
            }
            _ => {
                let what = format!("method of {}", value.type_name());
                let method = self.placed(at, find(methods_of(&value), &what, name))?;
                self.apply("method", method, &value, given, at)
            }
        }
    }

    /// `{% macro name(…) %}`: the macro becomes a value.
    pub(super) fn define(&mut self, parts: &'a Macro) {
        let same = |known: &Definition| {
            std::ptr::eq(known.parts, parts) && known.page == self.names.scope.page
        };
        let number = self.macros.iter().position(same).unwrap_or(self.macros.len());
        if number == self.macros.len() {
            let (tree, page) = (self.names.scope.tree, self.names.scope.page);
            self.macros.push(Definition { parts, tree, page });
        }
        self.names.set(&parts.name, Bound::Value(Value::Local(Local::Macro(number))));
    }

    /// What a macro prints. It sees what its template has set at the top, and its parameters.
    #[inline(never)]
    fn call_macro(
        &mut self,
        number: usize,
        (placed, named): (Vec<Value>, Map),
        at: usize,
    ) -> Rendering<Value> {
        let Some(&Definition { parts, tree, page }) = self.macros.get(number) else {
            return self.error(at, "this macro belongs to another page");
        };
        let values = bind(&parts.parameters, placed, &named)
            .or_else(|problem| self.error(at, format!("the macro {} {problem}", parts.name)))?;
        let start = self.out.len();
        let outer = self.open(self.names.apart(tree, page), at)?;
        // The defaults belong to the last parameters. A default sees the parameters before it.
        let first_default = parts.parameters.len() - parts.defaults.len();
        for (at, name) in parts.parameters.iter().enumerate() {
            let default = at.checked_sub(first_default).map(|at| &parts.defaults[at]);
            let value = match (values.get(at), default) {
                (None | Some(Value::Undefined), Some(default)) => self.kept(default)?,
                (value, _) => value.cloned().unwrap_or(Value::Undefined),
            };
            self.names.set(name, Bound::Value(value));
        }
        self.nodes(&parts.body)?;
        self.names.close(outer);
        Ok(self.cut_off(start))
    }
}
