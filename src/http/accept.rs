//! Deeper: Accept: which form of an answer a client prefers.
//!
//! ```text
//! Accept: text/html, application/json;q=0.5
//! ```
//!
//! means: HTML, or else JSON. A range without a weight has weight 1, and weight 0 means "not this".
//!
//! Left out: wildcards. curl sends `*/*`, which names no form, and gets plain text.

use super::Request;

impl Request {
    /// True if a page suits this client better than another form: its `Accept` names `text/html`,
    /// and no type with a higher weight (RFC 9110 §12.5.1). Browsers name it; curl sends `*/*`.
    pub fn prefers_html(&self) -> bool {
        let weight = self.weight_of("text/html");
        weight > 0.0 && self.weights().all(|(name, other)| name.contains('*') || other <= weight)
    }

    /// True if `Accept` names this media type, and not with `q=0`. A wildcard does not count.
    pub fn accepts(&self, media_type: &str) -> bool {
        self.weight_of(media_type) > 0.0
    }

    /// The highest weight that `Accept` gives to this media type; 0 if it does not name it.
    fn weight_of(&self, media_type: &str) -> f32 {
        let named = self.weights().filter(|(name, _)| name.eq_ignore_ascii_case(media_type));
        named.map(|(_, weight)| weight).fold(0.0, f32::max)
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
