//! Deeper: `carafe` serves the application, and its banner says where.

use super::command_line::{CommandError, CommandLine, CommandResult, print, warn, wrong};
use super::stores;
use crate::app::course::lessons::{Ticks, usual_place};
use crate::app::{self, assets};
use carafe::cycle::Recorder;
use carafe::http::Limits;
use carafe::http::forwarded::Proxies;
use carafe::server::ServerGauge;
use carafe::server::log::Log;
use carafe::web::inside::Inside;
use carafe::web::static_files::StaticFiles;
use carafe::{App, Server, near, random};
use std::env;
use std::io::ErrorKind;
use std::net::{Ipv6Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

/// Serves until it is stopped.
pub fn run(flags: &CommandLine) -> CommandResult {
    let failed = |why: String| CommandError::Failed(format!("carafe: {why}"));
    flags.no_word()?;
    let store = flags.get("--store", stores::check)?;
    let (lifetime, most) = (flags.time("--session-ttl")?, flags.number("--session-cap")?);
    let hosts = flags.all("--allow-host", host_name)?;
    let mut proxies = Proxies::default();
    for list in flags.all("--trust-proxy", |text| Ok(text.to_owned()))? {
        proxies.trust(&list).or_else(|error| wrong(format!("--trust-proxy: {error}")))?;
    }
    let (proxied, everyone) = (!proxies.is_empty(), flags.has("--expose-cycles"));
    let (secret_key, key_banner) = secret_key()?;
    let dir = PathBuf::from(flags.value("--dir").unwrap_or("."));
    if !dir.is_dir() {
        let dir = dir.display();
        let why = format!("found no folder {dir}, expected one with templates/ and www/");
        return Err(failed(why));
    }
    let mut server = server(flags)?.proxies(proxies.clone());
    let address = server.local_addr().map_err(|error| failed(error.to_string()))?;
    let stores = stores::open(&store, &secret_key).map_err(failed)?;
    let recorder = (!flags.has("--no-cycles")).then(|| Arc::new(Recorder::default()));
    let (ticks, ticks_banner) = ticks(flags);
    let (mut app, [templates, www]) = application(&dir, recorder.clone(), server.gauge(), ticks);
    app.secret_key(secret_key);
    app.sessions(stores.sessions, lifetime, most);
    app.store(stores.rows);
    // Where other machines can connect, the inner pages are closed, unless they were asked for.
    // Behind a proxy they are always closed.
    let is_local = address.ip().is_loopback();
    let open = !proxied && (is_local || everyone);
    app.inside(Inside { open, everyone, hosts });
    app.address(&visited(address));
    // Before the banner: a program that has read it may send the signal at once.
    carafe::stop_on_signals(&server.stopper())
        .map_err(|error| failed(format!("signals cannot be heard: {error}")))?;
    let mut rows = vec![("templates", templates), ("www", www), ("state", stores.banner)];
    rows.push(("key", key_banner.to_owned()));
    if proxied {
        rows.push(("proxies", format!("believed when they say who asks: {proxies}")));
    }
    rows.push(("cycles", cycles_banner(flags, address, proxied, open)));
    rows.push(("ticks", ticks_banner));
    if !is_local {
        rows.push(("warning", "other machines can reach this server".to_owned()));
    }
    rows.extend(curl_warning(&visited(address)).map(|text| ("warning", text)));
    print(&banner(address, &rows))?;
    if let Some(recorder) = recorder {
        if flags.has("--show-cycles") {
            let (recorder, base) = (Arc::clone(&recorder), format!("http://{}", visited(address)));
            let templates = app::prose::templates(None);
            let print = move || app::glass::print_all(&recorder, &base, &templates);
            let started = thread::Builder::new().spawn(print);
            started.map_err(|error| failed(format!("cycles cannot be shown: {error}")))?;
        }
        server = server.recorder(recorder);
    }
    server.run(app).map_err(|error| failed(error.to_string()))?;
    Ok(ExitCode::SUCCESS)
}

/// What a server says when it is ready.
fn banner(address: SocketAddr, rows: &[(&str, String)]) -> String {
    let is_every = address.ip().is_unspecified();
    let others = if is_every { " and every other address of this machine" } else { "" };
    let base = visited(address);
    let rows: String = rows.iter().map(|(title, text)| format!("  {title:<10} {text}\n")).collect();
    let next = format!("Next, in a second terminal:\n             curl http://{base}/lessons/1");
    format!("carafe serves on http://{base}{others}\n{rows}  Ctrl-C stops it. {next}\n")
}

/// What to type first where curl would ask a proxy for this server, as the environment says.
fn curl_warning(visited: &str) -> Option<String> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let proxied =
        ["http_proxy", "all_proxy", "ALL_PROXY"].into_iter().find(|name| set(name).is_some())?;
    let host = visited.rsplit_once(':').map_or("", |(host, _)| host).trim_matches(['[', ']']);
    let spared = set("no_proxy").or(set("NO_PROXY")).unwrap_or_default();
    let is_spared = spared.split(',').any(|name| [host, "*"].contains(&name.trim()));
    let first = format!("first type:\n             export no_proxy=\"$no_proxy,{host}\"");
    (!is_spared).then(|| format!("{proxied} is set, so curl would not ask this server; {first}"))
}

