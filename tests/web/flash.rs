use super::session::{key, sessions};
use carafe::Value;
use carafe::web::flash;

fn pair(category: &str, message: &str) -> (String, String) {
    (category.to_owned(), message.to_owned())
}

#[test]
fn messages_are_shown_once_and_in_order() {
    let sessions = sessions();
    let mut post = sessions.open(None);
    flash::put(&mut post, flash::CATEGORY, "need valid name");
    flash::put(&mut post, "error", "\u{674e}\u{660e} <b>");
    let id = key(&post);
    let shown = flash::take(&mut sessions.open(Some(&id)));
    assert_eq!(shown, [pair("message", "need valid name"), pair("error", "\u{674e}\u{660e} <b>")]);
    assert_eq!(flash::take(&mut sessions.open(Some(&id))), []);
    assert_eq!(sessions.open(Some(&id)).get("_flashes"), None);
}

#[test]
fn the_page_that_puts_a_message_may_show_it_itself() {
    let sessions = sessions();
    let mut session = sessions.open(None);
    flash::put(&mut session, "message", "now");
    assert_eq!(flash::take(&mut session), [pair("message", "now")]);
    assert_eq!(flash::take(&mut session), []);
}

#[test]
fn peeking_takes_none() {
    let sessions = sessions();
    let mut post = sessions.open(None);
    flash::put(&mut post, "message", "still here");
    let id = key(&post);
    for _ in 0..2 {
        assert_eq!(flash::peek(&sessions.open(Some(&id))), [pair("message", "still here")]);
    }
    assert_eq!(flash::take(&mut sessions.open(Some(&id))).len(), 1);
}

#[test]
fn of_two_readers_at_once_only_one_gets_each_message() {
    let sessions = sessions();
    let mut post = sessions.open(None);
    post.set("user", "Ada");
    let id = key(&post);
    for round in 0..200 {
        flash::put(&mut sessions.open(Some(&id)), "message", &format!("{round}"));
        let (mut first, mut second) = (sessions.open(Some(&id)), sessions.open(Some(&id)));
        // Both have seen that there is one before either takes it.
        assert_eq!((flash::peek(&first).len(), flash::peek(&second).len()), (1, 1));
        let shown = std::thread::scope(|scope| {
            let taker = scope.spawn(move || flash::take(&mut first));
            let mut shown = flash::take(&mut second);
            shown.extend(taker.join().unwrap());
            shown
        });
        assert_eq!(shown, [pair("message", &format!("{round}"))]);
    }
}

#[test]
fn a_stranger_has_no_messages_and_gets_no_cookie_for_asking() {
    let sessions = sessions();
    let mut stranger = sessions.open(None);
    assert_eq!((flash::take(&mut stranger), flash::peek(&stranger)), (vec![], vec![]));
    assert!(stranger.cookie_to_send(false).is_none());
}

#[test]
fn whoever_never_looks_at_a_page_keeps_the_latest_messages() {
    let sessions = sessions();
    let mut session = sessions.open(None);
    for number in 0..1000 {
        flash::put(&mut session, "message", &format!("{number}"));
    }
    assert!(session.failure().is_none());
    let shown = flash::take(&mut session);
    assert_eq!((shown.len(), shown.last()), (flash::MOST_MESSAGES, Some(&pair("message", "999"))));
}

#[test]
fn what_somebody_else_put_under_the_name_is_passed_over() {
    let odd: [Value; 4] =
        [Value::Null, "text".into(), Value::from([1]), Value::from([Value::from(["one"])])];
    for odd in odd {
        let sessions = sessions();
        let mut session = sessions.open(None);
        session.set("_flashes", odd.clone());
        assert_eq!(flash::peek(&session), [], "{odd:?}");
        flash::put(&mut session, "message", "good");
        assert_eq!(flash::take(&mut session), [pair("message", "good")], "{odd:?}");
    }
}
