//! Where a name in FROM is a WITH item or an array of another item, and not a table: by the scopes of GoogleSQL, which looks for a name alone among
//! the WITH items that are visible there, and for the first part of a path among the items to its left (Google's resolver, `ShouldResolveAsArrayScan`).

use std::collections::{HashMap, HashSet};

use sqlparser::ast::{ObjectName, ObjectNamePart, Query, Select, TableFactor};

/// The WITH items of a query, and how many of them can be seen where the visitor is.
struct Items {
    names: Vec<String>,
    visible: usize,
}

/// The scopes at the place of a visitor that goes through a tree which does not move.
#[derive(Default)]
pub(super) struct Scopes {
    /// Of the queries around, from the outside in.
    items: Vec<Items>,
    /// The queries of WITH items by their addresses: which of `items` is theirs, and how many of it they can see.
    within: HashMap<*const Query, (usize, usize)>,
    /// The addresses of the names that are arrays.
    arrays: HashSet<*const ObjectName>,
}

impl Scopes {
    /// Comes to a query.
    pub(super) fn enter(&mut self, query: &Query) {
        if let Some((of, visible)) = self.within.get(&std::ptr::from_ref(query)).copied()
            && let Some(items) = self.items.get_mut(of)
        {
            items.visible = visible;
        }
        let Some(with) = &query.with else {
            self.items.push(Items { names: Vec::new(), visible: 0 });
            return;
        };
        let count = with.cte_tables.len();
        for (i, item) in with.cte_tables.iter().enumerate() {
            // An item sees those before it; a recursive WITH has all of them see one another.
            let visible = if with.recursive { count } else { i };
            self.within.insert(std::ptr::from_ref(&*item.query), (self.items.len(), visible));
        }
        let names = with.cte_tables.iter().map(|item| item.alias.name.value.to_lowercase()).collect();
        self.items.push(Items { names, visible: count });
    }

    /// Leaves it.
    pub(super) fn leave(&mut self, query: &Query) {
        self.items.pop();
        if let Some((of, _)) = self.within.get(&std::ptr::from_ref(query))
            && let Some(items) = self.items.get_mut(*of)
        {
            items.visible = items.names.len();
        }
    }

    /// Looks through the FROM of a SELECT.
    pub(super) fn select(&mut self, select: &Select) {
        let mut before = HashSet::new();
        for item in &select.from {
            self.factor(&item.relation, &mut before);
            for join in &item.joins {
                self.factor(&join.relation, &mut before);
            }
        }
    }

    fn factor(&mut self, factor: &TableFactor, before: &mut HashSet<String>) {
        match factor {
            TableFactor::Table { name, .. } => {
                // One pair of backticks may hold a whole path, and that is a table's: what is quoted is left in doubt.
                if let [ObjectNamePart::Identifier(first), _, ..] = &name.0[..]
                    && first.quote_style.is_none()
                    && before.contains(&first.value.to_lowercase())
                {
                    self.arrays.insert(std::ptr::from_ref(name));
                }
            }
            TableFactor::NestedJoin { table_with_joins, .. } => {
                self.factor(&table_with_joins.relation, before);
                for join in &table_with_joins.joins {
                    self.factor(&join.relation, before);
                }
            }
            _ => {}
        }
        before.extend(called(factor));
    }

    /// Tells whether a name in FROM is no table's.
    pub(super) fn is_local(&self, name: &ObjectName) -> bool {
        if self.arrays.contains(&std::ptr::from_ref(name)) {
            return true;
        }
        let [ObjectNamePart::Identifier(only)] = &name.0[..] else { return false };
        let only = only.value.to_lowercase();
        self.items.iter().any(|items| items.names.iter().take(items.visible).any(|item| *item == only))
    }
}

/// What an item of FROM is called by the conditions and the items behind it.
pub(super) fn called(factor: &TableFactor) -> Option<String> {
    let alias = match factor {
        TableFactor::Table { alias, name, .. } => {
            // A table without alias is known by the last part of its name.
            if let (None, Some(ObjectNamePart::Identifier(last))) = (alias, name.0.last()) {
                return Some(last.value.rsplit('.').next().unwrap_or_default().to_lowercase());
            }
            alias
        }
        TableFactor::Derived { alias, .. } | TableFactor::UNNEST { alias, .. } | TableFactor::NestedJoin { alias, .. } => alias,
        _ => &None,
    };
    alias.as_ref().map(|alias| alias.name.value.to_lowercase())
}
