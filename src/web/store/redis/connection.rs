//! One connection to Redis: commands out, replies in, and a moment at which it must be over.
//!
//! The protocol is RESP2, a few lines of text: a command is a list of texts, each behind its
//! length, and the first byte of a reply says what it is.
//!
//! ```text
//! > *2 CRLF $3 CRLF GET CRLF $3 CRLF tea CRLF
//! < $5 CRLF green CRLF          or $-1 CRLF, if there is no tea
//! ```

use super::RedisUrl;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// The longest reply that is read: rows are far shorter, and what is longer comes from no Redis
/// that we know.
const MOST_BYTES: usize = 1 << 20;

/// What Redis answers.
pub enum Reply {
    /// `+OK` or `$2 CRLF OK`.
    Text(Vec<u8>),
    /// `-ERR …`: it did not do it, and says why.
    Error(String),
    /// `:1`.
    Number(i64),
    /// `$-1`.
    Nothing,
    /// `*2` and that many replies.
    List(Vec<Reply>),
}

/// Without the texts: they are visitors' rows.
impl fmt::Debug for Reply {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reply::Text(text) => write!(out, "a text of {} bytes", text.len()),
            Reply::Error(why) => write!(out, "the error {why}"),
            Reply::Number(number) => write!(out, "the number {number}"),
            Reply::Nothing => write!(out, "nothing"),
            Reply::List(list) => write!(out, "a list of {}", list.len()),
        }
    }
}

/// A connection on which every command was answered.
pub struct Connection {
    stream: TcpStream,
    /// What was read and not used yet.
    input: Vec<u8>,
    used: usize,
}

impl Connection {
    /// Connects, and says who asks and for which database.
    pub fn open(url: &RedisUrl, end: Instant) -> Result<Connection, String> {
        let addresses = (url.host.as_str(), url.port).to_socket_addrs().map_err(words)?;
        let mut failure = "the host has no address".to_owned();
        for address in addresses {
            match remaining(end).and_then(|time| TcpStream::connect_timeout(&address, time)) {
                Ok(stream) => {
                    // A command is one small write, and its answer is waited for.
                    stream.set_nodelay(true).map_err(words)?;
                    let mut connection = Connection { stream, input: Vec::new(), used: 0 };
                    connection.introduce(url, end)?;
                    return Ok(connection);
                }
                Err(error) => failure = words(error),
            }
        }
        Err(failure)
    }

    fn introduce(&mut self, url: &RedisUrl, end: Instant) -> Result<(), String> {
        let (user, password, database) =
            (url.user.as_str(), url.password.as_str(), url.database.to_string());
        // Without a name the password is that of Redis's `default`. Database 0 is there without
        // asking.
        let account =
            if user.is_empty() { vec!["AUTH", password] } else { vec!["AUTH", user, password] };
        let commands = [
            (!user.is_empty() || !password.is_empty(), account),
            (url.database != 0, vec!["SELECT", database.as_str()]),
        ];
        for (_, command) in commands.iter().filter(|(is_needed, _)| *is_needed) {
            if let Reply::Error(why) = self.ask(command, end)? {
                return Err(format!("Redis says: {why}"));
            }
        }
        Ok(())
    }

    /// True if the other side has neither closed this connection nor said anything unasked.
    pub fn is_alive(&self) -> bool {
        let looked = self.stream.set_nonblocking(true).and_then(|()| self.stream.peek(&mut [0]));
        let is_quiet = looked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        is_quiet && self.used == self.input.len() && self.stream.set_nonblocking(false).is_ok()
    }

    /// Sends a command and reads its reply. After an error this connection is of no use any more.
    pub fn ask(&mut self, command: &[&str], end: Instant) -> Result<Reply, String> {
        let mut bytes = format!("*{}\r\n", command.len()).into_bytes();
        for word in command {
            bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
        }
        let written = remaining(end)
            .and_then(|time| self.stream.set_write_timeout(Some(time)))
            .and_then(|()| self.stream.write_all(&bytes));
        written.map_err(words)?;
        (self.input, self.used) = (Vec::new(), 0);
        self.reply(end, 0)
    }

