//! Which tables a role may read.

use super::{Role, Settings};
use crate::catalog::model::{Table, TableName};
use crate::error::{Report, Result, SqlState};
use crate::query::Principal;

/// Checks one table.
///
/// # Errors
/// SL008 when the role may not read it.
pub fn check(settings: &Settings, principal: &Principal, table: &Table) -> Result<()> {
    if table.is_system() || allowed(settings, principal, &table.name) {
        return Ok(());
    }
    let report =
        Report::new(SqlState::FORBIDDEN_BY_POLICY, format!("SL008: table {} is not readable for role \"{}\"", table.name, principal.role));
    Err(match role(settings, principal) {
        Some(role) if role.allow.is_empty() => report.hint("The role has no tables."),
        Some(role) if role.deny.is_empty() => report.hint(format!("Readable for this role: {}.", role.allow.join(", "))),
        // What is denied is not named.
        Some(role) => report.hint(format!("Readable for this role: {}, with exceptions.", role.allow.join(", "))),
        None => report.hint("The role has no [[roles]] entry, and what is not allowed is denied."),
    })
}

/// Tells whether a role may read the table of this name.
pub fn allowed(settings: &Settings, principal: &Principal, name: &TableName) -> bool {
    if settings.roles.is_empty() {
        return true;
    }
    let Some(role) = role(settings, principal) else { return principal.admin };
    role.allow.iter().any(|pattern| allows(pattern, name)) && !role.deny.iter().any(|pattern| denies(pattern, name))
}

/// Tells whether a pattern allows a table: `*` stays within one part of the schema's name, so that `shop.*` is the schema `shop` and neither a data set
/// of the project `shop` nor the folder `shop.secret`. `*` and `*.*` alone are every table there is.
fn allows(pattern: &str, name: &TableName) -> bool {
    // A name of files may hold points, and so may a table's part of a pattern.
    let splits = || pattern.match_indices('.').map(|(at, _)| (&pattern[..at], &pattern[at + 1..]));
    is_all(pattern) || splits().any(|(schema, table)| matches(table, &name.table) && matches_parts(schema, &name.schema))
}

/// Tells whether a pattern denies a table: read as widely as it can be. `*` goes over points, and what names no project means every one.
fn denies(pattern: &str, name: &TableName) -> bool {
    let schema = name.schema.as_str();
    let mut ends = std::iter::once(schema).chain(schema.match_indices('.').map(|(at, _)| &schema[at + 1..]));
    ends.any(|schema| {
        let name = format!("{schema}.{}", name.table);
        // Of a wildcard table every member counts, also one that is made tomorrow: what may be denied of it is denied.
        if name.ends_with('*') { overlaps(pattern, &name) } else { matches(pattern, &name) }
    })
}

fn is_all(pattern: &str) -> bool {
    pattern == "*" || pattern == "*.*"
}

/// Matches the parts of a schema's name one by one.
fn matches_parts(pattern: &str, schema: &str) -> bool {
    let (patterns, parts) = (pattern.split('.'), schema.split('.'));
    patterns.clone().count() == parts.clone().count() && patterns.zip(parts).all(|(pattern, part)| matches(pattern, part))
}

/// Tells whether a role may read every table.
pub fn unlimited(settings: &Settings, principal: &Principal) -> bool {
    settings.roles.is_empty()
        || role(settings, principal)
            .map_or(principal.admin, |role| role.deny.is_empty() && role.allow.iter().any(|pattern| is_all(pattern)))
}

/// Returns what stands for the rules of this principal in cache keys.
pub fn fingerprint(settings: &Settings, principal: &Principal) -> String {
    let text = format!("{:?} {}", role(settings, principal), settings.roles.is_empty());
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

fn role<'a>(settings: &'a Settings, principal: &Principal) -> Option<&'a Role> {
    settings.roles.iter().find(|role| role.name == principal.role)
}

