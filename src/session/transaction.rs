//! Transaction blocks on a read-only server: status, the fixed `now()`, and settings that go back.

use chrono::{DateTime, Utc};

use super::values::Values;
use crate::error::{Report, Result, SqlState};
use crate::query::xid::Xid;
use crate::sql::classify::Modes;

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
    xid: Xid,
    before: Values,
    block: bool,
    failed: bool,
    savepoints: Vec<Savepoint>,
    modes: Shown,
    /// A query has seen data: what it saw must not change its meaning any more (PostgreSQL's `FirstSnapshotSet`).
    has_queried: bool,
}

/// What ROLLBACK TO SAVEPOINT goes back to.
#[derive(Debug)]
struct Savepoint {
    name: String,
    values: Values,
    modes: Shown,
}

/// The modes of a transaction, all of them said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// `transaction_isolation`.
    pub isolation: String,
    /// `transaction_read_only`.
    pub read_only: bool,
    /// `transaction_deferrable`.
    pub deferrable: bool,
}

impl Shown {
    /// What a transaction begins with.
    fn of(values: &Values) -> Shown {
        let is_on = |name: &str| values.get(name) == Some("on");
        Shown {
            isolation: values.get("default_transaction_isolation").unwrap_or("read committed").to_owned(),
            read_only: is_on("default_transaction_read_only"),
            deferrable: is_on("default_transaction_deferrable"),
        }
    }

    /// Returns the settings that show them.
    pub fn settings(self) -> [(&'static str, String); 3] {
        let word = |on: bool| if on { "on" } else { "off" }.to_owned();
        [
            ("transaction_isolation", self.isolation),
            ("transaction_read_only", word(self.read_only)),
            ("transaction_deferrable", word(self.deferrable)),
        ]
    }
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

    /// Returns the number of the transaction, which begins here if none has.
    pub fn xid(&mut self, values: &Values) -> Xid {
        self.open(values).xid.clone()
    }

    fn open(&mut self, values: &Values) -> &mut Open {
        let now = self.arrived;
        self.open.get_or_insert_with(|| {
            Box::new(Open {
                began: now,
                xid: Xid::default(),
                before: values.clone(),
                block: false,
                failed: false,
                savepoints: Vec::new(),
                modes: Shown::of(values),
                has_queried: false,
            })
        })
    }

    /// Returns the modes of the present transaction.
    pub fn modes(&self, values: &Values) -> Shown {
        self.open.as_ref().map_or_else(|| Shown::of(values), |open| open.modes.clone())
    }

    /// Sets modes of the present transaction: what is not said stays.
    ///
    /// # Errors
    /// 25001 for what may be set only before the first query, or in no savepoint (variable.c, `check_XactIsoLevel`, `check_XactReadOnly`,
    /// `check_XactDeferrable`).
    pub fn set_modes(&mut self, values: &Values, said: &Modes) -> Result<()> {
        let open = self.open(values);
        let (queried, within) = (open.has_queried, !open.savepoints.is_empty());
        let refused = |message: &str| Err(Report::new(SqlState::ACTIVE_SQL_TRANSACTION, message));
        if let Some(isolation) = said.isolation.as_ref().filter(|isolation| **isolation != open.modes.isolation) {
            if queried {
                return refused("SET TRANSACTION ISOLATION LEVEL must be called before any query");
            }
            if within {
                return refused("SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction");
            }
            open.modes.isolation.clone_from(isolation);
        }
        if let Some(read_only) = said.read_only {
            if !read_only && open.modes.read_only && within {
                return refused("cannot set transaction read-write mode inside a read-only transaction");
            }
            if !read_only && open.modes.read_only && queried {
                return refused("transaction read-write mode must be set before any query");
            }
            open.modes.read_only = read_only;
        }
        if let Some(deferrable) = said.deferrable {
            if within {
                return refused("SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction");
            }
            if queried {
                return refused("SET TRANSACTION [NOT] DEFERRABLE must be called before any query");
            }
            open.modes.deferrable = deferrable;
        }
        Ok(())
    }

    /// Begins a transaction with the modes of the one before: AND CHAIN.
    pub fn chain(&mut self, values: &Values, modes: Shown) {
        let open = self.open(values);
        open.block = true;
        open.modes = modes;
    }

    /// Takes note that a query sees data.
    pub fn queries(&mut self, values: &Values) {
        self.open(values).has_queried = true;
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
        let open = self.block("SAVEPOINT")?;
        open.savepoints.push(Savepoint { name, values: values.clone(), modes: open.modes.clone() });
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
        let savepoint = &open.savepoints[at];
        values.roll_back(&savepoint.values);
        if open.modes != savepoint.modes {
            open.modes = savepoint.modes.clone();
            values.touch();
        }
        open.failed = false;
        Ok(())
    }

    /// Tells whether a block is open.
    pub fn in_block(&self) -> bool {
        self.status() != Status::Idle
    }
}

fn find(savepoints: &[Savepoint], name: &str) -> Result<usize> {
    savepoints
        .iter()
        .rposition(|savepoint| savepoint.name == name)
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
    fn modes_come_before_queries_and_go_back_with_savepoints() {
        let values = &mut Values::default();
        let mut transaction = Transaction::default();
        let said = |read_only, deferrable| Modes { read_only, deferrable, isolation: None };
        transaction.begin(values);
        transaction.set_modes(values, &said(None, Some(true))).unwrap();
        transaction.savepoint("s".into(), values).unwrap();
        let refused = transaction.set_modes(values, &said(None, Some(false))).unwrap_err();
        assert_eq!(refused.to_string(), "25001: SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction");
        transaction.set_modes(values, &said(Some(true), None)).unwrap();
        assert!(transaction.modes(values).read_only);
        transaction.roll_back_to("s", values).unwrap();
        assert_eq!((transaction.modes(values).read_only, transaction.modes(values).deferrable), (false, true));
        transaction.queries(values);
        let late = Modes { isolation: Some("serializable".into()), ..Modes::default() };
        assert!(transaction.set_modes(values, &late).is_err());
        let same = Modes { isolation: Some("read committed".into()), ..Modes::default() };
        assert!(transaction.set_modes(values, &same).is_ok());
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
