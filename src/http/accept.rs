//! Deeper: Accept: which form of an answer a client prefers.
//!
//! `Accept: text/html, application/json;q=0.5` means: HTML, or else JSON. A range without a weight
//! has weight 1, and weight 0 means "not this".
//!
//! Each answer also has a form as plain text. It is for clients that name no form, such as curl,
//! which sends `*/*`.

use super::Request;

impl Request {
    /// True if a page suits this client better than plain text. It does for browsers, whose
    /// `Accept` names `text/html`.
    pub fn prefers_html(&self) -> bool {
        self.preferred(&["text/html"]).is_some()
    }

    /// The one of these media types that suits this client best; `None` if plain text does. Of
    /// equal weights, what is named by itself wins, and then the first.
    ///
    /// ```
    /// let mut request = carafe::http::Request::new(carafe::http::Method::Get, "/");
    /// request.headers.append("Accept", "text/html;q=0.5, application/*");
    /// assert_eq!(request.preferred(&["text/html", "text/csv"]), Some("text/html"));
    /// assert_eq!(request.preferred(&["text/html", "application/json"]), Some("application/json"));
    /// ```
    pub fn preferred<'t>(&self, media_types: &[&'t str]) -> Option<&'t str> {
        let (weight, exactness) = self.weight_of("text/plain");
        // Where another form is named by itself, plain text gives way, even if it is named too.
        let (mut most, mut best) = ((weight, exactness.min(1)), None);
        for media_type in media_types {
            let weight = self.weight_of(media_type);
            if weight > most {
                (most, best) = (weight, Some(*media_type));
            }
        }
        best
    }

    /// The weight of a media type, and how exactly it is named: 2 means by itself, 1 as `text/*`, 0
    /// as `*/*` or not at all. "The most specific reference has precedence" (RFC 9110 §12.5.1).
    fn weight_of(&self, media_type: &str) -> (f32, u8) {
        let is_kind = |kind: &str| {
            let front = media_type.get(..kind.len());
            kind.ends_with('/') && front.is_some_and(|front| front.eq_ignore_ascii_case(kind))
        };
        let exactness = |range: &str| match range.strip_suffix('*') {
            Some("*/") => Some(0),
            Some(kind) => is_kind(kind).then_some(1),
            None => range.eq_ignore_ascii_case(media_type).then_some(2),
        };
        let named = self.weights().filter_map(|(range, weight)| Some((exactness(range)?, weight)));
        let most = named.reduce(|most, other| if other > most { other } else { most });
        let most = most.filter(|(_, weight)| *weight > 0.0);
        most.map_or((0.0, 0), |(exactness, weight)| (weight, exactness))
    }

    /// `Accept = #( media-range [ weight ] )` (RFC 9110 §12.5.1): each range with its weight.
    fn weights(&self) -> impl Iterator<Item = (&str, f32)> {
        self.headers.elements("Accept").map(|range| {
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
