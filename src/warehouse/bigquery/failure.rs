//! What BigQuery says, as the client should read it.

use serde::Deserialize;

use crate::error::{Report, SqlState};

/// An error of a call or of a job: BigQuery's reason and message (REST reference, "Error messages").
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Failure {
    /// The HTTP status; 0 when no answer came.
    #[serde(skip)]
    pub status: u16,
    /// `invalidQuery`, `notFound`, ...
    #[serde(default)]
    pub reason: String,
    /// The text for people.
    #[serde(default)]
    pub message: String,
}

impl Failure {
    /// Makes the failure of a call that was never answered.
    pub fn unanswered(what: &str) -> Failure {
        Failure { status: 0, reason: String::new(), message: what.to_owned() }
    }

    /// Reads an error body; a body that is not BigQuery's (a proxy's page) leaves only the status.
    pub fn of_answer(status: u16, body: &[u8]) -> Failure {
        #[derive(Deserialize)]
        struct Body {
            error: Inner,
        }
        #[derive(Deserialize)]
        struct Inner {
            #[serde(default)]
            message: String,
            #[serde(default)]
            errors: Vec<Failure>,
        }
        match serde_json::from_slice::<Body>(body) {
            Ok(Body { error }) => {
                let first = error.errors.into_iter().next().unwrap_or_default();
                let message = if first.message.is_empty() { error.message } else { first.message };
                Failure { status, reason: first.reason, message }
            }
            Err(_) => Failure { status, reason: String::new(), message: format!("HTTP status {status}") },
        }
    }

    /// Tells whether the call may succeed when it is made again.
    pub fn is_transient(&self) -> bool {
        matches!(self.status, 0 | 408 | 429 | 500 | 502 | 503 | 504) && self.reason != "quotaExceeded"
            || matches!(self.reason.as_str(), "rateLimitExceeded" | "backendError" | "internalError")
    }

    /// Tells whether another job with the same text may succeed where this one failed.
    pub fn is_worth_another_job(&self) -> bool {
        matches!(
            self.reason.as_str(),
            "backendError" | "internalError" | "rateLimitExceeded" | "jobBackendError" | "jobInternalError" | "jobRateLimitExceeded"
        )
    }

    /// Returns the report for the client.
    pub fn report(&self) -> Report {
        let message = without_position(&self.message);
        let lower = first_lower(&message);
        match self.reason.as_str() {
            "bytesBilledLimitExceeded" => Report::new(SqlState::OVER_COST_LIMIT, format!("SL001: {lower}"))
                .detail("BigQuery found while running the query that it would bill more than the limit; nothing was billed.")
                .hint("Read fewer columns or partitions, or ask for a higher limit."),
            "accessDenied" => Report::new(SqlState::INSUFFICIENT_PRIVILEGE, lower)
                .hint("The server's account needs the roles BigQuery Job User and BigQuery Data Viewer."),
            "notFound" if message.contains(": Job ") => Report::new(SqlState::SYSTEM_ERROR, format!("BigQuery lost the job: {lower}")),
            "notFound" if message.contains("Dataset ") => Report::new(SqlState::INVALID_SCHEMA_NAME, lower),
            "notFound" => Report::new(SqlState::UNDEFINED_TABLE, missing_table(&message).unwrap_or(lower))
                .hint("The table may have been dropped a moment ago."),
            "quotaExceeded" => Report::new(SqlState::CONFIGURATION_LIMIT_EXCEEDED, format!("a quota of BigQuery is used up: {message}"))
                .hint("Try again later, or raise the quota in the Google Cloud console."),
            "rateLimitExceeded" | "jobRateLimitExceeded" => {
                Report::new(SqlState::TOO_MANY_CONNECTIONS, format!("BigQuery is busy: {message}")).hint("Try again in a moment.")
            }
            "stopped" | "timeout" => Report::new(SqlState::QUERY_CANCELED, format!("the job was stopped: {message}")),
            "resourcesExceeded" | "responseTooLarge" => Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, lower),
            "invalidQuery" | "invalid" => invalid(&message, &lower),
            "authError" | "required" if self.status == 401 => {
                Report::new(SqlState::INSUFFICIENT_PRIVILEGE, "BigQuery refuses the credentials")
            }
            _ if self.status == 401 => Report::new(SqlState::INSUFFICIENT_PRIVILEGE, "BigQuery refuses the credentials"),
            _ if self.status == 403 => Report::new(SqlState::INSUFFICIENT_PRIVILEGE, lower),
            _ if self.status == 0 => Report::new(SqlState::CONNECTION_FAILURE, format!("BigQuery cannot be reached: {message}")),
            _ => Report::new(SqlState::SYSTEM_ERROR, format!("BigQuery failed: {message}")),
        }
    }
}

/// `Not found: Table project:data_set.table was not found ..` in PostgreSQL's words.
fn missing_table(message: &str) -> Option<String> {
    let name = message.strip_prefix("Not found: Table ")?.split(" was not found").next()?;
    let (_, name) = name.rsplit_once(':')?;
    Some(format!("relation \"{name}\" does not exist"))
}

