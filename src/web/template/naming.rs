//! Deeper: from tokens to the tree: the tags that give names to values.
//!
//! `set`, `with`, `macro`, `import` and `from`, and the names between `for` and `in`.
//!
//! Left out: filters after `set`, `{% set a.b = 1 %}`, and parameters for any number of values.

use super::cursor::Parser;
use super::mistake::Mistake;
use super::scan::Token;
use super::tree::{Expression, Import, Imported, Macro, NameTarget, Node};

impl Parser<'_> {
    /// set = "set" target "=" value / "set" name body "endset"
    pub(super) fn set_tag(&mut self, at: usize) -> Result<Node, Mistake> {
        match self.target()? {
            target if self.skip_sign("=") => {
                let value = self.tuple(true)?;
                self.expect(Token::TagEnd)?;
                Ok(Node::Set(target, value))
            }
            NameTarget::Name(name) => {
                Ok(Node::Capture(name, self.whole_body("set", at, &["endset"])?))
            }
            NameTarget::Several(..) => self.unexpected("="),
        }
    }

    /// with = "with" [ target "=" value *( "," target "=" value ) ] body "endwith"
    pub(super) fn with_tag(&mut self, at: usize) -> Result<Node, Mistake> {
        let mut bindings = Vec::new();
        while *self.peek() != Token::TagEnd {
            if !bindings.is_empty() {
                self.expect(Token::Sign(","))?;
            }
            let target = self.target()?;
            self.expect(Token::Sign("="))?;
            bindings.push((target, self.expression()?));
        }
        Ok(Node::With(bindings, self.whole_body("with", at, &["endwith"])?))
    }

    /// macro = "macro" name "(" *( parameter [ "=" default ] ) ")" body "endmacro" [ name ]
    ///
    /// Once a parameter has a default, those after it need one too: `macro name(a, b=1)`.
    pub(super) fn macro_tag(&mut self, at: usize) -> Result<Node, Mistake> {
        let name = self.name("the name of the macro")?.to_owned();
        self.expect(Token::Sign("("))?;
        let mut defaults = Vec::new();
        let parameters = self.listed(")", |parser| {
            let name = parser.name("the name of a parameter")?.to_owned();
            if parser.skip_sign("=") {
                defaults.push(parser.expression()?);
            } else if !defaults.is_empty() {
                return parser.unexpected("=: the parameter before it has a default");
            }
            Ok(name)
        })?;
        let loops = self.loops;
        let (body, _) = self.body_of("macro", at, &["endmacro"])?;
        self.loops = loops;
        self.skip_name(&name);
        self.expect(Token::TagEnd)?;
        Ok(Node::Macro(Box::new(Macro { name, parameters, defaults, body })))
    }

    /// import = "import" template "as" name [ context ]
    pub(super) fn import_tag(&mut self) -> Result<Node, Mistake> {
        let template = self.expression()?;
        self.expect(Token::Name("as"))?;
        let names = Imported::Whole(self.name("a name for the import")?.to_owned());
        self.end_of_import(template, names)
    }

    /// from = "from" template "import" name [ "as" name ] *( "," name [ "as" name ] ) [ context ]
    pub(super) fn import_names_tag(&mut self) -> Result<Node, Mistake> {
        let template = self.expression()?;
        self.expect(Token::Name("import"))?;
        let mut names = Vec::new();
        loop {
            let at = self.at();
            let there = self.name("the name of a macro")?;
            let here = if self.skip_name("as") { self.name("a name for it")? } else { there };
            names.push((there.to_owned(), here.to_owned(), at));
            if !self.skip_sign(",") || *self.peek() == Token::TagEnd {
                return self.end_of_import(template, Imported::Some(names));
            }
        }
    }

    /// An import may end with `with context` or `without context`, which is the default.
    fn end_of_import(&mut self, template: Expression, names: Imported) -> Result<Node, Mistake> {
        let with_context = self.skip_name("with");
        if with_context || self.skip_name("without") {
            self.expect(Token::Name("context"))?;
        }
        self.expect(Token::TagEnd)?;
        Ok(Node::Import(Box::new(Import { template, with_context, names })))
    }

    /// target = one *( "," one ); one = name / "(" target ")"
    ///
    /// The names that a value goes to: several take a list apart.
    pub(super) fn target(&mut self) -> Result<NameTarget, Mistake> {
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
        Ok(NameTarget::Several(several, at))
    }

    /// A name, or several in brackets. The names of constants are no targets.
    fn one_target(&mut self) -> Result<NameTarget, Mistake> {
        const NO_NAMES: [&str; 10] =
            ["true", "false", "none", "True", "False", "None", "self", "super", "in", "if"];
        if self.skip_sign("(") {
            self.enter(1)?;
            let target = self.target()?;
            self.leave(1);
            self.expect(Token::Sign(")"))?;
            return Ok(target);
        }
        let at = self.at();
        let name = self.name("a name")?;
        // As in Jinja, `for a, in b` is not the tuple of one that it would be in Python.
        if NO_NAMES.contains(&name) {
            return Mistake::found(at, format!("found {name}, expected a name to give a value to"));
        }
        if self.is_sign(".") {
            return self.unexpected("=: an attribute cannot be set");
        }
        Ok(NameTarget::Name(name.to_owned()))
    }
}
