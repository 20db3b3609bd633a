//! Stopping: nobody who was heard goes without an answer, and nobody else holds the server up.

use crate::common::{DEADLINE, wait_until};
use crate::running::{EVENTS, Running, is_shut, open, read_all, read_answer};
use carafe::Server;
use carafe::cycle::Recorder;
use carafe::http::{Request, Response};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn idle_connections_are_closed_at_once() {
    let server = Running::start();
    let mut idle: Vec<_> = (0..50).map(|_| server.connect()).collect();
    for stream in &mut idle[..25] {
        stream.write_all(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
        assert!(read_answer(stream).ends_with("GET /x "));
    }
    server.stopper.stop();
    server.join();
    assert!(idle.iter_mut().all(|stream| read_all(stream).is_empty()));
}

#[test]
fn a_request_of_which_a_byte_was_read_gets_its_whole_answer() {
    let server = Running::start();
    let parts = [
        ("POST /x HTTP/1.1\r\nHo", "st: x\r\nContent-Length: 2\r\n\r\nok"),
        ("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\no", "k"),
    ];
    let mut begun = Vec::from(parts.map(|(first, second)| (server.begin(first), second)));
    // The first request of a connection has been read when it is told to go on.
    let mut first = server.connect();
    let head = "POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    first.write_all(head.as_bytes()).expect("it is sent");
    assert!(read_answer(&mut first).starts_with("HTTP/1.1 100 "));
    begun.push((first, "ok"));
    server.stopper.stop();
    for (mut stream, second) in begun {
        stream.write_all(second.as_bytes()).expect("it is still open");
        let answer = read_all(&mut stream);
        assert!(answer.ends_with("POST /x ok") && answer.contains("Connection: close"), "{answer}");
    }
    server.join();
}

#[cfg(unix)]
#[test]
fn who_comes_after_a_stop_is_refused_though_answers_are_under_way() {
    let server = Running::start();
    let mut begun = server.begin("GET /x HTTP/1.1\r\nHo");
    let address = server.address;
    server.stopper.stop();
    wait_until!(is_shut(address), "the system still lets clients wait");
    begun.write_all(b"st: x\r\n\r\n").expect("it is still open");
    assert!(read_all(&mut begun).ends_with("GET /x "), "the answer under way is whole");
    server.join();
}

#[test]
fn who_never_finishes_is_not_waited_for_beyond_the_bound() {
    let stop = || {
        let server = Running::with(|server| server.stop_time(Duration::from_millis(10)));
        let _half = server.begin("GET / HTTP/1.1\r\n");
        let begun = Instant::now();
        server.stopper.stop();
        server.join();
        begun.elapsed()
    };
    wait_until!(stop() < Duration::from_secs(4), "it waits for the five seconds of the default");
}

#[test]
fn who_has_always_begun_the_next_request_does_not_hold_up_a_stop() {
    for (first, second) in [
        ("POST /x HTTP/1.1\r\nHo", "st: x\r\nContent-Length: 2\r\n\r\nok"),
        ("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\no", "k"),
    ] {
        let server = Running::start();
        let mut stream = server.begin(first);
        server.stopper.stop();
        // The server waits for the rest of the first request, and then for that of one more.
        let mut answers = String::new();
        while !answers.contains("Connection: close") {
            assert!(answers.matches("POST /x ok").count() < 2, "it goes on: {answers}");
            stream.write_all([second, first].concat().as_bytes()).expect("it is still open");
            answers += &read_answer(&mut stream);
        }
        assert!(answers.ends_with("POST /x ok"), "{answers}");
        server.join();
    }
}

#[test]
fn stopping_under_load_answers_everyone_who_was_heard() {
    let server = Running::start();
    let (address, stopper) = (server.address, server.stopper.clone());
    let answered = &AtomicUsize::new(0);
    let broken: usize = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(move || {
                    let mut broken = 0;
                    // Until nobody listens any more.
                    while let Ok(mut stream) = std::net::TcpStream::connect(address) {
                        let _ = stream.set_read_timeout(Some(DEADLINE));
                        for _ in 0..20 {
                            if stream.write_all(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n").is_err() {
                                break;
                            }
                            let answer = read_answer(&mut stream);
                            // Nothing at all means that it was not heard; a part would be a broken
                            // promise.
                            if answer.is_empty() {
                                break;
                            }
                            broken += usize::from(!answer.ends_with("GET /x "));
                            answered.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                    broken
                })
            })
            .collect();
        scope.spawn(move || {
            while answered.load(Ordering::SeqCst) < 1_000 {
                thread::yield_now();
            }
            stopper.stop();
            server.join();
        });
        clients.into_iter().map(|client| client.join().expect("no answer was cut")).sum()
    });
    assert_eq!(broken, 0);
}