/// What is wrong with a query: names and syntax should have been found by us, so most of these are errors of values.
fn invalid(message: &str, lower: &str) -> Report {
    let starts = |heads: &[&str]| heads.iter().any(|head| lower.starts_with(head));
    if starts(&["division by zero"]) {
        return Report::new(SqlState::DIVISION_BY_ZERO, "division by zero");
    }
    if starts(&["scalar subquery produced more than one element"]) {
        return Report::new(SqlState::CARDINALITY_VIOLATION, "more than one row returned by a subquery used as an expression");
    }
    if starts(&["cannot query over table"]) {
        return Report::new(SqlState::PARTITION_FILTER_REQUIRED, format!("SL004: {lower}"))
            .hint("Add a condition on the partitioning column with constants.");
    }
    let state = if starts(&["syntax error"]) {
        SqlState::SYNTAX_ERROR
    } else if starts(&["unrecognized name"]) {
        SqlState::UNDEFINED_COLUMN
    } else if starts(&["function not found", "no matching signature"]) {
        SqlState::UNDEFINED_FUNCTION
    } else if lower.contains("overflow") || lower.contains("out of range") || lower.contains("domain error") {
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE
    } else if starts(&[
        "invalid date",
        "invalid time",
        "invalid datetime",
        "invalid timestamp",
        "invalid interval",
        "failed to parse input string",
    ]) {
        SqlState::INVALID_DATETIME_FORMAT
    } else if starts(&[
        "bad int64 value",
        "bad double value",
        "bad bool value",
        "invalid numeric",
        "invalid bignumeric",
        "could not cast",
        "invalid cast",
        "invalid input:",
        "failed to parse",
    ]) {
        SqlState::INVALID_TEXT_REPRESENTATION
    } else if starts(&["cannot parse regular expression"]) {
        SqlState::INVALID_REGULAR_EXPRESSION
    } else if starts(&["array cannot have a null element"]) {
        return Report::new(SqlState::FEATURE_NOT_SUPPORTED, "BigQuery cannot return an array that holds NULL")
            .hint("Leave the NULLs out, or return the array as json.");
    } else if lower.contains("correlated subquer") || lower.contains("unsupported") || lower.contains("not supported") {
        return Report::new(SqlState::FEATURE_NOT_SUPPORTED, format!("BigQuery cannot run this query: {message}"));
    } else {
        SqlState::DATA_EXCEPTION
    };
    Report::new(state, lower)
}

/// Drops ` at [line:column]`: it counts in the text that BigQuery got, not in the client's.
fn without_position(message: &str) -> String {
    let mut text = message.trim_end().to_owned();
    while let Some(start) = text.find(" at [") {
        let Some(length) = text[start..].find(']') else { break };
        if !text[start + 5..start + length].bytes().all(|byte| byte.is_ascii_digit() || byte == b':') {
            break;
        }
        text.replace_range(start..=start + length, "");
    }
    text.trim_end_matches('.').to_owned()
}

fn first_lower(message: &str) -> String {
    let mut letters = message.chars();
    let (first, second) = (letters.next(), letters.next());
    match (first, second) {
        (Some(first), Some(second)) if first.is_ascii_uppercase() && second.is_ascii_lowercase() => {
            format!("{}{}", first.to_ascii_lowercase(), &message[1..])
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(reason: &str, message: &str) -> (&'static str, String) {
        let report = Failure { status: 400, reason: reason.into(), message: message.into() }.report();
        (report.sqlstate.0, report.message)
    }

    #[test]
    fn bigquery_errors_become_postgres_errors() {
        assert_eq!(says("invalidQuery", "division by zero: 1 / 0"), ("22012", "division by zero".into()));
        assert_eq!(says("invalidQuery", "Unrecognized name: nope at [1:8]"), ("42703", "unrecognized name: nope".into()));
        assert_eq!(says("invalidQuery", "Syntax error: Unexpected keyword AS at [3:1]").0, "42601");
        let missing = says("notFound", "Not found: Table p:d.t was not found in location US");
        assert_eq!(missing, ("42P01", r#"relation "d.t" does not exist"#.into()));
        assert_eq!(says("notFound", "Not found: Dataset p:d").0, "3F000");
        assert_eq!(says("accessDenied", "Access Denied: Table p:d.t").0, "42501");
        assert_eq!(says("bytesBilledLimitExceeded", "Query exceeded limit for bytes billed: 1. 10485760 or higher required.").0, "SL001");
        assert_eq!(says("quotaExceeded", "Quota exceeded: too many").0, "53400");
        assert_eq!(says("stopped", "Job execution was cancelled").0, "57014");
        assert_eq!(says("backendError", "Error").0, "58000");
    }

    #[test]
    fn what_may_be_tried_again() {
        let failure = |status, reason: &str| Failure { status, reason: reason.into(), message: String::new() };
        assert!(failure(503, "backendError").is_transient());
        assert!(failure(0, "").is_transient());
        assert!(failure(403, "rateLimitExceeded").is_transient());
        assert!(!failure(403, "quotaExceeded").is_transient());
        assert!(!failure(429, "quotaExceeded").is_transient());
        assert!(!failure(400, "invalidQuery").is_transient());
        let page = Failure::of_answer(502, b"<html>Bad Gateway</html>");
        assert!(page.is_transient() && page.message == "HTTP status 502");
    }
}
