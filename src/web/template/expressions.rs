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
//! fit is the mistake, and the message says what could have been there.
//!
//! Filters and tests are looked up here, once, so that an unknown name is an error before any page
//! is made.
//!
//! Left out: steps of slices, `a[::2]`, and `*` and `**` before arguments.

use super::cursor::Parser;
use super::filters::FILTERS;
use super::function::{find, unknown};
use super::mistake::{Mistake, Parsed};
use super::operators::{OPERATORS, Operator};
use super::predicates::TESTS;
use super::scan::Token;
use super::tree::{Arguments, Expression, ExpressionKind as Kind, Filter};
use crate::value::Value;

/// How many levels an expression may have: each needs stack here and again in each rendering. What
/// is rare is in functions of its own, `inline(never)`, so that the functions that call themselves
/// need little stack.
const DEPTH: usize = 40;

/// Words that are no names.
const RESERVED: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];

/// How tightly `or`, `and` and `not` bind; the table of operators has the tighter ones.
const OR: u8 = 0;
const AND: u8 = 1;
const NOT: u8 = 2;

impl Parser<'_> {
    /// One expression, or several with commas between them: a tuple. With `choice` it may be
    /// `a if b else c`.
    pub fn tuple(&mut self, choice: bool) -> Parsed<Expression> {
        let at = self.at();
        let first = self.one(choice)?;
        if !self.is_sign(&[","]) {
            return Ok(first);
        }
        let ends = ["}}", "%}", ")", ":"];
        node(Kind::Tuple(self.several(first, &ends, |parser| parser.one(choice))?), at)
    }

    /// One expression.
    pub fn expression(&mut self) -> Parsed<Expression> {
        self.one(true)
    }

    /// An expression with its `if … else …`, which is looser than all operators.
    fn one(&mut self, choice: bool) -> Parsed<Expression> {
        self.enter(1)?;
        let mut left = self.operation(OR)?;
        while choice && self.take("if") {
            let test = self.operation(OR)?;
            let otherwise = if self.take("else") { Some(self.expression()?) } else { None };
            let at = left.at;
            let kind = Kind::Choice(Box::new(test), Box::new(left), otherwise.map(Box::new));
            left = node(kind, at)?;
        }
        self.leave(1);
        Ok(left)
    }

    /// Operands with operators of at least this level between them.
    ///
    /// A tighter operator after an operand takes that operand first: the function calls itself
    /// with a higher level.
    fn operation(&mut self, lowest: u8) -> Parsed<Expression> {
        self.enter(1)?;
        let at = self.at();
        let mut left = if lowest <= NOT && self.take("not") {
            node(Kind::Not(Box::new(self.operation(NOT)?)), at)?
        } else {
            self.signed(true)?
        };
        loop {
            let at = self.at();
            if lowest == OR && self.take("or") {
                left = pair(Kind::Or, left, self.operation(OR + 1)?, at)?;
            } else if lowest <= AND && self.take("and") {
                left = pair(Kind::And, left, self.operation(AND + 1)?, at)?;
            } else if let Some(operator) = self.operator().filter(|next| next.level >= lowest) {
                if operator.compares() {
                    left = self.comparison(left)?;
                    continue;
                }
                self.skip(1);
                let right = self.operation(operator.level + 1)?;
                let constant = operator.sign == "~" && left.is_constant() && right.is_constant();
                left = pair(|a, b| Kind::Binary(operator, a, b, constant), left, right, at)?;
            } else {
                self.leave(1);
                return Ok(left);
            }
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
    fn comparison(&mut self, first: Expression) -> Parsed<Expression> {
        let at = self.at();
        let mut steps = Vec::new();
        while let Some(operator) = self.operator().filter(|operator| operator.compares()) {
            let at = self.at();
            self.skip(if operator.sign == "not in" { 2 } else { 1 });
            let right = self.operation(operator.level + 1)?;
            steps.push((operator, at, right));
        }
        node(Kind::Compare(Box::new(first), steps), at)
    }

    /// A value with the signs before it and what follows it: `-a.b[0]|filter`.
    fn signed(&mut self, filters: bool) -> Parsed<Expression> {
        self.enter(1)?;
        let at = self.at();
        let mut value = match *self.peek() {
            Token::Sign(sign @ ("-" | "+")) => {
                self.skip(1);
                // Filters after the value apply to it with its sign: `-1|abs` is 1.
                let sign = if sign == "-" { '-' } else { '+' };
                node(Kind::Sign(sign, Box::new(self.signed(false)?)), at)?
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
                self.leave(1);
                return Ok(value);
            }
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
                self.loops += usize::from(name == "loop");
                Kind::Name(name.to_owned())
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
        node(kind, at)
    }

    /// `(…)` groups or makes a tuple, `[…]` makes a list, `{…}` a dict.
    #[inline(never)]
    fn bracket(&mut self, bracket: &str, at: usize) -> Parsed<Expression> {
        self.skip(1);
        match bracket {
            "(" if self.take(")") => node(Kind::Tuple(Vec::new()), at),
            "(" => {
                let inner = self.tuple(true)?;
                self.expect(")")?;
                Ok(inner)
            }
            "[" => node(Kind::List(self.listed("]", Parser::expression)?), at),
            _ => {
                let pairs = self.listed("}", |parser| {
                    let key = parser.expression()?;
                    parser.expect(":")?;
                    Ok((key, parser.expression()?))
                })?;
                node(Kind::Dict(pairs), at)
            }
        }
    }

    /// `.name`, `.0`, `[index]`, `[from:to]` and `(…)`, in any number.
    fn postfix(&mut self, mut value: Expression) -> Parsed<Expression> {
        loop {
            let at = self.at();
            if self.take(".") {
                let at = self.at();
                value = match *self.peek() {
                    Token::Name(name) => {
                        node(Kind::Attribute(Box::new(value), name.to_owned()), at)?
                    }
                    Token::Int(number) => {
                        let index = node(Kind::Constant(number.into()), at)?;
                        pair(Kind::Index, value, index, at)?
                    }
                    _ => return self.unexpected("a name or a number after the point"),
                };
                self.skip(1);
            } else if self.take("[") {
                value = self.subscript(value, at)?;
            } else if self.take("(") {
                // A message about a call is shown at its name, not at its bracket.
                let (at, arguments) = (value.at, self.arguments()?);
                value = node(Kind::Call(Box::new(value), arguments), at)?;
            } else {
                return Ok(value);
            }
        }
    }

    /// After `[`: an index, or two bounds with a colon between them, then `]`.
    #[inline(never)]
    fn subscript(&mut self, value: Expression, at: usize) -> Parsed<Expression> {
        let bound = |parser: &mut Self| match parser.peek() {
            Token::Sign(":" | "]") => Ok(None),
            _ => parser.expression().map(Some),
        };
        let from = bound(self)?;
        let slices = self.take(":");
        let to = if slices { bound(self)? } else { None };
        self.expect("]")?;
        match from {
            Some(index) if !slices => pair(Kind::Index, value, index, at),
            None if !slices => Mistake::found(at, "found [], expected an index"),
            from => node(Kind::Slice(Box::new(value), Box::new([from, to])), at),
        }
    }

    /// After the opening bracket: values, then `name=value`, then the closing bracket.
    #[inline(never)]
    fn arguments(&mut self) -> Parsed<Arguments> {
        let mut arguments = Arguments::default();
        self.listed(")", |parser| {
            let at = parser.at();
            if let (Token::Name(name), Token::Sign("=")) =
                (parser.peek().clone(), parser.peek_at(1))
            {
                parser.skip(2);
                if arguments.named.iter().any(|(known, _)| **known == *name) {
                    return Mistake::found(at, format!("found {name}= for the second time"));
                }
                arguments.named.push((name.into(), parser.expression()?));
                return Ok(());
            }
            if !arguments.named.is_empty() {
                return parser.unexpected("name=value: values by place come first");
            }
            arguments.placed.push(parser.expression()?);
            Ok(())
        })?;
        Ok(arguments)
    }

    /// After `|`: `name` or `name(…)`.
    #[inline(never)]
    fn filter(&mut self, value: Expression) -> Parsed<Expression> {
        let at = self.at();
        let name = self.name("the name of a filter")?;
        // A filter of the application may have the name of a built-in one, and replaces it.
        let custom = self.filters.iter().find(|(known, _)| known == name);
        let built_in = || FILTERS.iter().find(|row| row.name == name).map(Filter::BuiltIn);
        let Some(filter) = custom.map(|(_, custom)| Filter::Custom(*custom)).or_else(built_in)
        else {
            let custom = self.filters.iter().map(|(name, _)| name.as_str());
            let known = FILTERS.iter().map(|row| row.name).chain(custom);
            return Mistake::found(at, unknown("filter", name, known));
        };
        let arguments = if self.take("(") { self.arguments()? } else { Default::default() };
        node(Kind::Filter(Box::new(value), name.to_owned(), filter, arguments), at)
    }

    /// After `is`: `[not] name`, `name(…)` or `name value`.
    #[inline(never)]
    fn test(&mut self, value: Expression, is_at: usize) -> Parsed<Expression> {
        let negated = self.take("not");
        let at = self.at();
        let name = self.name("the name of a test")?;
        let test = find(TESTS, "test", name).or_else(|message| Mistake::found(at, message))?;
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
        let test = node(Kind::Test(Box::new(value), test, arguments), at)?;
        if negated { node(Kind::Not(Box::new(test)), is_at) } else { Ok(test) }
    }
}

/// An expression that is not too deep.
fn node(kind: Kind, at: usize) -> Parsed<Expression> {
    match Expression::new(kind, at) {
        expression if expression.depth <= DEPTH => Ok(expression),
        _ => Mistake::found(at, format!("the expression is more than {DEPTH} levels deep")),
    }
}

/// An expression of two parts.
fn pair(
    kind: impl FnOnce(Box<Expression>, Box<Expression>) -> Kind,
    left: Expression,
    right: Expression,
    at: usize,
) -> Parsed<Expression> {
    node(kind(Box::new(left), Box::new(right)), at)
}