/// Its first thread finds the stop, and both in the queue.
#[test]
fn a_slow_client_in_the_queue_does_not_hold_up_at_a_stop_who_connected_behind_it() {
    let server = Server::bind("127.0.0.1:0").expect("a port is free").quiet().stop_time(DEADLINE);
    let (address, stopper) = (server.local_addr().expect("it has an address"), server.stopper());
    let [mut slow, mut next] = [b"GE", &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..]].map(|begun| {
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
        stream.write_all(begun).expect("it is open");
        stream
    });
    stopper.stop();
    let running = thread::spawn(move || server.run(|_: Request| Response::text("x")));
    assert!(read_all(&mut next).ends_with("\r\n\r\nx"));
    // The slow one has not been told of an end, and its request is answered, too.
    slow.write_all(b"T / HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is open");
    assert!(read_all(&mut slow).ends_with("\r\n\r\nx"));
    running.join().expect("it ends").expect("it served");
}

/// If clients come faster than they are answered, the queue of a server that stops is never empty.
#[test]
fn clients_who_come_again_and_again_do_not_hold_up_a_stop() {
    let server = Server::bind("127.0.0.1:0").expect("a port is free").quiet();
    let (address, stopper) = (server.local_addr().expect("it has an address"), server.stopper());
    let are_queued = Barrier::new(17);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let (begun, mut connected) = (Instant::now(), TcpStream::connect(address));
                are_queued.wait();
                // Until nobody listens any more.
                while let Ok(mut stream) = connected {
                    assert!(begun.elapsed() < DEADLINE, "it still listens");
                    let _ = stream.set_read_timeout(Some(DEADLINE));
                    let request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
                    if stream.write_all(request).is_ok() {
                        read_all(&mut stream);
                    }
                    connected = TcpStream::connect(address);
                }
            });
        }
        are_queued.wait();
        // Its first thread finds the stop and all these clients.
        stopper.stop();
        let slow = |_: Request| {
            thread::park_timeout(Duration::from_millis(5));
            Response::text("x")
        };
        server.run(slow).expect("it runs");
    });
}

/// A stop ends the wait of idle connections. If the first part of a request comes at that very
/// moment and is read, the rest is awaited like any other; if it is not, there is no answer at all.
/// Half an answer there never is.
#[test]
fn a_request_that_begins_at_the_moment_of_the_stop_is_answered_whole_or_not_heard() {
    let mut answered = 0;
    for round in 0..20 {
        let server = Running::start();
        let mut streams: Vec<_> = (0..24).map(|_| server.connect()).collect();
        assert!(server.is_alive());
        let stopper = server.stopper.clone();
        let begin = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                begin.wait();
                // A little later in each round, so that the stop comes upon another of the
                // connections.
                (0..round * 1000).for_each(|_| std::hint::spin_loop());
                stopper.stop();
            });
            begin.wait();
            for stream in &mut streams {
                let _ =
                    stream.write_all(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n");
            }
            // Longer than a stop without anything to wait for takes.
            std::thread::park_timeout(Duration::from_millis(150));
            for stream in &mut streams {
                let _ = stream.write_all(b"ok");
            }
        });
        for mut stream in streams {
            let answer = read_all(&mut stream);
            let whole = answer.ends_with("POST /x ok") && answer.contains("HTTP/1.1 200 OK");
            assert!(whole || answer.is_empty(), "round {round}: {answer}");
            answered += usize::from(whole);
        }
        server.join();
    }
    assert!(answered > 0, "some were heard");
}

