use carafe::web::client::Client;
use carafe::web::session::{Session, Sessions};
use carafe::web::store::{
    CookieStore, FileStore, Kind, Lookup, MemoryStore, NoneStore, ROW_BYTES, Refusal, Store,
    StoreError, Updated, decode, encode,
};
use carafe::{App, Context, Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const HALF_HOUR: Duration = Duration::from_secs(1800);

/// Sessions in a memory of their own.
pub fn sessions() -> Sessions {
    Sessions::new(Arc::new(MemoryStore::new()), HALF_HOUR)
}

/// The key in the cookie that the answer carries.
pub fn key(session: &Session) -> String {
    let cookie = session.cookie_to_send(false).expect("the answer carries a cookie").to_string();
    cookie.strip_prefix("carafe_sid=").unwrap().split(';').next().unwrap().to_owned()
}

/// A memory that counts how often it is asked, and can be broken.
#[derive(Default)]
struct Watched {
    memory: MemoryStore,
    asked: AtomicUsize,
    flushed: AtomicUsize,
    broken: AtomicBool,
}

impl Watched {
    fn ask(&self) -> Result<(), StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.broken.load(Ordering::SeqCst) {
            Err(StoreError::Unreachable("on purpose".into()))
        } else {
            Ok(())
        }
    }
}

impl Store for Watched {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        self.ask()?;
        self.memory.load(kind, key)
    }

    fn update(
        &self,
        kind: &Kind,
        key: &str,
        change: &mut dyn FnMut(&mut Option<Map>),
    ) -> Result<Updated, StoreError> {
        self.ask()?;
        self.memory.update(kind, key, change)
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.flushed.fetch_add(1, Ordering::SeqCst);
        self.ask()
    }
}

/// A store whose key is the row, as a signed cookie's: each change moves it.
struct Coat;

impl Coat {
    fn open(key: &str) -> Option<Map> {
        let hex = key.strip_prefix("row.")?.as_bytes().chunks(2);
        let bytes: Option<Vec<u8>> =
            hex.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
        decode(&bytes?, 16_384).ok()
    }
}

impl Store for Coat {
    fn load(&self, _: &Kind, key: &str) -> Result<Lookup, StoreError> {
        Ok(Coat::open(key).map_or(Lookup::Missing(Refusal::Signature), Lookup::Found))
    }

    fn update(
        &self,
        _: &Kind,
        key: &str,
        change: &mut dyn FnMut(&mut Option<Map>),
    ) -> Result<Updated, StoreError> {
        let mut row = Coat::open(key);
        change(&mut row);
        let Some(row) = row else { return Ok(Updated::Kept(None)) };
        let text = encode(&row, ROW_BYTES)?;
        let hex = text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        Ok(Updated::Moved(row, format!("row.{hex}")))
    }
}

#[test]
fn a_change_at_the_first_touch_asks_the_store_once_and_shows_what_was_before() {
    let store = Arc::new(Watched::default());
    let sessions = Sessions::new(store.clone(), HALF_HOUR);
    let mut session = sessions.open(None);
    session.set("visits", 1);
    let id = session.key().unwrap().to_owned();
    let asked = store.asked.load(Ordering::SeqCst);

    let mut session = sessions.open(Some(&id));
    session.set("visits", 2);
    assert_eq!(store.asked.load(Ordering::SeqCst), asked + 1);
    let history = session.history();
    assert_eq!(store.asked.load(Ordering::SeqCst), asked + 1, "the record asks for nothing more");
    assert_eq!(history.before, Some(Map::from([("visits", 1)])));
    assert_eq!(history.after, Some(Map::from([("visits", 2)])));
    assert_eq!(session.key(), Some(id.as_str()));
    assert_eq!(history.changed_by.map(|line| line.file()), Some(file!()));

    let mut session = sessions.open(Some("ffffffffffffffffffffffffffffffff"));
    session.set("visits", 3);
    assert_eq!(session.refusal(), Some(Refusal::Unknown), "what the client chose is not adopted");
    assert!(session.key().is_some_and(|key| !key.starts_with("ffff")));

    store.broken.store(true, Ordering::SeqCst);
    let asked = store.asked.load(Ordering::SeqCst);
    let mut session = sessions.open(Some(&id));
    session.set("visits", 4);
    session.set("visits", 5);
    assert_eq!(
        store.asked.load(Ordering::SeqCst),
        asked + 1,
        "a store that fails is asked no more"
    );
    assert!(session.failure().is_some());
}