/// The address to visit. Nobody can visit 0.0.0.0, which means every address of this machine.
fn visited(address: SocketAddr) -> String {
    match address.ip().is_unspecified() {
        true => format!("127.0.0.1:{}", address.port()),
        false => address.to_string(),
    }
}

/// The server with its limits, bound to its address. Every value is read before the port is taken.
fn server(flags: &CommandLine) -> Result<Server, CommandError> {
    let limits = Limits {
        head_bytes: flags.number("--head-bytes")?,
        target_bytes: flags.number("--target-bytes")?,
        headers: flags.number("--headers")?,
        body_bytes: flags.number("--body-bytes")?,
        bodies_bytes: flags.number("--bodies-bytes")?,
        head_time: flags.time("--head-time")?,
        body_time: flags.time("--body-time")?,
        idle_time: flags.time("--idle-time")?,
        write_time: flags.time("--write-time")?,
        ..Limits::default()
    };
    let (workers, stop_time) = (flags.number("--workers")?, flags.time("--stop-time")?);
    let log = flags.get("--log", |text| match text {
        "line" => Ok(Log::Line),
        "common" => Ok(Log::Common),
        "off" => Ok(Log::Off),
        _ => Err("line, common or off"),
    })?;
    let host = flags.get("--host", |text| match text.trim_matches(['[', ']']) {
        "" => Err("an address or a host's name"),
        host => Ok(host.to_owned()),
    })?;
    let host = host.as_str();
    let port = flags.get("--port", |text| text.parse().map_err(|_| "a port from 0 to 65535"))?;
    let server = Server::bind((host, port)).map(Server::quiet).map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::AddrInUse => {
                format!("another program has it; try: --port {}", free_port(host, port))
            }
            _ => error.to_string(),
        };
        CommandError::Failed(format!("carafe: cannot listen on {host}:{port}: {hint}"))
    })?;
    Ok(server.log(log).workers(workers).limits(limits).stop_time(stop_time))
}

/// The next port that is free; 0, which takes any, if there is none near. Never 5000 or 7000: on a
/// Mac they belong to AirPlay, which answers 403 and is easily taken for one's own server.
fn free_port(host: &str, taken: u16) -> u16 {
    let mut next = (taken..u16::MAX).skip(1).take(100).filter(|port| ![5000, 7000].contains(port));
    next.find(|&port| TcpListener::bind((host, port)).is_ok()).unwrap_or(0)
}

fn host_name(text: &str) -> Result<String, &'static str> {
    // The address of a machine may have colons, in brackets: `[2001:db8::1]`.
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_address = inside.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    if text.is_empty() || !is_address && text.contains(['/', ':', ' ', '[', ']']) {
        return Err("a host's name without port, or an IPv6 address in brackets");
    }
    Ok(text.to_ascii_lowercase())
}

