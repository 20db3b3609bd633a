//! Deeper: the tokens of a template and how many have been read, for both parts of the parser.

use super::function::Function;
use super::mistake::Parsed;
use super::scan::{Token, scan};
use super::tree::{Name, Node};
use std::ops::Range;

/// How many levels of tags, brackets and operators a template may have: each needs stack.
const DEPTH: usize = 50;

/// A template that is being parsed.
pub struct Parser<'s> {
    pub source: &'s str,
    /// The filters of the application.
    pub filters: &'s [Function],
    /// The blocks so far.
    pub blocks: Vec<(String, Vec<Node>)>,
    /// The scopes around this place, the innermost last.
    pub frames: Vec<Frame<'s>>,
    /// How many names and calls there were.
    pub variables: usize,
    /// How many levels are open. Who goes in counts with [`Parser::enter`], and sets the number
    /// back at the end.
    pub depth: usize,
    tokens: Vec<(Token<'s>, usize)>,
    /// How many tokens have been read.
    pub next: usize,
}

/// The names of one scope. As in Jinja, a name belongs to the scope that sets it, also before it
/// is set: in `{% for a in b %}{{ i }}{% endfor %}{% set i = 1 %}` the first `i` is undefined, even
/// if the handler gives an `i`. But where the scope itself reads a name first, or sets it inside of
/// an `if`, there the handler's counts until then.
#[derive(Default)]
pub struct Frame<'s> {
    /// The names that it has read or set so far.
    pub own: Vec<&'s str>,
    /// The names that scopes inside of it have read so far.
    pub inner: Vec<&'s str>,
    /// The names that it sets after a scope inside of it has read them.
    pub late: Vec<Name>,
    /// How many `if`s are open.
    pub ifs: usize,
}

impl<'s> Parser<'s> {
    /// Remembers that a name was read.
    pub fn reads(&mut self, name: &'s str) {
        self.variables += 1;
        if let Some(frame) = self.frames.last_mut() {
            frame.own.push(name);
        }
    }

    /// Remembers that the names among these tokens are set in this scope.
    pub fn sets(&mut self, tokens: Range<usize>) {
        for (token, _) in &self.tokens[tokens] {
            let Token::Name(name) = *token else { continue };
            let is_known = self.frames.iter().any(|frame| frame.own.contains(&name));
            if let Some(frame) = self.frames.last_mut().filter(|_| !is_known) {
                if frame.ifs == 0 && frame.inner.contains(&name) {
                    frame.late.push(name.into());
                }
                frame.own.push(name);
            }
        }
    }

    /// A parser before the first token.
    pub fn new(source: &'s str, filters: &'s [Function]) -> Parsed<Parser<'s>> {
        let (tokens, blocks) = (scan(source)?, Vec::new());
        let (frames, variables, depth, next) = (Vec::new(), 0, 0, 0);
        Ok(Parser { source, filters, blocks, frames, variables, depth, tokens, next })
    }

    /// The token behind this number of others.
    pub fn peek_at(&self, count: usize) -> &Token<'s> {
        self.tokens.get(self.next + count).map_or(&Token::End, |(token, _)| token)
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

    /// The name that comes next.
    pub fn name(&mut self, expected: &str) -> Parsed<&'s str> {
        let Token::Name(name) = *self.peek() else { return self.unexpected(expected) };
        self.next += 1;
        Ok(name)
    }

    /// The mistake that something else comes next.
    pub fn unexpected<T>(&self, expected: &str) -> Parsed<T> {
        Err((self.at(), format!("found {}, expected {expected}", self.peek())))
    }

    /// Goes this number of levels in.
    pub fn enter(&mut self, levels: usize) -> Parsed<()> {
        self.depth += levels;
        let too_deep = || (self.at(), "brackets and tags are too deep in one another".to_owned());
        if self.depth > DEPTH { Err(too_deep()) } else { Ok(()) }
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

    /// One, or several with commas between them up to a sign of `ends`; true if a comma came.
    pub fn several<T>(
        &mut self,
        ends: &[&str],
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<(Vec<T>, bool)> {
        let mut items = vec![item(self)?];
        let is_several = self.is_sign(&[","]);
        while self.take(",") && !self.is_sign(ends) {
            items.push(item(self)?);
        }
        Ok((items, is_several))
    }
}