/// Tells whether two patterns have a name in common, without regard to case.
fn overlaps(one: &str, other: &str) -> bool {
    fn go(one: &[char], other: &[char]) -> bool {
        match (one.split_first(), other.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => (0..=other.len()).any(|i| go(rest, &other[i..])),
            (_, Some(('*', rest))) => (0..=one.len()).any(|i| go(&one[i..], rest)),
            (Some((a, one)), Some((b, other))) => a == b && go(one, other),
            _ => false,
        }
    }
    let lower = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    go(&lower(one), &lower(other))
}

/// Matches without regard to case: a table whose name differs by case only must not slip past a deny.
fn matches(pattern: &str, name: &str) -> bool {
    fn go(pattern: &[char], name: &[char]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some(('*', rest)) => (0..=name.len()).any(|i| go(rest, &name[i..])),
            Some((c, rest)) => name.first() == Some(c) && go(rest, &name[1..]),
        }
    }
    let lower = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    go(&lower(pattern), &lower(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixtures::principal;

    #[test]
    fn wildcard_tables_are_allowed_whole_or_not_at_all() {
        let may = |allow: &[&str], deny: &[&str]| {
            let owned = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
            let role = Role { name: "analyst".into(), allow: owned(allow), deny: owned(deny) };
            let settings = Settings { roles: vec![role], ..Settings::default() };
            let name = TableName { schema: "shop".into(), table: "events_*".into() };
            allowed(&settings, &Principal { role: "analyst".into(), ..principal("ann") }, &name)
        };
        assert!(may(&["shop.*"], &[]) && may(&["*.*"], &["other.*", "shop.orders"]) && may(&["shop.events_*"], &[]));
        assert!(!may(&["shop.events_2024*"], &[]), "only a part of it is allowed");
        assert!(!may(&["*.*"], &["*"]));
        for deny in ["shop.events_20240101", "shop.*_secret", "shop.events_*", "*.ev*1", "SHOP.EVENTS_2*"] {
            assert!(!may(&["*.*"], &[deny]), "{deny}");
        }
    }

    #[test]
    fn a_pattern_allows_within_the_parts_of_a_name_and_denies_across_them() {
        let name = |schema: &str, table: &str| TableName { schema: schema.into(), table: table.into() };
        for (pattern, schema, table) in [
            ("shop.*", "shop", "orders"),
            ("SHOP.Ord*", "shop", "orders"),
            ("shop.*", "shop", "of.2024"),
            ("shop.of.*", "shop", "of.2024"),
            ("sh*.*", "shop", "orders"),
            ("*.orders", "shop", "orders"),
            ("shop.hr.*", "shop.hr", "people"),
            ("*.hr.*", "shop.hr", "people"),
            ("bigquery-public-data.*.*", "bigquery-public-data.samples", "shakespeare"),
            ("*.*", "shop.hr", "people"),
            ("*", "shop.hr", "people"),
        ] {
            assert!(allows(pattern, &name(schema, table)), "{pattern} {schema}.{table}");
        }
        for (pattern, schema, table) in [
            ("shop.*", "shop.hr", "people"),
            ("shop*.*", "shop.secret", "t"),
            ("*.people", "shop.hr", "people"),
            ("shop.*.*", "shop", "orders"),
            ("*.*.*", "shop", "orders"),
            ("*.hr.*", "hr", "people"),
        ] {
            assert!(!allows(pattern, &name(schema, table)), "{pattern} {schema}.{table}");
        }
        for (pattern, schema, table) in
            [("hr.*", "other.hr", "people"), ("hr.people", "other.hr", "People"), ("shop.*", "shop.secret", "t"), ("*", "shop", "orders")]
        {
            assert!(denies(pattern, &name(schema, table)), "{pattern} {schema}.{table}");
        }
        assert!(denies("hr.events_1", &name("other.hr", "events_*")));
        assert!(!denies("other.hr.*", &name("hr", "people")) && !denies("hr.*", &name("shr", "people")));
    }
}
