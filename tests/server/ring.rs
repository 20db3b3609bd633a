//! Many busy clients at once: what they share must not let one of them hold up another.

use crate::common::{DEADLINE, wait_until};
use crate::running::{GATE, Running, is_shut, open, read_all, read_answer, write_until_dropped};
use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const GET: &[u8] = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n";

/// More than it takes for connections to share threads.
const CLIENTS: usize = 64;

/// How often each connection is asked before anything else happens, so that it counts as hot.
const WARM: usize = 200;

/// Asks each connection once, all of them before the first answer is read.
fn ask_all(streams: &mut [TcpStream]) {
    for stream in &mut *streams {
        stream.write_all(GET).expect("it is open");
    }
    for stream in streams {
        assert!(read_answer(stream).ends_with("GET /x "));
    }
}

fn hot(server: &Running, count: usize) -> Vec<TcpStream> {
    let mut streams: Vec<_> = (0..count).map(|_| server.connect()).collect();
    (0..WARM).for_each(|_| ask_all(&mut streams));
    streams
}

/// Keeps the others busy while `act` runs; it sees how often all of them have been answered. Gives
/// back how often they were in the end.
fn beside(others: &mut [TcpStream], act: impl FnOnce(&AtomicU64)) -> u64 {
    let (over, rounds) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                ask_all(others);
                rounds.fetch_add(1, Ordering::SeqCst);
            }
        });
        act(&rounds);
        over.store(true, Ordering::SeqCst);
    });
    rounds.into_inner()
}

#[test]
fn hot_connections_are_answered_though_some_handlers_are_slow() {
    let server = Running::start();
    let mut streams = hot(&server, CLIENTS);
    let (slow, others) = streams.split_at_mut(48);
    // More of them than any number of shared threads on a small machine.
    for stream in &mut *slow {
        stream.write_all(b"GET /gated HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is open");
    }
    // The slow handlers wait for the gate. A client behind one of them would get no answer, also
    // one that was accepted just before.
    let mut late: Vec<_> = (0..CLIENTS).map(|_| server.connect()).collect();
    (0..10).for_each(|_| ask_all(&mut late));
    (0..10).for_each(|_| ask_all(others));
    open(&GATE);
    for stream in slow {
        assert!(read_answer(stream).ends_with("slow"));
    }
}

#[test]
fn hot_connections_are_answered_though_some_stop_in_the_midst_of_a_request() {
    let server = Running::start();
    let mut streams = hot(&server, CLIENTS);
    let (half, others) = streams.split_at_mut(8);
    beside(others, |rounds| {
        for (at, stream) in half.iter_mut().enumerate() {
            let begun: &[u8] = if at % 2 == 0 {
                b"GET /x HT"
            } else {
                b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\no"
            };
            stream.write_all(begun).expect("it is open");
        }
        let begun = rounds.load(Ordering::SeqCst);
        let are_answered = || rounds.load(Ordering::SeqCst) >= begun + 6;
        wait_until!(are_answered(), "they wait for the eight that are half there");
        for (at, stream) in half.iter_mut().enumerate() {
            stream
                .write_all(if at % 2 == 0 { b"TP/1.1\r\nHost: x\r\n\r\n" } else { b"k" })
                .expect("it is open");
        }
        for (at, stream) in half.iter_mut().enumerate() {
            assert!(read_answer(stream).ends_with(if at % 2 == 0 {
                "GET /x "
            } else {
                "POST /x ok"
            }));
        }
    });
}

/// The connections of a thread use its memory in turn: nothing of one may reach another.
#[test]
fn each_hot_connection_gets_its_own_answers() {
    let server = Running::start();
    let mut streams = hot(&server, CLIENTS);
    for round in 0..20 {
        let body = |at: usize| format!("{round}-{at} ").repeat((at + round) % 7);
        for (at, stream) in streams.iter_mut().enumerate() {
            let (body, length) = (body(at), body(at).len());
            let head = format!("POST /{at} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}");
            write!(stream, "{head}\r\n\r\n{body}").expect("it is open");
        }
        for (at, stream) in streams.iter_mut().enumerate() {
            assert!(read_answer(stream).ends_with(&format!("\r\n\r\nPOST /{at} {}", body(at))));
        }
    }
}

