//! From tokens to what follows a value: attributes, indexes, calls, filters and tests.
//!
//! Filters and tests are looked up by name here, once, so that a name that nobody knows is an error
//! before any page is made.

use super::cursor::Parser;
use super::expression::node;
use super::filters::Filter;
use super::is::Test;
use super::scan::{Mistake, Token};
use super::tree::{Arguments, Expression, Kind};

impl<'s> Parser<'s> {
    /// `.name`, `.0`, `[index]`, `[from:to]` and `(…)`, as many as there are.
    pub(super) fn postfix(&mut self, mut value: Expression) -> Result<Expression, Mistake> {
        loop {
            let at = self.at();
            if self.skip_sign(".") {
                let at = self.at();
                let index = match self.peek().clone() {
                    Token::Name(name) => {
                        self.skip(1);
                        value = node(Kind::Attribute(Box::new(value), name.to_owned()), at)?;
                        continue;
                    }
                    Token::Int(number) => node(Kind::Int(number), at)?,
                    _ => return Err(self.unexpected("a name or a number after the point")),
                };
                self.skip(1);
                value = node(Kind::Index(Box::new(value), Box::new(index)), at)?;
            } else if self.skip_sign("[") {
                value = self.subscript(value, at)?;
            } else if self.is_sign("(") {
                value = self.call(value)?;
            } else {
                return Ok(value);
            }
        }
    }

    #[inline(never)]
    fn subscript(&mut self, value: Expression, at: usize) -> Result<Expression, Mistake> {
        let mut bounds = [None, None, None];
        let mut colons = 0;
        loop {
            if self.is_sign(":") && colons < 2 {
                self.skip(1);
                colons += 1;
            } else if self.is_sign("]") && (colons > 0 || bounds[0].is_some()) {
                break;
            } else if bounds[colons].is_none() {
                bounds[colons] = Some(self.expression()?);
            } else {
                return Err(self.unexpected("]"));
            }
        }
        self.expect_sign("]")?;
        match bounds {
            [Some(index), None, None] if colons == 0 => {
                node(Kind::Index(Box::new(value), Box::new(index)), at)
            }
            bounds => node(Kind::Slice(Box::new(value), Box::new(bounds)), at),
        }
    }

    #[inline(never)]
    fn call(&mut self, callee: Expression) -> Result<Expression, Mistake> {
        let (bracket, at) = (self.at(), callee.at);
        self.skip(1);
        let arguments = self.arguments()?;
        let kind = match callee.kind {
            Kind::Name(name)
                if name == "super" && arguments.placed.is_empty() && arguments.named.is_empty() =>
            {
                Kind::Super
            }
            Kind::Name(name) => Kind::Call(name, arguments),
            Kind::Attribute(of, name) if matches!(&of.kind, Kind::Name(of) if of == "self") => {
                Kind::SelfBlock(name)
            }
            Kind::Attribute(of, name) => Kind::Method(of, name, arguments),
            _ => {
                return Err(Mistake::new(
                    bracket,
                    "found (, but only a name or a method can be called",
                ));
            }
        };
        node(kind, at)
    }

    /// After the opening bracket: values, then `name=value`, then the closing bracket.
    #[inline(never)]
    fn arguments(&mut self) -> Result<Arguments, Mistake> {
        let mut arguments = Arguments::default();
        self.listed(")", |parser| {
            let at = parser.at();
            if let (Token::Name(name), Token::Sign("=")) =
                (parser.peek().clone(), parser.peek_second())
            {
                parser.skip(2);
                if arguments.named.iter().any(|(known, _)| known == name) {
                    return Err(Mistake::new(at, format!("found {name}= for the second time")));
                }
                arguments.named.push((name.to_owned(), parser.expression()?));
            } else if parser.is_sign("*") || parser.is_sign("**") {
                return Err(Mistake::new(
                    at,
                    format!("found {}: spreading arguments is left out here", parser.peek()),
                ));
            } else if arguments.named.is_empty() {
                arguments.placed.push(parser.expression()?);
            } else {
                return Err(
                    parser.unexpected("name=value, for a value by place cannot follow one by name")
                );
            }
            Ok(())
        })?;
        Ok(arguments)
    }

