//! What expressions come to.
//!
//! One function for each kind of expression with more than a line to it. Each level in brackets is
//! a level on the thread's stack, so the parser and the page both count them.

use super::arithmetic::{calculate, signed, too_long};
use super::datum::{Datum, Many, Missing, Text};
use super::eval::{Page, Step};
use super::filters::Filter;
use super::print::{to_html, to_text};
use super::tree::{Arguments, Comparison, Expression, Kind, Operator};
use super::{LONGEST, methods};
use crate::value::{Map, Value};
use std::cmp::Ordering;
use std::rc::Rc;

impl<'a> Page<'a> {
    /// The data that an expression comes to.
    pub fn compute(&mut self, expression: &'a Expression) -> Step<Datum<'a>> {
        // The short ones first: most expressions of a page are a name or an attribute of one.
        match &expression.kind {
            Kind::Name(name) => return Ok(self.names.get(name, self.tree, expression)),
            Kind::Text(text) => return Ok(Datum::Text(Text::Lent(text))),
            Kind::Int(number) => return Ok(Datum::Int(*number)),
            Kind::Null => return Ok(Datum::Null),
            Kind::Bool(truth) => return Ok(Datum::Bool(*truth)),
            Kind::Float(number) => return Ok(Datum::Float(*number)),
            _ => {}
        }
        self.enter(expression.at)?;
        let datum = self.compute_deep(expression)?;
        self.leave();
        Ok(datum)
    }

    fn compute_deep(&mut self, expression: &'a Expression) -> Step<Datum<'a>> {
        let at = expression.at;
        match &expression.kind {
            Kind::Attribute(of, name) => self.attribute(expression, of, name),
            Kind::Index(of, index) => self.index(expression, of, index),
            Kind::Filter(input, filter, arguments) => {
                self.filtered(expression, input, filter, arguments)
            }
            Kind::Call(name, arguments) => self.call(expression, name, arguments),
            Kind::Method(of, name, arguments) => self.method(expression, of, name, arguments),
            Kind::Test(of, test, arguments) => {
                let datum = self.compute(of)?;
                let arguments = self.compute_all(arguments)?;
                (test.function)(&datum, &arguments)
                    .map(Datum::Bool)
                    .map_err(|message| self.error(at, message))
            }
            Kind::List(parts) => Ok(Datum::list(self.compute_all(parts)?)),
            Kind::Tuple(parts) => Ok(Datum::Many(Many::Tuple, self.compute_all(parts)?.into())),
            Kind::Dict(pairs) => self.dict(pairs),
            Kind::Slice(of, bounds) => self.slice(of, bounds, at),
            Kind::Super => self.super_block(at),
            Kind::SelfBlock(name) => self.self_block(name, at),
            Kind::Sign(sign, of) => {
                let datum = self.used(of)?;
                signed(*sign, &datum).map_err(|message| self.error(at, message))
            }
            Kind::Binary(operator, left, right) => {
                let left = self.used(left)?;
                // Where `%` fills in a string, an undefined value fills in nothing.
                let fills = *operator == Operator::Remainder && left.as_text().is_some();
                let right = if fills { self.compute(right)? } else { self.used(right)? };
                calculate(*operator, &left, &right).map_err(|message| self.error(at, message))
            }
            Kind::Concat(parts, constant) => self.concat(parts, *constant, at),
            Kind::Compare(first, steps) => self.compare(first, steps),
            Kind::Not(of) => Ok(Datum::Bool(!self.compute(of)?.is_true())),
            Kind::And(left, right) => {
                let left = self.compute(left)?;
                if left.is_true() { self.compute(right) } else { Ok(left) }
            }
            Kind::Or(left, right) => {
                let left = self.compute(left)?;
                if left.is_true() { Ok(left) } else { self.compute(right) }
            }
            Kind::Choice(test, yes, no) => match (self.compute(test)?.is_true(), no) {
                (true, _) => self.compute(yes),
                (false, Some(no)) => self.compute(no),
                (false, None) => Ok(Datum::Undefined(None)),
            },
            _ => self.compute(expression),
        }
    }

    #[inline(never)]
    fn compute_all(&mut self, expressions: &'a [Expression]) -> Step<Vec<Datum<'a>>> {
        let mut all = Vec::with_capacity(expressions.len());
        for expression in expressions {
            all.push(self.compute(expression)?);
        }
        Ok(all)
    }

    /// The data of an expression that must be defined.
    fn used(&mut self, expression: &'a Expression) -> Step<Datum<'a>> {
        match self.compute(expression)? {
            Datum::Undefined(missing) => Err(self.undefined(missing.as_ref(), expression.at)),
            datum => Ok(datum),
        }
    }

    fn undefined(&self, missing: Option<&Rc<Missing<'a>>>, at: usize) -> Box<super::TemplateError> {
        match missing {
            Some(missing) => super::TemplateError::at(
                missing.tree,
                missing.expression.at,
                self.names.describe(missing),
            ),
            None => self.error(at, "the value is undefined"),
        }
    }

    /// What is not there, and where it was looked for.
    fn missing(&self, expression: &'a Expression, inside: &Datum<'a>) -> Datum<'a> {
        Datum::Undefined(Some(Rc::new(Missing {
            tree: self.tree,
            expression,
            inside: Some(inside.clone()),
        })))
    }

    #[inline(never)]
    fn attribute(
        &mut self,
        expression: &'a Expression,
        of: &'a Expression,
        name: &'a str,
    ) -> Step<Datum<'a>> {
        let datum = match self.compute(of)? {
            Datum::Undefined(missing) => {
                let described = missing.as_ref().map(|missing| self.names.describe(missing));
                let described = described.unwrap_or_else(|| "the value is undefined".to_owned());
                let at = missing.map_or(of.at, |missing| missing.expression.at);
                return Err(self.error(at, format!("{described}, so it has no \"{name}\"")));
            }
            Datum::Loop(state) => {
                return Ok(methods::loop_attribute(&state, name)
                    .unwrap_or_else(|| self.missing(expression, &Datum::Loop(state))));
            }
            datum => datum,
        };
        if let Some(hint) = methods::not_called(&datum, name) {
            return Err(self.error(expression.at, hint));
        }
        Ok(datum.named(name).unwrap_or_else(|| self.missing(expression, &datum)))
    }

    #[inline(never)]
    fn index(
        &mut self,
        expression: &'a Expression,
        of: &'a Expression,
        index: &'a Expression,
    ) -> Step<Datum<'a>> {
        let datum = self.compute(of)?;
        if let Datum::Undefined(missing) = &datum {
            return Err(self.undefined(missing.as_ref(), of.at));
        }
        let index = self.compute(index)?;
        let found = match (&datum, index.as_int()) {
            (Datum::Map(_) | Datum::Dict(_), _) => datum.under(&index),
            (
                Datum::Values(_) | Datum::Range(_) | Datum::Many(Many::List | Many::Tuple, _),
                Some(number),
            ) => {
                let items = datum.items().map_err(|message| self.error(expression.at, message))?;
                place(number, items.len()).map(|place| items.at(place))
            }
            (Datum::Text(text) | Datum::Safe(text), Some(number)) => {
                let character =
                    place(number, text.chars().count()).and_then(|place| text.chars().nth(place));
                character.map(|character| Datum::text_like(character.to_string(), datum.is_safe()))
            }
            (Datum::Loop(state), None) => {
                index.as_text().and_then(|name| methods::loop_attribute(state, name))
            }
            _ => None,
        };
        Ok(found.unwrap_or_else(|| self.missing(expression, &datum)))
    }

    #[inline(never)]
    fn slice(
        &mut self,
        of: &'a Expression,
        bounds: &'a [Option<Expression>; 3],
        at: usize,
    ) -> Step<Datum<'a>> {
        let datum = self.used(of)?;
        let mut numbers = [None; 3];
        for (number, bound) in numbers.iter_mut().zip(bounds) {
            if let Some(bound) = bound {
                let datum = self.used(bound)?;
                *number = match datum {
                    Datum::Null => None,
                    _ => Some(datum.as_int().ok_or_else(|| {
                        self.error(
                            bound.at,
                            format!("found {}, expected an int", datum.type_name()),
                        )
                    })?),
                };
            }
        }
        methods::slice(&datum, numbers).map_err(|message| self.error(at, message))
    }

