//! Deeper: A closure as a service: the smallest program, without routes and sessions.

use super::Service;
use crate::cycle::Cycle;
use crate::http::{Request, Response};

/// A closure is a service too. It is given the request itself. In its place stays a copy of what
/// the log shows.
impl<F: Fn(Request) -> Response + Send + Sync + 'static> Service for F {
    fn call(&self, request: &mut Request, _: &mut Cycle) -> Response {
        let taken = std::mem::take(request);
        (request.method, request.version) = (taken.method.clone(), taken.version);
        request.peer = taken.peer;
        (request.path, request.target) = (taken.path.clone(), taken.target.clone());
        self(taken)
    }
}