#[test]
fn a_cookie_comes_only_with_something_to_keep() {
    let sessions = sessions();
    let mut session = sessions.open(None);
    assert!(session.cookie_to_send(false).is_none(), "untouched");
    assert_eq!(session.get("user"), None);
    assert_eq!(session.remove("user"), None);
    assert!(session.cookie_to_send(false).is_none(), "only asked");
    session.set("user", "Ada");
    let cookie = session.cookie_to_send(false).unwrap().to_string();
    assert_eq!(cookie, format!("carafe_sid={}; HttpOnly; SameSite=Lax; Path=/", key(&session)));
    assert_eq!(
        session.cookie_to_send(true).unwrap().to_string(),
        cookie.replace("HttpOnly", "HttpOnly; Secure")
    );
}

#[test]
fn the_next_request_finds_what_was_kept_and_gets_no_cookie_again() {
    let sessions = sessions();
    let mut first = sessions.open(None);
    first.set("user", "Ada");
    first.set("cart", Value::from([1, 2]));
    let mut second = sessions.open(Some(&key(&first)));
    assert_eq!(second.get("user"), Some("Ada".into()));
    assert_eq!(second.values(), first.values());
    assert_eq!(second.remove("user"), Some("Ada".into()));
    assert!(second.cookie_to_send(false).is_none());
    // The row is empty now, and stays.
    second.remove("cart");
    let third = sessions.open(Some(&key(&first)));
    assert_eq!((third.values(), third.refusal()), (&Map::new(), None));
}

#[test]
fn ids_that_the_store_did_not_make_are_never_adopted() {
    let sessions = sessions();
    // The last is longer than any key of a row. A signed cookie of an earlier server may be.
    let (id, long) = ("0123456789abcdef0123456789abcdef", "k".repeat(300));
    for foreign in ["iamadmin", "", id, "../../etc/passwd", "\u{e9}", &long] {
        for looks_first in [true, false] {
            let mut session = sessions.open(Some(foreign));
            if looks_first {
                assert_eq!(session.get("user"), None);
                assert_eq!(session.refusal(), Some(Refusal::Unknown), "{foreign:?}");
            }
            session.set("user", "Ada");
            let fresh = key(&session);
            assert!(fresh.len() == 32 && fresh != foreign, "{foreign:?}");
            assert_eq!(sessions.open(Some(foreign)).get("user"), None, "{foreign:?}");
        }
    }
}

#[test]
fn a_page_that_does_not_touch_the_session_does_not_ask_the_store() {
    let store = Arc::new(Watched::default());
    let sessions = Sessions::new(store.clone(), HALF_HOUR);
    let mut session = sessions.open(Some("0123456789abcdef0123456789abcdef"));
    session.flush();
    assert!(
        session.cookie_to_send(false).is_none()
            && session.failure().is_none()
            && session.refusal().is_none()
    );
    assert_eq!(store.asked.load(Ordering::SeqCst), 0);
    // A stranger's look needs no store either, and many looks need one question.
    sessions.open(None).get("user");
    assert_eq!(store.asked.load(Ordering::SeqCst), 0);
    for _ in 0..3 {
        session.get("user");
    }
    assert_eq!(store.asked.load(Ordering::SeqCst), 1);
    // A look does not wait for the disk; a change does.
    session.flush();
    assert_eq!(store.flushed.load(Ordering::SeqCst), 0);
    session.set("user", "Ada");
    session.flush();
    assert_eq!(store.flushed.load(Ordering::SeqCst), 1);
}

