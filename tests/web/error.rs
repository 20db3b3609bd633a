//! What a client is told of an error.

use carafe::http::{Method, Request, Status};
use carafe::web::client::Client;
use carafe::web::store::StoreError;
use carafe::{App, Context, Error};

#[test]
fn a_stranger_is_told_the_status_of_a_failure_alone() {
    let mut app = App::new();
    app.get("/abort", |_: &mut Context| -> Result<&str, Error> {
        Err(Error::abort(Status::SERVICE_UNAVAILABLE, "the printer is out of paper"))
    });
    app.get("/io", |_: &mut Context| -> Result<String, Error> {
        Ok(std::fs::read_to_string("/no/such/file")?)
    });
    app.get("/wrong", |_: &mut Context| -> Result<&str, Error> {
        Err(Error::abort(Status::CONFLICT, "somebody was faster"))
    });
    app.get("/large", |_: &mut Context| -> Result<&str, Error> {
        Err(StoreError::TooLarge("the row would be 108 bytes".into()))?
    });
    for (path, status, inside, outside) in [
        ("/large", 413, "108 bytes", "413 Content Too Large\nGET /large\n"),
        ("/abort", 503, "out of paper", "503 Service Unavailable\nGET /abort\n"),
        ("/io", 500, "tests/web/error.rs:", "500 Internal Server Error\nGET /io\n"),
        ("/wrong", 409, "somebody was", "409 Conflict\nGET /wrong\nsomebody was faster\n"),
        ("/abotr", 404, "did you mean GET /abort", "404 Not Found\nGET /abotr\nthere is nothing"),
    ] {
        let answer = Client::new(&app).get(path);
        assert_eq!(answer.status(), status, "{path}");
        let text = answer.text();
        assert_eq!(text.matches(inside).count(), 1, "{path}: {text}");
        assert_eq!(status >= 500, answer.warnings.len() == 1, "{path}");
        let mut request = Request::new(Method::Get, path);
        request.headers.set("Host", "shop.example");
        let text = Client::new(&app).send(request).text();
        assert!(text.starts_with(outside) && !text.contains("did you mean"), "{path}: {text}");
        assert_eq!(text.contains(inside), path == "/wrong", "{path}: {text}");
    }
}
