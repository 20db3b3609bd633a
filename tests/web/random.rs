use carafe::random;
use std::collections::HashSet;

#[test]
fn an_id_is_32_hexadecimal_digits() {
    for _ in 0..1000 {
        let id = random::hex_id();
        assert!(id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
    }
}

#[test]
fn ids_made_by_many_threads_are_all_different() {
    let ids: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| (0..5000).map(|_| random::hex_id()).collect::<Vec<_>>())).collect();
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
