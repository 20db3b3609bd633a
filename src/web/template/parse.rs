//! From tokens to the tree: the tags, and what stands between them.
//!
//! Each tag that opens something waits for the tag that closes it; a message names both.
//!
//! Left out: `macro`, `call`, `import`, `filter`, `do` and `autoescape`. A filter of the
//! application is a function in Rust; what several pages share is a template to include or to
//! extend.

use super::cursor::Parser;
use super::filters::CustomFilter;
use super::scan::{Mistake, Token, scan};
use super::tree::{
    Block, CAPTURED, Capture, Expression, For, Include, Kind, Node, Target, Tree, locate,
};
use crate::near::nearest;

/// The tags that begin something.
const TAGS: [&str; 8] = ["if", "for", "set", "with", "include", "extends", "block", "raw"];

/// The tags that go on with something or end it.
const ENDS: [&str; 8] =
    ["elif", "else", "endif", "endfor", "endset", "endwith", "endblock", "endraw"];

/// What Jinja has, and this does not.
const LEFT_OUT: [&str; 10] =
    ["macro", "call", "import", "from", "filter", "do", "autoescape", "trans", "continue", "break"];

/// Makes the tree of a template.
///
/// # Errors
///
/// The first thing in the text that is not as it should be.
pub fn parse(
    name: &str,
    source: String,
    filters: &[(String, CustomFilter)],
) -> Result<Tree, (Mistake, String)> {
    match parse_body(&source, filters) {
        Ok((body, blocks)) => Ok(Tree { name: name.to_owned(), body, blocks, source }),
        Err(mistake) => Err((mistake, source)),
    }
}

fn parse_body(
    source: &str,
    filters: &[(String, CustomFilter)],
) -> Result<(Vec<Node>, Vec<Block>), Mistake> {
    let tokens = scan(source)?;
    let mut parser =
        Parser { source, tokens, next: 0, depth: 0, filters, blocks: Vec::new(), loops: 0 };
    let (body, _) = parser.body(None)?;
    Ok((body, parser.blocks))
}

/// A tag that waits to be closed.
#[derive(Clone, Copy)]
struct Open {
    tag: &'static str,
    at: usize,
    /// The tags that may follow its body; the last one closes it.
    ends: &'static [&'static str],
}

impl<'s> Parser<'s> {
    /// Everything up to a tag that may follow, whose name comes back; without `open`, up to the end
    /// of the template.
    fn body(&mut self, open: Option<Open>) -> Result<(Vec<Node>, &'s str), Mistake> {
        // A tag costs as much stack as two levels of brackets.
        self.enter()?;
        self.enter()?;
        let mut nodes = Vec::new();
        loop {
            let at = self.at();
            match self.peek().clone() {
                Token::Text(text) => {
                    self.skip(1);
                    nodes.push(Node::Text(text.to_owned()));
                }
                Token::PrintStart => {
                    self.skip(1);
                    if *self.peek() == Token::PrintEnd {
                        return Err(self.unexpected("a value"));
                    }
                    nodes.push(Node::Print(self.tuple(true)?));
                    if *self.peek() != Token::PrintEnd {
                        return Err(self.unexpected("}}"));
                    }
                    self.skip(1);
                }
                Token::TagStart => {
                    self.skip(1);
                    let tag = self.name("the name of a tag")?;
                    if open.is_some_and(|open| open.ends.contains(&tag)) {
                        self.leave();
                        self.leave();
                        return Ok((nodes, tag));
                    }
                    nodes.push(self.tag(tag, at, open)?);
                }
                Token::End => break,
                _ => return Err(self.unexpected("text or a tag")),
            }
        }
        self.leave();
        self.leave();
        let Some(Open { tag, at, ends }) = open else { return Ok((nodes, "")) };
        let (line, _) = locate(self.source, at);
        let end = ends[ends.len() - 1];
        Err(Mistake::new(
            self.at(),
            format!("end of template, expected {{% {end} %}} for the {{% {tag} %}} of line {line}"),
        ))
    }

