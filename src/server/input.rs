//! The bytes that have arrived on a connection and have not been used yet.
//!
//! A connection has one buffer, which grows when a request needs more room, and shrinks after it.
//!
//! Elsewhere: reading. The caller reads into `free_part`, and adds the count to `filled`.

/// The length of the buffer at first.
const INPUT_BYTES: usize = 2 * 1024;

/// `buffer[used..filled]` has arrived and has not been used.
#[derive(Default)]
pub(super) struct Input {
    buffer: Vec<u8>,
    pub used: usize,
    pub filled: usize,
}

impl Input {
    /// What has not been used.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.used..self.filled]
    }

    pub fn is_empty(&self) -> bool {
        self.used == self.filled
    }

    /// The free part of the buffer, for the next bytes. If there is none, the unused bytes move to
    /// the front. If they fill more than half of the buffer, it grows.
    pub fn free_part(&mut self) -> &mut [u8] {
        if self.is_empty() {
            (self.used, self.filled) = (0, 0);
            if self.buffer.is_empty() || self.buffer.len() > 16 * INPUT_BYTES {
                self.buffer = vec![0; INPUT_BYTES];
            }
        } else if self.filled == self.buffer.len() {
            self.buffer.copy_within(self.used..self.filled, 0);
            (self.used, self.filled) = (0, self.filled - self.used);
            if self.filled > self.buffer.len() / 2 {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
        }
        &mut self.buffer[self.filled..]
    }
}
