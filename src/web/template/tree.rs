//! Deeper: the tree of a template, which the parser makes and the renderer follows.
//!
//! A tree is made once for each version of a file and shared by all threads, so it holds no data of
//! any page. Places are byte offsets; line and column are counted only when a message needs them.

use super::function::{Function, Outcome};
use super::operators::Operator;
use crate::value::Value;
use std::sync::Arc;

/// A whole template.
#[derive(Debug)]
pub struct Tree {
    /// The name of the template.
    pub name: String,
    /// Its text, for counting lines and columns.
    pub source: String,
    /// What is outside of blocks, and the places of the blocks.
    pub body: Vec<Node>,
    /// All blocks of the template, the inner ones too.
    pub blocks: Vec<Block>,
}

/// `{% block name %}`: a part that a template which extends this one may replace.
#[derive(Debug)]
pub struct Block {
    /// Its name, unique within the template.
    pub name: String,
    /// Its content.
    pub body: Vec<Node>,
}

/// One step in making a page.
#[derive(Debug)]
pub enum Node {
    /// Text, as it is.
    Text(String),
    /// `{{ … }}`
    Print(Expression),
    /// `{% if %} … {% elif %} … {% else %}`: each test with its body, then the body without a test.
    If(Vec<(Expression, Vec<Node>)>, Vec<Node>),
    /// `{% for … in … %}`
    For(Box<For>),
    /// `{% set … = … %}`
    Set(NameTarget, Expression),
    /// `{% set name %} … {% endset %}`: the name is what the body prints.
    Capture(String, Vec<Node>),
    /// `{% with a = …, b = … %}`
    With(Vec<(NameTarget, Expression)>, Vec<Node>),
    /// `{% include … %}`
    Include(Expression),
    /// `{% extends … %}`
    Extends(Expression),
    /// The place of the block with this number in [`Tree::blocks`].
    Block(usize),
    /// `{% macro name(…) %}`
    Macro(Box<Macro>),
    /// `{% import … as … %}` and `{% from … import … %}`
    Import(Box<Import>),
}

/// The parts of a `for`.
#[derive(Debug)]
pub struct For {
    /// The names that get each item.
    pub target: NameTarget,
    /// The list.
    pub over: Expression,
    /// `for … in … if …`: items that fail it are left out, and not counted.
    pub filter: Option<Expression>,
    /// True if the body uses `loop`. As in Jinja there is no `loop` otherwise, and an included
    /// template can tell.
    pub uses_loop: bool,
    /// Done for each item.
    pub body: Vec<Node>,
    /// Done if there is no item.
    pub otherwise: Vec<Node>,
}

/// The parts of a `macro`.
#[derive(Debug)]
pub struct Macro {
    /// Its name.
    pub name: String,
    /// The names of its parameters.
    pub parameters: Vec<String>,
    /// The values of the last parameters where the call gives none.
    pub defaults: Vec<Expression>,
    /// What makes the text.
    pub body: Vec<Node>,
}

/// The parts of an `import`.
#[derive(Debug)]
pub struct Import {
    /// The template.
    pub template: Expression,
    /// `with context`: the template sees the names of this one.
    pub with_context: bool,
    /// What becomes a name of this template.
    pub names: Imported,
}

/// What an `import` gives names to.
#[derive(Debug)]
pub enum Imported {
    /// `import … as name`: all of it under one name.
    Whole(String),
    /// `from … import a, b as c`: the name there, the name here, and the place.
    Some(Vec<(String, String, usize)>),
}

/// The left side of an assignment.
#[derive(Debug)]
pub enum NameTarget {
    /// One name.
    Name(String),
    /// Several, each for an item of the value; and the place.
    Several(Vec<NameTarget>, usize),
}

/// An expression and its place.
#[derive(Debug)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where: a byte offset in the source.
    pub at: usize,
    /// How many levels of expressions it has, itself included.
    pub depth: usize,
}

