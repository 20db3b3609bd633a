//! Deeper: the tokens of a template and how many have been read, for both parts of the parser.

use super::mistake::{Mistake, Parsed};
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
    pub fn new(source: &'s str, filters: &'s [(String, CustomFilter)]) -> Parsed<Parser<'s>> {
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

    /// True if one of these signs comes next.
    pub fn is_sign(&self, signs: &[&str]) -> bool {
        matches!(self.peek(), Token::Sign(found) if signs.contains(found))
    }

    /// Goes past a sign or a name, if it comes next; true if it did.
    pub fn take(&mut self, word: &str) -> bool {
        let found = matches!(*self.peek(), Token::Sign(next) | Token::Name(next) if next == word);
        self.next += usize::from(found);
        found
    }

    /// Goes past a sign or a name, which must come next.
    pub fn expect(&mut self, word: &str) -> Parsed<()> {
        if self.take(word) { Ok(()) } else { self.unexpected(word) }
    }

    /// The name that comes next.
    pub fn name(&mut self, expected: &str) -> Parsed<&'s str> {
        let Token::Name(name) = *self.peek() else {
            return self.unexpected(expected);
        };
        self.skip(1);
        Ok(name)
    }

    /// The mistake that something else comes next.
    pub fn unexpected<T>(&self, expected: &str) -> Parsed<T> {
        Mistake::found(self.at(), format!("found {}, expected {expected}", self.peek()))
    }

    /// Goes this number of levels in; [`Parser::leave`] goes back.
    pub fn enter(&mut self, levels: usize) -> Parsed<()> {
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
        close: &str,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(item(self)?);
            if !self.take(",") && !self.is_sign(&[close]) {
                return self.unexpected(&format!(", or {close}"));
            }
        }
        Ok(items)
    }

    /// `first`, or several with commas between them up to a sign of `ends`.
    pub fn several<T>(
        &mut self,
        first: T,
        ends: &[&str],
        item: impl Fn(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = vec![first];
        while self.take(",") && !self.is_sign(ends) {
            items.push(item(self)?);
        }
        Ok(items)
    }
}
