//! Deeper: Hooks and blueprints: what runs before and behind the handlers, and for which paths.
//!
//! * `before` runs for every request that has a path, also if no route takes it. So a check of a
//!   key cannot be walked around. The first hook that answers wins, and no handler runs.
//! * `after` sees every answer and may change it: pages, files, redirects and errors.
//! * `on_error` may answer in the place of the error page.
//!
//! A blueprint is a part of a site, with a prefix and a name of its own. Its hooks run for every
//! path at or below its prefix. The hooks of the application are the outer ones: they run first
//! before a handler, and last behind it.

use super::context::Context;
use super::error::Error;
use super::pattern::Pattern;
use crate::http::Response;
use crate::server::log::panic_text;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs before the handler.
pub type Before = dyn Fn(&mut Context) -> Result<Option<Response>, Error> + Send + Sync;

/// Runs behind the handler.
pub type After = dyn Fn(&mut Context, &mut Response) + Send + Sync;

/// Runs when there is an error.
pub type OnError = dyn Fn(&mut Context, &Error) -> Option<Response> + Send + Sync;

/// What stands before the paths and the names of the routes that are registered.
#[derive(Clone, Default)]
pub struct Blueprint {
    /// The prefix of the paths, without a slash at its end: `/admin`. Empty for the application.
    pub prefix: String,
    /// The name with a point: `admin.`. Empty for the application.
    pub name: String,
}

impl Blueprint {
    /// The same pattern behind the prefix.
    pub fn place(&self, pattern: Pattern) -> Result<Pattern, String> {
        if self.prefix.is_empty() {
            return Ok(pattern);
        }
        Pattern::parse(&format!("{}{pattern}", self.prefix))
    }
}

/// The hooks of an application and of its blueprints.
#[derive(Default)]
pub struct Hooks {
    pub(super) before: HookList<Before>,
    pub(super) after: HookList<After>,
    pub(super) on_error: HookList<OnError>,
}

/// Hooks of one kind, the outer ones first. Each has the prefix below which it runs; `None` is
/// everywhere.
pub struct HookList<T: ?Sized>(Vec<(Option<Pattern>, Box<T>)>);

impl<T: ?Sized> Default for HookList<T> {
    fn default() -> HookList<T> {
        HookList(Vec::new())
    }
}

impl<T: ?Sized> HookList<T> {
    /// Adds a hook behind those of the same prefix.
    pub fn add(&mut self, prefix: Option<Pattern>, hook: Box<T>) {
        let depth = |prefix: &Option<Pattern>| prefix.as_ref().map_or(0, |it| it.text().len());
        let at = self.0.partition_point(|(known, _)| depth(known) <= depth(&prefix));
        self.0.insert(at, (prefix, hook));
    }

    /// The hooks that run for a path.
    fn of(&self, path: &str) -> impl DoubleEndedIterator<Item = &T> {
        let runs = move |prefix: &Option<Pattern>| {
            prefix.as_ref().is_none_or(|prefix| prefix.covers(path))
        };
        self.0.iter().filter(move |(prefix, _)| runs(prefix)).map(|(_, hook)| &**hook)
    }
}

impl Hooks {
    /// Runs the hooks before the handler, until one of them answers.
    pub fn before(&self, ctx: &mut Context) -> Result<Option<Response>, Error> {
        if self.before.0.is_empty() || ctx.request.path == "*" {
            return Ok(None);
        }
        let path = ctx.request.path.clone();
        let mut answers = self.before.of(&path).map(|hook| caught(|| hook(ctx)).transpose());
        answers.find_map(|answer| answer).transpose()
    }

    /// Runs the hooks behind the handler, the inner ones first.
    pub fn after(&self, ctx: &mut Context, response: &mut Response) -> Result<(), Error> {
        if self.after.0.is_empty() {
            return Ok(());
        }
        let path = ctx.request.path.clone();
        let run = |hook: &After| {
            caught(|| {
                hook(ctx, response);
                Ok(())
            })
        };
        self.after.of(&path).rev().try_for_each(run)
    }

    /// Asks the hooks for the answer to an error, the inner ones first.
    pub fn on_error(&self, error: &Error, ctx: &mut Context) -> Result<Option<Response>, Error> {
        if self.on_error.0.is_empty() {
            return Ok(None);
        }
        let path = ctx.request.path.clone();
        let run = |hook: &OnError| caught(|| Ok(hook(ctx, error))).transpose();
        self.on_error.of(&path).rev().find_map(run).transpose()
    }
}

/// Runs a part of the program. If it panics, this is an error like any other.
pub fn caught<T>(run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        Err(Error::Failed(format!("the handler panicked: {}", panic_text(&*panic))))
    })
}