#[test]
fn a_hot_connection_that_does_not_read_its_answer_holds_up_nobody() {
    let server = Running::with_limits(|limits| limits.write_time = Duration::from_millis(300));
    let mut streams = hot(&server, CLIENTS);
    let (deaf, others) = streams.split_at_mut(4);
    let rounds = beside(others, |_| {
        for stream in &mut *deaf {
            stream.write_all(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is open");
        }
        deaf.iter_mut().for_each(write_until_dropped);
    });
    assert!(rounds > 5, "{rounds} rounds while four clients did not read");
}

#[test]
fn hot_connections_that_fall_silent_are_closed_when_their_time_is_over() {
    let server = Running::with_limits(|limits| limits.idle_time = Duration::from_secs(3));
    // No connection is silent for three seconds here, even on a machine under load.
    let mut streams = hot(&server, CLIENTS);
    assert!(streams.iter_mut().all(|stream| read_all(stream).is_empty()));
    assert!(server.is_alive());
}

#[test]
fn a_stop_finds_hot_connections_too() {
    let server = Running::start();
    let mut streams = hot(&server, CLIENTS);
    server.stopper.stop();
    server.join();
    assert!(streams.iter_mut().all(|stream| read_all(stream).is_empty()));
}

/// Many clients, each of which opens a connection for each request; gives back how many answers
/// were whole.
fn ask_with_new_connections(server: &Running, clients: usize, times: usize) -> usize {
    std::thread::scope(|scope| {
        let ask = || {
            (0..times).filter(|_| {
                let mut stream = server.connect();
                stream
                    .write_all(b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    .expect("it is open");
                read_all(&mut stream).ends_with("GET /x ")
            })
        };
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(move || ask().count())).collect();
        clients.into_iter().map(|client| client.join().expect("no client panics")).sum()
    })
}

#[test]
fn many_new_connections_at_a_time_are_all_answered_and_then_few_are_answered_as_before() {
    let server = Running::start();
    for _ in 0..3 {
        assert_eq!(ask_with_new_connections(&server, CLIENTS, 50), CLIENTS * 50);
        // Nothing is left of the crowd: whoever comes now finds somebody at the door.
        std::thread::park_timeout(Duration::from_millis(100));
        assert!(server.is_alive());
    }
    server.stopper.stop();
    server.join();
}

#[test]
fn a_stop_amid_many_new_connections_ends_at_once_and_breaks_no_answer() {
    for _ in 0..10 {
        let server = Running::start();
        let (address, stopper) = (server.address, server.stopper.clone());
        let answered = AtomicUsize::new(0);
        let broken: usize = std::thread::scope(|scope| {
            let client = || {
                let mut broken = 0;
                // Until nobody listens any more.
                let begun = Instant::now();
                while let Ok(mut stream) = TcpStream::connect(address) {
                    assert!(begun.elapsed() < DEADLINE, "it still listens");
                    let _ = stream.set_read_timeout(Some(DEADLINE));
                    let sent = stream
                        .write_all(b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                    let answer = if sent.is_ok() { read_all(&mut stream) } else { String::new() };
                    broken += usize::from(!answer.is_empty() && !answer.ends_with("GET /x "));
                    answered.fetch_add(usize::from(!answer.is_empty()), Ordering::SeqCst);
                }
                broken
            };
            let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
            while answered.load(Ordering::SeqCst) < CLIENTS {
                std::thread::yield_now();
            }
            stopper.stop();
            server.join();
            clients.into_iter().map(|client| client.join().expect("no client panics")).sum()
        });
        assert_eq!(broken, 0);
    }
}

#[test]
fn a_crowd_whose_handlers_are_slow_is_served_side_by_side() {
    let server = Running::start();
    // The second crowd finds the door in the ring.
    assert_eq!(ask_with_new_connections(&server, CLIENTS, 20), CLIENTS * 20);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            // Each handler waits for seven others.
            let request = b"GET /together HTTP/1.1\r\nHost: x\r\n\r\n";
            scope.spawn(|| assert!(server.exchange(request).ends_with("together")));
        }
    });
}

#[test]
fn who_connects_while_all_others_are_busy_is_answered() {
    let server = Running::start();
    let mut streams = hot(&server, CLIENTS);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                ask_all(&mut streams);
            }
        });
        let begun = Instant::now();
        for _ in 0..50 {
            assert!(server.is_alive());
        }
        over.store(true, Ordering::SeqCst);
        assert!(begun.elapsed() < DEADLINE, "{:?} for 50 new clients", begun.elapsed());
    });
}

/// When the first slow answer has come, the other handlers still run, and hold all threads of the
/// ring.
#[test]
fn a_stop_beside_slow_handlers_refuses_new_clients_and_cuts_no_answer() {
    let server = Running::start();
    let mut streams = hot(&server, CLIENTS);
    for stream in &mut streams {
        stream.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is open");
    }
    let (first, others) = streams.split_first_mut().expect("there are some");
    assert!(read_answer(first).ends_with("slow"));
    server.stopper.stop();
    wait_until!(is_shut(server.address), "the system still lets clients wait");
    // Both threads of the ring were in a handler at least, and these answers are not cut.
    let answers: Vec<_> = others.iter_mut().map(read_answer).collect();
    assert!(answers.iter().all(|answer| answer.is_empty() || answer.ends_with("slow")));
    assert!(answers.iter().any(|answer| !answer.is_empty()), "none was answered");
    server.join();
}
