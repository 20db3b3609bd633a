//! From an expression to its value.
//!
//! What is only printed or compared is borrowed, not cloned: counting the users of a shared value
//! is slow when two processors share the count. See [`Names::peek`](super::names::Names::peek).

use super::function::{bind, find, unknown};
use super::lists::{range, slice};
use super::methods::methods_of;
use super::mistake::Rendering;
use super::operators::{Operator, signed};
use super::renderer::Renderer;
use super::tree::{Arguments, Expression, ExpressionKind as Kind, Filter};
use crate::value::{Local, Map, Value};

impl<'a> Renderer<'a> {
    /// The value of an expression.
    pub fn evaluate(&mut self, expression: &'a Expression) -> Rendering<Value> {
        match self.made(expression)? {
            Some(value) => Ok(value),
            None => Ok(self.lent(&None, expression).clone()),
        }
    }

    /// True if the value of an expression counts as true.
    pub fn truth(&mut self, expression: &'a Expression) -> Rendering<bool> {
        let made = self.made(expression)?;
        Ok(self.lent(&made, expression).is_true())
    }

    /// The value of an expression, if it must be made. If it can be borrowed, there is none:
    /// [`Renderer::lent`] borrows it.
    fn made(&mut self, expression: &'a Expression) -> Rendering<Option<Value>> {
        if self.names.peek(expression).is_some() {
            return Ok(None);
        }
        self.enter(expression.at)?;
        let value = self.make(expression)?;
        self.leave();
        Ok(Some(value))
    }

