//! The tree of a template: what the parser makes and the evaluator walks.
//!
//! A tree is made once for each version of a file and shared by all threads, so it holds no data of
//! any page. Places are kept as byte offsets; line and column are counted only when a message needs
//! them.

use super::filters::Filter;
use super::is::Test;

/// A whole template.
#[derive(Debug)]
pub struct Tree {
    /// The name by which it was asked for.
    pub name: String,
    /// Its text, for turning offsets into lines and columns.
    pub source: String,
    /// What stands outside of blocks, and the places of the blocks.
    pub body: Vec<Node>,
    /// Every block of the template, the inner ones too.
    pub blocks: Vec<Block>,
}

impl Tree {
    /// The block with this name.
    pub fn block(&self, name: &str) -> Option<&Block> {
        self.blocks.iter().find(|block| block.name == name)
    }
}

/// The line and column, both from 1 and the column in characters, of a byte offset.
pub fn locate(source: &str, at: usize) -> (usize, usize) {
    let before = source.get(..at).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// `{% block name %}`: a part that a template further down may replace.
#[derive(Debug)]
pub struct Block {
    /// Its name, unique within the template.
    pub name: String,
    /// What it holds.
    pub body: Vec<Node>,
    /// True if it sees the names of the loop it stands in.
    pub scoped: bool,
}

/// One step in making a page.
#[derive(Debug)]
pub enum Node {
    /// Text, as it stands.
    Text(String),
    /// `{{ … }}`
    Print(Expression),
    /// `{% if %} … {% elif %} … {% else %}`: each test with its body, then the body without a test.
    If(Vec<(Expression, Vec<Node>)>, Vec<Node>),
    /// `{% for … in … %}`
    For(Box<For>),
    /// `{% set … = … %}`
    Set(Target, Expression),
    /// `{% set name %} … {% endset %}`: what the body prints; the filters stand around a name that
    /// is that text.
    Capture(Capture),
    /// `{% with a = …, b = … %}`
    With(Vec<(Target, Expression)>, Vec<Node>),
    /// `{% include … %}`
    Include(Include),
    /// `{% extends … %}`
    Extends(Expression),
    /// The place of the block with this number in [`Tree::blocks`].
    Block(usize),
}

/// The parts of a `for`.
#[derive(Debug)]
pub struct For {
    /// The names that each item is given.
    pub target: Target,
    /// What is walked through.
    pub over: Expression,
    /// `for … in … if …`: items that fail it are left out, and not counted.
    pub filter: Option<Expression>,
    /// True if the body may ask for `loop`: only then it has one, as in Jinja, where an included
    /// template sees it.
    pub uses_loop: bool,
    /// Done for each item.
    pub body: Vec<Node>,
    /// Done if there is no item.
    pub otherwise: Vec<Node>,
}

/// The parts of a `set` with a body.
#[derive(Debug)]
pub struct Capture {
    /// The name that is given the text.
    pub name: String,
    /// The filters, applied to the name [`CAPTURED`].
    pub filtered: Expression,
    /// What makes the text.
    pub body: Vec<Node>,
}

/// The name that stands for the captured text inside its filters; no template can write it.
pub const CAPTURED: &str = " captured";

/// The parts of an `include`.
#[derive(Debug)]
pub struct Include {
    /// One name, or a list of names to be tried in order.
    pub name: Expression,
    /// True if a template that is not there is no error.
    pub ignore_missing: bool,
    /// True unless `without context` was written: the template sees the names of this one.
    pub context: bool,
}

/// The left side of an assignment.
#[derive(Debug)]
pub enum Target {
    /// One name.
    Name(String),
    /// Several, which take the value apart.
    Several(Vec<Target>, usize),
}

/// An expression and where it stands.
#[derive(Debug)]
pub struct Expression {
    /// What it is.
    pub kind: Kind,
    /// Where: a byte offset in the source.
    pub at: usize,
    /// How many levels of expressions it holds, itself included.
    pub depth: usize,
}

/// The kinds of expression.
#[derive(Debug)]
pub enum Kind {
    /// `none`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text in quotes.
    Text(String),
    /// A name, to be looked up.
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
    /// `a[from:to:step]`
    Slice(Box<Expression>, Box<[Option<Expression>; 3]>),
    /// `name(…)`
    Call(String, Arguments),
    /// `a.name(…)`
    Method(Box<Expression>, String, Arguments),
    /// `super()`
    Super,
    /// `self.name()`: the block of that name once more.
    SelfBlock(String),
    /// `a|filter(…)`; the arguments in the order of its parameters, those left out as `None`.
    Filter(Box<Expression>, Filter, Vec<Option<Expression>>),
    /// `a is test(…)`
    Test(Box<Expression>, &'static Test, Vec<Expression>),
    /// `-a` and `+a`
    Sign(char, Box<Expression>),
    /// `a + b` and the other arithmetic.
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `a ~ b ~ c`; true if all parts are constants, which Jinja joins when it parses, and then
    /// forgets what was HTML.
    Concat(Vec<Expression>, bool),
    /// `a < b <= c`: true if each step is.
    Compare(Box<Expression>, Vec<(Comparison, Expression)>),
    /// `a and b`
    And(Box<Expression>, Box<Expression>),
    /// `a or b`
    Or(Box<Expression>, Box<Expression>),
    /// `not a`
    Not(Box<Expression>),
    /// `yes if test else no`
    Choice(Box<Expression>, Box<Expression>, Option<Box<Expression>>),
}

/// What stands between the brackets of a call.
#[derive(Debug, Default)]
pub struct Arguments {
    /// Those known by their place.
    pub placed: Vec<Expression>,
    /// Those known by their name.
    pub named: Vec<(String, Expression)>,
}

/// The operators of arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, always a float
    Divide,
    /// `//`
    FloorDivide,
    /// `%`
    Remainder,
    /// `**`
    Power,
}

impl Operator {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::FloorDivide => "//",
            Operator::Remainder => "%",
            Operator::Power => "**",
        }
    }
}

/// The comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `not in`
    NotIn,
}

impl Comparison {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
            Comparison::In => "in",
            Comparison::NotIn => "not in",
        }
    }
}

impl Expression {
    /// True if no name is asked for in it.
    pub fn is_constant(&self) -> bool {
        if let Kind::Name(_)
        | Kind::Call(..)
        | Kind::Method(..)
        | Kind::Super
        | Kind::SelfBlock(_) = &self.kind
        {
            return false;
        }
        let mut constant = true;
        self.kind.each_part(&mut |part| constant &= part.is_constant());
        constant
    }

    /// The expression as a reader would name it: `user.name`, `items[0]`; short, for messages.
    pub fn path(&self) -> String {
        match &self.kind {
            Kind::Name(name) => name.clone(),
            Kind::Text(text) => format!("'{text}'"),
            Kind::Int(number) => number.to_string(),
            Kind::Attribute(of, name) => format!("{}.{name}", of.path()),
            Kind::Index(of, index) => format!("{}[{}]", of.path(), index.path()),
            Kind::Method(of, name, _) => format!("{}.{name}()", of.path()),
            Kind::Call(name, _) => format!("{name}()"),
            Kind::Filter(of, filter, _) => format!("{}|{}", of.path(), filter.name()),
            _ => "…".to_owned(),
        }
    }
}
