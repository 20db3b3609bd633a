//! All commands of a request share the time that it waits for a store in another program.

use super::SESSION;
use carafe::web::store::{RecordingStore, RedisStore, RedisUrl, Store};
use std::net::TcpListener;

/// What says nothing is asked once by a request, and by each command of a thread that serves none.
#[test]
fn a_request_waits_once_for_a_redis_that_says_nothing() {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    door.set_nonblocking(true).unwrap();
    let url = format!("redis://{}", door.local_addr().unwrap());
    let store = RedisStore::new(RedisUrl::parse(&url).unwrap());
    let come = || std::iter::from_fn(|| door.accept().ok()).count();
    let request = RecordingStore::new(&store, false);
    for _ in 0..10 {
        // A handler may answer a request itself, with `Client`.
        drop(RecordingStore::new(&store, false));
        let failure = request.load(&SESSION, "id").unwrap_err();
        assert!(failure.to_string().contains("Redis did not answer in time"), "{failure}");
    }
    assert_eq!(come(), 1, "the others have not even knocked");
    drop(request);
    (0..3).for_each(|_| drop(store.load(&SESSION, "id").unwrap_err()));
    assert_eq!(come(), 3);
}
