//! Deeper: from an expression to its value.
//!
//! An undefined value is no error in itself, as in Jinja: it may be printed, tested, compared with
//! `==` and looped over. It is one where Python could do nothing with it: in arithmetic, in `<`, as
//! the owner of an attribute, in a call. The message then has the path as the template has it, and
//! the nearest name.
//!
//! What is only printed or tested is borrowed, not cloned: counting the users of a shared value is
//! slow when two processors share the count. See [`Names::peek`](super::names::Names::peek).
//!
//! What has values in brackets (filters, tests, functions, methods, macros) gets them computed from
//! left to right, and bound to its parameters by place or by name. A function returns a sentence if
//! it cannot do what it should; here the sentence gets a line and a column.

use super::function::{Function, bind, find, unknown};
use super::kinds::place;
use super::lists::{range, slice};
use super::methods::methods_of;
use super::mistake::Rendering;
use super::names::LOOP_NAMES;
use super::operators::{Operator, signed};
use super::renderer::Renderer;
use super::tree::{Arguments, Expression, ExpressionKind as Kind};
use crate::value::{Local, Map, SequenceKind, Value};

impl<'a> Renderer<'a> {
    /// The value of an expression.
    pub fn evaluate(&mut self, expression: &'a Expression) -> Rendering<Value> {
        if let Some(value) = self.names.peek(expression) {
            return Ok(value.clone());
        }
        self.enter(expression.at)?;
        let value = self.compute(expression)?;
        self.names.scope.depth -= 1;
        Ok(value)
    }

    /// The value of an expression that must be defined.
    fn defined(&mut self, expression: &'a Expression) -> Rendering<Value> {
        let value = self.evaluate(expression)?;
        self.must_be_defined(&value, expression)?;
        Ok(value)
    }

    /// True if the value of an expression counts as true.
    pub fn truth(&mut self, expression: &'a Expression) -> Rendering<bool> {
        match self.names.peek(expression) {
            Some(value) => Ok(value.is_true()),
            None => Ok(self.evaluate(expression)?.is_true()),
        }
    }

    /// One arm for each kind of expression. What needs more than a few lines is a function of its
    /// own, so that this one, which calls itself for each level, needs little stack.
    fn compute(&mut self, expression: &'a Expression) -> Rendering<Value> {
        let at = expression.at;
        match &expression.kind {
            Kind::Constant(value) => Ok(value.clone()),
            Kind::Name(name) => Ok(self.names.ask(name)),
            Kind::List(parts) => Ok(self.all(parts)?.into()),
            Kind::Tuple(parts) => Ok(Value::sequence(SequenceKind::Tuple, self.all(parts)?)),
            Kind::Dict(pairs) => self.dict(pairs),
            Kind::Attribute(of, name) => self.attribute(of, name, at),
            Kind::Index(parts) => self.index(&parts[0], &parts[1]),
            Kind::Slice(of, bounds) => self.slice(of, bounds, at),
            Kind::Call(callee, arguments) => self.call(callee, arguments, at),
            Kind::Filter(of, filter, arguments) => self.filtered(of, filter, arguments, at),
            Kind::Test(of, test, arguments) => {
                let given = self.arguments(arguments)?;
                let value = self.evaluate(of)?;
                self.apply("test", test, &value, given, at)
            }
            Kind::Sign(plus, of) => {
                let value = self.defined(of)?;
                self.placed(at, signed(*plus, &value))
            }
            Kind::Binary(operator, parts, is_constant) => {
                let left = self.evaluate(&parts[0])?;
                match self.operate(operator, (&left, &parts[0]), &parts[1], at)?.0 {
                    Value::Html(text) if *is_constant => Ok(Value::Str(text)),
                    value => Ok(value),
                }
            }
            Kind::Compare(first, steps) => self.compare(first, steps),
            Kind::Not(of) => Ok((!self.truth(of)?).into()),
            // As in Python, the operand itself is the result: `name or 'nobody'`.
            Kind::Logic(is_or, parts) => {
                let value = self.evaluate(&parts[0])?;
                if value.is_true() == *is_or { Ok(value) } else { self.evaluate(&parts[1]) }
            }
            Kind::Choice(parts, no) => match (self.truth(&parts[1])?, no) {
                (true, _) => self.evaluate(&parts[0]),
                (false, Some(no)) => self.evaluate(no),
                // `'x' if a` without else: nothing is printed, and there is no warning.
                (false, None) => Ok(Value::Undefined),
            },
        }
    }

