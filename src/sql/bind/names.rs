//! Identifiers as PostgreSQL folds them, and the names it gives to output columns (parse_target.c, `FigureColname`).

use std::collections::HashSet;

use sqlparser::ast::{
    self, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, ObjectNamePart, SelectItem, SetExpr, TrimWhereField,
};

use super::typenames::type_of;
use crate::sql::parse::rewrite::WHOLE_ROW;
use crate::sql::word_list::WordList;
use crate::types::Type;

/// Folds an identifier to lower case unless it is quoted.
pub fn fold(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_ascii_lowercase() }
}

/// Tells whether a word is reserved (PostgreSQL, appendix C): unquoted it names nothing.
pub fn is_reserved(ident: &Ident) -> bool {
    ident.quote_style.is_none() && RESERVED.has(&ident.value)
}

/// Tells whether a word may name functions and types but neither columns nor relations (PostgreSQL, appendix C).
pub fn is_function_word(ident: &Ident) -> bool {
    ident.quote_style.is_none() && OF_FUNCTIONS.has(&ident.value)
}

static OF_FUNCTIONS: WordList = WordList::new(&[
    "authorization",
    "binary",
    "collation",
    "concurrently",
    "cross",
    "freeze",
    "full",
    "ilike",
    "inner",
    "is",
    "isnull",
    "join",
    "left",
    "like",
    "natural",
    "notnull",
    "outer",
    "overlaps",
    "right",
    "similar",
    "tablesample",
    "verbose",
]);

static RESERVED: WordList = WordList::new(&[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "initially",
    "intersect",
    "into",
    "lateral",
    "leading",
    "limit",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "placing",
    "primary",
    "references",
    "returning",
    "select",
    "some",
    "symmetric",
    "table",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "using",
    "variadic",
    "when",
    "where",
    "window",
    "with",
]);

/// The identifiers of a dotted name; `None` if a part is something else.
pub fn parts(name: &ObjectName) -> Option<Vec<Ident>> {
    name.0.iter().map(|part| if let ObjectNamePart::Identifier(ident) = part { Some(ident.clone()) } else { None }).collect()
}

/// The name of a select item without an alias.
pub fn column_name(expr: &Expr) -> String {
    figure(expr).map_or_else(|| "?column?".to_owned(), |(name, _)| name)
}

/// The name and its strength: 2 for names of columns and functions, 1 for types and CASE.
fn figure(expr: &Expr) -> Option<(String, u8)> {
    let strong = |name: &str| Some((name.to_owned(), 2));
    match expr {
        Expr::Identifier(ident) => Some((fold(ident), 2)),
        Expr::CompoundIdentifier(idents) => idents.last().map(|ident| (fold(ident), 2)),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let field = access_chain.iter().rev().find_map(|access| match access {
                ast::AccessExpr::Dot(Expr::Identifier(ident)) => Some(fold(ident)),
                _ => None,
            });
            field.map_or_else(|| figure(root), |name| Some((name, 2)))
        }
        Expr::Nested(inner) => figure(inner),
        Expr::Collate { expr, .. } => figure(expr),
        Expr::Function(function) => function_name(function),
        Expr::Cast { expr, data_type, .. } => typed(figure(expr), data_type),
        Expr::TypedString(typed_string) => typed(None, &typed_string.data_type),
        Expr::Interval(_) => Some(("interval".into(), 1)),
        Expr::Value(ast::ValueWithSpan { value: ast::Value::NationalStringLiteral(_), .. }) => Some(("bpchar".into(), 1)),
        Expr::Case { else_result, .. } => match else_result.as_deref().and_then(figure) {
            Some((name, 2)) => Some((name, 2)),
            _ => Some(("case".into(), 1)),
        },
        Expr::Array(_) => strong("array"),
        Expr::Tuple(_) => strong("row"),
        Expr::Exists { negated: false, .. } => strong("exists"),
        Expr::Subquery(query) => subquery_name(&query.body),
        Expr::Extract { .. } => strong("extract"),
        Expr::Ceil { .. } => strong("ceil"),
        Expr::Floor { .. } => strong("floor"),
        Expr::Position { .. } => strong("position"),
        Expr::Overlay { .. } => strong("overlay"),
        Expr::AtTimeZone { .. } => strong("timezone"),
        Expr::Substring { shorthand, .. } => strong(if *shorthand { "substr" } else { "substring" }),
        Expr::Trim { trim_where, .. } => strong(match trim_where {
            Some(TrimWhereField::Leading) => "ltrim",
            Some(TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        }),
        Expr::BinaryOp { op: ast::BinaryOperator::Overlaps, .. } => strong("overlaps"),
        Expr::IsNormalized { negated: false, .. } => strong("is_normalized"),
        _ => None,
    }
}

