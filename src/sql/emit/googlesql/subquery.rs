//! Subqueries as expressions: scalar, EXISTS, ARRAY, IN / ANY / ALL.

use super::nan::may_be_nan;
use super::text::{Level, chain, parenthesized};
use super::*;
use crate::types::Type;

impl Emitter {
    /// Prints a subquery expression.
    pub fn subquery(&mut self, expr: &Expr, kind: &SubqueryKind, query: &Query) -> Result<Text> {
        let aliases = names::columns(&query.columns);
        match kind {
            SubqueryKind::Scalar => Ok(Text::atom(parenthesized(&self.query(query, &aliases, false)?))),
            SubqueryKind::Exists => Ok(Text::atom(format!("EXISTS{}", parenthesized(&self.query(query, &aliases, false)?)))),
            SubqueryKind::Array => {
                if query.columns.first().is_some_and(|column| column.ty.is_array()) {
                    return Err(refuse("an array of arrays", expr.position, "BigQuery has arrays of one dimension only."));
                }
                Ok(Text::atom(format!("ARRAY{}", parenthesized(&self.query(query, &aliases, false)?))))
            }
            SubqueryKind::Compare { left, operators, all } => self.compare_subquery(expr, left, operators, *all, query, &aliases),
        }
    }

    fn compare_subquery(
        &mut self,
        expr: &Expr,
        left: &[Expr],
        operators: &[Arc<Signature>],
        all: bool,
        query: &Query,
        aliases: &[String],
    ) -> Result<Text> {
        let sql = self.query(query, aliases, false)?;
        if let ([value], [operator]) = (left, operators) {
            let column = query.columns.first().ok_or_else(|| Report::internal("a comparison with a subquery without columns"))?;
            let plain = operator.arguments[0] == operator.arguments[1] && types::groupable(column.ty);
            let text = self.expr(value)?;
            let nan = may_be_nan(value) && column.ty.is_float();
            if nan && plain && matches!((operator.name.as_str(), all), ("=", false) | ("<>", true)) {
                // NaN equals itself: as texts they are compared so.
                let rows = self.alias("compared");
                let key = |value: &str| format!("IF({value} = 0, '0', CAST({value} AS STRING))");
                let column = key(&format!("{rows}.{}", names::quote(&aliases[0])));
                let word = if all { "NOT IN" } else { "IN" };
                let keys = parenthesized(&format!("SELECT {column} FROM {} AS {rows}", parenthesized(&sql)));
                return Ok(Text::new(format!("{} {word} {keys}", key(&text.operand())), Level::Compare));
            }
            if plain && operator.name == "=" && !all {
                return Ok(Text::new(format!("{} IN {}", text.operand(), parenthesized(&sql)), Level::Compare));
            }
            if plain && operator.name == "<>" && all {
                return Ok(Text::new(format!("{} NOT IN {}", text.operand(), parenthesized(&sql)), Level::Compare));
            }
        }
        for value in left {
            self.enters_subquery(value)?;
        }
        // TRUE, FALSE or NULL by three-valued logic over all rows: ANY is their OR, ALL their AND.
        let rows = self.alias("compared");
        let mut conditions = Vec::new();
        for ((value, operator), (column, alias)) in left.iter().zip(operators).zip(query.columns.iter().zip(aliases)) {
            let right = Text::atom(format!("{rows}.{}", names::quote(alias)));
            let text = self.expr(value)?;
            let plain = self.compare_texts(operator, text.clone(), value.ty, right.clone(), column.ty, expr.position)?;
            let of_rows = Expr::new(ExprKind::Column { relation: RelationId(u32::MAX), column: 0 }, column.ty, expr.position);
            conditions.push(super::nan::compared(&operator.name, (value, &text), (&of_rows, &right), plain));
        }
        let negated = all && left.len() > 1;
        let condition = if negated { chain(&conditions, "OR", Level::Or) } else { chain(&conditions, "AND", Level::And) };
        let (call, empty) = if all { ("LOGICAL_AND", "TRUE") } else { ("LOGICAL_OR", "FALSE") };
        // LOGICAL_AND and LOGICAL_OR leave NULLs out; a NULL comparison must leave the answer unknown unless another decides.
        let decided = if all { "FALSE" } else { "TRUE" };
        Ok(Text::atom(format!(
            "(SELECT CASE WHEN {call}({condition}) IS {decided} THEN {decided} WHEN COUNTIF(({condition}) IS NULL) > 0 THEN NULL ELSE {empty} END FROM {} AS {rows})",
            parenthesized(&sql)
        )))
    }

    /// Prints `ARRAY[...]`.
    pub fn array(&mut self, expr: &Expr, items: &[Expr]) -> Result<Text> {
        if expr.ty.element().is_none_or(Type::is_array) || items.iter().any(|item| item.ty.is_array()) {
            return Err(refuse("an array of several dimensions", expr.position, "BigQuery has arrays of one dimension only."));
        }
        let null = |item: &Expr| item.is_null_literal();
        let mut printed = Vec::new();
        for item in items {
            printed.push(if null(item) { Text::atom("NULL") } else { self.expr(item)? });
        }
        // An array without a typed element is told its type.
        if items.iter().all(null) {
            return Ok(Text::atom(format!("{}[{}]", types::of(expr)?, text::list(&printed))));
        }
        Ok(Text::atom(format!("[{}]", text::list(&printed))))
    }
}
