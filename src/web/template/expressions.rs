//! Deeper: from tokens to expressions.
//!
//! From the loosest to the tightest, as in Jinja:
//!
//! ```text
//! a if b else c    or    and    not    == != < <= > >= in    + -    ~    * / // %    **
//! - + before a value    . [] () | is
//! ```
//!
//! Two surprises come from Jinja itself: `~` binds tighter than `+`, and `-2 ** 2` is 4, because
//! the sign belongs to the 2.
//!
//! The first token that does not fit is the mistake, and the message says what could have been
//! there. Operators, filters and tests are looked up here, so that an unknown name is an error
//! before any page is made.
//!
//! A chain such as `a + b + c` is a tree of three levels, and each of them counts. What is rare is
//! in functions of its own, `inline(never)`, so that those that call themselves need little stack.
//!
//! Left out: steps of slices, `a[::2]`, strings side by side, and `*` and `**` before arguments.

use super::cursor::Parser;
use super::filters::{FILTERS, TESTS};
use super::function::{Function, find};
use super::mistake::Parsed;
use super::operators::{COMPARES, MINUS, NOT, OPERATORS, PLUS, SLICE};
use super::scan::Token;
use super::tree::{Arguments, Expression, Term};
use crate::value::Value;

/// Words that are no names.
const RESERVED: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];

/// A row of a table with its arguments.
fn apply(row: Function, placed: Vec<Expression>, at: usize) -> Expression {
    let arguments = Arguments { placed, named: Vec::new() };
    Expression { kind: Term::Apply(Box::new(row), arguments), at }
}

/// A value that the template does not write.
fn constant(value: Value, at: usize) -> Expression {
    Expression { kind: Term::Constant(value), at }
}

impl<'s> Parser<'s> {
    /// One expression, or several with commas between them: a tuple.
    pub fn tuple(&mut self) -> Parsed<Expression> {
        self.tuple_of(&["}}", "%}", ")"], &mut Parser::expression)
    }

    /// One, or a tuple of several with commas between them up to a sign of `ends`.
    pub fn tuple_of(
        &mut self,
        ends: &[&str],
        item: &mut dyn FnMut(&mut Self) -> Parsed<Expression>,
    ) -> Parsed<Expression> {
        let at = self.at();
        let (mut items, is_tuple) = self.several(ends, item)?;
        match is_tuple {
            true => Ok(Expression { kind: Term::List(items, true), at }),
            false => Ok(items.remove(0)),
        }
    }

    /// One expression with its `if … else …`, which is looser than all operators.
    pub fn expression(&mut self) -> Parsed<Expression> {
        let depth = self.depth;
        self.enter(1)?;
        let mut left = self.operation(0)?;
        while self.take("if") {
            self.enter(1)?;
            let (at, test) = (left.at, self.operation(0)?);
            let no = match self.take("else") {
                true => self.expression()?,
                false => constant(Value::Undefined, at),
            };
            left = Expression { at, kind: Term::Choice(Box::new([left, test, no])) };
        }
        self.depth = depth;
        Ok(left)
    }

    /// Operands with operators of at least this strength between them.
    ///
    /// A stronger operator after an operand takes that operand first: the function calls itself
    /// with a higher strength.
    pub fn operation(&mut self, weakest: u8) -> Parsed<Expression> {
        let (depth, start) = (self.depth, self.at());
        self.enter(1)?;
        let mut left = match weakest <= NOT && self.take("not") {
            true => Expression { kind: Term::Not(Box::new(self.operation(NOT)?)), at: start },
            false => self.signed(true)?,
        };
        while let Some((strength, row)) = self.operator().filter(|(it, _)| *it >= weakest) {
            if strength == COMPARES {
                left = self.comparison(left)?;
                continue;
            }
            let at = self.at();
            self.skip(1);
            let right = self.operation(strength + 1)?;
            left = match row.name {
                "or" | "and" => {
                    let kind = Term::Logic(row.name == "or", Box::new([left, right]));
                    Expression { kind, at }
                }
                _ => apply(row, vec![left, right], at),
            };
            self.enter(1)?;
        }
        self.depth = depth;
        Ok(left)
    }

