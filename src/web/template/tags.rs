//! Deeper: from tokens to the tree: the tags and what is between them.
//!
//! A tag that opens something must be closed by another tag; the message names both. A colon may
//! end an opening tag, `{% if name: %}`, because Python writes it there.
//!
//! A body is everything between two tags: text, `{{ }}` and other tags with their bodies. The
//! grammar is above the function that reads it; `body` begins with `[ ":" ] "%}"`, and each word in
//! quotes is the name of a tag or a word inside of one.
//!
//! Left out: the tags `call`, `filter`, `do`, `autoescape`, `trans`, `continue` and `break`;
//! `scoped` blocks; `include` with `ignore missing` or `without context`; filters after `set`,
//! `{% set a.b = 1 %}`, parameters for any number of values.

use super::cursor::Parser;
use super::function::Function;
use super::mistake::{Parsed, locate};
use super::scan::{Token, shortened};
use super::tree::{Expression, For, Macro, Node, Term, Tree};
use crate::near::nearest;
use std::mem::replace;

/// The name of a tag, and what reads it after its name, given its place.
type TagRow = (&'static str, fn(&mut Parser, usize) -> Parsed<Node>);

/// The tags that begin something.
const TAGS: [TagRow; 11] = [
    ("if", if_tag),
    ("for", for_tag),
    ("set", set_tag),
    ("with", with_tag),
    ("include", include_tag),
    ("extends", extends_tag),
    ("block", block_tag),
    ("macro", macro_tag),
    ("import", import_tag),
    ("from", from_tag),
    // The scanner reads a whole `raw`; here is only one with something else inside of its tag.
    ("raw", |parser, _| parser.unexpected("%}")),
];

/// As in Flask, what is printed is escaped in templates whose names end so.
const ESCAPED: [&str; 5] = [".html", ".htm", ".xml", ".xhtml", ".svg"];

/// Makes the tree of a template.
/// Errors: the first mistake in the text.
pub fn parse(name: &str, source: &str, filters: &[Function]) -> Parsed<Tree> {
    let mut parser = Parser::new(source, filters)?;
    let (body, _) = parser.body(None, &[])?;
    let escapes = ESCAPED.iter().any(|ending| name.ends_with(ending));
    let (name, source) = (name.to_owned(), source.to_owned());
    Ok(Tree { name, source, body, blocks: parser.blocks, escapes })
}

impl<'s> Parser<'s> {
    /// The rest of an opening tag and its body, up to its end or a tag of `middle`, whose name is
    /// returned.
    fn body_of(&mut self, tag: &str, at: usize, middle: &[&str]) -> Parsed<(Vec<Node>, &'s str)> {
        self.take(":");
        self.expect("%}")?;
        self.body(Some((tag, at)), middle)
    }

    /// The body of a tag that only one tag ends, and that end.
    fn whole_body(&mut self, tag: &str, at: usize) -> Parsed<Vec<Node>> {
        let (body, _) = self.body_of(tag, at, &[])?;
        self.expect("%}")?;
        Ok(body)
    }

    /// The body of `else`, if that was the last tag; else nothing.
    fn otherwise(&mut self, tag: &str, at: usize, last: &str) -> Parsed<Vec<Node>> {
        match last {
            "else" => self.whole_body(tag, at),
            _ => self.expect("%}").map(|()| Vec::new()),
        }
    }

    /// Everything up to a tag that may follow; without `open`, up to the end of the template.
    fn body(
        &mut self,
        open: Option<(&str, usize)>,
        middle: &[&str],
    ) -> Parsed<(Vec<Node>, &'s str)> {
        let depth = self.depth;
        // A tag needs as much stack as two levels of brackets.
        self.enter(2)?;
        let tag = open.map(|(tag, _)| tag);
        let has_scope = !matches!(tag, None | Some("if"));
        self.scopes += usize::from(has_scope);
        let mut nodes = Vec::new();
        loop {
            let text = self.text();
            let at = self.at();
            if self.take("{{") {
                let printed = self.tuple()?;
                self.expect("}}")?;
                nodes.push(Node::Print(text, printed));
                continue;
            }
            nodes.extend(Some(text).filter(|text| !text.is_empty()).map(Node::Text));
            if !self.take("{%") {
                break;
            }
            let found = self.name("the name of a tag")?;
            if tag.is_some() && found.strip_prefix("end") == tag || middle.contains(&found) {
                self.depth = depth;
                self.scopes -= usize::from(has_scope);
                return Ok((nodes, found));
            }
            let row = TAGS.iter().find(|(known, _)| *known == found);
            let (_, read) = row.ok_or_else(|| (at, self.unknown_tag(found, open)))?;
            nodes.push(read(self, at)?);
        }
        let Some(open) = open else {
            return Ok((nodes, ""));
        };
        self.unexpected(&self.end_of(open))
    }

    /// The tag that ends an open one.
    fn end_of(&self, (tag, at): (&str, usize)) -> String {
        let (line, _) = locate(self.source, at);
        format!("{{% end{tag} %}} for the {{% {tag} %}} of line {line}")
    }

    /// The message for a tag that cannot be here: it says what could.
    fn unknown_tag(&self, tag: &str, open: Option<(&str, usize)>) -> String {
        let names = TAGS.map(|(name, _)| name);
        let is_end = tag.strip_prefix("end").is_some_and(|begun| names.contains(&begun));
        if is_end || matches!(tag, "elif" | "else") {
            return match open {
                Some(open) => format!("found {{% {tag} %}}, expected {}", self.end_of(open)),
                None => format!("found {{% {tag} %}}, but no open tag needs it"),
            };
        }
        let end = open.map(|(open, _)| format!("end{open}"));
        let near = nearest(tag, names.into_iter().chain(end.as_deref()))
            .map(|near| format!("; there is {{% {near} %}}"))
            .unwrap_or_default();
        format!("found {{% {} %}}, expected a tag: {}{near}", shortened(tag), names.join(", "))
    }

    /// target = one *( "," one ); one = name / "(" target ")"
    ///
    /// The names that a value goes to: several take a list apart.
    fn target(&mut self) -> Parsed<Expression> {
        fn is_target(target: &Expression) -> bool {
            match &target.kind {
                Term::Name(_) => true,
                Term::List(targets, true) => targets.iter().all(is_target),
                _ => false,
            }
        }
        let target = self.tuple_of(&["=", ")"], &mut Parser::primary)?;
        match is_target(&target) {
            true => Ok(target),
            false => {
                Err(Box::new((target.at, format!("found {}, expected a name", target.path()))))
            }
        }
    }

    /// What `if` tests, or `for` takes its items from: in it `if … else` needs brackets.
    fn test_or_list(&mut self) -> Parsed<Expression> {
        self.tuple_of(&["%}"], &mut |parser| parser.operation(0))
    }
}

/// `if = "if" test body *( "elif" test body ) [ "else" body ] "endif"`
fn if_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    let mut branches = Vec::new();
    let mut last = "elif";
    while last == "elif" {
        let test = parser.test_or_list()?;
        let body;
        (body, last) = parser.body_of("if", at, &["elif", "else"])?;
        branches.push((test, body));
    }
    let always = Expression { kind: Term::Constant(true.into()), at };
    branches.push((always, parser.otherwise("if", at, last)?));
    Ok(Node::If(branches))
}

