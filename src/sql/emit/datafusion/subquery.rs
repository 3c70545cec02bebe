//! Subqueries as expressions.

use super::{Printer, ident, qualified, scope};
use crate::error::{Report, Result};
use crate::sql::tree::{Expr, GroupBy, Query, SetExpr, Signature, SubqueryKind};
use crate::types::Type;

impl Printer<'_> {
    /// Prints a subquery.
    pub(super) fn subquery(&mut self, kind: &SubqueryKind, query: &Query, whole: &Expr) -> Result<String> {
        match kind {
            SubqueryKind::Exists => Ok(format!("EXISTS ({})", self.query(query)?)),
            SubqueryKind::Scalar => {
                let correlated = !scope::outer_references_of_query(query).is_empty();
                let text = self.query(query)?;
                if is_one_row(query) || !correlated {
                    return Ok(format!("({text})"));
                }
                // The engine joins correlated subqueries only when they are aggregates; this one refuses a second row.
                let alias = self.alias("one");
                let column = qualified(&alias, &query.columns[0].name);
                Ok(format!("(SELECT pg_single(array_agg({column})) FROM ({text}) AS {})", ident(&alias)))
            }
            SubqueryKind::Array => {
                let text = self.query(query)?;
                let alias = self.alias("elements");
                let column = qualified(&alias, &query.columns[0].name);
                Ok(format!(
                    "(SELECT coalesce(array_agg({column}), pg_empty_array({})) FROM ({text}) AS {})",
                    super::literal::null(query.columns[0].ty, -1),
                    ident(&alias)
                ))
            }
            SubqueryKind::Compare { left, operators, all } => self.compare(left, operators, *all, query, whole),
        }
    }

    /// `left op ANY|ALL (SELECT ...)`.
    fn compare(
        &mut self,
        left: &[Expr],
        operators: &[std::sync::Arc<Signature>],
        all: bool,
        query: &Query,
        whole: &Expr,
    ) -> Result<String> {
        let names: Vec<&str> = operators.iter().map(|operator| operator.name.as_str()).collect();
        let plain = |ty: Type| !matches!(ty, Type::INTERVAL | Type::JSONB | Type::RECORD) && !ty.is_array();
        let fits = operators.iter().all(|operator| operator.arguments.iter().all(|ty| plain(*ty)));
        if !fits {
            return Err(Report::unsupported("this comparison with a subquery").at(whole.position));
        }
        if let ([value], [operator]) = (left, names.as_slice()) {
            let cross =
                operators[0].arguments.first() != operators[0].arguments.last() && !operators[0].arguments.iter().all(|ty| ty.is_integer());
            if cross {
                return Err(Report::unsupported("a comparison of different types with a subquery").at(whole.position));
            }
            let value = self.expr(value)?;
            let text = self.query(query)?;
            return match (*operator, all) {
                ("=", false) => Ok(format!("({value} IN ({text}))")),
                ("<>", true) => Ok(format!("({value} NOT IN ({text}))")),
                ("=" | "<>" | "<" | "<=" | ">" | ">=", _) => {
                    Ok(format!("({value} {operator} {} ({text}))", if all { "ALL" } else { "ANY" }))
                }
                _ => Err(Report::unsupported(format!("operator {operator} with a subquery")).at(whole.position)),
            };
        }
        // (a, b) IN (SELECT ...): a struct on both sides would take NULL for a value, so it is spelled as EXISTS where that decides alike.
        Err(Report::unsupported("a row compared with a subquery").at(whole.position))
    }
}

/// Tells whether a query gives exactly one row: an aggregate without GROUP BY.
fn is_one_row(query: &Query) -> bool {
    match &query.body {
        SetExpr::Select(select) => {
            matches!(&select.group_by, GroupBy::Plain(exprs) if exprs.is_empty()) && select.having.is_none() && query.limit.is_none()
        }
        _ => false,
    }
}
