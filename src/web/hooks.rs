//! Deeper: Hooks: what runs before and after the handlers, and for which paths.
//!
//! * `before` runs for every request that has a path below the prefix of the site, also if no route
//!   takes it. So a check of a key cannot be walked around. The first hook that answers wins, and
//!   no handler runs. A page of another site that will be refused (403) is a stranger to it: no
//!   cookie comes or leaves, and nothing in the session is kept. But what it answers counts.
//! * `after` sees every answer and may change it: pages, files, redirects and errors. `before` has
//!   not run for a preflight of an allowed origin, nor for a message that the server refused.
//! * `on_error` may answer in the place of the error page. The one that was added last is asked
//!   first.
//!
//! The hooks of a blueprint, a part of a site, run at and below its prefix, also if no route is
//! there. If the prefix has a place (`/<lang>`), they do not run for routes outside of the
//! blueprint. If it is `/`, they run for the routes that are registered in it, and for nothing
//! else, as in Flask.
//!
//! The hooks of the application are the outer ones: they run first before a handler, and last
//! after it.

use super::context::Context;
use super::error::Error;
use super::route::Blueprint;
use crate::http::Response;
use crate::server::log::panic_text;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// When a hook runs.
pub enum Moment<'m> {
    /// Before the handler.
    Before,
    /// Behind it, with its answer.
    After(&'m mut Response),
    /// When there is an error.
    OnError(&'m Error),
}

/// A function of the program: it may answer.
pub type Hook = dyn Fn(&mut Context, &mut Moment) -> Result<Option<Response>, Error> + Send + Sync;

/// The hooks of an application and of its blueprints, the outer ones first.
#[derive(Default)]
pub struct Hooks(Vec<(Blueprint, Box<Hook>)>);

impl Hooks {
    /// Adds a hook behind those of the same blueprint.
    pub fn add(&mut self, blueprint: Blueprint, hook: Box<Hook>) {
        let depth = |it: &Blueprint| (it.prefix.len(), it.name.len());
        let at = self.0.partition_point(|(known, _)| depth(known) <= depth(&blueprint));
        self.0.insert(at, (blueprint, hook));
    }

    /// Runs the hooks for the path of a request, until one of them answers. The outer ones are the
    /// first before the handler, and the last after it.
    ///
    /// # Errors
    ///
    /// That of a hook, or its panic.
    #[inline]
    pub fn run(&self, ctx: &mut Context, moment: Moment) -> Result<Option<Response>, Error> {
        if self.0.is_empty() { Ok(None) } else { self.run_each(ctx, moment) }
    }

    fn run_each(&self, ctx: &mut Context, mut moment: Moment) -> Result<Option<Response>, Error> {
        let path = &ctx.request.path;
        let is_before = matches!(moment, Moment::Before);
        let is_outside = matches!(ctx.not_admitted, Some(Error::NotFound));
        for at in 0..self.0.len() {
            let at = if is_before { at } else { self.0.len() - 1 - at };
            let (blueprint, hook) = &self.0[at];
            let is_its = blueprint.covers(path, ctx.matched.map(|found| found.route));
            // Outside of the site's prefix there are no blueprints, whatever the path looks like.
            if is_its
                && !(is_outside && blueprint.path.is_some())
                && let Some(answer) = caught("a hook", || hook(ctx, &mut moment))?
            {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }
}

/// Runs a part of the program. If it panics, this is an error like any other.
#[inline]
pub fn caught<T>(part: &str, run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        Err(Error::Failed(format!("{part} panicked: {}", panic_text(&*panic))))
    })
}
