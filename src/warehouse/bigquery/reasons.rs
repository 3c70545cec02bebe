//! What BigQuery says, as the client should read it: a SQLSTATE, a message, a hint for every reason of
//! <https://cloud.google.com/bigquery/docs/error-messages>.

use super::failure::{Failure, LEFT_ALONE, NOT_IMPERSONATED, USER_TOKEN};
use super::invalid::{invalid, named_by_casts};
use crate::error::{Report, SqlState};
use crate::sql::emit::{Job, Origin};

/// What becomes of a reason: the words before BigQuery's own message, and the hint.
type Reading = (&'static [&'static str], SqlState, &'static str, &'static str);

const AGAIN: &str = "Try again in a moment.";
const LESS: &str = "Read or sort less at once, or add LIMIT.";
const BILLING: &str = "Enable billing for the project, or set backend.bigquery.billing_project.";
const QUOTA: &str = "Try again later, or raise the quota in the Google Cloud console.";
const OPERATOR: &str = "The operator of this server has to look into it.";

/// The reasons that need no more than their words.
const TABLE: &[Reading] = &[
    (&["attributeError"], SqlState("38000"), "a function of the warehouse failed: ", "Its author has to look into it."),
    (&["backendError", "internalError", "jobBackendError", "jobInternalError"], SqlState::SYSTEM_ERROR, "BigQuery failed: ", AGAIN),
    (&["billingNotEnabled"], SqlState::INSUFFICIENT_PRIVILEGE, "", BILLING),
    (&["billingTierLimitExceeded"], SqlState::PROGRAM_LIMIT_EXCEEDED, "", LESS),
    (
        &["blocked"],
        SqlState::INSUFFICIENT_PRIVILEGE,
        "",
        "BigQuery has blocked such queries of this project for the time being; its support can tell why.",
    ),
    (&["duplicate"], SqlState::SYSTEM_ERROR, "BigQuery has it already: ", AGAIN),
    (&["invalidUser"], SqlState::INSUFFICIENT_PRIVILEGE, "BigQuery does not know the server's account: ", OPERATOR),
    (&["notImplemented"], SqlState::FEATURE_NOT_SUPPORTED, "BigQuery cannot do this: ", ""),
    (&["proxyAuthenticationRequired"], SqlState::CONNECTION_FAILURE, "a proxy stands before BigQuery and wants credentials: ", OPERATOR),
    (&["quotaExceeded", "dailyLimitExceeded"], SqlState::CONFIGURATION_LIMIT_EXCEEDED, "a quota of BigQuery is used up: ", QUOTA),
    (&["rateLimitExceeded", "userRateLimitExceeded", "jobRateLimitExceeded"], SqlState::TOO_MANY_CONNECTIONS, "BigQuery is busy: ", AGAIN),
    (&["resourceInUse"], SqlState("55006"), "", AGAIN),
    (&["resourcesExceeded", "responseTooLarge"], SqlState::PROGRAM_LIMIT_EXCEEDED, "", LESS),
    (&["stopped", "timeout"], SqlState::QUERY_CANCELED, "the job was stopped: ", ""),
    (&["tableUnavailable"], SqlState::SYSTEM_ERROR, "", AGAIN),
    (&["termsOfServiceNotAccepted"], SqlState::INSUFFICIENT_PRIVILEGE, "", OPERATOR),
    (
        &[LEFT_ALONE],
        SqlState::CONNECTION_FAILURE,
        "BigQuery failed too often of late, ",
        "Queries whose answer is in the cache still work.",
    ),
    (
        &[NOT_IMPERSONATED],
        SqlState::INSUFFICIENT_PRIVILEGE,
        "",
        "The server's account needs the role Service Account Token Creator on it; the server's log names it.",
    ),
];

impl Failure {
    /// Returns the report for the client that sent this job: where the text is the client's own, the position counts in it, else it has yet to be
    /// found.
    pub fn report_about(&self, job: &Job) -> Report {
        let report = named_by_casts(self.report(), &job.text);
        let at = position(&self.message, &job.text);
        match job.origin {
            Origin::Client { .. } => report.at(at),
            Origin::Emitter => Report { within_job: at, ..report },
        }
    }

