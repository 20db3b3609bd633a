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
//! Values in brackets are computed from left to right. A function that cannot do what it should
//! returns a sentence, and `evaluate` gives the sentence its line and column.

use super::function::{Function, IfUndefined, Outcome, find, unknown};
use super::kinds::check_length;
use super::lists::range;
use super::methods::methods_of;
use super::mistake::Rendering;
use super::names::LOOP_NAMES;
use super::renderer::Renderer;
use super::tree::{Arguments, Expression, Term};
use crate::value::{Local, Map, SequenceKind, Value};
use std::slice::from_ref;

/// How many levels the lists and dicts may have that a template makes.
const DEEPEST_VALUE: usize = 20;

/// The values of a call: by place, and by name.
type CallValues = (Vec<Value>, Map);

impl<'a> Renderer<'a> {
    /// The value of an expression.
    pub fn evaluate(&mut self, expression: &'a Expression) -> Rendering<Value> {
        if let Some(value) = self.names.peek(expression) {
            return Ok(value.into_owned());
        }
        let result = self.enter().map_err(Box::from).and_then(|()| self.compute(expression));
        self.depth -= 1;
        self.placed(expression.at, result)
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
        let value = match &expression.kind {
            Term::Constant(value) => return Ok(value.clone()),
            Term::Name(name) => return Ok(self.names.ask(name)),
            Term::Item(parts, is_name) => return self.item(parts, *is_name),
            Term::Not(of) => return Ok((!self.truth(of)?).into()),
            // As in Python, the operand itself is the result: `name or 'nobody'`.
            Term::Logic(is_or, parts) => {
                let value = self.evaluate(&parts[0])?;
                let decides = value.is_true() == *is_or;
                return if decides { Ok(value) } else { self.evaluate(&parts[1]) };
            }
            Term::Choice(parts) => {
                let chosen = if self.truth(&parts[1])? { 0 } else { 2 };
                return self.evaluate(&parts[chosen]);
            }
            Term::List(parts, false) => self.all(parts)?.into(),
            Term::List(parts, true) => Value::sequence(SequenceKind::Tuple, self.all(parts)?),
            Term::Dict(pairs) => self.dict(pairs)?,
            Term::Call(callee, arguments) => return self.call(callee, arguments),
            Term::Apply(row, arguments) => return self.apply(row, arguments),
            Term::Compare(first, links) => return self.compare(first, links),
        };
        Ok(self.made(value)?)
    }

    /// A value that was made, when it has been counted.
    /// Errors: it is too long or too deep, or the page has made too much.
    pub fn made(&mut self, value: Value) -> Outcome {
        check_length(value.as_str().map_or(0, str::len))?;
        self.count_value(&value, 0)?;
        Ok(value)
    }

    /// Counts a value that was made: its items are turns, and a text that is in it twice is counted
    /// twice. It calls itself for each level.
    fn count_value(&mut self, value: &Value, level: usize) -> Result<(), String> {
        // With names lists could grow without end: `{% set a = [a] %}`, a thousand times, would be
        // a list a thousand levels deep.
        if level > DEEPEST_VALUE {
            return Err(format!("the value is more than {DEEPEST_VALUE} levels deep"));
        }
        self.count(0, value.as_str().map_or(0, str::len))?;
        for item in value.as_list().unwrap_or_default() {
            self.count(1, 0)?;
            self.count_value(item, level + 1)?;
        }
        for (key, value) in value.as_map().into_iter().flat_map(Map::iter) {
            self.count(2, key.len())?;
            self.count_value(value, level + 1)?;
        }
        Ok(())
    }

    /// The values of several expressions, from left to right.
    #[inline(never)]
    fn all(&mut self, expressions: &'a [Expression]) -> Rendering<Vec<Value>> {
        expressions.iter().map(|expression| self.evaluate(expression)).collect()
    }

    /// The value of an expression that must be defined.
    fn defined(&mut self, expression: &'a Expression, why: &str) -> Rendering<Value> {
        match self.evaluate(expression)? {
            Value::Undefined => self.undefined(expression, why),
            value => Ok(value),
        }
    }

    /// The error that a value is undefined: it names what was looked for.
    fn undefined<T>(&self, expression: &Expression, why: &str) -> Rendering<T> {
        match expression.undefined_part() {
            Some(part) => self.error(part.at, self.names.describe(part) + why),
            None => self.error(expression.at, "the value is undefined"),
        }
    }

    /// `{'key': value}`: of two equal keys the last wins, as in Python.
    #[inline(never)]
    fn dict(&mut self, pairs: &'a [(Expression, Expression)]) -> Rendering<Value> {
        let mut dict = Map::new();
        for (key, value) in pairs {
            let (key, value) = (self.evaluate(key)?, self.evaluate(value)?);
            let wrong = || format!("found {}, expected a string as the key", key.type_name());
            dict.insert(key.as_str().ok_or_else(wrong)?, value);
        }
        Ok(dict.into())
    }

    /// `a.name`, `a[index]`: what is under a key of a dict, an item of a list, a character of a
    /// string, what `loop` knows. What is not there is no error, but an undefined value.
    #[inline(never)]
    fn item(&mut self, [of, key]: &'a [Expression; 2], is_name: bool) -> Rendering<Value> {
        let why = format!(", so it has no \"{}\"", key.text());
        let value = self.defined(of, if is_name { &why } else { "" })?;
        let key = self.evaluate(key)?;
        let name = key.as_str().unwrap_or_default();
        if let Value::Local(Local::Loop(number)) = value {
            let wrong = match self.names.turn(number) {
                Some(_) => unknown("name in loop:", name, LOOP_NAMES),
                None => "this loop is over".to_owned(),
            };
            return Ok(self.names.in_loop(number, name.as_bytes()).ok_or(wrong)?);
        }
        self.count(value.turns_to_read(), 0)?;
        // In Jinja a method that is not called prints as `<built-in method items …>`. No author
        // wants that on a page.
        if is_name && methods_of(&value).iter().any(|method| method.name == name) {
            let key = value.as_map().map(|_| format!(" or, for the key, ['{name}']"));
            let (kind, key) = (value.type_name(), key.unwrap_or_default());
            let what = format!("\"{name}\" is a method of {kind}, expected .{name}(){key}");
            return Err(what.into());
        }
        Ok(value.item(&key))
    }

