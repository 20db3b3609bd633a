use carafe::random;
use std::collections::HashSet;

#[test]
fn an_id_is_32_hexadecimal_digits() {
    for _ in 0..1000 {
        let id = random::hex_id();
        assert!(
            id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
            "{id}"
        );
    }
}

#[test]
fn ids_made_by_many_threads_are_all_different() {
    let ids: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| (0..5000).map(|_| random::hex_id()).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
}

#[test]
fn every_byte_of_the_array_is_filled() {
    let mut seen = [0u8; 21];
    for _ in 0..64 {
        for (seen, byte) in seen.iter_mut().zip(random::bytes::<21>()) {
            *seen |= byte;
        }
    }
    assert!(seen.iter().all(|&byte| byte != 0), "{seen:?}");
}

/// Of fair bits each is 1 as often as 0, and is no matter of its neighbour or of the id before. In
/// 20,000 ids a count is off by more than six standard deviations once in a million runs of this
/// test.
#[test]
fn ids_look_like_thrown_coins() {
    const IDS: usize = 20_000;
    let ids: Vec<u128> =
        (0..IDS).map(|_| u128::from_str_radix(&random::hex_id(), 16).unwrap()).collect();
    let sigma = (IDS as f64 / 4.0).sqrt();
    let fair = |count: usize, what: &str| {
        let off = (count as f64 - IDS as f64 / 2.0).abs() / sigma;
        assert!(off < 6.0, "{what}: {count} of {IDS}");
    };
    for bit in 0..128 {
        let ones =
            |of: &dyn Fn(usize) -> u128| (0..IDS).filter(|&at| of(at) >> bit & 1 == 1).count();
        fair(ones(&|at| ids[at]), &format!("bit {bit}"));
        fair(ones(&|at| ids[at] ^ ids[at].rotate_left(1)), &format!("bit {bit} and its neighbour"));
        fair(
            ones(&|at| ids[at] ^ ids[(at + 1) % IDS]),
            &format!("bit {bit} and that of the next id"),
        );
    }
    // Each of the 32 digits shows each of 16 values equally often: chi-square with 15 degrees of
    // freedom.
    for digit in 0..32 {
        let mut counts = [0usize; 16];
        ids.iter().for_each(|id| counts[(id >> (digit * 4) & 15) as usize] += 1);
        let expected = IDS as f64 / 16.0;
        let chi: f64 =
            counts.iter().map(|&count| (count as f64 - expected).powi(2) / expected).sum();
        assert!(chi < 65.0, "digit {digit}: {chi}");
    }
}
