//! Deeper: Hooks: what runs before and behind the handlers, and for which paths.
//!
//! * `before` runs for every request that has a path, also if no route takes it. So a check of a
//!   key cannot be walked around. The first hook that answers wins, and no handler runs.
//! * `after` sees every answer and may change it: pages, files, redirects and errors. `before` has
//!   not run for a preflight of an allowed origin, nor for a message that the server refused.
//! * `on_error` may answer in the place of the error page.
//!
//! The hooks of a blueprint, a part of a site, run at and below its prefix. Those of the
//! application are the outer ones: they run first before a handler, and last behind it.

use super::context::Context;
use super::error::Error;
use super::pattern::Pattern;
use crate::http::Response;
use crate::server::log::panic_text;
use std::panic::{AssertUnwindSafe, catch_unwind};

type Before = dyn Fn(&mut Context) -> Result<Option<Response>, Error> + Send + Sync;
type After = dyn Fn(&mut Context, &mut Response) + Send + Sync;
type OnError = dyn Fn(&mut Context, &Error) -> Option<Response> + Send + Sync;

/// A function of the program.
pub enum Hook {
    /// Runs before the handler.
    Before(Box<Before>),
    /// Runs behind the handler.
    After(Box<After>),
    /// Runs when there is an error.
    OnError(Box<OnError>),
}

/// The hooks of an application and of its blueprints, the outer ones first. Each has the prefix
/// below which it runs; `None` is everywhere.
#[derive(Default)]
pub struct Hooks(Vec<(Option<Pattern>, Hook)>);

impl Hooks {
    /// Adds a hook behind those of the same prefix.
    pub fn add(&mut self, prefix: Option<Pattern>, hook: Hook) {
        let depth = |prefix: &Option<Pattern>| prefix.as_ref().map_or(0, |it| it.text().len());
        let at = self.0.partition_point(|(known, _)| depth(known) <= depth(&prefix));
        self.0.insert(at, (prefix, hook));
    }

    /// The hooks that run for the path of a request.
    fn of(&self, ctx: &Context) -> impl DoubleEndedIterator<Item = &Hook> + use<'_> {
        let path = ctx.request.path.clone();
        let runs = move |prefix: &Option<Pattern>| {
            prefix.as_ref().is_none_or(|prefix| prefix.covers(&path))
        };
        self.0.iter().filter(move |(prefix, _)| runs(prefix)).map(|(_, hook)| hook)
    }

    /// Runs the hooks before the handler, until one of them answers. `*`, which is the server as a
    /// whole, has no path.
    pub fn before(&self, ctx: &mut Context) -> Result<Option<Response>, Error> {
        if self.0.is_empty() || ctx.request.path == "*" {
            return Ok(None);
        }
        for hook in self.of(ctx) {
            if let Hook::Before(run) = hook
                && let Some(answer) = caught(|| run(ctx))?
            {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// Runs the hooks behind the handler, the inner ones first.
    pub fn after(&self, ctx: &mut Context, response: &mut Response) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        for hook in self.of(ctx).rev() {
            if let Hook::After(run) = hook {
                caught(|| {
                    run(ctx, response);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// Asks the hooks for the answer to an error, the inner ones first.
    pub fn on_error(&self, error: &Error, ctx: &mut Context) -> Result<Option<Response>, Error> {
        for hook in self.of(ctx).rev() {
            if let Hook::OnError(run) = hook
                && let Some(answer) = caught(|| Ok(run(ctx, error)))?
            {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }
}

/// Runs a part of the program. If it panics, this is an error like any other.
pub fn caught<T>(run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        Err(Error::Failed(format!("the handler panicked: {}", panic_text(&*panic))))
    })
}
