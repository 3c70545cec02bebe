//! Operators and comparisons: rows, IN, BETWEEN, IS DISTINCT FROM, ANY and ALL.

use std::sync::Arc;

use sqlparser::ast::{self, BinaryOperator, Expr as AstExpr, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::Binder;
use super::coerce::{Context, common_type};
use super::operators::resolve_operator;
use super::records::presence;
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::dialect::SYMMETRIC;
use crate::sql::tree::*;
use crate::types::Type;
use crate::types::literal::Literal;

impl Binder<'_> {
    /// Applies an operator to bound operands.
    pub fn operator(&self, name: &str, left: Option<Expr>, right: Expr, position: Option<u32>) -> Result<Expr> {
        if let (Some(Expr { kind: ExprKind::Row(_, _), .. }), ExprKind::Row(_, _)) = (&left, &right.kind) {
            let left = left.ok_or_else(|| Report::internal("a row"))?;
            let of_item = |row: &Expr| matches!(row.kind, ExprKind::Row(_, RowOf::Item | RowOf::Outer(_)));
            if of_item(&left) || of_item(&right) {
                return self.record_operator(name, left, right, position);
            }
            return self.row_operator(name, left, right, position);
        }
        let start = left.as_ref().map_or(position, |left| left.position.or(position));
        let resolved = resolve_operator(name, left.as_ref().map(|left| left.ty), right.ty, position);
        let mut args: Vec<Expr> = left.into_iter().chain([right]).collect();
        let operator = match resolved {
            Ok(operator) => operator,
            Err(report) => {
                let resolve = |types: &[Type]| match types {
                    [left, right] => resolve_operator(name, Some(*left), *right, position),
                    _ => resolve_operator(name, None, types[0], position),
                };
                let (operator, integers) = self.with_integers(&args, report, resolve)?;
                args = integers;
                operator
            }
        };
        let args = self.coercer().coerce_args(args, &operator)?;
        if let Some(decided) = self.compare_infinite(&operator.name, &args, start)? {
            return Ok(decided);
        }
        if let Some(compared) = self.constant_range(&operator, &args, start)? {
            return Ok(compared);
        }
        let returns = operator.returns;
        Ok(self.make(ExprKind::Operator { operator, args }, returns, -1, start))
    }

    /// Binds `left op right`.
    pub fn binary(&mut self, left: &AstExpr, op: &BinaryOperator, right: &AstExpr) -> Result<Expr> {
        let position = self.operator_between(left, right);
        if *op == BinaryOperator::Overlaps {
            return self.overlaps(left, right, position);
        }
        let name = match operator_name(op, position) {
            Ok(name) => name,
            Err(report) => return Err(self.no_operator(report, left, op, right)),
        };
        if let (AstExpr::Subquery(subquery), true) = (right, matches!(strip(left), AstExpr::Tuple(_))) {
            return self.row_and_subquery(left, &name, subquery, position);
        }
        let whole = names_a_row(left) || names_a_row(right);
        let left = self.expr(left)?;
        let right = self.expr(right)?;
        if whole {
            alike_records(&left, &right, position)?;
        }
        self.operator(&name, Some(left), right, position)
    }

    /// The error for an operator of a schema that has none.
    fn no_operator(&mut self, report: Report, left: &AstExpr, op: &BinaryOperator, right: &AstExpr) -> Report {
        let BinaryOperator::PGCustomBinaryOperator(parts) = op else { return report };
        if let [schema, _] = parts.as_slice()
            && let Some(missing) = self.no_schema(schema)
        {
            return missing.at(report.position);
        }
        match (self.expr(left), self.expr(right)) {
            (Ok(left), Ok(right)) => {
                Report { message: format!("operator does not exist: {} {} {}", left.ty, parts.join("."), right.ty), ..report }
                    .hint("No operator matches the given name and argument types. You might need to add explicit type casts.")
            }
            (Err(report), _) | (_, Err(report)) => report,
        }
    }

    /// `(a, b) = (SELECT x, y)`: the comparison is made over the subquery's row; without one it is NULL.
    fn row_and_subquery(&mut self, left: &AstExpr, name: &str, subquery: &ast::Query, position: Option<u32>) -> Result<Expr> {
        let left = self.expr(left)?;
        let start = left.position;
        let ExprKind::Row(fields, _) = &left.kind else { return Err(Report::internal("a row")) };
        let query = self.value_query(subquery, position)?;
        if query.columns.len() != fields.len() {
            let few = if query.columns.len() < fields.len() { "few" } else { "many" };
            return Err(Report::new(SqlState::SYNTAX_ERROR, format!("subquery has too {few} columns")).at(position));
        }
        let id = self.next_relation();
        let columns = query.columns.iter().enumerate().map(|(i, column)| super::query::column_of(id, i, column, start)).collect();
        let row = Expr::new(ExprKind::Row(columns, RowOf::Fields), Type::RECORD, start);
        let condition = self.row_operator(name, left, row, position)?;
        let from = Relation::Derived { id, alias: "row".into(), lateral: false, query: Box::new(query) };
        let select = Select {
            distinct: Distinct::No,
            projection: vec![condition],
            from: Some(from),
            filter: None,
            group_by: GroupBy::None,
            having: None,
        };
        let shape = RelationColumn { name: "compared".into(), ty: Type::BOOL, typmod: -1, scale: crate::types::NumericScale::Any };
        let whole = super::query::plain_query(SetExpr::Select(Box::new(select)), vec![shape]);
        Ok(self.make(ExprKind::Subquery { kind: SubqueryKind::Scalar, query: Box::new(whole) }, Type::BOOL, -1, start))
    }

    /// Row comparisons become comparisons of their fields (chapter 9.24.5).
    fn row_operator(&self, name: &str, left: Expr, right: Expr, position: Option<u32>) -> Result<Expr> {
        let at = left.position.or(position);
        let (ExprKind::Row(left, _), ExprKind::Row(right, _)) = (left.kind, right.kind) else {
            return Err(Report::internal("rows expected"));
        };
        if left.len() != right.len() {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "unequal number of entries in row expressions").at(position));
        }
        if left.is_empty() {
            return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, "cannot compare rows of zero length").at(position));
        }
        let pairs: Vec<(Expr, Expr)> = left.into_iter().zip(right).collect();
        match name {
            "=" | "<>" => {
                let parts =
                    pairs.into_iter().map(|(left, right)| self.value_operator(name, left, right, position)).collect::<Result<Vec<_>>>()?;
                Ok(if name == "=" { self.all_of(parts, at) } else { self.any_of(parts, at) })
            }
            "<" | "<=" | ">" | ">=" => {
                // a < x OR (a = x AND (b < y OR ...)); only the last pair takes the operator as written.
                let strict = &name[..1];
                let mut rest: Option<Expr> = None;
                for (left, right) in pairs.into_iter().rev() {
                    rest = Some(match rest {
                        None => self.value_operator(name, left, right, position)?,
                        Some(rest) => {
                            let equal = self.value_operator("=", self.copy(&left)?, self.copy(&right)?, position)?;
                            let before = self.value_operator(strict, left, right, position)?;
                            self.any_of(vec![before, self.all_of(vec![equal, rest], at)], at)
                        }
                    });
                }
                rest.ok_or_else(|| Report::internal("a row without fields"))
            }
            _ => Err(Report::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("could not determine interpretation of row comparison operator {name}"),
            )
            .hint("Row comparison operators must be associated with btree operator families.")
            .at(position)),
        }
    }

    /// Compares two values: a row is one, compared as records are (`record_eq`), as a field of a row and where CASE compares it.
    pub fn value_operator(&self, name: &str, left: Expr, right: Expr, position: Option<u32>) -> Result<Expr> {
        if let (ExprKind::Row(..), ExprKind::Row(..)) = (&left.kind, &right.kind) {
            alike_records(&left, &right, position)?;
            return self.record_operator(name, left, right, position);
        }
        self.operator(name, Some(left), right, position)
    }

    fn overlaps(&mut self, left: &AstExpr, right: &AstExpr, position: Option<u32>) -> Result<Expr> {
        let (AstExpr::Tuple(left), AstExpr::Tuple(right)) = (strip(left), strip(right)) else {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "wrong number of parameters on left side of OVERLAPS expression").at(position));
        };
        if left.len() != 2 || right.len() != 2 {
            let side = if left.len() == 2 { "right" } else { "left" };
            return Err(Report::new(SqlState::SYNTAX_ERROR, format!("wrong number of parameters on {side} side of OVERLAPS expression"))
                .at(position));
        }
        let args = left.iter().chain(right).map(|expr| self.expr(expr)).collect::<Result<Vec<_>>>()?;
        self.call(Some("pg_catalog"), "overlaps", args, position)
    }

    /// `IS [NOT] DISTINCT FROM`; `negated` is the NOT.
    pub fn is_distinct(&mut self, left: &AstExpr, right: &AstExpr, negated: bool) -> Result<Expr> {
        let position = self.operator_position(left);
        let left = self.expr(left)?;
        let right = self.expr(right)?;
        self.distinct_values(left, right, negated, position)
    }

    pub fn distinct_values(&self, left: Expr, right: Expr, negated: bool, position: Option<u32>) -> Result<Expr> {
        let start = left.position;
        if let (ExprKind::Row(a, _), ExprKind::Row(b, _)) = (&left.kind, &right.kind) {
            if a.len() != b.len() {
                return Err(Report::new(SqlState::SYNTAX_ERROR, "unequal number of entries in row expressions").at(position));
            }
            let parts = a.iter().zip(b).map(|(a, b)| self.distinct_values(a.clone(), b.clone(), negated, position));
            let mut parts = parts.collect::<Result<Vec<_>>>()?;
            let there = [&left, &right].map(presence);
            if there.iter().any(Option::is_some) {
                let [a, b] = there.map(|there| there.unwrap_or_else(|| Expr::literal(Literal::Bool(true), Type::BOOL, start)));
                parts.push(self.distinct_values(a, b, negated, position)?);
            }
            return Ok(if negated { self.all_of(parts, start) } else { self.any_of(parts, start) });
        }
        // x IS DISTINCT FROM NULL is x IS NOT NULL, of whatever type.
        if right.is_null_literal() || left.is_null_literal() {
            let tested = self.settle_any(if right.is_null_literal() { left } else { right })?;
            return Ok(self.make(ExprKind::IsNull { expr: Box::new(tested), negated: !negated }, Type::BOOL, -1, start));
        }
        let operator = resolve_operator("=", Some(left.ty), right.ty, position)?;
        let mut args = self.coercer().coerce_args(vec![left, right], &operator)?.into_iter();
        let (Some(left), Some(right)) = (args.next(), args.next()) else { return Err(Report::internal("two operands")) };
        let kind = ExprKind::IsDistinct { operator, left: Box::new(left), right: Box::new(right), negated };
        Ok(self.make(kind, Type::BOOL, -1, start))
    }

    /// NULLIF(left, right).
    pub fn null_if(&self, left: Expr, right: Expr, position: Option<u32>) -> Result<Expr> {
        let operator = resolve_operator("=", Some(left.ty), right.ty, position)?;
        let mut args = self.coercer().coerce_args(vec![left, right], &operator)?.into_iter();
        let (Some(left), Some(right)) = (args.next(), args.next()) else { return Err(Report::internal("two operands")) };
        let (ty, typmod) = (left.ty, left.typmod);
        Ok(self.make(ExprKind::NullIf { operator, left: Box::new(left), right: Box::new(right) }, ty, typmod, position))
    }

    /// `expr [NOT] IN (list)`.
    pub fn in_list(&mut self, expr: &AstExpr, list: &[AstExpr], negated: bool) -> Result<Expr> {
        let position = self.operator_position(expr);
        let left = self.expr(expr)?;
        let start = left.position;
        if let [AstExpr::Subquery(query)] = list {
            // sqlparser reads IN ((SELECT ...)) as a list of one scalar subquery; so does PostgreSQL read it as a subquery.
            return self.among_subquery(expr, query, negated);
        }
        let items = list.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>>>()?;
        for (item, written) in items.iter().zip(list) {
            if names_a_row(expr) || names_a_row(written) {
                alike_records(&left, item, position)?;
            }
        }
        let rows = matches!(left.kind, ExprKind::Row(_, _));
        let mut types: Vec<Type> = vec![left.ty];
        types.extend(items.iter().map(|item| item.ty));
        let odd = items.iter().find(|item| item.ty != left.ty).and_then(|item| item.position);
        let common = if rows || items.len() == 1 { Err(Report::internal("not a list")) } else { common_type("IN", &types, odd) };
        if let Ok(common) = common
            && let Ok(operator) = resolve_operator("=", Some(left.ty), common, position)
        {
            let item_type = operator.arguments.get(1).copied().unwrap_or(common);
            let own = operator.arguments.first().copied().unwrap_or(common);
            let left = self.coerce(left, own, Context::Implicit)?;
            // First to the common type, which is what a parameter becomes, then to what the operator takes.
            let item = |item| self.coerce(self.coerce(item, common, Context::Implicit)?, item_type, Context::Implicit);
            let list = items.into_iter().map(item).collect::<Result<Vec<_>>>()?;
            return Ok(self.make(ExprKind::InList { operator, expr: Box::new(left), list, negated }, Type::BOOL, -1, start));
        }
        let name = if negated { "<>" } else { "=" };
        let parts =
            items.into_iter().map(|item| self.operator(name, Some(self.copy(&left)?), item, position)).collect::<Result<Vec<_>>>()?;
        Ok(if negated { self.all_of(parts, start) } else { self.any_of(parts, start) })
    }

    /// `left [NOT] IN (SELECT ...)`. PostgreSQL asks for `=` in either case.
    pub fn among_subquery(&mut self, left: &AstExpr, subquery: &ast::Query, negated: bool) -> Result<Expr> {
        if !negated {
            return self.compare_subquery(left, "=", subquery, false);
        }
        self.compare_subquery(left, "<>", subquery, true).map_err(|report| {
            if report.sqlstate != SqlState::UNDEFINED_FUNCTION || report.position != self.operator_position(left) {
                return report;
            }
            Report { message: report.message.replacen(" <> ", " = ", 1), ..report }
        })
    }

    /// `left op ANY|ALL (SELECT ...)`; IN is `= ANY`, NOT IN is `<> ALL`.
    pub fn compare_subquery(&mut self, left: &AstExpr, name: &str, subquery: &ast::Query, all: bool) -> Result<Expr> {
        let position = self.operator_position(left);
        let start = self.start(left);
        let left = self.expr(left)?;
        let operands = match left.kind {
            ExprKind::Row(fields, _) => fields,
            kind => vec![Expr { kind, ..Expr { kind: ExprKind::Row(Vec::new(), RowOf::Fields), ..left } }],
        };
        let mut query = self.value_query(subquery, position)?;
        if query.columns.len() != operands.len() {
            let few = if query.columns.len() < operands.len() { "few" } else { "many" };
            return Err(Report::new(SqlState::SYNTAX_ERROR, format!("subquery has too {few} columns")).at(position));
        }
        if operands.len() > 1 && !matches!(name, "=" | "<>") {
            return Err(Report::unsupported("an ordering of rows against a subquery").at(position));
        }
        let (mut left, mut operators) = (Vec::new(), Vec::new());
        for (i, operand) in operands.into_iter().enumerate() {
            let operator = alike_moments(resolve_operator(name, Some(operand.ty), query.columns[i].ty, position)?)?;
            if operator.returns != Type::BOOL {
                let message = format!("row comparison operator must yield type boolean, not type {}", operator.returns);
                return Err(Report::new(SqlState::DATATYPE_MISMATCH, message).at(position));
            }
            let (own, column) = match operator.arguments.as_slice() {
                [own, column] => (*own, *column),
                _ => return Err(Report::internal("an infix operator")),
            };
            left.push(self.coerce(operand, own, Context::Implicit)?);
            self.coerce_column(&mut query, i, column)?;
            operators.push(operator);
        }
        let kind = SubqueryKind::Compare { left, operators, all };
        Ok(self.make(ExprKind::Subquery { kind, query: Box::new(query) }, Type::BOOL, -1, start))
    }

    /// `left op ANY|ALL (array or subquery)`.
    pub fn quantified(&mut self, left: &AstExpr, op: &BinaryOperator, right: &AstExpr, all: bool) -> Result<Expr> {
        let position = self.operator_position(left);
        let name = operator_name(op, position)?;
        if let AstExpr::Subquery(subquery) = strip(right) {
            return self.compare_subquery(left, &name, subquery, all);
        }
        let left = self.expr(left)?;
        let array = self.expr(right)?;
        let start = left.position;
        let element = match array.ty.element() {
            Some(element) => element,
            None if array.ty == Type::UNKNOWN => Type::UNKNOWN,
            None if array.ty == Type::OIDVECTOR => Type::OID,
            None if array.ty == Type::INT2VECTOR => Type::INT2,
            None => {
                let message = "op ANY/ALL (array) requires array on right side";
                return Err(Report::new(SqlState::WRONG_OBJECT_TYPE, message).at(position));
            }
        };
        let operator = resolve_operator(&name, Some(left.ty), element, position)?;
        if operator.returns != Type::BOOL {
            let message = "op ANY/ALL (array) requires operator to yield boolean";
            return Err(Report::new(SqlState::WRONG_OBJECT_TYPE, message).at(position));
        }
        let (own, other) = match operator.arguments.as_slice() {
            [own, other] => (*own, *other),
            _ => return Err(Report::internal("an infix operator")),
        };
        // Polymorphic and vector operands are compared as they are.
        let target = if other == element { array.ty } else { other.array().unwrap_or(array.ty) };
        let target = if array.ty == Type::UNKNOWN { other.array().unwrap_or(Type::TEXT_ARRAY) } else { target };
        let left = self.coerce(left, own, Context::Implicit)?;
        let array = self.coerce(array, target, Context::Implicit)?;
        Ok(self.make(ExprKind::AnyArray { operator, left: Box::new(left), array: Box::new(array), all }, Type::BOOL, -1, start))
    }

    /// `[NOT] BETWEEN [SYMMETRIC]`.
    pub fn between(&mut self, expr: &AstExpr, negated: bool, low: &AstExpr, high: &AstExpr) -> Result<Expr> {
        let position = self.operator_position(expr);
        let (symmetric, low) = match symmetric(low) {
            Some(inner) => (true, inner),
            None => (false, low),
        };
        let value = self.expr(expr)?;
        let (low, high) = (self.expr(low)?, self.expr(high)?);
        let start = value.position;
        let range = |low: &Expr, high: &Expr| -> Result<Expr> {
            let (above, below) = if negated { ("<", ">") } else { (">=", "<=") };
            let first = self.operator(above, Some(self.copy(&value)?), self.copy(low)?, position)?;
            let second = self.operator(below, Some(self.copy(&value)?), self.copy(high)?, position)?;
            Ok(if negated { self.any_of(vec![first, second], start) } else { self.all_of(vec![first, second], start) })
        };
        let straight = range(&low, &high)?;
        if !symmetric {
            return Ok(straight);
        }
        let turned = range(&high, &low)?;
        Ok(if negated { self.all_of(vec![straight, turned], start) } else { self.any_of(vec![straight, turned], start) })
    }
}

