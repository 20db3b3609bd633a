//! Redis under two servers: shared, killed, back again.

use super::{crowd, visits};
use crate::carafe::{Carafe, header};
use crate::common::empty_folder;
use crate::redis_server::Redis;
use carafe::web::session::Sessions;
use carafe::web::store::{RedisStore, RedisUrl};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[test]
fn two_servers_share_one_memory() {
    let Some(redis) = Redis::start(&[]) else { return };
    let servers =
        [Carafe::start(&["--store", &redis.url()]), Carafe::start(&["--store", &redis.url()])];
    let place = format!("  state      in Redis at 127.0.0.1:{}, database 0\n", redis.port);
    assert!(servers[0].banner.contains(&place), "{}", servers[0].banner);
    let folder = empty_folder();
    let jar = folder.join("j");
    let jar = jar.to_str().expect("a path in ASCII");
    let counts: Vec<String> =
        [0, 1, 0, 1].iter().flat_map(|server| visits(&servers[*server], jar, 1)).collect();
    assert_eq!(counts, ["visit 1", "visit 2", "visit 3", "visit 4"]);
    let keys = redis.ask(&["KEYS", "*"]);
    let id = std::fs::read_to_string(jar).expect("the jar is text");
    let id = id.split_whitespace().last().expect("the id stands last");
    assert!(keys.contains("carafe:session:") && !keys.contains(id), "{keys}");
    assert_eq!(servers[0].status(&["-d", "name=kettle", "$B/things"]), "201");
    assert!(servers[0].curl(&["$B/memory"]).contains("  other rows  in that program, too\n"));
    assert_eq!(servers[1].curl(&["$B/things/1"]), "{\"id\":1,\"name\":\"kettle\"}\n");
    let [_, second] = servers;
    // A restart forgets nobody.
    let first = Carafe::start(&["--store", &redis.url()]);
    assert_eq!(visits(&first, jar, 1), ["visit 5"]);
    crowd(&[&first, &second]);
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn while_redis_is_gone_pages_that_need_it_say_so_and_others_go_on() {
    let Some(mut redis) = Redis::start(&[]) else { return };
    let carafe = Carafe::start(&["--store", &redis.url()]);
    assert_eq!(carafe.curl(&["-c", "j", "$B/sessions"]), "Index\n");
    assert_eq!(carafe.curl(&["-b", "j", "$B/getsession"]), "Anthony\n");
    redis.kill();
    let start = Instant::now();
    let answer = carafe.curl(&["-i", "-b", "j", "$B/getsession"]);
    // Refused at once; the rest is for a machine that is busy.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains("the store cannot be reached: "),
        "{answer}"
    );
    assert_eq!(header(&answer, "Retry-After"), Some("1"));
    assert_eq!(carafe.status(&["-b", "j", "$B/things"]), "503");
    let page = carafe.curl(&["-b", "j", "-H", "Accept: text/html", "$B/getsession"]);
    assert!(page.contains("<h1>") && page.contains("the store cannot be reached"), "{page}");
    for path in ["$B/hello", "$B/ladder/none", "$B/static/css/my-style-sheet.css"] {
        assert_eq!(carafe.status(&["-b", "j", path]), "200", "{path}");
    }
    redis.restart();
    // Served at the next request; Redis came back empty.
    assert_eq!(carafe.curl(&["-b", "j", "$B/getsession"]), "Not logged in!\n");
    assert_eq!(carafe.curl(&["-c", "j", "$B/sessions"]), "Index\n");
    assert_eq!(carafe.curl(&["-b", "j", "$B/getsession"]), "Anthony\n");
}

#[test]
fn a_redis_that_is_not_there_at_the_start_is_a_warning_and_the_password_is_never_shown() {
    let Some(mut redis) = Redis::start(&["--requirepass", "open-sesame"]) else { return };
    let start = |user: &str| {
        Carafe::start(&["--store", &format!("redis://{user}@127.0.0.1:{}", redis.port)])
    };
    let carafe = start(":open-sesame");
    assert_eq!(carafe.status(&["$B/sessions"]), "200");
    let wrong = start(":close-sesame");
    let answer = wrong.curl(&["-i", "$B/sessions"]);
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("WRONGPASS"), "{answer}");
    let shown = wrong.curl(&["$B/cycles/last"]) + &answer + &wrong.banner + &wrong.log();
    assert!(
        shown.contains("pages that need state answer 503") && !shown.contains("sesame"),
        "{shown}"
    );
    let url = format!("redis://:open-sesame@127.0.0.1:{}", redis.port);
    redis.kill();
    let early = Carafe::start_with(&empty_folder(), &[], &[("CARAFE_STORE", &url)]);
    assert_eq!(early.status(&["$B/sessions"]), "503");
    redis.restart();
    assert_eq!(early.status(&["$B/sessions"]), "200");
    let shown = early.banner.clone() + &early.log() + &carafe.banner.clone() + &carafe.log();
    assert!(shown.contains("Connection refused") && !shown.contains("sesame"), "{shown}");
}

#[test]
fn a_permanent_session_lives_longer_than_the_others() {
    let Some(redis) = Redis::start(&[]) else { return };
    let url = RedisUrl::parse(&redis.url()).expect("a URL");
    let sessions = Sessions::new(Arc::new(RedisStore::new(url)), Duration::from_secs(1800));
    let mut session = sessions.open(None);
    session.set("user", "Ada");
    session.permanent(Duration::from_secs(86_400));
    let id = session.key().expect("a key").to_owned();
    let keys = redis.ask(&["KEYS", "carafe:session:*"]);
    let names: Vec<&str> = keys.lines().filter(|line| line.starts_with("carafe:")).collect();
    // Besides the row there is the list of the keys, which does not expire.
    let life = |name: &&str| redis.ask(&["TTL", name]).lines().next()?[1..].parse::<i64>().ok();
    let seconds = || names.iter().filter_map(life).max().expect("a number");
    assert!(seconds() > 86_000, "{}", seconds());
    // Neither a use nor a change makes its life shorter.
    assert_eq!(sessions.open(Some(&id)).text("user").as_deref(), Some("Ada"));
    assert!(seconds() > 86_000, "{}", seconds());
    sessions.open(Some(&id)).set("visits", 1);
    assert!(seconds() > 86_000, "{}", seconds());
}
