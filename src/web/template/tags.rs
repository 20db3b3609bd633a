//! Deeper: from tokens to the tree: the tags and what is between them.
//!
//! A tag that opens something must be closed by another tag; the message names both. A colon may
//! end an opening tag, `{% if name: %}`, because Python writes it there.
//!
//! A body is everything between two tags: text, `{{ }}` and other tags with their bodies. The
//! grammar is above the function that reads it; `body` begins with `[ ":" ] "%}"`, and each word in
//! quotes is the name of a tag or a word inside of one.
//!
//! Left out: what [`LEFT_OUT`] has; `scoped` blocks; `include` with `ignore missing` or `without
//! context`; filters after `set`, `{% set a.b = 1 %}`, parameters for any number of values.

use super::cursor::{Frame, Parser};
use super::function::Function;
use super::mistake::{Parsed, locate};
use super::scan::{Token, shortened};
use super::tree::{Expression, For, Macro, Name, NameTarget, Node, Tree};
use crate::near::nearest;

/// The name of a tag, its form, and what reads it after its name, given its place.
pub type TagRow = (&'static str, &'static str, fn(&mut Parser, usize) -> Parsed<Node>);

/// The tags that begin something.
pub const TAGS: [TagRow; 11] = [
    ("if", "{% if a %} … {% elif b %} … {% else %} … {% endif %}", if_tag),
    ("for", "{% for item in items if item %} … {% else %} … {% endfor %}", for_tag),
    ("set", "{% set name = value %}, {% set name %} … {% endset %}", set_tag),
    ("with", "{% with a = 1, b = 2 %} … {% endwith %}", with_tag),
    ("include", "{% include 'part.html' %}", |parser, _| Ok(Node::Include(template(parser)?))),
    ("extends", "{% extends 'layout.html' %}", |parser, _| Ok(Node::Extends(template(parser)?))),
    ("block", "{% block name %} … {{ super() }} … {% endblock %}", block_tag),
    ("macro", "{% macro field(name, type='text') %} … {% endmacro %}", macro_tag),
    ("import", "{% import 'forms.html' as forms %}", import_tag),
    ("from", "{% from 'forms.html' import field as f %}", from_tag),
    // The scanner reads a whole `raw`; here is only one with something else inside of its tag.
    ("raw", "{% raw %} … {% endraw %}", |parser, _| parser.unexpected("%}")),
];

/// The tags that Jinja has and carafe has not.
pub const LEFT_OUT: [&str; 7] =
    ["call", "filter", "do", "autoescape", "trans", "continue", "break"];

/// As in Flask, what is printed is escaped in templates whose names end so.
pub const ESCAPED: [&str; 5] = [".html", ".htm", ".xml", ".xhtml", ".svg"];