fn strip(expr: &AstExpr) -> &AstExpr {
    match expr {
        AstExpr::Nested(inner) => strip(inner),
        other => other,
    }
}

fn symmetric(low: &AstExpr) -> Option<&AstExpr> {
    let AstExpr::Function(ast::Function { name, args: FunctionArguments::List(list), .. }) = low else { return None };
    match (name.to_string() == SYMMETRIC, list.args.as_slice()) {
        (true, [FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))]) => Some(inner),
        _ => None,
    }
}

/// The operator's symbol in `pg_operator`.
fn operator_name(op: &BinaryOperator, position: Option<u32>) -> Result<String> {
    Ok(match op {
        BinaryOperator::NotEq => "<>".into(),
        BinaryOperator::PGCustomBinaryOperator(parts) => {
            let (name, schema) = parts.split_last().ok_or_else(|| Report::internal("an operator without a name"))?;
            if schema.iter().any(|schema| !schema.eq_ignore_ascii_case("pg_catalog")) {
                return Err(Report::new(SqlState::UNDEFINED_FUNCTION, format!("operator does not exist: {}", parts.join("."))).at(position));
            }
            if name == "!=" { "<>".into() } else { name.clone() }
        }
        BinaryOperator::Custom(name) => name.clone(),
        BinaryOperator::Xor | BinaryOperator::Assignment | BinaryOperator::MyIntegerDivide | BinaryOperator::DuckIntegerDivide => {
            return Err(Report::new(SqlState::UNDEFINED_FUNCTION, format!("operator does not exist: {op}")).at(position));
        }
        op => match op.to_string().as_str() {
            "!=" => "<>".into(),
            name => name.to_owned(),
        },
    })
}