#[test]
fn a_store_that_is_down_is_asked_once_and_the_handler_goes_on() {
    let store = Arc::new(Watched::default());
    let sessions = Sessions::new(store.clone(), HALF_HOUR);
    store.broken.store(true, Ordering::SeqCst);
    let mut session = sessions.open(Some("0123456789abcdef0123456789abcdef"));
    session.set("user", "Ada");
    assert_eq!(session.update("visits", |_| 1.into()), 1.into());
    assert_eq!(session.get("user"), Some("Ada".into()));
    session.renew();
    session.flush();
    assert_eq!(store.asked.load(Ordering::SeqCst), 1);
    let failure = session.failure().unwrap();
    assert_eq!(
        (failure.status().0, failure.to_string()),
        (503, "the store cannot be reached: on purpose".into())
    );
    assert!(session.cookie_to_send(false).is_none());
    // Back again: the next request is served.
    store.broken.store(false, Ordering::SeqCst);
    let mut session = sessions.open(None);
    session.set("user", "Ada");
    assert!(session.failure().is_none() && session.cookie_to_send(false).is_some());
}

#[test]
fn a_request_sees_its_own_change_also_if_the_store_refuses_it() {
    let sessions = sessions();
    let mut session = sessions.open(None);
    session.set("user", "Ada");
    let id = key(&session);
    for (came, looks_first) in [(None, false), (Some(&*id), false), (Some(&*id), true)] {
        let mut session = sessions.open(came);
        if looks_first {
            session.get("user");
        }
        session.set("note", "n".repeat(1 << 20));
        assert_eq!(session.failure().map(|failure| failure.status().0), Some(413));
        assert_eq!(session.text("note").map(|note| note.len()), Some(1 << 20), "{came:?}");
        assert!(session.cookie_to_send(false).is_none());
        assert_eq!(sessions.open(Some(&id)).get("note"), None, "the row is as it was");
    }
}

#[test]
fn a_change_that_did_not_become_safe_is_a_failure() {
    let store = Arc::new(Watched::default());
    let sessions = Sessions::new(store.clone(), HALF_HOUR);
    let mut session = sessions.open(None);
    session.set("user", "Ada");
    store.broken.store(true, Ordering::SeqCst);
    session.flush();
    assert_eq!(session.failure().unwrap().status().0, 503);
}

#[test]
fn a_row_too_large_is_413_and_the_row_stays_as_it_was() {
    let sessions = sessions();
    let mut session = sessions.open(None);
    session.set("user", "Ada");
    let id = key(&session);
    session.set("essay", "x".repeat(16 * 1024));
    let failure = session.failure().unwrap();
    assert_eq!(failure.status().0, 413);
    assert_eq!(failure.to_string(), "the row would be 16409 bytes, expected at most 16384");
    assert_eq!(sessions.open(Some(&id)).values(), &Map::from([("user", "Ada")]));
}