/// Makes the tree of a template.
///
/// # Errors
///
/// The first mistake in the text.
pub fn parse(name: &str, source: &str, filters: &[Function]) -> Parsed<Tree> {
    let mut parser = Parser::new(source, filters)?;
    let (body, _) = parser.body(None, 0, &[])?;
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
        self.body(Some(tag), at, middle)
    }

    /// The body of a tag that only one tag ends, and that end.
    fn whole_body(&mut self, tag: &str, at: usize) -> Parsed<Vec<Node>> {
        let (body, _) = self.body_of(tag, at, &[])?;
        self.expect("%}")?;
        Ok(body)
    }

    /// The body of `block` or `macro`. The name may be written again at the end.
    fn named_body(&mut self, tag: &str, name: &str, at: usize) -> Parsed<Vec<Node>> {
        let (body, _) = self.body_of(tag, at, &[])?;
        if !self.take(name) && matches!(self.peek(), Token::Name(_)) {
            return self.unexpected(&format!("{name}, the name of the {tag} that ends here"));
        }
        self.expect("%}")?;
        Ok(body)
    }

    /// Everything up to a tag that may follow; without `open`, up to the end of the template.
    fn body(
        &mut self,
        open: Option<&str>,
        open_at: usize,
        middle: &[&str],
    ) -> Parsed<(Vec<Node>, &'s str)> {
        let (depth, is_scope) = (self.depth, open != Some("if"));
        // A tag needs as much stack as two levels of brackets.
        self.enter(2)?;
        let mut nodes = Vec::new();
        if is_scope {
            self.frames.push(Frame::default());
        }
        loop {
            let at = self.at();
            nodes.push(match *self.peek() {
                Token::Text(text) => {
                    self.skip(1);
                    Node::Text(text.to_owned())
                }
                Token::Sign("{{") => {
                    self.skip(1);
                    let printed = self.tuple(true)?;
                    self.expect("}}")?;
                    Node::Print(printed)
                }
                Token::Sign("{%") => {
                    self.skip(1);
                    let tag = self.name("the name of a tag")?;
                    let is_end = open.is_some() && tag.strip_prefix("end") == open;
                    if is_end || middle.contains(&tag) {
                        self.depth = depth;
                        if is_scope {
                            self.close_frame(&mut nodes);
                        }
                        return Ok((nodes, tag));
                    }
                    let row = TAGS.iter().find(|(known, ..)| *known == tag);
                    let (_, _, read) = row.ok_or_else(|| (at, unknown_tag(tag, open)))?;
                    read(self, at)?
                }
                _ => break,
            });
        }
        let Some(tag) = open else {
            self.close_frame(&mut nodes);
            return Ok((nodes, ""));
        };
        let (line, _) = locate(self.source, open_at);
        self.unexpected(&format!("{{% end{tag} %}} for the {{% {tag} %}} of line {line}"))
    }

    /// Ends a scope: its names have been read inside of the scope around it.
    fn close_frame(&mut self, nodes: &mut Vec<Node>) {
        let Some(mut frame) = self.frames.pop() else { return };
        if !frame.late.is_empty() {
            nodes.insert(0, Node::Late(frame.late));
        }
        frame.inner.append(&mut frame.own);
        if let Some(outer) = self.frames.last_mut() {
            outer.inner.append(&mut frame.inner);
        }
    }

    /// target = one *( "," one ); one = name / "(" target ")"
    ///
    /// The names that a value goes to: several take a list apart.
    fn target(&mut self) -> Parsed<NameTarget> {
        let at = self.at();
        let (mut targets, is_several) = self.several(&["=", ")"], Parser::one_target)?;
        match targets.pop() {
            Some(only) if !is_several => Ok(only),
            last => {
                targets.extend(last);
                Ok(NameTarget::Several(targets, at))
            }
        }
    }

    /// A name, or several in brackets. The names of constants are no targets.
    fn one_target(&mut self) -> Parsed<NameTarget> {
        const NO_NAMES: [&str; 10] =
            ["true", "false", "none", "True", "False", "None", "self", "super", "in", "if"];
        if self.take("(") {
            let depth = self.depth;
            self.enter(1)?;
            let target = self.target()?;
            self.depth = depth;
            self.expect(")")?;
            return Ok(target);
        }
        let at = self.at();
        let name = self.name("a name")?;
        // As in Jinja, `for a, in b` is not the tuple of one that it would be in Python.
        if NO_NAMES.contains(&name) {
            return Err((at, format!("found {name}, expected a name to give a value to")));
        }
        if self.is_sign(&["."]) {
            return self.unexpected("=: an attribute cannot be set");
        }
        Ok(NameTarget::Name(name.into()))
    }
}

/// `if = "if" test body *( "elif" test body ) [ "else" body ] "endif"`
fn if_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    let mut branches = Vec::new();
    parser.frames.last_mut().into_iter().for_each(|frame| frame.ifs += 1);
    let mut end = "elif";
    while end == "elif" {
        let test = parser.tuple(false)?;
        let body;
        (body, end) = parser.body_of("if", at, &["elif", "else"])?;
        branches.push((Some(test), body));
    }
    match end {
        "else" => branches.push((None, parser.whole_body("if", at)?)),
        _ => parser.expect("%}")?,
    }
    parser.frames.last_mut().into_iter().for_each(|frame| frame.ifs -= 1);
    Ok(Node::If(branches))
}

/// `for = "for" target "in" list [ "if" test ] body [ "else" body ] "endfor"`
fn for_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    let target_at = parser.at();
    let target = parser.target()?;
    if matches!(&target, NameTarget::Name(name) if name.as_ref() == "loop") {
        return Err((target_at, "found loop, which every for has, expected another name".into()));
    }
    parser.expect("in")?;
    let over = parser.tuple(false)?;
    let filter = if parser.take("if") { Some(parser.expression()?) } else { None };
    let inner = parser.frames.last_mut().map(|frame| std::mem::take(&mut frame.inner));
    let (body, end) = parser.body_of("for", at, &["else"])?;
    let frame = parser.frames.last_mut();
    let uses_loop = frame.as_ref().is_some_and(|frame| frame.inner.contains(&"loop"));
    frame.into_iter().for_each(|frame| frame.inner.extend(inner.iter().flatten()));
    let loop_name = uses_loop.then(|| "loop".into());
    let mut otherwise = Vec::new();
    match end {
        "else" => otherwise = parser.whole_body("for", at)?,
        _ => parser.expect("%}")?,
    }
    Ok(Node::For(Box::new(For { target, over, filter, loop_name, body, otherwise })))
}

