//! Identifiers: aliases that are safe and unique, backticks where they are needed.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use crate::catalog::model::Table;
use crate::sql::tree::RelationColumn;
use crate::sql::word_list::WordList;

/// GoogleSQL's reserved keywords ("Lexical structure and syntax").
static RESERVED: WordList = WordList::new(&[
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
]);

/// Prints an identifier, in backticks where it is no plain word.
pub(super) fn quote(name: &str) -> Cow<'_, str> {
    let plain = is_word(name) && !name.starts_with(|first: char| first.is_ascii_digit()) && !RESERVED.has(name);
    if plain { name.into() } else { backticks(name).into() }
}

/// Letters, digits and underscores, at least one.
fn is_word(name: &str) -> bool {
    for letter in name.as_bytes() {
        if !IN_WORDS[usize::from(*letter)] {
            return false;
        }
    }
    !name.is_empty()
}

/// By bytes: those of words.
static IN_WORDS: [bool; 256] = {
    let mut letters = [false; 256];
    let mut byte = 0;
    while byte < letters.len() {
        letters[byte] = matches!(byte as u8, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_');
        byte += 1;
    }
    letters
};

/// Prints a table's path, the whole of it in backticks if any part needs them.
pub(super) fn path(parts: &[String]) -> String {
    if parts.iter().all(|part| quote(part) == *part) { parts.join(".") } else { backticks(&parts.join(".")) }
}

fn backticks(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// Turns any name into an alias that BigQuery takes: letters, digits and underscores, none of its reserved prefixes, no keyword.
pub(super) fn safe(name: &str) -> String {
    if name.len() <= 120
        && is_word(name)
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.ends_with('_')
        && !RESERVED.has(name)
    {
        return name.to_owned();
    }
    let mut alias: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(120).collect();
    if alias.starts_with('_') || alias.ends_with('_') {
        alias = alias.trim_matches('_').to_owned();
    }
    if alias.is_empty() {
        alias.push_str("column");
    }
    if alias.starts_with(|c: char| c.is_ascii_digit()) || RESERVED.has(&alias) {
        alias.insert_str(0, "c_");
    }
    alias
}

/// Returns the alias, or the first of alias_1, alias_2, ... that is not taken. BigQuery's names have no case.
fn unique(alias: String, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(&alias) {
        return alias;
    }
    let mut n = 1;
    loop {
        let candidate = format!("{alias}_{n}");
        if !is_taken(&candidate) {
            return candidate;
        }
        n += 1;
    }
}

/// The aliases in use. They are many and few are asked for: looked through, not hashed.
#[derive(Default)]
pub(super) struct Taken {
    names: Vec<String>,
    /// Tables whose columns are taken too.
    tables: Vec<Arc<Table>>,
    /// Those that [`Taken::unique`] gave, in their order.
    given: Vec<String>,
}

impl Taken {
    /// Takes aliases.
    pub fn take(&mut self, mut aliases: Vec<String>) {
        self.names.append(&mut aliases);
    }

    /// Takes the names of all columns of tables.
    pub fn take_columns(&mut self, tables: Vec<Arc<Table>>) {
        for table in tables {
            if !self.tables.iter().any(|known| Arc::ptr_eq(known, &table)) {
                self.tables.push(table);
            }
        }
    }

    fn has(&self, alias: &str) -> bool {
        let is = |name: &str| name.len() == alias.len() && name.eq_ignore_ascii_case(alias);
        self.given.iter().chain(&self.names).any(|name| is(name))
            || self.tables.iter().any(|table| table.columns.iter().any(|column| is(&column.name)))
    }

    /// Gives an alias near this one that nothing else has.
    pub fn unique(&mut self, alias: String) -> String {
        let given = unique(alias, |alias| self.has(alias));
        self.given.push(given.clone());
        given
    }

    /// How many were given.
    pub fn given(&self) -> usize {
        self.given.len()
    }

    /// Takes back all but the first that were given.
    pub fn take_back(&mut self, to: usize) {
        self.given.truncate(to);
    }
}

/// Returns the aliases under which a query's columns leave it; depends on the names alone.
pub(super) fn columns(columns: &[RelationColumn]) -> Vec<String> {
    /// So many are looked through sooner than hashed.
    const FEW: usize = 256;
    let mut aliases: Vec<String> = Vec::with_capacity(columns.len());
    let mut hashed = HashSet::new();
    let mut sums = Sums::default();
    for column in columns {
        let alias = safe(&column.name);
        let alias = match columns.len() {
            ..=FEW => unique(alias, |alias| {
                sums.may_have(alias) && aliases.iter().any(|other| other.len() == alias.len() && other.eq_ignore_ascii_case(alias))
            }),
            _ => unique(alias, |alias| hashed.contains(&alias.to_ascii_lowercase())),
        };
        if columns.len() > FEW {
            hashed.insert(alias.to_ascii_lowercase());
        }
        sums.add(&alias);
        aliases.push(alias);
    }
    aliases
}

/// One bit of 256 for each name, made of its letters without their case: most names are told apart by it.
#[derive(Default)]
struct Sums([u64; 4]);

impl Sums {
    fn may_have(&self, name: &str) -> bool {
        let (word, bit) = Sums::place(name);
        self.0[word] & bit != 0
    }

    fn add(&mut self, name: &str) {
        let (word, bit) = Sums::place(name);
        self.0[word] |= bit;
    }

    fn place(name: &str) -> (usize, u64) {
        let sum = name.bytes().fold(name.len(), |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte.to_ascii_lowercase())));
        let sum = sum ^ (sum >> 11);
        ((sum >> 6) & 3, 1 << (sum & 63))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_quoted_only_where_needed() {
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
