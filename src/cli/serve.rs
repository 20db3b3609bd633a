//! Deeper: `carafe` serves the application, and its banner says where.

use super::command_line::{CommandError, CommandResult, print, warn};
use super::flags::{self, ServeSettings};
use super::stores::{self, OpenStores};
use crate::app::{self, assets};
use carafe::cycle::Recorder;
use carafe::web::inside::Inside;
use carafe::web::static_files::StaticFiles;
use carafe::web::template::Templates;
use carafe::{App, Server, random};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Serves until it is stopped.
///
/// # Errors
///
/// Flags that are not understood; a folder, a port or a store that cannot be had.
pub fn run(arguments: &[String]) -> CommandResult {
    let settings = flags::read(arguments)?;
    serve(settings).map_err(|why| CommandError::Failed(format!("carafe: {why}")))
}

fn serve(settings: ServeSettings) -> Result<ExitCode, String> {
    if !settings.dir.is_dir() {
        let dir = settings.dir.display();
        return Err(format!("found no folder {dir}, expected one with templates/ and www/"));
    }
    let (server, address) = bind(&settings)?;
    let given_key = settings.secret_key.clone();
    let secret_key = given_key.clone().unwrap_or_else(|| random::bytes::<32>().to_vec());
    let stores = stores::open(&settings.store, &secret_key)?;
    let state = stores.banner.clone();
    let recorder = (!settings.no_cycles).then(|| Arc::new(Recorder::default()));
    let (mut app, places) = application(&settings, stores, recorder.clone());
    app.secret_key(secret_key);
    let is_local = address.ip().is_loopback();
    let proxied = !settings.proxies.is_empty();
    // Where other machines can connect, the inner pages are closed, unless they were asked for.
    // Behind a proxy they are always closed.
    let open = !proxied && (is_local || settings.expose_cycles);
    let mut banner = vec![
        ("templates", places[0].clone()),
        ("www", places[1].clone()),
        ("state", state),
        ("key", stores::key_banner(given_key.as_deref()).to_owned()),
    ];
    if proxied {
        let proxies = format!("believed when they say who asks: {}", settings.proxies);
        banner.push(("proxies", proxies));
    }
    banner.push(("cycles", cycles_banner(&settings, address, open)));
    if !is_local {
        banner.push(("warning", "other machines can reach this server".to_owned()));
    }
    app.inside(Inside { open, everyone: settings.expose_cycles, hosts: settings.allowed_hosts });
    // Before the banner: a program that has read it may send the signal at once.
    carafe::stop_on_signals(&server.stopper())
        .map_err(|error| format!("signals cannot be heard: {error}"))?;
    let rows = banner.iter().map(|(title, text)| format!("  {title:<10} {text}\n"));
    let rows: String = rows.collect();
    print(&format!("carafe serves on {}\n{rows}  Ctrl-C stops it.\n", url(address)));
    if let (Some(recorder), true) = (recorder.clone(), settings.show_cycles) {
        let print = move || app::glass::print_all(&recorder, &format!("http://{address}"));
        if let Err(error) = std::thread::Builder::new().name("show-cycles".into()).spawn(print) {
            warn(&format!("carafe: cycles cannot be shown: {error}"));
        }
    }
    let server = match recorder {
        Some(recorder) => server.recorder(recorder),
        None => server,
    };
    let server = server.log(settings.log).workers(settings.workers).limits(settings.limits);
    let server = server.stop_time(settings.stop_time).proxies(settings.proxies);
    server.run(app::glass::WithoutOwnRequests(app)).map_err(|error| error.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// The server, and the address that it has.
fn bind(settings: &ServeSettings) -> Result<(Server, SocketAddr), String> {
    let (host, port) = (settings.host.as_str(), settings.port);
    let bound =
        Server::bind((host, port)).and_then(|server| server.local_addr().map(|at| (server, at)));
    bound.map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::AddrInUse => {
                let free = free_port(host, port);
                format!("another program has it; try: carafe --port {free}")
            }
            _ => error.to_string(),
        };
        format!("cannot listen on {host}:{port}: {hint}")
    })
}

/// The next port that is free; 0, which takes any, if there is none near. Never 5000 or 7000: on a
/// Mac they belong to AirPlay, which answers 403 and is easily taken for one's own server.
fn free_port(host: &str, taken: u16) -> u16 {
    let mut next = (taken..u16::MAX).skip(1).take(100).filter(|port| ![5000, 7000].contains(port));
    next.find(|&port| TcpListener::bind((host, port)).is_ok()).unwrap_or(0)
}

/// The application with its templates, files and stores; and where the templates and files are.
pub fn application(
    settings: &ServeSettings,
    stores: OpenStores,
    recorder: Option<Arc<Recorder>>,
) -> (App, [String; 2]) {
    let mut app = App::new();
    app::routes(&mut app);
    if let Some(recorder) = &recorder {
        app.recorder(Arc::clone(recorder));
    }
    app::glass::routes(&mut app, recorder.clone());
    let found = |name: &str| Some(settings.dir.join(name)).filter(|path| path.is_dir());
    let shown = |path: &Option<PathBuf>| match path {
        Some(path) => path.canonicalize().unwrap_or_else(|_| path.clone()).display().to_string(),
        None => "built in".to_owned(),
    };
    let (templates, www) = (found("templates"), found("www"));
    let places = [shown(&templates), shown(&www)];
    app::course::lessons::routes(&mut app, recorder, templates.clone());
    app.templates(
        templates.map_or_else(|| Templates::embedded(assets::TEMPLATES), Templates::from_dir),
    );
    app.files(
        "/static",
        www.map_or_else(|| StaticFiles::embedded(assets::WWW), StaticFiles::from_dir),
    );
    app.sessions(stores.sessions, settings.session_ttl, settings.session_cap);
    app.store(stores.rows);
    (app, places)
}

/// The address to type. Nobody can visit 0.0.0.0, which means every address of this machine.
fn url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        let port = address.port();
        return format!("http://127.0.0.1:{port} and every other address of this machine");
    }
    format!("http://{address}")
}

/// The banner's line about the cycles: where they are, and who may look.
fn cycles_banner(settings: &ServeSettings, address: SocketAddr, open: bool) -> String {
    if settings.no_cycles {
        "not recorded".into()
    } else if !settings.proxies.is_empty() {
        "off: behind a proxy every client could look".into()
    } else if !open {
        "hidden: other machines could look; --expose-cycles shows them".into()
    } else if settings.expose_cycles {
        format!("http://{address}/cycles, for everybody who knows the name")
    } else {
        let hint = "(a proxy in front makes all look local: --trust-proxy)";
        format!("http://{address}/cycles, for this machine only\n             {hint}")
    }
}