    /// `a < b`, or a chain of comparisons, `a < b <= c`, after its first operand.
    #[inline(never)]
    fn comparison(&mut self, first: Expression) -> Parsed<Expression> {
        let (start, mut links) = (self.at(), Vec::new());
        while let Some((COMPARES, row)) = self.operator() {
            let at = self.at();
            self.skip(if row.name == "not in" { 2 } else { 1 });
            links.push((row, self.operation(COMPARES + 1)?, at));
        }
        Ok(Expression { kind: Term::Compare(Box::new(first), links), at: start })
    }

    /// The operator that comes next, and its strength.
    fn operator(&self) -> Option<(u8, Function)> {
        let sign = match self.peek() {
            Token::Sign(sign) => sign,
            Token::Name("not") if *self.peek_at(1) == Token::Name("in") => "not in",
            Token::Name(name) => name,
            _ => return None,
        };
        OPERATORS.iter().find(|(_, row)| row.name == sign).copied()
    }

    /// A value with the signs before it and what follows it: `-a.b[0]|filter`.
    fn signed(&mut self, filters: bool) -> Parsed<Expression> {
        let (depth, at) = (self.depth, self.at());
        self.enter(1)?;
        let mut value = match *self.peek() {
            Token::Sign(sign @ ("-" | "+")) => {
                self.skip(1);
                // Filters after the value apply to it with its sign: `-1|abs` is 1.
                let row = if sign == "-" { MINUS } else { PLUS };
                apply(row, vec![self.signed(false)?], at)
            }
            _ => self.primary()?,
        };
        value = self.postfix(value)?;
        loop {
            let at = self.at();
            if filters && self.take("|") {
                value = self.filter(value)?;
            } else if filters && self.take("is") {
                value = self.test(value, at)?;
            } else {
                self.depth = depth;
                return Ok(value);
            }
            self.enter(1)?;
        }
    }

    /// The smallest expressions: a constant, a name, or something in brackets.
    pub fn primary(&mut self) -> Parsed<Expression> {
        let at = self.at();
        let kind = match self.peek().clone() {
            Token::Name("true" | "True") => Term::Constant(true.into()),
            Token::Name("false" | "False") => Term::Constant(false.into()),
            Token::Name("none" | "None") => Term::Constant(Value::Null),
            Token::Name(name) if !RESERVED.contains(&name) => {
                self.uses_loop |= name == "loop";
                Term::Name(name.into())
            }
            Token::Constant(value) => Term::Constant(value),
            Token::Sign(bracket @ ("(" | "[" | "{")) => return self.bracket(bracket, at),
            _ => return self.unexpected("a value"),
        };
        self.skip(1);
        Ok(Expression { kind, at })
    }

    /// `(…)` groups or makes a tuple, `[…]` makes a list, `{…}` a dict.
    #[inline(never)]
    fn bracket(&mut self, bracket: &str, at: usize) -> Parsed<Expression> {
        self.skip(1);
        let kind = match bracket {
            "(" if self.take(")") => Term::List(Vec::new(), true),
            "(" => {
                let inner = self.tuple()?;
                self.expect(")")?;
                return Ok(inner);
            }
            "[" => Term::List(self.listed("]", &mut Parser::expression)?, false),
            _ => Term::Dict(self.listed("}", &mut |parser| {
                let key = parser.expression()?;
                parser.expect(":")?;
                Ok((key, parser.expression()?))
            })?),
        };
        Ok(Expression { kind, at })
    }

    /// `.name`, `.0`, `[index]`, `[from:to]` and `(…)`, in any number.
    fn postfix(&mut self, mut value: Expression) -> Parsed<Expression> {
        loop {
            let at = self.at();
            value = if self.take(".") {
                self.attribute(value)?
            } else if self.take("[") {
                self.subscript(value, at)?
            } else if self.take("(") {
                // A message about a call is shown at its name, not at its bracket.
                let at = value.at;
                Expression { kind: Term::Call(Box::new(value), self.arguments(Vec::new())?), at }
            } else {
                return Ok(value);
            };
            self.enter(1)?;
        }
    }