    #[inline(never)]
    fn dict(&mut self, pairs: &'a [(Expression, Expression)]) -> Step<Datum<'a>> {
        let mut entries: Vec<(Datum, Datum)> = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let at = key.at;
            let (key, value) = (self.compute(key)?, self.compute(value)?);
            if !key.can_be_key() {
                return Err(
                    self.error(at, format!("found {}, which cannot be a key", key.type_name()))
                );
            }
            match entries.iter_mut().find(|(known, _)| known.equals(&key)) {
                Some(entry) => entry.1 = value,
                None => entries.push((key, value)),
            }
        }
        Ok(Datum::Dict(entries.into()))
    }

    /// `a ~ b`: the parts as text. If one is HTML, so is the whole, and the others are escaped.
    #[inline(never)]
    fn concat(&mut self, parts: &'a [Expression], constant: bool, at: usize) -> Step<Datum<'a>> {
        let parts = self.compute_all(parts)?;
        let safe = !constant && parts.iter().any(Datum::is_safe);
        let mut text = String::new();
        for part in &parts {
            if let Datum::Undefined(missing) = part {
                self.names.warn(missing.as_ref());
            }
            text.push_str(&if safe { to_html(part) } else { to_text(part) });
            if text.len() > LONGEST {
                return Err(self.error(at, too_long()));
            }
        }
        Ok(Datum::text_like(text, safe))
    }

    #[inline(never)]
    fn compare(
        &mut self,
        first: &'a Expression,
        steps: &'a [(Comparison, Expression)],
    ) -> Step<Datum<'a>> {
        let mut left = self.compute(first)?;
        for (comparison, expression) in steps {
            let right = self.compute(expression)?;
            let holds = match comparison {
                Comparison::Equal => Ok(left.equals(&right)),
                Comparison::NotEqual => Ok(!left.equals(&right)),
                Comparison::In => right.holds(&left),
                Comparison::NotIn => right.holds(&left).map(|holds| !holds),
                _ => {
                    for datum in [&left, &right] {
                        if let Datum::Undefined(missing) = datum {
                            return Err(self.undefined(missing.as_ref(), expression.at));
                        }
                    }
                    left.order(&right).map(|order| match comparison {
                        Comparison::Less => order == Some(Ordering::Less),
                        Comparison::LessOrEqual => {
                            matches!(order, Some(Ordering::Less | Ordering::Equal))
                        }
                        Comparison::Greater => order == Some(Ordering::Greater),
                        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                    })
                }
            };
            let holds = holds.map_err(|message| {
                self.error(expression.at, format!("{}: {message}", comparison.sign()))
            })?;
            if !holds {
                return Ok(Datum::Bool(false));
            }
            left = right;
        }
        Ok(Datum::Bool(true))
    }

