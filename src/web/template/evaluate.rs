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

use super::function::{Function, IfUndefined, bind, find, unknown};
use super::kinds::place;
use super::lists::range;
use super::methods::methods_of;
use super::mistake::Rendering;
use super::names::LOOP_NAMES;
use super::renderer::Renderer;
use super::tree::{Arguments, Expression, ExpressionKind as Kind};
use crate::value::{Local, Map, SequenceKind, Value};

/// The values of a call: by place, and by name.
type Given = (Vec<Value>, Map);

impl<'a> Renderer<'a> {
    /// The value of an expression.
    pub fn evaluate(&mut self, expression: &'a Expression) -> Rendering<Value> {
        if let Some(value) = self.names.peek(expression) {
            return Ok(value.into_owned());
        }
        self.enter(expression.at)?;
        let value = self.compute(expression)?;
        self.depth -= 1;
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
        match &expression.kind {
            Kind::Constant(value) => Ok(value.clone()),
            Kind::Name(name) => Ok(self.names.ask(name)),
            Kind::List(parts, is_tuple) => {
                let items = self.all(parts)?;
                Ok(if *is_tuple {
                    Value::sequence(SequenceKind::Tuple, items)
                } else {
                    items.into()
                })
            }
            Kind::Dict(pairs) => self.dict(pairs),
            Kind::Item(parts, is_name) => self.item(parts, *is_name),
            Kind::Call(callee, arguments) => self.call(callee, arguments, expression.at),
            Kind::Apply(parts) => self.apply(parts, expression.at),
            Kind::Not(of) => Ok((!self.truth(of)?).into()),
            // As in Python, the operand itself is the result: `name or 'nobody'`.
            Kind::Logic(is_or, parts) => {
                let value = self.evaluate(&parts[0])?;
                if value.is_true() == *is_or { Ok(value) } else { self.evaluate(&parts[1]) }
            }
            Kind::Choice(parts) => {
                let chosen = if self.truth(&parts[1])? { 0 } else { 2 };
                self.evaluate(&parts[chosen])
            }
        }
    }

    /// The values of several expressions, from left to right.
    #[inline(never)]
    fn all(&mut self, expressions: &'a [Expression]) -> Rendering<Vec<Value>> {
        expressions.iter().map(|expression| self.evaluate(expression)).collect()
    }

