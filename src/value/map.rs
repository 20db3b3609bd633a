//! Deeper: a map keeps its names in order and finds each fast.
//!
//! Names and values lie in one list. A list of more than 16 also has an index by name.

use super::{Text, Value};
use std::collections::HashMap;

/// Names with values, in the order in which the names were first put in.
///
/// A [`Value`] shares its map with its clones: see [`Value::Map`].
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: Vec<(Text, Value)>,
    /// The position of each name; only for maps that are too long to be searched from the front.
    #[expect(clippy::box_collection, reason = "most maps have no index, and should stay small")]
    index: Option<Box<HashMap<Box<[u8]>, usize>>>,
    /// True if a name is found in any case of letters.
    any_case: bool,
}

/// Up to this many names, comparing each is as quick as hashing one.
const SEARCHED: usize = 16;

impl Map {
    /// An empty map.
    pub const fn new() -> Map {
        Map { entries: Vec::new(), index: None, any_case: false }
    }

    /// An empty map whose names are found in any case of letters, as those of header fields.
    pub fn in_any_case() -> Map {
        Map { any_case: true, ..Map::new() }
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there is no name.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value under this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.under(name.as_bytes())
    }

    /// The text under this name, if it is one.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// The whole number under this name, if it is one.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_int()
    }

    /// The values in order under this name, if they are a list.
    pub fn list(&self, name: &str) -> Option<&[Value]> {
        self.get(name)?.as_list()
    }

    /// What [`get`](Map::get) gives, for the bytes of a name, which a [`Text`] has at once.
    pub(crate) fn under(&self, name: &[u8]) -> Option<&Value> {
        self.position(name).map(|at| &self.entries[at].1)
    }

    /// The value under this name, to be changed in place.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.position(name.as_bytes()).map(|at| &mut self.entries[at].1)
    }

    /// Puts a value under a name and returns the value that was there before. A known name keeps
    /// its place in the order.
    #[inline]
    pub fn insert(&mut self, name: impl Into<Text>, value: impl Into<Value>) -> Option<Value> {
        self.put(name.into(), value.into())
    }

    fn put(&mut self, name: Text, value: Value) -> Option<Value> {
        if let Some(at) = self.position(name.as_bytes()) {
            return Some(std::mem::replace(&mut self.entries[at].1, value));
        }
        if let Some(index) = &mut self.index {
            index.insert(name.as_bytes().into(), self.entries.len());
        }
        self.entries.push((name, value));
        if self.entries.len() == SEARCHED + 1 {
            self.build_index();
        }
        None
    }

    /// Takes a name and its value out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let (_, value) = self.entries.remove(self.position(name.as_bytes())?);
        // Every later name has moved forward by one.
        self.build_index();
        Some(value)
    }

    /// The names and values in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Value)> + ExactSizeIterator {
        self.entries.iter().map(|(name, value)| (&**name, value))
    }

    /// Names and values as they lie here. [`Map::of`] makes a map of them again.
    pub(crate) fn entries(&self) -> &[(Text, Value)] {
        &self.entries
    }

    /// A map of the entries of another one, in which no name is twice.
    pub(crate) fn of(entries: &[(Text, Value)]) -> Map {
        let mut map = Map { entries: entries.to_vec(), index: None, any_case: false };
        if entries.len() > SEARCHED {
            map.build_index();
        }
        map
    }

    fn position(&self, name: &[u8]) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(name).copied(),
            None => self.entries.iter().position(|(known, _)| known.as_bytes() == name),
        }
        .or_else(|| {
            let is_it = |(known, _): &(Text, Value)| known.as_bytes().eq_ignore_ascii_case(name);
            if self.any_case { self.entries.iter().position(is_it) } else { None }
        })
    }

    fn build_index(&mut self) {
        let places =
            self.entries.iter().enumerate().map(|(at, (name, _))| (name.as_bytes().into(), at));
        self.index = (self.entries.len() > SEARCHED).then(|| Box::new(places.collect()));
    }
}

/// Two maps are equal when they hold the same names with equal values; the order does not count, as
/// in Python.
impl PartialEq for Map {
    fn eq(&self, other: &Map) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

/// `for (name, value) in &map`, in order.
impl<'m> IntoIterator for &'m Map {
    type Item = (&'m str, &'m Value);
    type IntoIter = Box<dyn Iterator<Item = Self::Item> + 'm>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl<N: Into<Text>, V: Into<Value>> FromIterator<(N, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Map {
        let pairs = pairs.into_iter();
        let mut map = Map { entries: Vec::with_capacity(pairs.size_hint().0), ..Map::new() };
        for (name, value) in pairs {
            map.insert(name, value);
        }
        map
    }
}

impl<N: Into<Text>, V: Into<Value>, const COUNT: usize> From<[(N, V); COUNT]> for Map {
    fn from(pairs: [(N, V); COUNT]) -> Map {
        Map::from_iter(pairs)
    }
}

/// An empty map: a page without variables is `ctx.render("about.html", ())`.
impl From<()> for Map {
    fn from((): ()) -> Map {
        Map::new()
    }
}