    /// After a point: a name or a number.
    #[inline(never)]
    fn attribute(&mut self, value: Expression) -> Parsed<Expression> {
        let at = self.at();
        let (key, is_name) = match self.peek() {
            Token::Name(name) => (Value::from(*name), true),
            Token::Constant(number @ Value::Int(_)) => (number.clone(), false),
            _ => return self.unexpected("a name or a number after the point"),
        };
        self.skip(1);
        Ok(Expression { kind: Term::Item(Box::new([value, constant(key, at)]), is_name), at })
    }

    /// After `[`: an index, or two bounds with a colon between them, then `]`.
    #[inline(never)]
    fn subscript(&mut self, value: Expression, at: usize) -> Parsed<Expression> {
        let bound = |parser: &mut Self| match parser.is_sign(&[":", "]"]) {
            true => Ok(constant(Value::Null, at)),
            false => parser.expression(),
        };
        if self.is_sign(&["]"]) {
            return self.unexpected("an index");
        }
        let index = bound(self)?;
        if !self.take(":") {
            self.expect("]")?;
            return Ok(Expression { kind: Term::Item(Box::new([value, index]), false), at });
        }
        let placed = vec![value, index, bound(self)?];
        self.expect("]")?;
        Ok(apply(SLICE, placed, at))
    }

    /// After the opening bracket: values, then `name=value`, then the closing bracket. They are
    /// added to those that there are.
    #[inline(never)]
    fn arguments(&mut self, placed: Vec<Expression>) -> Parsed<Arguments> {
        let mut arguments = Arguments { placed, named: Vec::new() };
        self.listed(")", &mut |parser| {
            let at = parser.at();
            let name = match parser.peek() {
                Token::Name(name) if *parser.peek_at(1) == Token::Sign("=") => *name,
                _ if !arguments.named.is_empty() => {
                    return parser.unexpected("name=value: values by place come first");
                }
                _ => {
                    arguments.placed.push(parser.expression()?);
                    return Ok(());
                }
            };
            parser.skip(2);
            if arguments.named.iter().any(|(known, _)| known == name) {
                return Err(Box::new((at, format!("found {name}= for the second time"))));
            }
            arguments.named.push((name.to_owned(), parser.expression()?));
            Ok(())
        })?;
        Ok(arguments)
    }

    /// After `|`: `name` or `name(…)`. A filter of the application may replace a built-in one.
    #[inline(never)]
    fn filter(&mut self, value: Expression) -> Parsed<Expression> {
        let at = self.at();
        let name = self.name("the name of a filter")?;
        let rows = [self.filters, FILTERS].concat();
        let own = "a program adds its own with Templates::filter";
        let row = find(&rows, "filter", name)
            .map_err(|message| Box::new((at, format!("{message}; {own}"))))?;
        let mut arguments = Arguments { placed: vec![value], named: Vec::new() };
        if self.take("(") {
            arguments = self.arguments(arguments.placed)?;
        }
        Ok(Expression { kind: Term::Apply(Box::new(row), arguments), at })
    }

    /// After `is`: `[not] name`, `[not] name(…)`, or `[not] name value`.
    #[inline(never)]
    fn test(&mut self, value: Expression, is_at: usize) -> Parsed<Expression> {
        let negated = self.take("not");
        let at = self.at();
        let name = self.name("the name of a test")?;
        let row = find(TESTS, "test", name).map_err(|message| Box::new((at, message)))?;
        let mut arguments = Arguments { placed: vec![value], named: Vec::new() };
        // As in Jinja, these words end a test, and each other word begins a value.
        let is_end = matches!(self.peek(), Token::Name("else" | "or" | "and"));
        let is_word = matches!(self.peek(), Token::Name(_) | Token::Constant(_)) && !is_end;
        if self.take("(") {
            arguments = self.arguments(arguments.placed)?;
        } else if is_word || self.is_sign(&["[", "{"]) {
            let argument = self.primary()?;
            arguments.placed.push(self.postfix(argument)?);
        }
        let test = Expression { kind: Term::Apply(Box::new(row), arguments), at };
        match negated {
            true => Ok(Expression { kind: Term::Not(Box::new(test)), at: is_at }),
            false => Ok(test),
        }
    }
}
