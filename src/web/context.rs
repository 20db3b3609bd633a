//! Context: what a handler is given.
//!
//! Flask keeps the current request in what looks like a global variable; here it is an argument.
//! `ctx.request` is Flask's `request`, `ctx.session` its `session`, and the methods are `flash`,
//! `render_template` and `url_for`.

use super::error::Error;
use super::flash;
use super::page_globals::PageGlobals;
use super::pattern::Params;
use super::session::{COOKIE_NAME, Session};
use super::site::Site;
use super::store::{RecordingStore, Store};
use crate::cycle::{Cycle, Detail, Recorder};
use crate::http::{Request, Response, Status, cookie_value};
use crate::value::Map;
use std::cell::{Cell, RefCell};
use std::panic::Location;

/// One request, and what the server knows about its visitor.
pub struct Context<'a> {
    /// What the client asked.
    pub request: &'a mut Request,
    /// The visitor's row.
    pub session: Session<'a>,
    pub(super) params: Params,
    pub(super) site: &'a Site,
    pub(super) cycle: &'a mut Cycle,
    /// The messages that this request has taken, once it has: a page may ask twice.
    taken: Option<Vec<(String, String)>>,
    pub(super) store: RecordingStore<'a>,
    /// The line that asked for the store last, if one did. What was changed there must be safe
    /// before the answer leaves.
    pub(super) used_store: Cell<Option<&'static Location<'static>>>,
}

impl<'a> Context<'a> {
    /// Opens the visitor's session for a request; the store is asked at the first use.
    pub(super) fn open(
        site: &'a Site,
        request: &'a mut Request,
        cycle: &'a mut Cycle,
    ) -> Context<'a> {
        Context {
            session: site.sessions.open(cookie_value(&request.headers, COOKIE_NAME)),
            store: RecordingStore::new(&*site.store, cycle.is_recording()),
            used_store: Cell::new(None),
            params: Vec::new(),
            taken: None,
            request,
            site,
            cycle,
        }
    }

    /// The value that the route captured under this name, decoded. Empty if the pattern does not
    /// have the name.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Leaves a message for the next page.
    #[track_caller]
    pub fn flash(&mut self, message: impl AsRef<str>) {
        self.flash_as(flash::CATEGORY, message);
    }

    /// The same, in a category: `error`, `info`.
    #[track_caller]
    pub fn flash_as(&mut self, category: &str, message: impl AsRef<str>) {
        self.cycle
            .step("flashed", || Detail::Flash(category.to_owned(), message.as_ref().to_owned()));
        flash::put(&mut self.session, category, message.as_ref());
    }

    /// The body of the request, in the form that its `Content-Type` says. (`ctx.request.body` is
    /// what came, compressed or not.)
    ///
    /// # Errors
    ///
    /// 415 if it is compressed. A few bytes could become gigabytes, so nothing here decompresses.
    pub fn body(&self) -> Result<&[u8], Error> {
        let codings =
            self.request.headers.get_all("Content-Encoding").flat_map(|list| list.split(','));
        let mut codings = codings.map(str::trim).filter(|coding| !coding.is_empty());
        let Some(coding) = codings.find(|coding| !coding.eq_ignore_ascii_case("identity")) else {
            return Ok(&self.request.body);
        };
        // RFC 9110 §15.5.16: "the Accept-Encoding response header field ought to be used".
        let (status, name) = (Status::UNSUPPORTED_MEDIA_TYPE, "Accept-Encoding");
        let why =
            format!("found Content-Encoding: {coding}, expected a body that is not compressed");
        Err(Error::with_header(status, why, name, "identity"))
    }

    /// The store for rows of all kinds but sessions. What is changed in it is made safe before the
    /// answer leaves, so no handler needs to [`flush`](Store::flush).
    #[track_caller]
    pub fn store(&self) -> &dyn Store {
        self.used_store.set(Some(Location::caller()));
        &self.store
    }

    /// The key to sign with: Flask's `app.secret_key`.
    pub fn secret_key(&self) -> &[u8] {
        &self.site.secret_key
    }

    /// What the application knows: its routes, and where its state is kept.
    pub fn site(&self) -> &Site {
        self.site
    }

    /// The path of the route of this name.
    ///
    /// # Errors
    ///
    /// A sentence, if there is no such route or a value is missing.
    pub fn url_for(&self, name: &str, values: &[(&str, String)]) -> Result<String, String> {
        self.site.url_for(name, values)
    }

    /// Refuses a client that may not look inside: see [`Inside`](super::inside::Inside).
    ///
    /// # Errors
    ///
    /// 403, and why.
    pub fn check_inside(&self) -> Result<(), Error> {
        let refused =
            |why| Error::Forbidden(format!("only a user of this machine may see this: {why}"));
        self.site.inside.check(&self.request).map_err(refused)
    }

    /// The cycles so far, without this one; `None` if they are not recorded.
    pub fn recorder(&self) -> Option<&Recorder> {
        self.site.recorder.as_deref()
    }

    /// Takes this cycle out of the record, because pages that show cycles must not fill the list.
    pub fn unrecorded(&mut self) {
        self.cycle.discard();
    }

    /// The address by which the client reached this server: `http://127.0.0.1:8000`, or the `https`
    /// address of a trusted proxy.
    pub fn base(&self) -> String {
        let host = self.request.headers.get("Host").unwrap_or("127.0.0.1");
        format!("{}://{host}", self.request.scheme())
    }

    /// Makes a page of a template.
    ///
    /// # Errors
    ///
    /// What the template engine says: 500.
    #[track_caller]
    pub fn render(&mut self, template: &str, variables: impl Into<Map>) -> Result<Response, Error> {
        let variables = variables.into();
        let had_taken = self.taken.is_some();
        let page = PageGlobals {
            site: self.site,
            request: self.request,
            session: RefCell::new(&mut self.session),
            taken: RefCell::new(&mut self.taken),
        };
        let rendered = self.site.templates.render(template, &variables, &page);
        self.cycle.step("rendered", || Detail::Template { name: template.to_owned(), variables });
        if let Some(taken) = self.taken.as_ref().filter(|taken| !had_taken && !taken.is_empty()) {
            self.cycle.step("flashed", || Detail::Taken(taken.clone()));
        }
        let rendered = rendered?;
        rendered.warnings.into_iter().for_each(|warning| self.cycle.warn(warning));
        Ok(Response::html(rendered.text))
    }
}
