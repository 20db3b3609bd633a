//! The peer on actix-web: one event loop for each processor.

use actix_web::http::header::{CONTENT_TYPE, COOKIE, HeaderName, HeaderValue, SET_COOKIE};
use actix_web::middleware::DefaultHeaders;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use peers::{Counters, Page};

async fn hello() -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).body("Hello, World!\n")
}

async fn page(page: web::Data<Page>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).body(page.render())
}

async fn compiled_page() -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).body(peers::compiled_page())
}

async fn count(counters: web::Data<Counters>, request: HttpRequest) -> HttpResponse {
    let (body, cookie) = counters.visit(request.headers().get(COOKIE).and_then(|value| value.to_str().ok()));
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"));
    if let Some(cookie) = cookie {
        response.insert_header((SET_COOKIE, cookie));
    }
    response.body(body)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let arguments = peers::arguments();
    let files = arguments.files;
    let shared = web::Data::new(Page::new(&arguments.templates));
    let counters = web::Data::new(Counters::default());
    let pair = |(name, value): (String, String)| Some((name.parse().ok()?, value.parse().ok()?));
    let headers: Vec<(HeaderName, HeaderValue)> = peers::headers().into_iter().filter_map(pair).collect();
    HttpServer::new(move || {
        let add = headers.iter().fold(DefaultHeaders::new(), |add, pair| add.add(pair.clone()));
        App::new()
            .wrap(add)
            .app_data(shared.clone())
            .app_data(counters.clone())
            .route("/hello", web::get().to(hello))
            .route("/page", web::get().to(page))
            .route("/compiled", web::get().to(compiled_page))
            .route("/count", web::get().to(count))
            .service(actix_files::Files::new("/static", &files))
    })
    // As many as there are processors, and as many connections as will come.
    .max_connections(20_000)
    .bind(arguments.address)?
    .run()
    .await
}
