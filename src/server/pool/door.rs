//! The door: accepting clients, and turning them away when there is no room.
//!
//! There is always one who waits in `accept`: whoever takes the last place there must find another
//! first, and if there is none, the client is told to come again, and the door-keeper stays. A
//! server that is full says so at once. Only while the door stands in the ring nobody waits: the
//! sweepers look out often enough.
//!
//! Left out: a queue of our own. Those who wait to be accepted wait in the system's.

use super::ring::{NEWCOMERS_PATIENCE, PROOF};
use super::{Duty, Guest, Seat, ThreadPool, Turn, turn};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

/// The answer when there is nobody left to answer.
pub(in crate::server) const BUSY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n\
    X-Content-Type-Options: nosniff\r\nContent-Length: 47\r\nRetry-After: 1\r\nConnection: close\r\n\r\n\
    All workers are busy. Try again in one second.\n";

/// So many new clients a sweeper lets in at a time: the others in the ring wait meanwhile.
const GULP: usize = 16;

impl<G: Guest> ThreadPool<G> {
    /// Waits for a client, and sees that someone else waits for the next.
    pub(super) fn accept(self: &Arc<Self>) -> Duty<G> {
        let accepted = self.listener.accept();
        if self.is_stopping() {
            self.lock().at_the_door -= 1;
            self.drain(accepted.ok());
            return Duty::End;
        }
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                // The door stands in the ring now.
                let mut floor = self.lock();
                floor.at_the_door -= 1;
                return self.next_duty(&mut floor);
            }
            Err(error) => {
                self.stay_calm(&error);
                return Duty::Accept;
            }
        };
        let mut floor = self.lock();
        let is_last = floor.at_the_door == 1 && !floor.ring.has_door;
        let is_full = floor.guests + 1 >= self.most;
        if is_full || (is_last && !self.call(&mut floor, Duty::Accept)) {
            // Whoever is last at the door must not leave it.
            drop(floor);
            refuse(stream);
            return Duty::Accept;
        }
        // Who was called takes the place over; the number stays.
        floor.at_the_door -= usize::from(!is_last);
        floor.guests += 1;
        if is_last {
            // Nobody else was left here: a crowd.
            floor.ring.count(self.window());
        }
        drop(floor);
        match self.seat(stream, peer) {
            // In a crowd nobody gets a thread who has not asked for anything.
            Some(seat) => self.enter_ring(seat).unwrap_or_else(Duty::Stay),
            None => self.part(),
        }
    }

    /// Takes in whoever knocks at the door that stands in the ring, without waiting for anybody.
    pub(super) fn accept_all(self: &Arc<Self>, mut seated: impl FnMut(Box<Seat<G>>)) {
        for _ in 0..GULP {
            let (stream, peer) = match self.listener.accept() {
                Ok(accepted) => accepted,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => {
                    self.stay_calm(&error);
                    break;
                }
            };
            let mut floor = self.lock();
            if floor.guests + 1 >= self.most {
                drop(floor);
                refuse(stream);
                continue;
            }
            floor.guests += 1;
            drop(floor);
            let seat = self.seat(stream, peer);
            match seat.and_then(|mut seat| seat.guest.set_blocking(false).ok().map(|()| seat)) {
                Some(seat) => seated(seat),
                None => self.lock().guests -= 1,
            }
        }
    }

    fn seat(&self, stream: TcpStream, peer: SocketAddr) -> Option<Box<Seat<G>>> {
        // On some systems a connection waits or not as its door does.
        if cfg!(not(target_os = "linux")) {
            stream.set_nonblocking(false).ok()?;
        }
        let guest = (self.welcome)(stream, peer, Arc::clone(&self.settle))?;
        let (patience, window) = (NEWCOMERS_PATIENCE, self.window());
        Some(Box::new(Seat { guest, answered: 0, in_vain: 0, patience, proof: PROOF, window }))
    }

    /// After a stop: whoever connected before it is served still, until nobody waits.
    pub(super) fn drain(&self, first: Option<(TcpStream, SocketAddr)>) {
        let next =
            || self.listener.set_nonblocking(true).and_then(|()| self.listener.accept()).ok();
        let mut come = first.or_else(next);
        while let Some((stream, peer)) = come {
            if let Some(mut seat) = self.seat(stream, peer) {
                while turn(&mut seat.guest) == Turn::Answered {}
            }
            come = next();
        }
        self.shut();
    }

    /// From now on the system refuses whoever knocks, instead of letting them wait for nobody while
    /// the last answers are under way. Std knows this only of connections, but the system makes no
    /// difference between them and a door.
    fn shut(&self) {
        #[cfg(unix)]
        if let Ok(door) = self.listener.try_clone() {
            let _ = TcpStream::from(std::os::fd::OwnedFd::from(door)).shutdown(Shutdown::Both);
        }
    }

    /// `accept` failed. Out of descriptors: give up the reserve, take the connection, say 503, take
    /// the reserve back.
    fn stay_calm(&self, error: &io::Error) {
        // ENFILE and EMFILE on every Unix: the system's table of open files is full, or this
        // process's.
        if !matches!(error.raw_os_error(), Some(23 | 24)) {
            return;
        }
        let mut reserve = self.reserve.lock().unwrap_or_else(PoisonError::into_inner);
        drop(reserve.take());
        if let Ok((stream, _)) = self.listener.accept() {
            refuse(stream);
        }
        *reserve = self.listener.try_clone().ok();
        // With the reserve gone too there is nothing to do but wait for someone to close.
        if reserve.is_none() {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

fn refuse(mut stream: TcpStream) {
    let _ = stream.set_write_timeout(Some(Duration::from_millis(100)));
    let _ = stream.write_all(BUSY);
    // A close with unread bytes is a reset, which can overtake the answer. So what has come is
    // read, but nothing is waited for: there is nobody else at the door.
    let _ = stream.shutdown(Shutdown::Write);
    if stream.set_nonblocking(true).is_ok() {
        let mut scrap = [0; 4096];
        for _ in 0..16 {
            if !matches!(stream.read(&mut scrap), Ok(read) if read > 0) {
                break;
            }
        }
    }
}
