//! Deeper: Hooks: what runs before and after the handlers, and for which paths.
//!
//! * `before` runs for every request that has a path below the prefix of the site, even if no route
//!   takes it. So a check of a key cannot be walked around. The first hook that answers wins, and
//!   no handler runs. A page of another site that will be refused (403) is a stranger to it: no
//!   cookie comes or leaves, and nothing in the session is kept. If a hook answers such a request,
//!   its answer is sent instead of the 403.
//! * `after` sees every answer and may change it: pages, files, redirects and errors. `before` has
//!   not run for a preflight of an allowed origin, nor for a message that the server refused. A
//!   hook that panics makes a 500 of the answer. All hooks see this one too.
//! * `on_error` may answer instead of the error page. The one that was added last is asked
//!   first.
//!
//! The hooks of a blueprint, a part of a site, run at and below its prefix, even if no route is
//! there. If the prefix has a parameter (`/<lang>`), they do not run for routes outside of the
//! blueprint. If it is `/`, they run for the routes that are registered in it, and for nothing
//! else, as in Flask.
//!
//! The hooks of the application are the outer ones: they run first before a handler, and last
//! after it.

use super::context::Context;
use super::error::Error;
use super::route::Blueprint;
use super::site::Admission;
use crate::http::Response;
use crate::server::log::panic_text;
use std::panic::{AssertUnwindSafe, catch_unwind};

type Before = dyn Fn(&mut Context) -> Result<Option<Response>, Error> + Send + Sync;
type After = dyn Fn(&mut Context, &mut Response) + Send + Sync;
type OnError = dyn Fn(&mut Context, &Error) -> Option<Response> + Send + Sync;

/// The hooks of one kind, each with its blueprint, the outer ones first.
type HookList<H> = Vec<(Blueprint, Box<H>)>;

/// The hooks of an application and of its blueprints.
#[derive(Default)]
pub(super) struct Hooks {
    pub before: HookList<Before>,
    pub after: HookList<After>,
    pub on_error: HookList<OnError>,
}

/// Adds a hook behind those of the same blueprint.
pub(super) fn add<H: ?Sized>(hooks: &mut HookList<H>, blueprint: &Blueprint, hook: Box<H>) {
    let depth = |it: &Blueprint| (it.prefix.len(), it.name.len());
    let at = hooks.partition_point(|(known, _)| depth(known) <= depth(blueprint));
    hooks.insert(at, (blueprint.clone(), hook));
}

impl Hooks {
    /// The answer of the first hook that has one, or the error or the panic of a hook.
    #[inline]
    pub fn before(&self, ctx: &mut Context) -> Result<Option<Response>, Error> {
        for (blueprint, hook) in &self.before {
            // `*`, the server as a whole, has no path.
            if ctx.request.path != "*"
                && is_for(blueprint, ctx)
                && let Some(answer) = caught("a hook", || hook(ctx))??
            {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// Shows the answer to each hook, also to those behind one that panics. Gives the first panic.
    #[inline]
    pub fn after(&self, ctx: &mut Context, response: &mut Response) -> Option<Error> {
        let mut first = None;
        for (blueprint, hook) in self.after.iter().rev() {
            if is_for(blueprint, ctx)
                && let Err(panic) = caught("a hook", || hook(ctx, response))
            {
                first.get_or_insert(panic);
            }
        }
        first
    }

    /// The answer of the last hook that has one, or the panic of a hook.
    pub fn on_error(&self, ctx: &mut Context, error: &Error) -> Result<Option<Response>, Error> {
        for (blueprint, hook) in self.on_error.iter().rev() {
            if is_for(blueprint, ctx)
                && let Some(answer) = caught("a hook", || hook(ctx, error))?
            {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }
}

/// True if the hooks of this blueprint run for the request.
fn is_for(blueprint: &Blueprint, ctx: &Context) -> bool {
    // Outside of the site's prefix there are no blueprints, whatever the path looks like.
    let is_outside = matches!(ctx.admission, Admission::Outside);
    let route = ctx.matched.map(|found| found.route);
    !(is_outside && blueprint.path.is_some()) && blueprint.covers(&ctx.request.path, route)
}

/// Runs a part of the program. If it panics, this is an error like any other.
#[inline]
pub fn caught<T>(part: &str, run: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(run))
        .map_err(|panic| Error::Failed(format!("{part} panicked: {}", panic_text(&*panic))))
}
