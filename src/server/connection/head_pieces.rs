//! Deeper: A head that comes in small pieces is not parsed anew for each of them.
//!
//! Elsewhere: which bytes need the parser, in `http::early_refusal`.

use super::{Connection, Obstacle, Turn};
use crate::http::early_refusal::needs_parsing;
use std::time::Instant;

impl Connection {
    /// Reads more of a head, until the parser can say more about it.
    pub(super) fn read_more_head(
        &mut self,
        deadline: &mut Option<Instant>,
    ) -> Result<(), Obstacle> {
        let mut count = 0;
        while !needs_parsing(self.buffers.input.bytes(), count, &self.serving.limits) {
            count = self.read_more(deadline, self.serving.limits.head_time)?;
            if count == 0 {
                self.report.closed_by = Some("the client, in the middle of a request");
                return Err(Obstacle::End(Turn::Over));
            }
        }
        Ok(())
    }
}
