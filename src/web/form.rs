//! Form: the fields of a posted form; a missing field is a 400 that names it.
//!
//! A POST form puts its fields into the body, written as in a query: `name=Ada&colour=red`.

use super::error::Error;
use crate::http::{Fields, Request, Status};

/// How many fields a form may have, because each costs memory of its own. Flask has the same bound.
const MOST: usize = 1000;

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// The fields of a posted form; Flask's `request.form`.
#[derive(Debug, Default)]
pub struct Form {
    pub(super) fields: Fields,
}

impl Form {
    /// Reads the body of a request. 415 if it is not a form; 400 if it is not text; 413 if it has
    /// too many fields.
    pub(super) fn read(request: &Request) -> Result<Form, Error> {
        let found = request.content_type();
        if found.as_deref() != Some(FORM) && !(found.is_none() && request.body.is_empty()) {
            let found = found.as_deref().unwrap_or("a body without Content-Type");
            let why =
                format!("found {found}, expected {FORM}: a form, as curl -d name=Ada sends it");
            return Err(Error::with_header(Status::UNSUPPORTED_MEDIA_TYPE, why, "Accept", FORM));
        }
        let text = str::from_utf8(&request.body).map_err(|error| {
            Error::BadRequest(format!("found bytes that are not UTF-8 in the form: {error}"))
        })?;
        let count = text.split('&').count();
        if count > MOST {
            let why = format!("found {count} fields in the form, expected at most {MOST}");
            return Err(Error::abort(Status::CONTENT_TOO_LARGE, why));
        }
        Ok(Form { fields: Fields::parse(text) })
    }

    /// The first value of this field.
    ///
    /// # Errors
    ///
    /// 400, which names the field and those that came.
    pub fn required(&self, name: &str) -> Result<&str, Error> {
        self.fields.get(name).ok_or_else(|| {
            let mut came: Vec<&str> = self.fields.iter().map(|(name, _)| name).take(20).collect();
            came.dedup();
            let came = if came.is_empty() { "no fields".to_owned() } else { came.join(", ") };
            Error::BadRequest(format!("missing form field {name:?}; the form has: {came}"))
        })
    }

    /// All fields.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }
}
