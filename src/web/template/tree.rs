//! Deeper: the tree of a template, which the parser makes and the renderer follows.
//!
//! A tree is made once for each version of a file and shared by all threads, so it holds no data of
//! any page. Places are byte offsets; line and column are counted only when a message needs them.

use super::function::Function;
use crate::value::{Text, Value};

/// A whole template.
#[derive(Debug)]
pub struct Tree {
    pub name: String,
    /// Its text, for counting lines and columns.
    pub source: String,
    /// What is outside of blocks, and the places of the blocks.
    pub body: Vec<Node>,
    /// All blocks of the template, the inner ones too: each name with its content.
    pub blocks: Vec<(Text, Vec<Node>)>,
    /// True if what is printed is escaped.
    pub escapes: bool,
}

/// One step in making a page. The kind is a byte of its own, which is read fastest. A number at the
/// end is the place of the tag.
#[derive(Debug)]
#[repr(u8)]
pub enum Node {
    /// Text, as it is.
    Text(String),
    /// `{{ … }}`, and the text before it: half as many steps take less time.
    Print(String, Expression),
    /// `{% if %} … {% elif %} … {% else %}`: each test with its body; the test of `else` is true.
    If(Vec<(Expression, Vec<Node>)>),
    /// `{% for … in … %}`
    For(Box<For>),
    /// `{% set … = … %}`: a name, or a tuple that takes a list apart, and the value.
    Set(Expression, Expression),
    /// `{% set name %} … {% endset %}`: the name is what the body prints.
    Capture(Text, Vec<Node>, usize),
    /// `{% with a = …, b = … %}`
    With(Vec<(Expression, Expression)>, Vec<Node>, usize),
    /// `{% include … %}`
    Include(Expression),
    /// `{% extends … %}`
    Extends(Expression),
    /// The place of the block of this name in [`Tree::blocks`].
    Block(Text, usize),
    /// `{% macro name(…) %}`
    Macro(Box<Macro>),
    /// `{% import … %}` and `{% from … import … %}`; true if it ends `with context`. For each name:
    /// the name there, none for the whole template, the name here, and the place.
    Import(Expression, bool, Vec<(Option<String>, Text, usize)>),
}

impl Node {
    /// The place for a message about this step.
    pub fn at(&self) -> usize {
        match self {
            Node::Print(_, value) | Node::Set(_, value) => value.at,
            Node::Include(name) | Node::Extends(name) | Node::Import(name, ..) => name.at,
            Node::If(branches) => branches[0].0.at,
            Node::For(parts) => parts.over.at,
            Node::Capture(.., at) | Node::With(.., at) | Node::Block(.., at) => *at,
            Node::Text(_) | Node::Macro(_) => 0,
        }
    }
}

/// The parts of a `for`.
#[derive(Debug)]
pub struct For {
    /// The names that get each item.
    pub target: Expression,
    /// The name, if it is one; else empty.
    pub item: Text,
    pub over: Expression,
    /// `for … in … if …`: items that fail it are left out, and not counted.
    pub filter: Option<Expression>,
    /// The name `loop`, if the body uses it. As in Jinja there is no `loop` otherwise, and an
    /// included template can tell.
    pub loop_name: Option<Text>,
    pub body: Vec<Node>,
    /// Done if there is no item.
    pub otherwise: Vec<Node>,
}

/// The parts of a `macro`: its parameters with their defaults, and what makes the text.
#[derive(Debug)]
pub struct Macro {
    pub name: Text,
    pub parameters: Vec<(Text, Option<Expression>)>,
    pub body: Vec<Node>,
}

/// An expression, and its byte offset in the source.
#[derive(Debug)]
pub struct Expression {
    pub kind: Term,
    pub at: usize,
}

/// What an expression is.
#[derive(Debug)]
#[repr(u8)]
pub enum Term {
    /// Text in quotes, a number, `true`, `none`.
    Constant(Value),
    /// A name.
    Name(Text),
    /// `[a, b]`, and `(a, b)` if true.
    List(Vec<Expression>, bool),
    /// `{'a': b}`
    Dict(Vec<(Expression, Expression)>),
    /// `a[b]`, and `a.b` if true.
    Item(Box<[Expression; 2]>, bool),
    /// `name(…)` and `a.name(…)`
    Call(Box<Expression>, Arguments),
    /// `a|filter(…)`, `a is test(…)`, `a + b`, `-a`, `a[from:to]`: a row of a table. The first
    /// argument is `a`.
    Apply(Box<Function>, Arguments),
    /// `a < b <= c`: the first value, then each sign with the value after it, and its place.
    Compare(Box<Expression>, Vec<(Function, Expression, usize)>),
    /// `a and b`, or `a or b` if true.
    Logic(bool, Box<[Expression; 2]>),
    /// `not a`
    Not(Box<Expression>),
    /// `yes if test else no`
    Choice(Box<[Expression; 3]>),
}

/// What is between the brackets of a call: values by place, and values by name.
#[derive(Debug, Default)]
pub struct Arguments {
    pub placed: Vec<Expression>,
    pub named: Vec<(String, Expression)>,
}

impl Expression {
    /// The expression as a reader would write it, for messages: `user.name`, `items[0]`.
    pub fn path(&self) -> String {
        match &self.kind {
            Term::Name(name) => name.to_string(),
            Term::Constant(Value::Str(text)) => format!("'{}'", &**text),
            Term::Constant(Value::Int(number)) => number.to_string(),
            Term::Item(parts, true) => format!("{}.{}", parts[0].path(), parts[1].text()),
            Term::Item(parts, _) => format!("{}[{}]", parts[0].path(), parts[1].path()),
            Term::Call(of, _) => format!("{}()", of.path()),
            _ => "…".to_owned(),
        }
    }

    /// True if this target of a `for` gives the name a value.
    pub fn sets(&self, name: &str) -> bool {
        match &self.kind {
            Term::Name(known) => **known == *name,
            Term::List(targets, _) => targets.iter().any(|target| target.sets(name)),
            _ => false,
        }
    }

    /// The text of a constant.
    pub fn text(&self) -> &str {
        if let Term::Constant(value) = &self.kind { value.as_str() } else { None }
            .unwrap_or_default()
    }

    /// The text of a constant in bytes, which need no check.
    #[inline]
    pub fn text_bytes(&self) -> &[u8] {
        match &self.kind {
            Term::Constant(Value::Str(text)) => text.as_bytes(),
            _ => b"",
        }
    }

    /// The part that is to blame if the value is undefined; none for `a if b`, where that is meant.
    pub fn undefined_part(&self) -> Option<&Expression> {
        match &self.kind {
            Term::Choice(..) => None,
            Term::Logic(_, parts) => parts[1].undefined_part(),
            _ => Some(self),
        }
    }
}
