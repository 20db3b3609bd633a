//! Deeper: errors of templates: which template, which line, which column, what is wrong.

use std::fmt;

/// Why a page could not be made, and where its template is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The template.
    pub template: String,
    /// The line, counted from 1; 0 if there is no such template.
    pub line: usize,
    /// The column in characters, counted from 1; 0 if there is no such template.
    pub column: usize,
    /// What was found and what was expected.
    pub message: String,
    /// The system's number of the error, if its file cannot be read.
    pub code: Option<i32>,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A name may come from a request. Its control characters must not reach a terminal or split
        // a line of the log.
        for character in self.template.chars() {
            match character.is_control() {
                true => write!(f, "{}", character.escape_debug())?,
                false => write!(f, "{character}")?,
            }
        }
        match self.line {
            0 => write!(f, ": {}", self.message),
            _ => write!(f, ":{}:{}: {}", self.line, self.column, self.message),
        }
    }
}

impl std::error::Error for TemplateError {}

/// A result, or the error that ends the page. The error is in a box, which keeps the result small:
/// nearly every function of the renderer returns one.
pub type Rendering<T = ()> = Result<T, Box<TemplateError>>;

/// An error whose place is not known yet: it names no template.
impl From<String> for Box<TemplateError> {
    #[cold]
    fn from(message: String) -> Box<TemplateError> {
        let (template, line, column, code) = (String::new(), 0, 0, None);
        Box::new(TemplateError { template, line, column, message, code })
    }
}

/// What the parser made, or the byte offset of the first mistake and what is wrong there.
pub type Parsed<T> = Result<T, Box<(usize, String)>>;

/// The line and column of a byte offset. Both count from 1, the column counts characters.
pub fn locate(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
