//! What BigQuery says, as the client should read it.

use std::time::Duration;

use serde::Deserialize;

use super::lenient::or_default;
use crate::error::{Report, SqlState};
use crate::sql::emit::{Job, Origin};

/// The status of a failure that a good answer tells of: the call went well, the job did not.
const TOLD: u16 = 200;

/// Our own reason: BigQuery does not take the access token of the user that asks.
pub const USER_TOKEN: &str = "userToken";

/// An error of a call or of a job: BigQuery's reason and message (REST reference, "Error messages").
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Failure {
    /// The HTTP status; 0 when no answer came, 200 for the failure of a job.
    #[serde(skip, default = "told")]
    pub status: u16,
    /// `invalidQuery`, `notFound`, ...
    #[serde(default, deserialize_with = "or_default")]
    pub reason: String,
    /// The text for people.
    #[serde(default, deserialize_with = "or_default")]
    pub message: String,
}

fn told() -> u16 {
    TOLD
}

impl Failure {
    /// Makes the failure of a call that was never answered.
    pub fn unanswered(what: &str) -> Failure {
        Failure { status: 0, reason: String::new(), message: what.to_owned() }
    }

    /// Makes the failure of a call that is not made, because so many failed before it.
    pub fn left_alone(wait: Duration) -> Failure {
        Failure { status: TOLD, reason: LEFT_ALONE.into(), message: format!("next trial in {} s", wait.as_secs() + 1) }
    }

