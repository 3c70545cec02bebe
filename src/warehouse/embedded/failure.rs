//! What DataFusion says, as the client should read it.

use std::error::Error;

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use datafusion::object_store;

use super::memory::QUERY_LIMIT;
use crate::error::{Report, SqlState};

/// Says which stage failed: what a planner refuses is a gap, what fails later is an error of the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// From text to plan.
    Plan,
    /// While rows are made.
    Run,
}

/// Turns an error of the engine into a report.
pub fn report(error: &DataFusionError, stage: Stage) -> Report {
    if let Some(report) = own_report(error) {
        return report;
    }
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => report(inner, stage),
        DataFusionError::Shared(inner) => report(inner, stage),
        DataFusionError::Collection(errors) if !errors.is_empty() => report(&errors[0], stage),
        DataFusionError::ResourcesExhausted(message) => exhausted(message),
        DataFusionError::ArrowError(inner, _) => arrow(inner, stage),
        DataFusionError::IoError(inner) => io(inner),
        DataFusionError::ObjectStore(inner) => store(inner),
        DataFusionError::ParquetError(inner) => parquet(&inner.to_string()),
        DataFusionError::External(inner) => external(inner.as_ref(), stage),
        DataFusionError::NotImplemented(message) => gap(message),
        DataFusionError::Plan(message) | DataFusionError::Configuration(message) => gap(message),
        DataFusionError::SQL(inner, _) => gap(&inner.to_string()),
        DataFusionError::SchemaError(inner, _) => gap(&inner.to_string()),
        DataFusionError::Execution(message) => execution(message, stage),
        DataFusionError::ExecutionJoin(inner) if inner.is_cancelled() => Report::new(SqlState::QUERY_CANCELED, "the query was stopped"),
        other => internal(&other.to_string()),
    }
}

/// Finds a [`Report`] that one of our own functions returned, through whatever was wrapped around it.
fn own_report(error: &(dyn Error + 'static)) -> Option<Report> {
    if let Some(report) = error.downcast_ref::<Report>() {
        return Some(report.clone());
    }
    match error.downcast_ref::<DataFusionError>() {
        Some(DataFusionError::External(inner)) => return own_report(inner.as_ref()),
        Some(DataFusionError::ArrowError(inner, _)) => return own_report(inner.as_ref()),
        Some(DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner)) => return own_report(inner.as_ref()),
        Some(DataFusionError::Shared(inner)) => return own_report(inner.as_ref()),
        Some(DataFusionError::Collection(errors)) => return errors.iter().find_map(|error| own_report(error)),
        _ => {}
    }
    match error.downcast_ref::<ArrowError>() {
        Some(ArrowError::ExternalError(inner)) => own_report(inner.as_ref()),
        _ => error.source().and_then(own_report),
    }
}