/// The key that signs, and the banner's line about it. It comes from the environment: everybody who
/// lists this machine's processes can read a flag.
fn secret_key() -> Result<(Vec<u8>, &'static str), CommandError> {
    let Some(key) = env::var_os("CARAFE_SECRET_KEY") else {
        let why = "random: new at each start; CARAFE_SECRET_KEY sets one that stays";
        return Ok((random::bytes::<32>().to_vec(), why));
    };
    let banner = match key.len() {
        0 => {
            let expected = "expected a key, best 32 random bytes or more";
            return wrong(format!("CARAFE_SECRET_KEY: found nothing in it, {expected}"));
        }
        // RFC 2104 §3: keys shorter than the hash are "strongly discouraged". Half its length is
        // still too long to be guessed.
        1..16 => "from CARAFE_SECRET_KEY, and so short that it can be guessed",
        _ => "from CARAFE_SECRET_KEY",
    };
    Ok((key.into_encoded_bytes(), banner))
}

/// The application with the templates and files of a folder, or else the ones of the program; and
/// where the templates and the files are.
fn application(
    dir: &Path,
    recorder: Option<Arc<Recorder>>,
    gauge: ServerGauge,
    ticks: Ticks,
) -> (App, [String; 2]) {
    let mut app = App::new();
    app.policy(app::POLICY);
    app::course::routes(&mut app);
    recorder.iter().for_each(|recorder| app.recorder(Arc::clone(recorder)));
    app::glass::routes(&mut app, gauge, recorder.is_some());
    let (templates, templates_banner) = own_folder(dir, "templates");
    let (www, www_banner) = own_folder(dir, "www");
    app::course::lessons::routes(&mut app, recorder.as_deref(), templates.as_deref(), ticks);
    app.templates(app::prose::templates(templates.as_deref()));
    app.files(
        "/static",
        www.map_or_else(|| StaticFiles::embedded(assets::WWW), StaticFiles::from_dir),
    );
    (app, [templates_banner, www_banner])
}

/// The application of the current folder, for a command that does not serve it.
pub fn unserved() -> App {
    let (gauge, ticks) = (ServerGauge::default(), Ticks::default());
    application(Path::new("."), Some(Arc::default()), gauge, ticks).0
}

/// The folder of this name, if it is carafe's; and the banner's line about it.
fn own_folder(dir: &Path, name: &str) -> (Option<PathBuf>, String) {
    let folder = dir.join(name);
    let folder = folder.canonicalize().unwrap_or(folder);
    let (shown, mark) = (folder.display().to_string(), assets::MARK);
    let why = match folder.join(mark).metadata() {
        Ok(found) if found.is_file() => return (Some(folder), shown),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            format!("cannot be read: {error}")
        }
        _ if !folder.is_dir() => {
            let names = dir.read_dir().into_iter().flatten().flatten();
            let names: Vec<_> = names.filter_map(|it| it.file_name().into_string().ok()).collect();
            let near = near::nearest(name, names.iter().map(String::as_str));
            let near = near.map_or(String::new(), |near| format!(", but {}", near.escape_debug()));
            return (None, format!("built in; there is no {shown}{near}"));
        }
        _ => format!(
            "is another program's\n             (an empty file {mark} in it makes carafe use it)"
        ),
    };
    (None, format!("built in; {shown} {why}"))
}

/// Where the ticks of the lessons are kept, and the banner's line about it.
fn ticks(flags: &CommandLine) -> (Ticks, String) {
    let Some(file) = usual_place().filter(|_| !flags.has("--no-ticks")) else {
        return (Ticks::default(), "not kept: what was seen of the lessons ends here".into());
    };
    match Ticks::open(file.clone()) {
        Ok(ticks) => (ticks, file.display().to_string()),
        Err(error) => {
            let why = format!("not kept: cannot write {}: {error}", file.display());
            warn(&format!("carafe: ticks are {why}"));
            (Ticks::default(), why)
        }
    }
}

/// The banner's line about the cycles: where they are, and who may look.
fn cycles_banner(flags: &CommandLine, address: SocketAddr, proxied: bool, open: bool) -> String {
    if flags.has("--no-cycles") {
        "not recorded, so what you do ticks no task of a lesson".into()
    } else if proxied {
        "off: behind a proxy every client could look".into()
    } else if !open {
        "hidden: other machines could look; --expose-cycles shows them".into()
    } else if flags.has("--expose-cycles") {
        let hint = "(other machines under each name that --allow-host gives)";
        format!("http://{}/cycles, for everybody\n             {hint}", visited(address))
    } else {
        let hint = "(behind a proxy every client looks local: then use --trust-proxy)";
        format!("http://{address}/cycles, for this machine only\n             {hint}")
    }
}
