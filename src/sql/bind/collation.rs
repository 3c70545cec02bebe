//! COLLATE: text is compared bytewise, and letters are those of Unicode, as in a database whose locale is C.UTF-8 (PostgreSQL, chapter 24.2).

use sqlparser::ast::{self, BinaryOperator, Expr as AstExpr};

use super::Binder;
use super::names::{fold, parts};
use crate::error::{Report, Result};

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
        AstExpr::Function(function) => {
            parts(&function.name).and_then(|mut parts| parts.pop()).is_some_and(|name| OF_LETTERS.contains(&fold(&name).as_str()))
        }
        _ => false,
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
