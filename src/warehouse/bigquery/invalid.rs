//! What BigQuery has against a query (`invalidQuery`): by its words, for there is nothing else to go by.

use crate::error::{Report, SqlState};

/// What is wrong with a query: names and syntax should have been found by us, so most of these are errors of values.
pub(super) fn invalid(message: &str, lower: &str) -> Report {
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
    if starts(&[
        "cannot delete from",
        "field name must not be null",
        "cannot set path in",
        "cannot get array length",
        "the provided json",
        "number of elements to trim",
    ]) {
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
        return super::reasons::vanished(message);
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
