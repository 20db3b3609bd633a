//! `carafe`: serves the application, and says where it is to be found.

use super::state::{self, State, Where};
use crate::app::{self, assets};
use carafe::cycle::Recorder;
use carafe::http::Limits;
use carafe::http::forwarded::Proxies;
use carafe::server::log::Log;
use carafe::web::inside::Inside;
use carafe::web::static_files::StaticFiles;
use carafe::web::template::Templates;
use carafe::{App, Server, Stopper, random};
use std::io::{self, ErrorKind, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// What the flags and the environment come to.
pub struct Settings {
    /// The address to bind to.
    pub host: String,
    /// The port; 0 for any free one.
    pub port: u16,
    /// Where templates/ and www/ are looked for.
    pub dir: Option<PathBuf>,
    /// Where state lives.
    pub store: Where,
    /// The key that signs; `None`: a random one.
    pub secret_key: Option<Vec<u8>>,
    /// How long a session lives after its last use.
    pub session_ttl: Duration,
    /// How many sessions there may be.
    pub session_cap: usize,
    /// What is written of each answer.
    pub log: Log,
    /// How many threads there may be.
    pub workers: usize,
    /// How much a client may send, and how long it may take.
    pub limits: Limits,
    /// How long answers under way may take after a stop.
    pub stop_time: Duration,
    /// Keep the last cycles.
    pub cycles: bool,
    /// Print each cycle.
    pub show_cycles: bool,
    /// Show the inner pages although other machines can reach this server.
    pub expose_cycles: bool,
    /// Names by which this machine is known, beside localhost.
    pub allowed_hosts: Vec<String>,
    /// Whose word about the client is believed.
    pub proxies: Proxies,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            host: "127.0.0.1".into(),
            port: 8000,
            dir: None,
            store: Where::Memory,
            secret_key: None,
            session_ttl: Duration::from_secs(1800),
            session_cap: 100_000,
            log: Log::Line,
            workers: 12_000,
            limits: Limits::default(),
            stop_time: Duration::from_secs(5),
            cycles: true,
            show_cycles: false,
            expose_cycles: false,
            allowed_hosts: Vec::new(),
            proxies: Proxies::default(),
        }
    }
}

/// The application with its templates, files and stores, and where its pages are.
pub fn build(settings: &Settings, state: State, recorder: Option<Arc<Recorder>>) -> (App, String) {
    let mut app = App::new();
    app::routes(&mut app);
    if let Some(recorder) = &recorder {
        app.recorder(Arc::clone(recorder));
    }
    app::glass::routes(&mut app, recorder.clone());
    let dir = settings.dir.clone().unwrap_or_else(|| PathBuf::from("."));
    let found = |name: &str| Some(dir.join(name)).filter(|path| path.is_dir());
    let shown = |path: &Option<PathBuf>| path.as_deref().map_or("built in".to_owned(), place);
    let (templates, www) = (found("templates"), found("www"));
    let places = format!("  templates  {}\n  www        {}\n", shown(&templates), shown(&www));
    app::course::lessons::routes(&mut app, recorder, templates.clone());
    app.templates(
        templates.map_or_else(|| Templates::embedded(assets::TEMPLATES), Templates::from_dir),
    );
    app.files(
        "/static",
        www.map_or_else(|| StaticFiles::embedded(assets::WWW), StaticFiles::from_dir),
    );
    app.sessions(state.sessions, settings.session_ttl, settings.session_cap);
    app.store(state.kept);
    (app, places)
}

/// The next port that is free; 0, which takes any, if there is none near. Never 5000 or 7000: on a
/// Mac those belong to AirPlay, which answers 403 to whoever believes to have met a server of their
/// own.
fn free_port(host: &str, taken: u16) -> u16 {
    let next = (taken..u16::MAX).skip(1).take(100).filter(|port| ![5000, 7000].contains(port));
    next.into_iter().find(|&port| TcpListener::bind((host, port)).is_ok()).unwrap_or(0)
}