/// set = "set" target "=" value / "set" name body "endset"
fn set_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    let start = parser.next;
    let target = parser.target()?;
    let names = start..parser.next;
    let node = match target {
        target if parser.take("=") => {
            let value = parser.tuple(true)?;
            parser.expect("%}")?;
            Node::Set(target, value)
        }
        NameTarget::Name(name) => Node::Capture(name, parser.whole_body("set", at)?),
        NameTarget::Several(..) => return parser.unexpected("="),
    };
    parser.sets(names);
    Ok(node)
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
    Ok(Node::With(bindings, parser.whole_body("with", at)?))
}

/// `include = "include" name [ "with context" ]; extends = "extends" name`
fn template(parser: &mut Parser) -> Parsed<Expression> {
    let name = parser.expression()?;
    if parser.take("with") {
        parser.expect("context")?;
    }
    parser.expect("%}")?;
    Ok(name)
}

/// `block = "block" name body "endblock" [ name ]`
fn block_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    let name_at = parser.at();
    let name = parser.name("the name of the block")?;
    if parser.blocks.iter().any(|(known, _)| known == name) {
        return Err((name_at, format!("found the block {name} for the second time")));
    }
    let number = parser.blocks.len();
    // The place is taken before the body is parsed, so that inner blocks get later numbers.
    parser.blocks.push((name.to_owned(), Vec::new()));
    // A block does not see the scopes around it.
    let frames = std::mem::take(&mut parser.frames);
    parser.blocks[number].1 = parser.named_body("block", name, at)?;
    parser.frames = frames;
    Ok(Node::Block(number))
}

/// `macro = "macro" name "(" *( parameter [ "=" default ] ) ")" body "endmacro" [ name ]`
///
/// Once a parameter has a default, those after it need one too: `macro name(a, b=1)`.
fn macro_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    let name = parser.name("the name of the macro")?;
    parser.sets(parser.next - 1..parser.next);
    parser.expect("(")?;
    let mut defaults = Vec::new();
    let parameters = parser.listed(")", |parser| {
        let name = parser.name("the name of a parameter")?;
        if parser.take("=") {
            defaults.push(parser.expression()?);
        } else if !defaults.is_empty() {
            return parser.unexpected("=: the parameter before it has a default");
        }
        Ok(name.into())
    })?;
    let body = parser.named_body("macro", name, at)?;
    let name = name.into();
    Ok(Node::Macro(Box::new(Macro { name, parameters, defaults, body })))
}

/// `import = "import" template "as" name [ context ]`
fn import_tag(parser: &mut Parser, at: usize) -> Parsed<Node> {
    let template = parser.expression()?;
    parser.expect("as")?;
    let name = parser.name("a name for the import")?.into();
    parser.sets(parser.next - 1..parser.next);
    end_of_import(parser, template, vec![(None, name, at)])
}

/// `from = "from" template "import" name [ "as" name ] *( "," name [ "as" name ] ) [ context ]`
fn from_tag(parser: &mut Parser, _: usize) -> Parsed<Node> {
    let template = parser.expression()?;
    parser.expect("import")?;
    let (names, _) = parser.several(&["%}"], |parser| {
        let at = parser.at();
        let there = parser.name("the name of a macro")?;
        let here = if parser.take("as") { parser.name("a name for it")? } else { there };
        parser.sets(parser.next - 1..parser.next);
        Ok((Some(there.to_owned()), here.into(), at))
    })?;
    end_of_import(parser, template, names)
}

/// An import may end with `with context` or `without context`, which is the default.
fn end_of_import(
    parser: &mut Parser,
    template: Expression,
    names: Vec<(Option<String>, Name, usize)>,
) -> Parsed<Node> {
    let with_context = parser.take("with");
    if with_context || parser.take("without") {
        parser.expect("context")?;
    }
    parser.expect("%}")?;
    Ok(Node::Import(template, with_context, names))
}

/// The message for a tag that cannot be here: it says what could.
fn unknown_tag(tag: &str, open: Option<&str>) -> String {
    let names = TAGS.map(|(name, ..)| name);
    let is_end = tag.strip_prefix("end").is_some_and(|begun| names.contains(&begun));
    if is_end || matches!(tag, "elif" | "else") {
        return match open {
            Some(open) => format!("found {{% {tag} %}}, expected {{% end{open} %}}"),
            None => format!("found {{% {tag} %}}, but no open tag needs it"),
        };
    }
    if LEFT_OUT.contains(&tag) {
        return format!("found {{% {tag} %}}, which Jinja has and carafe has not");
    }
    let end = open.map(|open| format!("end{open}"));
    let near = nearest(tag, names.into_iter().chain(end.as_deref()))
        .map(|near| format!("; there is {{% {near} %}}"))
        .unwrap_or_default();
    format!("found {{% {} %}}, expected a tag: {}{near}", shortened(tag), names.join(", "))
}
