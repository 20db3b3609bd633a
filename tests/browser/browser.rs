//! A real browser for the tests: headless Chromium, told what to do through chromedriver.
//!
//! chromedriver speaks WebDriver (the W3C standard), which is HTTP and JSON: each method here is
//! one request. What the standard has no word for (dark, narrow, without scripts) goes to
//! Chromium's own DevTools in the same way.
//!
//! One browser serves a whole test binary. Tests take turns at it, and each begins with a fresh tab
//! and without cookies:
//!
//! ```ignore
//! let Some(browser) = Browser::take() else { return };  // not installed: skipped
//! browser.open(&carafe.url("/formtest"));
//! browser.find("input[name=name]").write("Ada");
//! browser.find("form button").click();
//! browser.wait_for("document.body.textContent.includes('Ada')");
//! ```

use crate::common::{ChildGuard, DEADLINE, is_there, wait_until};
use carafe::{Map, Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

/// How Chromium is started: without a window, without what it would do on the network by itself,
/// and blind to every name. A page that asks for anything but this machine fails, and the test that
/// opened it with it.
const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox", // Chromium refuses to run as root with one
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
    "--hide-scrollbars",
    "--force-prefers-reduced-motion", // or a click comes while the page still scrolls to its target
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// A test's turn at the browser.
pub struct Browser {
    driver: Arc<Driver>,
    _turn: MutexGuard<'static, ()>,
}

/// An element of the page that is open.
pub struct Element<'b> {
    browser: &'b Browser,
    id: String,
}

/// chromedriver, and the Chromium that it started.
struct Driver {
    _child: ChildGuard,
    // Read no more, but kept open: chromedriver must not find it closed.
    _stdout: BufReader<ChildStdout>,
    agent: ureq::Agent,
    session: String,
}

impl Browser {
    /// Waits for the test's turn. `None` if there is no browser, or no axe-core to check pages
    /// with: the test is skipped, and where CI runs it fails.
    pub fn take() -> Option<Browser> {
        static SHARED: Mutex<Weak<Driver>> = Mutex::new(Weak::new());
        static TURN: Mutex<()> = Mutex::new(());
        let programs = ["chromium", "chromedriver", "pdftotext"];
        if !programs.into_iter().all(|program| is_there(is_installed(program), program))
            || !is_there(axe().exists(), "axe-core")
        {
            return None;
        }
        // Whoever waits for a turn keeps the browser alive for it; the last one ends it.
        let driver = {
            let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
            shared.upgrade().unwrap_or_else(|| {
                let driver = Arc::new(Driver::start());
                *shared = Arc::downgrade(&driver);
                driver
            })
        };
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let browser = Browser { driver, _turn: turn };
        browser.only_tab(&browser.new_tab());
        browser.devtools("Network.clearBrowserCookies", Map::new());
        browser.requests();
        browser.complaints();
        Some(browser)
    }

    /// Goes to a page, and waits until it is loaded.
    pub fn open(&self, url: &str) {
        self.post("/url", [("url", url)]);
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.get("/url").as_str().unwrap_or_default().to_owned()
    }