    /// The values of several expressions, from left to right.
    #[inline(never)]
    fn all(&mut self, expressions: &'a [Expression]) -> Rendering<Vec<Value>> {
        expressions.iter().map(|expression| self.evaluate(expression)).collect()
    }

    /// An error if the value is undefined: it names what was looked for.
    fn must_be_defined(&self, value: &Value, expression: &Expression) -> Rendering {
        match expression.undefined_part() {
            _ if !value.is_undefined() => Ok(()),
            Some(part) => self.error(part.at, self.names.describe(part)),
            None => self.error(expression.at, "the value is undefined"),
        }
    }

    /// `{key: value}`: of two equal keys the last wins, as in Python.
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

    /// `a.name`: a key of a dict, or what `loop` knows. An attribute of an undefined value is an
    /// error. A key that the dict does not have is no error, but an undefined value.
    #[inline(never)]
    fn attribute(&mut self, of: &'a Expression, name: &'a str, at: usize) -> Rendering<Value> {
        let value = self.evaluate(of)?;
        if let Value::Local(Local::Loop(number)) = value {
            return self.unknown_in_loop(number, name, at);
        }
        if value.is_undefined() {
            let part = of.undefined_part().unwrap_or(of);
            let described = self.names.describe(part);
            return self.error(part.at, format!("{described}, so it has no \"{name}\""));
        }
        // In Jinja a method that is not called prints as `<built-in method items …>`. No author
        // wants that on a page.
        if methods_of(&value).iter().any(|method| method.name == name) {
            let key = value.pairs().map(|_| format!(" or, for the key, ['{name}']"));
            let (kind, key) = (value.type_name(), key.unwrap_or_default());
            let message = format!("\"{name}\" is a method of {kind}, expected .{name}(){key}");
            return self.error(at, message);
        }
        Ok(value.under(&name.into()).cloned().unwrap_or(Value::Undefined))
    }

    /// The error for what `loop` does not have, with the nearest name.
    fn unknown_in_loop<T>(&self, number: usize, name: &str, at: usize) -> Rendering<T> {
        match self.names.loops.get(number) {
            Some(_) => self.error(at, unknown("name in loop:", name, LOOP_NAMES)),
            None => self.error(at, "this loop is over"),
        }
    }

    /// `a[index]`: a key of a dict, an item of a list, a character of a string. A negative index
    /// counts from the end.
    #[inline(never)]
    fn index(&mut self, of: &'a Expression, index: &'a Expression) -> Rendering<Value> {
        let value = self.defined(of)?;
        let key = self.evaluate(index)?;
        match (&value, value.as_str(), key.whole()) {
            (Value::Local(Local::Loop(number)), ..) => {
                let name = key.as_str().unwrap_or_default();
                let found =
                    self.names.loops.get(*number).and_then(|state| state.get(name)).cloned();
                found.map_or_else(|| self.unknown_in_loop(*number, name, index.at), Ok)
            }
            (_, Some(text), Some(at)) => {
                let at = place(at, text.chars().count());
                let letter = at.and_then(|at| text.chars().nth(at)).map(String::from);
                Ok(letter.map_or(Value::Undefined, |letter| Value::text(letter, value.is_safe())))
            }
            _ => Ok(value.under(&key).cloned().unwrap_or(Value::Undefined)),
        }
    }

    /// `a[from:to]`, where either bound may be left out.
    #[inline(never)]
    fn slice(
        &mut self,
        of: &'a Expression,
        [from, to]: &'a [Option<Expression>; 2],
        at: usize,
    ) -> Rendering<Value> {
        let value = self.defined(of)?;
        let from = from.as_ref().map(|from| self.evaluate(from)).transpose()?;
        let to = to.as_ref().map(|to| self.evaluate(to)).transpose()?;
        self.placed(at, slice(&value, [from, to]))
    }