fn typed(inner: Option<(String, u8)>, data_type: &ast::DataType) -> Option<(String, u8)> {
    if let Some((name, 2)) = inner {
        return Some((name, 2));
    }
    // A domain has its own name.
    if let ast::DataType::Custom(name, _) = data_type
        && let [schema, domain] = parts(name)?.as_slice()
        && fold(schema) == "information_schema"
    {
        return Some((fold(domain), 1));
    }
    let (ty, _) = type_of(data_type).ok()?;
    let element = ty.element().filter(|_| !matches!(ty, Type::INT2VECTOR | Type::OIDVECTOR));
    Some((element.unwrap_or(ty).name().to_owned(), 1))
}

fn function_name(function: &ast::Function) -> Option<(String, u8)> {
    let last = parts(&function.name)?.pop()?;
    let name = fold(&last);
    if name == WHOLE_ROW
        && let FunctionArguments::List(list) = &function.args
        && let [FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(row))] = list.args.as_slice()
    {
        return Some((fold(parts(row)?.last()?), 2));
    }
    if name == "array" && matches!(function.args, FunctionArguments::Subquery(_)) {
        return Some(("array".into(), 2));
    }
    Some((name, 2))
}

fn subquery_name(body: &SetExpr) -> Option<(String, u8)> {
    match body {
        SetExpr::Select(select) => match select.projection.first()? {
            SelectItem::UnnamedExpr(expr) => Some((column_name(expr), 2)),
            SelectItem::ExprWithAlias { alias, .. } => Some((fold(alias), 2)),
            // What the parser makes of `(VALUES ...)`.
            SelectItem::Wildcard(_) => match &select.from.first()?.relation {
                ast::TableFactor::Derived { subquery, .. } => subquery_name(&subquery.body),
                _ => None,
            },
            _ => None,
        },
        SetExpr::Query(query) => subquery_name(&query.body),
        SetExpr::SetOperation { left, .. } => subquery_name(left),
        SetExpr::Values(_) => Some(("column1".into(), 2)),
        _ => None,
    }
}

/// The index of the candidate nearest to a misspelt name, if one is near enough to be meant (parse_relation.c allows half its length).
pub fn closest<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<usize> {
    let limit = (name.chars().count() / 2).min(3);
    let (distance, index) = candidates.enumerate().map(|(i, candidate)| (distance(name, candidate), i)).min()?;
    (distance <= limit).then_some(index)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(left != *right)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

/// Makes names unique by counting: `count`, `count_1`.
pub fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    /// So many are looked through sooner than hashed.
    const FEW: usize = 32;
    let wanted: Vec<String> = names.collect();
    let differs = |(i, name): (usize, &String)| !wanted[..i].contains(name);
    if wanted.len() <= FEW && wanted.iter().enumerate().all(differs) {
        return wanted;
    }
    let mut seen: HashSet<&str> = HashSet::with_capacity(wanted.len());
    if wanted.len() > FEW && wanted.iter().all(|name| seen.insert(name)) {
        return wanted;
    }
    let mut taken: HashSet<String> = HashSet::new();
    let mut out = Vec::with_capacity(wanted.len());
    for name in &wanted {
        let mut candidate = name.clone();
        let mut n = 0;
        while taken.contains(&candidate) || (n > 0 && wanted.contains(&candidate)) {
            n += 1;
            candidate = format!("{name}_{n}");
        }
        taken.insert(candidate.clone());
        out.push(candidate);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicate_names_are_counted() {
        let names = unique(["a", "a", "a_1", "a"].map(str::to_owned).into_iter());
        assert_eq!(names, ["a", "a_2", "a_1", "a_3"]);
    }

    #[test]
    fn near_names_are_found() {
        assert_eq!(closest("daye", ["id", "day", "name"].into_iter()), Some(1));
        assert_eq!(closest("xyz", ["id", "day"].into_iter()), None);
    }
}
