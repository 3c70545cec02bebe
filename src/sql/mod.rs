//! Text to bound, typed tree to text: functions of their arguments, no I/O.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Report, Result};

pub mod array_bounds;
pub mod bind;
pub mod classify;
pub mod commenter;
pub mod ddl;
pub mod emit;
#[cfg(test)]
pub mod fixtures;
pub mod fingerprint;
pub mod language;
pub mod parse;
pub mod passthrough;
mod row_fields;
mod row_places;
mod seeded;
pub mod stamp;
pub mod styles;
pub mod tree;
pub mod walk;
mod word_list;

/// Runs a stage. A panic in it is a defect of ours, and an error to the one with the query: a stage is a function of its arguments and leaves
/// nothing half done. What it said is in the log.
pub(crate) fn contained<T>(name: &str, stage: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(stage)).unwrap_or_else(|_| Err(Report::internal(format!("the {name} failed"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        let list: Vec<u8> = Vec::new();
        let error = contained("binder", || Ok(list[list.len()])).unwrap_err();
        assert_eq!((error.sqlstate.0, error.message.as_str()), ("XX000", "the binder failed"));
        assert_eq!(contained("binder", || Ok(1)).unwrap(), 1);
    }
}