    /// Returns the report for the client.
    pub fn report(&self) -> Report {
        let message = without_position(&self.message);
        let lower = first_lower(&message);
        match (self.reason.as_str(), self.status) {
            ("bytesBilledLimitExceeded", _) => {
                return Report::new(SqlState::OVER_COST_LIMIT, format!("SL001: {lower}"))
                    .detail("BigQuery found while running the query that it would bill more than the limit; nothing was billed.")
                    .hint("Read fewer columns or partitions, or ask for a higher limit.");
            }
            (NOT_IMPERSONATED, _) => {}
            (USER_TOKEN, _) => {
                return Report::new(SqlState::INVALID_AUTHORIZATION_SPECIFICATION, "BigQuery refuses the access token of this session")
                    .hint("Connect again with a new one that has the scope https://www.googleapis.com/auth/bigquery.");
            }
            (_, 401) => {
                return Report::new(SqlState::INSUFFICIENT_PRIVILEGE, "BigQuery refuses the credentials")
                    .hint("Check backend.bigquery.credentials.");
            }
            ("accessDenied", _) => return denied(&message),
            ("notFound", _) => return not_found(&message, lower),
            ("invalidQuery" | "invalid" | "badRequest", _) => return invalid(&message, &lower),
            _ => {}
        }
        if let Some((_, state, head, hint)) = TABLE.iter().find(|(reasons, ..)| reasons.contains(&self.reason.as_str())) {
            let text = if head.is_empty() { lower } else { format!("{head}{message}") };
            let report = Report::new(*state, text);
            return if hint.is_empty() { report } else { report.hint(*hint) };
        }
        match self.status {
            0 => Report::new(SqlState::CONNECTION_FAILURE, format!("BigQuery cannot be reached: {message}")),
            403 => denied(&message),
            429 => Report::new(SqlState::TOO_MANY_CONNECTIONS, format!("BigQuery is busy: {message}")).hint(AGAIN),
            501 => Report::new(SqlState::FEATURE_NOT_SUPPORTED, format!("BigQuery cannot do this: {message}")),
            _ => Report::new(SqlState::SYSTEM_ERROR, format!("BigQuery failed: {message}")),
        }
    }
}

fn not_found(message: &str, lower: String) -> Report {
    if message.contains("Job ") {
        return Report::new(SqlState::SYSTEM_ERROR, format!("BigQuery lost the job: {lower}")).hint("Try again.");
    }
    if message.contains("Dataset ") {
        return Report::new(SqlState::INVALID_SCHEMA_NAME, lower)
            .hint("It may have been dropped a moment ago, or be in another location than backend.bigquery.location says.");
    }
    vanished(message)
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
pub(super) fn vanished(message: &str) -> Report {
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
        for (message, state) in [
            ("LIKE pattern ends with a backslash", "22025"),
            ("LIMIT requires non-negative count and offset", "2201W"),
            ("The N value (number of buckets) for the NTILE function must be positive", "22014"),
            ("Window frame offset for PRECEDING or FOLLOWING must be non-negative, but was -1", "22013"),
            ("count must be greater than zero", "2201G"),
            ("Array index 40 is out of bounds", "0A000"),
            ("Floating point error in function: POW(0, -1)", "2201F"),
        ] {
            assert_eq!(says("invalidQuery", message).0, state, "{message}");
        }
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
    fn every_documented_reason_has_a_class_of_its_own() {
        let documented = [
            ("accessDenied", 403, "42501"),
            ("attributeError", 400, "38000"),
            ("backendError", 500, "58000"),
            ("backendError", 503, "58000"),
            ("badRequest", 400, "22000"),
            ("billingNotEnabled", 403, "42501"),
            ("billingTierLimitExceeded", 400, "54000"),
            ("blocked", 403, "42501"),
            ("duplicate", 409, "58000"),
            ("internalError", 500, "58000"),
            ("invalid", 400, "22000"),
            ("invalidQuery", 400, "22000"),
            ("invalidUser", 400, "42501"),
            ("jobBackendError", 400, "58000"),
            ("jobInternalError", 400, "58000"),
            ("jobRateLimitExceeded", 400, "53300"),
            ("notFound", 404, "42P01"),
            ("notImplemented", 501, "0A000"),
            ("proxyAuthenticationRequired", 407, "08006"),
            ("quotaExceeded", 403, "53400"),
            ("rateLimitExceeded", 403, "53300"),
            ("resourceInUse", 400, "55006"),
            ("resourcesExceeded", 400, "54000"),
            ("responseTooLarge", 403, "54000"),
            ("stopped", 200, "57014"),
            ("tableUnavailable", 400, "58000"),
            ("timeout", 400, "57014"),
        ];
        for (reason, status, sqlstate) in documented {
            let report = Failure { status, reason: reason.into(), message: "Some words".into() }.report();
            assert_eq!(report.sqlstate.0, sqlstate, "{reason}");
            assert!(!report.message.is_empty() && !report.message.ends_with('.'), "{reason}: {}", report.message);
        }
    }

    #[test]
    fn positions_count_characters_of_the_text() {
        let text = "SELECT\n  'ä' AS x,\n  nope(y)";
        assert_eq!(position("Function not found: nope at [3:3]", text), Some(22));
        assert_eq!(position("division by zero", text), None);
        assert_eq!(position("Error at [0:3]", text), None);
    }
}