fn external(error: &(dyn Error + Send + Sync + 'static), stage: Stage) -> Report {
    if let Some(inner) = error.downcast_ref::<DataFusionError>() {
        return report(inner, stage);
    }
    if let Some(inner) = error.downcast_ref::<ArrowError>() {
        return arrow(inner, stage);
    }
    if let Some(inner) = error.downcast_ref::<object_store::Error>() {
        return store(inner);
    }
    if let Some(inner) = error.downcast_ref::<std::io::Error>() {
        return io(inner);
    }
    internal(&error.to_string())
}

fn arrow(error: &ArrowError, stage: Stage) -> Report {
    match error {
        ArrowError::DivideByZero => Report::new(SqlState::DIVISION_BY_ZERO, "division by zero"),
        ArrowError::ArithmeticOverflow(message) => {
            let kind =
                ["Int16", "Int32", "Int64"].iter().zip(["smallint", "integer", "bigint"]).find(|(arrow, _)| message.contains(**arrow));
            let what = kind.map_or("value", |(_, name)| name);
            Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{what} out of range"))
        }
        ArrowError::CastError(message) | ArrowError::ParseError(message) => {
            Report::new(SqlState::INVALID_TEXT_REPRESENTATION, "a value cannot be converted to the type that is asked for")
                .detail(sentence(message))
        }
        ArrowError::CsvError(message) => Report::new(SqlState::SYSTEM_ERROR, "could not read a CSV file")
            .detail(sentence(message))
            .hint("A value does not fit the type that the column's first lines suggest."),
        ArrowError::IoError(_, inner) => io(inner),
        ArrowError::ParquetError(message) => parquet(message),
        ArrowError::MemoryError(message) => exhausted(message),
        ArrowError::NotYetImplemented(message) => gap(message),
        ArrowError::ExternalError(inner) => external(inner.as_ref(), stage),
        ArrowError::InvalidArgumentError(message) if message.contains("too large") || message.contains("precision") => {
            Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range").detail(sentence(message))
        }
        other => execution(&other.to_string(), stage),
    }
}

fn execution(message: &str, stage: Stage) -> Report {
    // Scalar subqueries: DataFusion has no error of its own for them.
    if message.contains("more than one row") {
        return Report::new(SqlState::CARDINALITY_VIOLATION, "more than one row returned by a subquery used as an expression");
    }
    if message.to_ascii_lowercase().contains("divide by zero") || message.to_ascii_lowercase().contains("division by zero") {
        return Report::new(SqlState::DIVISION_BY_ZERO, "division by zero");
    }
    if message.contains("verflow") {
        return Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range");
    }
    match stage {
        Stage::Plan => gap(message),
        Stage::Run => Report::new(SqlState::DATA_EXCEPTION, "the embedded engine could not compute a value").detail(sentence(message)),
    }
}

/// What the engine cannot do is refused, as everything that is not translated faithfully.
fn gap(message: &str) -> Report {
    tracing::debug!(%message, "the engine refuses a text");
    Report::new(SqlState::FEATURE_NOT_SUPPORTED, "this query is not supported by the embedded engine").detail(sentence(message))
}

fn exhausted(message: &str) -> Report {
    tracing::info!(%message, "a query was refused memory");
    if message.contains("disk") || message.contains("temp_directory") {
        return Report::new(SqlState::DISK_FULL, "the query would spill more to disk than it may")
            .hint("Read fewer rows or columns, or sort and group less.");
    }
    let limit = match message.contains(QUERY_LIMIT) {
        true => format!("The limit is {QUERY_LIMIT}."),
        false => "The limit is backend.local.memory_limit, for all queries together.".to_owned(),
    };
    Report::new(SqlState::OUT_OF_MEMORY, "out of memory: the query would hold more than it may")
        .detail(limit)
        .hint("Read fewer rows or columns, or sort and group less.")
}

fn io(error: &std::io::Error) -> Report {
    if let Some(inner) = error.get_ref().and_then(|inner| own_report(inner)) {
        return inner;
    }
    match error.kind() {
        std::io::ErrorKind::NotFound => vanished(),
        std::io::ErrorKind::StorageFull => Report::new(SqlState::DISK_FULL, "no space left on the device for temporary files"),
        std::io::ErrorKind::Other if error.to_string().contains("spilling") => exhausted("disk"),
        kind => Report::new(SqlState::SYSTEM_ERROR, format!("could not read a data file: {kind}")),
    }
}

fn store(error: &object_store::Error) -> Report {
    match error {
        object_store::Error::NotFound { .. } => vanished(),
        object_store::Error::Generic { source, .. } => match source.downcast_ref::<std::io::Error>() {
            Some(inner) => io(inner),
            None => parquet(&error.to_string()),
        },
        other => parquet(&other.to_string()),
    }
}

fn vanished() -> Report {
    Report::new(SqlState::SYSTEM_ERROR, "a data file vanished while it was read")
        .hint("Run the query again: it will see the files that are there now.")
}

fn parquet(message: &str) -> Report {
    if message.contains("No such file") || message.contains("NotFound") {
        return vanished();
    }
    tracing::warn!(%message, "a data file cannot be read");
    Report::new(SqlState::SYSTEM_ERROR, "could not read a data file")
        .hint("The file is damaged, or it was replaced while it was read; run the query again.")
}

fn internal(message: &str) -> Report {
    tracing::error!(%message, "the embedded engine failed");
    Report::internal("the embedded engine failed").detail(sentence(message))
}

/// The first line of a message as a sentence, without the engine's prefix, never long.
fn sentence(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim().trim_end_matches('.');
    let line = ["Error during planning: ", "Execution error: ", "Arrow error: ", "Schema error: "]
        .iter()
        .fold(line, |line, prefix| line.trim_start_matches(prefix));
    let mut text: String = line.chars().take(300).collect();
    if let Some(first) = text.get(..1) {
        text = first.to_uppercase() + &text[1..];
    }
    text + "."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_survives_any_wrapping() {
        let report_in = Report::new(SqlState::INVALID_DATETIME_FORMAT, "invalid input syntax for type date: \"x\"");
        let wrapped = DataFusionError::Context(
            "while casting".into(),
            Box::new(DataFusionError::ArrowError(
                Box::new(ArrowError::ExternalError(Box::new(DataFusionError::External(Box::new(report_in.clone()))))),
                None,
            )),
        );
        assert_eq!(report(&wrapped, Stage::Run), report_in);
        let shared = DataFusionError::Shared(std::sync::Arc::new(wrapped));
        assert_eq!(report(&shared, Stage::Run), report_in);
    }

    #[test]
    fn classes_of_errors() {
        let state = |error: DataFusionError, stage| report(&error, stage).sqlstate;
        assert_eq!(state(DataFusionError::ResourcesExhausted("x".into()), Stage::Run), SqlState::OUT_OF_MEMORY);
        assert_eq!(state(DataFusionError::NotImplemented("x".into()), Stage::Plan), SqlState::FEATURE_NOT_SUPPORTED);
        assert_eq!(state(DataFusionError::ArrowError(Box::new(ArrowError::DivideByZero), None), Stage::Run), SqlState::DIVISION_BY_ZERO);
        let gone = object_store::Error::NotFound { path: "x".into(), source: "gone".into() };
        assert_eq!(state(DataFusionError::ObjectStore(Box::new(gone)), Stage::Run), SqlState::SYSTEM_ERROR);
    }
}
