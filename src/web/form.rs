//! Form: the fields of a posted form; a missing field is a 400 that names it.
//!
//! The fields stand in the body, written as in a query: `name=Ada&colour=red`. A form with files
//! comes in parts: see [`multipart`].

use super::error::Error;
use crate::http::multipart::{self, Multipart, UploadedFile};
use crate::http::{Fields, Request, Status};

/// How many fields a form may have: each costs memory. Flask bounds only those that come in parts.
const MOST_FIELDS: usize = 1000;

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// The fields of a posted form; Flask's `request.form`, and its `request.files`.
///
/// ```
/// # use carafe::{Context, Error};
/// fn birthday(ctx: &mut Context) -> Result<String, Error> {
///     let form = ctx.form()?;
///     Ok(format!("{} is {}\n", form.required("name")?, form.parse::<i64>("age")? + 1))
/// }
/// ```
#[derive(Debug, Default)]
pub struct Form {
    fields: Fields,
    /// Each after the name of its field.
    pub(super) files: Vec<(String, UploadedFile)>,
    /// True if files can come in this form.
    pub(super) is_multipart: bool,
}

impl Form {
    /// Reads the body of a request. 415 if it is not a form; 413 if it has too many fields; 400 if
    /// it breaks the grammar or is not UTF-8. (`%FF` is no error: it becomes U+FFFD.)
    pub(super) fn read(request: &Request) -> Result<Form, Error> {
        let found = request.content_type().filter(|found| !found.is_empty());
        if found.as_deref() == Some("multipart/form-data") {
            let whole = request.headers.get("Content-Type").unwrap_or("");
            let Multipart { fields, files } = multipart::parse(whole, &request.body)?;
            return Ok(Form { fields, files, is_multipart: true });
        }
        let has_nothing = found.is_none() && request.body.is_empty();
        if found.as_deref() != Some(FORM) && !has_nothing {
            let found = found.as_deref().unwrap_or("a body without Content-Type");
            let why =
                format!("found {found}, expected {FORM}: a form, as curl -d name=Ada sends it");
            return Err(Error::with_header(Status::UNSUPPORTED_MEDIA_TYPE, why, "Accept", FORM));
        }
        let text = str::from_utf8(&request.body).map_err(|error| {
            Error::BadRequest(format!("found bytes that are not UTF-8 in the form: {error}"))
        })?;
        let count = text.split('&').filter(|field| !field.is_empty()).count();
        if count > MOST_FIELDS {
            let why = format!("found {count} fields in the form, expected at most {MOST_FIELDS}");
            return Err(Error::abort(Status::CONTENT_TOO_LARGE, why));
        }
        Ok(Form { fields: Fields::parse(text), ..Form::default() })
    }

    /// The first value of this field.
    ///
    /// # Errors
    ///
    /// 400, which names the field and those that came.
    pub fn required(&self, name: &str) -> Result<&str, Error> {
        self.get(name).ok_or_else(|| Error::BadRequest(self.missing("form field", name)))
    }

    /// The first value of this field, if it came.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name)
    }

    /// All fields.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    pub(super) fn missing(&self, what: &str, name: &str) -> String {
        let names = self.fields.iter().map(|(name, _)| name);
        let files = self.files.iter().map(|(name, _)| name.as_str());
        let mut came: Vec<&str> = names.chain(files).take(20).collect();
        came.dedup();
        let came = if came.is_empty() { "no fields".to_owned() } else { came.join(", ") };
        format!("missing {what} {name:?}; the form has: {came}")
    }
}
