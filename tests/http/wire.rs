//! The sample requests in `tests/wire`, each with the outcome that `tests/wire/EXPECTED` states.

use crate::reader::Reader;
use carafe::http::Limits;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// One row of `EXPECTED`.
pub struct Sample {
    pub file: String,
    pub bytes: Vec<u8>,
    /// One for each answer.
    pub statuses: Vec<u16>,
    pub stays: bool,
    /// The section of the RFC and the reason, for messages.
    pub why: String,
}

/// All samples, in the order of the table.
pub fn samples() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let table = fs::read_to_string(folder.join("EXPECTED")).unwrap();
    let rows = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| {
        let words: Vec<&str> = row.split_whitespace().collect();
        let [file, statuses, stays, why @ ..] = &words[..] else {
            panic!("too few columns: {row}")
        };
        assert!(matches!(*stays, "yes" | "no") && why.len() > 1, "{row}");
        Sample {
            file: (*file).to_owned(),
            bytes: fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}")),
            statuses: statuses.split(',').map(|status| status.parse().unwrap()).collect(),
            stays: *stays == "yes",
            why: why.join(" "),
        }
    })
    .collect()
}

#[test]
fn every_sample_is_answered_as_the_table_says() {
    for Sample { file, bytes, statuses, stays, why } in samples() {
        let reader = Reader::read(&bytes, bytes.len(), &Limits::default());
        assert_eq!(
            (reader.statuses(), reader.stays()),
            (statuses, stays),
            "{file}: {why}\n{}",
            reader.outcome()
        );
    }
}

#[test]
fn every_file_has_a_row_and_only_one() {
    let rows: Vec<String> = samples().into_iter().map(|sample| sample.file).collect();
    let unique: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(rows.len(), unique.len());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.filter(|file| file != "EXPECTED").collect::<BTreeSet<_>>(), unique);
}

/// What is read must not depend on how the network cut it.
#[test]
fn every_sample_means_the_same_byte_by_byte_and_cut_anywhere() {
    for Sample { file, bytes, .. } in samples() {
        let whole = Reader::read(&bytes, bytes.len(), &Limits::default()).outcome();
        // The few samples of many kilobytes would take minutes byte by byte.
        let step = if bytes.len() < 3000 { 1 } else { 509 };
        assert_eq!(
            Reader::read(&bytes, step, &Limits::default()).outcome(),
            whole,
            "{file} in pieces of {step}"
        );
        for cut in (1..bytes.len()).step_by(step) {
            let mut reader = Reader::new(Limits::default());
            reader.feed(&bytes[..cut]);
            reader.feed(&bytes[cut..]);
            assert_eq!(reader.outcome(), whole, "{file} cut at {cut}");
        }
    }
}

/// A prefix says "not yet", or it is refused for a reason that nothing behind it can mend.
#[test]
fn every_prefix_of_a_good_request_is_not_yet() {
    for Sample { file, bytes, statuses, .. } in samples() {
        if statuses != [200] {
            continue;
        }
        let whole = Reader::read(&bytes, bytes.len(), &Limits::default());
        // Behind a request that closes the connection nothing is read, so there a prefix may be
        // whole.
        let closes = !whole.stays();
        for cut in 1..bytes.len() {
            let reader = Reader::read(&bytes[..cut], cut, &Limits::default());
            assert_eq!(reader.error, None, "{file} cut at {cut}");
            assert!(reader.requests.is_empty() || closes, "{file} cut at {cut}");
        }
    }
}

/// Thousands of spoilt samples: none panics, and none means another thing when it comes in pieces.
#[test]
fn spoilt_samples_never_panic_and_mean_the_same_in_pieces() {
    let spoilers: &[u8] = b"\0\t\n\r \"#%()*,/0159:;<=>?@AHTf[\\]{}\x7f\x80\xa0\xc3\xff";
    // Close enough to the samples that many of them pass one bound or another, near the place where
    // they are spoilt.
    let tight =
        Limits { head_bytes: 90, target_bytes: 8, headers: 3, body_bytes: 8, ..Limits::default() };
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for Sample { file, bytes, .. } in samples().iter().filter(|sample| sample.bytes.len() < 3000) {
        for _ in 0..300 {
            let mut spoilt = bytes.clone();
            for _ in 0..=random.below(3) {
                let at = random.below(spoilt.len());
                match random.below(4) {
                    0 => spoilt[at] = spoilers[random.below(spoilers.len())],
                    1 => spoilt.insert(at, spoilers[random.below(spoilers.len())]),
                    2 if spoilt.len() > 1 => drop(spoilt.remove(at)),
                    _ => {
                        let piece = spoilt[at..spoilt.len().min(at + random.below(20))].to_vec();
                        let to = random.below(spoilt.len());
                        spoilt.splice(to..to, piece);
                    }
                }
            }
            for limits in [&Limits::default(), &tight] {
                let whole = Reader::read(&spoilt, spoilt.len(), limits).outcome();
                for piece_bytes in [1, 1 + random.below(40)] {
                    let pieces = Reader::read(&spoilt, piece_bytes, limits).outcome();
                    assert_eq!(
                        pieces,
                        whole,
                        "{file} in pieces of {piece_bytes}: {}",
                        spoilt.escape_ascii()
                    );
                }
            }
        }
    }
}

/// The same numbers in every run (xorshift64), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}