    /// Reads an error body; a body that is not BigQuery's (a proxy's page) leaves only the status.
    pub fn of_answer(status: u16, body: &[u8]) -> Failure {
        #[derive(Deserialize)]
        struct Body {
            error: Inner,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Inner {
            Whole {
                #[serde(default, deserialize_with = "or_default")]
                message: String,
                #[serde(default, deserialize_with = "or_default")]
                status: String,
                #[serde(default, deserialize_with = "or_default")]
                errors: Vec<Failure>,
            },
            Text(String),
        }
        match serde_json::from_slice::<Body>(body).map(|body| body.error) {
            Ok(Inner::Whole { message, status: canonical, errors }) => {
                let first = errors.into_iter().next().unwrap_or_default();
                let reason = if first.reason.is_empty() { reason_of(&canonical).to_owned() } else { first.reason };
                let message = if first.message.is_empty() { message } else { first.message };
                Failure { status, reason, message }
            }
            Ok(Inner::Text(message)) => Failure { status, reason: String::new(), message },
            Err(_) => Failure { status, reason: String::new(), message: format!("HTTP status {status}") },
        }
    }

    /// Tells whether the call may succeed when it is made again.
    pub fn is_transient(&self) -> bool {
        let busy = matches!(self.status, 0 | 408 | 429 | 500 | 502 | 503 | 504);
        let passing = matches!(self.reason.as_str(), "rateLimitExceeded" | "backendError" | "internalError");
        (busy || passing) && self.status != TOLD && self.reason != "quotaExceeded"
    }

    /// Tells whether another job with the same text may succeed where this one failed.
    pub fn is_worth_another_job(&self) -> bool {
        matches!(
            self.reason.as_str(),
            "backendError" | "internalError" | "rateLimitExceeded" | "jobBackendError" | "jobInternalError" | "jobRateLimitExceeded"
        )
    }

    /// Tells whether it is the job that failed, not a call about it.
    pub fn is_of_the_job(&self) -> bool {
        self.status == TOLD || self.reason.starts_with("job")
    }

    /// Tells whether the query itself is what BigQuery refuses: it bills nothing for that.
    pub fn is_of_the_query(&self) -> bool {
        matches!(self.reason.as_str(), "invalidQuery" | "invalid" | "bytesBilledLimitExceeded" | "resourcesExceeded")
    }

    /// Tells whether a job that ended so may have been billed: failed ones are not, stopped ones are.
    pub fn may_cost(&self) -> bool {
        matches!(self.reason.as_str(), "stopped" | "timeout" | "")
    }

    /// Returns the report for the client that sent this job: where the text is the client's own, the position counts in it.
    pub fn report_about(&self, job: &Job) -> Report {
        match job.origin {
            Origin::Client { .. } => self.report().at(position(&self.message, &job.text)),
            Origin::Emitter => self.report(),
        }
    }

    /// Returns the report for the client.
    pub fn report(&self) -> Report {
        let message = without_position(&self.message);
        let lower = first_lower(&message);
        match (self.reason.as_str(), self.status) {
            ("bytesBilledLimitExceeded", _) => Report::new(SqlState::OVER_COST_LIMIT, format!("SL001: {lower}"))
                .detail("BigQuery found while running the query that it would bill more than the limit; nothing was billed.")
                .hint("Read fewer columns or partitions, or ask for a higher limit."),
            (USER_TOKEN, _) => {
                Report::new(SqlState::INVALID_AUTHORIZATION_SPECIFICATION, "BigQuery refuses the access token of this session")
                    .hint("Connect again with a new one that has the scope https://www.googleapis.com/auth/bigquery.")
            }
            ("authError" | "required", 401) | (_, 401) => Report::new(SqlState::INSUFFICIENT_PRIVILEGE, "BigQuery refuses the credentials")
                .hint("Check backend.bigquery.credentials."),
            ("accessDenied", _) => denied(&message),
            ("notFound", _) if message.contains("Job ") => {
                Report::new(SqlState::SYSTEM_ERROR, format!("BigQuery lost the job: {lower}")).hint("Try again.")
            }
            ("notFound", _) if message.contains("Dataset ") => Report::new(SqlState::INVALID_SCHEMA_NAME, lower),
            ("notFound", _) => vanished(&message),
            ("quotaExceeded", _) => {
                Report::new(SqlState::CONFIGURATION_LIMIT_EXCEEDED, format!("a quota of BigQuery is used up: {message}"))
                    .hint("Try again later, or raise the quota in the Google Cloud console.")
            }
            ("rateLimitExceeded" | "jobRateLimitExceeded", _) | (_, 429) => {
                Report::new(SqlState::TOO_MANY_CONNECTIONS, format!("BigQuery is busy: {message}")).hint("Try again in a moment.")
            }
            (LEFT_ALONE, _) => Report::new(SqlState::CONNECTION_FAILURE, format!("BigQuery failed too often of late, {message}"))
                .hint("Queries whose answer is in the cache still work."),
            ("stopped" | "timeout", _) => Report::new(SqlState::QUERY_CANCELED, format!("the job was stopped: {message}")),
            ("resourcesExceeded" | "responseTooLarge", _) => {
                Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, lower).hint("Read or sort less at once, or add LIMIT.")
            }
            ("billingNotEnabled" | "billingTierLimitExceeded", _) => Report::new(SqlState::INSUFFICIENT_PRIVILEGE, lower)
                .hint("Enable billing for the project, or set backend.bigquery.billing_project."),
            ("tableUnavailable", _) => Report::new(SqlState::SYSTEM_ERROR, lower).hint("Try again in a moment."),
            ("blocked", _) => Report::new(SqlState::INSUFFICIENT_PRIVILEGE, lower),
            ("notImplemented", _) | (_, 501) => Report::new(SqlState::FEATURE_NOT_SUPPORTED, format!("BigQuery cannot do this: {message}")),
            ("invalidQuery" | "invalid", _) => invalid(&message, &lower),
            (_, 403) => denied(&message),
            (_, 0) => Report::new(SqlState::CONNECTION_FAILURE, format!("BigQuery cannot be reached: {message}")),
            _ => Report::new(SqlState::SYSTEM_ERROR, format!("BigQuery failed: {message}")),
        }
    }
}

const LEFT_ALONE: &str = "leftAlone";

/// The reason for a canonical status, where an answer has only that.
fn reason_of(canonical: &str) -> &'static str {
    match canonical {
        "NOT_FOUND" => "notFound",
        "PERMISSION_DENIED" => "accessDenied",
        "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" => "invalid",
        "ALREADY_EXISTS" => "duplicate",
        "RESOURCE_EXHAUSTED" => "rateLimitExceeded",
        "UNIMPLEMENTED" => "notImplemented",
        "UNAVAILABLE" => "backendError",
        "INTERNAL" => "internalError",
        _ => "",
    }
}