/// `for = "for" target "in" list [ "if" test ] body [ "else" body ] "endfor"`
fn for_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    let target = parser.target()?;
    if target.sets("loop") {
        let why = "found loop, which every for has, expected another name";
        return Err(Box::new((target.at, why.to_owned())));
    }
    parser.expect("in")?;
    let over = parser.test_or_list()?;
    let filter = if parser.take("if") { Some(parser.expression()?) } else { None };
    let used_loop = replace(&mut parser.uses_loop, false);
    let (body, last) = parser.body_of("for", at, &["else"])?;
    let loop_name = parser.uses_loop.then(|| "loop".into());
    parser.uses_loop |= used_loop;
    let otherwise = parser.otherwise("for", at, last)?;
    let item = match &target.kind {
        Term::Name(name) => name.clone(),
        _ => "".into(),
    };
    Ok(Node::For(Box::new(For { target, item, over, filter, loop_name, body, otherwise })))
}

/// set = "set" target "=" value / "set" name body "endset"
fn set_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    let target = parser.target()?;
    if parser.take("=") {
        let value = parser.tuple()?;
        parser.expect("%}")?;
        Ok(Node::Set(target, value))
    } else if let Term::Name(name) = target.kind {
        Ok(Node::Capture(name, parser.whole_body("set", at)?, at))
    } else {
        parser.unexpected("=")
    }
}