    #[inline(never)]
    fn filtered(
        &mut self,
        expression: &'a Expression,
        input: &'a Expression,
        filter: &'a Filter,
        arguments: &'a [Option<Expression>],
    ) -> Step<Datum<'a>> {
        let datum = self.compute(input)?;
        if let Datum::Undefined(missing) = &datum
            && !filter.accepts_undefined()
        {
            self.names.warn(missing.as_ref());
        }
        let mut placed = Vec::with_capacity(arguments.len());
        for argument in arguments {
            placed.push(match argument {
                Some(argument) => Some(self.compute(argument)?),
                None => None,
            });
        }
        match filter.apply(&datum, &placed).map_err(|message| self.error(expression.at, message))? {
            // The first item of an empty list: what is missing is what the filter was asked for.
            Datum::Undefined(None) => Ok(self.missing(expression, &datum)),
            result => Ok(result),
        }
    }

    #[inline(never)]
    fn call(
        &mut self,
        expression: &'a Expression,
        name: &'a str,
        arguments: &'a Arguments,
    ) -> Step<Datum<'a>> {
        let at = expression.at;
        let placed = self.compute_all(&arguments.placed)?;
        if name == "range" && arguments.named.is_empty() {
            return methods::range(&placed).map_err(|message| self.error(at, message));
        }
        let mut named = Map::new();
        for (name, value) in &arguments.named {
            let datum = self.compute(value)?;
            named.insert(name.as_str(), datum.to_value());
        }
        let placed: Vec<Value> = placed.iter().map(Datum::to_value).collect();
        match self.names.globals.call(name, &placed, &named) {
            Some(Ok(value)) => Ok(Datum::made(&value)),
            Some(Err(message)) => Err(self.error(at, message)),
            None => {
                let names = self.names.globals.names().iter().copied().chain(["range", "super"]);
                let near =
                    crate::near::nearest(name, names).map(|near| format!("; there is \"{near}\""));
                Err(self.error(
                    at,
                    format!("there is no function \"{name}\"{}", near.unwrap_or_default()),
                ))
            }
        }
    }

    #[inline(never)]
    fn method(
        &mut self,
        expression: &'a Expression,
        of: &'a Expression,
        name: &'a str,
        arguments: &'a Arguments,
    ) -> Step<Datum<'a>> {
        let datum = self.used(of)?;
        let mut placed = self.compute_all(&arguments.placed)?;
        for (argument, value) in &arguments.named {
            // The one method with a parameter that people name.
            if (name, argument.as_str(), placed.len()) != ("get", "default", 1) {
                return Err(self.error(value.at, format!("{name}() takes no {argument}=")));
            }
            placed.push(self.compute(value)?);
        }
        methods::call(&datum, name, &placed).map_err(|message| self.error(expression.at, message))
    }
}

/// The place that an index means: a negative one counts from the end.
fn place(index: i64, length: usize) -> Option<usize> {
    let place = if index < 0 { index.checked_add(i64::try_from(length).ok()?)? } else { index };
    usize::try_from(place).ok().filter(|place| *place < length)
}