    fn reply(&mut self, end: Instant, depth: usize) -> Result<Reply, String> {
        let line = self.line(end)?;
        let is_no_redis = || {
            format!(
                "found {:?}, expected an answer of Redis",
                line.chars().take(40).collect::<String>()
            )
        };
        let kind = line.chars().next().filter(char::is_ascii).ok_or_else(is_no_redis)?;
        let rest = &line[1..];
        let number = || rest.parse::<i64>().map_err(|_| is_no_redis());
        match kind {
            '+' => Ok(Reply::Text(rest.as_bytes().to_vec())),
            '-' => Ok(Reply::Error(rest.chars().take(200).collect())),
            ':' => number().map(Reply::Number),
            '$' if rest == "-1" => Ok(Reply::Nothing),
            '*' if rest == "-1" => Ok(Reply::Nothing),
            '$' => {
                let length = usize::try_from(number()?).ok().filter(|length| *length <= MOST_BYTES);
                let mut text = self.take(length.ok_or_else(is_no_redis)? + 2, end)?;
                // Without it the two sides have lost step, and the next answer would be read from
                // the middle of something.
                if !text.ends_with(b"\r\n") {
                    return Err(format!(
                        "found no line end behind a text of {rest} bytes, expected an answer of Redis"
                    ));
                }
                text.truncate(text.len() - 2);
                Ok(Reply::Text(text))
            }
            '*' if depth < 4 => {
                let count = usize::try_from(number()?)
                    .ok()
                    .filter(|count| *count <= 1000)
                    .ok_or_else(is_no_redis)?;
                (0..count)
                    .map(|_| self.reply(end, depth + 1))
                    .collect::<Result<_, _>>()
                    .map(Reply::List)
            }
            _ => Err(is_no_redis()),
        }
    }

    fn line(&mut self, end: Instant) -> Result<String, String> {
        let mut searched = self.used;
        loop {
            if let Some(at) = self.input[searched..].windows(2).position(|pair| pair == b"\r\n") {
                let line =
                    String::from_utf8_lossy(&self.input[self.used..searched + at]).into_owned();
                self.used = searched + at + 2;
                return Ok(line);
            }
            searched = self.input.len().saturating_sub(1).max(self.used);
            self.fill(end)?;
        }
    }

    fn take(&mut self, bytes: usize, end: Instant) -> Result<Vec<u8>, String> {
        while self.input.len() - self.used < bytes {
            self.fill(end)?;
        }
        let taken = self.input[self.used..self.used + bytes].to_vec();
        self.used += bytes;
        Ok(taken)
    }

    /// Reads what has come, and waits for it until the end of the time.
    fn fill(&mut self, end: Instant) -> Result<(), String> {
        if self.input.len() > 2 * MOST_BYTES {
            return Err(format!("found more than {MOST_BYTES} bytes, expected an answer of Redis"));
        }
        let mut piece = [0; 16 * 1024];
        let read = remaining(end)
            .and_then(|time| self.stream.set_read_timeout(Some(time)))
            .and_then(|()| self.stream.read(&mut piece));
        match read {
            Ok(0) => Err("Redis closed the connection".to_owned()),
            Ok(count) => {
                self.input.extend_from_slice(&piece[..count]);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(words(error)),
        }
    }
}

/// The time that is left; none is an error, since a socket takes zero for "for ever".
fn remaining(end: Instant) -> io::Result<Duration> {
    let time = end.saturating_duration_since(Instant::now());
    if time.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(time) }
}

fn words(error: io::Error) -> String {
    match error.kind() {
        // What a socket says when its time is over differs between systems.
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "Redis did not answer in time".to_owned(),
        _ => error.to_string(),
    }
}