#[test]
fn a_stream_without_an_end_does_not_hold_up_a_stop() {
    let server = Running::start();
    let mut stream = server.connect();
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is sent");
    let mut line = Vec::new();
    while !line.ends_with(b"tick\n\r\n") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).expect("it comes"), 1);
        line.push(byte[0]);
    }
    server.stopper.stop();
    server.join();
    open(&EVENTS);
    // It ends at its next piece, and without the last chunk.
    assert!(!read_all(&mut stream).ends_with("0\r\n\r\n"));
}

#[test]
fn a_stop_waits_for_a_handler_and_for_requests_that_came_with_its_own_also_after_streams() {
    let (gate, has_ended) = (Arc::new(Barrier::new(2)), Arc::new(AtomicBool::new(false)));
    let (begun, ended) = (Arc::clone(&gate), Arc::clone(&has_ended));
    let service = move |request: Request| {
        match request.path.as_str() {
            "/stream" => return Response::stream("text/plain", |out| out.write_all(b"two")),
            "/slow" => {
                begun.wait();
                // Longer than a stop waits for streams.
                thread::park_timeout(Duration::from_millis(1500));
                ended.store(true, Ordering::SeqCst);
            }
            _ => {}
        }
        Response::text(request.path.clone())
    };
    let recorder = Arc::new(Recorder::default());
    let server = Server::bind("127.0.0.1:0").expect("a free port").quiet().stop_time(DEADLINE);
    let server = server.recorder(Arc::clone(&recorder));
    let (address, stopper) = (server.local_addr().expect("an address"), server.stopper());
    let running = thread::spawn(move || server.run(service));
    let ask = |paths: &[&str]| {
        let mut client = TcpStream::connect(address).expect("it connects");
        client.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
        let head = |path: &&str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        let requests: String = paths.iter().map(head).collect();
        client.write_all(requests.as_bytes()).expect("it is sent");
        client
    };
    for _ in 0..3 {
        assert!(read_all(&mut ask(&["/stream", "x"])).contains("3\r\ntwo\r\n0\r\n"));
    }
    let mut client = ask(&["/slow", "/second", "/third"]);
    gate.wait();
    stopper.stop();
    running.join().expect("it ends").expect("it served");
    assert!(has_ended.load(Ordering::SeqCst) && read_all(&mut client).ends_with("/third"));
    assert!(recorder.is_closed(), "who waits for a cycle would hold the stop up");
}

#[test]
fn a_stream_is_told_of_the_stop_before_the_program_goes_on() {
    let was_told = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&was_told);
    let service = move |_: Request| {
        let told = Arc::clone(&told);
        Response::stream("text/plain", move |out| {
            while write!(out, "tick").and_then(|()| out.flush()).is_ok() {
                thread::yield_now();
            }
            told.store(true, Ordering::SeqCst);
            Ok(())
        })
    };
    let server = Server::bind("127.0.0.1:0").expect("a free port").quiet();
    let (address, stopper) = (server.local_addr().expect("an address"), server.stopper());
    let running = thread::spawn(move || server.run(service));
    let mut client = TcpStream::connect(address).expect("it connects");
    client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is sent");
    assert_eq!(client.read(&mut [0]).expect("it has begun"), 1);
    let reader = thread::spawn(move || read_all(&mut client));
    stopper.stop();
    running.join().expect("it ends").expect("it served");
    assert!(was_told.load(Ordering::SeqCst), "the stream was cut, and its function never ended");
    drop(reader.join());
}
