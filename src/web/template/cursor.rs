//! Deeper: the tokens of a template and how many have been read, for both parts of the parser.

use super::mistake::Mistake;
use super::scan::{Token, scan};
use super::tree::{Block, CustomFilter};

/// How many levels of tags and brackets a template may have: each level needs stack.
const DEPTH: usize = 48;

/// A template that is being parsed.
pub struct Parser<'s> {
    /// Its text.
    pub source: &'s str,
    /// The filters of the application.
    pub filters: &'s [(String, CustomFilter)],
    /// The blocks so far.
    pub blocks: Vec<Block>,
    /// How often the name `loop` appeared, without blocks and macros, which do not see it.
    pub loops: usize,
    tokens: Vec<(Token<'s>, usize)>,
    next: usize,
    depth: usize,
}

impl<'s> Parser<'s> {
    /// A parser before the first token.
    pub fn new(
        source: &'s str,
        filters: &'s [(String, CustomFilter)],
    ) -> Result<Parser<'s>, Mistake> {
        let (tokens, blocks) = (scan(source)?, Vec::new());
        Ok(Parser { source, filters, blocks, loops: 0, tokens, next: 0, depth: 0 })
    }

    /// The next token.
    pub fn peek(&self) -> &Token<'s> {
        self.peek_at(0)
    }

    /// The token behind this number of others.
    pub fn peek_at(&self, count: usize) -> &Token<'s> {
        self.tokens.get(self.next + count).map_or(&Token::End, |(token, _)| token)
    }

    /// The place of the next token.
    pub fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.source.len(), |(_, at)| *at)
    }

    /// Skips this number of tokens.
    pub fn skip(&mut self, count: usize) {
        self.next += count;
    }

    /// True if this sign comes next.
    pub fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(found) if *found == sign)
    }

    /// Goes past a token, if it comes next; true if it did.
    pub fn skip_token(&mut self, token: &Token) -> bool {
        let found = self.peek() == token;
        self.next += usize::from(found);
        found
    }

    /// Goes past a sign, if it comes next; true if it did.
    pub fn skip_sign(&mut self, sign: &'static str) -> bool {
        self.skip_token(&Token::Sign(sign))
    }

    /// Goes past a name, if it comes next; true if it did.
    pub fn skip_name(&mut self, name: &str) -> bool {
        self.skip_token(&Token::Name(name))
    }

    /// Goes past a token.
    pub fn expect(&mut self, token: Token) -> Result<(), Mistake> {
        if self.skip_token(&token) { Ok(()) } else { self.unexpected(&token.to_string()) }
    }

    /// The name that comes next.
    pub fn name(&mut self, expected: &str) -> Result<&'s str, Mistake> {
        let Token::Name(name) = *self.peek() else {
            return self.unexpected(expected);
        };
        self.skip(1);
        Ok(name)
    }

    /// The mistake that something else comes next.
    pub fn unexpected<T>(&self, expected: &str) -> Result<T, Mistake> {
        Mistake::found(self.at(), format!("found {}, expected {expected}", self.peek()))
    }

    /// Goes this number of levels in; [`Parser::leave`] goes back.
    pub fn enter(&mut self, levels: usize) -> Result<(), Mistake> {
        self.depth += levels;
        match self.depth > DEPTH {
            true => Mistake::found(self.at(), "brackets and tags are too deep in one another"),
            false => Ok(()),
        }
    }

    /// Undoes [`Parser::enter`].
    pub fn leave(&mut self, levels: usize) {
        self.depth -= levels;
    }

    /// What is between brackets, with commas between; one more comma may come before the end.
    pub fn listed<T>(
        &mut self,
        close: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<T, Mistake>,
    ) -> Result<Vec<T>, Mistake> {
        let mut items = Vec::new();
        while !self.skip_sign(close) {
            items.push(item(self)?);
            if !self.skip_sign(",") && !self.is_sign(close) {
                return self.unexpected(&format!(", or {close}"));
            }
        }
        Ok(items)
    }
}
