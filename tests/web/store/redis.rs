//! The Redis store: what every store keeps, and what is peculiar to a server of rows.

use super::{ORDER, SESSION, crowd, load, put, row, suite_of_tables};
use crate::redis_server::Redis;
use carafe::web::store::{Lookup, RedisStore, RedisUrl, Refusal, Store, StoreError};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

fn store(url: &str) -> RedisStore {
    RedisStore::new(RedisUrl::parse(url).unwrap_or_else(|| panic!("{url} is an address")))
}

/// Lets time pass in Redis: what expires does so earlier, and so does its place in the order.
fn pass(redis: &Redis, time: Duration) {
    const SCRIPT: &str = "
        for _, key in ipairs(redis.call('KEYS', 'carafe:*')) do
            local left = redis.call('PTTL', key)
            if left > 0 then redis.call('PEXPIRE', key, left - ARGV[1]) end
            if redis.call('TYPE', key).ok == 'zset' then
                for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
                    redis.call('ZINCRBY', key, -1000 * ARGV[1], member)
                end
            end
        end
        return 'passed'";
    let answer = redis.ask(&["EVAL", SCRIPT, "0", &time.as_millis().to_string()]);
    assert!(answer.contains("passed"), "{answer}");
}

#[test]
fn redis_keeps_what_every_store_keeps() {
    let Some(redis) = Redis::start(&[]) else { return };
    let store = store(&redis.url());
    suite_of_tables(&store, &|time| pass(&redis, time));
    // No id of a session is to be seen in it; an order's number is. Expiry is Redis's own.
    put(&store, &SESSION, "an id", &row(1)).unwrap();
    let keys = redis.ask(&["KEYS", "*"]);
    assert!(keys.contains("carafe:order:3\r\n") && keys.contains("carafe:session:"), "{keys}");
    assert!(!keys.contains("an id") && !keys.contains("session:ada"), "{keys}");
    let name = keys.lines().find(|line| line.starts_with("carafe:session:")).unwrap();
    let left: u64 = redis.ask(&["PTTL", name]).lines().next().unwrap()[1..].parse().unwrap();
    assert!((1..=60_000).contains(&left), "{left}");
    assert_eq!(redis.ask(&["GET", "carafe:order:3"]).lines().nth(1), Some("{\"visits\":9}"));
}

#[test]
fn two_doors_to_one_redis_lose_nothing() {
    let Some(redis) = Redis::start(&[]) else { return };
    crowd([&store(&redis.url()), &store(&redis.url())]);
}

#[test]
fn what_has_expired_makes_room() {
    let Some(redis) = Redis::start(&[]) else { return };
    let store = store(&redis.url());
    let two =
        carafe::web::store::Kind { most: 2, lifetime: Some(Duration::from_secs(60)), ..ORDER };
    put(&store, &two, "a", &row(0)).unwrap();
    put(&store, &two, "b", &row(0)).unwrap();
    assert_eq!(
        put(&store, &two, "c", &row(0)).unwrap_err(),
        StoreError::Full("there are 2 rows of kind order, and no room for more".into())
    );
    pass(&redis, Duration::from_secs(61));
    put(&store, &two, "c", &row(0)).unwrap();
    assert_eq!(load(&store, &two, "a"), Lookup::Missing(Refusal::Unknown));
}

#[test]
fn a_redis_that_was_away_is_used_again_without_ado() {
    let Some(mut redis) = Redis::start(&[]) else { return };
    let store = store(&redis.url());
    put(&store, &SESSION, "id", &row(1)).unwrap();
    redis.kill();
    let failure = store.load(&SESSION, "id").unwrap_err();
    assert!(failure.to_string().contains("Connection refused"), "{failure}");
    redis.restart();
    assert_eq!(
        load(&store, &SESSION, "id"),
        Lookup::Missing(Refusal::Unknown),
        "it came back empty"
    );
    put(&store, &SESSION, "id", &row(2)).unwrap();
    // Restarted between two requests: the kept connection is dead, and nobody notices.
    redis.restart();
    put(&store, &SESSION, "id", &row(3)).unwrap();
    assert_eq!(load(&store, &SESSION, "id"), Lookup::Found(row(3)));
}

