//! From tokens to expressions.
//!
//! From the loosest to the tightest, as in Jinja:
//!
//! ```text
//! a if b else c    or    and    not    == != < <= > >= in    + -    ~    * / // %    **    - + before a value    . [] () | is
//! ```
//!
//! Two surprises are Jinja's own: `~` binds tighter than `+`, and `-2 ** 2` is 4, for the sign
//! belongs to the 2.

use super::cursor::Parser;
use super::scan::{Mistake, Token};
use super::tree::{Arguments, Comparison, Expression, Kind, Operator};

/// How many levels an expression may have: each costs stack here and again in each render. What is
/// only met now and then is kept out of the functions that call themselves, `inline(never)`, for
/// their frames add up.
const DEPTH: usize = 40;

/// Words that are no names.
const RESERVED: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];

/// What may stand between two operands.
#[derive(Clone, Copy, PartialEq)]
enum Between {
    Or,
    And,
    Compare(Comparison),
    Concat,
    Arithmetic(Operator),
}

impl Between {
    /// How tightly it binds.
    fn level(self) -> u8 {
        match self {
            Between::Or => 0,
            Between::And => 1,
            // 2 is `not`.
            Between::Compare(_) => 3,
            Between::Arithmetic(Operator::Add | Operator::Subtract) => 4,
            Between::Concat => 5,
            Between::Arithmetic(Operator::Power) => 7,
            Between::Arithmetic(_) => 6,
        }
    }
}

const NOT: u8 = 2;

impl<'s> Parser<'s> {
    /// One expression, or several with commas between them: a tuple. It ends where the tag ends, or
    /// at a bracket. With `choice` the expression may be `a if b else c`.
    pub(super) fn tuple(&mut self, choice: bool) -> Result<Expression, Mistake> {
        let at = self.at();
        let first = self.one(choice)?;
        if !self.is_sign(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.skip_sign(",") {
            if matches!(self.peek(), Token::PrintEnd | Token::TagEnd | Token::Sign(")")) {
                break;
            }
            items.push(self.one(choice)?);
        }
        node(Kind::Tuple(items), at)
    }

    /// One expression.
    pub(super) fn expression(&mut self) -> Result<Expression, Mistake> {
        self.one(true)
    }

    fn one(&mut self, choice: bool) -> Result<Expression, Mistake> {
        self.enter()?;
        let mut left = self.operation(0)?;
        while choice && self.skip_name("if") {
            let test = self.operation(0)?;
            let otherwise =
                if self.skip_name("else") { Some(Box::new(self.expression()?)) } else { None };
            let at = left.at;
            left = node(Kind::Choice(Box::new(test), Box::new(left), otherwise), at)?;
        }
        self.leave();
        Ok(left)
    }

    /// Operands with operators of at least this level between them.
    ///
    /// A tighter operator after an operand takes that operand first: this calls itself with a
    /// higher level.
    fn operation(&mut self, lowest: u8) -> Result<Expression, Mistake> {
        self.enter()?;
        let at = self.at();
        let mut left = if lowest <= NOT && self.skip_name("not") {
            node(Kind::Not(Box::new(self.operation(NOT)?)), at)?
        } else {
            self.signed(true)?
        };
        while let Some((between, words)) =
            self.between().filter(|(between, _)| between.level() >= lowest)
        {
            let operator_at = self.at();
            let level = between.level();
            left = match between {
                // Comparisons make a chain: in `a < b < c` the b is looked at twice, and both must
                // hold.
                Between::Compare(_) => {
                    let mut steps = Vec::new();
                    while let Some((Between::Compare(comparison), words)) = self.between() {
                        self.skip(words);
                        steps.push((comparison, self.operation(level + 1)?));
                    }
                    node(Kind::Compare(Box::new(left), steps), operator_at)?
                }
                Between::Concat => {
                    let mut parts = vec![left];
                    while self.skip_sign("~") {
                        parts.push(self.operation(level + 1)?);
                    }
                    {
                        let constant = parts.iter().all(Expression::is_constant);
                        node(Kind::Concat(parts, constant), operator_at)?
                    }
                }
                _ => {
                    self.skip(words);
                    let (left, right) = (Box::new(left), Box::new(self.operation(level + 1)?));
                    let kind = match between {
                        Between::Or => Kind::Or(left, right),
                        Between::And => Kind::And(left, right),
                        Between::Arithmetic(operator) => Kind::Binary(operator, left, right),
                        Between::Compare(_) | Between::Concat => {
                            unreachable!("the arms above take these")
                        }
                    };
                    node(kind, operator_at)?
                }
            };
        }
        self.leave();
        Ok(left)
    }

    /// The operator that comes next, and of how many tokens it is made.
    fn between(&self) -> Option<(Between, usize)> {
        Some(match self.peek() {
            Token::Name("or") => (Between::Or, 1),
            Token::Name("and") => (Between::And, 1),
            Token::Name("in") => (Between::Compare(Comparison::In), 1),
            Token::Name("not") if *self.peek_second() == Token::Name("in") => {
                (Between::Compare(Comparison::NotIn), 2)
            }
            Token::Sign("==") => (Between::Compare(Comparison::Equal), 1),
            Token::Sign("!=") => (Between::Compare(Comparison::NotEqual), 1),
            Token::Sign("<") => (Between::Compare(Comparison::Less), 1),
            Token::Sign("<=") => (Between::Compare(Comparison::LessOrEqual), 1),
            Token::Sign(">") => (Between::Compare(Comparison::Greater), 1),
            Token::Sign(">=") => (Between::Compare(Comparison::GreaterOrEqual), 1),
            Token::Sign("~") => (Between::Concat, 1),
            Token::Sign("+") => (Between::Arithmetic(Operator::Add), 1),
            Token::Sign("-") => (Between::Arithmetic(Operator::Subtract), 1),
            Token::Sign("*") => (Between::Arithmetic(Operator::Multiply), 1),
            Token::Sign("/") => (Between::Arithmetic(Operator::Divide), 1),
            Token::Sign("//") => (Between::Arithmetic(Operator::FloorDivide), 1),
            Token::Sign("%") => (Between::Arithmetic(Operator::Remainder), 1),
            Token::Sign("**") => (Between::Arithmetic(Operator::Power), 1),
            _ => return None,
        })
    }

    /// A value with the signs before it and what follows it: `-a.b[0]|filter`.
    fn signed(&mut self, filters: bool) -> Result<Expression, Mistake> {
        self.enter()?;
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
                let value = self.signed(false)?;
                node(Kind::Sign(sign, Box::new(value)), at)?
            }
            None => self.primary()?,
        };
        value = self.postfix(value)?;
        loop {
            if filters && self.is_sign("|") {
                value = self.filter(value)?;
            } else if filters && self.skip_name("is") {
                value = self.test(value)?;
            } else {
                break;
            }
        }
        self.leave();
        Ok(value)
    }

    pub(super) fn primary(&mut self) -> Result<Expression, Mistake> {
        let at = self.at();
        let kind = match self.peek().clone() {
            Token::Name("true" | "True") => Kind::Bool(true),
            Token::Name("false" | "False") => Kind::Bool(false),
            Token::Name("none" | "None") => Kind::Null,
            Token::Name(name) if !RESERVED.contains(&name) => {
                self.loops += usize::from(name == "loop");
                Kind::Name(name.to_owned())
            }
            Token::Int(number) => Kind::Int(number),
            Token::Float(number) => Kind::Float(number),
            Token::Quoted(mut text) => {
                // Strings side by side are one string, as in Python.
                while let Token::Quoted(more) = self.peek_second() {
                    text.push_str(more);
                    self.skip(1);
                }
                Kind::Text(text)
            }
            Token::Sign("(") => {
                self.skip(1);
                let inner = if self.is_sign(")") {
                    node(Kind::Tuple(Vec::new()), at)?
                } else {
                    self.tuple(true)?
                };
                self.expect_sign(")")?;
                return Ok(inner);
            }
            Token::Sign("[") => {
                self.skip(1);
                let items = self.listed("]", Parser::expression)?;
                return node(Kind::List(items), at);
            }
            Token::Sign("{") => {
                self.skip(1);
                let pairs = self.listed("}", |parser| {
                    let key = parser.expression()?;
                    parser.expect_sign(":")?;
                    Ok((key, parser.expression()?))
                })?;
                return node(Kind::Dict(pairs), at);
            }
            _ => return Err(self.unexpected("a value")),
        };
        self.skip(1);
        node(kind, at)
    }

    /// What stands between brackets, with commas between; one more comma may stand before the
    /// closing bracket.
    pub(super) fn listed<T>(
        &mut self,
        close: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<T, Mistake>,
    ) -> Result<Vec<T>, Mistake> {
        let mut items = Vec::new();
        while !self.skip_sign(close) {
            items.push(item(self)?);
            if !self.skip_sign(",") && !self.is_sign(close) {
                return Err(self.unexpected(&format!(", or {close}")));
            }
        }
        Ok(items)
    }
}