#[test]
fn two_requests_of_one_visitor_at_once_lose_nothing() {
    let sessions = sessions();
    let mut first = sessions.open(None);
    first.set("visits", 0);
    let id = key(&first);
    let mut seen: Vec<i64> = std::thread::scope(|scope| {
        let add = || {
            let mut session = sessions.open(Some(&id));
            session
                .update("visits", |old| (old.unwrap().as_int().unwrap() + 1).into())
                .as_int()
                .unwrap()
        };
        let threads: Vec<_> = (0..100)
            .map(|_| scope.spawn(move || (0..20).map(|_| add()).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    // Each update gave back the value that it alone had made.
    seen.sort();
    assert_eq!(seen, (1..=2000).collect::<Vec<_>>());
    assert_eq!(sessions.open(Some(&id)).get("visits"), Some(2000.into()));
}

#[test]
fn what_a_request_sets_does_not_undo_what_another_set_meanwhile() {
    let sessions = sessions();
    let mut first = sessions.open(None);
    first.set("cart", 1);
    let mut second = sessions.open(Some(&key(&first)));
    assert_eq!(second.get("user"), None);
    first.set("user", "Ada");
    second.set("search", "jee");
    assert_eq!(
        second.values(),
        &Map::from([("cart", 1.into()), ("user", "Ada".into()), ("search", Value::from("jee"))])
    );
}

#[test]
fn clearing_ends_the_session_for_everybody_who_holds_the_cookie() {
    let sessions = sessions();
    let mut session = sessions.open(None);
    session.set("user", "Ada");
    let id = key(&session);
    let stolen = sessions.open(Some(&id));
    assert_eq!(stolen.get("user"), Some("Ada".into()));

    let mut session = sessions.open(Some(&id));
    session.clear();
    assert_eq!(
        session.cookie_to_send(false).unwrap().to_string(),
        "carafe_sid=; Max-Age=0; HttpOnly; SameSite=Lax; Path=/"
    );
    let history = session.history();
    assert_eq!(history.before, Some(Map::from([("user", "Ada")])));
    assert_eq!(history.after, Some(Map::new()));
    assert_eq!(sessions.open(Some(&id)).get("user"), None);

    // One that was opened before and changes something after does not bring it back.
    let mut stolen = stolen;
    stolen.set("cart", 1);
    assert_ne!(key(&stolen), id);
    assert_eq!(stolen.values(), &Map::from([("cart", 1)]));
    assert_eq!(sessions.open(Some(&id)).refusal(), None);
    assert_eq!(sessions.open(Some(&id)).get("cart"), None);
}

#[test]
fn clearing_takes_the_cookie_from_whoever_sent_one_even_a_refused_one() {
    let sessions = sessions();
    let mut session = sessions.open(Some("iamadmin"));
    session.clear();
    assert_eq!(session.cookie_to_send(false).unwrap().max_age, Some(Duration::ZERO));
    let mut stranger = sessions.open(None);
    stranger.clear();
    assert!(stranger.cookie_to_send(false).is_none());
    // What is kept after clearing is a new session.
    session.set("user", "Ada");
    assert_eq!(key(&session).len(), 32);
    assert_eq!(session.cookie_to_send(false).unwrap().max_age, None);
}

#[test]
fn renewing_moves_the_row_to_a_fresh_id_and_the_old_one_dies() {
    let sessions = sessions();
    let mut session = sessions.open(None);
    session.set("cart", 1);
    let old = key(&session);
    let mut session = sessions.open(Some(&old));
    session.renew();
    session.set("user", "Ada");
    let new = key(&session);
    assert_ne!(new, old);
    assert_eq!(
        sessions.open(Some(&new)).values(),
        &Map::from([("cart", 1.into()), ("user", Value::from("Ada"))])
    );
    let thief = sessions.open(Some(&old));
    assert_eq!((thief.get("cart"), thief.refusal()), (None, Some(Refusal::Unknown)));
    // A stranger has no id that could be renewed.
    let mut stranger = sessions.open(None);
    stranger.renew();
    assert!(stranger.cookie_to_send(false).is_none());
}

#[test]
fn renewing_takes_along_what_another_request_changed_meanwhile() {
    let sessions = sessions();
    let mut session = sessions.open(None);
    session.set("cart", 1);
    let old = key(&session);
    let mut login = sessions.open(Some(&old));
    assert_eq!(login.get("cart"), Some(1.into()));
    session.set("cart", 2);
    login.renew();
    assert_eq!(sessions.open(Some(&key(&login))).get("cart"), Some(2.into()));
    // Ended meanwhile: it stays ended, under either id.
    let mut login = sessions.open(Some(&key(&login)));
    assert_eq!(login.get("cart"), Some(2.into()));
    sessions.open(login.received()).clear();
    login.renew();
    assert!(login.values().is_empty() && login.cookie_to_send(false).is_none());
}

#[test]
fn renewing_under_load_loses_no_change_that_was_made_before_it() {
    let sessions = sessions();
    for _ in 0..50 {
        let mut session = sessions.open(None);
        session.set("visits", 0);
        let old = key(&session);
        let (made, renewed) = std::thread::scope(|scope| {
            let add = || {
                // Whoever comes too late gets a fresh session and with it a cookie; those changes
                // are not counted.
                let mut made = 0;
                for _ in 0..10 {
                    let mut session = sessions.open(Some(&old));
                    let count = |old: Option<Value>| {
                        Value::from(old.and_then(|value| value.as_int()).unwrap_or(0) + 1)
                    };
                    session.update("visits", count);
                    made += i64::from(session.cookie_to_send(false).is_none());
                }
                made
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(add)).collect();
            let mut login = sessions.open(Some(&old));
            login.renew();
            let renewed = key(&login);
            (threads.into_iter().map(|thread| thread.join().unwrap()).sum::<i64>(), renewed)
        });
        assert_eq!(sessions.open(Some(&renewed)).get("visits"), Some(made.into()));
    }
}

#[test]
fn a_cookie_of_an_expired_row_says_so() {
    let now = Arc::new(AtomicUsize::new(0));
    let hand = now.clone();
    let clock = move || Duration::from_secs(hand.load(Ordering::SeqCst) as u64);
    let sessions = Sessions::new(Arc::new(MemoryStore::with_clock(clock)), HALF_HOUR);
    let mut session = sessions.open(None);
    session.set("user", "Ada");
    let id = key(&session);
    now.store(1799, Ordering::SeqCst);
    assert_eq!(sessions.open(Some(&id)).get("user"), Some("Ada".into()));
    now.store(1799 + 1800, Ordering::SeqCst);
    let session = sessions.open(Some(&id));
    assert_eq!((session.get("user"), session.refusal()), (None, Some(Refusal::Expired)));
}

/// Half an hour is the lifetime of the sessions here, and a day that of a permanent one.
#[test]
fn a_permanent_session_outlives_the_others_in_every_store() {
    let now = Arc::new(AtomicUsize::new(1_700_000_000));
    let clock = || {
        let hand = now.clone();
        move || Duration::from_secs(hand.load(Ordering::SeqCst) as u64)
    };
    let file = std::env::temp_dir().join(format!("carafe-permanent-{}", std::process::id()));
    let stores: [Arc<dyn Store>; 3] = [
        Arc::new(MemoryStore::with_clock(clock())),
        Arc::new(CookieStore::with_clock("a key", clock())),
        Arc::new(FileStore::with_clock(&file, clock()).expect("the file can be made")),
    ];
    for store in stores {
        let place = store.place();
        let sessions = Sessions::new(store, HALF_HOUR);
        let visit = |id: &str, seconds: usize| {
            now.fetch_add(seconds, Ordering::SeqCst);
            sessions.open(Some(id))
        };
        let mut usual = sessions.open(None);
        usual.set("user", "Bo");
        let mut session = sessions.open(None);
        session.set("user", "Ada");
        session.permanent(Duration::from_secs(86_400));
        let cookie = session.cookie_to_send(false).expect("a cookie").to_string();
        assert!(cookie.contains("Max-Age=86400"), "{place:?}: {cookie}");
        let (usual, mut id) = (key(&usual), key(&session));
        // Neither a use nor a change, nor a new key for the row, makes its life shorter.
        assert_eq!(visit(&id, 1000).text("user").as_deref(), Some("Ada"), "{place:?}");
        let mut session = visit(&id, 1000);
        session.set("visits", 1);
        id = session.key().expect("a key").to_owned();
        assert_eq!(visit(&usual, 0).text("user"), None, "{place:?}");
        let mut session = visit(&id, 40_000);
        session.renew();
        id = session.key().expect("a key").to_owned();
        assert_eq!(visit(&id, 40_000).text("user").as_deref(), Some("Ada"), "{place:?}");
        // A visitor who keeps coming keeps the session: each use begins the day again, in the
        // browser and in the store, also if it only reads or only changes.
        for day in 1..=6 {
            let mut session = visit(&id, 45_000);
            match day % 2 {
                0 => session.set("visits", day),
                _ => assert_eq!(session.text("user").as_deref(), Some("Ada"), "{place:?} {day}"),
            }
            let cookie = session.cookie_to_send(false).expect("a cookie").to_string();
            assert!(cookie.contains("Max-Age=86400"), "{place:?}: {cookie}");
            session.flush();
            id = session.key().expect("a key").to_owned();
        }
        assert_eq!(visit(&id, 90_000).refusal(), None, "it is asked at the first use");
        let ended = visit(&id, 0);
        assert_eq!((ended.text("user"), ended.refusal()), (None, Some(Refusal::Expired)));
        // A time of zero takes it back: the browser is told, and a new key lives half an hour.
        let mut session = sessions.open(None);
        session.permanent(Duration::ZERO);
        assert_eq!(session.key(), None, "{place:?}: there is nothing to take back");
        session.permanent(Duration::from_secs(86_400));
        let mut session = visit(&key(&session), 0);
        session.permanent(Duration::ZERO);
        session.set("user", "Ada");
        let cookie = session.cookie_to_send(false).expect("a cookie").to_string();
        assert!(!cookie.contains("Max-Age"), "{place:?}: {cookie}");
        assert_eq!(session.values(), &Map::from([("user", "Ada")]), "{place:?}");
        session.renew();
        id = key(&session);
        assert_eq!(visit(&id, 1700).text("user").as_deref(), Some("Ada"), "{place:?}");
        assert_eq!(visit(&id, 2100).text("user"), None, "{place:?}");
    }
    let _ = std::fs::remove_file(file);
}

#[test]
fn a_session_too_many_sends_the_longest_unused_one_away() {
    let mut app = App::new();
    app.sessions(Arc::new(MemoryStore::new()), HALF_HOUR, 3);
    app.get("/set", |ctx: &mut Context| {
        ctx.session.set("is_known", true);
        "set"
    });
    app.get("/get", |ctx: &mut Context| ctx.session.get("is_known").is_some().to_string());
    let mut visitors: Vec<Client> = (0..4).map(|_| Client::new(&app)).collect();
    for visitor in &mut visitors {
        visitor.get("/set");
    }
    let found: Vec<_> = visitors.iter_mut().map(|visitor| visitor.get("/get").text()).collect();
    assert_eq!(found, ["false", "true", "true", "true"]);
}

#[test]
fn with_no_store_values_live_for_one_request_and_no_cookie_is_set() {
    let sessions = Sessions::new(Arc::new(NoneStore), HALF_HOUR);
    let mut session = sessions.open(None);
    session.set("user", "Ada");
    assert_eq!(
        session.update("visits", |old| if old.is_none() { 1.into() } else { 2.into() }),
        1.into()
    );
    assert_eq!(session.get("user"), Some("Ada".into()));
    assert_eq!(session.values().len(), 2);
    session.renew();
    session.flush();
    assert!(session.cookie_to_send(false).is_none() && session.failure().is_none());
}

#[test]
fn a_store_whose_key_is_the_row_gives_a_new_cookie_with_each_change() {
    let sessions = Sessions::new(Arc::new(Coat), HALF_HOUR);
    let mut session = sessions.open(None);
    session.set("visits", 1);
    session.set("user", "Ada");
    let first = key(&session);
    let mut session = sessions.open(Some(&first));
    assert_eq!(session.get("user"), Some("Ada".into()));
    assert!(session.cookie_to_send(false).is_none());
    session.update("visits", |old| (old.unwrap().as_int().unwrap() + 1).into());
    assert_eq!(sessions.open(Some(&key(&session))).get("visits"), Some(2.into()));
    // Renewing changes nothing that could be seen; clearing takes the cookie away; the copy lives
    // on.
    session.renew();
    assert_eq!(session.get("visits"), Some(2.into()));
    session.clear();
    assert_eq!(session.cookie_to_send(false).unwrap().max_age, Some(Duration::ZERO));
    assert_eq!(sessions.open(Some(&first)).get("visits"), Some(1.into()));
    assert_eq!(sessions.open(Some("row.zz")).get("visits"), None);
}

#[test]
fn the_row_before_and_after_is_told_for_the_record() {
    let sessions = sessions();
    let mut session = sessions.open(None);
    session.set("user", "Ada");
    session.set("cart", 1);
    let key = key(&session);
    let history = session.history();
    assert_eq!((history.before.unwrap().len(), history.after.unwrap().len()), (0, 2));
    let mut session = sessions.open(Some(&key));
    session.get("user");
    let history = session.history();
    assert!(history.before.is_some() && history.before == history.after);
    let mut session = sessions.open(Some(&key));
    session.remove("user");
    session.set("cart", 2);
    let history = session.history();
    let text = |row: Option<Map>| json::write(&Value::from(row.unwrap()));
    assert_eq!(text(history.before), r#"{"user":"Ada","cart":1}"#);
    assert_eq!(text(history.after), r#"{"cart":2}"#);
}

#[test]
fn the_record_looks_up_a_visitor_whom_the_handler_did_not_need() {
    let sessions = sessions();
    let mut session = sessions.open(None);
    session.set("user", "Ada");
    let key = key(&session);
    let mut session = sessions.open(Some(&key));
    assert_eq!(session.history().before, Some(Map::from([("user", "Ada")])));
    let mut session = sessions.open(Some("iamadmin"));
    assert_eq!(session.history().refused, Some(Refusal::Unknown));
    assert_eq!((session.received(), session.key()), (Some("iamadmin"), None));
}