    /// The values of a call.
    #[inline(never)]
    fn arguments(&mut self, arguments: &'a Arguments) -> Rendering<CallValues> {
        let placed = self.all(&arguments.placed)?;
        let named = |(name, value): &'a (String, _)| Ok((name.as_str(), self.evaluate(value)?));
        Ok((placed, arguments.named.iter().map(named).collect::<Rendering<_>>()?))
    }

    /// What a filter, a test or an operator makes of a value and its arguments.
    #[inline(never)]
    fn apply(&mut self, row: &Function, arguments: &'a Arguments) -> Rendering<Value> {
        let mut values = self.arguments(arguments)?;
        for (nth, (value, expression)) in values.0.iter().zip(&arguments.placed).enumerate() {
            self.check(row, nth, value, expression)?;
        }
        self.call_row(row, &values.0.remove(0), values)
    }

    /// Warns of an undefined value, or refuses it, as the row says.
    fn check(&mut self, row: &Function, nth: usize, value: &Value, of: &Expression) -> Rendering {
        match row.undefined {
            IfUndefined::Taken => Ok(()),
            // `'x'|int(nope)` is nothing, as in Jinja; `1 + nope` is an error.
            IfUndefined::Refused(count) if nth < count && value.is_undefined() => {
                self.undefined(of, "")
            }
            _ => {
                self.names.warn(value, of);
                Ok(())
            }
        }
    }

    /// `a < b <= c`: each value is computed once, and the first comparison that fails is the last.
    #[inline(never)]
    fn compare(
        &mut self,
        first: &'a Expression,
        links: &'a [(Function, Expression, usize)],
    ) -> Rendering<Value> {
        let (mut before, mut left, mut holds) = (first, self.evaluate(first)?, Value::Null);
        for (row, expression, at) in links {
            let right = self.evaluate(expression)?;
            self.check(row, 0, &left, before)?;
            self.check(row, 1, &right, expression)?;
            let turns = match row.name {
                "in" | "not in" => right.turns_to_search(&left),
                _ => left.turns_to_compare(&right),
            };
            self.count(turns, 0)?;
            let result = (row.call)(&left, from_ref(&right));
            holds = self.placed(*at, result.map_err(Box::from))?;
            if !holds.is_true() {
                break;
            }
            (before, left) = (expression, right);
        }
        Ok(holds)
    }

    /// A call: of a method if there is a point before the name, else of a macro, else of a function
    /// of the application.
    #[inline(never)]
    fn call(&mut self, callee: &'a Expression, arguments: &'a Arguments) -> Rendering<Value> {
        let values = self.arguments(arguments)?;
        let name = match &callee.kind {
            Term::Item(parts, true) => {
                let result = self.method(&parts[0], parts[1].text(), values);
                return self.placed(callee.at, result);
            }
            Term::Name(name) => &**name,
            _ => return Err("only a name or a method can be called".to_owned().into()),
        };
        let value = self.names.peek(callee).map(|value| value.into_owned());
        match (value, name, &values.0[..], values.1.is_empty()) {
            (Some(Value::Local(Local::Macro(number))), ..) => self.call_macro(number, values),
            (Some(value), ..) => {
                Err(format!("{name} is {}, not a function", value.type_name()).into())
            }
            (_, "range", numbers, true) => Ok(self.made(range(numbers)?)?),
            (_, "super", [], true) => self.super_block(),
            (_, "range" | "super", ..) => Err(format!("{name}() takes no such values").into()),
            (_, _, placed, _) => match self.names.globals.call(name, placed, &values.1) {
                Some(result) => Ok(self.made(result?)?),
                None => {
                    let near = self.names.hint(name, &["range", "super"]);
                    Err(format!("there is no function \"{name}\"{near}").into())
                }
            },
        }
    }

    /// A call of a name after a point: a macro that was imported, or a row of a table of
    /// methods.
    fn method(&mut self, of: &'a Expression, name: &str, values: CallValues) -> Rendering<Value> {
        let value = self.defined(of, "")?;
        if let Some(Value::Local(Local::Macro(number))) = value.get(name) {
            return self.call_macro(*number, values);
        }
        match find(methods_of(&value), &format!("method of {}", value.type_name()), name) {
            Ok(method) => self.call_row(&method, &value, values),
            // The application may have it: `request.args.getlist('q')`.
            Err(unknown) => {
                let path = format!("{}.{name}", of.path());
                let result = self.names.globals.call(&path, &values.0, &values.1);
                Ok(self.made(result.unwrap_or(Err(unknown))?)?)
            }
        }
    }

    /// Calls a row of a table of functions, and counts what it reads and makes.
    fn call_row(&mut self, row: &Function, value: &Value, values: CallValues) -> Rendering<Value> {
        let made = row.result(value, values.0, values.1)?;
        if row.only_looks {
            return Ok(made);
        }
        // A text may be short though many items were read for it: `join` of empty ones.
        let items = made.as_str().and(value.as_list()).map_or(0, <[Value]>::len);
        self.count(items + value.turns_to_read(), 0)?;
        Ok(self.made(made)?)
    }
}
