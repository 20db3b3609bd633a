//! SHA-256, and what is made of it: signatures, hashed passwords, and a text form for bytes.
//!
//! A signature is a number that only who holds the key can compute, and that fits one text alone. A
//! server that gives a text away together with its signature can believe the text when it comes
//! back:
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
//! Signed is not secret: everybody can read the text. And it is not fresh: an old text with its old
//! signature is as good as a new one.
//!
//! The functions are those of FIPS 180-4 (SHA-256), RFC 2104 (HMAC), RFC 8018 §5.2 (PBKDF2) and RFC
//! 4648 §5 (base64url), and the tests hold them against the published vectors.
//!
//! Left out: speed by the processor's own SHA instructions, which need `unsafe`.

/// What SHA-256 makes of any bytes.
pub type Digest = [u8; 32];

/// The fingerprint of some bytes: nobody can find two texts with the same one, or a text for a
/// given one.
pub fn sha256(bytes: &[u8]) -> Digest {
    Hash::new().with(bytes).finish()
}

/// The signature of a message under a key.
///
/// # Common mistakes
///
/// Comparing it with `==` (see [`same`]), and `sha256(key + message)` instead: from that one,
/// whoever does not know the key can compute the fingerprint of the message with more text behind
/// it.
pub fn hmac(key: &[u8], message: &[u8]) -> Digest {
    Hmac::new(key).sign(message)
}

/// A password, made into something from which nobody gets it back: so slow that guessing takes
/// long, and with a `salt` of its own, so that two equal passwords do not look equal.
///
/// `rounds` is how slow: 600,000 take a third of a second. (PBKDF2 can make more than 32 bytes;
/// nobody needs them here.)
pub fn pbkdf2(password: &[u8], salt: &[u8], rounds: u32) -> Digest {
    let hmac = Hmac::new(password);
    // RFC 8018 §5.2: "U_1 = PRF (P, S || INT (i))", where i numbers the block; this is the first,
    // and the only one.
    let mut last = hmac.sign_words(hmac.inner.clone().with(salt).with(&1u32.to_be_bytes()).words());
    let mut sum = last;
    for _ in 1..rounds {
        // "U_c = PRF (P, U_{c-1})": each round signs the one before, and all are added without
        // carry.
        last = hmac.sign_words(Hash::after_one_block(hmac.inner.state, last));
        for (sum, word) in sum.iter_mut().zip(last) {
            *sum ^= word;
        }
    }
    to_bytes(sum)
}

/// True if both are equal, found out in a time that does not depend on where they differ.
///
/// # Security
///
/// `==` stops at the first byte that differs. Whoever can send many guesses and has a good clock
/// then learns a signature byte by byte, without the key.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |seen, (one, other)| seen | (one ^ other));
    // Without the black box a compiler might see that one difference settles it, and stop there.
    one.len() == other.len() && std::hint::black_box(differences) == 0
}

/// Two lower-case digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Four letters for every three bytes, of those that a URL and a cookie may hold as they are; no
/// `=` at the end.
pub fn to_base64url(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for piece in bytes.chunks(3) {
        let bits = piece.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - piece.len()));
        // One byte needs two letters, two need three, three need four.
        for letter in 0..=piece.len() {
            text.push(char::from(BASE64URL[(bits >> (18 - 6 * letter) & 63) as usize]));
        }
    }
    text
}

/// The bytes of such a text. `None` if no bytes have it for their text: there is one spelling for
/// each.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for piece in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for letter in piece {
            bits = bits << 6 | BASE64URL.iter().position(|known| known == letter)? as u32;
        }
        bits <<= 6 * (4 - piece.len());
        let whole = piece.len() - 1;
        // The bits of the last letter that belong to no byte must be zero, and one letter alone is
        // no byte.
        if whole == 0 || bits & (0xff_ffff >> (8 * whole)) != 0 {
            return None;
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..=whole]);
    }
    Some(bytes)
}

