//! A file as the answer of a handler.

use carafe::http::{Method, Request, Status};
use carafe::web::client::Client;
use carafe::{App, Context, Response};

/// Flask: `response.set_etag("3"); return response.make_conditional(request)`.
#[test]
fn an_answer_with_an_etag_of_the_handlers_own_is_conditional_too() {
    let mut app = App::new();
    let show = |_: &mut Context| Response::text("text\n").with_header("ETag", "\"3\"");
    app.route([Method::Get, Method::Post], "/show", show);
    app.get("/made", move |ctx: &mut Context| show(ctx).with_status(Status::CREATED));
    for (method, path, name, value, status) in [
        (Method::Get, "/show", "If-None-Match", "\"3\"", 304),
        (Method::Head, "/show", "If-None-Match", "W/\"3\"", 304),
        (Method::Get, "/show", "If-None-Match", "\"2\"", 200),
        (Method::Get, "/show", "If-Match", "\"2\"", 412),
        (Method::Get, "/show", "Range", "bytes=0-1", 200),
        (Method::Get, "/made", "If-None-Match", "\"3\"", 201),
        (Method::Post, "/show", "If-None-Match", "\"3\"", 200),
    ] {
        let mut request = Request::new(method, path);
        request.headers.append(name, value);
        let answer = Client::new(&app).send(request);
        assert_eq!(answer.status(), status, "{name}: {value}");
        assert_eq!(answer.header("ETag").is_some(), status != 412);
    }
}

#[test]
fn a_file_is_sent_whole_in_part_or_not_at_all() {
    let path = std::env::temp_dir().join(format!("carafe-file-{}.txt", std::process::id()));
    std::fs::write(&path, "0123456789").unwrap();
    let mut app = App::new();
    let file = path.clone();
    app.get("/report", move |_: &mut Context| -> std::io::Result<Response> {
        let answer = Response::file(&file)?.with_header("Cache-Control", "max-age=60");
        Ok(answer.with_header("Vary", "X-Team").with_header("Set-Cookie", "a=1; Path=/"))
    });
    let file = path.clone();
    app.get("/whole", move |_: &mut Context| -> std::io::Result<Response> {
        Ok(Response::file(&file)?.with_header("Accept-Ranges", "none"))
    });
    let file = path.clone();
    app.route([Method::Post, Method::Put], "/report", move |_: &mut Context| Response::file(&file));
    let file = path.clone();
    app.get("/load", move |_: &mut Context| -> std::io::Result<Response> {
        Ok(Response::file(&file)?.download("Bericht \"李\".txt"))
    });
    let mut client = Client::new(&app);
    let whole = client.get("/report");
    assert_eq!(whole.text(), "0123456789");
    let mut ask_for = |path: &str, name: &str, value: &str| {
        let mut request = Request::new(Method::Get, path);
        request.headers.append(name, value);
        client.send(request)
    };
    for range in ["bytes=2-4", "bytes=99-"] {
        let answer = ask_for("/whole", "Range", range);
        assert_eq!((answer.status(), answer.text().as_str()), (200, "0123456789"), "{range}");
    }
    let mut ask = |name: &str, value: &str| ask_for("/report", name, value);
    assert_eq!(ask("If-None-Match", whole.header("ETag").unwrap()).status(), 304);
    // RFC 9110 §15.4.5: what guides the cache and what the handler adds stays.
    let same = ask("If-None-Match", "*");
    for name in ["ETag", "Cache-Control", "Vary", "Set-Cookie"] {
        assert!(same.header(name).is_some() && same.header(name) == whole.header(name), "{name}");
    }
    assert_eq!((same.status(), same.header("Content-Type")), (304, None));
    let part = ask("Range", "bytes=2-4");
    assert_eq!((part.status(), part.text().as_str()), (206, "234"));
    assert_eq!(ask("Range", "bytes=99-").status(), 416);
    // Another method has done its work when its answer is there.
    for (method, name) in [(Method::Post, "If-Match"), (Method::Put, "If-None-Match")] {
        let mut request = Request::new(method, "/report");
        request.headers.append(name, if name == "If-Match" { "\"b\"" } else { "*" });
        assert_eq!(client.send(request).status(), 200, "{name}");
    }
    let load = Client::new(&app).get("/load");
    let disposition = "attachment; filename=\"Bericht ___.txt\"; \
                       filename*=UTF-8''Bericht%20%22%E6%9D%8E%22.txt";
    assert_eq!(load.header("Content-Disposition"), Some(disposition));
    // The name decides the type only of what may be anything. So does Flask's `download_name`.
    for (content_type, expected) in
        [("application/octet-stream", "application/pdf"), ("text/csv", "text/csv")]
    {
        let sent = Response::typed(content_type, b"x".to_vec()).download("Größe 1.pdf");
        assert_eq!(sent.headers.get_all("Content-Type").collect::<Vec<_>>(), [expected]);
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(Client::new(&app).get("/report").status(), 500);
}
