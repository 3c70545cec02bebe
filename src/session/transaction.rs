//! Transaction blocks on a read-only server: status, the fixed `now()`, and settings that go back.

use chrono::{DateTime, Utc};

use super::values::Values;
use crate::error::{Report, Result, SqlState};

/// What ReadyForQuery says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// No transaction block.
    Idle,
    /// In a block.
    InBlock,
    /// In a block that an error has ended.
    Failed,
}

impl Status {
    /// Returns the byte of ReadyForQuery.
    pub fn byte(self) -> u8 {
        match self {
            Status::Idle => b'I',
            Status::InBlock => b'T',
            Status::Failed => b'E',
        }
    }
}

/// A transaction under way: a block, or the implicit one of a message or of a pipeline up to Sync.
#[derive(Debug)]
struct Open {
    began: DateTime<Utc>,
    before: Values,
    block: bool,
    failed: bool,
    savepoints: Vec<(String, Values)>,
    read_only: bool,
    isolation: String,
}

/// The transaction state of a session.
#[derive(Debug)]
pub struct Transaction {
    open: Option<Box<Open>>,
    /// When the last message came: a transaction begins with it.
    arrived: DateTime<Utc>,
}

impl Default for Transaction {
    fn default() -> Transaction {
        Transaction { open: None, arrived: Utc::now() }
    }
}

impl Transaction {
    /// Takes note of a message that may run something.
    pub fn arrive(&mut self) {
        self.arrived = Utc::now();
    }

    /// Returns when the last such message came.
    pub fn arrived(&self) -> DateTime<Utc> {
        self.arrived
    }

    /// Returns what ReadyForQuery says.
    pub fn status(&self) -> Status {
        match &self.open {
            Some(open) if open.block && open.failed => Status::Failed,
            Some(open) if open.block => Status::InBlock,
            _ => Status::Idle,
        }
    }

    /// Returns what `now()` says: the start of the transaction, which begins here if none has.
    pub fn start(&mut self, values: &Values) -> DateTime<Utc> {
        self.open(values).began
    }

    fn open(&mut self, values: &Values) -> &mut Open {
        let now = self.arrived;
        self.open.get_or_insert_with(|| {
            Box::new(Open {
                began: now,
                before: values.clone(),
                block: false,
                failed: false,
                savepoints: Vec::new(),
                read_only: values.get("default_transaction_read_only") == Some("on"),
                isolation: values.get("default_transaction_isolation").unwrap_or("read committed").to_owned(),
            })
        })
    }

    /// Returns (isolation, read only) of the present transaction.
    pub fn modes(&self, values: &Values) -> (String, bool) {
        match &self.open {
            Some(open) => (open.isolation.clone(), open.read_only),
            None => (
                values.get("default_transaction_isolation").unwrap_or("read committed").to_owned(),
                values.get("default_transaction_read_only") == Some("on"),
            ),
        }
    }

    /// Sets the modes of the present transaction.
    pub fn set_modes(&mut self, values: &Values, isolation: Option<String>, read_only: Option<bool>) {
        let open = self.open(values);
        if let Some(isolation) = isolation {
            open.isolation = isolation;
        }
        if let Some(read_only) = read_only {
            open.read_only = read_only;
        }
    }

    /// BEGIN. Returns false when a block is open already.
    pub fn begin(&mut self, values: &Values) -> bool {
        let open = self.open(values);
        !std::mem::replace(&mut open.block, true)
    }

    /// Refuses everything but the end of a failed block.
    ///
    /// # Errors
    /// 25P02.
    pub fn check(&self) -> Result<()> {
        if self.status() == Status::Failed {
            return Err(Report::new(
                SqlState::IN_FAILED_SQL_TRANSACTION,
                "current transaction is aborted, commands ignored until end of transaction block",
            ));
        }
        Ok(())
    }

    /// COMMIT, or the end of an implicit transaction. Returns whether it was a block, and whether it ended well.
    pub fn commit(&mut self, values: &mut Values) -> (bool, bool) {
        match self.open.take() {
            Some(open) if open.failed => {
                values.roll_back(&open.before);
                (open.block, false)
            }
            Some(open) => {
                values.commit();
                (open.block, true)
            }
            None => {
                values.commit();
                (false, true)
            }
        }
    }

    /// ROLLBACK. Returns whether there was a block.
    pub fn roll_back(&mut self, values: &mut Values) -> bool {
        let Some(open) = self.open.take() else { return false };
        values.roll_back(&open.before);
        open.block
    }

