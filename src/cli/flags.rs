//! The flags of `carafe`: one table that parses them, explains them and suggests them.
//!
//! A value comes from the environment, if the flag has a variable, and then from the command line,
//! which wins.

use super::help;
use super::serve::Settings;
use super::state::{STORES, Where};
use carafe::server::log::Log;
use std::time::Duration;

/// One flag: what it is called, what it takes, what it does.
struct Flag {
    name: &'static str,
    /// What stands for its value in the help; empty for a switch.
    value: &'static str,
    what: &'static str,
    /// What it is without the flag.
    default: &'static str,
    /// The environment variable that sets it too; empty if there is none.
    variable: &'static str,
    /// Puts the value into the settings, or says what was expected.
    set: fn(&mut Settings, &str) -> Result<(), &'static str>,
}

const NUMBER: &str = "a whole number above 0";
const TIME: &str = "a time such as 90s, 30m or 12h";

const FLAGS: &[Flag] = &[
    Flag {
        name: "--host",
        value: "ADDRESS",
        what: "where to listen",
        default: "127.0.0.1",
        variable: "CARAFE_HOST",
        set: |settings, value| {
            settings.host = value.trim_matches(['[', ']']).to_owned();
            if value.is_empty() { Err("an address or a host's name") } else { Ok(()) }
        },
    },
    Flag {
        name: "--port",
        value: "PORT",
        what: "0 takes any free one",
        default: "8000",
        variable: "CARAFE_PORT",
        set: |settings, value| {
            put(&mut settings.port, value.parse().ok(), "a port from 0 to 65535")
        },
    },
    Flag {
        name: "--dir",
        value: "DIR",
        what: "whose templates/ and www/ are served",
        default: ".",
        variable: "",
        set: |settings, value| put(&mut settings.dir, Some(Some(value.into())), "a folder"),
    },
    Flag {
        name: "--store",
        value: "STORE",
        what: "where state lives",
        default: "memory",
        variable: "CARAFE_STORE",
        set: |settings, value| put(&mut settings.store, Where::parse(value), STORES),
    },
    Flag {
        name: "--session-ttl",
        value: "TIME",
        what: "a session ends so long after its last use",
        default: "30m",
        variable: "",
        set: |settings, value| put(&mut settings.session_ttl, time(value), TIME),
    },
    Flag {
        name: "--session-cap",
        value: "NUMBER",
        what: "sessions at most; the longest unused leaves",
        default: "100000",
        variable: "",
        set: |settings, value| put(&mut settings.session_cap, number(value), NUMBER),
    },
    Flag {
        name: "--log",
        value: "FORM",
        what: "on standard error: line, common or off",
        default: "line",
        variable: "",
        set: |settings, value| put(&mut settings.log, log(value), "line, common or off"),
    },
    Flag {
        name: "--show-cycles",
        value: "",
        what: "print each request and its answer, annotated",
        default: "",
        variable: "",
        set: |settings, _| put(&mut settings.show_cycles, Some(true), ""),
    },
    Flag {
        name: "--no-cycles",
        value: "",
        what: "keep no record of the last 200",
        default: "",
        variable: "",
        set: |settings, _| put(&mut settings.cycles, Some(false), ""),
    },
    Flag {
        name: "--expose-cycles",
        value: "",
        what: "show them to other machines, too",
        default: "",
        variable: "",
        set: |settings, _| put(&mut settings.expose_cycles, Some(true), ""),
    },
    Flag {
        name: "--allow-host",
        value: "NAME",
        what: "a name of this machine; may be given more than once",
        default: "",
        variable: "",
        set: |settings, value| {
            settings.allowed_hosts.push(value.to_ascii_lowercase());
            if value.is_empty() || value.contains(['/', ':', ' ']) {
                Err("a host's name without port")
            } else {
                Ok(())
            }
        },
    },
    Flag {
        name: "--trust-proxy",
        value: "ADDRESS",
        what: "believe this proxy who asks; or a network: 10.0.0.0/8",
        default: "",
        variable: "",
        set: |settings, value| settings.proxies.trust(value),
    },
    Flag {
        name: "--workers",
        value: "NUMBER",
        what: "connections at most, then 503",
        default: "12000",
        variable: "",
        set: |settings, value| put(&mut settings.workers, number(value), NUMBER),
    },
    Flag {
        name: "--head-bytes",
        value: "NUMBER",
        what: "of a request's head, then 431",
        default: "65536",
        variable: "",
        set: |settings, value| put(&mut settings.limits.head_bytes, number(value), NUMBER),
    },
    Flag {
        name: "--target-bytes",
        value: "NUMBER",
        what: "of a request's URL, then 414",
        default: "8192",
        variable: "",
        set: |settings, value| put(&mut settings.limits.target_bytes, number(value), NUMBER),
    },
    Flag {
        name: "--headers",
        value: "NUMBER",
        what: "header fields of a request, then 431",
        default: "100",
        variable: "",
        set: |settings, value| put(&mut settings.limits.headers, number(value), NUMBER),
    },
    Flag {
        name: "--body-bytes",
        value: "NUMBER",
        what: "of a request's body, then 413",
        default: "1048576",
        variable: "",
        set: |settings, value| put(&mut settings.limits.body_bytes, number(value), NUMBER),
    },
    Flag {
        name: "--bodies-bytes",
        value: "NUMBER",
        what: "of all bodies at one time, then 503",
        default: "268435456",
        variable: "",
        set: |settings, value| put(&mut settings.limits.bodies_bytes, number(value), NUMBER),
    },
    Flag {
        name: "--head-time",
        value: "TIME",
        what: "for a request's head to arrive, then 408",
        default: "10s",
        variable: "",
        set: |settings, value| put(&mut settings.limits.head_time, time(value), TIME),
    },
    Flag {
        name: "--body-time",
        value: "TIME",
        what: "for a request's body to arrive, then 408",
        default: "30s",
        variable: "",
        set: |settings, value| put(&mut settings.limits.body_time, time(value), TIME),
    },
    Flag {
        name: "--idle-time",
        value: "TIME",
        what: "until a silent connection is closed",
        default: "60s",
        variable: "",
        set: |settings, value| put(&mut settings.limits.idle_time, time(value), TIME),
    },
    Flag {
        name: "--write-time",
        value: "TIME",
        what: "until a client that does not read is dropped",
        default: "30s",
        variable: "",
        set: |settings, value| put(&mut settings.limits.write_time, time(value), TIME),
    },
    Flag {
        name: "--stop-time",
        value: "TIME",
        what: "for answers under way, after Ctrl-C",
        default: "5s",
        variable: "",
        set: |settings, value| put(&mut settings.stop_time, time(value), TIME),
    },
];

