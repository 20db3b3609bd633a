//! Deeper: Unguessable bytes from the operating system.
//!
//! A client that knows a session's id is taken for that visitor. So an id must be impossible to
//! guess: it is 128 bits from the generator that the system keeps for keys. It is a file to read,
//! `/dev/urandom`, opened once and kept open, so that ids can still be made when descriptors have
//! run out.
//!
//! Where there is no such file (Windows), or it cannot be read, bytes come from [`RandomState`],
//! the keys of the standard library's `HashMap`, which the system seeds: used as a keyed hash over
//! a counter. SipHash was made so that its outputs do not give its key away, but nobody recommends
//! it as a generator of keys: good for a classroom, not for a bank.
//!
//! Left out: `getrandom` and its relatives, which would need a dependency or `unsafe`.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// `N` bytes that nobody can foretell.
pub fn bytes<const N: usize>() -> [u8; N] {
    static SYSTEM: OnceLock<Option<File>> = OnceLock::new();
    let mut bytes = [0; N];
    let system = SYSTEM.get_or_init(|| File::open("/dev/urandom").ok());
    // `&File` reads without a lock: each caller gets bytes of its own from the kernel.
    let read = system.as_ref().is_some_and(|mut file| file.read_exact(&mut bytes).is_ok());
    if !read {
        hash_counter(&mut bytes);
    }
    bytes
}

/// 128 random bits as 32 hexadecimal digits: the id of a session.
///
/// ```
/// let id = carafe::random::hex_id();
/// assert_eq!(id.len(), 32);
/// assert_ne!(id, carafe::random::hex_id());
/// ```
pub fn hex_id() -> String {
    format!("{:032x}", u128::from_ne_bytes(bytes()))
}

/// What is used where there is no `/dev/urandom`: a number that never comes twice, hashed under a
/// secret key.
fn hash_counter(bytes: &mut [u8]) {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let key = KEY.get_or_init(RandomState::new);
    for piece in bytes.chunks_mut(8) {
        let hash = key.hash_one(COUNTER.fetch_add(1, Ordering::Relaxed)).to_ne_bytes();
        piece.copy_from_slice(&hash[..piece.len()]);
    }
}
