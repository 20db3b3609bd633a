//! Programs of one's own on the library: what its defaults let a browser do.

use crate::browser::Browser;
use crate::common::is_there;
use crate::flaskr;
use carafe::web::client::Client;
use carafe::{App, Context, Error, Response, Server};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs a program while `visit` looks at it; it is given the address.
fn serve(app: App, visit: impl FnOnce(&str)) {
    let server = Server::bind("127.0.0.1:0").expect("a port is free").quiet();
    let base = format!("http://{}", server.local_addr().expect("it has an address"));
    let stopper = server.stopper();
    std::thread::scope(|scope| {
        scope.spawn(|| server.run(app).expect("it runs"));
        let visited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| visit(&base)));
        stopper.stop();
        visited.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

fn upload(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    let (age, photo) = (form.parse::<i64>("age")?, form.file("photo")?);
    let is_chosen = form.file("other").is_ok();
    let area = form.required("a\"b\r\nc")?;
    Ok(Response::text(format!(
        "{age} {area} {} {} {:?} {is_chosen}",
        photo.file_name, photo.content_type, photo.bytes
    )))
}

#[test]
fn a_browser_sends_a_form_with_files() {
    let Some(browser) = Browser::take() else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser-upload");
    fs::create_dir_all(&folder).expect("a folder can be made");
    let file = folder.join("mé 李.png");
    fs::write(&file, [0x89, b'\r', b'\n', 0]).expect("a file can be written");
    let mut app = App::new();
    app.post("/", upload);
    app.get("/", |_: &mut Context| {
        Response::html(
            "<!doctype html><form method=post enctype=multipart/form-data><input name=age>\
            <input type=file name=photo><input type=file name=other>\
            <textarea name='a&quot;b&#10;c'>é\n</textarea><button>Send</button></form>",
        )
    });
    serve(app, |base| {
        browser.open(&format!("{base}/"));
        browser.find("[name=age]").write("36");
        browser.find("[name=photo]").write(&file.display().to_string());
        browser.find("button").click();
        browser.wait_for("document.body.innerText.startsWith('36')");
        // Line ends in a text area travel as CR LF.
        assert_eq!(browser.text(), "36 é\n mé 李.png image/png [137, 13, 10, 0] false");
    });
}

#[test]
fn flaskr_asks_before_it_deletes() {
    let Some(browser) = Browser::take() else { return };
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/flaskr");
    if !is_there(source.exists(), "target/flaskr") {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser-flaskr");
    let _ = fs::remove_dir_all(&folder);
    let copied = Command::new("cp").arg("-r").arg(&source).arg(&folder).status();
    assert!(copied.expect("cp runs").success());
    let index = folder.join("templates/blog/index.html");
    let text = fs::read_to_string(&index).expect("a template can be read");
    let text = text.replace(".strftime('%Y-%m-%d')", "");
    fs::write(&index, text).expect("a template can be written");
    let app = flaskr::app(&folder);
    let mut author = Client::new(&app);
    let user = [("username", "ada"), ("password", "secret")];
    assert_eq!(author.post("/auth/register", &user).status(), 303);
    assert_eq!(author.post("/auth/login", &user).status(), 303);
    assert_eq!(author.post("/create", &[("title", "first"), ("body", "one")]).status(), 303);
    serve(app, |base| {
        browser.open(&format!("{base}/auth/login"));
        browser.find("[name=username]").write("ada");
        browser.find("[name=password]").write("secret");
        browser.find("[type=submit]").click();
        browser.wait_for("location.pathname === '/'");
        for (answer, title) in [("false", "Edit"), ("true", "Posts")] {
            browser.open(&format!("{base}/1/update"));
            browser.script(&format!("window.confirm = () => {answer};"));
            browser.find(".danger").click();
            browser.wait_for(&format!("document.title.startsWith('{title}')"));
        }
        browser.open(&format!("{base}/1/update"));
        assert!(browser.text().contains("404"), "{}", browser.text());
        // Flask's own pages may be complained of, but nothing in them was stopped.
        let stopped = |complaint: &String| complaint.contains("Content Security Policy");
        assert!(!browser.complaints().iter().any(stopped));
    });
}
