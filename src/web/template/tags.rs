//! Deeper: from tokens to the tree: the tags and what is between them.
//!
//! A tag that opens something must be closed by another tag; the message names both. A colon may
//! end an opening tag, `{% if name: %}`, because Python writes it there.
//!
//! A body is everything between two tags: text, `{{ }}` and other tags with their bodies. The
//! grammar is above the function that reads it; `body` begins with `[ ":" ] "%}"`, and each word in
//! quotes is the name of a tag or a word inside of one.
//!
//! Left out: `call`, `filter`, `do`, `autoescape`, `trans`, `continue` and `break`; `scoped`
//! blocks; `include` with `ignore missing` or `without context`.

use super::cursor::Parser;
use super::mistake::{Mistake, locate};
use super::scan::{Token, shortened};
use super::tree::{Block, CustomFilter, For, Node, Tree};
use crate::near::nearest;

/// The tags that begin something, and what each is for.
pub const TAGS: [(&str, &str); 11] = [
    ("if", "{% if a %} … {% elif b %} … {% else %} … {% endif %}"),
    ("for", "{% for item in items if item %} … {% else %} … {% endfor %}"),
    ("set", "{% set name = value %}, {% set name %} … {% endset %}"),
    ("with", "{% with a = 1, b = 2 %} … {% endwith %}"),
    ("include", "{% include 'part.html' %}"),
    ("extends", "{% extends 'layout.html' %}"),
    ("block", "{% block name %} … {{ super() }} … {% endblock %}"),
    ("macro", "{% macro field(name, type='text') %} … {% endmacro %}"),
    ("import", "{% import 'forms.html' as forms %}"),
    ("from", "{% from 'forms.html' import field as f %}"),
    ("raw", "{% raw %} … {% endraw %}"),
];

/// The tags that continue something or end it.
const ENDS: [&str; 9] =
    ["elif", "else", "endif", "endfor", "endset", "endwith", "endblock", "endmacro", "endraw"];

/// The tags that Jinja has and carafe has not.
pub const LEFT_OUT: [&str; 7] =
    ["call", "filter", "do", "autoescape", "trans", "continue", "break"];

/// Makes the tree of a template.
///
/// # Errors
///
/// The first mistake in the text.
pub fn parse(
    name: &str,
    source: String,
    filters: &[(String, CustomFilter)],
) -> Result<Tree, (Mistake, String)> {
    let parsed = Parser::new(&source, filters).and_then(|mut parser| {
        let (body, _) = parser.body(None)?;
        Ok((body, parser.blocks))
    });
    match parsed {
        Ok((body, blocks)) => Ok(Tree { name: name.to_owned(), source, body, blocks }),
        Err(mistake) => Err((mistake, source)),
    }
}

/// A tag that must be closed.
#[derive(Clone, Copy)]
struct OpenTag {
    tag: &'static str,
    at: usize,
    /// The tags that may follow its body; the last one closes it.
    ends: &'static [&'static str],
}

