//! Deeper: the tokens of a template and how many have been read, for both parts of the parser.

use super::function::Function;
use super::mistake::Parsed;
use super::scan::{END, Token, scan};
use super::tree::Node;
use crate::value::Text;
use std::mem::take;

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
    /// The scopes around this place, the innermost last.
    pub scopes: Vec<ParsedScope>,
    /// The names that were read or set so far; true if the scope that did it is still open.
    pub seen: Vec<(&'s str, bool)>,
    /// The names that the next scope has from its beginning: those of a `for` or a `with`, or the
    /// parameters of a macro.
    pub own_names: Vec<&'s str>,
    /// How many levels are open. A function that goes in counts with [`Parser::enter`], and sets
    /// the number back at its end.
    pub depth: usize,
    tokens: Vec<(Token<'s>, usize)>,
    /// How many tokens have been read.
    next: usize,
}

/// A part of the template with names of its own. As in Jinja, a name belongs to the scope that sets
/// it, also before it is set. What it is until then:
///
/// 1. This scope reads it first, or sets it inside of an `if`: what the handler gives.
/// 2. Only a scope inside of this one has read it: undefined, whatever the handler gives, as the
///    first `i` of `{% for a in b %}{{ i }}{% endfor %}{% set i = 1 %}`.
/// 3. A scope around this one reads or sets it, even further below: the value that it has there.
#[derive(Default)]
pub struct ParsedScope {
    /// How many names had been seen at its beginning.
    pub start: usize,
    /// How many `if`s are open.
    pub ifs: usize,
    /// The names that it sets after a scope inside of it has read them.
    pub late: Vec<Text>,
}

impl<'s> Parser<'s> {
    /// A parser before the first token.
    pub fn new(source: &'s str, filters: &'s [Function]) -> Parsed<Parser<'s>> {
        // As in Jinja, one line end at the very end is not part of the page.
        let source = source.strip_suffix('\n').unwrap_or(source);
        Ok(Parser { source, filters, tokens: scan(source)?, ..Parser::default() })
    }

    /// Remembers that a name was read.
    pub fn reads(&mut self, name: &'s str) {
        self.seen.push((name, true));
    }

    /// Remembers that a name is set in this scope.
    pub fn sets(&mut self, name: &'s str) {
        let is_same = |known: &&(&str, bool)| known.0 == name;
        if self.seen.iter().filter(is_same).any(|(_, is_open)| *is_open) {
            return;
        }
        if let Some(scope) = self.scopes.last_mut() {
            let inside = self.seen[scope.start..].iter().any(|known| is_same(&known));
            scope.late.extend((scope.ifs == 0 && inside).then(|| name.into()));
        }
        self.seen.push((name, true));
    }

    /// Begins a tag with a body. An `if` has no scope of its own.
    pub fn open_scope(&mut self, is_if: bool) {
        match self.scopes.last_mut().filter(|_| is_if) {
            Some(scope) => scope.ifs += 1,
            None => {
                self.scopes.push(ParsedScope { start: self.seen.len(), ..Default::default() });
                self.seen.extend(take(&mut self.own_names).into_iter().map(|name| (name, true)));
            }
        }
    }

    /// Ends a tag with a body.
    pub fn close_scope(&mut self, is_if: bool, nodes: &mut Vec<Node>) {
        if let Some(scope) = self.scopes.last_mut().filter(|_| is_if) {
            scope.ifs -= 1;
        } else if let Some(scope) = self.scopes.pop() {
            let own = self.seen[scope.start..].iter().filter(|(_, is_open)| *is_open);
            let own: Vec<&str> = own.map(|(name, _)| *name).collect();
            nodes.iter_mut().for_each(|node| node.not_late(&own));
            self.leave(scope.start);
            if !scope.late.is_empty() {
                nodes.insert(0, Node::Late(scope.late));
            }
        }
    }

    /// Ends the part that began with this number of names: what it read was read inside.
    pub fn leave(&mut self, start: usize) {
        self.seen[start..].iter_mut().for_each(|(_, is_open)| *is_open = false);
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