    /// The tag whose name was just read, with its body.
    fn tag(&mut self, tag: &str, at: usize, open: Option<Open>) -> Result<Node, Mistake> {
        match tag {
            "if" => self.if_tag(at),
            "for" => self.for_tag(at),
            "set" => self.set_tag(at),
            "with" => self.with_tag(at),
            "include" => self.include_tag(),
            "extends" => {
                let name = self.expression()?;
                self.end_tag()?;
                Ok(Node::Extends(name))
            }
            "block" => self.block_tag(at),
            _ => Err(Mistake::new(at, unknown_tag(tag, open))),
        }
    }

    fn if_tag(&mut self, at: usize) -> Result<Node, Mistake> {
        let mut branches = Vec::new();
        loop {
            let test = self.tuple(false)?;
            self.end_tag()?;
            let (body, end) =
                self.body(Some(Open { tag: "if", at, ends: &["elif", "else", "endif"] }))?;
            branches.push((test, body));
            if end != "elif" {
                let mut otherwise = Vec::new();
                if end == "else" {
                    self.end_tag()?;
                    (otherwise, _) = self.body(Some(Open { tag: "if", at, ends: &["endif"] }))?;
                }
                self.end_tag()?;
                return Ok(Node::If(branches, otherwise));
            }
        }
    }

    fn for_tag(&mut self, at: usize) -> Result<Node, Mistake> {
        let target = self.target()?;
        if !self.skip_name("in") {
            return Err(self.unexpected("in"));
        }
        let over = self.tuple(false)?;
        let filter = if self.skip_name("if") { Some(self.expression()?) } else { None };
        if let Token::Name("recursive") = self.peek() {
            return Err(Mistake::new(
                self.at(),
                "found recursive, which is left out here: a template can include itself",
            ));
        }
        self.end_tag()?;
        let loops = self.loops;
        let (body, end) = self.body(Some(Open { tag: "for", at, ends: &["else", "endfor"] }))?;
        let uses_loop = self.loops > loops;
        let mut otherwise = Vec::new();
        if end == "else" {
            self.end_tag()?;
            (otherwise, _) = self.body(Some(Open { tag: "for", at, ends: &["endfor"] }))?;
        }
        self.end_tag()?;
        Ok(Node::For(Box::new(For { target, over, filter, body, otherwise, uses_loop })))
    }

    fn set_tag(&mut self, at: usize) -> Result<Node, Mistake> {
        let name_at = self.at();
        let target = self.target()?;
        if self.skip_sign("=") {
            let value = self.tuple(true)?;
            self.end_tag()?;
            return Ok(Node::Set(target, value));
        }
        let Target::Name(name) = target else { return Err(self.unexpected("=")) };
        let mut filtered =
            Expression { kind: Kind::Name(CAPTURED.to_owned()), at: name_at, depth: 1 };
        while self.is_sign("|") {
            filtered = self.filter(filtered)?;
        }
        self.end_tag()?;
        let (body, _) = self.body(Some(Open { tag: "set", at, ends: &["endset"] }))?;
        self.end_tag()?;
        Ok(Node::Capture(Capture { name, filtered, body }))
    }

    fn with_tag(&mut self, at: usize) -> Result<Node, Mistake> {
        let mut bindings = Vec::new();
        while *self.peek() != Token::TagEnd {
            if !bindings.is_empty() {
                self.expect_sign(",")?;
            }
            let target = self.target()?;
            self.expect_sign("=")?;
            bindings.push((target, self.expression()?));
        }
        self.end_tag()?;
        let (body, _) = self.body(Some(Open { tag: "with", at, ends: &["endwith"] }))?;
        self.end_tag()?;
        Ok(Node::With(bindings, body))
    }

