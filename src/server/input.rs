//! The bytes that have arrived on a connection and have not been dealt with.
//!
//! One buffer for the connection's whole life. It grows with what a request needs and is given back
//! when that has been answered, so ten thousand idle connections are held in little.
//!
//! Left out: reading. Whoever reads puts the bytes into `room` and says how many.

/// How long the buffer is at first.
const INPUT_BYTES: usize = 4 * 1024;

/// `buffer[used..filled]` is still to be dealt with.
pub(super) struct Input {
    buffer: Vec<u8>,
    pub used: usize,
    pub filled: usize,
}

impl Input {
    pub fn new() -> Input {
        Input { buffer: vec![0; INPUT_BYTES], used: 0, filled: 0 }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.used..self.filled]
    }

    /// Where the next bytes go. What is still there moves to the front when it stands in the way,
    /// and a buffer that is full of one message grows.
    pub fn room(&mut self) -> &mut [u8] {
        if self.used == self.filled {
            (self.used, self.filled) = (0, 0);
            if self.buffer.len() > 16 * INPUT_BYTES {
                *self = Input::new();
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
