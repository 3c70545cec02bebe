//! FROM: tables, subqueries, WITH items, functions, joins.

use super::text::{indent, parenthesized};
use super::*;
use crate::sql::walk;
use crate::types::Type;

/// How the columns of a FROM item are written.
pub(super) enum Columns {
    /// Those of a table, as the type that each is served as. Few of them are used.
    Stored {
        /// The alias.
        prefix: String,
        table: Arc<Table>,
    },
    /// Those of a subquery or a WITH item, as they are printed.
    Named {
        /// The alias.
        prefix: String,
        names: Vec<String>,
    },
    /// Those of a function.
    Made(Vec<Text>),
}

impl Columns {
    /// Prints a column.
    pub fn get(&self, column: usize) -> Option<Text> {
        let name = |prefix: &str, name: &str| Text::atom(text::concat(&[prefix, ".", name]));
        match self {
            Columns::Stored { prefix, table } => {
                let column = table.column_at(column)?;
                Some(native(name(prefix, &names::quote(&column.name)), &column.native, column.ty))
            }
            Columns::Named { prefix, names } => Some(name(prefix, names.get(column)?)),
            Columns::Made(columns) => columns.get(column).cloned(),
        }
    }
}

impl Emitter {
    /// Prints a FROM clause and learns how its columns are written.
    pub fn from(&mut self, relation: &Relation) -> Result<String> {
        match relation {
            Relation::Table { id, alias, table } => self.table(*id, alias, table),
            Relation::Derived { id, alias, query, .. } => {
                let names = names::columns(&query.columns);
                let sql = self.query_with_nodes(query, &names)?;
                let nodes = std::mem::take(&mut self.left_nodes);
                self.learn_nodes(*id, &nodes);
                let alias = self.alias(alias);
                self.learn(*id, &alias, &names);
                Ok(format!("{} AS {}", parenthesized(&sql), names::quote(&alias)))
            }
            Relation::Cte { id, alias, cte, columns } => {
                let name = self.ctes.get(cte).cloned().ok_or_else(|| Report::internal("a WITH item is not in scope"))?;
                // A WITH item's own name cannot serve as its alias twice: aliases are unique in the statement.
                let alias = self.alias(alias);
                if let Some(nodes) = self.cte_nodes.get(cte).cloned() {
                    self.learn_nodes(*id, &nodes);
                }
                self.learn(*id, &alias, &names::columns(columns));
                Ok(format!("{} AS {}", names::quote(&name), names::quote(&alias)))
            }
            Relation::Function { id, alias, calls, ordinality, columns } => self.function_item(*id, alias, calls, *ordinality, columns),
            Relation::Join { kind, left, right, on } => self.join(*kind, left, right, on.as_ref()),
        }
    }

    fn table(&mut self, id: RelationId, hint: &str, table: &Arc<Table>) -> Result<String> {
        let alias = self.alias(hint);
        let prefix = names::quote(&alias).into_owned();
        self.tables.insert(id, table.clone());
        let printed = format!("{} AS {prefix}", names::path(&table.path));
        self.columns.insert(id, Columns::Stored { prefix, table: table.clone() });
        Ok(printed)
    }

    fn learn(&mut self, id: RelationId, alias: &str, columns: &[String]) {
        self.columns.insert(
            id,
            Columns::Named {
                prefix: names::quote(alias).into_owned(),
                names: columns.iter().map(|name| names::quote(name).into_owned()).collect(),
            },
        );
    }

    fn join(&mut self, kind: JoinKind, left: &Relation, right: &Relation, on: Option<&Expr>) -> Result<String> {
        if matches!(kind, JoinKind::Right | JoinKind::Full) {
            self.mark_nullable(left);
        }
        if matches!(kind, JoinKind::Left | JoinKind::Full) {
            self.mark_nullable(right);
        }
        let left_sql = self.from(left)?;
        let lateral = self.lateral(right)?;
        let unnested = lateral.is_some() || matches!(right, Relation::Function { .. });
        let right_sql = match lateral {
            Some(sql) => sql,
            None => self.from(right)?,
        };
        let right_sql = if matches!(right, Relation::Join { .. }) { format!("(\n{}\n)", indent(&right_sql)) } else { right_sql };
        if unnested && matches!(kind, JoinKind::Right | JoinKind::Full) {
            return Err(refuse(
                "a RIGHT or FULL join with a function or a lateral subquery",
                on.and_then(|on| on.position),
                "Use LEFT JOIN.",
            ));
        }
        if kind == JoinKind::Full && on.is_some_and(|on| !super::select::is_literal(on) && !equates(on)) {
            let message = "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions";
            return Err(Report::new(crate::error::SqlState::FEATURE_NOT_SUPPORTED, message));
        }
        let word = match (kind, on) {
            (JoinKind::Cross, _) | (JoinKind::Inner, None) => "CROSS JOIN",
            (JoinKind::Inner, _) => "JOIN",
            (JoinKind::Left, _) => "LEFT JOIN",
            (JoinKind::Right, _) => "RIGHT JOIN",
            (JoinKind::Full, _) => "FULL JOIN",
        };
        let condition = match (kind, on) {
            (JoinKind::Cross, _) | (JoinKind::Inner, None) => String::new(),
            (_, Some(on)) => {
                let always = matches!(on.kind, ExprKind::Literal(crate::types::literal::Literal::Bool(true)));
                if unnested && always {
                    if kind == JoinKind::Inner {
                        return Ok(format!("{left_sql}\nCROSS JOIN {right_sql}"));
                    }
                    String::new()
                } else {
                    format!(" ON {}", self.expr(on)?)
                }
            }
            (_, None) => " ON TRUE".to_owned(),
        };
        Ok(format!("{left_sql}\n{word} {right_sql}{condition}"))
    }

