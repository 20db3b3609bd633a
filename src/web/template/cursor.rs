//! Deeper: the tokens of a template and how many have been read, for both parts of the parser.

use super::function::Function;
use super::mistake::Parsed;
use super::scan::{END, Token, scan};
use super::tree::Node;
use crate::value::Text;

/// How many levels of tags, brackets and operators a template may have: each needs stack.
const DEPTH: usize = 220;

/// A template that is being parsed.
#[derive(Default)]
pub struct Parser<'s> {
    pub source: &'s str,
    /// The filters of the application.
    pub filters: &'s [Function],
    /// The blocks so far.
    pub blocks: Vec<(Text, Vec<Node>)>,
    /// How many tags are open that have names of their own. An `if` has none.
    pub scopes: usize,
    /// True if the name `loop` was read since this was set to false.
    pub uses_loop: bool,
    /// How many levels are open. A function that goes in counts with [`Parser::enter`], and sets
    /// the number back at its end.
    pub depth: usize,
    tokens: Vec<(Token<'s>, usize)>,
    /// How many tokens have been read.
    next: usize,
}

impl<'s> Parser<'s> {
    /// A parser before the first token.
    pub fn new(source: &'s str, filters: &'s [Function]) -> Parsed<Parser<'s>> {
        // As in Jinja, one line end at the very end is not part of the page.
        let source = source.strip_suffix('\n').unwrap_or(source);
        Ok(Parser { source, filters, tokens: scan(source)?, ..Parser::default() })
    }

    /// The token after this number of others.
    pub fn peek_at(&self, count: usize) -> &Token<'s> {
        self.tokens.get(self.next + count).map_or(&END, |(token, _)| token)
    }

    /// The next token.
    pub fn peek(&self) -> &Token<'s> {
        self.peek_at(0)
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

    /// The text outside of tags that comes next; comments have cut it into several tokens.
    pub fn text(&mut self) -> String {
        let mut text = String::new();
        while let Token::Text(part) = *self.peek() {
            text.push_str(part);
            self.next += 1;
        }
        text
    }

    /// The name that comes next.
    pub fn name(&mut self, expected: &str) -> Parsed<&'s str> {
        let Token::Name(name) = *self.peek() else { return self.unexpected(expected) };
        self.next += 1;
        Ok(name)
    }

    /// The mistake that something else comes next.
    #[cold]
    pub fn unexpected<T>(&self, expected: &str) -> Parsed<T> {
        Err(Box::new((self.at(), format!("found {}, expected {expected}", self.peek()))))
    }

    /// Goes this number of levels in.
    pub fn enter(&mut self, levels: usize) -> Parsed<()> {
        self.depth += levels;
        let why = || "brackets and tags are too deep in one another".to_owned();
        if self.depth > DEPTH { Err(Box::new((self.at(), why()))) } else { Ok(()) }
    }

    /// What is between brackets, with commas between; one more comma may come before the end.
    pub fn listed<T>(
        &mut self,
        close: &str,
        item: &mut dyn FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        if self.take(close) {
            return Ok(Vec::new());
        }
        let (items, _) = self.several(&[close], item)?;
        if self.take(close) { Ok(items) } else { self.unexpected(&format!(", or {close}")) }
    }

    /// One, or several with commas between them up to a sign of `ends`; true if a comma came.
    pub fn several<T>(
        &mut self,
        ends: &[&str],
        item: &mut dyn FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<(Vec<T>, bool)> {
        let mut items = vec![item(self)?];
        let is_several = self.is_sign(&[","]);
        while self.take(",") && !self.is_sign(ends) {
            items.push(item(self)?);
        }
        Ok((items, is_several))
    }
}