/// An expression of this kind, if it is not too deep.
pub(super) fn node(kind: Kind, at: usize) -> Result<Expression, Mistake> {
    let mut depth = 0;
    kind.each_part(&mut |part| depth = depth.max(part.depth));
    if depth >= DEPTH {
        return Err(Mistake::new(at, format!("the expression is more than {DEPTH} levels deep")));
    }
    Ok(Expression { kind, at, depth: depth + 1 })
}

impl Kind {
    /// Shows each expression that this one is made of.
    pub fn each_part(&self, see: &mut dyn FnMut(&Expression)) {
        let see_arguments = |arguments: &Arguments, see: &mut dyn FnMut(&Expression)| {
            arguments.placed.iter().for_each(&mut *see);
            arguments.named.iter().for_each(|(_, value)| see(value));
        };
        match self {
            Kind::List(parts) | Kind::Tuple(parts) | Kind::Concat(parts, _) => {
                parts.iter().for_each(see)
            }
            Kind::Dict(pairs) => pairs.iter().for_each(|(key, value)| {
                see(key);
                see(value);
            }),
            Kind::Attribute(of, _) | Kind::Sign(_, of) | Kind::Not(of) => see(of),
            Kind::Index(a, b) | Kind::Binary(_, a, b) | Kind::And(a, b) | Kind::Or(a, b) => {
                see(a);
                see(b);
            }
            Kind::Slice(of, bounds) => {
                see(of);
                bounds.iter().flatten().for_each(see);
            }
            Kind::Call(_, arguments) => see_arguments(arguments, see),
            Kind::Method(of, _, arguments) => {
                see(of);
                see_arguments(arguments, see);
            }
            Kind::Filter(of, _, parts) => {
                see(of);
                parts.iter().flatten().for_each(see);
            }
            Kind::Test(of, _, parts) => {
                see(of);
                parts.iter().for_each(see);
            }
            Kind::Compare(of, steps) => {
                see(of);
                steps.iter().for_each(|(_, part)| see(part));
            }
            Kind::Choice(test, yes, no) => {
                see(test);
                see(yes);
                no.iter().for_each(|no| see(no));
            }
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => {}
            Kind::Text(_) | Kind::Name(_) | Kind::Super | Kind::SelfBlock(_) => {}
        }
    }
}
