//! COLLATE: text is compared bytewise, and letters are those of Unicode, as in a database whose locale is C.UTF-8 (PostgreSQL, chapter 24.2).

use std::ops::ControlFlow;

use sqlparser::ast::{self, BinaryOperator, Expr as AstExpr};

use super::Binder;
use super::names::{fold, parts};
use crate::error::{Report, Result, SqlState};

/// Functions for which an argument's collation says what a letter is.
const OF_LETTERS: [&str; 12] = [
    "lower",
    "upper",
    "initcap",
    "regexp_match",
    "regexp_matches",
    "regexp_replace",
    "regexp_split_to_array",
    "regexp_split_to_table",
    "regexp_count",
    "regexp_instr",
    "regexp_like",
    "regexp_substr",
];

/// Tells whether an expression's value depends on what a letter is.
pub(super) fn reads_letters(expr: &AstExpr) -> bool {
    use BinaryOperator as Op;
    match expr {
        AstExpr::ILike { .. } | AstExpr::SimilarTo { .. } => true,
        AstExpr::BinaryOp { op, .. } => matches!(
            op,
            Op::PGRegexMatch | Op::PGRegexIMatch | Op::PGRegexNotMatch | Op::PGRegexNotIMatch | Op::PGILikeMatch | Op::PGNotILikeMatch
        ),
        AstExpr::Function(function) => match function.name.0.last() {
            Some(ast::ObjectNamePart::Identifier(name)) => match name.quote_style {
                Some(_) => OF_LETTERS.contains(&name.value.as_str()),
                None => OF_LETTERS.iter().any(|word| word.len() == name.value.len() && word.eq_ignore_ascii_case(&name.value)),
            },
            _ => false,
        },
        _ => false,
    }
}

/// The collation that is written anywhere in an expression: what functions give has that of their arguments.
pub(super) fn written_in(expr: &AstExpr) -> Option<String> {
    let found = ast::visit_expressions(expr, |part| match part {
        AstExpr::Collate { collation, .. } => ControlFlow::Break(parts(collation).and_then(|mut parts| parts.pop())),
        _ => ControlFlow::Continue(()),
    });
    match found {
        ControlFlow::Break(name) => name.map(|ident| fold(&ident)),
        ControlFlow::Continue(()) => None,
    }
}

/// Refuses two collations for what is compared with one another (parse_collate.c).
///
/// # Errors
/// 42P21.
pub(super) fn check_same<'e>(exprs: impl Iterator<Item = &'e AstExpr>, position: Option<u32>) -> Result<()> {
    let written: Vec<String> = exprs.filter_map(written_in).collect();
    match written.iter().find(|other| **other != written[0]) {
        None => Ok(()),
        Some(other) => {
            let message = format!("collation mismatch between explicit collations \"{}\" and \"{other}\"", written[0]);
            Err(Report::new(SqlState("42P21"), message).at(position))
        }
    }
}

impl Binder<'_> {
    /// Lets the collations through that compare bytewise. Those of plain C know no letters beyond ASCII: what asks for letters is refused.
    ///
    /// # Errors
    /// 0A000.
    pub(super) fn check_collation(&self, collation: &ast::ObjectName) -> Result<()> {
        let name = parts(collation).and_then(|mut parts| parts.pop());
        let position = name.as_ref().and_then(|ident| self.places.of(ident.span.start));
        match name.map(|ident| fold(&ident)).as_deref() {
            Some(name @ ("C" | "POSIX" | "ucs_basic")) if self.reading_letters > 0 => {
                Err(Report::unsupported(format!("upper and lower case under collation \"{name}\""))
                    .at(position)
                    .hint("Letters are those of Unicode here: leave the COLLATE away, or put it outside of the function."))
            }
            Some("C" | "POSIX" | "default" | "ucs_basic" | "C.UTF-8" | "C.utf8") => Ok(()),
            Some(name) => {
                Err(Report::unsupported(format!("collation \"{name}\"")).at(position).hint("Text is compared bytewise: COLLATE \"C\"."))
            }
            None => Err(Report::unsupported("this collation")),
        }
    }
}