/// A key, worked into the two hashes that every signature under it begins with.
struct Hmac {
    inner: Hash,
    outer: Hash,
}

impl Hmac {
    fn new(key: &[u8]) -> Hmac {
        // RFC 2104 §2: a key longer than a block is hashed first, a shorter one is filled up with
        // zeros.
        let mut block = [0; BLOCK];
        if key.len() > BLOCK {
            block[..32].copy_from_slice(&sha256(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        // "H(K XOR opad, H(K XOR ipad, text))"
        Hmac {
            inner: Hash::new().with(&block.map(|byte| byte ^ 0x36)),
            outer: Hash::new().with(&block.map(|byte| byte ^ 0x5c)),
        }
    }

    fn sign(&self, message: &[u8]) -> Digest {
        to_bytes(self.sign_words(self.inner.clone().with(message).words()))
    }

    /// The signature of a message whose inner hash is known.
    fn sign_words(&self, inner: Words) -> Words {
        Hash::after_one_block(self.outer.state, inner)
    }
}

/// How many bytes SHA-256 takes at a time.
const BLOCK: usize = 64;

/// The state of SHA-256, and its outcome: eight words.
type Words = [u32; 8];

/// A hash under way.
#[derive(Clone)]
struct Hash {
    state: Words,
    /// The bytes that do not fill a block yet, and how many they are.
    block: [u8; BLOCK],
    filled: usize,
    /// How many bytes there were in all.
    length: u64,
}

impl Hash {
    fn new() -> Hash {
        // FIPS 180-4 §5.3.3: the first 32 bits of the fractional parts of the square roots of the
        // first eight primes.
        let state = [
            0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
            0x5be0cd19,
        ];
        Hash { state, block: [0; BLOCK], filled: 0, length: 0 }
    }

    fn with(mut self, bytes: &[u8]) -> Hash {
        self.length += bytes.len() as u64;
        for byte in bytes {
            self.block[self.filled] = *byte;
            self.filled += 1;
            if self.filled == BLOCK {
                compress(&mut self.state, &block_words(&self.block));
                self.filled = 0;
            }
        }
        self
    }

    fn finish(self) -> Digest {
        to_bytes(self.words())
    }

    fn words(self) -> Words {
        // §5.1.1: a one bit, zeros up to the last eight bytes of a block, and there the length in
        // bits.
        let bits = self.length * 8;
        let mut padded = self.with(&[0x80]);
        while padded.filled != BLOCK - 8 {
            padded = padded.with(&[0]);
        }
        padded.with(&bits.to_be_bytes()).state
    }

    /// The hash of one block that is already worked into `state`, and eight words behind it. PBKDF2
    /// needs nothing else, a million times: so the words stay words, and the padding is known.
    fn after_one_block(mut state: Words, words: Words) -> Words {
        let mut block = [0; 16];
        block[..8].copy_from_slice(&words);
        block[8] = 0x8000_0000;
        block[15] = (BLOCK as u32 + 32) * 8;
        compress(&mut state, &block);
        state
    }
}

fn block_words(block: &[u8; BLOCK]) -> [u32; 16] {
    std::array::from_fn(|at| {
        u32::from_be_bytes([block[4 * at], block[4 * at + 1], block[4 * at + 2], block[4 * at + 3]])
    })
}

fn to_bytes(words: Words) -> Digest {
    let mut bytes = [0; 32];
    for (piece, word) in bytes.chunks_exact_mut(4).zip(words) {
        piece.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

/// FIPS 180-4 §4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64
/// primes. Numbers that nobody chose, so that nobody can have chosen them with something in mind.
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

/// Works one block into the state. FIPS 180-4 §6.2.2, with its letters.
fn compress(state: &mut Words, block: &[u32; 16]) {
    let mut w = [0; 64];
    w[..16].copy_from_slice(block);
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
