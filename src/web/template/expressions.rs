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
//! Each function takes what it knows from the front of the tokens. The first token that does not
//! fit is the mistake, and the message says what could have been there. Filters and tests are
//! looked up here, once, so that an unknown name is an error before any page is made.
//!
//! A chain such as `a + b + c` is a tree of three levels, so each link counts as a level. What is
//! rare is in functions of its own, `inline(never)`, so that those that call themselves need little
//! stack.
//!
//! Left out: steps of slices, `a[::2]`, and `*` and `**` before arguments.

use super::cursor::Parser;
use super::filters::{FILTERS, TESTS};
use super::function::{find, unknown};
use super::mistake::Parsed;
use super::operators::{OPERATORS, Operator};
use super::scan::Token;
use super::tree::{Arguments, Expression, ExpressionKind as Kind};
use crate::value::Value;

/// Words that are no names.
const RESERVED: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];

/// How tightly `or`, `and` and `not` bind; the table of operators has the tighter ones.
const OR: u8 = 0;
const AND: u8 = 1;
const NOT: u8 = 2;

impl<'s> Parser<'s> {
    /// One expression, or several with commas between them: a tuple. With `choice` it may be
    /// `a if b else c`.
    pub fn tuple(&mut self, choice: bool) -> Parsed<Expression> {
        let at = self.at();
        let ends = ["}}", "%}", ")", ":"];
        let (mut items, is_tuple) = self.several(&ends, |parser| parser.one(choice))?;
        match items.pop() {
            Some(only) if !is_tuple => Ok(only),
            last => {
                items.extend(last);
                Ok(Expression { kind: Kind::Tuple(items), at })
            }
        }
    }

    /// One expression.
    pub fn expression(&mut self) -> Parsed<Expression> {
        self.one(true)
    }

    /// An expression with its `if … else …`, which is looser than all operators.
    fn one(&mut self, choice: bool) -> Parsed<Expression> {
        let depth = self.depth;
        self.enter(1)?;
        let mut left = self.operation(OR)?;
        while choice && self.take("if") {
            self.enter(1)?;
            let test = self.operation(OR)?;
            let no = if self.take("else") { Some(Box::new(self.expression()?)) } else { None };
            left = Expression { at: left.at, kind: Kind::Choice(Box::new([left, test]), no) };
        }
        self.depth = depth;
        Ok(left)
    }

    /// Operands with operators of at least this level between them.
    ///
    /// A tighter operator after an operand takes that operand first: the function calls itself
    /// with a higher level.
    fn operation(&mut self, lowest: u8) -> Parsed<Expression> {
        let (depth, variables, at) = (self.depth, self.variables, self.at());
        self.enter(1)?;
        let mut left = match lowest <= NOT && self.take("not") {
            true => Expression { kind: Kind::Not(Box::new(self.operation(NOT)?)), at },
            false => self.signed(true)?,
        };
        loop {
            let at = self.at();
            let kind = if lowest == OR && self.take("or") {
                Kind::Logic(true, Box::new([left, self.operation(OR + 1)?]))
            } else if lowest <= AND && self.take("and") {
                Kind::Logic(false, Box::new([left, self.operation(AND + 1)?]))
            } else if let Some(operator) = self.operator().filter(|next| next.level >= lowest) {
                if operator.compares() {
                    self.comparison(left)?
                } else {
                    self.skip(1);
                    let right = self.operation(operator.level + 1)?;
                    let is_constant = operator.sign == "~" && self.variables == variables;
                    Kind::Binary(operator, Box::new([left, right]), is_constant)
                }
            } else {
                self.depth = depth;
                return Ok(left);
            };
            left = Expression { kind, at };
            self.enter(1)?;
        }
    }

