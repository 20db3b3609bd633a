//! Deeper: The flags of `carafe`: one table reads them, explains them and holds their defaults.
//!
//! A setting gets its default first, then the value of an environment variable, if the flag has
//! one, and then the value of the command line.

use super::command_line::{CommandError, CommandLine, KnownFlag, without_password, wrong};
use super::stores::{self, STORES};
use carafe::http::Limits;
use carafe::http::forwarded::Proxies;
use carafe::server::log::Log;
use std::path::PathBuf;
use std::time::Duration;

/// What the flags and the environment say; each field is the flag of its name.
#[derive(Default)]
pub struct ServeSettings {
    pub host: String,
    pub port: u16,
    /// The folder with templates/ and www/.
    pub dir: PathBuf,
    pub store: String,
    /// The key that signs, from the environment alone; `None` for a random one.
    pub secret_key: Option<Vec<u8>>,
    pub session_ttl: Duration,
    pub session_cap: usize,
    pub log: Log,
    pub show_cycles: bool,
    pub no_cycles: bool,
    pub expose_cycles: bool,
    pub allowed_hosts: Vec<String>,
    pub proxies: Proxies,
    pub workers: usize,
    pub limits: Limits,
    pub stop_time: Duration,
}

/// Each flag: its name, what stands for its value (empty if it has none), its default, its help.
const FLAGS: [(&str, &str, &str, &str); 23] = [
    ("--host", "ADDRESS", "127.0.0.1", "where to listen"),
    ("--port", "PORT", "8000", "0 takes any free one"),
    ("--dir", "DIR", ".", "whose templates/ and www/ are served"),
    ("--store", "STORE", "memory", "where state lives"),
    ("--session-ttl", "TIME", "30m", "a session ends so long after its last use"),
    ("--session-cap", "NUMBER", "100000", "sessions at most; the longest unused leaves"),
    ("--log", "FORM", "line", "on standard error: line, common or off"),
    ("--show-cycles", "", "", "print each request and its answer, annotated"),
    ("--no-cycles", "", "", "keep no record of the last 200"),
    ("--expose-cycles", "", "", "show them to other machines, too"),
    ("--allow-host", "NAME", "", "a name of this machine; may be given more than once"),
    ("--trust-proxy", "ADDRESS", "", "the proxy to believe about clients; or 10.0.0.0/8"),
    ("--workers", "NUMBER", "12000", "connections at most, then 503"),
    ("--head-bytes", "NUMBER", "65536", "of a request's head, then 431"),
    ("--target-bytes", "NUMBER", "8192", "of a request's URL, then 414"),
    ("--headers", "NUMBER", "100", "header fields of a request, then 431"),
    ("--body-bytes", "NUMBER", "1048576", "of a request's body, then 413"),
    ("--bodies-bytes", "NUMBER", "268435456", "of all bodies at one time, then 503"),
    ("--head-time", "TIME", "10s", "for a request's head to arrive, then 408"),
    ("--body-time", "TIME", "30s", "for a request's body to arrive, then 408"),
    ("--idle-time", "TIME", "60s", "until a silent connection is closed"),
    ("--write-time", "TIME", "30s", "until a client that does not read is dropped"),
    ("--stop-time", "TIME", "5s", "for answers under way, after Ctrl-C"),
];

/// The environment variables, and the flags that they stand for.
const VARIABLES: [(&str, &str); 3] =
    [("CARAFE_HOST", "--host"), ("CARAFE_PORT", "--port"), ("CARAFE_STORE", "--store")];

