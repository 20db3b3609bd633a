//! Deeper: What a handler asks its context for less often.
//!
//! The last functions are for pages that look inside.

use super::context::Context;
use super::error::Error;
use super::flash;
use super::origin::{Sender, sender};
use super::site::Site;
use super::store::Store;
use super::url_for::UrlError;
use crate::cycle::{Detail, Recorder};
use crate::http::{Limits, Method, Status, cookie_value};
use crate::json;
use crate::value::Value;
use std::any::{Any, type_name};
use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;

impl<'a> Context<'a> {
    /// The path of the route of this name, with these values: see [`url_for`](super::url_for). A
    /// blueprint calls its own routes `.name`.
    ///
    /// # Errors
    ///
    /// If there is no such route, or a value is missing.
    pub fn url_for(&self, name: &str, values: &[(&str, Value)]) -> Result<String, UrlError> {
        let route = self.matched.map(|found| found.route);
        self.site.url_for(self.request, route, name, values)
    }

    /// The body of the request, in the form that its `Content-Type` says. (`ctx.request.body` is
    /// what came, compressed or not.)
    ///
    /// # Errors
    ///
    /// 415 if it is compressed. A few bytes could become gigabytes, so nothing here decompresses.
    pub fn body(&self) -> Result<&[u8], Error> {
        let lists = self.request.headers.get_all("Content-Encoding");
        let is_coding = |word: &&str| !word.is_empty() && !word.eq_ignore_ascii_case("identity");
        match lists.flat_map(|list| list.split(',')).map(str::trim).find(is_coding) {
            None => Ok(&self.request.body),
            // RFC 9110 §15.5.16: "the Accept-Encoding response header field ought to be used".
            Some(coding) => Err(unsupported(
                format!("Content-Encoding: {coding}"),
                "a body that is not compressed",
                ("Accept-Encoding", "identity"),
            )),
        }
    }

    /// The body of the request, which is JSON.
    ///
    /// # Errors
    ///
    /// 415 if `Content-Type` does not say that it is JSON, 400 if it cannot be read, 413 if its
    /// values would take more than eight times the memory that a body may take, 503 if all
    /// bodies together take too much memory.
    pub fn json(&self) -> Result<Value, Error> {
        const JSON: &str = "application/json";
        let found = self.request.content_type().filter(|found| !found.is_empty());
        let found = found.unwrap_or_else(|| "no Content-Type".to_owned());
        if found != JSON && !found.ends_with("+json") {
            // RFC 5789 §2.2 has a header of its own for PATCH.
            let is_patch = self.request.method == Method::Patch;
            let header = if is_patch { "Accept-Patch" } else { "Accept" };
            return Err(unsupported(found, JSON, (header, JSON)));
        }
        let body = self.body()?;
        // A server that allows longer bodies has let this one in.
        let most = 8 * body.len().max(Limits::default().body_bytes);
        let (bytes, _) = json::weigh(body);
        if bytes > most {
            let why = "the values of this JSON would take too much memory";
            let why = format!("{why}: {bytes} bytes, expected at most {most}");
            return Err(Error::abort(Status::CONTENT_TOO_LARGE, why));
        }
        self.count(bytes)?;
        json::parse(body)
            .map_err(|error| Error::BadRequest(format!("the JSON cannot be read: {error}")))
    }

    /// Counts memory that the body becomes, until the answer has left. [`json`](Context::json) and
    /// [`form`](Context::form) do so; a handler that makes something large of a body calls it too.
    ///
    /// # Errors
    ///
    /// 503 if all bodies together are above their bound.
    pub fn count(&self, bytes: usize) -> Result<(), Error> {
        Ok(self.request.memory.add(bytes)?)
    }

    /// The cookie of this name, if the client sent one. The client may have changed it.
    pub fn cookie(&self, name: &str) -> Option<Cow<'_, str>> {
        cookie_value(&self.request.headers, name)
    }

    /// The store for rows of all kinds but sessions. Changes are safe before the answer leaves.
    #[track_caller]
    pub fn store(&self) -> &dyn Store {
        self.used_store.set(Some(Location::caller()));
        &self.store
    }

    /// Leaves a message for the next page, in a category: `error`, `info`.
    #[track_caller]
    pub fn flash_as(&mut self, category: &str, message: impl AsRef<str>) {
        let message = message.as_ref();
        self.cycle.step("flashed", || Detail::Flash(category.to_owned(), message.to_owned()));
        flash::put(&mut self.session, category, message);
    }

    /// Leaves a note in the record of this cycle, if there is one.
    #[track_caller]
    pub fn note(&mut self, note: impl Into<String>) {
        self.cycle.step("noted", || Detail::Note(note.into()));
    }

    /// Adds a line to the log that the client does not see, such as why a page for an error failed.
    pub fn warn(&mut self, sentence: impl Into<String>) {
        self.cycle.warn(sentence);
    }

    /// The value of this type that the program gave to [`App::state`](crate::App::state). A stream
    /// outlives the context: give `Arc::new(value)`, and clone the `Arc` for its `move` closure.
    ///
    /// # Panics
    ///
    /// If the program gave none. The panic becomes a 500.
    #[track_caller]
    pub fn state<T: Any + Send + Sync>(&self) -> &'a T {
        match self.site.state.iter().find_map(|value| value.downcast_ref()) {
            Some(value) => value,
            None => panic!("found no state of type {}, expected app.state(…)", type_name::<T>()),
        }
    }

    /// The key to sign with: Flask's `app.secret_key`.
    pub fn secret_key(&self) -> &[u8] {
        &self.site.secret_key
    }

    /// What the application knows.
    pub fn site(&self) -> &'a Site {
        self.site
    }

    /// Refuses a client that may not look inside: see [`Inside`](super::inside::Inside).
    ///
    /// # Errors
    ///
    /// 403, and why.
    pub fn check_inside(&self) -> Result<(), Error> {
        let refused = |why: String| {
            Error::Forbidden(format!("only a user of this machine may see this: {why}"))
        };
        // A script of an allowed origin runs in the browser of a user of this machine, too.
        if let Sender::Allowed(origin) = sender(self.request, &self.site.origins) {
            return Err(refused(format!("found a script of {origin}")));
        }
        self.site.inside.check(self.request).map_err(refused)
    }

    /// The cycles so far, without this one; `None` if they are not recorded.
    pub fn recorder(&self) -> Option<&'a Arc<Recorder>> {
        self.site.recorder.as_ref()
    }

    /// Takes this cycle out of the record: pages that show cycles must not fill the list.
    pub fn unrecorded(&mut self) {
        self.cycle.discard();
    }

    /// The address of this server, for commands that are copied into a shell:
    /// `http://127.0.0.1:8000`. It is the one by which the client reached the server. If the `Host`
    /// is none that every shell takes as it is, it is the one where the server listens.
    pub fn base(&self) -> String {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:[]".contains(&byte);
        match self.request.headers.get("Host").is_some_and(|host| host.bytes().all(is_plain)) {
            true => self.site.address_for(self.request),
            false => format!("{}://{}", self.request.scheme(), self.site.address),
        }
    }
}

/// A body of a kind that is not read here; the header says which kind is.
fn unsupported(found: String, expected: &str, (header, kind): (&str, &str)) -> Error {
    let why = format!("found {found}, expected {expected}");
    Error::with_header(Status::UNSUPPORTED_MEDIA_TYPE, why, header, kind)
}