    /// The result of an operator, and its right value for the next step of a chain.
    fn operate(
        &mut self,
        operator: &Operator,
        (left, left_expression): (&Value, &'a Expression),
        right_expression: &'a Expression,
        at: usize,
    ) -> Rendering<(Value, Value)> {
        let right = self.evaluate(right_expression)?;
        if operator.sign == "~" {
            self.names.warn(left, left_expression);
            self.names.warn(&right, right_expression);
        } else if !operator.takes_undefined {
            self.must_be_defined(left, left_expression)?;
            // Where `%` fills in a string, an undefined value fills in nothing.
            if operator.sign != "%" || left.as_str().is_none() {
                self.must_be_defined(&right, right_expression)?;
            }
        }
        Ok((self.placed(at, (operator.call)(left, &right))?, right))
    }

    /// `a < b <= c`: the steps from left to right, until one does not hold. The values of the later
    /// steps are then not needed, and not computed.
    #[inline(never)]
    fn compare(
        &mut self,
        first: &'a Expression,
        steps: &'a [(&'static Operator, usize, Expression)],
    ) -> Rendering<Value> {
        let mut left = (self.evaluate(first)?, first);
        for (operator, at, expression) in steps {
            let (holds, right) = self.operate(operator, (&left.0, left.1), expression, *at)?;
            if !holds.is_true() {
                return Ok(false.into());
            }
            left = (right, expression);
        }
        Ok(true.into())
    }

    /// The values of a call: those by place, and those by name.
    #[inline(never)]
    fn arguments(&mut self, arguments: &'a Arguments) -> Rendering<(Vec<Value>, Map)> {
        let placed =
            arguments.placed.iter().map(|value| self.kept(value)).collect::<Rendering<_>>();
        let named = |(name, value): &'a (String, _)| Ok((name.as_str(), self.kept(value)?));
        Ok((placed?, arguments.named.iter().map(named).collect::<Rendering<_>>()?))
    }

    /// What a filter makes of a value. An undefined value adds a warning, unless the filter is
    /// `default`, which is made for it.
    #[inline(never)]
    fn filtered(
        &mut self,
        of: &'a Expression,
        filter: &'a Function,
        arguments: &'a Arguments,
        at: usize,
    ) -> Rendering<Value> {
        let input = self.evaluate(of)?;
        if !matches!(&*filter.name, "default" | "d") {
            self.names.warn(&input, of);
        }
        let given = self.arguments(arguments)?;
        self.apply("filter", filter, &input, given, at)
    }

    /// Calls a row of a table of functions.
    fn apply(
        &self,
        kind: &str,
        row: &Function,
        value: &Value,
        (placed, named): (Vec<Value>, Map),
        at: usize,
    ) -> Rendering<Value> {
        let values = bind(row.parameters, placed, named)
            .map_err(|problem| format!("the {kind} {} {problem}", row.name));
        self.placed(at, values.and_then(|values| (row.call)(value, &values)))
    }

    /// A call: of a method if there is a point before the name, else of a macro, else of a function
    /// of the application.
    #[inline(never)]
    fn call(
        &mut self,
        callee: &'a Expression,
        arguments: &'a Arguments,
        at: usize,
    ) -> Rendering<Value> {
        let given = self.arguments(arguments)?;
        let name = match &callee.kind {
            Kind::Attribute(of, name) => return self.method(of, name, given, callee.at),
            Kind::Name(name) => name.as_ref(),
            _ => return self.error(at, "only a name or a method can be called"),
        };
        match self.names.peek(callee) {
            Some(Value::Local(Local::Macro(number))) => self.call_macro(*number, given, at),
            Some(value) => {
                self.error(at, format!("{name} is {}, not a function", value.type_name()))
            }
            None => match (name, &given.0[..], given.1.is_empty()) {
                ("range", numbers, true) => self.placed(at, range(numbers)),
                ("super", [], true) => self.super_block(at),
                (_, placed, _) => match self.names.call(name, placed, &given.1) {
                    Some(result) => self.placed(at, result),
                    None => {
                        let near = self.names.hint(name, &["range", "super"]);
                        self.error(at, format!("there is no function \"{name}\"{near}"))
                    }
                },
            },
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
                let index =
                    self.names.loops.get(*number).and_then(|state| state.get("index0")?.as_int());
                let place = index.unwrap_or(0) as usize % given.0.len();
                Ok(given.0.swap_remove(place))
            }
            _ => {
                let what = format!("method of {}", value.type_name());
                match find(methods_of(&value), &what, name) {
                    Ok(method) => self.apply("method", method, &value, given, at),
                    // The application may have it: `request.args.getlist('q')`.
                    Err(unknown) => {
                        let path = format!("{}.{name}", of.path());
                        let result = self.names.call(&path, &given.0, &given.1);
                        self.placed(at, result.unwrap_or(Err(unknown)))
                    }
                }
            }
        }
    }
}
