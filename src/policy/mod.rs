//! Who may see and do what: an allow list over the bound tree, default deny.

pub mod rules;
pub mod tables;
pub mod verify;

use std::sync::Arc;

use crate::catalog::model::{Snapshot, Table, TableName};
use crate::error::{Report, Result, SqlState};
use crate::query::Principal;
use crate::sql::tree::Bound;

/// One of `[[roles]]`: which tables it may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Patterns `schema.table` or `project.schema.table` with `*`: what is allowed.
    pub allow: Vec<String>,
    /// What is denied all the same.
    pub deny: Vec<String>,
}

/// `[[roles]]`, `[[masks]]`, `[[row_filters]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The roles; with none at all everybody reads everything.
    pub roles: Vec<Role>,
    /// How many `[[masks]]` are configured: they are refused at start until they exist.
    pub masks: usize,
    /// How many `[[row_filters]]` are configured.
    pub row_filters: usize,
}

/// What policy made of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Stands for the rules that were applied, in cache keys.
    pub fingerprint: String,
}

/// The rules, checked.
#[derive(Debug)]
pub struct Policy {
    settings: Settings,
}

impl Policy {
    /// Takes the rules.
    ///
    /// # Errors
    /// 0A000 for masks and row filters: what is configured and not enforced must not start.
    pub fn new(settings: Settings) -> Result<Policy> {
        for (count, what) in [(settings.masks, "[[masks]]"), (settings.row_filters, "[[row_filters]]")] {
            if count > 0 {
                return Err(Report::unsupported(format!("{what} in the configuration"))
                    .hint("Deny the tables to the role instead: deny = [\"schema.table\"] in [[roles]]."));
            }
        }
        for pattern in settings.roles.iter().flat_map(|role| role.allow.iter().chain(&role.deny)) {
            if !pattern.contains('.') && pattern != "*" {
                return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("\"{pattern}\" is no pattern of tables"))
                    .hint("Write schema.table, with * for any characters but points, as in \"shop.*\"."));
            }
        }
        Ok(Policy { settings })
    }

    /// Checks a query, and (later) rewrites its scans.
    ///
    /// # Errors
    /// SL008 for tables, 42501 for functions, with the position.
    pub fn apply(&self, principal: &Principal, bound: &mut Bound) -> Result<Applied> {
        self.verify(principal, bound)?;
        Ok(Applied { fingerprint: tables::fingerprint(&self.settings, principal) })
    }

    /// Checks a query that is forwarded as it stands: its tables are read whole or not at all.
    ///
    /// # Errors
    /// SL008 for tables; 0A000 where a mask or a row filter would have to be put into the text.
    pub fn apply_whole(&self, principal: &Principal, tables: &[Arc<Table>]) -> Result<Applied> {
        for table in tables {
            tables::check(&self.settings, principal, table)?;
        }
        if self.settings.masks + self.settings.row_filters > 0 && !tables.is_empty() {
            return Err(
                Report::unsupported("GoogleSQL where masks or row filters are in force").hint("Write the query in PostgreSQL's SQL.")
            );
        }
        Ok(Applied { fingerprint: tables::fingerprint(&self.settings, principal) })
    }

    /// Checks one table.
    ///
    /// # Errors
    /// SL008.
    pub fn check(&self, principal: &Principal, table: &Table) -> Result<()> {
        tables::check(&self.settings, principal, table)
    }

    /// Checks what a query reads by way of views, as the warehouse tells it: a view shows nobody what its tables would not show.
    ///
    /// # Errors
    /// SL008, without the name of what is hidden.
    pub fn check_behind_views<'a>(&self, principal: &Principal, mut read: impl Iterator<Item = &'a TableName>) -> Result<()> {
        if read.all(|name| tables::allowed(&self.settings, principal, name)) {
            return Ok(());
        }
        let message = format!("SL008: a view of the query reads tables that are not readable for role \"{}\"", principal.role);
        Err(Report::new(SqlState::FORBIDDEN_BY_POLICY, message).hint("Allow its tables to the role, too."))
    }

    /// Tells whether somebody may read whatever there is.
    pub fn is_unlimited(&self, principal: &Principal) -> bool {
        tables::unlimited(&self.settings, principal)
    }

    /// Tells whether somebody may read a table.
    pub fn may_read(&self, principal: &Principal, table: &Table) -> bool {
        self.check(principal, table).is_ok()
    }

    /// Returns the catalog that somebody is shown: without the tables that they may not read.
    pub fn shown(&self, principal: &Principal, snapshot: &Arc<Snapshot>) -> Arc<Snapshot> {
        if snapshot.tables().all(|table| self.may_read(principal, table)) {
            return Arc::clone(snapshot);
        }
        let mut shown = Snapshot::clone(snapshot);
        for schema in shown.schemas.values_mut() {
            schema.tables.retain(|_, table| self.may_read(principal, table));
        }
        Arc::new(shown)
    }

    /// Looks at the final tree once more, whatever rewrote it.
    ///
    /// # Errors
    /// As [`Policy::apply`].
    pub fn verify(&self, principal: &Principal, bound: &Bound) -> Result<()> {
        verify::verify(&self.settings, principal, bound)
    }
}

#[cfg(test)]
mod tests;
