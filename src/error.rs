//! What a client is told when something is refused or fails: SQLSTATE, message, detail, hint, position.

use std::fmt;

/// A five-character SQLSTATE (PostgreSQL, appendix A), or one of Sluice's own class `SL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SqlState(pub &'static str);

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident = $code:literal),* $(,)?) => {
        impl SqlState { $($(#[$doc])* pub const $name: SqlState = SqlState($code);)* }
    };
}

states! {
    /// A warning of no particular kind.
    WARNING = "01000",
    /// Nothing special: NOTICE and INFO.
    SUCCESS = "00000",
    /// The peer broke the protocol.
    PROTOCOL_VIOLATION = "08P01",
    /// The backend cannot be reached.
    CONNECTION_FAILURE = "08006",
    /// Known to PostgreSQL, not (yet) translated faithfully.
    FEATURE_NOT_SUPPORTED = "0A000",
    /// A scalar subquery returned more than one row.
    CARDINALITY_VIOLATION = "21000",
    /// A value too long for its type.
    STRING_DATA_RIGHT_TRUNCATION = "22001",
    /// A number outside its type.
    NUMERIC_VALUE_OUT_OF_RANGE = "22003",
    /// Text that is no date or time.
    INVALID_DATETIME_FORMAT = "22007",
    /// A date or time outside its type.
    DATETIME_FIELD_OVERFLOW = "22008",
    /// Division by zero.
    DIVISION_BY_ZERO = "22012",
    /// Bytes that are not of the client encoding.
    CHARACTER_NOT_IN_REPERTOIRE = "22021",
    /// A parameter's value that makes no sense.
    INVALID_PARAMETER_VALUE = "22023",
    /// Text that is no value of the type.
    INVALID_TEXT_REPRESENTATION = "22P02",
    /// Bytes that are no value of the type.
    INVALID_BINARY_REPRESENTATION = "22P03",
    /// A regular expression that cannot be read.
    INVALID_REGULAR_EXPRESSION = "2201B",
    /// Any other bad value.
    DATA_EXCEPTION = "22000",
    /// A write on a read-only server.
    READ_ONLY_SQL_TRANSACTION = "25006",
    /// Statement in an aborted transaction block.
    IN_FAILED_SQL_TRANSACTION = "25P02",
    /// No transaction is in progress.
    NO_ACTIVE_SQL_TRANSACTION = "25P01",
    /// A transaction is in progress already.
    ACTIVE_SQL_TRANSACTION = "25001",
    /// An unknown prepared statement.
    INVALID_SQL_STATEMENT_NAME = "26000",
    /// Wrong password or method.
    INVALID_PASSWORD = "28P01",
    /// This user may not connect so.
    INVALID_AUTHORIZATION_SPECIFICATION = "28000",
    /// An unknown portal or cursor.
    INVALID_CURSOR_NAME = "34000",
    /// An unknown savepoint.
    INVALID_SAVEPOINT_SPECIFICATION = "3B001",
    /// A portal or another object that is not in the state for this.
    OBJECT_NOT_IN_PREREQUISITE_STATE = "55000",
    /// An unknown database.
    INVALID_CATALOG_NAME = "3D000",
    /// An unknown schema.
    INVALID_SCHEMA_NAME = "3F000",
    /// Not allowed.
    INSUFFICIENT_PRIVILEGE = "42501",
    /// Text that does not parse.
    SYNTAX_ERROR = "42601",
    /// A name that could mean several columns.
    AMBIGUOUS_COLUMN = "42702",
    /// A call that could mean several functions.
    AMBIGUOUS_FUNCTION = "42725",
    /// No such column.
    UNDEFINED_COLUMN = "42703",
    /// No such type, setting or other object.
    UNDEFINED_OBJECT = "42704",
    /// No such function or operator.
    UNDEFINED_FUNCTION = "42883",
    /// No such table.
    UNDEFINED_TABLE = "42P01",
    /// A name was cut.
    NAME_TOO_LONG = "42622",
    /// No such parameter.
    UNDEFINED_PARAMETER = "42P02",
    /// A parameter that would have two types.
    AMBIGUOUS_PARAMETER = "42P08",
    /// A name given twice.
    DUPLICATE_ALIAS = "42712",
    /// A column named twice.
    DUPLICATE_COLUMN = "42701",
    /// A prepared statement that exists already.
    DUPLICATE_PREPARED_STATEMENT = "42P05",
    /// A cursor that exists already.
    DUPLICATE_CURSOR = "42P03",
    /// A column outside GROUP BY.
    GROUPING_ERROR = "42803",
    /// A window function where none may stand.
    WINDOWING_ERROR = "42P20",
    /// Types that do not fit.
    DATATYPE_MISMATCH = "42804",
    /// A cast that does not exist.
    CANNOT_COERCE = "42846",
    /// An object of another kind than needed.
    WRONG_OBJECT_TYPE = "42809",
    /// A reference that makes no sense (ORDER BY position, DISTINCT ON).
    INVALID_COLUMN_REFERENCE = "42P10",
    /// A type that cannot be inferred.
    INDETERMINATE_DATATYPE = "42P18",
    /// A recursive query of a form that cannot run.
    INVALID_RECURSION = "42P19",
    /// Too many connections, or the queue is full.
    TOO_MANY_CONNECTIONS = "53300",
    /// Out of memory for this query.
    OUT_OF_MEMORY = "53200",
    /// No room on the disk.
    DISK_FULL = "53100",
    /// A quota of the warehouse is used up.
    CONFIGURATION_LIMIT_EXCEEDED = "53400",
    /// A statement too complex to plan.
    STATEMENT_TOO_COMPLEX = "54001",
    /// A limit of the program.
    PROGRAM_LIMIT_EXCEEDED = "54000",
    /// A setting that cannot be changed now.
    CANT_CHANGE_RUNTIME_PARAM = "55P02",
    /// Cancelled by the user or by a time-out.
    QUERY_CANCELED = "57014",
    /// The server is going down.
    ADMIN_SHUTDOWN = "57P01",
    /// The server does not take connections now.
    CANNOT_CONNECT_NOW = "57P03",
    /// The backend failed.
    SYSTEM_ERROR = "58000",
    /// A defect of Sluice.
    INTERNAL_ERROR = "XX000",
    /// The query would cost more than a limit.
    OVER_COST_LIMIT = "SL001",
    /// The budget of the user and day is used up.
    BUDGET_EXHAUSTED = "SL002",
    /// The query needs an approval.
    APPROVAL_REQUIRED = "SL003",
    /// A partitioned table is read without a partition filter.
    PARTITION_FILTER_REQUIRED = "SL004",
    /// No estimate could be had.
    ESTIMATE_UNAVAILABLE = "SL005",
    /// The user is paused.
    PAUSED = "SL006",
    /// `sluice.cache = only`, and the answer is not in the cache.
    NOT_IN_CACHE = "SL007",
    /// Hidden by policy.
    FORBIDDEN_BY_POLICY = "SL008",
}

/// An error as the client sees it. The message is lowercase without a full stop; detail and hint are sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The class of the error.
    pub sqlstate: SqlState,
    /// What is wrong, in one line.
    pub message: String,
    /// More about it.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where in the client's text: characters, counted from 1.
    pub position: Option<u32>,
    /// Where in the text that the warehouse was given (characters, from 1), until the client's place is found for it.
    pub within_job: Option<u32>,
    /// The relation (schema and name) whose columns have to be read before more can be told; never reaches a client.
    pub needs: Option<Box<(String, String)>>,
}

/// The result of everything that may end in a [`Report`].
pub type Result<T, E = Report> = std::result::Result<T, E>;

impl Report {
    /// Makes a report of a class and a message.
    pub fn new(sqlstate: SqlState, message: impl Into<String>) -> Report {
        Report { sqlstate, message: message.into(), detail: None, hint: None, position: None, within_job: None, needs: None }
    }

    /// Refuses what is not translated faithfully (0A000).
    pub fn unsupported(what: impl fmt::Display) -> Report {
        Report::new(SqlState::FEATURE_NOT_SUPPORTED, format!("{what} is not supported"))
    }

    /// Reports a defect of Sluice (XX000).
    pub fn internal(what: impl fmt::Display) -> Report {
        Report::new(SqlState::INTERNAL_ERROR, what.to_string())
    }

    /// Adds the detail.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Report {
        self.detail = Some(detail.into());
        self
    }

    /// Adds the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Report {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the position (characters, from 1) unless one is known already.
    #[must_use]
    pub fn at(mut self, position: Option<u32>) -> Report {
        self.position = self.position.or(position);
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.sqlstate.0, self.message)
    }
}

impl std::error::Error for Report {}

/// A module's own error that knows what to tell the client.
pub trait ToReport {
    /// Returns the report for the client.
    fn to_report(&self) -> Report;
}
