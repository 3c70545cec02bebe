//! What is wrong with a query, told to somebody who may not read every table: neither errors nor hints name what is hidden from them.

use std::sync::Arc;

use super::Pipeline;
use super::prepared::Prepared;
use crate::catalog::model::Snapshot;
use crate::error::{Report, Result, SqlState};
use crate::query::{Principal, SessionInputs};
use crate::sql::classify::Read;
use crate::types::Type;

impl Pipeline {
    /// Binds a query under the catalog of this moment.
    pub(super) fn bind(
        &self,
        read: &Read,
        session: &SessionInputs,
        principal: &Principal,
        parameter_types: &[Type],
    ) -> Result<Arc<Prepared>> {
        let snapshot = self.parts.catalog.snapshot();
        match self.statements.prepare(&snapshot, read, session, parameter_types) {
            Ok(prepared) => {
                for table in &prepared.bound.named {
                    self.parts.policy.check(principal, table)?;
                }
                Ok(prepared)
            }
            Err(report) if report.needs.is_some() => Err(report),
            Err(report) => Err(self.discreet(report, &snapshot, read, session, principal, parameter_types)),
        }
    }

    /// Returns the error that somebody would see if what they may not read were not there; a refusal where the query names such a table.
    fn discreet(
        &self,
        report: Report,
        snapshot: &Arc<Snapshot>,
        read: &Read,
        session: &SessionInputs,
        principal: &Principal,
        parameter_types: &[Type],
    ) -> Report {
        let policy = &self.parts.policy;
        let shown = policy.shown(principal, snapshot);
        if Arc::ptr_eq(&shown, snapshot) {
            return report;
        }
        let Err(seen) = Prepared::bound(&shown, read, session, parameter_types) else { return Report { hint: None, ..report } };
        if seen.sqlstate != SqlState::UNDEFINED_TABLE {
            return seen;
        }
        // relation "schema.table" does not exist: to them.
        let name = seen.message.split('"').nth(1).unwrap_or_default().to_owned();
        let (schema, table) = name.rsplit_once('.').map_or((None, name.as_str()), |(schema, table)| (Some(schema), table));
        let hidden = snapshot.table(schema, table, &session.search_path).map(|table| policy.check(principal, table));
        match hidden {
            Some(Err(refusal)) => refusal,
            _ => seen,
        }
    }
}