#[test]
fn account_and_database_come_from_the_url() {
    let Some(redis) = Redis::start(&["--requirepass", "p@ss word/:"]) else { return };
    let at = format!("127.0.0.1:{}", redis.port);
    let second = store(&format!("redis://:p%40ss%20word%2F%3A@{at}/2"));
    put(&second, &ORDER, "1", &row(1)).unwrap();
    let named = store(&format!("redis://default:p%40ss%20word%2F%3A@{at}"));
    assert_eq!(load(&named, &ORDER, "1"), Lookup::Missing(Refusal::Unknown), "another database");
    for (url, expected) in [
        (format!("redis://:wrong@{at}"), "Redis says: WRONGPASS"),
        (format!("redis://nobody:wrong@{at}"), "Redis says: WRONGPASS"),
        (format!("redis://{at}"), "Redis says: NOAUTH"),
        (
            format!("redis://:p%40ss%20word%2F%3A@{at}/99"),
            "Redis says: ERR DB index is out of range",
        ),
    ] {
        let failure = store(&url).ping().unwrap_err().to_string();
        assert!(failure.contains(expected) && !failure.contains("wrong@"), "{failure}");
    }
}

#[test]
fn addresses_are_read_strictly_and_shown_without_the_password() {
    let url = RedisUrl::parse("redis://ada:s%3Aecret@[::1]:7000/3").unwrap();
    assert_eq!((url.host.as_str(), url.port, url.database), ("::1", 7000, 3));
    assert_eq!((url.user.as_str(), url.password.as_str()), ("ada", "s:ecret"));
    assert!(!format!("{url} {url:?}").contains("ecret"));
    let url = RedisUrl::parse("redis://localhost").unwrap();
    assert_eq!((url.port, url.database, url.password.as_str()), (6379, 0, ""));
    for wrong in [
        "redis://",
        "redis:localhost",
        "rediss://localhost",
        "http://localhost",
        "redis://host:0",
        "redis://host:70000",
        "redis://host:port",
        "redis://host/name",
        "redis://host/-1",
        "redis://ada@host",
        "redis://ho st",
        "redis://[::1",
        "redis://host:1/2/3",
        "redis://host?db=1",
    ] {
        assert_eq!(RedisUrl::parse(wrong), None, "{wrong}");
    }
}

/// A server that answers the first command of each client with these bytes, and then says nothing
/// more.
fn impostor(answer: &'static [u8]) -> RedisStore {
    impostor_for(1, answer)
}

/// The same, but the first clients have to wait until so many of them are there.
fn impostor_for(clients: usize, answer: &'static [u8]) -> RedisStore {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = door.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut guests = Vec::new();
        for mut guest in door.incoming().flatten() {
            let _ = guest.read(&mut [0; 4096]);
            guests.push(guest);
            let answered = if guests.len() > clients { guests.len() - 1 } else { 0 };
            if guests.len() >= clients {
                guests[answered..].iter_mut().for_each(|it| drop(it.write_all(answer)));
            }
        }
    });
    store(&format!("redis://127.0.0.1:{port}"))
}

#[test]
fn a_row_that_is_no_json_is_a_strangers_session_but_no_order() {
    let load = |kind| impostor(b"$5\r\nhello\r\n").load(kind, "id");
    let refused = Lookup::Missing(Refusal::Form("its row is too large, or no JSON object"));
    assert_eq!(load(&SESSION).unwrap(), refused);
    let failure = load(&ORDER).unwrap_err().to_string();
    assert!(failure.contains("is not a row: carafe:order:id: "), "{failure}");
}

/// Somebody else wrote it: as values it would take a hundred times its bytes.
#[test]
fn a_row_beyond_the_bounds_of_its_kind_is_refused_before_it_is_read() {
    let lists = |count| format!("{{\"a\":[{}[0]]}}", "[0],".repeat(count));
    for (text, expected) in [
        (lists(4000), "the row is 16011 bytes, expected at most 16000"),
        (lists(3000), "the values of the row would take 624681 bytes, expected at most 128000"),
    ] {
        let answer: &'static str = format!("${}\r\n{text}\r\n", text.len()).leak();
        let bounded = |kind| carafe::web::store::Kind { row_bytes: 16_000, ..kind };
        let refused = Lookup::Missing(Refusal::Form("its row is too large, or no JSON object"));
        assert_eq!(load(&impostor(answer.as_bytes()), &bounded(SESSION), "id"), refused);
        let failure = impostor(answer.as_bytes()).load(&bounded(ORDER), "id").unwrap_err();
        assert!(failure.to_string().contains(&format!("carafe:order:id: {expected}")), "{failure}");
        let change = impostor(answer.as_bytes()).update(&bounded(ORDER), "id", &mut |_| ());
        assert_eq!(change, Err(failure));
    }
}

