//! What a `for` walks through: the items of data, one by one.

use super::datum::Datum;
use crate::value::Value;
use std::rc::Rc;

/// Items being walked through.
#[derive(Clone, Debug)]
pub enum Items<'a> {
    /// Those of the application.
    Lent(&'a [Value]),
    /// Those made on the way.
    Made(Rc<[Datum<'a>]>),
    /// Numbers, made one by one.
    Range(Range),
}

impl<'a> Items<'a> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Items::Lent(items) => items.len(),
            Items::Made(items) => items.len(),
            Items::Range(range) => range.len(),
        }
    }

    /// The item at this place, counted from 0; undefined past the end.
    pub fn at(&self, index: usize) -> Datum<'a> {
        match self {
            Items::Lent(items) => items.get(index).map_or(Datum::Undefined(None), Datum::lent),
            Items::Made(items) => items.get(index).cloned().unwrap_or(Datum::Undefined(None)),
            Items::Range(range) if index < range.len() => {
                // Inside the range, so between two numbers that 64 bits hold; the way there may be
                // longer.
                let number = i128::from(range.start) + i128::from(range.step) * index as i128;
                i64::try_from(number).map_or(Datum::Undefined(None), Datum::Int)
            }
            Items::Range(_) => Datum::Undefined(None),
        }
    }
}

impl<'a> IntoIterator for Items<'a> {
    type Item = Datum<'a>;
    type IntoIter = Box<dyn DoubleEndedIterator<Item = Datum<'a>> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new((0..self.len()).map(move |index| self.at(index)))
    }
}

/// The numbers from a start, in steps, until before an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first number.
    pub start: i64,
    /// Never reached.
    pub stop: i64,
    /// Not zero.
    pub step: i64,
}

impl Range {
    /// How many numbers there are.
    pub fn len(self) -> usize {
        let (start, stop, step) =
            (i128::from(self.start), i128::from(self.stop), i128::from(self.step));
        let distance = if step > 0 { stop - start } else { start - stop };
        usize::try_from((distance + step.abs() - 1).max(0) / step.abs()).unwrap_or(usize::MAX)
    }
}
