//! Where expressions stand in the client's text, as far as the parser kept it.

use sqlparser::ast::{ArrayElemTypeDef, CastKind, DataType, Expr as AstExpr, Spanned};
use sqlparser::tokenizer::Location;

use super::Binder;
use super::names::{fold, parts};
use crate::error::{Report, Result, SqlState};
use crate::types::Type;

impl Binder<'_> {
    /// Where an expression begins.
    pub fn start(&self, expr: &AstExpr) -> Option<u32> {
        let first = first_part(expr);
        let found = location(first);
        let named = match first {
            AstExpr::Subquery(query) => return super::query::start_of(query).and_then(|start| self.places.opening_before(start)),
            AstExpr::Exists { .. } => "exists",
            AstExpr::UnaryOp { op, .. } => &op.to_string().to_ascii_lowercase(),
            AstExpr::Cast { kind: CastKind::Cast, .. } => "cast",
            AstExpr::Extract { .. } => "extract",
            AstExpr::Position { .. } => "position",
            AstExpr::Substring { .. } => "subst",
            AstExpr::Trim { .. } => "trim",
            AstExpr::Overlay { .. } => "overlay",
            AstExpr::Ceil { .. } => "ceil",
            AstExpr::Floor { .. } => "floor",
            AstExpr::Array(_) => "array",
            _ => return found.and_then(|location| self.places.of(location)),
        };
        let found = found?;
        self.places.before(found, named).or_else(|| self.places.of(found))
    }

    /// Where `::` or CAST stands, and the type's name as far as that is known.
    pub fn cast_places(&self, kind: &CastKind, inner: &AstExpr, whole: &AstExpr) -> (Option<u32>, Option<u32>) {
        if *kind != CastKind::DoubleColon {
            let start = self.start(whole);
            return (start, start.and_then(|start| self.places.type_in_cast(start)));
        }
        let (mut before, mut innermost) = (0, inner);
        while let AstExpr::Cast { kind: CastKind::DoubleColon, expr, .. } = innermost {
            (before, innermost) = (before + 1, expr);
        }
        let end = Spanned::span(innermost).end;
        if end.line == 0 {
            return (self.start(inner), None);
        }
        self.places.cast_after(end, before).map_or_else(|| (self.start(inner), None), |(cast, ty)| (Some(cast), Some(ty)))
    }

    /// Reads a type's name; what is wrong with it stands where it does, or at `otherwise` where the parser has not kept that.
    pub fn type_name(&self, name: &DataType, otherwise: Option<u32>) -> Result<(Type, i32)> {
        super::type_of(name).map_err(|report| {
            let otherwise_named =
                self.schema_missing(name).or_else(|| self.composite(name).filter(|_| report.sqlstate == SqlState::UNDEFINED_OBJECT));
            otherwise_named.unwrap_or(report).at(self.type_place(name).or(otherwise))
        })
    }

    /// The error for a type of a schema that is not there.
    fn schema_missing(&self, name: &DataType) -> Option<Report> {
        let DataType::Custom(name, _) = name else { return None };
        let parts = parts(name)?;
        let [schema, _] = parts.as_slice() else { return None };
        self.no_schema(&fold(schema))
    }

    /// The error for a schema that is not there; `None` for one that is.
    pub fn no_schema(&self, schema: &str) -> Option<Report> {
        let known =
            matches!(schema, "public" | "pg_catalog" | "information_schema" | "sluice") || self.cx.snapshot.schema(schema).is_some();
        (!known).then(|| Report::new(SqlState("3F000"), format!("schema \"{schema}\" does not exist")))
    }

    /// The refusal of a type that is the row of a relation.
    fn composite(&self, name: &DataType) -> Option<Report> {
        let name = match name {
            DataType::Custom(name, _) => name,
            DataType::Array(ArrayElemTypeDef::SquareBracket(element, _)) => return self.composite(element),
            _ => return None,
        };
        let parts: Vec<String> = parts(name)?.iter().map(fold).collect();
        let table = match parts.as_slice() {
            [name] => self.cx.snapshot.table(None, name, self.cx.search_path),
            [schema, name] => self.cx.snapshot.table(Some(schema), name, &[]),
            _ => None,
        }?;
        Some(Report::unsupported(format!("a value of the composite type {}", table.name.table)))
    }

    fn type_place(&self, name: &DataType) -> Option<u32> {
        match name {
            DataType::Custom(name, _) => self.places.of(Spanned::span(name).start),
            DataType::Array(ArrayElemTypeDef::SquareBracket(element, _)) => self.type_place(element),
            _ => None,
        }
    }

    /// Where the operator between two operands stands, by the text.
    pub fn operator_between(&self, left: &AstExpr, right: &AstExpr) -> Option<u32> {
        let before = if is_end_kept(left) { None } else { self.start(right).and_then(|start| self.places.operator_before(start)) };
        before.or_else(|| self.operator_position(left))
    }

    /// Where the operator behind an operand stands, by the text.
    pub fn operator_position(&self, left: &AstExpr) -> Option<u32> {
        let end = end(left);
        if end.line == 0 { self.start(left) } else { self.places.operator_after(end) }
    }
}

