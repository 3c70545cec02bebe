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
        Some(role) => report.hint(format!("Readable for this role: {} except {}.", role.allow.join(", "), role.deny.join(", "))),
        None => report.hint("The role has no [[roles]] entry, and what is not allowed is denied."),
    })
}

/// Tells whether a role may read the table of this name.
pub fn allowed(settings: &Settings, principal: &Principal, name: &TableName) -> bool {
    if settings.roles.is_empty() {
        return true;
    }
    let Some(role) = role(settings, principal) else { return principal.admin };
    let name = name.to_string();
    let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, &name));
    any(&role.allow) && !any(&role.deny)
}

/// Returns what stands for the rules of this principal in cache keys.
pub fn fingerprint(settings: &Settings, principal: &Principal) -> String {
    let text = format!("{:?} {}", role(settings, principal), settings.roles.is_empty());
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

fn role<'a>(settings: &'a Settings, principal: &Principal) -> Option<&'a Role> {
    settings.roles.iter().find(|role| role.name == principal.role)
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
