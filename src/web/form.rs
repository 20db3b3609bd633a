//! Form: posted fields; a missing one is a 400 that names it.
//!
//! A POST form puts its fields into the body, written as a query would be: `name=Ada&colour=red`.

use super::context::Context;
use super::error::Error;
use crate::cycle::Detail;
use crate::http::{Fields, Headers, Status};

/// So many fields a form may have; Flask's bound, too.
const MOST: usize = 1000;

/// The fields of a posted form; Flask's `request.form`.
#[derive(Debug)]
pub struct Form(Fields);

impl Form {
    /// The first value of this field.
    ///
    /// # Errors
    ///
    /// 400, which names the field and those that came.
    pub fn required(&self, name: &str) -> Result<&str, Error> {
        self.0.get(name).ok_or_else(|| {
            let mut came: Vec<&str> = self.0.iter().map(|(name, _)| name).take(20).collect();
            came.dedup();
            let came = if came.is_empty() { "no fields".to_owned() } else { came.join(", ") };
            Error::BadRequest(format!("missing form field {name:?}; the form has: {came}"))
        })
    }

    /// All fields.
    pub fn fields(&self) -> &Fields {
        &self.0
    }
}

impl Context<'_> {
    /// The posted form.
    ///
    /// # Errors
    ///
    /// 415 if the body is of another type than a form; 400 if it is not text.
    #[track_caller]
    pub fn form(&mut self) -> Result<Form, Error> {
        const EXPECTED: &str = "application/x-www-form-urlencoded";
        match self.request.content_type().as_deref() {
            Some(EXPECTED) => {}
            None if self.request.body.is_empty() => {}
            found => {
                let found = found.unwrap_or("a body without Content-Type");
                let why = format!(
                    "found {found}, expected {EXPECTED}: a form, as curl -d name=Ada sends it"
                );
                let mut headers = Headers::new();
                headers.append("Accept", EXPECTED);
                return Err(Error::Status(Status::UNSUPPORTED_MEDIA_TYPE, why, headers));
            }
        }
        let text = str::from_utf8(self.body()?);
        let text = text.map_err(|error| {
            Error::BadRequest(format!("found bytes that are not UTF-8 in the form: {error}"))
        })?;
        // Each field costs memory of its own, however short it is.
        let count = text.split('&').count();
        if count > MOST {
            let why = format!("found {count} fields in the form, expected at most {MOST}");
            return Err(Error::abort(Status::CONTENT_TOO_LARGE, why));
        }
        let fields = Fields::parse(text);
        self.cycle.step("form", || Detail::Fields(fields.clone()));
        Ok(Form(fields))
    }
}