    /// What was made, or else what can be borrowed.
    fn lent<'s>(&'s self, made: &'s Option<Value>, expression: &'s Expression) -> &'s Value {
        made.as_ref().or_else(|| self.names.peek(expression)).unwrap_or(&Value::Undefined)
    }

    fn make(&mut self, expression: &'a Expression) -> Rendering<Value> {
        let at = expression.at;
        match &expression.kind {
            Kind::Constant(value) => Ok(value.clone()),
            Kind::Name(name) => Ok(self.names.ask(name)),
            Kind::List(parts) => Ok(self.all(parts)?.into()),
            Kind::Tuple(parts) => {
                Ok(Value::sequence(crate::value::SequenceKind::Tuple, self.all(parts)?))
            }
            Kind::Dict(pairs) => self.dict(pairs),
            Kind::Attribute(of, name) => self.attribute(of, name, at),
            Kind::Index(of, index) => self.index(of, index),
            Kind::Slice(of, bounds) => self.slice(of, bounds, at),
            Kind::Call(callee, arguments) => self.call(callee, arguments, at),
            Kind::Filter(of, name, filter, arguments) => {
                self.filtered(of, name, *filter, arguments, at)
            }
            Kind::Test(of, test, arguments) => {
                let (placed, named) = self.arguments(arguments)?;
                let what = format_args!("the test {}", test.name).to_string();
                let arguments = self.placed(at, bind(&what, test.parameters, placed, &named))?;
                let made = self.made(of)?;
                self.placed(at, (test.call)(self.lent(&made, of), &arguments))
            }
            Kind::Sign(sign, of) => {
                let made = self.made(of)?;
                self.must_be_defined(&made, of)?;
                self.placed(at, signed(*sign, self.lent(&made, of)))
            }
            Kind::Binary(operator, left, right, constant) => {
                match self.operate(operator, left, right, at)? {
                    Value::Html(text) if *constant => Ok(Value::Str(text)),
                    value => Ok(value),
                }
            }
            Kind::Compare(first, steps) => self.compare(first, steps),
            Kind::Not(of) => Ok((!self.truth(of)?).into()),
            Kind::And(left, right) | Kind::Or(left, right) => {
                let value = self.evaluate(left)?;
                let decided = value.is_true() == matches!(expression.kind, Kind::Or(..));
                if decided { Ok(value) } else { self.evaluate(right) }
            }
            Kind::Choice(test, yes, no) => match (self.truth(test)?, no) {
                (true, _) => self.evaluate(yes),
                (false, Some(no)) => self.evaluate(no),
                (false, None) => Ok(Value::Undefined),
            },
        }
    }

    #[inline(never)]
    fn all(&mut self, expressions: &'a [Expression]) -> Rendering<Vec<Value>> {
        let mut all = Vec::with_capacity(expressions.len());
        for expression in expressions {
            all.push(self.evaluate(expression)?);
        }
        Ok(all)
    }

    /// An error if the value is undefined: it names what was looked for.
    fn must_be_defined(&self, made: &Option<Value>, expression: &'a Expression) -> Rendering {
        if *self.lent(made, expression) != Value::Undefined {
            return Ok(());
        }
        match expression.undefined_part() {
            Some(part) => self.error(part.at, self.names.describe(part)),
            None => self.error(expression.at, "the value is undefined"),
        }
    }

    #[inline(never)]
    fn dict(&mut self, pairs: &'a [(Expression, Expression)]) -> Rendering<Value> {
        let mut entries: Vec<(Value, Value)> = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let at = key.at;
            let (key, value) = (self.evaluate(key)?, self.evaluate(value)?);
            if !key.can_be_key() {
                return self.error(at, format!("found {}, which cannot be a key", key.type_name()));
            }
            match entries.iter_mut().find(|(known, _)| known.equals(&key)) {
                Some(entry) => entry.1 = value,
                None => entries.push((key, value)),
            }
        }
        Ok(Value::dict(entries))
    }

    #[inline(never)]
    fn attribute(&mut self, of: &'a Expression, name: &'a str, at: usize) -> Rendering<Value> {
        let made = self.made(of)?;
        match self.lent(&made, of) {
            Value::Undefined => {
                let part = of.undefined_part().unwrap_or(of);
                let described = self.names.describe(part);
                self.error(part.at, format!("{described}, so it has no \"{name}\""))
            }
            Value::Local(Local::Loop(number)) => self.loop_attribute(*number, name, at),
            // A method that is not called prints as `<built-in method items …>`, which nobody wants
            // on a page.
            value if methods_of(value).iter().any(|method| method.name == name) => {
                let (kind, other) = match value.pairs() {
                    Some(_) => ("the dict", format!(" or, for the key, ['{name}']")),
                    None => (value.type_name(), String::new()),
                };
                let message =
                    format!("\"{name}\" is a method of {kind}, expected .{name}(){other}");
                self.error(at, message)
            }
            value => Ok(value.under(&name.into()).cloned().unwrap_or(Value::Undefined)),
        }
    }

    fn loop_attribute(&self, number: usize, name: &str, at: usize) -> Rendering<Value> {
        const NAMES: [&str; 8] =
            ["index", "index0", "revindex", "revindex0", "first", "last", "length", "cycle"];
        let Some(state) = self.loops.get(number) else {
            return self.error(at, "this loop is over");
        };
        let left = state.length - state.index;
        Ok(match name {
            "index" => (state.index + 1).into(),
            "index0" => state.index.into(),
            "revindex" => left.into(),
            "revindex0" => (left - 1).into(),
            "first" => (state.index == 0).into(),
            "last" => (left == 1).into(),
            "length" => state.length.into(),
            _ => return self.error(at, unknown("name in loop:", name, NAMES)),
        })
    }

    #[inline(never)]
    fn index(&mut self, of: &'a Expression, index: &'a Expression) -> Rendering<Value> {
        let made = self.made(of)?;
        self.must_be_defined(&made, of)?;
        let made_index = self.made(index)?;
        let (value, key) = (self.lent(&made, of), self.lent(&made_index, index));
        match (value, value.as_str(), key.whole()) {
            (Value::Local(Local::Loop(number)), ..) => {
                self.loop_attribute(*number, key.as_str().unwrap_or_default(), index.at)
            }
            (_, Some(text), Some(at)) => {
                let count = text.chars().count();
                let character = super::kinds::place(at, count).and_then(|at| text.chars().nth(at));
                let letter = |letter: char| Value::text(letter.to_string(), value.is_safe());
                Ok(character.map_or(Value::Undefined, letter))
            }
            _ => Ok(value.under(key).cloned().unwrap_or(Value::Undefined)),
        }
    }

    #[inline(never)]
    fn slice(
        &mut self,
        of: &'a Expression,
        bounds: &'a [Option<Expression>; 2],
        at: usize,
    ) -> Rendering<Value> {
        let made = self.made(of)?;
        self.must_be_defined(&made, of)?;
        let mut numbers = [None, None];
        for (number, bound) in numbers.iter_mut().zip(bounds) {
            if let Some(bound) = bound {
                *number = Some(self.evaluate(bound)?);
            }
        }
        self.placed(at, slice(self.lent(&made, of), numbers))
    }

    fn operate(
        &mut self,
        operator: &'static Operator,
        left: &'a Expression,
        right: &'a Expression,
        at: usize,
    ) -> Rendering<Value> {
        let (made_left, made_right) = (self.made(left)?, self.made(right)?);
        let (a, b) = (self.lent(&made_left, left), self.lent(&made_right, right));
        if *a == Value::Undefined || *b == Value::Undefined {
            // Where `%` fills in a string, an undefined value fills in nothing.
            if !operator.takes_undefined {
                self.must_be_defined(&made_left, left)?;
                if operator.sign != "%" || a.as_str().is_none() {
                    self.must_be_defined(&made_right, right)?;
                }
            }
            if operator.sign == "~" {
                let (a, b) = (a.clone(), b.clone());
                self.warn_undefined(&a, left);
                self.warn_undefined(&b, right);
            }
        }
        let (a, b) = (self.lent(&made_left, left), self.lent(&made_right, right));
        self.placed(at, (operator.call)(a, b))
    }

    #[inline(never)]
    fn compare(
        &mut self,
        first: &'a Expression,
        steps: &'a [(&'static Operator, usize, Expression)],
    ) -> Rendering<Value> {
        let mut left = first;
        for (operator, at, right) in steps {
            if !self.operate(operator, left, right, *at)?.is_true() {
                return Ok(false.into());
            }
            left = right;
        }
        Ok(true.into())
    }

    #[inline(never)]
    fn arguments(&mut self, arguments: &'a Arguments) -> Rendering<(Vec<Value>, Map)> {
        let mut placed = Vec::with_capacity(arguments.placed.len());
        for value in &arguments.placed {
            placed.push(self.kept(value)?);
        }
        let mut named = Map::new();
        for (name, value) in &arguments.named {
            named.insert(name.clone(), self.kept(value)?);
        }
        Ok((placed, named))
    }

    #[inline(never)]
    fn filtered(
        &mut self,
        of: &'a Expression,
        name: &'a str,
        filter: Filter,
        arguments: &'a Arguments,
        at: usize,
    ) -> Rendering<Value> {
        let made = self.made(of)?;
        if !matches!(name, "default" | "d") && *self.lent(&made, of) == Value::Undefined {
            self.names.warn(self.position.tree, of);
        }
        let (mut placed, named) = self.arguments(arguments)?;
        let input = self.lent(&made, of);
        let result = match filter {
            Filter::Custom(filter) => {
                placed.extend((!named.is_empty()).then(|| Value::Map(named)));
                filter(input, &placed)
            }
            Filter::BuiltIn(row) if named.is_empty() && placed.len() <= row.parameters.len() => {
                (row.call)(input, &placed)
            }
            Filter::BuiltIn(row) => {
                bind(&format!("the filter {name}"), row.parameters, placed, &named)
                    .and_then(|placed| (row.call)(input, &placed))
            }
        };
        self.placed(at, result)
    }

    #[inline(never)]
    fn call(
        &mut self,
        callee: &'a Expression,
        arguments: &'a Arguments,
        at: usize,
    ) -> Rendering<Value> {
        let (placed, named) = self.arguments(arguments)?;
        match &callee.kind {
            Kind::Name(name) => match self.names.peek(callee) {
                Some(Value::Local(Local::Macro(number))) => {
                    let number = *number;
                    self.call_macro(number, placed, &named, at)
                }
                Some(value) => {
                    self.error(at, format!("{name} is {}, not a function", value.type_name()))
                }
                None => self.function(name, placed, &named, at),
            },
            Kind::Attribute(of, name) => self.method(of, name, placed, &named, callee.at),
            _ => self.error(at, "only a name or a method can be called"),
        }
    }

    fn function(
        &mut self,
        name: &'a str,
        placed: Vec<Value>,
        named: &Map,
        at: usize,
    ) -> Rendering<Value> {
        match name {
            "range" if named.is_empty() => return self.placed(at, range(&placed)),
            "super" if named.is_empty() && placed.is_empty() => return self.super_block(at),
            _ => {}
        }
        match self.names.call(name, &placed, named) {
            Some(result) => self.placed(at, result),
            None => {
                let near = self.names.hint(name, ["range", "super"]);
                self.error(at, format!("there is no function \"{name}\"{near}"))
            }
        }
    }

    fn method(
        &mut self,
        of: &'a Expression,
        name: &'a str,
        mut placed: Vec<Value>,
        named: &Map,
        at: usize,
    ) -> Rendering<Value> {
        let made = self.made(of)?;
        if let Kind::Name(of) = &of.kind
            && of == "self"
        {
            return self.error(at, format!("found self.{name}(), which is left out"));
        }
        self.must_be_defined(&made, of)?;
        let value = self.lent(&made, of);
        match value {
            Value::Local(Local::Loop(number)) if name == "cycle" && !placed.is_empty() => {
                let index = self.loops.get(*number).map_or(0, |state| state.index);
                return Ok(placed.swap_remove(index % placed.len()));
            }
            Value::Map(map) => {
                if let Some(Value::Local(Local::Macro(number))) = map.get(name) {
                    let number = *number;
                    return self.call_macro(number, placed, named, at);
                }
            }
            _ => {}
        }
        let what = format!("method of {}", value.type_name());
        let result = find(methods_of(value), &what, name).and_then(|method| {
            let what = format!("{name}()");
            (method.call)(value, &bind(&what, method.parameters, placed, named)?)
        });
        self.placed(at, result)
    }
}