    /// The value of an expression that must be defined: the error names what was looked for.
    fn defined(&mut self, expression: &'a Expression, why: &str) -> Rendering<Value> {
        let value = self.evaluate(expression)?;
        match expression.undefined_part() {
            _ if !value.is_undefined() => Ok(value),
            Some(part) => self.error(part.at, self.names.describe(part) + why),
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

    /// `a.name`, `a[index]`: what is under a key of a dict, an item of a list, a character of a
    /// string, what `loop` knows. What is not there is no error, but an undefined value.
    #[inline(never)]
    fn item(&mut self, [of, key]: &'a [Expression; 2], is_name: bool) -> Rendering<Value> {
        let why =
            if is_name { format!(", so it has no \"{}\"", key.text()) } else { String::new() };
        let (value, at) = (self.defined(of, &why)?, key.at);
        let key = self.evaluate(key)?;
        let name = key.as_str().unwrap_or_default();
        if let Value::Local(Local::Loop(number)) = value {
            return match (self.names.in_loop(number, name), self.names.loops.get(number)) {
                (Some(value), _) => Ok(value),
                (_, Some(_)) => self.error(at, unknown("name in loop:", name, LOOP_NAMES)),
                _ => self.error(at, "this loop is over"),
            };
        }
        // In Jinja a method that is not called prints as `<built-in method items …>`. No author
        // wants that on a page.
        if is_name && methods_of(&value).iter().any(|method| method.name == name) {
            let key = value.pairs().map(|_| format!(" or, for the key, ['{name}']"));
            let (kind, key) = (value.type_name(), key.unwrap_or_default());
            let message = format!("\"{name}\" is a method of {kind}, expected .{name}(){key}");
            return self.error(at, message);
        }
        let letter = value.as_str().zip(key.whole()).and_then(|(text, index)| {
            text.chars().nth(place(index, text.chars().count())?).map(String::from)
        });
        Ok(match letter {
            Some(letter) => Value::text(letter, value.is_safe()),
            None => value.under(&key).cloned().unwrap_or(Value::Undefined),
        })
    }

    /// The values of a call.
    #[inline(never)]
    fn arguments(&mut self, arguments: &'a Arguments) -> Rendering<Given> {
        let placed =
            arguments.placed.iter().map(|value| self.kept(value)).collect::<Rendering<_>>();
        let named = |(name, value): &'a (String, _)| Ok((name.as_str(), self.kept(value)?));
        Ok((placed?, arguments.named.iter().map(named).collect::<Rendering<_>>()?))
    }

    /// What a filter, a test or an operator makes of a value and its arguments.
    #[inline(never)]
    fn apply(
        &mut self,
        (of, row, arguments): &'a (Expression, Function, Arguments),
        at: usize,
    ) -> Rendering<Value> {
        let value = match row.undefined {
            IfUndefined::Refused => self.defined(of, "")?,
            _ => self.evaluate(of)?,
        };
        let given = self.arguments(arguments)?;
        let all = [&value].into_iter().chain(&given.0);
        for (value, expression) in all.zip([of].into_iter().chain(&arguments.placed)) {
            match row.undefined {
                IfUndefined::Warned => self.names.warn(value, expression),
                IfUndefined::Refused if value.is_undefined() => _ = self.defined(expression, "")?,
                _ => {}
            }
        }
        self.call_row(row, &value, given, at)
    }

    /// Calls a row of a table of functions.
    fn call_row(
        &self,
        row: &Function,
        value: &Value,
        (placed, named): Given,
        at: usize,
    ) -> Rendering<Value> {
        let values = bind(row.name, row.parameters, placed, named);
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
            Kind::Item(parts, true) => {
                return self.method(&parts[0], parts[1].text(), given, callee.at);
            }
            Kind::Name(name) => name.as_ref(),
            _ => return self.error(at, "only a name or a method can be called"),
        };
        let value = self.names.peek(callee).map(|value| value.into_owned());
        match (value, name, &given.0[..], given.1.is_empty()) {
            (Some(Value::Local(Local::Macro(number))), ..) => self.call_macro(number, given, at),
            (Some(value), ..) => {
                self.error(at, format!("{name} is {}, not a function", value.type_name()))
            }
            (_, "range", numbers, true) => self.placed(at, range(numbers)),
            (_, "super", [], true) => self.super_block(at),
            (_, _, placed, _) => match self.names.globals.call(name, placed, &given.1) {
                Some(result) => self.placed(at, result),
                None => {
                    let near = self.names.hint(name, &["range", "super"]);
                    self.error(at, format!("there is no function \"{name}\"{near}"))
                }
            },
        }
    }

    /// A call of a name behind a point: a macro that was imported, `loop.cycle`, or a row of a
    /// table of methods.
    fn method(
        &mut self,
        of: &'a Expression,
        name: &'a str,
        mut given: Given,
        at: usize,
    ) -> Rendering<Value> {
        let value = self.defined(of, "")?;
        match (&value, value.get(name)) {
            (_, Some(Value::Local(Local::Macro(number)))) => self.call_macro(*number, given, at),
            (Value::Local(Local::Loop(number)), _) if name == "cycle" && !given.0.is_empty() => {
                let index = self.names.loops.get(*number).map_or(0, |(_, index)| *index);
                let place = index % given.0.len();
                Ok(given.0.swap_remove(place))
            }
            _ => {
                let what = format!("method of {}", value.type_name());
                match find(methods_of(&value).iter(), &what, name) {
                    Ok(method) => self.call_row(method, &value, given, at),
                    // The application may have it: `request.args.getlist('q')`.
                    Err(unknown) => {
                        let path = format!("{}.{name}", of.path());
                        let result = self.names.globals.call(&path, &given.0, &given.1);
                        self.placed(at, result.unwrap_or(Err(unknown)))
                    }
                }
            }
        }
    }
}