/// `with = "with" [ target "=" value *( "," target "=" value ) ] body "endwith"`
fn with_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    let mut bindings = Vec::new();
    while !parser.is_sign(&["%}"]) {
        if !bindings.is_empty() {
            parser.expect(",")?;
        }
        let target = parser.target()?;
        parser.expect("=")?;
        bindings.push((target, parser.expression()?));
    }
    Ok(Node::With(bindings, parser.whole_body("with", at)?, at))
}

/// `include = "include" name [ "with context" ]`
fn include_tag(parser: &mut Parser, _: usize) -> Parsed<Node> {
    let name = parser.expression()?;
    end_of_import(parser, &["with"])?;
    Ok(Node::Include(name))
}

/// `extends = "extends" name`
fn extends_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    if parser.scopes > 0 {
        let why = "found {% extends %} inside of another tag, expected it at the top or in an if";
        return Err(Box::new((at, why.to_owned())));
    }
    let name = parser.expression()?;
    parser.expect("%}")?;
    Ok(Node::Extends(name))
}

/// `block = "block" name body "endblock" [ name ]`
fn block_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    let name_at = parser.at();
    let name = parser.name("the name of the block")?;
    if parser.blocks.iter().any(|(known, _)| **known == *name) {
        return Err(Box::new((name_at, format!("found the block {name} for the second time"))));
    }
    let number = parser.blocks.len();
    parser.blocks.push((name.into(), Vec::new()));
    (parser.blocks[number].1, _) = parser.body_of("block", at, &[])?;
    parser.take(name);
    parser.expect("%}")?;
    Ok(Node::Block(name.into(), at))
}

/// `macro = "macro" name "(" *( parameter [ "=" default ] ) ")" body "endmacro"`
fn macro_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    let name = parser.name("the name of the macro")?;
    parser.expect("(")?;
    let (mut names, mut needs_default) = (Vec::new(), false);
    let parameters = parser.listed(")", &mut |parser| {
        let at = parser.at();
        let name = parser.name("the name of a parameter")?;
        if names.contains(&name) {
            return Err(Box::new((at, format!("found the parameter {name} for the second time"))));
        }
        names.push(name);
        if needs_default {
            parser.expect("=")?;
        } else {
            needs_default = parser.take("=");
        }
        Ok((name.into(), if needs_default { Some(parser.expression()?) } else { None }))
    })?;
    let body = parser.whole_body("macro", at)?;
    Ok(Node::Macro(Box::new(Macro { name: name.into(), parameters, body })))
}

/// `import = "import" template "as" name [ context ]`
fn import_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    let template = parser.expression()?;
    parser.expect("as")?;
    let names = vec![(None, parser.name("a name for the import")?.into(), at)];
    Ok(Node::Import(template, end_of_import(parser, &["with", "without"])?, names))
}

/// `from = "from" template "import" name [ "as" name ] *( "," name [ "as" name ] ) [ context ]`
fn from_tag(parser: &mut Parser, _: usize) -> Parsed<Node> {
    let template = parser.expression()?;
    parser.expect("import")?;
    let (names, _) = parser.several(&["%}"], &mut |parser| {
        let at = parser.at();
        let there = parser.name("the name of a macro")?;
        let here = if parser.take("as") { parser.name("a name for it")? } else { there };
        Ok((Some(there.to_owned()), here.into(), at))
    })?;
    Ok(Node::Import(template, end_of_import(parser, &["with", "without"])?, names))
}

/// `[ "with" / "without" "context" ] "%}"`, true for `with`.
fn end_of_import(parser: &mut Parser, words: &[&str]) -> Parsed<bool> {
    let is_with = *parser.peek() == Token::Name("with");
    if words.iter().any(|word| parser.take(word)) {
        parser.expect("context")?;
    }
    parser.expect("%}")?;
    Ok(is_with)
}
