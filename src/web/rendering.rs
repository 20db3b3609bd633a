//! Rendering: how a handler makes a page of a template and some values.
//!
//! The template `Hello {{ name }}!` and the value `{"name": "Ada"}` make `Hello Ada!`. The language
//! is Jinja, as Flask courses use it. In a template that is called `page.html` or the like, what is
//! printed is escaped, unless `|safe` says that it is HTML already: **who writes `|safe` is
//! responsible for every character**.
//!
//! Elsewhere: how a template is read and filled, in `template`.

use super::context::Context;
use super::error::Error;
use super::page_globals::PageGlobals;
use crate::cycle::Detail;
use crate::http::{Body, Response};
use crate::value::Map;

impl Context<'_> {
    /// Makes a page of a template. The variables may not borrow from the context, because the page
    /// may change the session: it takes out a flashed message to show it. So copy what you need of
    /// the request into a [`Map`] first:
    ///
    /// ```
    /// # use carafe::{Context, Error, Map, Response};
    /// fn search(ctx: &mut Context) -> Result<Response, Error> {
    ///     ctx.render("search.html", Map::from([("q", ctx.request.query.get("q"))]))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// What the template engine says: 500.
    #[track_caller]
    pub fn render(&mut self, template: &str, variables: impl Into<Map>) -> Result<Response, Error> {
        self.page_of(template, variables.into())
    }

    #[track_caller]
    fn page_of(&mut self, template: &str, variables: Map) -> Result<Response, Error> {
        let had_taken = self.taken_messages.is_some();
        let templates = &self.site.templates;
        // A page may ask for more than its variables: `session`, `url_for` and others.
        let globals = PageGlobals::of(self);
        let rendered = templates.page(template, &variables, &globals);
        self.cycle.step("rendered", || Detail::Template { name: template.to_owned(), variables });
        if let Some(taken) =
            self.taken_messages.as_ref().filter(|taken| !had_taken && !taken.is_empty())
        {
            self.cycle.step("flashed", || Detail::Taken(taken.clone()));
        }
        let (page, warnings) = rendered?;
        warnings.into_iter().for_each(|warning| self.cycle.warn(warning));
        Ok(Response::of("text/html; charset=utf-8", Body::Bytes(page)))
    }
}
