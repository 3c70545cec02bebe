//! The items of an array as values, counted as the query's memory: an array of millions is one value of one row.

use arrow::array::{Array, ArrayRef};

use super::value::{Value, read};
use crate::error::Result;
use crate::warehouse::embedded::stop::{self, Held};

/// Reads the items of an array.
pub(super) fn items(list: &ArrayRef) -> Result<Items<'_>> {
    let held = stop::hold(list.len().saturating_mul(size_of::<Value>()))?;
    Ok(Items { values: (0..list.len()).map(|i| read(list, i)).collect::<Result<_>>()?, held })
}

/// The items of an array, one value each; they are counted as long as they are there.
pub(super) struct Items<'l> {
    values: Vec<Value<'l>>,
    held: Held,
}

impl<'l> std::ops::Deref for Items<'l> {
    type Target = [Value<'l>];

    fn deref(&self) -> &Self::Target {
        &self.values
    }
}

impl<'l> IntoIterator for Items<'l> {
    type Item = Value<'l>;
    type IntoIter = Taken<'l>;

    fn into_iter(self) -> Taken<'l> {
        Taken { values: self.values.into_iter(), _held: self.held }
    }
}

/// The items one by one.
pub(super) struct Taken<'l> {
    values: std::vec::IntoIter<Value<'l>>,
    _held: Held,
}

impl<'l> Iterator for Taken<'l> {
    type Item = Value<'l>;

    fn next(&mut self) -> Option<Value<'l>> {
        self.values.next()
    }
}