/// A date and a timestamp, with a zone or without, compare as the wider of both types does (`date_cmp_timestamp`): rows are told apart by values of one type.
fn alike_moments(operator: Arc<Signature>) -> Result<Arc<Signature>> {
    const MOMENTS: [Type; 3] = [Type::TIMESTAMPTZ, Type::TIMESTAMP, Type::DATE];
    let [left, right] = operator.arguments.as_slice() else { return Ok(operator) };
    if left == right || !MOMENTS.contains(left) || !MOMENTS.contains(right) {
        return Ok(operator);
    }
    match MOMENTS.into_iter().find(|ty| operator.arguments.contains(ty)) {
        Some(wider) => resolve_operator(&operator.name, Some(wider), wider, None),
        None => Ok(operator),
    }
}

/// Tells whether an expression may be the whole row of a FROM item.
fn names_a_row(expr: &AstExpr) -> bool {
    matches!(strip(expr), AstExpr::Identifier(_) | AstExpr::CompoundIdentifier(_))
}

/// The row of a table is a value of its own: compared with another, its columns must be of the same types (`record_eq`).
fn alike_records(left: &Expr, right: &Expr, position: Option<u32>) -> Result<()> {
    let (ExprKind::Row(left, _), ExprKind::Row(right, _)) = (&left.kind, &right.kind) else { return Ok(()) };
    let odd = left.iter().zip(right).enumerate().find(|(_, (left, right))| left.ty != right.ty);
    match odd {
        None => Ok(()),
        Some((i, (left, right))) => {
            let message = format!("cannot compare dissimilar column types {} and {} at record column {}", left.ty, right.ty, i + 1);
            Err(Report::new(SqlState::DATATYPE_MISMATCH, message).at(position))
        }
    }
}
