//! The peer on axum: tokio's threads, one for each processor.

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::IntoResponse;
use axum::{Router, middleware, routing::get};
use peers::{Counters, Page};
use std::sync::Arc;
use tower_http::services::ServeDir;

struct Shared {
    page: Page,
    counters: Counters,
    headers: Vec<(HeaderName, HeaderValue)>,
}

async fn hello() -> &'static str {
    "Hello, World!\n"
}

async fn page(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], shared.page.render())
}

async fn compiled_page() -> impl IntoResponse {
    ([(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], peers::compiled_page())
}

async fn count(State(shared): State<Arc<Shared>>, asked: HeaderMap) -> impl IntoResponse {
    let (body, cookie) = shared.counters.visit(asked.get(COOKIE).and_then(|value| value.to_str().ok()));
    let mut headers = HeaderMap::new();
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::try_from(cookie).ok()) {
        headers.insert(SET_COOKIE, cookie);
    }
    (headers, body)
}

#[tokio::main]
async fn main() {
    let arguments = peers::arguments();
    let pair = |(name, value): (String, String)| Some((name.parse().ok()?, value.parse().ok()?));
    let shared = Arc::new(Shared {
        page: Page::new(&arguments.templates),
        counters: Counters::default(),
        headers: peers::headers().into_iter().filter_map(pair).collect(),
    });
    let add = middleware::map_response_with_state(
        Arc::clone(&shared),
        |State(shared): State<Arc<Shared>>, mut response: axum::response::Response| async move {
            for (name, value) in &shared.headers {
                response.headers_mut().insert(name.clone(), value.clone());
            }
            response
        },
    );
    let app = Router::new()
        .route("/hello", get(hello))
        .route("/page", get(page))
        .route("/compiled", get(compiled_page))
        .route("/count", get(count))
        .nest_service("/static", ServeDir::new(arguments.files))
        .layer(add)
        .with_state(shared);
    let listener = tokio::net::TcpListener::bind(arguments.address).await.expect("the port is free");
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, app).await.expect("it serves");
}