#[test]
fn what_is_no_redis_or_stalls_is_an_error_and_no_hang() {
    for (answer, expected) in [
        (&b""[..], "Redis did not answer in time"),
        (b"$100\r\n{\"half\":", "Redis did not answer in time"),
        (b"*2\r\n$4\r\ndone\r\n", "found \"*2\", expected an answer of Redis"),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "found \"HTTP/1.1 400 Bad Request\", expected an answer of Redis",
        ),
        (b"$99999999999999\r\n", "expected an answer of Redis"),
        (b"*99999999\r\n", "expected an answer of Redis"),
        (b"$-7\r\n", "expected an answer of Redis"),
        (b"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "expected an answer of Redis"),
        (b"\xff\xfe\r\n", "expected an answer of Redis"),
        (b"\r\n", "expected an answer of Redis"),
        (b":1\r\n", "found a number, expected a text or nothing"),
        (b"$2\r\n{}*1\r\n", "found no line end after a text of 2 bytes"),
        (b"-LOADING Redis is loading the dataset in memory\r\n", "Redis says: LOADING"),
        (b"-ERR \x1b[31m\r\n", "Redis says: ERR \u{fffd}[31m"),
    ] {
        let start = Instant::now();
        let failure = impostor(answer).load(&SESSION, "id").unwrap_err();
        assert!(failure.to_string().contains(expected), "{}: {failure}", answer.escape_ascii());
        assert_eq!(failure.status().0, 503);
        // It gives up after 0.8 seconds; the rest is for a machine that is busy.
        assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    }
}

#[test]
fn a_connection_with_more_than_the_reply_is_not_used_again() {
    let store = impostor(b"$12\r\n{\"visits\":1}\r\n$12\r\n{\"visits\":2}\r\n");
    (0..2).for_each(|_| assert_eq!(load(&store, &SESSION, "id"), Lookup::Found(row(1))));
}

#[test]
fn after_a_connection_that_stalls_no_other_that_was_kept_is_used() {
    let store = impostor_for(2, b"$-1\r\n");
    let unknown = Ok(Lookup::Missing(Refusal::Unknown));
    std::thread::scope(|scope| {
        let asked = [0, 1].map(|_| scope.spawn(|| store.load(&SESSION, "id")));
        assert!(asked.into_iter().all(|asked| asked.join().unwrap() == unknown));
    });
    assert!(store.load(&SESSION, "id").is_err());
    assert_eq!(store.load(&SESSION, "id"), unknown);
}

#[test]
fn a_row_that_redis_has_lost_is_made_again_though_its_kind_is_full() {
    let Some(redis) = Redis::start(&[]) else { return };
    let store = store(&redis.url());
    let one = carafe::web::store::Kind { most: 1, ..ORDER };
    put(&store, &one, "till", &row(7)).unwrap();
    redis.ask(&["DEL", "carafe:order:till"]);
    put(&store, &one, "till", &row(8)).unwrap();
    assert_eq!(load(&store, &one, "till"), Lookup::Found(row(8)));
    assert!(put(&store, &one, "other", &row(1)).is_err());
}

#[test]
fn a_redis_that_is_full_still_knows_its_visitors_and_refuses_new_ones() {
    let Some(redis) = Redis::start(&[]) else { return };
    let store = store(&redis.url());
    put(&store, &SESSION, "known", &row(1)).unwrap();
    redis.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(load(&store, &SESSION, "known"), Lookup::Found(row(1)));
    let refused = put(&store, &SESSION, "new", &row(1)).unwrap_err();
    assert!(refused.status().0 == 503 && refused.to_string().contains("OOM"), "{refused}");
    // A refusal is an answer, and the connection stays.
    let connected = || {
        let stats = redis.ask(&["INFO", "stats"]);
        let count = stats.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
        count.and_then(|count| count.trim().parse::<u64>().ok()).expect("Redis counts them")
    };
    let before = connected();
    for _ in 0..5 {
        put(&store, &SESSION, "new", &row(1)).unwrap_err();
    }
    assert_eq!(connected(), before + 1, "only that of this question");
    redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    put(&store, &SESSION, "new", &row(1)).unwrap();
}
