//! How the columns of FROM items are written. Those of a table are written when they are asked for: queries name few of many.

use std::sync::Arc;

use super::qualified;
use crate::catalog::model::Table;

/// How the columns of one FROM item are written, in order.
pub(super) enum Names {
    /// Those of a table, behind its alias.
    OfTable(String, Arc<Table>),
    /// Any others.
    Written(Vec<String>),
}

impl Names {
    /// Writes a column.
    pub fn get(&self, column: usize) -> Option<String> {
        match self {
            Names::OfTable(alias, table) => Some(qualified(alias, &table.columns.get(column)?.name)),
            Names::Written(names) => names.get(column).cloned(),
        }
    }

    /// Writes all of them, to be changed.
    pub fn written(&mut self) -> &mut Vec<String> {
        if let Names::OfTable(alias, table) = self {
            *self = Names::Written(table.columns.iter().map(|column| qualified(alias, &column.name)).collect());
        }
        match self {
            Names::Written(names) => names,
            Names::OfTable(..) => unreachable!("they were written just now"),
        }
    }
}
