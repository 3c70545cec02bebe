//! The last few texts of queries with what became of them: pools, tools and drivers that prepare nothing send the same ones all day.

use std::sync::Arc;

use super::Session;
use super::statement::{Action, Statement};
use crate::sql::language::Language;
use crate::types::Type;

/// Texts that are remembered.
const TEXTS: usize = 8;
/// The longest of them, in bytes.
const LENGTH: usize = 2048;

/// Statements by their whole text, the latest used last.
#[derive(Default)]
pub(super) struct Recent(Vec<(Box<str>, Arc<Statement>)>);

impl Session {
    /// Finds a text that was made ready before with the same declared parameters, if it still means the same.
    pub async fn recall(&mut self, text: &str, types: &[Type]) -> Option<Arc<Statement>> {
        // What is remembered is PostgreSQL's SQL.
        if Language::of(self.values.get("sluice.dialect")) == Language::GoogleSql {
            return None;
        }
        let at = self.recent.0.iter().rposition(|(known, statement)| **known == *text && statement.declared == types)?;
        let statement = Arc::clone(&self.recent.0[at].1);
        match self.refresh(&statement).await {
            Ok(same) if Arc::ptr_eq(&same, &statement) => {
                self.recent.0[at..].rotate_left(1);
                Some(same)
            }
            // Bound anew, or not any more: the long way tells what it is.
            _ => {
                self.recent.0.remove(at);
                None
            }
        }
    }

    /// Remembers the one statement of a text, if it is a query of the backend.
    pub fn remember(&mut self, text: &str, statement: &Arc<Statement>) {
        if text.len() > LENGTH || !matches!(statement.action, Action::Query(..)) {
            return;
        }
        if self.recent.0.len() == TEXTS {
            self.recent.0.remove(0);
        }
        self.recent.0.push((text.into(), Arc::clone(statement)));
    }
}
