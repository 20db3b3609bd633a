//! The tokens of a template, and how far they have been read: what all parts of the parser share.

use super::filters::CustomFilter;
use super::scan::{Mistake, Token};
use super::tree::Block;

/// How deep tags and brackets together may lie in one another: each level costs stack.
const DEPTH: usize = 48;

/// Tokens, and how far they have been read.
pub(super) struct Parser<'s> {
    pub(super) source: &'s str,
    pub(super) tokens: Vec<(Token<'s>, usize)>,
    pub(super) next: usize,
    pub(super) depth: usize,
    /// The filters of the application.
    pub(super) filters: &'s [(String, CustomFilter)],
    /// The blocks so far.
    pub(super) blocks: Vec<Block>,
    /// How often the name `loop` was met, but not in blocks, which do not see it.
    pub(super) loops: usize,
}

impl<'s> Parser<'s> {
    pub(super) fn peek(&self) -> &Token<'s> {
        self.tokens.get(self.next).map_or(&Token::End, |(token, _)| token)
    }

    pub(super) fn peek_second(&self) -> &Token<'s> {
        self.tokens.get(self.next + 1).map_or(&Token::End, |(token, _)| token)
    }

    /// Where the next token stands.
    pub(super) fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.source.len(), |(_, at)| *at)
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.next += count;
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(found) if *found == sign)
    }

    pub(super) fn skip_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        self.next += usize::from(found);
        found
    }

    pub(super) fn skip_name(&mut self, name: &str) -> bool {
        let found = matches!(self.peek(), Token::Name(found) if *found == name);
        self.next += usize::from(found);
        found
    }

    pub(super) fn expect_sign(&mut self, sign: &str) -> Result<(), Mistake> {
        if self.skip_sign(sign) { Ok(()) } else { Err(self.unexpected(sign)) }
    }

    pub(super) fn name(&mut self, expected: &str) -> Result<&'s str, Mistake> {
        let Token::Name(name) = *self.peek() else { return Err(self.unexpected(expected)) };
        self.skip(1);
        Ok(name)
    }

    pub(super) fn unexpected(&self, expected: &str) -> Mistake {
        Mistake::new(self.at(), format!("found {}, expected {expected}", self.peek()))
    }

    pub(super) fn enter(&mut self) -> Result<(), Mistake> {
        self.depth += 1;
        if self.depth > DEPTH {
            Err(Mistake::new(self.at(), "brackets and tags lie too deep in one another"))
        } else {
            Ok(())
        }
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn end_tag(&mut self) -> Result<(), Mistake> {
        if *self.peek() != Token::TagEnd {
            return Err(self.unexpected("%}"));
        }
        self.skip(1);
        Ok(())
    }
}
