//! Context: what a handler is given.
//!
//! Flask keeps the current request in what looks like a global variable; here it is an argument.
//! The fields and methods have Flask's names. `render`, which makes a page of a template, is in
//! `rendering`, and what a handler asks less often in `resources`.

use super::error::Error;
use super::flash;
use super::form::Form;
use super::router::Matched;
use super::session::Session;
use super::site::{Admission, Site};
use super::store::RecordingStore;
use crate::cycle::{Cycle, Detail};
use crate::http::{Request, cookie_value};
use crate::value::Map;
use std::cell::Cell;
use std::panic::Location;

/// One request, and what the server knows about its visitor.
///
/// ```
/// # use carafe::{Context, Error, Response};
/// fn hello(ctx: &mut Context) -> Result<Response, Error> {
///     ctx.session.set("last", ctx.param("name"));
///     ctx.render("hello.html", [("name", ctx.param("name"))])
/// }
/// ```
pub struct Context<'a> {
    /// What the client asked.
    pub request: &'a Request,
    /// What the server remembers of the visitor.
    pub session: Session<'a>,
    /// Values for the length of this request: hooks leave them, and pages see them as `g`.
    pub g: Map,
    /// The route that takes the request, and the values in its path.
    pub(super) matched: Option<&'a Matched<'a>>,
    pub(super) site: &'a Site,
    /// Whether the request may go to the handler. Later only `Outside` still means something.
    pub(super) admission: Admission,
    /// The record of this request: each stage leaves a line in it.
    pub(super) cycle: &'a mut Cycle,
    /// The flashed messages, once this page has taken them. It may ask twice, and gets the same.
    pub(super) taken_messages: Option<Vec<(String, String)>>,
    /// Where the program keeps its data besides sessions.
    pub(super) store: RecordingStore<'a>,
    /// The line that has called `store` last, for the record.
    pub(super) used_store: Cell<Option<&'static Location<'static>>>,
}

impl<'a> Context<'a> {
    /// The context of a request. The visitor's cookie names the session, which is loaded later.
    pub(super) fn open(
        site: &'a Site,
        request: &'a Request,
        matched: Option<&'a Matched<'a>>,
        cycle: &'a mut Cycle,
    ) -> Context<'a> {
        let cookie = cookie_value(&request.headers, &site.sessions.cookie);
        Context {
            session: site.sessions.open_for(cookie, cycle.is_recording()),
            g: Map::new(),
            store: RecordingStore::new(&*site.store, cycle.is_recording()),
            used_store: Cell::new(None),
            taken_messages: None,
            admission: Admission::Admitted,
            matched,
            request,
            site,
            cycle,
        }
    }

    /// The value that the route captured under this name, decoded: `%2Fetc` is `/etc`. Empty if the
    /// pattern does not have the name.
    pub fn param(&self, name: &str) -> &'a str {
        let mut params = self.matched.iter().flat_map(|found| &found.params);
        params.find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// Leaves a message for the next page.
    #[track_caller]
    pub fn flash(&mut self, message: impl AsRef<str>) {
        self.flash_as(flash::CATEGORY, message);
    }

    /// The posted form.
    ///
    /// # Errors
    ///
    /// 415 if the body is not a form, or is compressed; 400 if it breaks the grammar; 413 if it has
    /// too many fields; 503 if all bodies together take too much memory.
    #[track_caller]
    pub fn form(&mut self) -> Result<Form, Error> {
        // Two more copies of the body: the fields and files, and what the handler makes of them.
        self.count(2 * self.body()?.len())?;
        let form = Form::read(self.request)?;
        self.cycle.step("form", || Detail::Form);
        Ok(form)
    }
}
