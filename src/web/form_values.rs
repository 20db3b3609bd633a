//! Deeper: What a form or a query holds besides text: numbers and files.

use super::context::Context;
use super::error::Error;
use super::form::Form;
use crate::http::multipart::UploadedFile;
use std::any::type_name;
use std::str::FromStr;

impl Form {
    /// The first value of this field as a number, or as another type that can be read from text.
    /// Blanks around the value are left out, even of a `String`. A number is finite.
    ///
    /// # Errors
    ///
    /// 400, which names the field, what came and what was expected.
    pub fn parse<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        parse("form field", name, self.required(name)?)
    }

    /// The files of this field that the visitor has chosen, in order. `form.files("photo").next()`
    /// is the way to one that may be left out.
    pub fn files(&self, name: &str) -> impl Iterator<Item = &UploadedFile> {
        let files = self.files.iter().filter(move |(known, _)| known == name).map(|(_, file)| file);
        files.filter(|file| !file.file_name.is_empty() || !file.bytes.is_empty())
    }

    /// The first file of this field, which must come: see [`files`](Form::files) for others.
    ///
    /// # Errors
    ///
    /// 400, which names the field and those that came.
    ///
    /// # Security
    ///
    /// The client chose the file's name and its type. Never use the name as a path.
    pub fn file(&self, name: &str) -> Result<&UploadedFile, Error> {
        self.files(name).next().ok_or_else(|| {
            let mut why = self.missing("file", name);
            if self.files.iter().any(|(known, _)| known == name) {
                why += &format!("; in {name:?} no file was chosen");
            } else if self.get(name).is_some() || !self.is_multipart {
                let how = "enctype=\"multipart/form-data\" in the form";
                why +=
                    &format!("; without {how}, or curl -F {name}=@FILE, only a file's name comes");
            }
            Error::BadRequest(why)
        })
    }
}

impl Context<'_> {
    /// The first value of this name in the query, as a number or another type that can be read
    /// from text; `None` if it did not come. `ctx.query("page")?.unwrap_or(1)` is a whole number.
    ///
    /// # Errors
    ///
    /// 400, as [`Form::parse`].
    pub fn query<T: FromStr>(&self, name: &str) -> Result<Option<T>, Error> {
        self.request.query.get(name).map(|text| parse("query field", name, text)).transpose()
    }
}

/// The value that is written in a field.
fn parse<T: FromStr>(what: &str, name: &str, text: &str) -> Result<T, Error> {
    let (value, type_name) = (text.trim(), type_name::<T>());
    // `parse` takes `nan`, `inf`, and also `1e999` for infinity.
    let is_finite = match type_name {
        "f32" => value.parse().is_ok_and(f32::is_finite),
        "f64" => value.parse().is_ok_and(f64::is_finite),
        _ => true,
    };
    value.parse().ok().filter(|_| is_finite).ok_or_else(|| {
        let expected = expected(type_name);
        Error::BadRequest(format!("{what} {name:?}: found {text:?}, expected {expected}"))
    })
}

/// What a value of the type of this name looks like.
fn expected(type_name: &str) -> String {
    let name = type_name.replace("size", &usize::BITS.to_string());
    if let Some(Ok(bits)) = name.strip_prefix('u').map(str::parse::<u32>) {
        return format!("a whole number from 0 to {}", u128::MAX >> (128 - bits));
    }
    if let Some(Ok(bits)) = name.strip_prefix('i').map(str::parse::<u32>) {
        let most = i128::MAX >> (128 - bits);
        return format!("a whole number from {} to {most}", -most - 1);
    }
    // `Colour` in `inventory::Colour<inventory::Red>`.
    let word = type_name.split('<').next().and_then(|path| path.rsplit("::").next());
    match word.unwrap_or(type_name) {
        "f32" | "f64" => "a finite number".to_owned(),
        "bool" => "true or false".to_owned(),
        word => format!("a {word}"),
    }
}