    /// `|name` or `|name(…)`.
    #[inline(never)]
    pub(super) fn filter(&mut self, value: Expression) -> Result<Expression, Mistake> {
        self.expect_sign("|")?;
        let at = self.at();
        let name = self.name("the name of a filter")?;
        let arguments = if self.skip_sign("(") { self.arguments()? } else { Arguments::default() };
        let filter = Filter::find(name, self.filters).map_err(|what| Mistake::new(at, what))?;
        let placed = bind(&filter, arguments, at)?;
        node(Kind::Filter(Box::new(value), filter, placed), at)
    }

    /// After `is`: `[not] name`, `name(…)` or `name value`.
    #[inline(never)]
    pub(super) fn test(&mut self, value: Expression) -> Result<Expression, Mistake> {
        let negated = self.skip_name("not");
        let at = self.at();
        let name = self.name("the name of a test")?;
        let test = Test::find(name).map_err(|what| Mistake::new(at, what))?;
        let mut placed = Vec::new();
        if self.skip_sign("(") {
            let arguments = self.arguments()?;
            if let Some((name, _)) = arguments.named.first() {
                return Err(Mistake::new(at, format!("the test {} takes no {name}=", test.name)));
            }
            placed = arguments.placed;
        } else if test.arguments > 0 {
            let operand = self.primary()?;
            placed.push(self.postfix(operand)?);
        } else if !self.ends_test() {
            // Jinja takes what comes here for a value that the test is given.
            return Err(self.unexpected("an operator: a test with more behind it needs brackets"));
        }
        if placed.len() != test.arguments {
            let (expected, found) = (test.arguments, placed.len());
            return Err(Mistake::new(
                at,
                format!("the test {name} takes {expected} values, found {found}"),
            ));
        }
        let test = node(Kind::Test(Box::new(value), test, placed), at)?;
        if negated { node(Kind::Not(Box::new(test)), at) } else { Ok(test) }
    }
}

impl Parser<'_> {
    /// True if what comes next cannot be taken for the value of a test.
    fn ends_test(&self) -> bool {
        match self.peek() {
            Token::Name(name) => matches!(*name, "and" | "or" | "else"),
            Token::Quoted(_) | Token::Int(_) | Token::Float(_) => false,
            Token::Sign(sign) => !matches!(*sign, "[" | "{"),
            _ => true,
        }
    }
}

/// Puts the arguments of a filter into the order of its parameters.
fn bind(
    filter: &Filter,
    arguments: Arguments,
    at: usize,
) -> Result<Vec<Option<Expression>>, Mistake> {
    let name = filter.name();
    let Arguments { placed, named } = arguments;
    let mut placed: Vec<_> = placed.into_iter().map(Some).collect();
    let Some(parameters) = filter.parameters() else {
        if !placed.is_empty() && !named.is_empty() {
            return Err(Mistake::new(
                at,
                format!("the filter {name} takes values by place or by name, not both"),
            ));
        }
        if !named.is_empty() {
            let pair =
                |(name, value): (String, Expression)| Ok((node(Kind::Text(name), at)?, value));
            let pairs = named.into_iter().map(pair).collect::<Result<_, _>>()?;
            placed.push(Some(node(Kind::Dict(pairs), at)?));
        }
        return Ok(placed);
    };
    if placed.len() > parameters.len() {
        let (expected, found) = (parameters.len(), placed.len());
        return Err(Mistake::new(
            at,
            format!("the filter {name} takes at most {expected} values, found {found}"),
        ));
    }
    for (argument, value) in named {
        let Some(place) = parameters.iter().position(|parameter| *parameter == argument) else {
            return Err(Mistake::new(at, format!("the filter {name} takes no {argument}=")));
        };
        if placed.len() <= place {
            placed.resize_with(place + 1, || None);
        }
        if placed[place].replace(value).is_some() {
            return Err(Mistake::new(at, format!("the filter {name} is given {argument} twice")));
        }
    }
    Ok(placed)
}
