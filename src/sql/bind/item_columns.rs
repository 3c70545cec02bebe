//! The columns of a FROM item. Those of a table stand in the catalog: they are made when they are asked for, for queries name few of many.

use std::rc::Rc;
use std::sync::Arc;

use super::scale::numeric_scale;
use crate::catalog::model::{Column, LONGEST_NAME, Table, cut};
use crate::sql::tree::{Expr, ExprKind, RelationId};

/// A column that a name can mean.
#[derive(Clone, Debug)]
pub struct ScopeColumn {
    /// Its name.
    pub name: String,
    /// What it stands for: a column, or COALESCE of two for FULL JOIN USING.
    pub expr: Expr,
    /// Table OID and attribute number of a catalog column, else zeros.
    pub origin: (u32, i16),
}

/// The columns of a FROM item, in order.
#[derive(Clone, Debug)]
pub struct Columns(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// Those of a table, or its pseudo columns.
    Table { id: RelationId, table: Arc<Table>, pseudo: bool },
    /// Any others.
    Made(Rc<Vec<ScopeColumn>>),
}

impl Default for Columns {
    fn default() -> Columns {
        Vec::new().into()
    }
}

impl From<Vec<ScopeColumn>> for Columns {
    fn from(columns: Vec<ScopeColumn>) -> Columns {
        Columns(Kind::Made(Rc::new(columns)))
    }
}

impl Columns {
    /// The columns of a table that is the FROM item `id`.
    pub fn of_table(id: RelationId, table: &Arc<Table>) -> Columns {
        Columns(Kind::Table { id, table: table.clone(), pseudo: false })
    }

    /// The columns of the same that only their names find.
    pub fn pseudo_of_table(id: RelationId, table: &Arc<Table>) -> Columns {
        Columns(Kind::Table { id, table: table.clone(), pseudo: true })
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Kind::Table { table, pseudo, .. } => of(table, *pseudo).len(),
            Kind::Made(columns) => columns.len(),
        }
    }

    /// Column `i`.
    pub fn get(&self, i: usize) -> Option<ScopeColumn> {
        match &self.0 {
            Kind::Table { id, table, pseudo } => {
                let column = of(table, *pseudo).get(i)?;
                let at = if *pseudo { table.columns.len() + i } else { i };
                let kind = ExprKind::Column { relation: *id, column: at };
                let scale = numeric_scale(&kind, column.ty, column.typmod);
                let expr = Expr { kind, ty: column.ty, typmod: column.typmod, scale, position: None };
                Some(ScopeColumn { name: column.name.clone(), expr, origin: (table.oid, i16::try_from(at + 1).unwrap_or(0)) })
            }
            Kind::Made(columns) => columns.get(i).cloned(),
        }
    }

    /// The name of column `i`.
    pub fn name(&self, i: usize) -> Option<&str> {
        match &self.0 {
            Kind::Table { table, pseudo, .. } => of(table, *pseudo).get(i).map(|column| column.name.as_str()),
            Kind::Made(columns) => columns.get(i).map(|column| column.name.as_str()),
        }
    }

    /// Every column.
    pub fn iter(&self) -> impl Iterator<Item = ScopeColumn> {
        (0..self.len()).filter_map(|i| self.get(i))
    }

    /// Adds the columns of exactly this name, as far as PostgreSQL keeps it.
    pub fn exactly(&self, name: &str, found: &mut Vec<ScopeColumn>) {
        // A name that is cut may be the beginning of a longer one.
        if name.len() + 4 > LONGEST_NAME {
            return self.named(|own| cut(own) == name, found);
        }
        match &self.0 {
            Kind::Table { table, pseudo: false, .. } => found.extend(table.names.find(name, &table.columns).filter_map(|i| self.get(i))),
            Kind::Table { .. } => self.named(|own| own == name, found),
            Kind::Made(columns) => {
                for column in columns.iter() {
                    if column.name.len() == name.len() && column.name == name {
                        found.push(column.clone());
                    }
                }
            }
        }
    }

    /// Adds the columns whose names fit.
    pub fn named(&self, mut fits: impl FnMut(&str) -> bool, found: &mut Vec<ScopeColumn>) {
        match &self.0 {
            Kind::Table { table, pseudo, .. } => {
                let hits = of(table, *pseudo).iter().enumerate().filter(|(_, column)| fits(&column.name));
                found.extend(hits.filter_map(|(i, _)| self.get(i)));
            }
            Kind::Made(columns) => found.extend(columns.iter().filter(|column| fits(&column.name)).cloned()),
        }
    }

    /// The names.
    pub fn names(&self) -> Vec<String> {
        match &self.0 {
            Kind::Table { table, pseudo, .. } => of(table, *pseudo).iter().map(|column| column.name.clone()).collect(),
            Kind::Made(columns) => columns.iter().map(|column| column.name.clone()).collect(),
        }
    }

    /// The column that stands for an expression.
    pub fn standing_for(&self, kind: &ExprKind) -> Option<usize> {
        match (&self.0, kind) {
            (Kind::Table { id, table, pseudo: false }, ExprKind::Column { relation, column }) => {
                (relation == id && *column < table.columns.len()).then_some(*column)
            }
            (Kind::Table { .. }, _) => None,
            (Kind::Made(columns), kind) => columns.iter().position(|column| column.expr.kind == *kind),
        }
    }

    /// The columns to be changed; `None` for those of a table, which are as the catalog says.
    pub fn made_mut(&mut self) -> Option<&mut Vec<ScopeColumn>> {
        match &mut self.0 {
            Kind::Table { .. } => None,
            Kind::Made(columns) => Some(Rc::make_mut(columns)),
        }
    }

    /// Tells whether one of those that are no table's fits.
    pub fn any_made(&self, fits: impl FnMut(&ScopeColumn) -> bool) -> bool {
        match &self.0 {
            Kind::Table { .. } => false,
            Kind::Made(columns) => columns.iter().any(fits),
        }
    }
}

fn of(table: &Table, pseudo: bool) -> &[Column] {
    if pseudo { &table.pseudo } else { &table.columns }
}