/// The expression that an expression begins with.
fn first_part(expr: &AstExpr) -> &AstExpr {
    match expr {
        AstExpr::BinaryOp { left: first, .. }
        | AstExpr::Nested(first)
        | AstExpr::Cast { kind: CastKind::DoubleColon, expr: first, .. }
        | AstExpr::IsNull(first)
        | AstExpr::IsNotNull(first)
        | AstExpr::IsTrue(first)
        | AstExpr::IsNotTrue(first)
        | AstExpr::IsFalse(first)
        | AstExpr::IsNotFalse(first)
        | AstExpr::InList { expr: first, .. }
        | AstExpr::InSubquery { expr: first, .. }
        | AstExpr::Between { expr: first, .. }
        | AstExpr::Like { expr: first, .. }
        | AstExpr::ILike { expr: first, .. }
        | AstExpr::AtTimeZone { timestamp: first, .. } => {
            stacker::maybe_grow(super::expr::RED_ZONE, super::expr::STACK, || first_part(first))
        }
        other => other,
    }
}

/// Tells whether the parser kept where an expression ends: of `a::text`, `f(a)` and `a[1]` it has kept less.
fn is_end_kept(expr: &AstExpr) -> bool {
    match expr {
        AstExpr::Identifier(_) | AstExpr::CompoundIdentifier(_) | AstExpr::Value(_) => true,
        AstExpr::Nested(inner) => is_end_kept(inner),
        AstExpr::BinaryOp { right, .. } => is_end_kept(right),
        _ => false,
    }
}

/// Where an expression ends, as far as the parser kept it; what sqlparser says of the whole, without a look at its beginning.
fn end(expr: &AstExpr) -> Location {
    match expr {
        AstExpr::Identifier(ident) => ident.span.end,
        AstExpr::CompoundIdentifier(idents) => idents.last().map_or_else(|| expr.span().end, |last| last.span.end),
        AstExpr::Value(value) => value.span.end,
        AstExpr::Nested(inner) => end(inner),
        AstExpr::BinaryOp { left, right, .. } => match end(right) {
            Location { line: 0, .. } => end(left),
            found => found,
        },
        other => other.span().end,
    }
}

/// The place of an expression's first token, as far as the parser kept it.
fn location(expr: &AstExpr) -> Option<Location> {
    let found = match expr {
        AstExpr::Identifier(ident) => ident.span.start,
        AstExpr::CompoundIdentifier(idents) => idents.first()?.span.start,
        AstExpr::Value(value) => value.span.start,
        AstExpr::Prefixed { prefix, .. } => prefix.span.start,
        AstExpr::TypedString(string) => string.value.span.start,
        AstExpr::BinaryOp { left, .. } => return leftmost(left),
        AstExpr::Function(function) => parts(&function.name)?.first()?.span.start,
        AstExpr::Case { case_token, .. } => case_token.0.span.start,
        AstExpr::Nested(inner) => return location(inner),
        AstExpr::CompoundFieldAccess { root, .. } => return location(root),
        AstExpr::UnaryOp { expr, .. }
        | AstExpr::IsTrue(expr)
        | AstExpr::IsNotTrue(expr)
        | AstExpr::IsFalse(expr)
        | AstExpr::IsNotFalse(expr)
        | AstExpr::IsUnknown(expr)
        | AstExpr::IsNotUnknown(expr)
        | AstExpr::IsNull(expr)
        | AstExpr::IsNotNull(expr)
        | AstExpr::IsDistinctFrom(expr, _)
        | AstExpr::IsNotDistinctFrom(expr, _)
        | AstExpr::InList { expr, .. }
        | AstExpr::InSubquery { expr, .. }
        | AstExpr::Between { expr, .. }
        | AstExpr::Like { expr, .. }
        | AstExpr::ILike { expr, .. }
        | AstExpr::SimilarTo { expr, .. }
        | AstExpr::AnyOp { left: expr, .. }
        | AstExpr::AllOp { left: expr, .. }
        | AstExpr::Cast { expr, .. }
        | AstExpr::Collate { expr, .. }
        | AstExpr::Extract { expr, .. }
        | AstExpr::Position { expr, .. }
        | AstExpr::Substring { expr, .. }
        | AstExpr::Trim { expr, .. }
        | AstExpr::Overlay { expr, .. }
        | AstExpr::Ceil { expr, .. }
        | AstExpr::Floor { expr, .. }
        | AstExpr::AtTimeZone { timestamp: expr, .. } => return location(expr),
        AstExpr::Interval(interval) => return location(&interval.value),
        AstExpr::Subquery(query) | AstExpr::Exists { subquery: query, .. } => return super::query::start_of(query),
        AstExpr::Tuple(items) => return location(items.first()?),
        AstExpr::Array(array) => return location(array.elem.first()?),
        _ => return None,
    };
    (found.line > 0).then_some(found)
}

fn leftmost(mut expr: &AstExpr) -> Option<Location> {
    while let AstExpr::BinaryOp { left, .. } = expr {
        expr = left;
    }
    location(expr)
}
