//! Deeper: SHA-256, and what is made of it: signatures, hashed passwords, and a text form of bytes.
//!
//! A signature is a number that only somebody who has the key can compute, and that fits one text
//! alone. A text that comes back with its signature can be believed:
//!
//! ```
//! use carafe::web::sign::{hex, hmac, same};
//!
//! let signature = hmac(b"the key", b"visits=2");
//! assert!(same(&signature, &hmac(b"the key", b"visits=2")));
//! assert!(!same(&signature, &hmac(b"the key", b"visits=92")));
//! assert_eq!(hex(&signature).len(), 64);
//! ```
//!
//! Signed is neither secret nor fresh: see `cookie_store`.
//!
//! Left out: the processor's own SHA instructions, which need `unsafe`.

/// The result of SHA-256.
pub type Digest = [u8; 32];

/// The fingerprint of some bytes (FIPS 180-4). Nobody can find two texts with the same one, or a
/// text for a given one.
pub fn sha256(bytes: &[u8]) -> Digest {
    finish(START, 0, bytes)
}

/// The signature of a message under a key (RFC 2104).
///
/// # Security
///
/// Compare signatures with [`same`], never with `==`. And `sha256(key + message)` is no signature:
/// from it one can compute that of a longer message, without the key.
pub fn hmac(key: &[u8], message: &[u8]) -> Digest {
    Hmac::new(key).sign(message)
}

/// The hash of a password (RFC 8018 §5.2): so slow that guessing takes long. Give each password its
/// own `salt`, so that two equal passwords look different. 600,000 `rounds` take a third of a
/// second.
pub fn pbkdf2(password: &[u8], salt: &[u8], rounds: u32) -> Digest {
    let hmac = Hmac::new(password);
    // "U_1 = PRF (P, S || INT (i))", where i is the number of the block: one block is enough.
    let mut last = hmac.sign(&[salt, &1u32.to_be_bytes()].concat());
    let mut sum = last;
    for _ in 1..rounds {
        // "U_c = PRF (P, U_{c-1})", all combined by exclusive or.
        last = hmac.sign(&last);
        sum.iter_mut().zip(last).for_each(|(sum, byte)| *sum ^= byte);
    }
    sum
}

/// True if both are equal. The time does not depend on where they differ: `==` stops at the first
/// byte that differs, and an attacker with a good clock learns a signature byte by byte.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |seen, (one, other)| seen | (one ^ other));
    // The black box keeps the compiler from stopping at the first difference.
    one.len() == other.len() && std::hint::black_box(differences) == 0
}

/// Two lower-case hexadecimal digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Four letters for three bytes (RFC 4648 §5), without `=` at the end.
pub fn to_base64url(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for piece in bytes.chunks(3) {
        let mut three = [0; 4];
        three[1..=piece.len()].copy_from_slice(piece);
        let bits = u32::from_be_bytes(three);
        // One byte needs two letters, two need three, three need four.
        for letter in 0..=piece.len() {
            text.push(char::from(BASE64URL[(bits >> (18 - 6 * letter) & 63) as usize]));
        }
    }
    text
}

/// The bytes of such a text; `None` if it is the text of no bytes. Each value has one spelling.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for piece in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for letter in piece {
            bits = bits << 6 | BASE64URL.iter().position(|known| known == letter)? as u32;
        }
        bits <<= 6 * (4 - piece.len());
        let whole = piece.len() - 1;
        // One letter alone is no byte, and bits that belong to no byte must be zero.
        if whole == 0 || bits & (0xff_ffff >> (8 * whole)) != 0 {
            return None;
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..=whole]);
    }
    Some(bytes)
}

/// A key, worked into the two hashes with which every signature under it begins.
struct Hmac {
    inner: State,
    outer: State,
}

impl Hmac {
    fn new(key: &[u8]) -> Hmac {
        // RFC 2104 §2: a key longer than a block is hashed first, a shorter one is filled up with
        // zeros. "H(K XOR opad, H(K XOR ipad, text))"
        let hashed = sha256(key);
        let key = if key.len() > BLOCK { &hashed[..] } else { key };
        let mut block = [0; BLOCK];
        block[..key.len()].copy_from_slice(key);
        let [mut inner, mut outer] = [START; 2];
        compress(&mut inner, &block.map(|byte| byte ^ 0x36));
        compress(&mut outer, &block.map(|byte| byte ^ 0x5c));
        Hmac { inner, outer }
    }

    fn sign(&self, text: &[u8]) -> Digest {
        finish(self.outer, BLOCK, &finish(self.inner, BLOCK, text))
    }
}

/// What SHA-256 keeps of the bytes so far.
type State = [u32; 8];

/// How many bytes SHA-256 takes at a time.
const BLOCK: usize = 64;

/// FIPS 180-4 §5.3.3: the first 32 bits of the fractional parts of the square roots of the first
/// eight primes.
const START: State = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/// Hashes the last bytes of a text, of which `before` bytes, whole blocks, are in the state.
fn finish(mut state: State, before: usize, bytes: &[u8]) -> Digest {
    let (blocks, rest) = bytes.as_chunks();
    blocks.iter().for_each(|block| compress(&mut state, block));
    // §5.1.1: a one bit, zeros up to the last eight bytes of a block, and there the length in bits.
    let mut last = [0; 2 * BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    let end = if rest.len() < BLOCK - 8 { BLOCK } else { 2 * BLOCK };
    let bits = (before + bytes.len()) as u64 * 8;
    last[end - 8..end].copy_from_slice(&bits.to_be_bytes());
    last[..end].as_chunks().0.iter().for_each(|block| compress(&mut state, block));
    let mut digest = [0; 32];
    for (piece, word) in digest.chunks_exact_mut(4).zip(state) {
        piece.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

/// FIPS 180-4 §4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64
/// primes. Nobody chose these numbers, so nobody can have chosen them with a purpose.
#[rustfmt::skip]
const ROUNDS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// Works one block into the state: FIPS 180-4 §6.2.2, with its letters.
fn compress(state: &mut State, block: &[u8; BLOCK]) {
    let mut w = [0; 64];
    for (word, four) in w.iter_mut().zip(block.chunks_exact(4)) {
        *word = four.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    for t in 16..64 {
        let s0 = w[t - 15].rotate_right(7) ^ w[t - 15].rotate_right(18) ^ w[t - 15] >> 3;
        let s1 = w[t - 2].rotate_right(17) ^ w[t - 2].rotate_right(19) ^ w[t - 2] >> 10;
        w[t] = s1.wrapping_add(w[t - 7]).wrapping_add(s0).wrapping_add(w[t - 16]);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for t in 0..64 {
        let sum1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = e & f ^ !e & g;
        let t1 =
            h.wrapping_add(sum1).wrapping_add(choice).wrapping_add(ROUNDS[t]).wrapping_add(w[t]);
        let sum0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = a & b ^ a & c ^ b & c;
        (h, g, f, e, d, c, b, a) =
            (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(sum0.wrapping_add(majority)));
    }
    for (state, letter) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *state = state.wrapping_add(letter);
    }
}
