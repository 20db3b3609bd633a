//! Deeper: from tokens to what follows a value: `(…)`, `|filter`, `is test`.
//!
//! Filters and tests are looked up here, once, so that an unknown name is an error before any page
//! is made.
//!
//! Left out: `*` and `**` before arguments.

use super::cursor::Parser;
use super::expressions::node;
use super::filters::FILTERS;
use super::function::{find, unknown};
use super::mistake::Mistake;
use super::predicates::TESTS;
use super::scan::Token;
use super::tree::{Arguments, Expression, ExpressionKind as Kind, Filter};

impl Parser<'_> {
    /// After the opening bracket: values, then `name=value`, then the closing bracket.
    #[inline(never)]
    pub(super) fn arguments(&mut self) -> Result<Arguments, Mistake> {
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
    pub(super) fn filter(&mut self, value: Expression) -> Result<Expression, Mistake> {
        let at = self.at();
        let name = self.name("the name of a filter")?;
        // A filter of the application may have the name of a built-in one, and replaces it.
        let custom = self.filters.iter().find(|(known, _)| known == name);
        let filter = match (custom, find(FILTERS, "filter", name)) {
            (Some((_, custom)), _) => Filter::Custom(*custom),
            (None, Ok(row)) => Filter::BuiltIn(row),
            (None, Err(_)) => {
                let custom = self.filters.iter().map(|(name, _)| name.as_str());
                let known = FILTERS.iter().map(|row| row.name).chain(custom);
                return Mistake::found(at, unknown("filter", name, known));
            }
        };
        let arguments = if self.skip_sign("(") { self.arguments()? } else { Default::default() };
        node(Kind::Filter(Box::new(value), name.to_owned(), filter, arguments), at)
    }

    /// After `is`: `[not] name`, `name(…)` or `name value`.
    #[inline(never)]
    pub(super) fn test(&mut self, value: Expression, is_at: usize) -> Result<Expression, Mistake> {
        let negated = self.skip_name("not");
        let at = self.at();
        let name = self.name("the name of a test")?;
        let test = find(TESTS, "test", name).or_else(|message| Mistake::found(at, message))?;
        let mut arguments = Arguments::default();
        if self.skip_sign("(") {
            arguments = self.arguments()?;
        } else if !test.parameters.is_empty() {
            let operand = self.primary()?;
            arguments.placed.push(self.postfix(operand)?);
        } else if match self.peek() {
            Token::Name(name) => !matches!(*name, "and" | "or" | "else"),
            Token::Quoted(_) | Token::Int(_) | Token::Float(_) => true,
            next => matches!(next, Token::Sign("[" | "{")),
        } {
            // Jinja takes what comes here for a value of the test.
            return self.unexpected("an operator: a test with more after it needs brackets");
        }
        let test = node(Kind::Test(Box::new(value), test, arguments), at)?;
        if negated { node(Kind::Not(Box::new(test)), is_at) } else { Ok(test) }
    }
}