/// The kinds of expression.
#[derive(Debug)]
pub enum ExpressionKind {
    /// Text in quotes, a number, `true`, `none`.
    Constant(Value),
    /// A name.
    Name(String),
    /// `[a, b]`
    List(Vec<Expression>),
    /// `(a, b)`
    Tuple(Vec<Expression>),
    /// `{'a': b}`
    Dict(Vec<(Expression, Expression)>),
    /// `a.b`
    Attribute(Box<Expression>, String),
    /// `a[b]`, and `a.0`
    Index(Box<Expression>, Box<Expression>),
    /// `a[from:to]`
    Slice(Box<Expression>, Box<[Option<Expression>; 2]>),
    /// `name(…)` and `a.name(…)`
    Call(Box<Expression>, Arguments),
    /// `a|filter(…)`
    Filter(Box<Expression>, String, Filter, Arguments),
    /// `a is test(…)`
    Test(Box<Expression>, &'static Function, Arguments),
    /// `-a` and `+a`
    Sign(char, Box<Expression>),
    /// `a + b` and the other arithmetic. True for `~` between constants: Jinja joins these when it
    /// parses, and then forgets what was HTML.
    Binary(&'static Operator, Box<Expression>, Box<Expression>, bool),
    /// `a < b <= c`: true if each step is. Each step has its place.
    Compare(Box<Expression>, Vec<(&'static Operator, usize, Expression)>),
    /// `a and b`
    And(Box<Expression>, Box<Expression>),
    /// `a or b`
    Or(Box<Expression>, Box<Expression>),
    /// `not a`
    Not(Box<Expression>),
    /// `yes if test else no`: the test comes first here.
    Choice(Box<Expression>, Box<Expression>, Option<Box<Expression>>),
}

/// What is between the brackets of a call.
#[derive(Debug, Default)]
pub struct Arguments {
    /// Values by place.
    pub placed: Vec<Expression>,
    /// Values by name.
    pub named: Vec<(Arc<str>, Expression)>,
}

/// A filter, found by its name when the template is parsed.
#[derive(Clone, Copy, Debug)]
pub enum Filter {
    /// A row of the table.
    BuiltIn(&'static Function),
    /// A filter of the application.
    Custom(CustomFilter),
}

/// A filter that an application adds. It gets the value and what is in the brackets.
pub type CustomFilter = fn(&Value, &[Value]) -> Outcome;

impl Expression {
    /// An expression of this kind, which is one level deeper than its deepest part.
    pub fn new(kind: ExpressionKind, at: usize) -> Expression {
        let depth = kind.parts().into_iter().map(|part| part.depth).max().unwrap_or(0) + 1;
        Expression { kind, at, depth }
    }

    /// True if no name is needed for its value.
    pub fn is_constant(&self) -> bool {
        !matches!(self.kind, ExpressionKind::Name(_) | ExpressionKind::Call(..))
            && self.kind.parts().into_iter().all(Expression::is_constant)
    }

    /// The expression as a reader would write it, for messages: `user.name`, `items[0]`.
    pub fn path(&self) -> String {
        match &self.kind {
            ExpressionKind::Name(name) => name.clone(),
            ExpressionKind::Constant(Value::Str(text)) => format!("'{text}'"),
            ExpressionKind::Constant(Value::Int(number)) => number.to_string(),
            ExpressionKind::Attribute(of, name) => format!("{}.{name}", of.path()),
            ExpressionKind::Index(of, index) => format!("{}[{}]", of.path(), index.path()),
            ExpressionKind::Call(of, _) => format!("{}()", of.path()),
            ExpressionKind::Filter(of, name, ..) => format!("{}|{name}", of.path()),
            _ => "…".to_owned(),
        }
    }

    /// The part that is to blame if the value is undefined; none for `a if b`, where that is meant.
    pub fn undefined_part(&self) -> Option<&Expression> {
        match &self.kind {
            ExpressionKind::Choice(..) => None,
            ExpressionKind::Or(_, last) | ExpressionKind::And(_, last) => last.undefined_part(),
            _ => Some(self),
        }
    }
}

impl ExpressionKind {
    /// The expressions that this one is made of.
    fn parts(&self) -> Vec<&Expression> {
        use ExpressionKind as Kind;
        match self {
            Kind::Constant(_) | Kind::Name(_) => Vec::new(),
            Kind::List(parts) | Kind::Tuple(parts) => parts.iter().collect(),
            Kind::Dict(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
            Kind::Attribute(of, _) | Kind::Sign(_, of) | Kind::Not(of) => vec![of],
            Kind::Index(a, b) | Kind::Binary(_, a, b, _) | Kind::And(a, b) | Kind::Or(a, b) => {
                vec![a, b]
            }
            Kind::Slice(of, bounds) => bounds.iter().flatten().chain([&**of]).collect(),
            Kind::Call(of, arguments)
            | Kind::Filter(of, _, _, arguments)
            | Kind::Test(of, _, arguments) => {
                let named = arguments.named.iter().map(|(_, value)| value);
                arguments.placed.iter().chain(named).chain([&**of]).collect()
            }
            Kind::Compare(of, steps) => {
                steps.iter().map(|(_, _, part)| part).chain([&**of]).collect()
            }
            Kind::Choice(test, yes, no) => {
                [test, yes].into_iter().chain(no).map(|part| &**part).collect()
            }
        }
    }
}