    fn include_tag(&mut self) -> Result<Node, Mistake> {
        let name = self.expression()?;
        let ignore_missing = matches!(
            (self.peek(), self.peek_second()),
            (Token::Name("ignore"), Token::Name("missing"))
        );
        self.skip(if ignore_missing { 2 } else { 0 });
        let mut context = true;
        if let (Token::Name(word @ ("with" | "without")), Token::Name("context")) =
            (self.peek(), self.peek_second())
        {
            context = *word == "with";
            self.skip(2);
        }
        self.end_tag()?;
        Ok(Node::Include(Include { name, ignore_missing, context }))
    }

    fn block_tag(&mut self, at: usize) -> Result<Node, Mistake> {
        let name_at = self.at();
        let name = self.name("the name of the block")?;
        if self.blocks.iter().any(|block| block.name == name) {
            return Err(Mistake::new(
                name_at,
                format!("found the block {name} for the second time"),
            ));
        }
        let scoped = self.skip_name("scoped");
        self.end_tag()?;
        let number = self.blocks.len();
        // The place is taken before the body is read, so that inner blocks are numbered after it.
        self.blocks.push(Block { name: name.to_owned(), body: Vec::new(), scoped });
        let loops = self.loops;
        let (body, _) = self.body(Some(Open { tag: "block", at, ends: &["endblock"] }))?;
        self.loops = loops + usize::from(scoped);
        self.blocks[number].body = body;
        if let Token::Name(_) = self.peek()
            && !self.skip_name(name)
        {
            return Err(self.unexpected(&format!("{name}, the name of the block that ends here")));
        }
        self.end_tag()?;
        Ok(Node::Block(number))
    }

    /// One name, or several with commas between them, brackets allowed.
    fn target(&mut self) -> Result<Target, Mistake> {
        let at = self.at();
        let first = self.one_target()?;
        if !self.is_sign(",") {
            return Ok(first);
        }
        let mut several = vec![first];
        while self.skip_sign(",") {
            if matches!(self.peek(), Token::Sign("=" | ")")) {
                break;
            }
            several.push(self.one_target()?);
        }
        Ok(Target::Several(several, at))
    }

    fn one_target(&mut self) -> Result<Target, Mistake> {
        self.enter()?;
        let target = if self.skip_sign("(") {
            let target = self.target()?;
            self.expect_sign(")")?;
            target
        } else {
            let at = self.at();
            let name = self.name("a name")?;
            // As in Jinja, `for a, in b` is not the tuple of one that it would be in Python.
            if matches!(
                name,
                "true"
                    | "false"
                    | "none"
                    | "True"
                    | "False"
                    | "None"
                    | "self"
                    | "super"
                    | "in"
                    | "if"
            ) {
                return Err(Mistake::new(
                    at,
                    format!("found {name}, expected a name that can be given a value"),
                ));
            }
            if self.is_sign(".") {
                return Err(Mistake::new(
                    self.at(),
                    "found ., expected =: an attribute cannot be set",
                ));
            }
            Target::Name(name.to_owned())
        };
        self.leave();
        Ok(target)
    }
}

fn unknown_tag(tag: &str, open: Option<Open>) -> String {
    let expected = open.map(|open| open.ends[open.ends.len() - 1]);
    if ENDS.contains(&tag) {
        return match expected {
            Some(expected) => format!("found {{% {tag} %}}, expected {{% {expected} %}}"),
            None => format!("found {{% {tag} %}}, but nothing is open that it could close"),
        };
    }
    if LEFT_OUT.contains(&tag) {
        return format!("found {{% {tag} %}}, which Jinja has and carafe leaves out");
    }
    let near = nearest(tag, TAGS.into_iter().chain(expected))
        .map(|near| format!("; there is {{% {near} %}}"));
    let tag: String = tag.chars().take(40).collect();
    format!("found {{% {tag} %}}, expected a tag: {}{}", TAGS.join(", "), near.unwrap_or_default())
}
