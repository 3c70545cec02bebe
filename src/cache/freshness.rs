//! How long an answer stays good, and which versions its tables have now.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::future::try_join_all;

use super::Settings;
use crate::catalog::model::{Table, TableName, TableVersion};
use crate::error::Result;
use crate::sql::tree::{Bound, Expr, ExprKind, Relation, RelationId};
use crate::sql::walk::{self, Visitor};

/// A known version is good for so long.
const VERSION_GOOD_FOR: Duration = Duration::from_secs(10);

/// Versions are forgotten altogether once so many are known.
const VERSIONS_MAX: usize = 10_000;

/// Returns how long an answer may live: the setting, what its tables allow, how long its constants stay true.
pub fn ttl(bound: &Bound, settings: &Settings, valid_for: Option<Duration>) -> Option<Duration> {
    let tables = bound.tables();
    if tables.iter().any(|table| table.is_system()) || reads_pii(bound, &settings.pii) {
        return None;
    }
    least(&tables, settings, valid_for)
}

/// The same where only the tables are known: any of them that has a marked column counts as read whole.
pub fn ttl_of(tables: &[Arc<Table>], settings: &Settings) -> Option<Duration> {
    let marked = |table: &Table| table.columns.iter().any(|column| is_marked(&table.name, &column.name, &settings.pii));
    if tables.iter().any(|table| table.is_system() || marked(table)) {
        return None;
    }
    least(tables, settings, None)
}

/// Tells whether a column is marked; what is marked of a member of a wildcard table is so in the whole of it, and the other way round.
fn is_marked(table: &TableName, column: &str, marked: &[String]) -> bool {
    let table = table.to_string();
    let member = |wildcard: &str, of: &str| {
        wildcard.strip_suffix('*').is_some_and(|head| of.get(..head.len()).is_some_and(|own| own.eq_ignore_ascii_case(head)))
    };
    marked.iter().filter_map(|marked| marked.rsplit_once('.')).any(|(named, marked)| {
        let same = named.eq_ignore_ascii_case(&table) || member(&table, named) || member(named, &table);
        same && marked.eq_ignore_ascii_case(column)
    })
}

fn least(tables: &[Arc<Table>], settings: &Settings, valid_for: Option<Duration>) -> Option<Duration> {
    let by_table = tables.iter().filter_map(|table| table.max_cache_seconds).map(|seconds| Duration::from_secs(seconds.into()));
    let ttl = by_table.chain(valid_for).fold(settings.ttl, Duration::min);
    (!ttl.is_zero()).then_some(ttl)
}

/// Tells whether a column marked as PII is used anywhere, shown or not.
fn reads_pii(bound: &Bound, marked: &[String]) -> bool {
    if marked.is_empty() {
        return false;
    }
    #[derive(Default)]
    struct Used {
        tables: HashMap<RelationId, Arc<Table>>,
        columns: Vec<(RelationId, usize)>,
    }
    impl Visitor for Used {
        fn relation(&mut self, relation: &Relation) {
            if let Relation::Table { id, table, .. } = relation {
                self.tables.insert(*id, table.clone());
            }
        }
        fn expr(&mut self, expr: &Expr) {
            if let ExprKind::Column { relation, column } = expr.kind {
                self.columns.push((relation, column));
            }
        }
    }
    let mut used = Used::default();
    walk::walk_query(&bound.query, &mut used);
    used.columns.iter().any(|(relation, column)| {
        let Some(table) = used.tables.get(relation) else { return false };
        let Some(column) = table.columns.get(*column) else { return false };
        is_marked(&table.name, &column.name, marked)
    })
}

#[cfg(test)]
#[test]
fn a_mark_of_a_member_marks_the_wildcard_table() {
    let name = |table: &str| TableName { schema: "shop".into(), table: table.into() };
    let marked = |mark: &str, table: &str, column: &str| is_marked(&name(table), column, &[mark.to_owned()]);
    assert!(marked("shop.people.mail", "People", "MAIL") && !marked("shop.people.mail", "people", "name"));
    assert!(marked("shop.events_20240101.kind", "events_*", "kind") && marked("shop.events_*.kind", "events_20240101", "kind"));
    assert!(!marked("shop.events_20240101.kind", "events_20240102", "kind") && !marked("shop.eve.kind", "events_*", "kind"));
}

/// The versions that were asked for last.
#[derive(Debug, Default)]
pub struct Versions {
    known: Mutex<HashMap<TableName, (TableVersion, Instant)>>,
}

impl Versions {
    /// Returns the present version of each table; `check` is asked where the known one is too old. Without checking, the catalog's.
    ///
    /// # Errors
    /// Whatever `check` says.
    pub async fn current<F, Fut>(&self, tables: &[Arc<Table>], checking: bool, check: F) -> Result<Vec<(TableName, TableVersion)>>
    where
        F: Fn(Arc<Table>) -> Fut,
        Fut: Future<Output = Result<TableVersion>>,
    {
        try_join_all(tables.iter().map(|table| {
            let known = if checking { self.known(&table.name) } else { Some(table.version.clone()) };
            let asked = known.is_none().then(|| check(table.clone()));
            async move {
                let version = match (known, asked) {
                    (None, Some(asked)) => {
                        // The moment before asking: the answer is at least as new.
                        let now = Instant::now();
                        let version = asked.await?;
                        self.learn(table.name.clone(), version.clone(), now);
                        version
                    }
                    (known, _) => known.unwrap_or_else(|| table.version.clone()),
                };
                Ok((table.name.clone(), version))
            }
        }))
        .await
    }

    /// Forgets everything: the next question asks again.
    pub fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn known(&self, name: &TableName) -> Option<TableVersion> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (version, at) = known.get(name)?;
        (at.elapsed() < VERSION_GOOD_FOR).then(|| version.clone())
    }

    fn learn(&self, name: TableName, version: TableVersion, at: Instant) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= VERSIONS_MAX {
            known.clear();
        }
        known.insert(name, (version, at));
    }
}