/// The settings from the environment, then from the command line.
///
/// # Errors
///
/// A sentence that says what was met and what was expected, and names a flag that is near.
pub fn read(arguments: &[String]) -> Result<Settings, String> {
    let mut settings = Settings::default();
    for flag in FLAGS.iter().filter(|flag| !flag.variable.is_empty()) {
        if let Ok(value) = std::env::var(flag.variable) {
            apply(flag, flag.variable, &mut settings, &value)?;
        }
    }
    if let Some(key) = std::env::var_os("CARAFE_SECRET_KEY") {
        if key.is_empty() {
            return Err(
                "CARAFE_SECRET_KEY: found nothing in it, expected a key, best 32 random bytes or more".to_owned()
            );
        }
        settings.secret_key = Some(key.into_encoded_bytes());
    }
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        // Both `--port 0` and `--port=0` are usual.
        let (name, inline) = argument
            .split_once('=')
            .map_or((argument.as_str(), None), |(name, value)| (name, Some(value)));
        let Some(flag) = FLAGS.iter().find(|flag| flag.name == name) else {
            let shown = without_password(argument);
            return Err(format!(
                "found {shown:?}, which is no flag or command{}",
                help::hint(name)
            ));
        };
        if flag.value.is_empty() {
            if inline.is_some() {
                return Err(format!(
                    "found {argument:?}, expected {name} alone: it takes no value"
                ));
            }
            apply(flag, name, &mut settings, "")?;
            continue;
        }
        let value = inline.or_else(|| rest.next().map(String::as_str));
        let value = value.ok_or_else(|| format!("{name} needs a value: {name} {}", flag.value))?;
        apply(flag, name, &mut settings, value)?;
    }
    if settings.expose_cycles && !settings.proxies.is_empty() {
        return Err(
            "found --expose-cycles and --trust-proxy, expected one: the proxy would show the cycles to all".into()
        );
    }
    Ok(settings)
}

/// The name of each flag.
pub fn names() -> impl Iterator<Item = &'static str> {
    FLAGS.iter().map(|flag| flag.name)
}

/// A line for each flag, with its default, and what stands in the environment alone.
pub fn help() -> String {
    let mut text = String::new();
    for flag in FLAGS {
        let variable =
            if flag.variable.is_empty() { String::new() } else { format!(" ({})", flag.variable) };
        text.push_str(&format!(
            "  {:<22} {:<10} {}{variable}\n",
            format!("{} {}", flag.name, flag.value),
            flag.default,
            flag.what
        ));
    }
    text.push_str(&format!("STORE is {STORES}.\n"));
    text.push_str(
        "CARAFE_SECRET_KEY is the key that signs; without one it is random at each start.\n",
    );
    text
}

fn apply(flag: &Flag, said: &str, settings: &mut Settings, value: &str) -> Result<(), String> {
    (flag.set)(settings, value).map_err(|expected| {
        format!("{said}: found {:?}, expected {expected}", without_password(value))
    })
}

/// An argument as it may be shown: what stands before the last `@` of a URL is a name and a
/// password.
fn without_password(argument: &str) -> String {
    argument.rfind('@').map_or(argument.to_owned(), |at| format!("…{}", &argument[at..]))
}

fn put<T>(place: &mut T, value: Option<T>, expected: &'static str) -> Result<(), &'static str> {
    *place = value.ok_or(expected)?;
    Ok(())
}

fn number(text: &str) -> Option<usize> {
    text.parse().ok().filter(|&number| number > 0)
}

/// `90s`, `30m`, `12h`, or seconds alone; at most a year, so that no clock overflows.
fn time(text: &str) -> Option<Duration> {
    let (digits, factor) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(digits) => (
            digits,
            if text.ends_with('h') {
                3600
            } else if text.ends_with('m') {
                60
            } else {
                1
            },
        ),
        None => (text, 1),
    };
    let seconds = digits.parse::<u64>().ok()?.checked_mul(factor)?;
    (1..=365 * 86_400).contains(&seconds).then(|| Duration::from_secs(seconds))
}

fn log(text: &str) -> Option<Log> {
    match text {
        "line" => Some(Log::Line),
        "common" => Some(Log::Common),
        "off" => Some(Log::Off),
        _ => None,
    }
}
