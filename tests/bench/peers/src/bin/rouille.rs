//! The peer on rouille: its own pool of threads over tiny_http.

use peers::{Counters, Page};
use rouille::Response;

fn main() {
    let arguments = peers::arguments();
    let (page, counters, headers) = (Page::new(&arguments.templates), Counters::default(), peers::headers());
    rouille::start_server(arguments.address, move |request| {
        let mut response = match request.url().as_str() {
            "/hello" => Response::text("Hello, World!\n"),
            "/page" => Response::html(page.render()),
            "/count" => {
                let (body, cookie) = counters.visit(request.header("Cookie"));
                let response = Response::text(body);
                match cookie {
                    Some(cookie) => response.with_additional_header("Set-Cookie", cookie),
                    None => response,
                }
            }
            _ => match request.remove_prefix("/static") {
                Some(request) => rouille::match_assets(&request, &arguments.files),
                None => Response::empty_404(),
            },
        };
        for (name, value) in &headers {
            response.headers.push((name.clone().into(), value.clone().into()));
        }
        response
    });
}
