//! Deeper: one connection to Redis, over which commands and replies travel until a given moment.
//!
//! The protocol is RESP2. A command is a list of texts, each after its length, and the first byte
//! of a reply says what it is.
//!
//! ```text
//! > *2 CRLF $3 CRLF GET CRLF $3 CRLF tea CRLF
//! < $5 CRLF green CRLF          or $-1 CRLF, if there is no tea
//! ```
//!
//! Left out: replies that are lists. No command of ours asks for one.

use super::redis_url::RedisUrl;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// The longest reply that is read: the largest row, and a little more.
const MOST_BYTES: usize = 17 << 20;

/// What Redis answers.
pub enum RedisReply {
    /// `$2 CRLF OK` or `+OK`; `None` is `$-1`: nothing.
    Text(Option<Vec<u8>>),
    /// `:1`.
    Number(i64),
    /// `-ERR …`: Redis did not do it, and says why.
    Refused(String),
}

/// A connection on which every command was answered.
pub struct RedisConnection(BufReader<TimedStream>);

/// A stream whose reads must end at a given moment.
struct TimedStream {
    stream: TcpStream,
    end: Instant,
}

impl Read for TimedStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(remaining(self.end)?))?;
        self.stream.read(buffer)
    }
}

impl RedisConnection {
    /// Connects, and says who asks and for which database.
    pub fn open(url: &RedisUrl, end: Instant) -> io::Result<RedisConnection> {
        let mut failure = io::Error::other("the host has no address");
        let connect = |address| TcpStream::connect_timeout(&address, remaining(end)?);
        let mut addresses = (url.host.as_str(), url.port).to_socket_addrs()?;
        let stream = addresses.find_map(|to| connect(to).map_err(|why| failure = why).ok());
        let stream = stream.ok_or(failure)?;
        // A command is one small write, and its answer is waited for.
        stream.set_nodelay(true)?;
        let mut opened = RedisConnection(BufReader::new(TimedStream { stream, end }));
        // Without a user's name the password is that of Redis's `default`.
        let account = match (url.user.as_str(), url.password.as_str()) {
            ("", "") => None,
            ("", password) => Some(vec!["AUTH", password]),
            (user, password) => Some(vec!["AUTH", user, password]),
        };
        let number = url.database.to_string();
        let database = (url.database != 0).then(|| vec!["SELECT", &number]);
        for command in [account, database].into_iter().flatten() {
            let words: Vec<_> = command.into_iter().map(str::as_bytes).collect();
            if let RedisReply::Refused(why) = opened.ask(&words, end)? {
                return Err(io::Error::other(format!("Redis says: {why}")));
            }
        }
        Ok(opened)
    }

    /// True if the other side has neither closed this connection nor said anything unasked.
    pub fn is_alive(&self) -> bool {
        let stream = &self.0.get_ref().stream;
        let looked = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut [0]));
        let is_quiet = looked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        is_quiet && self.0.buffer().is_empty() && stream.set_nonblocking(false).is_ok()
    }

    /// Sends a command and reads its reply.
    pub fn ask(&mut self, command: &[&[u8]], end: Instant) -> io::Result<RedisReply> {
        let mut bytes = format!("*{}\r\n", command.len()).into_bytes();
        for word in command {
            bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            bytes.extend_from_slice(word);
            bytes.extend_from_slice(b"\r\n");
        }
        let timed = self.0.get_mut();
        timed.end = end;
        timed.stream.set_write_timeout(Some(remaining(end)?))?;
        timed.stream.write_all(&bytes)?;
        let line = self.line()?;
        let unexpected = || {
            let start: String = line.chars().take(40).collect();
            io::Error::other(format!("found {start:?}, expected an answer of Redis"))
        };
        let (sign, rest) = line.split_at_checked(1).ok_or_else(unexpected)?;
        match (sign, rest) {
            ("+", text) => Ok(RedisReply::Text(Some(text.into()))),
            ("-", why) => {
                // The terminal in which the server was started shows it.
                let shown = |letter: char| if letter.is_control() { '\u{fffd}' } else { letter };
                Ok(RedisReply::Refused(why.chars().take(200).map(shown).collect()))
            }
            (":", number) => number.parse().map(RedisReply::Number).map_err(|_| unexpected()),
            ("$", "-1") => Ok(RedisReply::Text(None)),
            ("$", length) => {
                let length = length.parse::<usize>().ok().filter(|length| *length <= MOST_BYTES);
                let mut text = vec![0; length.ok_or_else(unexpected)? + 2];
                self.0.read_exact(&mut text)?;
                // Otherwise the next answer would be read from the middle of something.
                if !text.ends_with(b"\r\n") {
                    let found = format!("found no line end after a text of {rest} bytes");
                    return Err(io::Error::other(format!("{found}, expected an answer of Redis")));
                }
                text.truncate(text.len() - 2);
                Ok(RedisReply::Text(Some(text)))
            }
            _ => Err(unexpected()),
        }
    }

    /// The next line, without its end.
    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        self.0.by_ref().take(MOST_BYTES as u64).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

/// The time that is left. None is an error, since a socket takes zero for "for ever".
fn remaining(end: Instant) -> io::Result<Duration> {
    let time = end.saturating_duration_since(Instant::now());
    if time.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(time) }
}
