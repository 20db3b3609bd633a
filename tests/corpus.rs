//! The fuzz targets with the bytes that are kept: what every target should see, and whatever once
//! broke one.

#[path = "fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;

#[test]
fn every_target_bears_its_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let mut folders: Vec<String> = fs::read_dir(&corpus)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let mut names: Vec<&str> = targets::TARGETS.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert_eq!(folders, names, "a folder for each target");
    std::thread::scope(|scope| {
        for (name, target) in targets::TARGETS {
            let folder = corpus.join(name);
            scope.spawn(move || {
                let files: Vec<_> =
                    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
                assert!(!files.is_empty(), "{name}");
                for file in files {
                    let bytes = fs::read(&file).unwrap();
                    // The file's name is in the output if its target panics.
                    println!("{}", file.display());
                    target(&bytes);
                }
            });
        }
    });
}

/// The differential fuzz, with seeded numbers instead of coverage: spoilt samples go to a true
/// server in random pieces.
#[test]
fn how_many_requests_a_server_sees_does_not_depend_on_the_packets() {
    let target =
        |wanted: &str| targets::TARGETS.iter().find(|(name, _)| *name == wanted).unwrap().1;
    let (server, connection) = (target("server"), target("connection"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let files = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let samples: Vec<Vec<u8>> = files.filter(|bytes| bytes.len() < 1000).collect();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let samples = &samples;
            scope.spawn(move || {
                let mut random = targets::Random(0x9e37_79b9_7f4a_7c15 + thread);
                for _ in 0..2000 {
                    // Several requests one behind the other, one byte of them spoilt.
                    let mut bytes = Vec::new();
                    for _ in 0..=random.below(3) {
                        bytes.extend_from_slice(&samples[random.below(samples.len())]);
                    }
                    let at = random.below(bytes.len());
                    bytes[at] = b"\0\t\r\n :;,%/019AHf\x80"[random.below(17)];
                    server(&bytes);
                    connection(&bytes);
                }
            });
        }
    });
}