/// Puts the value of a flag into the settings.
///
/// # Errors
///
/// What was expected.
fn set(settings: &mut ServeSettings, flag: &str, value: &str) -> Result<(), &'static str> {
    let limits = &mut settings.limits;
    match flag {
        "--host" if value.is_empty() => return Err("an address or a host's name"),
        "--host" => settings.host = value.trim_matches(['[', ']']).to_owned(),
        "--port" => settings.port = value.parse().map_err(|_| "a port from 0 to 65535")?,
        "--dir" => settings.dir = value.into(),
        "--store" if !stores::is_store(value) => return Err(STORES),
        "--store" => settings.store = value.to_owned(),
        "--session-ttl" => settings.session_ttl = time(value)?,
        "--session-cap" => settings.session_cap = number(value)?,
        "--log" => {
            settings.log = match value {
                "line" => Log::Line,
                "common" => Log::Common,
                "off" => Log::Off,
                _ => return Err("line, common or off"),
            }
        }
        "--show-cycles" => settings.show_cycles = true,
        "--no-cycles" => settings.no_cycles = true,
        "--expose-cycles" => settings.expose_cycles = true,
        "--allow-host" if value.is_empty() || value.contains(['/', ':', ' ']) => {
            return Err("a host's name without port");
        }
        "--allow-host" => settings.allowed_hosts.push(value.to_ascii_lowercase()),
        "--trust-proxy" => settings.proxies.trust(value)?,
        "--workers" => settings.workers = number(value)?,
        "--head-bytes" => limits.head_bytes = number(value)?,
        "--target-bytes" => limits.target_bytes = number(value)?,
        "--headers" => limits.headers = number(value)?,
        "--body-bytes" => limits.body_bytes = number(value)?,
        "--bodies-bytes" => limits.bodies_bytes = number(value)?,
        "--head-time" => limits.head_time = time(value)?,
        "--body-time" => limits.body_time = time(value)?,
        "--idle-time" => limits.idle_time = time(value)?,
        "--write-time" => limits.write_time = time(value)?,
        "--stop-time" => settings.stop_time = time(value)?,
        _ => return Err("a flag that is set here"),
    }
    Ok(())
}

/// The settings without any flag.
pub fn defaults() -> ServeSettings {
    let mut settings = ServeSettings::default();
    for (name, _, default, _) in FLAGS.iter().filter(|(_, _, default, _)| !default.is_empty()) {
        set(&mut settings, name, default).expect("a default is a value");
    }
    settings
}

/// The settings from the environment, and then from the command line.
///
/// # Errors
///
/// What was found and what was expected, and the flag that is near.
pub fn read(arguments: &[String]) -> Result<ServeSettings, CommandError> {
    let mut settings = defaults();
    let mut apply = |said: &str, flag: &str, value: &str| {
        set(&mut settings, flag, value).or_else(|expected| {
            let shown = without_password(value);
            wrong(format!("{said}: found {shown:?}, expected {expected}"))
        })
    };
    for (variable, flag) in VARIABLES {
        if let Ok(value) = std::env::var(variable) {
            apply(variable, flag, &value)?;
        }
    }
    let known = FLAGS.map(|(name, value, _, _)| -> KnownFlag { (name, value) });
    let line = CommandLine::read(arguments, &known)?;
    if let Some(word) = line.words.first() {
        let shown = without_password(word);
        return wrong(format!("found {shown:?}, which is no flag or command"));
    }
    for (flag, value) in &line.flags {
        apply(flag, flag, value)?;
    }
    settings.secret_key = std::env::var_os("CARAFE_SECRET_KEY").map(|key| key.into_encoded_bytes());
    if settings.secret_key.as_ref().is_some_and(Vec::is_empty) {
        let expected = "expected a key, best 32 random bytes or more";
        return wrong(format!("CARAFE_SECRET_KEY: found nothing in it, {expected}"));
    }
    if settings.expose_cycles && !settings.proxies.is_empty() {
        let why = "expected one: the proxy would show the cycles to all";
        return wrong(format!("found --expose-cycles and --trust-proxy, {why}"));
    }
    Ok(settings)
}

/// The name of each flag.
pub fn names() -> impl Iterator<Item = &'static str> {
    FLAGS.iter().map(|(name, ..)| *name)
}

/// A line for each flag, with its default, and what comes from the environment alone.
pub fn help() -> String {
    let mut text = String::new();
    for (name, value, default, what) in FLAGS {
        let variable = VARIABLES.iter().find(|(_, flag)| *flag == name);
        let variable = variable.map_or(String::new(), |(variable, _)| format!(" ({variable})"));
        let flag = format!("{name} {value}");
        text.push_str(&format!("  {flag:<22} {default:<10} {what}{variable}\n"));
    }
    let key = "CARAFE_SECRET_KEY is the key that signs; without one it is random at each start.";
    format!("{text}STORE is {STORES}.\n{key}\n")
}

fn number(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|&number| number > 0).ok_or("a whole number above 0")
}

/// `90s`, `30m`, `12h`, or seconds alone; at most a year, so that no clock overflows.
fn time(text: &str) -> Result<Duration, &'static str> {
    let digits = text.trim_end_matches(['s', 'm', 'h']);
    let factor = match &text[digits.len()..] {
        "" | "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3600),
        _ => None,
    };
    let seconds =
        factor.zip(digits.parse::<u64>().ok()).map(|(factor, n)| n.saturating_mul(factor));
    let seconds = seconds.filter(|seconds| (1..=365 * 86_400).contains(seconds));
    seconds.map(Duration::from_secs).ok_or("a time such as 90s, 30m or 12h")
}