/// A 403 with the permission that is missing, in so far as BigQuery tells.
fn denied(message: &str) -> Report {
    let what = message.strip_prefix("Access Denied: ").unwrap_or(message);
    let head = match what.strip_prefix("Table ").and_then(|rest| rest.split_once(": ")) {
        Some((table, _)) => format!("permission denied for table {}", relation(table)),
        None => "permission denied by BigQuery".to_owned(),
    };
    let known = [
        ("bigquery.jobs.create", "BigQuery Job User"),
        ("bigquery.tables.getData", "BigQuery Data Viewer"),
        ("bigquery.tables.get", "BigQuery Metadata Viewer"),
        ("bigquery.readsessions.create", "BigQuery Read Session User"),
    ];
    let named = message.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '.')).map(|word| word.trim_matches('.'));
    let named = named.filter(|word| word.starts_with("bigquery.")).max_by_key(|word| word.len());
    let hint = match (named, known.iter().find(|(permission, _)| Some(*permission) == named)) {
        (Some(permission), Some((_, role))) => format!("The server's account needs the permission {permission} (role {role})."),
        (Some(permission), None) => format!("The server's account needs the permission {permission}."),
        (None, _) if head.contains("table") => {
            "The server's account needs the permission bigquery.tables.getData on the table (role BigQuery Data Viewer).".to_owned()
        }
        (None, _) => "The server's account needs the roles BigQuery Job User and BigQuery Data Viewer.".to_owned(),
    };
    Report::new(SqlState::INSUFFICIENT_PRIVILEGE, head).detail(format!("BigQuery says: {message}")).hint(hint)
}

/// `Not found: Table project:data_set.table was not found ..` in PostgreSQL's words.
fn vanished(message: &str) -> Report {
    let name = ["Not found: Table ", "Table not found: ", "Not found: View "].iter().find_map(|head| message.strip_prefix(head));
    let name = name.map(|rest| relation(rest.split([' ', ';']).next().unwrap_or(rest)));
    let message = match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("relation \"{name}\" does not exist"),
        None => first_lower(message),
    };
    Report::new(SqlState::UNDEFINED_TABLE, message).hint("The table may have been dropped a moment ago.")
}

/// `project:data_set.table` without the project.
fn relation(path: &str) -> &str {
    path.rsplit_once(':').map_or(path, |(_, name)| name).trim_end_matches(['.', ','])
}