    /// The operator that comes next.
    fn operator(&self) -> Option<&'static Operator> {
        let sign = match self.peek() {
            Token::Sign(sign) => sign,
            Token::Name("in") => "in",
            Token::Name("not") if *self.peek_at(1) == Token::Name("in") => "not in",
            _ => return None,
        };
        OPERATORS.iter().find(|operator| operator.sign == sign)
    }

    /// Comparisons make a chain: in `a < b < c` the b is compared twice, and both must hold.
    #[inline(never)]
    fn comparison(&mut self, first: Expression) -> Parsed<Kind> {
        let mut steps = Vec::new();
        while let Some(operator) = self.operator().filter(|operator| operator.compares()) {
            let at = self.at();
            self.skip(if operator.sign == "not in" { 2 } else { 1 });
            steps.push((operator, at, self.operation(operator.level + 1)?));
        }
        Ok(Kind::Compare(Box::new(first), steps))
    }

    /// A value with the signs before it and what follows it: `-a.b[0]|filter`.
    fn signed(&mut self, filters: bool) -> Parsed<Expression> {
        let depth = self.depth;
        self.enter(1)?;
        let at = self.at();
        let mut value = match *self.peek() {
            Token::Sign(sign @ ("-" | "+")) => {
                self.skip(1);
                // Filters after the value apply to it with its sign: `-1|abs` is 1.
                let of = Box::new(self.signed(false)?);
                Expression { kind: Kind::Sign(sign == "+", of), at }
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
    fn primary(&mut self) -> Parsed<Expression> {
        let at = self.at();
        let kind = match self.peek().clone() {
            Token::Name("true" | "True") => Kind::Constant(true.into()),
            Token::Name("false" | "False") => Kind::Constant(false.into()),
            Token::Name("none" | "None") => Kind::Constant(Value::Null),
            Token::Name(name) if !RESERVED.contains(&name) => {
                self.reads(name);
                Kind::Name(name.into())
            }
            Token::Int(number) => Kind::Constant(number.into()),
            Token::Float(number) => Kind::Constant(number.into()),
            Token::Quoted(mut text) => {
                // Strings side by side are one string, as in Python.
                while let Token::Quoted(more) = self.peek_at(1) {
                    text.push_str(more);
                    self.skip(1);
                }
                Kind::Constant(text.into())
            }
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
            "(" if self.take(")") => Kind::Tuple(Vec::new()),
            "(" => {
                let inner = self.tuple(true)?;
                self.expect(")")?;
                return Ok(inner);
            }
            "[" => Kind::List(self.listed("]", Parser::expression)?),
            _ => Kind::Dict(self.listed("}", |parser| {
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
            let mut at = self.at();
            let kind = if self.take(".") {
                at = self.at();
                let kind = match *self.peek() {
                    Token::Name(name) => Kind::Attribute(Box::new(value), name.to_owned()),
                    Token::Int(number) => {
                        let index = Expression { kind: Kind::Constant(number.into()), at };
                        Kind::Index(Box::new([value, index]))
                    }
                    _ => return self.unexpected("a name or a number after the point"),
                };
                self.skip(1);
                kind
            } else if self.take("[") {
                self.subscript(value, at)?
            } else if self.take("(") {
                // A message about a call is shown at its name, not at its bracket.
                at = value.at;
                self.variables += 1;
                Kind::Call(Box::new(value), self.arguments()?)
            } else {
                return Ok(value);
            };
            value = Expression { kind, at };
            self.enter(1)?;
        }
    }

    /// After `[`: an index, or two bounds with a colon between them, then `]`.
    #[inline(never)]
    fn subscript(&mut self, value: Expression, at: usize) -> Parsed<Kind> {
        let bound = |parser: &mut Self| match parser.is_sign(&[":", "]"]) {
            true => Ok(None),
            false => parser.expression().map(Some),
        };
        let from = bound(self)?;
        let slices = self.take(":");
        let to = if slices { bound(self)? } else { None };
        self.expect("]")?;
        match from {
            Some(index) if !slices => Ok(Kind::Index(Box::new([value, index]))),
            None if !slices => Err((at, "found [], expected an index".to_owned())),
            from => Ok(Kind::Slice(Box::new(value), Box::new([from, to]))),
        }
    }

    /// After the opening bracket: values, then `name=value`, then the closing bracket.
    #[inline(never)]
    fn arguments(&mut self) -> Parsed<Arguments> {
        let mut arguments = Arguments::default();
        self.listed(")", |parser| {
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
                return Err((at, format!("found {name}= for the second time")));
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
        let mut known = self.filters.iter().chain(FILTERS);
        let Some(row) = known.clone().find(|row| row.name == name).cloned() else {
            return Err((at, unknown("filter", name, known.by_ref().map(|row| &*row.name))));
        };
        let arguments = if self.take("(") { self.arguments()? } else { Arguments::default() };
        Ok(Expression { kind: Kind::Filter(Box::new(value), row, arguments), at })
    }

    /// After `is`: `[not] name`, `name(…)` or `name value`.
    #[inline(never)]
    fn test(&mut self, value: Expression, is_at: usize) -> Parsed<Expression> {
        let negated = self.take("not");
        let at = self.at();
        let name = self.name("the name of a test")?;
        let test = find(TESTS, "test", name).map_err(|message| (at, message))?;
        let mut arguments = Arguments::default();
        if self.take("(") {
            arguments = self.arguments()?;
        } else if !test.parameters.is_empty() {
            let operand = self.primary()?;
            arguments.placed.push(self.postfix(operand)?);
        } else if match self.peek() {
            Token::Name(name) => !matches!(*name, "and" | "or" | "else"),
            Token::Sign(sign) => matches!(*sign, "[" | "{"),
            next => *next != Token::End,
        } {
            // Jinja takes what comes here for a value of the test.
            return self.unexpected("an operator: a test with more after it needs brackets");
        }
        let test = Expression { kind: Kind::Test(Box::new(value), test, arguments), at };
        match negated {
            true => Ok(Expression { kind: Kind::Not(Box::new(test)), at: is_at }),
            false => Ok(test),
        }
    }
}
