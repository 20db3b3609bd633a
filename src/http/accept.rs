//! Deeper: Accept: which form of an answer a client prefers.
//!
//! `Accept: text/html, application/json;q=0.5` means: HTML, or else JSON. A range without a weight
//! has weight 1, and weight 0 means "not this".
//!
//! Left out: `*/*`. curl sends it; it names no form, and gets plain text.

use super::Request;

impl Request {
    /// True if a page suits this client better than another form: its `Accept` names `text/html`,
    /// and no type with a higher weight (RFC 9110 §12.5.1). Browsers do.
    pub fn prefers_html(&self) -> bool {
        let weight = self.weight_of("text/html").unwrap_or(0.0);
        let is_no_more = |(name, other)| matches!(name, "*/*" | "text/*") || other <= weight;
        weight > 0.0 && self.weights().all(is_no_more)
    }

    /// True if `Accept` names this media type or, as `application/*`, all of its kind, and not with
    /// `q=0`. `*/*` does not count.
    pub fn accepts(&self, media_type: &str) -> bool {
        // RFC 9110 §12.5.1: "the most specific reference has precedence".
        let kind = || self.weight_of(&format!("{}/*", media_type.split_once('/')?.0));
        self.weight_of(media_type).or_else(kind).is_some_and(|weight| weight > 0.0)
    }

    /// The highest weight that `Accept` gives to this range; `None` if it does not name it.
    fn weight_of(&self, range: &str) -> Option<f32> {
        let named = self.weights().filter(|(name, _)| name.eq_ignore_ascii_case(range));
        named.map(|(_, weight)| weight).reduce(f32::max)
    }

    /// `Accept = #( media-range [ weight ] )` (RFC 9110 §12.5.1): each range with its weight.
    fn weights(&self) -> impl Iterator<Item = (&str, f32)> {
        self.headers.get_all("Accept").flat_map(|value| value.split(',')).map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or("");
            // weight = OWS ";" OWS "q=" qvalue (§12.4.2). A weight that is no number counts as 1.
            let weight = parts.find_map(|parameter| match parameter.split_once('=') {
                Some(("q" | "Q", weight)) => Some(weight.trim().parse().unwrap_or(1.0)),
                _ => None,
            });
            (name, weight.filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(1.0))
        })
    }
}
