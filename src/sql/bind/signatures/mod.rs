//! PostgreSQL 15's functions, operators and casts, as its own catalog lists them (written by `tests/generate/signatures`).

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::types::Type;

/// A row of `pg_proc`.
#[derive(Debug)]
pub struct Proc {
    /// `oid`.
    pub oid: u32,
    /// `proname`.
    pub name: &'static str,
    /// `prokind`: `f` function, `a` aggregate, `w` window function.
    pub kind: char,
    /// `prorettype`.
    pub returns: Type,
    /// `proretset`.
    pub returns_set: bool,
    /// `provariadic`: the element type (or "any") of a variadic last argument.
    pub variadic: Option<Type>,
    /// `provolatile`.
    pub volatility: char,
    /// `proisstrict`.
    pub strict: bool,
    /// `proargtypes`.
    pub arguments: Vec<Type>,
    /// `pg_aggregate.aggkind`; a space for what is no aggregate.
    pub aggregate_kind: char,
    /// `pg_aggregate.aggnumdirectargs`.
    pub direct_arguments: usize,
    /// The text of the default expressions, for the last arguments.
    pub defaults: Vec<&'static str>,
    /// The names of the arguments; empty where they have none.
    pub argument_names: Vec<&'static str>,
    /// The OUT parameters.
    pub out_columns: Vec<(&'static str, Type)>,
}

/// A row of `pg_operator`.
#[derive(Debug)]
pub struct Operator {
    /// `oid`.
    pub oid: u32,
    /// `oprname`.
    pub name: &'static str,
    /// `oprleft`; `None` for a prefix operator.
    pub left: Option<Type>,
    /// `oprright`.
    pub right: Type,
    /// `oprresult`.
    pub returns: Type,
    /// `oprcode`.
    pub function: &'static str,
    /// `provolatile` of the function behind it.
    pub volatility: char,
    /// `proisstrict` of the function behind it.
    pub strict: bool,
}

/// A row of `pg_cast`.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    /// `castsource`.
    pub source: Type,
    /// `casttarget`.
    pub target: Type,
    /// `castcontext`: `i`, `a`, `e`.
    pub context: char,
    /// `castmethod`: `f` function, `b` binary, `i` text in and out.
    pub method: char,
}

/// The functions, by name and then OID.
pub static PROCS: LazyLock<Vec<Proc>> = LazyLock::new(|| {
    let parse = |line: &'static str| {
        let field: Vec<&'static str> = line.split('\t').collect();
        Proc {
            oid: number(field[0]),
            name: field[1],
            kind: letter(field[2]),
            returns: Type(number(field[3])),
            returns_set: field[4] == "t",
            variadic: optional(field[5]),
            volatility: letter(field[7]),
            strict: field[8] == "t",
            arguments: list(field[9], ",").map(|oid| Type(number(oid))).collect(),
            aggregate_kind: letter(field[10]),
            direct_arguments: usize::try_from(number(field[11])).expect("a small number"),
            defaults: list(field[12], ", ").collect(),
            argument_names: list(field[13], ",").collect(),
            out_columns: list(field[14], ",")
                .filter_map(|column| column.rsplit_once(' '))
                .map(|(name, oid)| (name, Type(number(oid))))
                .collect(),
        }
    };
    include_str!("pg_proc.tsv").lines().map(parse).collect()
});

/// The operators, by name and then OID.
pub static OPERATORS: LazyLock<Vec<Operator>> = LazyLock::new(|| {
    let parse = |line: &'static str| {
        let field: Vec<&'static str> = line.split('\t').collect();
        Operator {
            oid: number(field[0]),
            name: field[1],
            left: optional(field[2]),
            right: Type(number(field[3])),
            returns: Type(number(field[4])),
            function: field[5],
            volatility: letter(field[6]),
            strict: field[7] == "t",
        }
    };
    include_str!("pg_operator.tsv").lines().map(parse).collect()
});

/// The casts, by source and target.
pub static CASTS: LazyLock<FxHashMap<(Type, Type), Cast>> = LazyLock::new(|| {
    let parse = |line: &'static str| {
        let field: Vec<&'static str> = line.split('\t').collect();
        let cast =
            Cast { source: Type(number(field[0])), target: Type(number(field[1])), context: letter(field[2]), method: letter(field[3]) };
        ((cast.source, cast.target), cast)
    };
    include_str!("pg_cast.tsv").lines().map(parse).collect()
});

/// Returns the functions of this name.
pub fn procs(name: &str) -> &'static [Proc] {
    static BY_NAME: LazyLock<FxHashMap<&str, &[Proc]>> = LazyLock::new(|| by_name(&PROCS, |proc| proc.name));
    BY_NAME.get(name).copied().unwrap_or_default()
}

/// Finds a function by OID.
pub fn proc_by_oid(oid: u32) -> Option<&'static Proc> {
    static BY_OID: LazyLock<FxHashMap<u32, usize>> = LazyLock::new(|| PROCS.iter().enumerate().map(|(i, proc)| (proc.oid, i)).collect());
    BY_OID.get(&oid).map(|i| &PROCS[*i])
}

/// Returns the operators of this name, prefix and infix.
pub fn operators(name: &str) -> &'static [Operator] {
    static BY_NAME: LazyLock<FxHashMap<&str, &[Operator]>> = LazyLock::new(|| by_name(&OPERATORS, |operator| operator.name));
    BY_NAME.get(name).copied().unwrap_or_default()
}

/// The rows of each name in a table that is sorted by it.
fn by_name<T>(rows: &'static [T], name: impl Fn(&T) -> &'static str) -> FxHashMap<&'static str, &'static [T]> {
    rows.chunk_by(|a, b| name(a) == name(b)).map(|rows| (name(&rows[0]), rows)).collect()
}

fn list(field: &'static str, separator: &'static str) -> impl Iterator<Item = &'static str> {
    field.split(separator).filter(|item| !item.is_empty())
}

fn number(field: &str) -> u32 {
    field.parse().expect("the generated tables hold numbers here")
}

fn letter(field: &str) -> char {
    field.chars().next().unwrap_or(' ')
}

fn optional(field: &str) -> Option<Type> {
    Some(Type(number(field))).filter(|ty| ty.0 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_whole() {
        assert_eq!(procs("make_interval")[0].defaults.len(), 7);
        assert_eq!(procs("make_interval")[0].argument_names[3], "days");
        assert_eq!(procs("jsonb_each")[0].out_columns, [("key", Type::TEXT), ("value", Type::JSONB)]);
        assert_eq!(operators("->").len(), 4);
        assert_eq!(CASTS[&(Type::INT4, Type::NUMERIC)].context, 'i');
        assert!(procs("no_such_function").is_empty());
        assert!(PROCS.is_sorted_by_key(|proc| proc.name) && OPERATORS.is_sorted_by_key(|operator| operator.name));
    }
}
