//! Deeper: Finds the cycles that belong to a cycle.
//!
//! These are the same visitor's cycles before and after it, the page that a file was fetched for,
//! and the files that were fetched for a page.

use super::mask::ids;
use super::message::Message;
use super::repeat_request::RepeatRequest;
use carafe::cycle::{Record, Recorder};
use carafe::{Map, Value};
use std::sync::Arc;

/// The pages so far. The style sheets, scripts and pictures of a page belong to it.
#[derive(Default)]
pub struct PagesSoFar(Vec<(String, u64)>);

impl PagesSoFar {
    /// Takes the next cycle, and returns the number of the page that it belongs to; `None` if it
    /// belongs to no page.
    pub fn page_of(&mut self, record: &Record) -> Option<u64> {
        let request = Message::of(record, "received");
        let (path, _) = request.path_and_query();
        if !path.starts_with("/static/") && path != "/favicon.ico" {
            self.0.push((path.to_owned(), record.number));
            return None;
        }
        // A browser names the page in Referer when it fetches what the page needs.
        let page = path_of_url(request.header("Referer")?)?;
        self.0.iter().rev().find(|(path, _)| path == page).map(|(_, number)| *number)
    }
}

/// The path of `http://host/path?query`.
fn path_of_url(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    rest[rest.find('/')?..].split('?').next()
}

/// Each cycle that is kept, the oldest first, and the number of its page.
pub fn with_pages(recorder: &Recorder) -> Vec<(Arc<Record>, Option<u64>)> {
    let mut pages = PagesSoFar::default();
    let with_page = |record: Arc<Record>| {
        let page = pages.page_of(&record);
        (record, page)
    };
    recorder.all().into_iter().map(with_page).collect()
}

/// Adds to a description what its own record does not hold: `curl`, a line that sends the same
/// request; `masked`, if that line hides something; the numbers `previous` and `next` of the same
/// visitor's cycles, `page` and `parts`; and `again`, what a browser needs to send it again.
pub fn add_related(cycle: &mut Map, record: &Record, recorder: &Recorder, base: &str) {
    let all = with_pages(recorder);
    // The same visitor sent, or was given, one of the same ids. A login changes the id, and with
    // some stores every change does.
    let own: Vec<&str> = ids(&record.cycle).collect();
    let of_visitor = all.iter().map(|(other, _)| other);
    let of_visitor = of_visitor.filter(|other| ids(&other.cycle).any(|id| own.contains(&id)));
    let mut of_visitor = of_visitor.map(|other| other.number);
    let previous = of_visitor.clone().take_while(|number| *number < record.number).last();
    let next = of_visitor.find(|number| *number > record.number);
    let page = all.iter().find(|(other, _)| other.number == record.number);
    let parts = all.iter().filter(|(_, page)| *page == Some(record.number));
    let parts: Vec<Value> = parts.map(|(part, _)| part.number.into()).collect();

    let again = RepeatRequest::of(record);
    cycle.insert("curl", again.curl(base));
    cycle.insert("masked", again.is_masked());
    cycle.insert("previous", previous);
    cycle.insert("next", next);
    cycle.insert("page", page.and_then(|(_, page)| *page));
    cycle.insert("parts", parts);
    cycle.insert("again", again.browser());
}