    /// The first element that this CSS selector finds, as soon as there is one.
    pub fn find(&self, css: &str) -> Element<'_> {
        self.find_by("css selector", css)
    }

    /// The link with this text.
    pub fn link(&self, text: &str) -> Element<'_> {
        self.find_by("link text", text)
    }

    fn find_by(&self, how: &str, what: &str) -> Element<'_> {
        let end = Instant::now() + DEADLINE;
        loop {
            let found = self.driver.ask(
                "POST",
                "/element",
                Some(Map::from([("using", how), ("value", what)])),
            );
            // The standard's name for "the id of an element".
            let id = found.as_ref().ok().and_then(|found| {
                found
                    .as_map()?
                    .get("element-6066-11e4-a52e-4f735466cecf")
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            });
            if let Some(id) = id {
                return Element { browser: self, id };
            }
            assert!(Instant::now() < end, "no {what:?} on {}: {}", self.url(), self.text());
        }
    }

    /// What a script returns, run in the page.
    pub fn script(&self, script: &str) -> Value {
        self.post(
            "/execute/sync",
            [("script", Value::from(script)), ("args", Value::List(Default::default()))],
        )
    }

    /// What the promise that a script makes comes to.
    pub fn promise(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; ({script}).then(done, (error) => done('failed: ' + error));"
        );
        self.post(
            "/execute/async",
            [("script", Value::from(script)), ("args", Value::List(Default::default()))],
        )
    }

    /// Waits until this is true in the page.
    pub fn wait_for(&self, condition: &str) {
        let holds = || self.script(&format!("return Boolean({condition})")) == Value::Bool(true);
        let page = || format!("{}: {}", self.url(), self.text());
        wait_until!(holds(), "{condition} is still not so on {}", page());
    }

    /// The page's visible text.
    pub fn text(&self) -> String {
        self.script("return document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// Opens another tab beside this one and goes there; gives back its handle for
    /// [`Browser::tab`].
    pub fn new_tab(&self) -> String {
        let tab = self.post("/window/new", [("type", "tab")]);
        let handle = tab.as_map().and_then(|tab| tab.get("handle")).and_then(Value::as_str);
        let handle = handle.expect("a tab has a handle").to_owned();
        self.tab(&handle);
        handle
    }

    /// The handle of this tab.
    pub fn this_tab(&self) -> String {
        self.get("/window").as_str().expect("a handle is text").to_owned()
    }

    /// Goes to a tab.
    pub fn tab(&self, handle: &str) {
        self.post("/window", [("handle", handle)]);
    }

    fn only_tab(&self, kept: &str) {
        let tabs = self.get("/window/handles");
        for tab in tabs
            .as_list()
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_str)
            .filter(|tab| *tab != kept)
        {
            self.tab(tab);
            let _ = self.driver.ask("DELETE", "/window", None);
        }
        self.tab(kept);
    }

    /// Shows pages as the system of a visitor who prefers `dark` or `light` would.
    pub fn scheme(&self, scheme: &str) {
        // And without motion: a page that scrolls smoothly is still on its way when it is clicked.
        let features = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", "reduce")];
        let features = features
            .map(|(name, value)| Value::from(Map::from([("name", name), ("value", value)])));
        self.devtools("Emulation.setEmulatedMedia", [("features", features.to_vec())]);
    }

    /// Makes the window so many pixels wide.
    pub fn width(&self, width: i64) {
        let metrics = [("width", width), ("height", 900), ("deviceScaleFactor", 1)];
        let mut metrics = Map::from(metrics);
        metrics.insert("mobile", false);
        self.devtools("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Lets pages run their scripts, or not.
    pub fn scripts(&self, on: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", [("value", !on)]);
    }

    /// Every address that was asked for since the last call.
    pub fn requests(&self) -> Vec<String> {
        let log = self.log("performance");
        let address = |entry: &Value| {
            let message = json::parse(entry.as_map()?.get("message")?.as_str()?.as_bytes()).ok()?;
            let event = message.as_map()?.get("message")?.as_map()?.clone();
            let is_request = event.get("method")?.as_str()? == "Network.requestWillBeSent";
            let request = event.get("params")?.as_map()?.get("request")?.as_map()?.clone();
            is_request
                .then(|| request.get("url").and_then(Value::as_str).unwrap_or_default().to_owned())
        };
        log.as_list().unwrap_or_default().iter().filter_map(address).collect()
    }

    /// What the browser complained of since the last call: scripts that failed, what the security
    /// policy stopped. (What a script prints is no complaint, nor that an answer is a 4xx.)
    pub fn complaints(&self) -> Vec<String> {
        let log = self.log("browser");
        let complaint = |entry: &Value| {
            let text = |name| entry.as_map()?.get(name)?.as_str();
            let message = text("message")?;
            let counts = text("level")? != "INFO"
                && !message.contains("the server responded with a status of");
            counts.then(|| message.to_owned())
        };
        log.as_list().unwrap_or_default().iter().filter_map(complaint).collect()
    }

    fn log(&self, which: &str) -> Value {
        self.post("/se/log", [("type", which)])
    }

    /// What axe-core has to say against this page, one line each: the rule, and the element.
    pub fn barriers(&self) -> Vec<String> {
        let source = std::fs::read_to_string(axe()).expect("axe-core can be read");
        self.script(&format!("if (!window.axe) {{ {source} }}"));
        let found = self.promise(
            "axe.run().then((result) => result.violations.flatMap((rule) => rule.nodes.map((node) => \
             rule.id + ': ' + rule.help + ': ' + node.html.slice(0, 200) + ' ' + (node.any[0] ? node.any[0].message : ''))))",
        );
        let found = found.as_list().unwrap_or_else(|| panic!("axe.run gave {found:?}")).to_vec();
        found.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Keeps a picture of the whole page as `target/screenshots/NAME.png`, for people to look at.
    pub fn picture(&self, name: &str) {
        // Chromium paints at most 16384 pixels.
        let height = self.script("return Math.min(document.documentElement.scrollHeight, 16000)");
        let width = self.script("return innerWidth");
        let mut clip = Map::from([("width", width), ("height", height)]);
        for (name, number) in [("x", 0), ("y", 0), ("scale", 1)] {
            clip.insert(name, number);
        }
        let mut options = Map::from([("clip", clip)]);
        options.insert("captureBeyondViewport", true);
        self.keep(&format!("{name}.png"), &self.devtools("Page.captureScreenshot", options));
    }

    /// Keeps the page as it would be printed, with margins of two centimetres, as `target/screenshots/NAME.pdf`; gives back the
    /// file's path.
    pub fn print(&self, name: &str) -> PathBuf {
        // With backgrounds: whoever prints them must not get black paper.
        let margin = Map::from(["top", "bottom", "left", "right"].map(|side| (side, 2)));
        let wanted = [("background", Value::from(true)), ("margin", margin.into())];
        let printed = self.post("/print", wanted);
        self.keep(&format!("{name}.pdf"), &Value::from(Map::from([("data", printed)])))
    }

    /// Presses the Tab key.
    pub fn tab_key(&self) {
        // U+E004 is the standard's name for it.
        let press = |kind| Value::from(Map::from([("type", kind), ("value", "\u{e004}")]));
        let keyboard = Map::from([
            ("type", Value::from("key")),
            ("id", "keyboard".into()),
            ("actions", vec![press("keyDown"), press("keyUp")].into()),
        ]);
        self.post("/actions", [("actions", vec![Value::from(keyboard)])]);
    }

    fn keep(&self, name: &str, answer: &Value) -> PathBuf {
        let data = answer.as_map().and_then(|answer| answer.get("data")).and_then(Value::as_str);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let path = folder.join(name);
        std::fs::write(&path, from_base64(data.expect("there is a picture")))
            .expect("it can be written");
        path
    }

    /// A command to DevTools.
    pub fn devtools(&self, command: &str, parameters: impl Into<Map>) -> Value {
        self.post(
            "/goog/cdp/execute",
            [("cmd", Value::from(command)), ("params", parameters.into().into())],
        )
    }

    fn get(&self, path: &str) -> Value {
        self.driver.ask("GET", path, None).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn post(&self, path: &str, body: impl Into<Map>) -> Value {
        self.driver
            .ask("POST", path, Some(body.into()))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

impl Element<'_> {
    /// Presses the mouse on it.
    pub fn click(&self) {
        self.browser.post(&format!("/element/{}/click", self.id), Map::new());
    }

    /// Types into it.
    pub fn write(&self, text: &str) {
        self.browser.post(&format!("/element/{}/value", self.id), [("text", text)]);
    }

    /// Its visible text.
    pub fn text(&self) -> String {
        self.browser
            .get(&format!("/element/{}/text", self.id))
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

impl Driver {
    fn start() -> Driver {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = ChildGuard::spawn(&mut command);
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        // "ChromeDriver was started successfully on port 41123."
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert_ne!(
                stdout.read_line(&mut line).expect("chromedriver prints text"),
                0,
                "chromedriver ended"
            );
            if let Some((_, port)) =
                line.trim_end().trim_end_matches('.').split_once("successfully on port ")
            {
                break port.to_owned();
            }
        };
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(2 * DEADLINE))
            .http_status_as_error(false);
        let mut driver = Driver {
            _child: child,
            _stdout: stdout,
            agent: config.build().into(),
            session: format!("http://127.0.0.1:{port}/session"),
        };
        let flags: Vec<Value> = FLAGS.iter().map(|flag| Value::from(*flag)).collect();
        let logs = Map::from([("performance", "ALL"), ("browser", "ALL")]);
        let wanted = Map::from([
            ("browserName", Value::from("chrome")),
            ("goog:chromeOptions", Map::from([("args", flags)]).into()),
            ("goog:loggingPrefs", logs.into()),
        ]);
        let wanted = Map::from([("capabilities", Map::from([("alwaysMatch", wanted)]))]);
        let session = driver.ask("POST", "", Some(wanted)).expect("Chromium starts");
        let id =
            session.as_map().and_then(|session| session.get("sessionId")).and_then(Value::as_str);
        driver.session = format!("{}/{}", driver.session, id.expect("a session has an id"));
        driver
    }

    /// One request of WebDriver: the value of its answer, or what it says went wrong.
    fn ask(&self, method: &str, path: &str, body: Option<Map>) -> Result<Value, String> {
        let url = format!("{}{path}", self.session);
        let sent = match method {
            "GET" => self.agent.get(&url).call(),
            "DELETE" => self.agent.delete(&url).call(),
            _ => self
                .agent
                .post(&url)
                .content_type("application/json")
                .send(json::write(&body.unwrap_or_default().into())),
        };
        let mut answer = sent.map_err(|error| error.to_string())?;
        let text = answer
            .body_mut()
            .with_config()
            .limit(u64::MAX)
            .read_to_vec()
            .map_err(|error| error.to_string())?;
        let answered = json::parse(&text).map_err(|error| error.to_string())?;
        let value =
            answered.as_map().and_then(|map| map.get("value")).cloned().unwrap_or(Value::Null);
        if answer.status().is_success() { Ok(value) } else { Err(json::write(&value)) }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The end of the session ends Chromium.
        let _ = self.ask("DELETE", "", None);
    }
}

fn axe() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/node_modules/axe-core/axe.min.js")
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The bytes that a text in base64 (RFC 4648 §4) stands for.
fn from_base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        (bits, count) = (bits << 6 | u32::from(six), count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