fn place(path: &Path) -> String {
    path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// Serves until it is stopped. `stops` is given the handle that stops it.
pub fn run(settings: Settings, stops: impl FnOnce(Stopper) -> io::Result<()>) -> ExitCode {
    if let Some(dir) = settings.dir.as_deref().filter(|dir| !dir.is_dir()) {
        let _ = writeln!(
            io::stderr(),
            "carafe: found no folder {}, expected one with templates/ and www/",
            dir.display()
        );
        return ExitCode::FAILURE;
    }
    let bound = Server::bind((settings.host.as_str(), settings.port))
        .and_then(|server| Ok((server.local_addr()?, server)));
    let (address, server) = match bound {
        Ok(bound) => bound,
        Err(error) => {
            let port = settings.port;
            let hint = match error.kind() {
                ErrorKind::AddrInUse => {
                    format!(
                        "another program has it; try: carafe --port {}",
                        free_port(&settings.host, port)
                    )
                }
                _ => error.to_string(),
            };
            let _ =
                writeln!(io::stderr(), "carafe: cannot listen on {}:{port}: {hint}", settings.host);
            return ExitCode::FAILURE;
        }
    };
    let secret_key = settings.secret_key.clone().unwrap_or_else(|| random::bytes::<32>().to_vec());
    let state = match settings.store.open(&secret_key) {
        Ok(state) => state,
        Err(why) => {
            let _ = writeln!(io::stderr(), "carafe: {why}");
            return ExitCode::FAILURE;
        }
    };
    let recorder = settings.cycles.then(|| Arc::new(Recorder::default()));
    let (mut app, places) = build(&settings, state, recorder.clone());
    app.secret_key(secret_key);
    let is_local = address.ip().is_loopback();
    let warning = if is_local { "" } else { "  warning    other machines can reach this server\n" };
    let proxied = !settings.proxies.is_empty();
    // Where other machines can connect, the inner pages are off unless they were asked for; behind
    // a proxy, always.
    let open = !proxied && (is_local || settings.expose_cycles);
    app.inside(Inside { open, everyone: settings.expose_cycles, hosts: settings.allowed_hosts });
    let proxies = match proxied {
        true => format!("  proxies    believed when they say who asks: {}\n", settings.proxies),
        false => String::new(),
    };
    let cycles = match (&recorder, open, settings.expose_cycles) {
        (None, _, _) => "  cycles     not recorded\n".to_owned(),
        _ if proxied => "  cycles     off: behind a proxy every client could look\n".to_owned(),
        (_, false, _) => {
            "  cycles     hidden: other machines could look; --expose-cycles shows them\n"
                .to_owned()
        }
        (_, _, true) => {
            format!("  cycles     http://{address}/cycles, for everybody who knows the name\n")
        }
        _ => format!(
            "  cycles     http://{address}/cycles, for this machine only\n             \
             (a proxy in front makes all look local: --trust-proxy)\n"
        ),
    };
    // Nobody can click on 0.0.0.0, the sign for every address of this machine.
    let url = if address.ip().is_unspecified() {
        format!("http://127.0.0.1:{} and every other address of this machine", address.port())
    } else {
        format!("http://{address}")
    };
    // Before the banner: whoever has read it may already say stop.
    if let Err(error) = stops(server.stopper()) {
        let _ = writeln!(io::stderr(), "carafe: signals cannot be heard: {error}");
        return ExitCode::FAILURE;
    }
    let _ = write!(
        io::stdout(),
        "carafe serves on {url}\n{places}  state      {}\n  key        {}\n{proxies}{cycles}{warning}  Ctrl-C stops it.\n",
        settings.store.banner(),
        state::key_banner(settings.secret_key.as_deref()),
    );
    let _ = io::stdout().flush();
    if let (Some(recorder), true) = (recorder.clone(), settings.show_cycles) {
        let print = move || app::glass::print_all(&recorder, &format!("http://{address}"));
        if let Err(error) = std::thread::Builder::new().name("show-cycles".into()).spawn(print) {
            let _ = writeln!(io::stderr(), "carafe: cycles cannot be shown: {error}");
        }
    }
    let server = match recorder {
        Some(recorder) => server.recorder(recorder),
        None => server,
    };
    let server = server
        .log(settings.log)
        .workers(settings.workers)
        .limits(settings.limits)
        .stop_time(settings.stop_time);
    let server = server.proxies(settings.proxies);
    match server.run(app::glass::WithoutOwnRequests(app)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "carafe: {error}");
            ExitCode::FAILURE
        }
    }
}