impl<'s> Parser<'s> {
    /// The rest of an opening tag and its body, up to a tag of `ends`, whose name is returned.
    pub(super) fn body_of(
        &mut self,
        tag: &'static str,
        at: usize,
        ends: &'static [&'static str],
    ) -> Result<(Vec<Node>, &'s str), Mistake> {
        self.skip_sign(":");
        self.expect(Token::TagEnd)?;
        self.body(Some(OpenTag { tag, at, ends }))
    }

    /// The body of a tag that only one tag ends, and that end.
    pub(super) fn whole_body(
        &mut self,
        tag: &'static str,
        at: usize,
        ends: &'static [&'static str],
    ) -> Result<Vec<Node>, Mistake> {
        let (body, _) = self.body_of(tag, at, ends)?;
        self.expect(Token::TagEnd)?;
        Ok(body)
    }

    /// Everything up to a tag that may follow; without `open`, up to the end of the template.
    fn body(&mut self, open: Option<OpenTag>) -> Result<(Vec<Node>, &'s str), Mistake> {
        // A tag needs as much stack as two levels of brackets.
        self.enter(2)?;
        let mut nodes = Vec::new();
        loop {
            let at = self.at();
            match *self.peek() {
                Token::Text(text) => {
                    self.skip(1);
                    nodes.push(Node::Text(text.to_owned()));
                }
                Token::PrintStart => {
                    self.skip(1);
                    nodes.push(Node::Print(self.tuple(true)?));
                    self.expect(Token::PrintEnd)?;
                }
                Token::TagStart => {
                    self.skip(1);
                    let tag = self.name("the name of a tag")?;
                    if open.is_some_and(|open| open.ends.contains(&tag)) {
                        self.leave(2);
                        return Ok((nodes, tag));
                    }
                    nodes.push(self.tag(tag, at, open)?);
                }
                _ => break,
            }
        }
        self.leave(2);
        let Some(OpenTag { tag, at, ends }) = open else {
            return Ok((nodes, ""));
        };
        let (line, _) = locate(self.source, at);
        self.unexpected(&format!(
            "{{% {} %}} for the {{% {tag} %}} of line {line}",
            ends[ends.len() - 1]
        ))
    }

    /// The tag whose name was just read, with its body.
    ///
    /// include = "include" name [ "with context" ]; extends = "extends" name
    fn tag(&mut self, tag: &str, at: usize, open: Option<OpenTag>) -> Result<Node, Mistake> {
        match tag {
            "if" => self.if_tag(at),
            "for" => self.for_tag(at),
            "set" => self.set_tag(at),
            "with" => self.with_tag(at),
            "block" => self.block_tag(at),
            "macro" => self.macro_tag(at),
            "import" => self.import_tag(),
            "from" => self.import_names_tag(),
            "include" | "extends" => {
                let name = self.expression()?;
                if self.skip_name("with") {
                    self.expect(Token::Name("context"))?;
                }
                self.expect(Token::TagEnd)?;
                Ok(if tag == "include" { Node::Include(name) } else { Node::Extends(name) })
            }
            _ => Mistake::found(at, unknown_tag(tag, open)),
        }
    }

    /// if = "if" test body *( "elif" test body ) [ "else" body ] "endif"
    fn if_tag(&mut self, at: usize) -> Result<Node, Mistake> {
        let mut branches = Vec::new();
        loop {
            let test = self.tuple(false)?;
            let (body, end) = self.body_of("if", at, &["elif", "else", "endif"])?;
            branches.push((test, body));
            if end != "elif" {
                return Ok(Node::If(branches, self.otherwise(end, "if", at, &["endif"])?));
            }
        }
    }

    /// What is between `else` and the end of its tag, if `else` came.
    fn otherwise(
        &mut self,
        end: &str,
        tag: &'static str,
        at: usize,
        ends: &'static [&'static str],
    ) -> Result<Vec<Node>, Mistake> {
        if end == "else" {
            return self.whole_body(tag, at, ends);
        }
        self.expect(Token::TagEnd)?;
        Ok(Vec::new())
    }

    /// for = "for" target "in" list [ "if" test ] body [ "else" body ] "endfor"
    fn for_tag(&mut self, at: usize) -> Result<Node, Mistake> {
        let target = self.target()?;
        if !self.skip_name("in") {
            return self.unexpected("in");
        }
        let over = self.tuple(false)?;
        let filter = if self.skip_name("if") { Some(self.expression()?) } else { None };
        let loops = self.loops;
        let (body, end) = self.body_of("for", at, &["else", "endfor"])?;
        let uses_loop = self.loops > loops;
        let otherwise = self.otherwise(end, "for", at, &["endfor"])?;
        Ok(Node::For(Box::new(For { target, over, filter, uses_loop, body, otherwise })))
    }

    /// block = "block" name body "endblock" [ name ]
    fn block_tag(&mut self, at: usize) -> Result<Node, Mistake> {
        let name_at = self.at();
        let name = self.name("the name of the block")?;
        if self.blocks.iter().any(|block| block.name == name) {
            return Mistake::found(name_at, format!("found the block {name} for the second time"));
        }
        let number = self.blocks.len();
        // The place is taken before the body is parsed, so that inner blocks get later numbers.
        self.blocks.push(Block { name: name.to_owned(), body: Vec::new() });
        let loops = self.loops;
        let (body, _) = self.body_of("block", at, &["endblock"])?;
        self.loops = loops;
        self.blocks[number].body = body;
        if let Token::Name(_) = self.peek()
            && !self.skip_name(name)
        {
            return self.unexpected(&format!("{name}, the name of the block that ends here"));
        }
        self.expect(Token::TagEnd)?;
        Ok(Node::Block(number))
    }
}

/// The message for a tag that cannot be here: it says what could.
fn unknown_tag(tag: &str, open: Option<OpenTag>) -> String {
    let expected = open.map(|open| open.ends[open.ends.len() - 1]);
    if ENDS.contains(&tag) {
        return match expected {
            Some(expected) => format!("found {{% {tag} %}}, expected {{% {expected} %}}"),
            None => format!("found {{% {tag} %}}, but no open tag needs it"),
        };
    }
    if LEFT_OUT.contains(&tag) {
        return format!("found {{% {tag} %}}, which Jinja has and carafe has not");
    }
    let tags: Vec<&str> = TAGS.iter().map(|(tag, _)| *tag).collect();
    let near = nearest(tag, tags.iter().copied().chain(expected))
        .map(|near| format!("; there is {{% {near} %}}"))
        .unwrap_or_default();
    format!("found {{% {} %}}, expected a tag: {}{near}", shortened(tag), tags.join(", "))
}