    /// Ends the implicit transaction, if that is what is open.
    pub fn end_implicit(&mut self, values: &mut Values) {
        if self.open.as_ref().is_some_and(|open| !open.block) {
            self.commit(values);
        }
    }

    /// Takes note of an error: a block fails, an implicit transaction is rolled back.
    pub fn fail(&mut self, values: &mut Values) {
        match &mut self.open {
            Some(open) if open.block => open.failed = true,
            Some(_) => {
                self.roll_back(values);
            }
            None => {}
        }
    }

    fn block(&mut self, command: &str) -> Result<&mut Open> {
        match &mut self.open {
            Some(open) if open.block => Ok(open),
            _ => Err(Report::new(SqlState::NO_ACTIVE_SQL_TRANSACTION, format!("{command} can only be used in transaction blocks"))),
        }
    }

    /// SAVEPOINT.
    ///
    /// # Errors
    /// 25P01 outside a block.
    pub fn savepoint(&mut self, name: String, values: &Values) -> Result<()> {
        let values = values.clone();
        self.block("SAVEPOINT")?.savepoints.push((name, values));
        Ok(())
    }

    /// Returns how many savepoints stand.
    pub fn depth(&self) -> usize {
        self.open.as_ref().map_or(0, |open| open.savepoints.len())
    }

    /// RELEASE SAVEPOINT.
    ///
    /// # Errors
    /// 25P01 outside a block, 3B001 for an unknown name.
    pub fn release(&mut self, name: &str) -> Result<()> {
        let open = self.block("RELEASE SAVEPOINT")?;
        let at = find(&open.savepoints, name)?;
        open.savepoints.truncate(at);
        Ok(())
    }

    /// ROLLBACK TO SAVEPOINT, which also mends a failed block.
    ///
    /// # Errors
    /// 25P01 outside a block, 3B001 for an unknown name.
    pub fn roll_back_to(&mut self, name: &str, values: &mut Values) -> Result<()> {
        let open = self.block("ROLLBACK TO SAVEPOINT")?;
        let at = find(&open.savepoints, name)?;
        open.savepoints.truncate(at + 1);
        values.roll_back(&open.savepoints[at].1);
        open.failed = false;
        Ok(())
    }

    /// Tells whether a block is open.
    pub fn in_block(&self) -> bool {
        self.status() != Status::Idle
    }
}

fn find(savepoints: &[(String, Values)], name: &str) -> Result<usize> {
    savepoints
        .iter()
        .rposition(|(known, _)| known == name)
        .ok_or_else(|| Report::new(SqlState::INVALID_SAVEPOINT_SPECIFICATION, format!("savepoint \"{name}\" does not exist")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_fails_a_block_until_its_end() {
        let mut values = Values::default();
        let mut transaction = Transaction::default();
        assert!(transaction.begin(&values));
        values.set("application_name", "x", false).unwrap();
        transaction.fail(&mut values);
        assert_eq!(transaction.status(), Status::Failed);
        assert_eq!(transaction.check().unwrap_err().sqlstate, SqlState::IN_FAILED_SQL_TRANSACTION);
        assert_eq!(transaction.commit(&mut values), (true, false));
        assert_eq!(transaction.status(), Status::Idle);
        assert_eq!(values.get("application_name"), Some(""));
    }

    #[test]
    fn a_savepoint_mends() {
        let mut values = Values::default();
        let mut transaction = Transaction::default();
        assert_eq!(transaction.savepoint("s".into(), &values).unwrap_err().message, "SAVEPOINT can only be used in transaction blocks");
        transaction.begin(&values);
        transaction.savepoint("s".into(), &values).unwrap();
        values.set("application_name", "x", false).unwrap();
        transaction.fail(&mut values);
        assert_eq!(transaction.release("t").unwrap_err().to_string(), "3B001: savepoint \"t\" does not exist");
        transaction.roll_back_to("s", &mut values).unwrap();
        assert_eq!((transaction.status(), values.get("application_name")), (Status::InBlock, Some("")));
    }

    #[test]
    fn an_implicit_transaction_is_not_seen() {
        let mut values = Values::default();
        let mut transaction = Transaction::default();
        let start = transaction.start(&values);
        assert_eq!((transaction.start(&values), transaction.status()), (start, Status::Idle));
        values.set("application_name", "x", false).unwrap();
        transaction.fail(&mut values);
        assert_eq!(values.get("application_name"), Some(""));
    }
}
