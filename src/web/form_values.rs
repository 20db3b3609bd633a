//! Deeper: What a form holds besides text: numbers and files.

use super::error::Error;
use super::form::Form;
use crate::http::multipart::UploadedFile;
use std::any::type_name;
use std::str::FromStr;

impl Form {
    /// The first value of this field as a number, or as another type that can be read from text.
    ///
    /// # Errors
    ///
    /// 400, which names the field, what came and what was expected.
    pub fn parse<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        let text = self.required(name)?;
        text.trim().parse().map_err(|_| {
            let expected = match type_name::<T>() {
                "f32" | "f64" => "a number",
                "bool" => "true or false",
                word if word.starts_with(['i', 'u']) => "a whole number",
                word => word.rsplit("::").next().unwrap_or(word),
            };
            Error::BadRequest(format!("form field {name:?}: found {text:?}, expected {expected}"))
        })
    }

    /// The first file of this field.
    ///
    /// # Errors
    ///
    /// 400, which names the field and those that came.
    ///
    /// # Security
    ///
    /// The client chose the file's name and its type. Never use the name as a path.
    pub fn file(&self, name: &str) -> Result<&UploadedFile, Error> {
        let found = self.files.iter().find(|(known, _)| known == name);
        found.map(|(_, file)| file).ok_or_else(|| self.missing("file", name))
    }
}