/// What is wrong with a query: names and syntax should have been found by us, so most of these are errors of values.
fn invalid(message: &str, lower: &str) -> Report {
    let starts = |heads: &[&str]| heads.iter().any(|head| lower.starts_with(head));
    if starts(&["division by zero"]) {
        return Report::new(SqlState::DIVISION_BY_ZERO, "division by zero");
    }
    if starts(&["column "]) && lower.contains("must appear in the GROUP BY clause") {
        return Report::new(SqlState::GROUPING_ERROR, lower);
    }
    if starts(&["sequence step cannot be 0"]) {
        return Report::new(SqlState::INVALID_PARAMETER_VALUE, "step size cannot equal zero");
    }
    if message.contains("SQRT") && (message.contains("negative") || message.contains("loating point error")) {
        return Report::new(SqlState("2201F"), "cannot take square root of a negative number");
    }
    let logarithms = ["function: LN(", "function: LOG(", "function: LOG10(", "LN is undefined", "LOG is undefined", "LOG10 is undefined"];
    if logarithms.iter().any(|head| message.contains(head)) {
        return Report::new(SqlState("2201E"), "cannot take logarithm of zero or a negative number");
    }
    if let Some(text) = lower.strip_prefix("bad int64 value: ") {
        let text = message.get(message.len() - text.len()..).unwrap_or(text);
        return Report::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("invalid input syntax for type bigint: \"{text}\""));
    }
    if let Some(text) = lower.strip_prefix("bad double value: ") {
        let text = message.get(message.len() - text.len()..).unwrap_or(text);
        return Report::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("invalid input syntax for type double precision: \"{text}\""));
    }
    if let Some(text) = ["invalid numeric value: ", "invalid bignumeric value: "].iter().find_map(|head| lower.strip_prefix(head)) {
        let text = message.get(message.len() - text.len()..).unwrap_or(text);
        return Report::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("invalid input syntax for type numeric: \"{text}\""));
    }
    if starts(&["cannot delete from", "cannot set path in", "cannot get array length", "the provided json", "number of elements to trim"]) {
        return Report::new(SqlState::INVALID_PARAMETER_VALUE, lower);
    }
    if starts(&["scalar subquery produced more than one element", "more than one element"]) {
        return Report::new(SqlState::CARDINALITY_VIOLATION, "more than one row returned by a subquery used as an expression");
    }
    if starts(&["cannot query over table"]) {
        return Report::new(SqlState::PARTITION_FILTER_REQUIRED, format!("SL004: {lower}"))
            .hint("Add a condition on the partitioning column with constants.");
    }
    if starts(&["not found: table", "table not found", "not found: view"]) {
        return vanished(message);
    }
    // Names and grammar were right in the client's text: whatever is wrong with them is wrong with our translation, or changed under it.
    let of_the_text = if starts(&["syntax error"]) {
        Some(SqlState::SYNTAX_ERROR)
    } else if starts(&["unrecognized name", "name "]) {
        Some(SqlState::UNDEFINED_COLUMN)
    } else if starts(&["function not found", "no matching signature"]) {
        Some(SqlState::UNDEFINED_FUNCTION)
    } else {
        None
    };
    if let Some(state) = of_the_text {
        return Report::new(state, format!("BigQuery does not take the translated query: {lower}"))
            .detail("The message is about the GoogleSQL that the query was translated into, not about the query as it was sent.")
            .hint(
                "If a table was changed a moment ago, try again in a minute; otherwise write the query in another way, and report this.",
            );
    }
    let state = if lower.contains("overflow") || lower.contains("out of range") || lower.contains("domain error") {
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
        "invalid input syntax",
        "invalid input to parse_json",
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

/// Reads the last ` at [line:column]`: BigQuery counts both from 1, columns in characters.
fn position(message: &str, text: &str) -> Option<u32> {
    let (_, place) = message.rsplit_once(" at [")?;
    let (line, column) = place.split_once(']')?.0.split_once(':')?;
    let (line, column): (usize, usize) = (line.parse().ok()?, column.parse().ok()?);
    let before: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(|line| line.chars().count()).sum();
    u32::try_from(before + column).ok()
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
        let unknown = says("invalidQuery", "Unrecognized name: nope at [1:8]");
        assert_eq!(unknown, ("42703", "BigQuery does not take the translated query: unrecognized name: nope".into()));
        assert_eq!(says("invalidQuery", "Syntax error: Unexpected keyword AS at [3:1]").0, "42601");
        let missing = says("notFound", "Not found: Table p:d.t was not found in location US");
        assert_eq!(missing, ("42P01", r#"relation "d.t" does not exist"#.into()));
        assert_eq!(says("notFound", "Not found: Dataset p:d").0, "3F000");
        assert_eq!(says("invalidQuery", "Table not found: shop.orders; Did you mean other?").1, r#"relation "shop.orders" does not exist"#);
        assert_eq!(says("bytesBilledLimitExceeded", "Query exceeded limit for bytes billed: 1. 10485760 or higher required.").0, "SL001");
        assert_eq!(says("quotaExceeded", "Quota exceeded: too many").0, "53400");
        assert_eq!(says("stopped", "Job execution was cancelled").0, "57014");
        assert_eq!(says("backendError", "Error").0, "58000");
    }

    #[test]
    fn denials_name_the_permission() {
        let denied = |message: &str| Failure { status: 403, reason: "accessDenied".into(), message: message.into() }.report();
        let table = denied("Access Denied: Table p:d.t: User does not have permission to query table p:d.t, or perhaps it does not exist.");
        assert_eq!((table.sqlstate.0, table.message.as_str()), ("42501", "permission denied for table d.t"));
        assert!(table.hint.unwrap().contains("bigquery.tables.getData"));
        let job = denied("Access Denied: Project p: User does not have bigquery.jobs.create permission in project p.");
        assert_eq!(job.hint.unwrap(), "The server's account needs the permission bigquery.jobs.create (role BigQuery Job User).");
        assert!(job.detail.unwrap().contains("in project p"));
        let other = denied("Permission 'bigquery.rowAccessPolicies.get' denied.");
        assert!(other.hint.unwrap().contains("bigquery.rowAccessPolicies.get"));
    }

    #[test]
    fn bodies_of_every_make_are_read() {
        let read = |status, body: &str| Failure::of_answer(status, body.as_bytes());
        let newer = read(404, r#"{"error": {"code": 404, "message": "Not found: Table p:d.t", "status": "NOT_FOUND"}}"#);
        assert_eq!((newer.reason.as_str(), newer.report().sqlstate.0), ("notFound", "42P01"));
        assert_eq!(read(403, r#"{"error": {"code": 403, "message": "no", "errors": null}}"#).report().sqlstate.0, "42501");
        assert_eq!(read(400, r#"{"error": "nonsense"}"#).message, "nonsense");
        let of_a_job: Failure = serde_json::from_str(r#"{"reason": "backendError", "message": "x", "location": null}"#).unwrap();
        assert!(of_a_job.is_of_the_job() && of_a_job.is_worth_another_job() && !of_a_job.is_transient());
        let unnamed: Failure = serde_json::from_str(r#"{"message": "something"}"#).unwrap();
        assert_eq!(unnamed.report().sqlstate.0, "58000");
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
