//! Identifiers: aliases that are safe and unique, backticks where they are needed.

use std::collections::HashSet;

use crate::sql::tree::RelationColumn;

/// GoogleSQL's reserved keywords ("Lexical structure and syntax"), in lower case, sorted.
const RESERVED: &[&str] = &[
    "all",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "assert_rows_modified",
    "at",
    "between",
    "by",
    "case",
    "cast",
    "collate",
    "contains",
    "create",
    "cross",
    "cube",
    "current",
    "default",
    "define",
    "desc",
    "distinct",
    "else",
    "end",
    "enum",
    "escape",
    "except",
    "exclude",
    "exists",
    "extract",
    "false",
    "fetch",
    "following",
    "for",
    "from",
    "full",
    "graph_table",
    "group",
    "grouping",
    "groups",
    "hash",
    "having",
    "if",
    "ignore",
    "in",
    "inner",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "lateral",
    "left",
    "like",
    "limit",
    "lookup",
    "match_recognize",
    "merge",
    "natural",
    "new",
    "no",
    "not",
    "null",
    "nulls",
    "of",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "preceding",
    "proto",
    "qualify",
    "range",
    "recursive",
    "respect",
    "right",
    "rollup",
    "rows",
    "select",
    "set",
    "some",
    "struct",
    "tablesample",
    "then",
    "to",
    "treat",
    "true",
    "unbounded",
    "union",
    "unnest",
    "using",
    "when",
    "where",
    "window",
    "with",
    "within",
];

/// Prints an identifier, in backticks where it is no plain word.
pub(super) fn quote(name: &str) -> String {
    let plain = name.bytes().next().is_some_and(|c| c.is_ascii_alphabetic() || c == b'_')
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
        && !is_reserved(name);
    if plain { name.to_owned() } else { backticks(name) }
}

fn is_reserved(name: &str) -> bool {
    // No reserved word is longer.
    name.len() <= 20 && RESERVED.binary_search(&name.to_ascii_lowercase().as_str()).is_ok()
}

/// Prints a table's path, the whole of it in backticks if any part needs them.
pub(super) fn path(parts: &[String]) -> String {
    if parts.iter().all(|part| quote(part) == *part) { parts.join(".") } else { backticks(&parts.join(".")) }
}

fn backticks(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// Turns any name into an alias that BigQuery takes: letters, digits and underscores, none of its reserved prefixes, no keyword.
pub(super) fn safe(name: &str) -> String {
    let mut alias: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(120).collect();
    if alias.starts_with('_') || alias.ends_with('_') {
        alias = alias.trim_matches('_').to_owned();
    }
    if alias.is_empty() {
        alias.push_str("column");
    }
    if alias.starts_with(|c: char| c.is_ascii_digit()) || is_reserved(&alias) {
        alias.insert_str(0, "c_");
    }
    alias
}

/// Returns the alias, or the first of alias_1, alias_2, ... that is not taken; takes it. BigQuery's names have no case.
fn unique(alias: String, taken: &mut HashSet<String>) -> String {
    if taken.insert(alias.to_ascii_lowercase()) {
        return alias;
    }
    let mut candidate = alias.clone();
    let mut n = 0;
    while !taken.insert(candidate.to_ascii_lowercase()) {
        n += 1;
        candidate = format!("{alias}_{n}");
    }
    candidate
}

/// The aliases in use, in lower case.
#[derive(Default)]
pub(super) struct Taken {
    names: HashSet<String>,
    /// Those that [`Taken::unique`] gave, in their order.
    given: Vec<String>,
}

impl Taken {
    /// Takes an alias, if it is not taken.
    pub fn take(&mut self, alias: &str) {
        self.names.insert(alias.to_ascii_lowercase());
    }

    /// Gives an alias near this one that nothing else has.
    pub fn unique(&mut self, alias: String) -> String {
        let given = unique(alias, &mut self.names);
        self.given.push(given.to_ascii_lowercase());
        given
    }

    /// How many were given.
    pub fn given(&self) -> usize {
        self.given.len()
    }

    /// Takes back all but the first that were given.
    pub fn take_back(&mut self, to: usize) {
        for name in self.given.drain(to..) {
            self.names.remove(&name);
        }
    }
}

/// Returns the aliases under which a query's columns leave it; depends on the names alone.
pub(super) fn columns(columns: &[RelationColumn]) -> Vec<String> {
    let mut taken = HashSet::new();
    columns.iter().map(|column| unique(safe(&column.name), &mut taken)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_quoted_only_where_needed() {
        assert!(RESERVED.is_sorted());
        assert_eq!(quote("region"), "region");
        assert_eq!(quote("order"), "`order`");
        assert_eq!(quote("First Name"), "`First Name`");
        assert_eq!(path(&["my-project".into(), "shop".into(), "orders".into()]), "`my-project.shop.orders`");
        assert_eq!(path(&["p".into(), "shop".into(), "orders".into()]), "p.shop.orders");
    }

    #[test]
    fn output_aliases_are_safe_and_unique_without_case() {
        let names = ["?column?", "Sum", "sum", "a b", "2nd", "_PARTITIONTIME", "select"];
        let columns: Vec<RelationColumn> = names
            .iter()
            .map(|name| RelationColumn {
                name: (*name).into(),
                ty: crate::types::Type::INT4,
                typmod: -1,
                scale: crate::types::NumericScale::Any,
            })
            .collect();
        assert_eq!(super::columns(&columns), ["column", "Sum", "sum_1", "a_b", "c_2nd", "PARTITIONTIME", "c_select"]);
    }
}
