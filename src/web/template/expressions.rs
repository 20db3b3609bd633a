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
//! Left out: steps of slices, `a[::2]`.

use super::cursor::Parser;
use super::mistake::Mistake;
use super::operators::{OPERATORS, Operator};
use super::scan::Token;
use super::tree::{Expression, ExpressionKind as Kind};
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
    /// One expression, or several with commas between them: a tuple. It ends where the tag ends, or
    /// at a bracket. With `choice` the expression may be `a if b else c`.
    pub fn tuple(&mut self, choice: bool) -> Result<Expression, Mistake> {
        let at = self.at();
        let first = self.one(choice)?;
        if !self.is_sign(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.skip_sign(",") {
            if matches!(self.peek(), Token::PrintEnd | Token::TagEnd | Token::Sign(")" | ":")) {
                break;
            }
            items.push(self.one(choice)?);
        }
        node(Kind::Tuple(items), at)
    }

    /// One expression.
    pub fn expression(&mut self) -> Result<Expression, Mistake> {
        self.one(true)
    }

    /// An expression with its `if … else …`, which is looser than all operators.
    fn one(&mut self, choice: bool) -> Result<Expression, Mistake> {
        self.enter(1)?;
        let mut left = self.operation(OR)?;
        while choice && self.skip_name("if") {
            let test = self.operation(OR)?;
            let otherwise = if self.skip_name("else") { Some(self.expression()?) } else { None };
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
    fn operation(&mut self, lowest: u8) -> Result<Expression, Mistake> {
        self.enter(1)?;
        let at = self.at();
        let mut left = if lowest <= NOT && self.skip_name("not") {
            node(Kind::Not(Box::new(self.operation(NOT)?)), at)?
        } else {
            self.signed(true)?
        };
        loop {
            let at = self.at();
            if lowest == OR && self.skip_name("or") {
                left = pair(Kind::Or, left, self.operation(OR + 1)?, at)?;
            } else if lowest <= AND && self.skip_name("and") {
                left = pair(Kind::And, left, self.operation(AND + 1)?, at)?;
            } else if let Some(operator) = self.operator().filter(|next| next.level >= lowest) {
                left = match operator.compares() {
                    true => self.comparison(left)?,
                    false => {
                        self.skip(1);
                        let right = self.operation(operator.level + 1)?;
                        let constant =
                            operator.sign == "~" && left.is_constant() && right.is_constant();
                        pair(|a, b| Kind::Binary(operator, a, b, constant), left, right, at)?
                    }
                };
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
    fn comparison(&mut self, first: Expression) -> Result<Expression, Mistake> {
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
    fn signed(&mut self, filters: bool) -> Result<Expression, Mistake> {
        self.enter(1)?;
        let at = self.at();
        let sign = match self.peek() {
            Token::Sign("-") => Some('-'),
            Token::Sign("+") => Some('+'),
            _ => None,
        };
        let mut value = match sign {
            Some(sign) => {
                self.skip(1);
                // Filters after the value apply to it with its sign: `-1|abs` is 1.
                node(Kind::Sign(sign, Box::new(self.signed(false)?)), at)?
            }
            None => self.primary()?,
        };
        value = self.postfix(value)?;
        loop {
            let at = self.at();
            if filters && self.skip_sign("|") {
                value = self.filter(value)?;
            } else if filters && self.skip_name("is") {
                value = self.test(value, at)?;
            } else {
                self.leave(1);
                return Ok(value);
            }
        }
    }

    /// The smallest expressions: a constant, a name, or something in brackets.
    pub(super) fn primary(&mut self) -> Result<Expression, Mistake> {
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
    fn bracket(&mut self, bracket: &str, at: usize) -> Result<Expression, Mistake> {
        self.skip(1);
        match bracket {
            "(" if self.skip_sign(")") => node(Kind::Tuple(Vec::new()), at),
            "(" => {
                let inner = self.tuple(true)?;
                self.expect(Token::Sign(")"))?;
                Ok(inner)
            }
            "[" => {
                let items = self.listed("]", Parser::expression)?;
                node(Kind::List(items), at)
            }
            _ => {
                let pairs = self.listed("}", |parser| {
                    let key = parser.expression()?;
                    parser.expect(Token::Sign(":"))?;
                    Ok((key, parser.expression()?))
                })?;
                node(Kind::Dict(pairs), at)
            }
        }
    }

    /// `.name`, `.0`, `[index]`, `[from:to]` and `(…)`, in any number.
    pub(super) fn postfix(&mut self, mut value: Expression) -> Result<Expression, Mistake> {
        loop {
            let at = self.at();
            if self.skip_sign(".") {
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
            } else if self.skip_sign("[") {
                value = self.subscript(value, at)?;
            } else if self.skip_sign("(") {
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
    fn subscript(&mut self, value: Expression, at: usize) -> Result<Expression, Mistake> {
        let bound = |parser: &mut Self| match parser.peek() {
            Token::Sign(":" | "]") => Ok(None),
            _ => parser.expression().map(Some),
        };
        let from = bound(self)?;
        let slices = self.skip_sign(":");
        let to = if slices { bound(self)? } else { None };
        self.expect(Token::Sign("]"))?;
        match from {
            Some(index) if !slices => pair(Kind::Index, value, index, at),
            None if !slices => Mistake::found(at, "found [], expected an index"),
            from => node(Kind::Slice(Box::new(value), Box::new([from, to])), at),
        }
    }
}

/// An expression that is not too deep.
pub fn node(kind: Kind, at: usize) -> Result<Expression, Mistake> {
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
) -> Result<Expression, Mistake> {
    node(kind(Box::new(left), Box::new(right)), at)
}
