//! What makes two questions the same (RULES: cache): the whole text is compared, the hash only finds it.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::KeyParts;
use crate::catalog::model::TableName;

/// Changes whenever a key or an entry of old must not be read any more.
pub const FORMAT_VERSION: u8 = 1;

/// `cache.scope`: who shares answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Scope {
    /// Nobody: every user has their own.
    #[default]
    Identity,
    /// Users of one role.
    Role,
    /// Everybody under the same policy.
    Global,
}

/// The key of an answer.
#[derive(Clone, Debug)]
pub struct Key {
    text: Arc<str>,
    hash: [u8; 32],
    tables: Arc<[TableName]>,
}

impl Key {
    /// Joins the parts, each with its length before it, so that no two lists of parts make the same text.
    pub fn new(scope: Scope, parts: &KeyParts) -> Key {
        let scope = match scope {
            // What the warehouse gives to a user's own credentials is nobody else's, whatever the scope.
            _ if parts.principal.token.is_some() => format!("own {}", parts.principal.user),
            Scope::Identity => format!("user {}", parts.principal.user),
            Scope::Role => format!("role {}", parts.principal.role),
            Scope::Global => "everybody".to_owned(),
        };
        let mut text = format!("sluice {FORMAT_VERSION}\n");
        let mut add = |part: &str| {
            text.push_str(&part.len().to_string());
            text.push(':');
            text.push_str(part);
            text.push('\n');
        };
        add(parts.backend);
        add(&scope);
        add(parts.policy);
        add(parts.session);
        add(parts.canonical);
        add(&format!("{:?}", parts.parameters));
        let mut tables: Vec<_> = parts.tables.iter().collect();
        tables.sort_by(|left, right| left.0.cmp(&right.0));
        for (name, version) in &tables {
            add(&name.schema);
            add(&name.table);
            add(&version.0);
        }
        let hash = *blake3::hash(text.as_bytes()).as_bytes();
        Key { text: text.into(), hash, tables: tables.into_iter().map(|(name, _)| name.clone()).collect() }
    }

    /// Returns the whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the hash of the text, in hex.
    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.hash).to_hex().to_string()
    }

    /// Returns the tables that the answer was read from.
    pub fn tables(&self) -> &[TableName] {
        &self.tables
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.text == other.text
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Parts, key};
    use super::*;
    use crate::types::literal::Literal;

    #[test]
    fn every_part_makes_a_difference() {
        let base = Parts::default();
        let others = [
            Parts { backend: "bigquery other EU".into(), ..Parts::default() },
            Parts { canonical: "SELECT 2".into(), ..Parts::default() },
            Parts { parameters: vec![Literal::Int(1)], ..Parts::default() },
            Parts { parameters: vec![Literal::Text("1".into())], ..Parts::default() },
            Parts { parameters: vec![Literal::Float(0.0)], ..Parts::default() },
            Parts { parameters: vec![Literal::Float(-0.0)], ..Parts::default() },
            Parts { version: "2".into(), ..Parts::default() },
            Parts { policy: "p2".into(), ..Parts::default() },
            Parts { session: "TimeZone=Europe/Berlin".into(), ..Parts::default() },
            Parts { user: "bob".into(), ..Parts::default() },
        ];
        let mut keys: Vec<Key> = others.iter().map(|parts| key(Scope::Identity, parts)).collect();
        keys.push(key(Scope::Identity, &base));
        for (i, left) in keys.iter().enumerate() {
            for right in &keys[..i] {
                assert_ne!(left, right);
            }
        }
        assert_eq!(key(Scope::Identity, &base), key(Scope::Identity, &Parts::default()));
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        let left = Parts { policy: "a\n1:b".into(), session: String::new(), ..Parts::default() };
        let right = Parts { policy: "a".into(), session: "b".into(), ..Parts::default() };
        assert_ne!(key(Scope::Global, &left), key(Scope::Global, &right));
    }

    #[test]
    fn the_scope_says_who_shares() {
        let (ann, bob) = (Parts::default(), Parts { user: "bob".into(), ..Parts::default() });
        assert_ne!(key(Scope::Identity, &ann), key(Scope::Identity, &bob));
        assert_eq!(key(Scope::Role, &ann), key(Scope::Role, &bob));
        let own = |user: &str| {
            let token = crate::query::Token::new("t".to_owned().into(), std::time::Instant::now());
            Parts { user: user.into(), token: Some(token), ..Parts::default() }
        };
        assert_ne!(key(Scope::Global, &own("ann")), key(Scope::Global, &ann));
        assert_ne!(key(Scope::Identity, &own("ann")), key(Scope::Identity, &ann));
        assert_ne!(key(Scope::Global, &own("ann")), key(Scope::Global, &own("bob")));
        let other_role = Parts { role: "boss".into(), ..Parts::default() };
        assert_ne!(key(Scope::Role, &ann), key(Scope::Role, &other_role));
        assert_eq!(key(Scope::Global, &ann), key(Scope::Global, &other_role));
    }
}
