//! Deeper: Packs the source before the program is built, so that the binary stays small.
//!
//! Cargo runs this program first, and `contents.rs` includes the file that it writes. A text that
//! stood before is not written again: the packed text says how far back it stands (LZ77: Ziv and
//! Lempel, "A Universal Algorithm for Sequential Data Compression", 1977).
//!
//! The files lie one after another, each after its path, with a zero byte after both. They are
//! packed as steps, which `contents.rs` follows. Each step has
//!
//! 1. one byte with two numbers: `new`, 0 to 7, times 32, and `more`, 0 to 31;
//! 2. as many bytes as `new` says: a text that did not stand before;
//! 3. if `more` is not 0, two bytes: how far back a text begins that is repeated now, the lower
//!    byte first. The text has three bytes more than `more` says.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::path::Path;
use std::{env, fs};

/// The shortest text that is worth a step: below it, the step would be as long.
const SHORTEST: usize = 4;
/// The longest text that one step repeats.
const LONGEST: usize = 31 + 3;
/// How far back it can begin.
const FARTHEST: usize = 65_535;
/// How many earlier places are compared. More would make the build slower and save little.
const TRIES: usize = 100;

fn main() {
    let mut text = Vec::new();
    let list = fs::read_to_string("src/contents.list").expect("src/contents.list can be read");
    for path in list.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"')) {
        println!("cargo::rerun-if-changed={path}");
        let file = fs::read_to_string(path);
        let file = file.unwrap_or_else(|why| panic!("src/contents.list: {path}: {why}"));
        text.extend(format!("{path}\0{file}\0").bytes());
    }
    let folder = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&folder).join("source.packed"), pack(&text)).expect("it can be written");
}

/// The steps that make this text.
fn pack(text: &[u8]) -> Vec<u8> {
    let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (at, start) in text.windows(SHORTEST).enumerate() {
        places.entry(start).or_default().push(at);
    }
    let (mut packed, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let most = (text.len() - at).min(7);
        let repeat_behind = |new| {
            let (length, back) = longest_repeat(text, at + new, &places)?;
            Some((new, length, back))
        };
        let next_two = (0..=most).filter_map(repeat_behind).take(2);
        // A text is packed to a third. So each byte that is written as it is must save two bytes in
        // the repeat behind it.
        let better = next_two.min_by_key(|(new, length, _)| LONGEST + 2 * new - length);
        let (new, length, back) = better.unwrap_or((most, 0, 0));
        packed.push((new * 32 + length.saturating_sub(3)) as u8);
        packed.extend(&text[at..at + new]);
        if length > 0 {
            packed.extend((back as u16).to_le_bytes());
        }
        at += new + length;
    }
    packed
}

/// The length of the longest text that begins here and stood before, and how far back; `None` if it
/// is too short. `places` has all places of each text of the shortest length, in order.
fn longest_repeat(
    text: &[u8],
    at: usize,
    places: &HashMap<&[u8], Vec<usize>>,
) -> Option<(usize, usize)> {
    let known = &places[text.get(at..at + SHORTEST)?];
    let before = &known[..known.partition_point(|place| *place < at)];
    let near = before.iter().rev().map(|place| at - place).take_while(|back| *back <= FARTHEST);
    let length_at = |back: usize| {
        let pairs = text[at - back..].iter().zip(&text[at..]).take(LONGEST);
        pairs.take_while(|(earlier, now)| earlier == now).count()
    };
    near.take(TRIES).map(|back| (length_at(back), back)).max()
}