    /// Prints a FROM item's or WITH item's query: JSON that BigQuery cannot hold leaves it as nodes, which `left_nodes` then names.
    pub fn query_with_nodes(&mut self, query: &Query, names: &[String]) -> Result<String> {
        self.left_nodes.clear();
        self.takes_nodes = matches!(query.body, SetExpr::Select(_));
        let sql = self.query(query, names, false);
        self.takes_nodes = false;
        sql
    }

    fn mark_nullable(&mut self, relation: &Relation) {
        match relation {
            Relation::Join { left, right, .. } => {
                self.mark_nullable(left);
                self.mark_nullable(right);
            }
            other => self.nullable.extend(other.id()),
        }
    }

    /// A lateral subquery becomes the elements of an array that is made for each row on the left.
    fn lateral(&mut self, relation: &Relation) -> Result<Option<String>> {
        let Relation::Derived { id, alias, lateral: true, query } = relation else { return Ok(None) };
        if !is_correlated(query) {
            return Ok(None);
        }
        let names = names::columns(&query.columns);
        let sql = self.query_with_nodes(query, &names)?;
        let nodes = std::mem::take(&mut self.left_nodes);
        self.learn_nodes(*id, &nodes);
        let alias = self.alias(alias);
        self.learn(*id, &alias, &names);
        // The body may be a set operation, or have WITH of its own: the rows are taken from it as structs.
        let rows = match (&query.body, query.ctes.is_empty()) {
            (SetExpr::Select(select), true) if select.distinct != Distinct::All => sql.replacen("SELECT", "SELECT AS STRUCT", 1),
            _ => format!("SELECT AS STRUCT *\nFROM {}", parenthesized(&sql)),
        };
        Ok(Some(format!("UNNEST(ARRAY{}) AS {}", parenthesized(&rows), names::quote(&alias))))
    }
}

/// Tells whether a query refers to FROM items outside itself.
fn is_correlated(query: &Query) -> bool {
    let mut inside = IdSet::default();
    walk::each_relation(query, |relation| inside.extend(relation.id()));
    let mut correlated = false;
    walk::each_expr(query, |expr| {
        if let ExprKind::Column { relation, .. } = &expr.kind {
            correlated |= !inside.contains(relation);
        }
    });
    correlated
}

/// Tells whether a condition holds an equality that must be true.
fn equates(on: &Expr) -> bool {
    match &on.kind {
        ExprKind::And(parts) => parts.iter().any(equates),
        ExprKind::Operator { operator, .. } => operator.name == "=",
        _ => false,
    }
}

/// Converts a warehouse column to the type that it is served as.
fn native(column: Text, native: &str, ty: Type) -> Text {
    if !matches!(ty, Type::JSONB | Type::JSON | Type::TEXT) {
        return column;
    }
    let begins = |word: &str| native.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    match ty {
        // TO_JSON of a NULL STRUCT or ARRAY is the JSON value null, which is not NULL.
        Type::JSONB | Type::JSON if ["STRUCT", "RECORD", "ARRAY"].into_iter().any(begins) => {
            // JSON numbers are doubles: digits that those cannot hold survive as text.
            let wide = if native.to_ascii_uppercase().contains("NUMERIC") { ", stringify_wide_numbers => TRUE" } else { "" };
            Text::atom(format!("IF({column} IS NULL, NULL, TO_JSON({column}{wide}))"))
        }
        Type::TEXT if begins("GEOGRAPHY") => Text::call("ST_ASTEXT", &[column]),
        Type::TEXT if begins("JSON") => Text::call("TO_JSON_STRING", &[column]),
        _ => column,
    }
}
